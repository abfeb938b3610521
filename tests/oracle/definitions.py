"""Losses, penalties, margins and constraints of a network, straight from the language page."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)
from tests.oracle.affine import Affine, LinearProgram, Number
from tests.oracle.skeletons import OPEN, Choice, Network


@dataclass(slots=True, eq=False)
class Reading:
    """What is read off a network; maxima of unknowns become rows of ``program``. ``memo`` keeps what is fixed."""

    problem: Problem
    network: Network
    program: LinearProgram
    memo: dict[Any, Number] = field(default_factory=dict)

    def total(self, terms: tuple[Term, ...], row: int = 0) -> Number:
        return sum((self.value(term.quantity, row) * term.coefficient for term in terms), Fraction(0))

    def holds(self, constraint: Constraint) -> None:
        """Makes the constraint part of the program."""
        for row in range(constraint.rows):
            left = self.total(constraint.terms, row)
            if constraint.sense in ("<=", "=="):
                self.program.at_most(left, constraint.bound)
            if constraint.sense in (">=", "=="):
                self.program.at_most(constraint.bound, left)

    def value(self, quantity: Quantity, row: int = 0) -> Number:
        match quantity:
            case Loss() | Errors():
                return self._of_output(quantity)
            case Norm(kind, part, layers):
                values = [self._norm(kind, part, self.network[place]) for place in layers]
                return self.program.largest(values) if kind == "linf" else sum(values, Fraction(0))
            case UnitsUsed(place):
                return Fraction(
                    sum(any(used) for used in zip(*(u.present for u in self.network[place + 1].units), strict=True))
                )
            case FeaturesUsed():
                reached = [any(used) for used in zip(*(u.present for u in self.network[0].units), strict=True)]
                return Fraction(len({column for column, used in zip(self.problem.columns, reached, strict=True) if used}))
            case Margin(place):
                places = self._with_margin() if place is None else [place]
                return self.program.smallest([size for k in places for size in self._distances(k)])
            case Margins():
                return sum((size for k in self._with_margin() for size in self._distances(k)), Fraction(0))
            case FanIn(place):
                return Fraction(sum(self.network[place].units[row].present))
            case Parameters(place, part, units, inputs):
                unit = self.network[place].units[units[row]]
                return unit.bias if part == "bias" else unit.weights[inputs[row]]

    # --- penalties and margins ----------------------------------------------------------------------------------------

    def _norm(self, kind: str, part: str, choice: Choice) -> Number:
        key = (choice, kind, part)
        if key not in self.memo:
            numbers = [n for u in choice.units for n in (u.weights if part == "weights" else (u.bias,))]
            found = self._norm_of(kind, numbers)
            if not choice.is_fixed:
                return found
            self.memo[key] = found
        return self.memo[key]

    def _norm_of(self, kind: str, numbers: list[Number]) -> Number:
        match kind:
            case "l0":
                return Fraction(sum(isinstance(n, Affine) or n != 0 for n in numbers))
            case "l1":
                return sum((self.program.magnitude(n) for n in numbers), Fraction(0))
            case "linf":
                return self.program.largest([self.program.magnitude(n) for n in numbers])
            case _:
                return sum((n**2 for n in numbers), Fraction(0))

    def _with_margin(self) -> list[int]:
        return [place for place, layer in enumerate(self.problem.layers) if layer.unit != "linear"]

    def _distances(self, place: int) -> list[Number]:
        """For each unit its smallest distance from 0."""
        return [
            self.program.smallest([total if on == 1 else -total for total, on in zip(unit.sums, unit.column, strict=True)])
            for unit in self.network[place].units
        ]

    # --- losses -------------------------------------------------------------------------------------------------------

    def _of_output(self, quantity: Loss | Errors) -> Number:
        key = (self.network[-1], quantity)
        if key not in self.memo:
            found = self._errors(quantity.of) if isinstance(quantity, Errors) else self._loss(quantity)
            if not self.network[-1].is_fixed:
                return found
            self.memo[key] = found
        return self.memo[key]

    def _errors(self, of: int | None) -> Fraction:
        return self._wrong([Fraction(of in (None, c)) for c in range(self.problem.counts.shape[1])])

    def _loss(self, loss: Loss) -> Number:
        if loss.kind == "absolute":
            return self._absolute()
        weights = loss.weights or (Fraction(1),) * len(self.problem.classes)
        assert not isinstance(weights, str), "weights are resolved in a problem"
        if loss.kind == "hamming":
            return self._wrong_bits(weights)
        if loss.kind == "zero_one":
            return self._wrong(weights)
        return sum((self._hinge(loss.margin, row, c) * (weights[c] * count) for row, c, count in self._points()), Fraction(0))

    def _wrong(self, weights: Sequence[Fraction]) -> Fraction:
        """The weight of the points that are wrong."""
        if self.problem.layers[-1].unit != "linear" and len(self.network[-1].units) == 1:
            return self._wrong_bits(weights)
        return sum((weights[c] * count for row, c, count in self._points() if not self._is_right(row, c)), Fraction(0))

    def _wrong_bits(self, weights: Sequence[Fraction]) -> Fraction:
        """The weight of the bits that are wrong. A bit that is left open is as wrong as it can be."""
        cost = [[{0: Fraction(0), 1: Fraction(0)} for _ in self.network[-1].units] for _ in self.problem.counts]
        for row, c, count in self._points():
            for unit, shall in enumerate(self._wanted(c)):
                cost[row][unit][1 - shall] += weights[c] * count
        shown = [unit.column for unit in self.network[-1].units]
        return sum(
            (
                max(of_unit.values()) if column[row] == OPEN else of_unit[column[row]]
                for row, of_row in enumerate(cost)
                for of_unit, column in zip(of_row, shown, strict=True)
            ),
            Fraction(0),
        )

    def _points(self) -> list[tuple[int, int, int]]:
        """(row, class, count) of the training points."""
        counts = self.problem.counts
        return [(p, c, int(counts[p, c])) for p in range(counts.shape[0]) for c in range(counts.shape[1]) if counts[p, c]]

    def _wanted(self, c: int) -> list[int]:
        units = len(self.network[-1].units)
        return [c] if units == 1 else [int(unit == c) for unit in range(units)]

    def _is_right(self, row: int, c: int) -> bool:
        output = self.network[-1]
        if self.problem.layers[-1].unit != "linear":
            return [unit.column[row] for unit in output.units] == self._wanted(c)
        if output.winners:
            return output.winners[row] == c
        scores = [unit.sums[row] for unit in output.units]
        if len(scores) == 1:
            return (scores[0] >= 0) == (c == 1)
        return all(scores[c] > score for unit, score in enumerate(scores) if unit != c)

    def _hinge(self, margin: Fraction, row: int, c: int) -> Number:
        scores = [unit.sums[row] for unit in self.network[-1].units]
        if len(scores) == 1:
            return self.program.largest([Fraction(0), margin - scores[0] * (1 if c == 1 else -1)])
        others = [margin + score - scores[c] for unit, score in enumerate(scores) if unit != c]
        return self.program.largest([Fraction(0), *others])

    def _absolute(self) -> Number:
        targets = self.problem.targets
        assert targets is not None
        scores = self.network[-1].units[0].sums
        every = zip(targets.pattern, targets.value, targets.count, strict=True)
        return sum((self.program.magnitude(scores[p] - value) * int(count) for p, value, count in every), Fraction(0))


def is_monotone(network: Network, rule: Monotone) -> bool:
    """Whether every path from one of the inputs to the output has the wanted sign (or a weight 0 on it)."""
    outputs = range(len(network[-1].units)) if rule.output is None else [rule.output]
    wanted = 1 if rule.increasing else -1
    hidden = [range(len(choice.units)) for choice in network[:-1]]
    for path in itertools.product(rule.inputs, *hidden, outputs):
        product = wanted
        for choice, below, above in zip(network, path, path[1:], strict=False):
            product *= choice.units[above].signs[below]
        if product < 0:
            return False
    return True
