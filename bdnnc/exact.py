"""Exact numbers: rational matrices as integers over one denominator a column, and decimals as text.

Arithmetic that decides something (an activation, a loss, a margin) is done on these, never on floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

INT64_SAFE = 2**62
FLOAT_EXACT = 2**53

IntArray = NDArray[Any]  # int64 where the values fit, Python integers (dtype object) where they do not


def narrowed(values: IntArray) -> IntArray:
    """The same integers as int64 if all are below 2**62 in magnitude, else as Python integers."""
    if values.dtype != object:
        return values.astype(np.int64, copy=False)
    if magnitude(values) < INT64_SAFE:
        return values.astype(np.int64)
    return values


def magnitude(values: IntArray) -> int:
    """The largest magnitude, 0 where there are no values."""
    return max(int(values.max()), -int(values.min())) if values.size else 0


def fraction_floats(values: Iterable[Fraction]) -> NDArray[np.float64]:
    """The correctly rounded floats of many Fractions, several times as fast as ``float`` of each."""
    return np.array([top / bottom for top, bottom in (value.as_integer_ratio() for value in values)], dtype=np.float64)


def fraction_ends(values: NDArray[Any]) -> tuple[Fraction, Fraction]:
    """The least and the largest of an array of Fractions, which are compared only where their floats are equal."""
    floats = fraction_floats(values)
    return min(values[floats == floats.min()]), max(values[floats == floats.max()])


@dataclass(frozen=True, slots=True, eq=False)
class ExactMatrix:
    """A rational matrix: entry (i, j) is ``numerators[i, j] / denominators[j]``.

    ``numerators`` has shape (rows, columns), dtype int64 where all values are below 2**62 in magnitude, else object.
    ``denominators`` are positive Python integers, one a column.
    """

    numerators: IntArray
    denominators: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.numerators.shape
        return int(rows), int(columns)

    @staticmethod
    def from_fractions(rows: Sequence[Sequence[Fraction | int]], columns: int | None = None) -> ExactMatrix:
        """From rows of Fractions (a small table; large ones are built by columns)."""
        width = len(rows[0]) if rows else (columns or 0)
        denominators = [1] * width
        for row in rows:
            for j, value in enumerate(row):
                denominators[j] = lcm(denominators[j], Fraction(value).denominator)
        numerators = np.empty((len(rows), width), dtype=object)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                numerators[i, j] = int(Fraction(value) * denominators[j])
        return ExactMatrix(narrowed(numerators), tuple(denominators))

    def fraction(self, row: int, column: int) -> Fraction:
        return Fraction(int(self.numerators[row, column]), self.denominators[column])

    def rows(self, index: IntArray) -> ExactMatrix:
        """The rows at ``index`` (integers or a boolean mask), in that order."""
        return ExactMatrix(self.numerators[index], self.denominators)

    def columns(self, index: Sequence[int]) -> ExactMatrix:
        picked = [int(j) for j in index]
        return ExactMatrix(self.numerators[:, picked], tuple(self.denominators[j] for j in picked))

    def floats(self) -> NDArray[np.float64]:
        """The correctly rounded floats, shape (rows, columns)."""
        rows, columns = self.shape
        if rows and columns and self.numerators.dtype != object and _largest(self) <= FLOAT_EXACT:
            # both sides are exact floats, so that the division is correctly rounded
            return self.numerators / np.array(self.denominators, dtype=np.float64)
        out = np.empty((rows, columns), dtype=np.float64)
        for j, denominator in enumerate(self.denominators):
            column = self.numerators[:, j]
            small = column.dtype != object and denominator <= FLOAT_EXACT
            if small and magnitude(column) <= FLOAT_EXACT:
                out[:, j] = column.astype(np.float64) / float(denominator)
            else:  # Python's int / int is correctly rounded at any size
                out[:, j] = [int(value) / denominator for value in column]
        return out

    def over_one_denominator(self) -> tuple[IntArray, int]:
        """``(N, D)`` with entry (i, j) = N[i, j] / D."""
        common = lcm(*self.denominators) if self.denominators else 1
        factors = [common // d for d in self.denominators]
        if not factors or max(factors) == 1:
            return self.numerators, common
        widened = self.numerators.astype(object) * np.array(factors, dtype=object)
        return narrowed(widened), common


def stacked(above: ExactMatrix, below: ExactMatrix) -> ExactMatrix:
    """The rows of two matrices, one below the other."""
    denominators = tuple(lcm(a, b) for a, b in zip(above.denominators, below.denominators, strict=True))
    parts = [
        matrix.numerators.astype(object)
        * np.array([common // own for common, own in zip(denominators, matrix.denominators, strict=True)], dtype=object)
        for matrix in (above, below)
    ]
    return ExactMatrix(narrowed(np.concatenate(parts)), denominators)


def _largest(matrix: ExactMatrix) -> int:
    """The largest magnitude among numerators and denominators."""
    return max(magnitude(matrix.numerators), *matrix.denominators)


def fraction_gcd(values: Sequence[Fraction]) -> Fraction:
    """The largest g with every value in g Z; 0 if all are 0."""
    numerator, denominator = 0, 1
    for value in values:
        common = lcm(denominator, value.denominator)
        numerator = gcd(numerator * (common // denominator), value.numerator * (common // value.denominator))
        denominator = common
    return Fraction(numerator, denominator)


def weighted_median(members: Iterable[tuple[Fraction, int]]) -> Fraction:
    """The least m with at least half of all weight at values <= m: no number is nearer to the members, |m - value| weighted.
    ``members``: (value, weight > 0). 0 where there are none."""
    ordered = sorted(members)
    half, seen = Fraction(sum(weight for _, weight in ordered), 2), 0
    for value, weight in ordered:
        seen += weight
        if seen >= half:
            return value
    return Fraction(0)


def is_decimal(value: Fraction) -> bool:
    """Whether the value has a finite decimal expansion."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def decimal_text(value: Fraction) -> str:
    """The finite decimal of the value (``-0.25``, ``3``), or ``p/q`` where none exists. Exact, and read back by Fraction()."""
    if value.denominator == 1:
        return str(value.numerator)
    if not is_decimal(value):
        return f"{value.numerator}/{value.denominator}"
    twos = fives = 0
    rest = value.denominator
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}"
