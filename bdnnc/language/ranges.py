"""What values a quantity can take, by the declared sets, sizes and counts alone: outer bounds, whatever the data say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bdnnc.language.constants import shown
from bdnnc.language.network_view import LayerView, NetworkView
from bdnnc.language.quantities import (
    Errors,
    FanIn,
    FeaturesUsed,
    Loss,
    Margin,
    Margins,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)
from bdnnc.language.spec import Bits, FiniteSet, Interval, ScaledSet

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Range:
    """From ``lower`` to ``upper``; None: no bound is known."""

    lower: Fraction | None
    upper: Fraction | None

    @property
    def is_point(self) -> bool:
        return self.lower is not None and self.lower == self.upper

    def plus(self, other: Range) -> Range:
        return Range(_sum(self.lower, other.lower), _sum(self.upper, other.upper))

    def times(self, factor: Fraction) -> Range:
        ends = [None if end is None else end * factor for end in (self.lower, self.upper)]
        return Range(*ends) if factor >= 0 else Range(ends[1], ends[0])

    def with_zero(self) -> Range:
        return Range(
            None if self.lower is None else min(self.lower, ZERO), None if self.upper is None else max(self.upper, ZERO)
        )

    def text(self) -> str:
        """``3 to 7``, ``at least 0``, or ``any number``."""
        if self.lower is None or self.upper is None:
            if self.lower is not None:
                return f"at least {shown(self.lower)}"
            return "any number" if self.upper is None else f"at most {shown(self.upper)}"
        if self.lower == self.upper:
            return f"always {shown(self.lower)}"
        return f"between {shown(self.lower)} and {shown(self.upper)}"


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges in one network. ``sparse``: the layers whose connections may be absent; ``least_errors``: what is unavoidable."""

    network: NetworkView
    sparse: frozenset[int]
    least_errors: int = 0

    def of_terms(self, terms: Iterable[Term]) -> Range:
        total = Range(ZERO, ZERO)
        for term in terms:
            total = total.plus(self.of(term.quantity).times(term.coefficient))
        return total

    def of(self, quantity: Quantity) -> Range:
        """The range of one quantity, of each of its rows where it has several."""
        match quantity:
            case Errors(of):
                if of is not None:
                    return Range(ZERO, self._samples_of(of))
                return Range(Fraction(self.least_errors), self._samples())
            case Loss():
                return Range(ZERO, self._loss(quantity))
            case Margin() | Margins():
                return Range(ZERO, None)
            case FanIn(layer):
                view = self.network.layers[layer]
                least = ZERO if self._may_be_absent(layer) else _fraction(view.inputs)
                return Range(least if view.inputs is not None else ZERO, _fraction(view.inputs))
            case UnitsUsed(layer):
                return Range(ZERO, _fraction(self.network.layers[layer].units))
            case FeaturesUsed():
                facts = self.network.facts
                return Range(ZERO, None if facts is None else Fraction(len(set(facts.input_columns) or facts.inputs)))
            case Parameters(layer, part):
                values = self._values(layer, part)
                return Range(None, None) if values is None else values
            case Norm():
                return self._norm(quantity)

    def may_be_zero(self, layer: int, part: Literal["weights", "bias"]) -> bool:
        return part == "weights" and self._may_be_absent(layer)

    # --- the single kinds -------------------------------------------------------------------------------------------

    def _samples(self) -> Fraction | None:
        return None if self.network.facts is None else Fraction(self.network.facts.samples)

    def _samples_of(self, place: int) -> Fraction | None:
        facts = self.network.facts
        return Fraction(facts.class_counts[place]) if facts is not None and facts.class_counts else self._samples()

    def _loss(self, loss: Loss) -> Fraction | None:
        """An upper bound; counting losses have one."""
        samples, output = self._samples(), self.network.output
        if samples is None or output is None or output.units is None or loss.weights == "balanced":
            return None
        heaviest = max(loss.weights) if loss.weights else Fraction(1)
        match loss.kind:
            case "hamming":
                return samples * output.units * heaviest
            case "zero_one":
                return samples * heaviest
            case _:
                return None

    def _norm(self, norm: Norm) -> Range:
        parts = [self._norm_of_layer(norm, layer) for layer in norm.layers]
        if norm.kind != "linf":
            total = Range(ZERO, ZERO)
            for part in parts:
                total = total.plus(part)
            return total
        uppers = [part.upper for part in parts if part.upper is not None]
        lower = max((part.lower for part in parts if part.lower is not None), default=ZERO)
        return Range(lower, max(uppers) if len(uppers) == len(parts) else None)

    def _norm_of_layer(self, norm: Norm, layer: int) -> Range:
        view = self.network.layers[layer]
        count = _count(view, norm.part)
        values = self._values(layer, norm.part)
        if values is None or values.lower is None or values.upper is None:
            return Range(ZERO, _fraction(count) if norm.kind == "l0" else None)
        least = ZERO if self.may_be_zero(layer, norm.part) else self._smallest_magnitude(view, norm.part)
        most = max(abs(values.lower), abs(values.upper))
        if norm.kind == "l0":
            least, most = Fraction(least > 0), Fraction(most > 0)
        if norm.kind == "l2":
            least, most = least**2, most**2
        if norm.kind == "linf":
            return Range(least, most)
        if count is None:
            return Range(ZERO, ZERO if most == 0 else None)
        return Range(least * count, most * count)

    def _may_be_absent(self, layer: int) -> bool:
        spec = self.network.layers[layer].spec
        return layer in self.sparse or spec is None or spec.mask is not None or not _is_set(spec.weights)

    def _values(self, layer: int, part: Literal["weights", "bias"]) -> Range | None:
        """From the smallest to the largest single weight or bias, absent connections included; None if not known."""
        spec = self.network.layers[layer].spec
        if spec is None:
            return None
        if part == "bias" and spec.bias.kind == "none":
            return Range(ZERO, ZERO)
        ends = _ends(spec.weights if part == "weights" else spec.bias.domain)
        return ends.with_zero() if ends is not None and self.may_be_zero(layer, part) else ends

    def _smallest_magnitude(self, view: LayerView, part: Literal["weights", "bias"]) -> Fraction:
        spec = view.spec
        domain = None if spec is None else spec.weights if part == "weights" else spec.bias.domain
        if isinstance(domain, FiniteSet):
            return min(abs(value) for value in domain.values)
        if isinstance(domain, Bits):
            return Fraction(1)
        if isinstance(domain, ScaledSet):
            return domain.lower * min(abs(value) for value in domain.base.values)
        if isinstance(domain, Interval) and not domain.lower <= 0 <= domain.upper:
            return min(abs(domain.lower), abs(domain.upper))
        return ZERO


def _is_set(domain: object) -> bool:
    return isinstance(domain, Interval | FiniteSet | Bits | ScaledSet)


def _ends(domain: object) -> Range | None:
    match domain:
        case Interval(lower, upper):
            return Range(lower, upper)
        case FiniteSet(values):
            return Range(values[0], values[-1])
        case Bits(count):
            return Range(Fraction(1 - 2**count), Fraction(2**count - 1))
        case ScaledSet(base, lower, upper):
            first, last = base.values[0], base.values[-1]
            return Range(min(first * lower, first * upper), max(last * lower, last * upper))
        case _:
            return None


def _count(view: LayerView, part: Literal["weights", "bias"]) -> int | None:
    if view.units is None or part == "bias":
        return view.units
    return None if view.inputs is None else view.units * view.inputs


def _fraction(number: int | None) -> Fraction | None:
    return None if number is None else Fraction(number)


def _sum(left: Fraction | None, right: Fraction | None) -> Fraction | None:
    return None if left is None or right is None else left + right
