"""Every network of a problem, layer by layer, up to what nobody can tell apart.

Finite weights are listed, continuous ones stay unknown: then the activations that they can show (rows that are active,
inactive, or, in an output layer, left open) are listed instead, and so are absent connections and signs where something looks
at them.
Only the declarations of the problem are read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bdnnc.ir.domains import ContinuousDomain, RealDomain, ScaledDomain
from bdnnc.ir.problem import Problem, ProblemLayer
from bdnnc.language.quantities import Errors, Loss
from tests.oracle.affine import Affine, LinearProgram, Number, simplified
from tests.oracle.looks import are_alike, counts_biases, looked_at, quantities, sees_bias, sees_numbers

OPEN = 2
STRICT = Fraction(1, 10**6)
"""What "below 0" means where unknowns are real and nothing else was said."""

Rows = tuple[tuple[Fraction, ...], ...]
Bounds = tuple[Fraction | None, Fraction | None]
Sides = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """``sums``: the pre-activation of each row; ``column``: 1 active, 0 inactive, OPEN; empty for linear units."""

    weights: tuple[Number, ...]
    signs: tuple[int, ...]
    bias: Number
    unknowns: Mapping[str, Bounds]
    sums: tuple[Number, ...]
    column: tuple[int, ...]

    @property
    def present(self) -> tuple[bool, ...]:
        return tuple(isinstance(weight, Affine) or weight != 0 for weight in self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One layer of a network. ``winners``: for linear units with unknowns, the class that each row is right for, or OPEN."""

    units: tuple[Unit, ...]
    winners: tuple[int, ...] = ()

    @property
    def is_fixed(self) -> bool:
        return not any(unit.unknowns for unit in self.units)


Network = tuple[Choice, ...]


class TooLargeError(Exception):
    """The problem has more networks than the caller is ready to look at."""


