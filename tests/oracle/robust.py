"""Sets of perturbations for the oracle: random ones, and their worst cases by enumeration, which shares no code with the
compiler's duals and closed forms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from bdnnc.exact import ExactMatrix
from bdnnc.ir.problem import Problem, Statement
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope, Uncertainty

RADII = [Fraction(3, 7), Fraction(1, 11), Fraction(9, 7), Fraction(5, 13)]
"""With numbers of the points that are quarters, no worst case is 0 by chance."""

DIAMOND = Polytope(
    tuple(tuple(Fraction(v) for v in row) for row in [(1, 2), (-1, 1), (0, -1), (1, -1)]),
    (Fraction(3, 7), Fraction(2, 7), Fraction(1, 7), Fraction(1, 2)),
)
SEGMENT = Polytope(((Fraction(2),), (Fraction(-1),)), (Fraction(5, 7), Fraction(2, 7)))


@st.composite
def uncertainties(draw: st.DrawFn, of: Problem, sense: str, kinds: Sequence[str]) -> Uncertainty:
    """One set of all inputs, or one of each."""
    inputs = range(len(of.inputs))
    groups = draw(st.sampled_from([[list(inputs)], [[j] for j in inputs], [[0]]]))
    moves = tuple(draw(_moves(of, tuple(group), kinds)) for group in groups)
    return Uncertainty(sense, moves, f"robust {sense}", len(of.statements))


@st.composite
def _moves(draw: st.DrawFn, of: Problem, inputs: tuple[int, ...], kinds: Sequence[str]) -> Moves:
    kind, n = draw(st.sampled_from(kinds)), len(inputs)
    radius = draw(st.sampled_from(RADII))
    low, high = [-radius] * n, [radius] * n
    coupling, step = None, None
    if kind == "box":
        low = [-draw(st.sampled_from([Fraction(0), Fraction(1, 7), radius])) for _ in inputs]
    elif kind == "l1":
        coupling = L1(radius)
    elif kind == "l2":
        coupling = L2(radius)
    elif kind == "budget":
        coupling = AtMost(draw(st.integers(1, n)))
    elif kind == "polytope":
        coupling = DIAMOND if n == 2 else SEGMENT
        box = [_ends(coupling, j) for j in range(n)]
        low, high = [ends[0] for ends in box], [ends[1] for ends in box]
    elif kind == "step":
        coupling, step = draw(st.sampled_from([None, L1(Fraction(6, 7)), L2(Fraction(6, 7))])), Fraction(3, 7)
        low, high = [Fraction(-6, 7)] * n, [Fraction(6, 7)] * n
    rows, clipped = [(low, high)], draw(st.booleans())
    if clipped:  # each point has its own box: what `clip` and `raw` do
        factors = st.sampled_from([Fraction(0), Fraction(1)] if step else [Fraction(0), Fraction(1, 3), Fraction(1)])
        rows = [tuple([end * draw(factors) for end in ends] for ends in (low, high)) for _ in range(of.patterns.shape[0])]
    lows, highs = (ExactMatrix.from_fractions([row[side] for row in rows]) for side in (0, 1))
    return Moves(inputs, lows, highs, coupling, step, clipped)


def _ends(polytope: Polytope, j: int) -> tuple[Fraction, Fraction]:
    corners = _corners_of(polytope)
    return min(c[j] for c in corners), max(c[j] for c in corners)


def _corners_of(polytope: Polytope) -> list[tuple[Fraction, ...]]:
    """All corners: n rows that meet, and keep the others."""
    n = len(polytope.matrix[0])
    found = []
    for rows in itertools.combinations(range(len(polytope.side)), n):
        point = _solved([polytope.matrix[r] for r in rows], [polytope.side[r] for r in rows])
        if point is not None and all(
            sum(a * d for a, d in zip(row, point, strict=True)) <= b
            for row, b in zip(polytope.matrix, polytope.side, strict=True)
        ):
            found.append(point)
    return found


def _solved(rows: list[tuple[Fraction, ...]], side: list[Fraction]) -> tuple[Fraction, ...] | None:
    if len(rows) == 1:
        return None if rows[0][0] == 0 else (side[0] / rows[0][0],)
    (a, b), (c, d) = rows
    det = a * d - b * c
    return None if det == 0 else ((side[0] * d - b * side[1]) / det, (a * side[1] - side[0] * c) / det)


def worst(moves: Moves, row: int, direction: Sequence[Fraction]) -> Fraction | float:
    """max of direction . delta: over all corners or grid points, else by a linear program or by formula."""
    low, high = (box.rows(np.array([min(row, box.shape[0] - 1)])) for box in (moves.low, moves.high))
    ends = [(low.fraction(0, j), high.fraction(0, j)) for j in range(len(moves.inputs))]
    if isinstance(moves.step, Fraction):
        grids = [[k * moves.step for k in range(-9, 10) if lo <= k * moves.step <= up] for lo, up in ends]
        points = [p for p in itertools.product(*grids) if _keeps(moves, p)]
        return max(sum((w * d for w, d in zip(direction, p, strict=True)), Fraction(0)) for p in points)
    match moves.coupling:
        case None | AtMost():
            points = itertools.product(*((lo, Fraction(0), up) for lo, up in ends))
            return max(sum((w * d for w, d in zip(direction, p, strict=True)), Fraction(0)) for p in points if _keeps(moves, p))
        case L2(radius):
            return _round(ends, float(radius), [float(w) for w in direction])
        case _:
            return _by_program(moves, ends, [float(w) for w in direction])


def _keeps(moves: Moves, point: Sequence[Fraction]) -> bool:
    match moves.coupling:
        case AtMost(count):
            return sum(d != 0 for d in point) <= count
        case L1(radius):
            return sum(abs(d) for d in point) <= radius
        case L2(radius):
            return sum(d * d for d in point) <= radius * radius
        case _:
            return True


def _by_program(moves: Moves, ends: list[tuple[Fraction, Fraction]], w: list[float]) -> float:
    if isinstance(moves.coupling, L1):
        rows = [list(map(float, signs)) for signs in itertools.product((-1, 1), repeat=len(w))]
        sides = [float(moves.coupling.radius)] * len(rows)
    else:
        assert isinstance(moves.coupling, Polytope)
        rows = [[float(v) for v in row] for row in moves.coupling.matrix]
        sides = [float(v) for v in moves.coupling.side]
    bounds = [(float(lo), float(up)) for lo, up in ends]
    return -float(linprog([-v for v in w], A_ub=rows, b_ub=sides, bounds=bounds, method="highs").fun)


def _round(ends: list[tuple[Fraction, Fraction]], radius: float, w: list[float]) -> float:
    """Over a disc within a box, by its angle: the best of a fine fan of directions, each gone as far as it may."""
    if len(w) == 1:
        lo, up = (float(v) for v in ends[0])
        return max(w[0] * max(lo, -radius), w[0] * min(up, radius))
    angle = np.linspace(0, 2 * np.pi, 200_001)
    ray = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    reach = np.full(len(angle), radius)
    for j, (lo, up) in enumerate(ends):
        with np.errstate(divide="ignore"):
            limit = np.where(
                ray[:, j] > 1e-12, float(up) / ray[:, j], np.where(ray[:, j] < -1e-12, float(lo) / ray[:, j], np.inf)
            )
        reach = np.minimum(reach, limit)
    return float(((ray @ np.array(w)) * reach).max())


def with_uncertainty(of: Problem, uncertainty: Uncertainty) -> Problem:
    return replace(of, uncertainty=uncertainty, statements=(*of.statements, Statement(uncertainty.text, None)))


def brute(of: Problem) -> Fraction | None:
    """The best value of the one goal, a zero_one loss, over all networks of one hidden and one output layer of finite sets
    (`static`, `soft`); None where no network will do."""
    assert of.uncertainty is not None
    hidden, output = of.layers
    points = [[of.patterns.fraction(p, j) for j in range(len(of.inputs))] for p in range(of.patterns.shape[0])]
    units = set()
    for weights in itertools.product(hidden.domain.values, repeat=hidden.inputs):
        falls, rises = [], []
        for p in range(len(points)):
            pairs = [(moves, [weights[j] for j in moves.inputs]) for moves in of.uncertainty.moves]
            falls.append(sum((worst(moves, p, [-w for w in part]) for moves, part in pairs), Fraction(0)))
            rises.append(sum((worst(moves, p, part) for moves, part in pairs), Fraction(0)))
        for bias in hidden.bias.domain.values:
            sums = [sum((w * x for w, x in zip(weights, x, strict=True)), bias) for x in points]
            column = tuple(int(a >= 0) for a in sums)
            kept = tuple(
                (a - fall >= -1e-9) if on else (a + rise < -1e-9)
                for a, on, fall, rise in zip(sums, column, falls, rises, strict=True)
            )
            units.add((column, kept))
    outputs = [
        (weights, bias)
        for weights in itertools.product(output.domain.values, repeat=output.inputs)
        for bias in output.bias.domain.values
    ]
    best: Fraction | None = None
    for chosen in itertools.product(sorted(units), repeat=hidden.units):
        kept = [all(unit[1][p] for unit in chosen) for p in range(len(points))]
        if of.uncertainty.sense == "static" and not all(kept):
            continue
        for heads in itertools.product(outputs, repeat=output.units):
            loss = Fraction(0)
            for p, ok in enumerate(kept):
                active = [sum(w * unit[0][p] for w, unit in zip(weights, chosen, strict=True)) + b >= 0 for weights, b in heads]
                for c, count in enumerate(of.counts[p]):
                    wanted = [c == 1] if len(active) == 1 else [k == c for k in range(len(active))]
                    loss += int(count) * (active != wanted or (not ok and of.uncertainty.sense == "soft"))
            best = loss if best is None else min(best, loss)
    return best


def perturbations(moves: Sequence[Moves], row: int, point: Sequence[Fraction]) -> list[tuple[Fraction, ...]]:
    """All perturbed points of a finite set."""
    found = [tuple(point)]
    for part in moves:
        low, high = (box.rows(np.array([min(row, box.shape[0] - 1)])) for box in (part.low, part.high))
        grids = []
        for j in range(len(part.inputs)):
            lo, up = low.fraction(0, j), high.fraction(0, j)
            step = part.step
            assert step is not None
            grids.append(
                sorted({lo, Fraction(0), up}) if step == "ends" else [k * step for k in range(-50, 51) if lo <= k * step <= up]
            )
        deltas = [delta for delta in itertools.product(*grids) if _keeps(part, delta)]
        found = [_moved(start, part.inputs, delta) for start in found for delta in deltas]
    return found


def _moved(start: tuple[Fraction, ...], inputs: Sequence[int], delta: Sequence[Fraction]) -> tuple[Fraction, ...]:
    moved = list(start)
    for j, d in zip(inputs, delta, strict=True):
        moved[j] += d
    return tuple(moved)
