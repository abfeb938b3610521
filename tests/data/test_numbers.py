"""Numbers are exactly what was written."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bdnnc.data.numbers import ExactColumn, Unread, exact_column, read_number
from bdnnc.exact import ExactMatrix

PLAIN = st.from_regex(r"[+-]?([0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12})", fullmatch=True)
LONG = st.from_regex(r"-?[0-9]{1,30}\.[0-9]{1,30}", fullmatch=True)
EXPONENT = st.from_regex(r"[+-]?[0-9]{1,4}(\.[0-9]{1,4})?[eE][+-]?[0-9]{1,2}", fullmatch=True)
PADDED = PLAIN.map(lambda text: f"  {text} ")
ASCII_DECIMAL = st.one_of(PLAIN, LONG, EXPONENT, PADDED).filter(str.isascii)


def fractions(column: ExactColumn | Unread) -> list[Fraction]:
    assert isinstance(column, ExactColumn)
    return [Fraction(int(value), column.denominator) for value in column.numerators]


@settings(max_examples=300, deadline=None)
@given(st.lists(ASCII_DECIMAL, min_size=1, max_size=12))
def test_a_column_of_texts_is_the_fractions_of_its_texts(cells: list[str]) -> None:
    column = exact_column(cells)
    expected = [Fraction(cell) for cell in cells]
    assert fractions(column) == expected
    assert isinstance(column, ExactColumn)
    reference = ExactMatrix.from_fractions([[value] for value in expected])
    assert column.denominator == reference.denominators[0]
    assert column.numerators.dtype == reference.numerators.dtype


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200), min_size=1, max_size=8))
def test_a_float_stands_for_its_shortest_decimal(values: list[float]) -> None:
    assert fractions(exact_column(np.array(values))) == [Fraction(repr(value)) for value in values]


def test_a_single_precision_float_stands_for_its_own_shortest_decimal() -> None:
    assert fractions(exact_column(np.array([0.1, 2.5], dtype=np.float32))) == [Fraction(1, 10), Fraction(5, 2)]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint64"])
def test_integer_arrays_stay_integers(dtype: str) -> None:
    ends = [int(np.iinfo(dtype).min), 0, 7, int(np.iinfo(dtype).max)]
    column: NDArray[Any] = np.array(ends, dtype=object).astype(np.dtype(dtype))
    assert fractions(exact_column(column)) == [Fraction(end) for end in ends]


def test_int64_until_2_to_the_62_and_python_integers_from_there() -> None:
    below, above = exact_column([str(2**62 - 1)]), exact_column([str(2**62)])
    assert isinstance(below, ExactColumn)
    assert isinstance(above, ExactColumn)
    assert (below.numerators.dtype, above.numerators.dtype) == (np.dtype(np.int64), np.dtype(object))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e5", 100000),
        ("+3", 3),
        (" 4 ", 4),
        ("-.5", Fraction(-1, 2)),
        ("1.", 1),
        ("007", 7),
        ("1E-2", Fraction(1, 100)),
        ("-0", 0),
    ],
)
def test_read_number(text: str, value: Fraction | int) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text", ["", ".", "+", "-", "1_000", "0x10", "1,5", "1e", "e5", "--1", "1.2.3", "1/3", "½", "٣", "four"]
)
def test_no_number(text: str) -> None:
    assert read_number(text) == "text"
    assert exact_column(["1", text]) == Unread((1,), ())


@pytest.mark.parametrize(
    "text", ["inf", "-Infinity", "+INF", "1e99999999", "1e-99999999", "1e300", "-1e301", "1" * 2000, "0e999"]
)
def test_beyond_every_range_costs_no_time(text: str) -> None:
    assert read_number(text) == "range"
    assert exact_column([text, "1"]) == Unread((), (0,))


def test_infinite_floats_are_found() -> None:
    assert exact_column(np.array([1.0, np.inf, -np.inf])) == Unread((), (1, 2))


def test_mixed_widths_beyond_int64_stay_exact() -> None:
    cells = ["123456789012345678", "0.000000000000000001", "-9e18", "5", "0.00000000000000000001", "-0.0"]
    assert fractions(exact_column(cells[4:])) == [Fraction(cell) for cell in cells[4:]]
    assert fractions(exact_column(cells)) == [Fraction(cell) for cell in cells]