@dataclass(slots=True, eq=False)
class Enumeration:
    """``sides``: (t+, t-) of layers whose margin is chosen; declared margins are read, the others are strict inequalities. Of
    several linear units the true score leads by the larger of the two.

    ``open_outputs``: rows of an output unit may lie inside the margin, and are wrong then. ``auto``: the domains that stand for
    `bias auto`, one a unit; without them every threshold that matters on the data is tried. ``work``: what may be spent, one
    for a linear program and a hundredth for a network without unknowns; TooLargeError is raised beyond it (None: never).
    """

    problem: Problem
    sides: Mapping[str, Sides]
    open_outputs: bool = False
    auto: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    work: float | None = None
    _units: dict[Any, list[Unit]] = field(default_factory=dict)
    _choices: dict[Any, list[Choice]] = field(default_factory=dict)

    def networks(self) -> Iterator[Network]:
        numerators, denominators = self.problem.patterns.numerators, self.problem.patterns.denominators
        rows = tuple(
            tuple(Fraction(int(value), denominator) for value, denominator in zip(row, denominators, strict=True))
            for row in numerators
        )
        yield from self._from_layer(0, rows)

    def spend(self, work: float) -> None:
        if self.work is not None:
            self.work -= work
            if self.work < 0:
                raise TooLargeError

    def _feasible(self, layer: ProblemLayer, choice: Choice) -> bool:
        self.spend(1)
        return self.program(layer, choice).minimum() is not None

    def _from_layer(self, place: int, rows: Rows) -> Iterator[Network]:
        for choice in self._layer(place, rows):
            if place == len(self.problem.layers) - 1:
                yield (choice,)
                continue
            layer = self.problem.layers[place]
            values = {0: Fraction(0 if layer.unit == "step" else -1), 1: layer.height if layer.unit == "step" else Fraction(1)}
            outputs = tuple(tuple(values[on] for on in row) for row in zip(*(u.column for u in choice.units), strict=True))
            for rest in self._from_layer(place + 1, outputs):
                yield (choice, *rest)

    # --- layers -------------------------------------------------------------------------------------------------------

    def _layer(self, place: int, rows: Rows) -> list[Choice]:
        if (place, rows) not in self._choices:
            layer = self.problem.layers[place]
            found: list[Choice] = []
            for units in self._combinations(place, rows):
                self.spend(0.01)
                if layer.bias.kind == "shared" and not self._can_share(layer, units):
                    continue
                found += self._with_winners(place, Choice(units))
            self._choices[place, rows] = found
        return self._choices[place, rows]

    def _combinations(self, place: int, rows: Rows) -> Iterator[tuple[Unit, ...]]:
        units = self.problem.layers[place].units
        if are_alike(self.problem, place):
            return itertools.combinations_with_replacement(self._unit(place, 0, rows), units)
        return itertools.product(*(self._unit(place, unit, rows) for unit in range(units)))

    def _can_share(self, layer: ProblemLayer, units: tuple[Unit, ...]) -> bool:
        unknown = [isinstance(unit.bias, Affine) for unit in units]
        if any(unknown) != all(unknown):
            return False
        if all(unknown):
            return self._feasible(layer, Choice(units))
        return len({unit.bias for unit in units}) == 1

    def _with_winners(self, place: int, choice: Choice) -> Iterator[Choice]:
        """The choice itself, or, where a count looks at linear units with unknowns, one for each way to be right."""
        layer = self.problem.layers[place]
        if layer.unit != "linear" or choice.is_fixed or not self._counts_wrong():
            yield choice
            return
        prefixes: list[tuple[int, ...]] = [()]
        for counts in self.problem.counts:
            options = [c for c in range(len(counts)) if counts[c]] + [OPEN + len(counts)]
            longer = [(*prefix, option) for prefix in prefixes for option in options]
            prefixes = [p for p in longer if self._feasible(layer, Choice(choice.units, p))]
        yield from (Choice(choice.units, winners) for winners in prefixes)

    def _counts_wrong(self) -> bool:
        return any(isinstance(q, Errors) or (isinstance(q, Loss) and q.kind == "zero_one") for q in quantities(self.problem))

    def program(self, layer: ProblemLayer, choice: Choice, into: LinearProgram | None = None) -> LinearProgram:
        """The linear program of a layer's unknowns: bounds, activations, winners."""
        program = LinearProgram() if into is None else into
        for unit in choice.units:
            for name, (lower, upper) in unit.unknowns.items():
                program.unknown(name, lower, upper)
            for total, state in zip(unit.sums, unit.column, strict=bool(unit.column)):
                self._keep_side(program, layer, total, state)
        for row, winner in enumerate(choice.winners):
            totals = [unit.sums[row] for unit in choice.units]
            gap = max(self._sides(layer) or (Fraction(0), STRICT))
            if len(totals) == 1 and winner in (0, 1):
                self._keep_side(program, layer, totals[0], winner)
            elif winner < len(totals):
                others = [total for unit, total in enumerate(totals) if unit != winner]
                for other in others:
                    program.at_most(other + gap, totals[winner])
        return program

    def _keep_side(self, program: LinearProgram, layer: ProblemLayer, total: Number, state: int) -> None:
        if state == OPEN:
            return
        if not isinstance(total, Affine):
            program.possible &= (total >= 0) == bool(state)
            return
        up, down = self._sides(layer) or (Fraction(0), STRICT)
        if state:
            program.at_most(up, total)
        else:
            program.at_most(total, -down)

    def _sides(self, layer: ProblemLayer) -> Sides | None:
        if isinstance(layer.margin, Fraction):
            return layer.margin / 2, layer.margin / 2
        return self.sides.get(layer.name)

    # --- units --------------------------------------------------------------------------------------------------------

    def _unit(self, place: int, unit: int, rows: Rows) -> list[Unit]:
        if (place, unit, rows) not in self._units:
            looks, seen = looked_at(self.problem, place), sees_numbers(self.problem, place)
            distinct: dict[Any, Unit] = {}
            for found in self._listed(place, unit, rows):
                bounds = found.sums if seen and found.unknowns else None  # what the column asks of the unknowns
                distinct.setdefault((found.column, bounds, *(look(found) for look in looks)), found)
            self._units[place, unit, rows] = list(distinct.values())
        return self._units[place, unit, rows]

    def _listed(self, place: int, unit: int, rows: Rows) -> Iterator[Unit]:
        layer = self.problem.layers[place]
        choices = [self._weights(place, unit, j) for j in range(layer.inputs)]
        varied = [len(numbers) > 1 or bool(numbers[0][2]) for numbers in choices]
        for picked in itertools.product(*choices):
            weights, signs = tuple(p[0] for p in picked), tuple(p[1] for p in picked)
            unknowns = {name: bounds for p in picked for name, bounds in p[2].items()}
            sums = [simplified(sum((w * x for w, x in zip(weights, row, strict=True)), Fraction(0))) for row in rows]
            biases = self._biases(place, unit, sums)
            free_rows = [
                len(biases) > 1 or bool(biases[0][1]) or any(v and x for v, x in zip(varied, row, strict=True)) for row in rows
            ]
            self.spend(0.01 * len(biases))
            for bias, of_bias in biases:
                totals = tuple(simplified(total + bias) for total in sums)
                blank = Unit(weights, signs, bias, {**unknowns, **of_bias}, totals, ())
                if layer.unit == "linear":
                    yield blank
                else:
                    yield from self._with_columns(layer, blank, free_rows, place == len(self.problem.layers) - 1)

    def _weights(self, place: int, unit: int, j: int) -> list[tuple[Number, int, dict[str, Bounds]]]:
        """(weight, its sign, its unknowns), one for each way the weight can be."""
        layer = self.problem.layers[place]
        domain, name = layer.domain, f"{layer.name}[{unit},{j}]"
        if not layer.free[unit, j]:
            return [_known(layer.constant[unit, j])]
        zero = [_known(Fraction(0))] if layer.sparse else []
        if isinstance(domain, RealDomain):
            pieces = _by_sign(domain) if self.problem.monotone else [(domain.lower, domain.upper, 0)]
            return zero + [(Affine({name: Fraction(1)}), sign, {name: (low, high)}) for low, high, sign in pieces]
        if isinstance(domain, ScaledDomain):
            scale, bounds = f"{layer.name}[{unit}] scale", (domain.least, domain.most)
            kept = {scale: bounds}
            scaled = [(Affine({scale: v}) if v else Fraction(0), _sign(v), kept) for v in domain.base]
            return zero + [entry for entry in scaled if entry[0] != 0 or not zero]
        return [_known(value) for value in dict.fromkeys((*(z[0] for z in zero), *domain.values))]

    def _biases(self, place: int, unit: int, sums: list[Number]) -> list[tuple[Number, dict[str, Bounds]]]:
        layer = self.problem.layers[place]
        rule = layer.bias
        if rule.kind == "none":
            return [(Fraction(0), {})]
        if rule.kind == "fixed":
            return [(rule.values[unit], {})]
        domain = self.auto[layer.name][unit] if rule.kind == "auto" and layer.name in self.auto else rule.domain
        if domain is not None and not isinstance(domain, RealDomain):
            return [(value, {}) for value in domain.values]
        lower, upper = (None, None) if domain is None else (domain.lower, domain.upper)
        unseen = layer.unit != "linear" and rule.kind != "shared" and not sees_bias(self.problem, place)
        if unseen and not any(isinstance(total, Affine) for total in sums):
            return [(value, {}) for value in self._thresholds(layer, sums, lower, upper)]
        if domain is None and layer.unit != "linear" and not isinstance(layer.domain, ContinuousDomain):
            raise ValueError("something looks at an automatic bias of finite weights: name its domain")
        name = f"{layer.name} bias" if rule.kind == "shared" else f"{layer.name}[{unit}] bias"
        zero = (
            [(Fraction(0), {})]
            if counts_biases(self.problem, place) and (domain is None or domain.contains(Fraction(0)))
            else []
        )
        return [*zero, (Affine({name: Fraction(1)}), {name: (lower, upper)})]

    def _thresholds(
        self, layer: ProblemLayer, sums: list[Fraction], lower: Fraction | None, upper: Fraction | None
    ) -> list[Fraction]:
        """One bias for each set of active rows that a real bias of [lower, upper] can give with the margin."""
        up, down = self._sides(layer) or (Fraction(0), Fraction(0))
        levels = sorted(set(sums))
        found: list[Fraction] = []
        for cut in range(len(levels) + 1):
            low = [] if lower is None else [lower]
            low += [up - levels[cut]] if cut < len(levels) else []
            high = [] if upper is None else [upper]
            high += [-down - levels[cut - 1]] if cut else []
            bias = max(low) if low else min(high) - 1
            if all(bias <= top for top in high) and (cut == 0 or down > 0 or bias < -levels[cut - 1]):
                found.append(bias)
        return found

    def _with_columns(self, layer: ProblemLayer, blank: Unit, free_rows: Sequence[bool], is_output: bool) -> Iterator[Unit]:
        """The unit with each column of activations that it can show."""
        sides = self._sides(layer)
        declared = isinstance(
            layer.margin, Fraction
        )  # it binds every row, a chosen one those where there is something to choose
        bound = [declared or free for free in free_rows]
        states = [_state(total, sides if binds else None) for total, binds in zip(blank.sums, bound, strict=True)]
        may_be_open = is_output and self.open_outputs and not isinstance(layer.margin, Fraction)  # a declared margin binds all
        if any(state == OPEN for state in states) and not may_be_open:
            return
        distinct: dict[str, list[int]] = {}
        for row, total in enumerate(blank.sums):
            if isinstance(total, Affine):
                distinct.setdefault(repr(sorted(total.factors.items())) + str(total.constant), []).append(row)
        options = (0, 1, OPEN) if may_be_open else (0, 1)
        columns = [tuple(0 if state is None else state for state in states)]
        known: list[int] = [row for row, state in enumerate(states) if state is not None]
        for group in distinct.values():
            known += group
            longer = [
                tuple(option if row in group else state for row, state in enumerate(column))
                for column in columns
                for option in options
            ]
            columns = [column for column in longer if self._can_show(layer, blank, column, known)]
        for column in columns:
            yield Unit(blank.weights, blank.signs, blank.bias, blank.unknowns, blank.sums, column)

    def _can_show(self, layer: ProblemLayer, blank: Unit, column: tuple[int, ...], rows: Sequence[int]) -> bool:
        part = tuple(column[row] if row in rows else OPEN for row in range(len(column)))
        unit = Unit(blank.weights, blank.signs, blank.bias, blank.unknowns, blank.sums, part)
        return self._feasible(layer, Choice((unit,)))


def _known(value: Fraction) -> tuple[Number, int, dict[str, Bounds]]:
    return Fraction(value), _sign(value), {}


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def _by_sign(domain: RealDomain) -> list[tuple[Fraction, Fraction, int]]:
    pieces = [(max(domain.lower, Fraction(0)), domain.upper, 1), (domain.lower, min(domain.upper, Fraction(0)), -1)]
    return [piece for piece in pieces if piece[0] <= piece[1]] + (
        [(Fraction(0), Fraction(0), 0)] if domain.contains(Fraction(0)) else []
    )


def _state(total: Number, sides: Sides | None) -> int | None:
    """Active, inactive or between the sides; None where unknowns decide."""
    if isinstance(total, Affine):
        return None
    if sides is None:
        return int(total >= 0)
    up, down = sides
    return 1 if total >= up else 0 if total <= -down else OPEN
