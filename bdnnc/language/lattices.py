"""Which numbers a sum of quantities can be at all: counts and members of finite sets lie on a lattice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.language.constants import shown
from bdnnc.language.network_view import LayerView
from bdnnc.language.quantities import Errors, FanIn, FeaturesUsed, Norm, Parameters, Quantity, Term, UnitsUsed
from bdnnc.language.ranges import Ranges
from bdnnc.language.spec import Bits, FiniteSet

ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True, slots=True)
class Lattice:
    """The numbers origin + step * k of all integers k; ``step`` 0: the origin alone."""

    origin: Fraction
    step: Fraction

    def contains(self, value: Fraction) -> bool:
        if self.step == 0:
            return value == self.origin
        return ((value - self.origin) / self.step).denominator == 1

    def text(self) -> str:
        """``an integer``, ``a multiple of 2``, ``1 plus a multiple of 2``."""
        first = self.origin % self.step if self.step else self.origin
        if self.step == 0:
            return f"always {shown(first)}"
        if self.step == 1 and first == 0:
            return "an integer"
        return f"a multiple of {shown(self.step)}" if first == 0 else f"{shown(first)} plus a multiple of {shown(self.step)}"


def lattice_of(terms: Iterable[Term], ranges: Ranges) -> Lattice | None:
    """The lattice that the sum lies on in every row, whatever the network; None if it may be any real number."""
    origin, steps = ZERO, [ZERO]
    for term in terms:
        found = _of(term.quantity, ranges)
        if found is None:
            return None
        origin += term.coefficient * found.origin
        steps.append(abs(term.coefficient) * found.step)
    return Lattice(origin, _gcd(steps))


def _of(quantity: Quantity, ranges: Ranges) -> Lattice | None:
    layers = ranges.network.layers
    match quantity:
        case Errors() | FanIn() | UnitsUsed() | FeaturesUsed() | Norm("l0"):
            return Lattice(ZERO, ONE)
        case Norm(kind, part, places):
            members = [_members(layers[place], part) for place in places]
            known = [values for values in members if values is not None]
            power = 2 if kind == "l2" else 1
            sizes = [abs(value) ** power for values in known for value in values]
            return Lattice(ZERO, _gcd(sizes)) if len(known) == len(members) else None
        case Parameters(place, part):
            members_of = _members(layers[place], part)
            if members_of is None:
                return None
            values = (*members_of, ZERO) if ranges.may_be_zero(place, part) else members_of
            return Lattice(values[0], _gcd([value - values[0] for value in values]))
        case _:
            return None


def _gcd(values: Sequence[Fraction]) -> Fraction:
    from bdnnc.exact import fraction_gcd  # numpy comes with it

    return fraction_gcd(values)


def _members(layer: LayerView, part: str) -> tuple[Fraction, ...] | None:
    """Members that make the lattice of the finite set that the weights or biases are chosen from; None if there is none."""
    spec = layer.spec
    domain = None if spec is None else spec.weights if part == "weights" else spec.bias.domain
    if spec is not None and part == "bias" and spec.bias.kind == "none":
        return (ZERO,)
    if isinstance(domain, FiniteSet):
        return domain.values
    return (-ONE, ONE) if isinstance(domain, Bits) else None
