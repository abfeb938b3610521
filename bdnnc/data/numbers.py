"""Columns of text as exact numbers.

Plain decimals of up to 18 digits are read by numpy, a character position at a time over all rows; whatever else a number may
look like (``1e5``, blanks around it, more digits) goes through `Fraction`, once for each distinct text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.table import Cells, texts
from bdnnc.exact import FLOAT_EXACT, INT64_SAFE, ExactMatrix, IntArray, narrowed

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")
INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
LONGEST_TEXT = 1000
LARGEST_EXPONENT = 400
LARGEST_MAGNITUDE = 10**300
FAST_WIDTH = 40
FAST_DIGITS = 18

POWERS = np.array([10**k for k in range(FAST_DIGITS + 1)], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class ExactColumn:
    """One column, ``numerators / denominator`` in lowest common terms; int64 below 2**62 in magnitude, else Python integers."""

    numerators: IntArray
    denominator: int

    def at(self, where: NDArray[np.bool_]) -> ExactColumn:
        """The rows where the mask is true."""
        return ExactColumn(self.numerators[where], self.denominator)

    def fractions(self) -> NDArray[Any]:
        """The numbers as Fractions, shape (rows,), dtype object."""
        found = np.frompyfunc(lambda numerator: Fraction(int(numerator), self.denominator), 1, 1)(self.numerators)
        return np.asarray(found, dtype=object)

    def to_the(self, power: int) -> ExactColumn:
        """Every number raised to a power >= 1."""
        values = self.numerators
        if power == 1 or values.size == 0:
            return self
        largest = max(abs(int(values.max())), abs(int(values.min())))
        if largest**power >= INT64_SAFE:
            values = values.astype(object)
        return ExactColumn(narrowed(values**power), self.denominator**power)

    def is_out_of_range(self) -> bool:
        """Whether a number is 1e300 or more in magnitude."""
        if self.numerators.dtype != object or self.numerators.size == 0:
            return False
        largest = max(abs(int(self.numerators.max())), abs(int(self.numerators.min())))
        return largest >= LARGEST_MAGNITUDE * self.denominator


@dataclass(frozen=True, slots=True)
class Unread:
    """The cells that are no numbers (``text``) or numbers out of range (``range``): positions in the column."""

    text: tuple[int, ...]
    range: tuple[int, ...]


def read_number(text: str) -> Fraction | Literal["text", "range"]:
    """The exact value of a decimal such as ``4``, ``+3``, ``-.5``, ``1e5``; blanks around it are ignored.

    ``"range"`` for infinities, magnitudes from 1e300 and exponents beyond 400, whose exact value would only fill the memory;
    ``"text"`` for everything that is no number.
    """
    text = text.strip()
    found = NUMBER.fullmatch(text)
    if found is None:
        return "range" if INFINITE.fullmatch(text) else "text"
    exponent = (found[1] or "0").lstrip("+-").lstrip("0")
    if len(text) > LONGEST_TEXT or len(exponent) > 4 or int(exponent or "0") > LARGEST_EXPONENT:
        return "range"
    value = Fraction(text)
    return value if abs(value) < LARGEST_MAGNITUDE else "range"


def exact_column(cells: Cells) -> ExactColumn | Unread:
    """The numbers of a column without missing cells, or the positions of the cells that are none."""
    if not isinstance(cells, np.ndarray):
        return _from_texts(cells)
    if cells.dtype.kind in "biu":
        return ExactColumn(narrowed(cells.astype(object)) if cells.dtype == np.uint64 else _small(cells), 1)
    if not bool(np.isfinite(cells).all()):
        return Unread((), tuple(np.flatnonzero(~np.isfinite(cells)).tolist()))
    if cells.size == 0 or (bool((cells == np.rint(cells)).all()) and float(np.abs(cells).max()) <= FLOAT_EXACT):
        return ExactColumn(cells.astype(np.int64), 1)
    return _from_texts(texts(cells))


def assembled(columns: Sequence[ExactColumn], rows: int) -> ExactMatrix:
    """The columns side by side, shape (rows, columns)."""
    wide = any(column.numerators.dtype == object for column in columns)
    numerators = np.empty((rows, len(columns)), dtype=object if wide else np.int64)
    for j, column in enumerate(columns):
        numerators[:, j] = column.numerators
    return ExactMatrix(numerators, tuple(column.denominator for column in columns))


def reduced(numerators: IntArray, denominator: int) -> ExactColumn:
    """The same numbers over the smallest denominator that they share."""
    if denominator == 1:
        return ExactColumn(narrowed(numerators), 1)
    if numerators.dtype == object:
        divisor = gcd(denominator, *(int(value) for value in numerators))
    else:
        divisor = gcd(denominator, int(np.gcd.reduce(numerators, initial=0)))
    # A divisor beyond int64 is met by zeros only, or by Python integers: the quotient is right either way.
    if divisor > 1:
        numerators = numerators.astype(object) // divisor if divisor > 2**62 else numerators // divisor
    return ExactColumn(narrowed(numerators), denominator // divisor)


def _small(cells: NDArray[np.int64]) -> IntArray:
    wide = cells.astype(np.int64)
    if wide.size and (int(wide.max()) >= 2**62 or int(wide.min()) <= -(2**62)):
        return wide.astype(object)
    return wide


def _from_texts(cells: Sequence[str]) -> ExactColumn | Unread:
    plain = _plain_decimals(cells)
    if plain is None:
        mantissa, decimals = np.zeros(len(cells), dtype=np.int64), np.zeros(len(cells), dtype=np.int64)
        odd = np.ones(len(cells), dtype=np.bool_)
    else:
        mantissa, decimals, odd = plain
    if not bool(odd.any()):
        return _over_power_of_ten(mantissa, decimals)
    return _with_odd_cells(cells, mantissa, decimals, np.flatnonzero(odd))


def _plain_decimals(cells: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]] | None:
    """``(mantissa, decimals, odd)``: value mantissa / 10^decimals except where odd; None if the texts do not fit this
    reader."""
    width = max(map(len, cells), default=0)
    if not 0 < width <= FAST_WIDTH:
        return None
    try:
        characters = np.array(cells, dtype=f"S{width}")
    except UnicodeEncodeError:  # beyond ASCII: no plain decimal, told apart one by one
        return None
    places = np.ascontiguousarray(characters.view(np.uint8).reshape(len(cells), width).T)
    mantissa, decimals, significant = (np.zeros(len(cells), dtype=np.int64) for _ in range(3))
    numeral, fractional, odd = (np.zeros(len(cells), dtype=np.bool_) for _ in range(3))
    for place, character in enumerate(places):
        digit = character - np.uint8(ord("0"))  # wraps around below "0"
        is_digit = digit < 10
        is_point = character == ord(".")
        allowed = is_digit | is_point | (character == 0)
        if place == 0:
            allowed |= (character == ord("+")) | (character == ord("-"))
        odd |= ~allowed | (is_point & fractional)
        fractional |= is_point
        mantissa = np.where(is_digit, mantissa * 10 + digit, mantissa)
        numeral |= is_digit
        significant += is_digit & (mantissa != 0)
        decimals += is_digit & fractional
    odd |= ~numeral | (significant > FAST_DIGITS) | (decimals > FAST_DIGITS)
    return np.where(places[0] == ord("-"), -mantissa, mantissa), decimals, odd


def _over_power_of_ten(mantissa: NDArray[np.int64], decimals: NDArray[np.int64]) -> ExactColumn:
    most = int(decimals.max(initial=0))
    factors = POWERS[most - decimals]
    bound = np.abs(mantissa).astype(np.float64) * factors
    if float(bound.max(initial=0.0)) < 4e18:
        return reduced(mantissa * factors, 10**most)
    return reduced(mantissa.astype(object) * factors.astype(object), 10**most)


def _with_odd_cells(
    cells: Sequence[str], mantissa: NDArray[np.int64], decimals: NDArray[np.int64], odd: NDArray[np.int64]
) -> ExactColumn | Unread:
    places: list[int] = odd.tolist()
    values = {text: read_number(text) for text in {cells[row] for row in places}}
    text = tuple(row for row in places if values[cells[row]] == "text")
    range_ = tuple(row for row in places if values[cells[row]] == "range")
    if text or range_:
        return Unread(text, range_)
    numbers = {key: value for key, value in values.items() if isinstance(value, Fraction)}
    plain = np.ones(len(cells), dtype=np.bool_)
    plain[odd] = False
    most = int(decimals[plain].max(initial=0))
    denominator = lcm(10**most, *(value.denominator for value in numbers.values()))
    numerators = np.empty(len(cells), dtype=object)
    numerators[plain] = mantissa[plain].astype(object) * POWERS[most - decimals[plain]].astype(object)
    numerators[plain] *= denominator // 10**most
    over = {key: value.numerator * (denominator // value.denominator) for key, value in numbers.items()}
    for row in places:
        numerators[row] = over[cells[row]]
    return reduced(numerators, denominator)
