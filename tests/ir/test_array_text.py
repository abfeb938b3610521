"""Arrays in lines and in the data section come back bit for bit, and come back short where they have a pattern."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bdnnc.diagnostics import Source
from bdnnc.ir.array_parse import section_of, written_array
from bdnnc.ir.array_text import Pool, bits
from bdnnc.ir.text_cursor import Cursor
from tests.ir.programs import NUMBERS

STEPS = st.lists(st.tuples(st.integers(-2, 2), st.integers(1, 9)), min_size=1, max_size=9)
WHOLE = st.integers(-(2**62), 2**62 - 1)


def parsed(pool: Pool, line: str):
    text = "\n".join([line, *pool.section()]) + "\n"
    source = Source("arrays", text)
    cursor = Cursor(source, 0, len(line))
    written = written_array(cursor, section_of(source, min(len(line) + len("\ndata"), len(text))))
    cursor.end()
    return written


def same(one: np.ndarray, two: np.ndarray) -> bool:
    return one.shape == two.shape and one.dtype == two.dtype and bool((bits(one) == bits(two)).all())


@given(arrays(np.float64, st.integers(0, 40), elements=st.one_of(NUMBERS, st.floats(allow_nan=False))), st.booleans())
def test_floats_come_back(values: np.ndarray, known: bool) -> None:
    pool = Pool()
    size = len(values) if known else None
    assert same(parsed(pool, pool.vector(values, size)).floats(size), values)


@given(st.one_of(arrays(np.int64, st.integers(0, 40), elements=st.one_of(st.integers(-3, 3), WHOLE)), STEPS), st.booleans())
def test_integers_come_back(values: np.ndarray | list[tuple[int, int]], known: bool) -> None:
    if isinstance(values, list):  # stretches of equal steps
        values = np.cumsum(np.repeat([step for step, _ in values], [count for _, count in values]))
    pool = Pool()
    size = len(values) if known else None
    assert same(parsed(pool, pool.vector(values, size)).index(size), values)
    as_floats = values.astype(np.float64)
    assert same(parsed(pool, pool.vector(as_floats, size)).floats(size), as_floats)


@given(arrays(np.float64, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=NUMBERS), st.booleans())
def test_matrices_come_back(values: np.ndarray, known: bool) -> None:
    pool = Pool()
    shape = values.shape if known else None
    assert same(parsed(pool, pool.matrix(values, shape)).matrix(shape), values)


@pytest.mark.parametrize(
    ("values", "line", "data"),
    [
        (np.full(8, 0.5), "0.5", []),
        (np.zeros(0), "[]", []),
        (np.array([1, 0]), "[1, 0]", []),
        (np.arange(100), "0..99", []),
        (np.arange(9, 0, -2), "9..1/-2", []),
        (np.arange(3.0), "[0, 1, 2]", []),
        (np.array([-0.0] * 9), "-0", []),
        (np.repeat(np.arange(50), 20), "0..49 #0", ["#0 = each 20 0..49"]),
        (np.tile(np.arange(20), 50), "0..19 #0", ["#0 = 50 times 0..19"]),
        (np.tile(np.repeat(np.arange(9), 3), 4), "0..8 #0", ["#0 = 4 times each 3 0..8"]),
        (np.array([0.0] * 5 + [-0.0] * 4), "0..0 #0", ["#0 = 0*5 -0*4"]),
        (np.array([0.5, 7, 7, 7, 7, 8, 9, 10]), "0.5..10 #0", ["#0 = 0.5 7*4 8 9 10"]),
        (np.array([3, 7, 7, 7, 7, 8, 9, 10, 20, 18, 16, 14]), "3..20 #0", ["#0 = 3 7*4 8 9 10 20..14/-2"]),
    ],
    ids=str,
)  # fmt: skip
def test_patterns_are_written_short(values: np.ndarray, line: str, data: list[str]) -> None:
    pool = Pool()
    assert pool.vector(values, len(values)) == line
    assert list(pool.section())[1:] == data


def test_an_array_stands_once() -> None:
    pool, values = Pool(), np.array([3, 1, 4, 1, 5, 9, 2, 6])
    assert pool.vector(values) == pool.vector(values.copy()) == "1..9 #0"
    assert pool.vector(values.astype(float)) == "1..9 #1"
    assert pool.vector(values[::-1]) == "1..9 #2"


def test_a_million_numbers_take_seconds() -> None:
    values = np.random.default_rng(1).random(1_000_000)
    pool = Pool()
    begin = time.perf_counter()
    back = parsed(pool, pool.vector(values)).floats(None)
    assert time.perf_counter() - begin < 20  # one or two on an idle machine
    assert same(back, values)
