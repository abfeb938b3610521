"""Numbers that may still hold unknowns, and linear programs over the unknowns: exact as long as nothing is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

TIGHT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """``constant + sum of factors[x] x`` over named unknowns."""

    factors: Mapping[str, Fraction]
    constant: Fraction = Fraction(0)

    def __add__(self, other: Number) -> Affine:
        if not isinstance(other, Affine):
            return Affine(self.factors, self.constant + other)
        names = dict.fromkeys((*self.factors, *other.factors))
        factors = {name: self.factors.get(name, Fraction(0)) + other.factors.get(name, Fraction(0)) for name in names}
        return Affine(factors, self.constant + other.constant)

    def __mul__(self, factor: Fraction | int) -> Affine:
        return Affine({name: value * factor for name, value in self.factors.items()}, self.constant * factor)

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: Number) -> Affine:
        return self + -other

    def __rsub__(self, other: Fraction | int) -> Affine:
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__


Number = Fraction | int | Affine


def simplified(number: Number) -> Number:
    """A Fraction where no unknown has an influence."""
    if isinstance(number, Affine) and not any(number.factors.values()):
        return number.constant
    return number


@dataclass(slots=True, eq=False)
class LinearProgram:
    """Unknowns within bounds (None: none), and numbers that are to be at most 0."""

    bounds: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    not_positive: list[Affine] = field(default_factory=list)
    possible: bool = True

    def unknown(self, name: str, lower: Fraction | int | None, upper: Fraction | int | None) -> Affine:
        self.bounds[name] = (None if lower is None else float(lower), None if upper is None else float(upper))
        return Affine({name: Fraction(1)})

    def _auxiliary(self) -> Affine:
        return self.unknown(f"auxiliary {len(self.bounds)}", None, None)

    def at_most(self, number: Number, bound: Number) -> None:
        difference = simplified(number - bound)
        if isinstance(difference, Affine):
            self.not_positive.append(difference)
        elif difference > 0:
            self.possible = False

    def magnitude(self, number: Number) -> Number:
        """|number| as something that is pressed downwards."""
        return abs(number) if not isinstance(number, Affine) else self.largest([number, -number])

    def largest(self, numbers: Sequence[Number]) -> Number:
        """The maximum as something that is pressed downwards."""
        if not any(isinstance(number, Affine) for number in numbers):
            return max(numbers)
        top = self._auxiliary()
        for number in numbers:
            self.at_most(number, top)
        return top

    def smallest(self, numbers: Iterable[Number]) -> Number:
        """The minimum as something that is pressed upwards."""
        return -self.largest([-number for number in numbers])

    def copy(self) -> LinearProgram:
        return LinearProgram(dict(self.bounds), list(self.not_positive), self.possible)

    def minimum(self, objective: Number = Fraction(0)) -> Fraction | float | None:
        """The least value of the objective; None where nothing is feasible."""
        if not self.possible:
            return None
        objective = simplified(objective)
        if not self.not_positive and not isinstance(objective, Affine):
            return objective
        place = {name: k for k, name in enumerate(self.bounds)}
        cost = _row(objective, place)
        matrix = np.array([_row(row, place) for row in self.not_positive]).reshape(-1, len(place))
        right = np.array([-float(row.constant) for row in self.not_positive])
        found = linprog(cost, A_ub=matrix, b_ub=right, bounds=list(self.bounds.values()), method="highs")
        if found.status == 2:
            return None
        assert found.status == 0, found.message
        if not isinstance(objective, Affine):
            return objective
        return float(found.fun) + float(objective.constant)


def _row(number: Number, place: Mapping[str, int]) -> np.ndarray:
    row = np.zeros(len(place))
    if isinstance(number, Affine):
        for name, factor in number.factors.items():
            row[place[name]] += float(factor)
    return row
