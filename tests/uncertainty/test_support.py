"""Exact worst cases over sets of perturbations, against enumeration that shares nothing with them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.uncertainty.exact_lp import furthest, maximum
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope
from bdnnc.uncertainty.support import contains, enclosing_box, grid_size, reaches, root_above, support

Point = tuple[Fraction, ...]

amounts = st.builds(Fraction, st.integers(0, 6), st.sampled_from([1, 2, 3, 10]))
numbers = st.builds(Fraction, st.integers(-5, 5), st.sampled_from([1, 1, 2, 7]))


def moves_of(low: Sequence[Sequence[Fraction]], high: Sequence[Sequence[Fraction]], **rest: object) -> Moves:
    width = len(low[0])
    inputs = tuple(range(width))
    return Moves(inputs, ExactMatrix.from_fractions(low), ExactMatrix.from_fractions(high), **rest)  # type: ignore[arg-type]


def dot(w: Sequence[Fraction], delta: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(w, delta, strict=True)), Fraction(0))


def array(rows: Sequence[Sequence[Fraction]]) -> np.ndarray:
    table = np.zeros((len(rows), len(rows[0])), dtype=object)
    for place, row in enumerate(rows):
        table[place] = row
    return table


@st.composite
def boxes(draw: st.DrawFn, rows: int, width: int) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    low = [[-draw(amounts) for _ in range(width)] for _ in range(rows)]
    high = [[draw(amounts) for _ in range(width)] for _ in range(rows)]
    return low, high


def corners(low: Sequence[Fraction], high: Sequence[Fraction]) -> list[Point]:
    return list(product(*({a, Fraction(0), b} for a, b in zip(low, high, strict=True))))


def l1_vertices(low: Sequence[Fraction], high: Sequence[Fraction], radius: Fraction) -> list[Point]:
    """Of the box cut with the cross-polytope: coordinates at ends or 0, but one that takes what is left."""
    found = [delta for delta in corners(low, high) if sum(map(abs, delta)) <= radius]
    for j in range(len(low)):
        for rest in corners([*low[:j], *low[j + 1 :]], [*high[:j], *high[j + 1 :]]):
            left = radius - sum(map(abs, rest))
            found += [(*rest[:j], v, *rest[j:]) for v in (left, -left) if left >= 0 and low[j] <= v <= high[j]]
    return found


def check(moves: Moves, weights: list[list[Fraction]], sets: list[list[Point]]) -> None:
    least, most = reaches(array(weights), [moves])
    for row, points in enumerate(sets):
        place = row if most.shape[0] > 1 else 0
        for unit, w in enumerate(weights):
            values = [dot(w, delta) for delta in points]
            assert most.fraction(place, unit) == max(values)
            assert least.fraction(place, unit) == min(values)
            assert support(moves.at(row), w) == max(values)
        assert all(contains(moves.at(row), delta) for delta in points)


cases = st.tuples(st.integers(1, 3), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        boxes(*shape), st.lists(st.lists(numbers, min_size=shape[1], max_size=shape[1]), min_size=1, max_size=3)
    )
)


@given(cases)
def test_boxes(case: tuple[tuple[list[list[Fraction]], list[list[Fraction]]], list[list[Fraction]]]) -> None:
    (low, high), weights = case
    check(moves_of(low, high), weights, [corners(a, b) for a, b in zip(low, high, strict=True)])


@given(cases, st.integers(0, 4))
def test_at_most(case: tuple[tuple[list[list[Fraction]], list[list[Fraction]]], list[list[Fraction]]], count: int) -> None:
    (low, high), weights = case
    sets = [
        [delta for delta in corners(a, b) if sum(value != 0 for value in delta) <= count]
        for a, b in zip(low, high, strict=True)
    ]
    check(moves_of(low, high, coupling=AtMost(count)), weights, sets)
    check(moves_of(low, high, coupling=AtMost(count), step="ends"), weights, sets)


@given(cases, amounts)
def test_l1(case: tuple[tuple[list[list[Fraction]], list[list[Fraction]]], list[list[Fraction]]], radius: Fraction) -> None:
    (low, high), weights = case
    sets = [l1_vertices(a, b, radius) for a, b in zip(low, high, strict=True)]
    check(moves_of(low, high, coupling=L1(radius), clipped=True), weights, sets)


def triangle() -> Polytope:
    rows = ((Fraction(1), Fraction(2)), (Fraction(-1), Fraction(0)), (Fraction(1, 3), Fraction(-1)))
    return Polytope(rows, (Fraction(2), Fraction(1), Fraction(1)))


@given(
    st.integers(1, 3).flatmap(lambda n: st.tuples(*(st.lists(st.integers(0, 4), min_size=n, max_size=n),) * 2)),
    st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(3, 10)]),
    st.sampled_from(["none", "l1", "l2", "budget", "polytope"]),
    amounts,
    st.data(),
)
def test_steps(ends: tuple[list[int], list[int]], step: Fraction, kind: str, radius: Fraction, data: st.DataObject) -> None:
    width = len(ends[0])
    low, high = [-step * v for v in ends[0]], [step * v for v in ends[1]]
    w = data.draw(st.lists(numbers, min_size=width, max_size=width))
    row = tuple(data.draw(st.lists(numbers, min_size=width, max_size=width)))
    coupling, keeps = {
        "none": (None, lambda d: True),
        "l1": (L1(radius), lambda d: sum(map(abs, d)) <= radius),
        "l2": (L2(radius), lambda d: sum(v * v for v in d) <= radius**2),
        "budget": (AtMost(2), lambda d: sum(v != 0 for v in d) <= 2),
        "polytope": (Polytope((row,), (radius,)), lambda d: dot(row, d) <= radius),
    }[kind]
    grid = product(*([step * v for v in range(-a, b + 1)] for a, b in zip(*ends, strict=True)))
    points = [delta for delta in grid if keeps(delta)]
    moves = moves_of([low], [high], coupling=coupling, step=step, clipped=True)
    check(moves, [w], [points])
    assert grid_size(moves) == np.prod([a + b + 1 for a, b in zip(*ends, strict=True)])
    beside = tuple(v + step / 2 for v in points[0])
    assert not contains(moves, beside)


def test_a_large_grid_is_refused() -> None:
    moves = moves_of([[Fraction(-10)] * 5], [[Fraction(10)] * 5], coupling=L2(Fraction(10)), step=Fraction(1))
    assert grid_size(moves) == 21**5
    with pytest.raises(InternalError, match="too large"):
        support(moves, [Fraction(1)] * 5)


# --- L2 ---------------------------------------------------------------------------------------------------------------


def test_l2_of_rational_norms_is_exact() -> None:
    moves = moves_of([[Fraction(-5)] * 2], [[Fraction(5)] * 2], coupling=L2(Fraction(5)))
    assert support(moves, [Fraction(3), Fraction(4)]) == 25
    assert support(moves, [Fraction(3, 7), Fraction(-4, 7)]) == Fraction(25, 7)
    assert support(moves, [Fraction(0), Fraction(0)]) == 0


@given(cases, amounts)
def test_l2_in_a_box(
    case: tuple[tuple[list[list[Fraction]], list[list[Fraction]]], list[list[Fraction]]], radius: Fraction
) -> None:
    """Against bisection on the multiplier: delta(lambda) = clamp(lambda w) has its norm growing with lambda."""
    (low, high), weights = case
    _, most = reaches(array(weights), [moves_of(low, high, coupling=L2(radius), clipped=True)])
    for row, (a, b) in enumerate(zip(low, high, strict=True)):
        below, above = np.array(a, dtype=float), np.array(b, dtype=float)
        for unit, w in enumerate(weights):
            direction = np.array(w, dtype=float)
            start, end = 0.0, 1e6
            for _ in range(200):
                middle = (start + end) / 2
                inside = np.linalg.norm(np.clip(middle * direction, below, above)) <= float(radius)
                start, end = (middle, end) if inside else (start, middle)
            expected = float(direction @ np.clip(start * direction, below, above))
            assert float(most.fraction(row, unit)) == pytest.approx(expected, abs=1e-8)


@given(cases, amounts, st.randoms(use_true_random=False))
def test_l2_is_never_too_small(case, radius: Fraction, random) -> None:  # type: ignore[no-untyped-def]
    (low, high), weights = case
    moves = moves_of(low, high, coupling=L2(radius), clipped=True).at(0)
    for _ in range(20):
        delta = [
            Fraction(random.uniform(float(a), float(b))).limit_denominator(97) for a, b in zip(low[0], high[0], strict=True)
        ]
        if contains(moves, delta):
            assert all(dot(w, delta) <= support(moves, w) for w in weights)


@given(st.builds(Fraction, st.integers(0, 10**20), st.integers(1, 10**20)))
def test_roots_are_rounded_up(square: Fraction) -> None:
    root = root_above(square)
    assert square <= root**2 <= square * (1 + Fraction(1, 10**30)) ** 2
    assert float(root) == pytest.approx(sqrt(square))
    assert root_above(square**2) == square


# --- polytopes --------------------------------------------------------------------------------------------------------

polytopes = st.integers(1, 3).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(*(numbers,) * n), max_size=4),
        st.lists(amounts, min_size=4, max_size=4),
        boxes(1, n),
        st.tuples(*(numbers,) * n),
    )
)


@given(polytopes)
def test_polytopes(case) -> None:  # type: ignore[no-untyped-def]
    """The optimum is that of linprog, it is attained, and its multipliers prove that there is no larger one."""
    rows, sides, (low, high), w = case
    side, box = tuple(sides[: len(rows)]), list(zip(low[0], high[0], strict=True))
    found = furthest(w, rows, side, box)
    assert found is not None
    other = linprog(
        [-float(v) for v in w],
        A_ub=np.array(rows, dtype=float) if rows else None,
        b_ub=np.array(side, dtype=float) if rows else None,
        bounds=[(float(a), float(b)) for a, b in box],
    )
    assert float(found.value) == pytest.approx(-other.fun, abs=1e-9)
    moves = moves_of(low, high, coupling=Polytope(tuple(rows), side), clipped=True)
    assert contains(moves, found.x)
    assert dot(w, found.x) == found.value == support(moves, w)
    assert all(y >= 0 for y in found.multipliers)
    assert dot(found.multipliers, [*side, *high[0], *(-v for v in low[0])]) == found.value
    y_rows, y_high, y_low = np.split(np.array(found.multipliers, dtype=object), [len(rows), len(rows) + len(w)])
    for j, coefficient in enumerate(w):
        assert sum((y * row[j] for y, row in zip(y_rows, rows, strict=True)), Fraction(0)) + y_high[j] - y_low[j] == coefficient


def test_a_polytope_alone() -> None:
    moves = moves_of([[Fraction(-1), Fraction(-4, 3)]], [[Fraction(12, 5), Fraction(3, 2)]], coupling=triangle())
    assert support(moves, [Fraction(0), Fraction(1)]) == Fraction(3, 2)
    assert support(moves, [Fraction(1), Fraction(0)]) == Fraction(12, 5)
    assert support(moves, [Fraction(0), Fraction(-1)]) == Fraction(4, 3)


def test_the_box_around_a_polytope() -> None:
    found = enclosing_box(triangle().matrix, triangle().side)
    assert found.outcome == "box"
    assert found.box == ((Fraction(-1), Fraction(12, 5)), (Fraction(-4, 3), Fraction(3, 2)))


@pytest.mark.parametrize(
    ("rows", "side", "outcome"),
    [
        ([[1]], [1], "unbounded"),
        ([[1], [-1]], [-1, -1], "empty"),
        ([[1], [-1]], [3, -2], "without 0"),
        ([[1], [-1]], [2, -2], "without 0"),
        ([[1], [-1]], [0, 0], "box"),
    ],
)
def test_what_is_no_set_of_perturbations(rows: list[list[int]], side: list[int], outcome: str) -> None:
    found = enclosing_box([[Fraction(v) for v in row] for row in rows], [Fraction(v) for v in side])
    assert found.outcome == outcome
    assert found.broken == tuple(place for place, end in enumerate(side) if end < 0)
    assert found.endless == ((0,) if outcome == "unbounded" else ())


def test_an_endless_lp() -> None:
    assert maximum([Fraction(1), Fraction(1)], [[Fraction(1), Fraction(-1)]], [Fraction(1)]) is None


# --- several moves ----------------------------------------------------------------------------------------------------


def test_moves_of_disjoint_inputs_are_added() -> None:
    one = Fraction(1)
    shared = Moves((0, 2), ExactMatrix.from_fractions([[-one, -one]]), ExactMatrix.from_fractions([[one, one]]), L1(one))
    single = Moves((1,), ExactMatrix.from_fractions([[-one], [Fraction(0)]]), ExactMatrix.from_fractions([[one / 3]]))
    weights = array([[one, 3 * one, 2 * one], [Fraction(0), -one, Fraction(0)]])
    least, most = reaches(weights, [shared, single])
    assert [[most.fraction(p, u) for u in range(2)] for p in range(2)] == [[3, 1], [3, 0]]
    assert [[least.fraction(p, u) for u in range(2)] for p in range(2)] == [[-5, -one / 3], [-2, -one / 3]]
    least, most = reaches(weights, [shared])
    assert most.shape == (1, 2)
    least, most = reaches(weights, [])
    assert (most.fraction(0, 0), least.fraction(0, 1), most.shape) == (0, 0, (1, 2))


@given(st.integers(10**17, 10**20), st.integers(1, 10**19))
def test_numbers_beyond_int64(large: int, weight: int) -> None:
    low, high = [-Fraction(large, 3)] * 3, [Fraction(large)] * 3
    w = [Fraction(weight), -Fraction(weight, 7), Fraction(1)]
    for coupling in (None, AtMost(2), L1(Fraction(large))):
        moves = moves_of([low], [high], coupling=coupling, clipped=True)
        points = [
            delta
            for delta in l1_vertices(low, high, Fraction(large) if isinstance(coupling, L1) else Fraction(10 * large))
            if not isinstance(coupling, AtMost) or len([v for v in delta if v]) <= 2
        ]
        assert support(moves, w) == max(dot(w, delta) for delta in points)


def test_combinations_agree_on_flips() -> None:
    rng = np.random.default_rng(0)
    w = [Fraction(int(v)) for v in rng.integers(-9, 10, 8)]
    gain = [Fraction(int(v)) for v in rng.choice([-1, 1], 8)]
    low, high = [[min(v, Fraction(0)) for v in gain]], [[max(v, Fraction(0)) for v in gain]]
    best = max(sum((w[j] * gain[j] for j in chosen), Fraction(0)) for k in range(4) for chosen in combinations(range(8), k))
    assert support(moves_of(low, high, coupling=AtMost(3), step="ends"), w) == best
