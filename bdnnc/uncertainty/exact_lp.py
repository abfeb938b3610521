"""Small linear programs in rationals: the simplex method on integers, for answers that have to be exact.

    max c.x   s.t.   A x <= b,   x >= 0,   where b >= 0

The tableau is condensed (one row a constraint, one column a variable that is not in the basis) and holds integers over one
common denominator, the determinant of the basis: every entry is a minor of the integer data (Edmonds 1967; Avis's lrs), so
that divisions leave no remainder and numbers stay short. Meant for a few dozen rows and columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError

Integers = NDArray[Any]  # dtype object, Python integers
Vector = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Optimum:
    """``x`` attains ``value``; ``multipliers`` y >= 0, one a row, prove it: A'y >= c and b.y = value."""

    value: Fraction
    x: Vector
    multipliers: Vector


def maximum(objective: Sequence[Fraction], matrix: Sequence[Sequence[Fraction]], side: Sequence[Fraction]) -> Optimum | None:
    """The optimum of max c.x, A x <= b, x >= 0; None where it is unbounded. Raises InternalError where a side is below 0."""
    if any(value < 0 for value in side):
        raise InternalError("an exact LP starts at 0, which has to be feasible")
    tableau = _Tableau(objective, matrix, side)
    return tableau.optimum() if tableau.solve() else None


class _Tableau:
    """``table / below``: the rows, with the sides as last column and the reduced costs as last row. Variables are numbered, x
    first and then the slacks: ``beside`` are those of the columns, ``basis`` those of the rows."""

    def __init__(self, objective: Sequence[Fraction], matrix: Sequence[Sequence[Fraction]], side: Sequence[Fraction]) -> None:
        self.rows, self.columns = len(matrix), len(objective)
        self.scales: list[int] = []
        self.table: Integers = np.zeros((self.rows + 1, self.columns + 1), dtype=object)
        signed = [-value for value in objective]
        for place, row in enumerate([*([*row, end] for row, end in zip(matrix, side, strict=True)), [*signed, Fraction(0)]]):
            scale = lcm(*(value.denominator for value in row))
            self.scales.append(scale)
            self.table[place] = [value.numerator * (scale // value.denominator) for value in row]
        self.below = 1
        self.beside = list(range(self.columns))
        self.basis = list(range(self.columns, self.columns + self.rows))

    def solve(self) -> bool:
        """Pivot until optimal; False where unbounded. The most negative reduced cost enters, and Bland's rule chooses after a
        pivot that gained nothing, so that no basis comes again."""
        degenerate = False
        while True:
            entering = self._entering(degenerate)
            if entering is None:
                return True
            leaving = self._leaving(entering)
            if leaving is None:
                return False
            degenerate = self.table[leaving, -1] == 0
            self._pivot(leaving, entering)

    def _entering(self, by_number: bool) -> int | None:
        costs = self.table[-1, :-1].tolist()
        negative = [column for column, cost in enumerate(costs) if cost < 0]
        if not negative:
            return None
        return min(negative, key=lambda column: self.beside[column] if by_number else costs[column])

    def _leaving(self, entering: int) -> int | None:
        """The row that limits the entering variable most; of several that of the lowest variable."""
        column, sides = self.table[:-1, entering].tolist(), self.table[:-1, -1].tolist()
        limits = [
            (Fraction(end, value), self.basis[row], row)
            for row, (value, end) in enumerate(zip(column, sides, strict=True))
            if value > 0
        ]
        return min(limits)[2] if limits else None

    def _pivot(self, row: int, column: int) -> None:
        table, pivot = self.table, self.table[row, column]
        own_row, own_column = table[row].copy(), table[:, column].copy()
        touched = np.flatnonzero(own_column != 0)
        rest = np.flatnonzero(own_column == 0)
        if pivot != self.below:
            table[rest] = table[rest] * pivot // self.below
        table[touched] = (table[touched] * pivot - own_column[touched, np.newaxis] * own_row) // self.below
        table[row], table[:, column] = own_row, -own_column
        table[row, column] = self.below
        self.below = pivot
        self.beside[column], self.basis[row] = self.basis[row], self.beside[column]

    def optimum(self) -> Optimum:
        x = [Fraction(0)] * self.columns
        for variable, value in zip(self.basis, self.table[:-1, -1].tolist(), strict=True):
            if variable < self.columns:
                x[variable] = Fraction(value, self.below)
        multipliers = [Fraction(0)] * self.rows
        for variable, cost in zip(self.beside, self.table[-1, :-1].tolist(), strict=True):
            if variable >= self.columns:
                row = variable - self.columns
                multipliers[row] = Fraction(cost * self.scales[row], self.below * self.scales[-1])
        return Optimum(Fraction(self.table[-1, -1], self.below * self.scales[-1]), tuple(x), tuple(multipliers))


# --- polytopes --------------------------------------------------------------------------------------------------------


def furthest(
    direction: Sequence[Fraction],
    matrix: Sequence[Sequence[Fraction]],
    side: Sequence[Fraction],
    box: Sequence[tuple[Fraction, Fraction]] | None = None,
) -> Optimum | None:
    """The largest direction.d over ``matrix @ d <= side``, which has 0 in it, and over the box, low <= 0 <= high, if there is
    one; d of any sign. None where it is unbounded; multipliers are those of the rows, then of the highs, then of the lows."""
    width = len(direction)
    rows = [[*row, *(-value for value in row)] for row in matrix]
    sides = list(side)
    if box is not None:
        rows += _unit_rows(2 * width)
        sides += [high for _, high in box] + [-low for low, _ in box]
    found = maximum([*direction, *(-value for value in direction)], rows, sides)
    if found is None:
        return None
    d = tuple(found.x[j] - found.x[width + j] for j in range(width))
    return Optimum(found.value, d, found.multipliers)


def _unit_rows(width: int) -> list[list[Fraction]]:
    return [[Fraction(int(row == column)) for column in range(width)] for row in range(width)]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """What a polytope is, and the exact ends of its coordinates where it is a set of perturbations (``outcome`` "box").

    "empty": no d at all; "without 0": d = 0 breaks the rows ``broken``; "unbounded": the coordinates ``endless`` have no end.
    """

    outcome: Literal["box", "empty", "without 0", "unbounded"]
    box: tuple[tuple[Fraction, Fraction], ...] = ()
    broken: tuple[int, ...] = ()
    endless: tuple[int, ...] = ()


def enclosing_box(matrix: Sequence[Sequence[Fraction]], side: Sequence[Fraction], width: int | None = None) -> Enclosure:
    """The exact ends (low, high) of each coordinate over ``matrix @ d <= side``. ``width``: of d, for no rows."""
    columns = len(matrix[0]) if matrix else (width or 0)
    broken = tuple(row for row, end in enumerate(side) if end < 0)
    if broken:
        return Enclosure("empty" if _is_empty(matrix, side) else "without 0", broken=broken)
    ends: list[tuple[Fraction | None, Fraction | None]] = []
    for coordinate in range(columns):
        high = furthest(_unit(coordinate, columns, 1), matrix, side)
        low = furthest(_unit(coordinate, columns, -1), matrix, side)
        ends.append((None if low is None else -low.value, None if high is None else high.value))
    box = tuple((low, high) for low, high in ends if low is not None and high is not None)
    if len(box) < columns:
        return Enclosure("unbounded", endless=tuple(_endless(ends)))
    return Enclosure("box", box)


def _endless(ends: Iterable[tuple[Fraction | None, Fraction | None]]) -> Iterable[int]:
    return (coordinate for coordinate, (low, high) in enumerate(ends) if low is None or high is None)


def _unit(coordinate: int, width: int, sign: int) -> list[Fraction]:
    return [Fraction(sign * int(column == coordinate)) for column in range(width)]


def _is_empty(matrix: Sequence[Sequence[Fraction]], side: Sequence[Fraction]) -> bool:
    """Whether no d has A d <= b: with all sides raised by the largest lack, s is what they can be lowered by again."""
    lack = -min(side)
    width = len(matrix[0]) if matrix else 0
    rows = [[*row, *(-value for value in row), Fraction(1)] for row in matrix]
    rows.append([Fraction(0)] * (2 * width) + [Fraction(1)])
    found = maximum([Fraction(0)] * (2 * width) + [Fraction(1)], rows, [*(end + lack for end in side), lack])
    return found is None or found.value < lack
