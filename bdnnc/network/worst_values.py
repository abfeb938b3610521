"""The values of the blocks of worst cases at a network: the best duals for its weights, in floats.

Each set has its own closed form, but for polytopes, whose linear program is solved. What a block means stands where it is made
(`formulation/worst`).
"""

from __future__ import annotations

from fractions import Fraction
from math import cos, sin

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.formulation.worst.ball import tower_of
from bdnnc.formulation.worst.cases import WorstCases
from bdnnc.formulation.worst.side import WAYS, Side
from bdnnc.formulation.worst.tower import ANGLES, TURNS, longer, pairing
from bdnnc.ir.program import Floats
from bdnnc.network.network import FractionArray
from bdnnc.uncertainty.corners import corners
from bdnnc.uncertainty.exact_lp import furthest
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope
from bdnnc.uncertainty.support import grid_points

Values = dict[str, Floats]

HALVINGS = 200


def worst_values(cases: WorstCases, weights: FractionArray, patterns: int) -> Values:
    """Every block that `add_worst_cases` makes, by symbol, at ``weights`` (units, inputs)."""
    found: Values = {}
    for way in WAYS[1:] if cases.is_even else WAYS:
        total = np.zeros((1 if cases.is_shared else patterns, cases.layer.units))
        for side in cases.sides(way):
            values, reach = _of_side(side, weights[:, list(side.moves.inputs)])
            found |= values
            total = total + reach
        found[way] = total.ravel()
    return found


def _of_side(side: Side, weights: FractionArray) -> tuple[Values, Floats]:
    """The blocks of a set in a direction, and its worst case at each site, (R, units)."""
    w, coupling = weights.astype(np.float64), side.moves.coupling
    if isinstance(coupling, L2 | Polytope) and isinstance(side.moves.step, Fraction):
        t = np.stack([(grid_points(side.moves, row) @ (side.sign * w).T).max(axis=0) for row in range(side.rows)])
        return {side.named("t"): t.ravel()}, t
    match coupling:
        case None:
            return _parts(side, w), _gains(side, w).sum(axis=2)
        case AtMost(count):
            return _at_most(side, w, count)
        case L1(radius):
            usable = radius // side.moves.step * side.moves.step if isinstance(side.moves.step, Fraction) else radius
            return _l1(side, w, float(usable))
        case L2(radius):
            return _ball(side, w, float(radius))
        case Polytope():
            return _polytope(side, weights, coupling)


def reach(side: Side, w: Floats) -> Floats:
    """How far any rows of weights (C, n) go over a set in its direction, (R, C). Over a polytope that is clipped, flat
    or of many inputs its box stands for it, which is never less; a ball is as large as its tower makes it."""
    coupling, step = side.moves.coupling, side.moves.step
    if isinstance(coupling, L2 | Polytope) and isinstance(step, Fraction):
        return np.stack([(grid_points(side.moves, row) @ (side.sign * w).T).max(axis=0) for row in range(side.rows)])
    match coupling:
        case AtMost(count) if count < side.width:
            gains = np.partition(_gains(side, w), side.width - count, axis=2)
            return np.asarray(gains[:, :, side.width - count :].sum(axis=2), dtype=np.float64)
        case L1(radius):
            usable = radius // step * step if isinstance(step, Fraction) else radius
            return _l1(side, w, float(usable))[1]
        case L2(radius):
            return _round_reach(side, w, float(radius))
        case Polytope() if not side.moves.clipped and (points := corners(coupling)) is not None:
            return np.asarray((points @ (side.sign * w).T).max(axis=0, keepdims=True), dtype=np.float64)
        case _:
            return _box_reach(side, w)


def _box_reach(side: Side, w: Floats) -> Floats:
    up, down = np.maximum(w, 0.0), np.maximum(-w, 0.0)
    return np.asarray(side.ahead @ up.T + side.behind @ down.T, dtype=np.float64)


def _round_reach(side: Side, w: Floats, radius: float) -> Floats:
    longer_radius = radius * longer(side.width)
    if not side.moves.clipped:
        return np.broadcast_to(longer_radius * _lengths(w)[:, 0], (side.rows, len(w)))
    signed = np.broadcast_to(side.sign * w, (side.rows, *w.shape))
    high, below = (np.broadcast_to(part[:, None, :], signed.shape) for part in (side.high, side.below))
    v = _paid_by_ball(signed, high, below, longer_radius)
    ends = np.maximum(signed - v, 0.0) * high + np.maximum(v - signed, 0.0) * below
    return np.asarray(longer_radius * _lengths(v)[:, :, 0] + ends.sum(axis=2), dtype=np.float64)


def _gains(side: Side, w: Floats) -> Floats:
    """What each coordinate gains alone, (R, units, n)."""
    up, down = np.maximum(w, 0.0)[None], np.maximum(-w, 0.0)[None]
    return up * side.ahead[:, None, :] + down * side.behind[:, None, :]


def _parts(side: Side, w: Floats) -> Values:
    free = w.ravel()[side.free]
    return {f"wp{side.number}": np.maximum(free, 0.0), f"wn{side.number}": np.maximum(-free, 0.0)}


def _at_most(side: Side, w: Floats, count: int) -> tuple[Values, Floats]:
    gains = _gains(side, w)
    ordered = -np.sort(-gains, axis=2)
    t = ordered[:, :, count] if count < side.width else np.zeros(gains.shape[:2])
    p = np.maximum(gains - t[:, :, None], 0.0)
    total = count * t + p.sum(axis=2)
    return {**_parts(side, w), side.named("t"): t.ravel(), side.named("p"): p.ravel()}, total


def _l1(side: Side, w: Floats, radius: float) -> tuple[Values, Floats]:
    if not side.moves.clipped:
        t = np.abs(w).max(axis=1)
        return {f"tw{side.number}": t}, np.broadcast_to(radius * t, (side.rows, len(t)))
    signed = side.sign * w
    order = np.argsort(-np.abs(signed), axis=1)
    room = np.where(signed > 0, side.high[:, None, :], side.below[:, None, :])
    spent = np.cumsum(np.take_along_axis(room, np.broadcast_to(order, room.shape), axis=2), axis=2)
    sizes = np.concatenate([np.take_along_axis(np.abs(signed), order, axis=1), np.zeros((len(w), 1))], axis=1)
    first = (spent <= radius).sum(axis=2)  # so many coordinates reach the end of their box
    t = np.take_along_axis(np.broadcast_to(sizes, (side.rows, *sizes.shape)), first[:, :, None], axis=2)[:, :, 0]
    a, b = (np.maximum(sign * signed[None] - t[:, :, None], 0.0) for sign in (1.0, -1.0))
    total = radius * t + (a * side.high[:, None, :] + b * side.below[:, None, :]).sum(axis=2)
    return {side.named("t"): t.ravel(), side.named("a"): a.ravel(), side.named("b"): b.ravel()}, total


def _polytope(side: Side, weights: FractionArray, polytope: Polytope) -> tuple[Values, Floats]:
    m, a, b = (list[float]() for _ in range(3))
    total = np.zeros((side.rows, side.layer.units))
    for row in range(side.rows):
        box = _ends(side.moves, row) if side.moves.clipped else None
        for unit, line in enumerate(weights):
            direction = [value if side.way == "rise" else -value for value in line.tolist()]
            best = furthest(direction, polytope.matrix, polytope.side, box)
            if best is None:
                raise InternalError("a polytope of perturbations is bounded")
            numbers, count = [float(value) for value in best.multipliers], len(polytope.side)
            m += numbers[:count]
            a += numbers[count : count + side.width]
            b += numbers[count + side.width :]
            total[row, unit] = float(best.value)
    found = {side.named("m"): np.array(m)}
    return (found | {side.named("a"): np.array(a), side.named("b"): np.array(b)} if side.moves.clipped else found), total


def _ends(moves: Moves, row: int) -> list[tuple[Fraction, Fraction]]:
    low, high = (box.rows(np.array([min(row, box.shape[0] - 1)])) for box in (moves.low, moves.high))
    return [(low.fraction(0, j), high.fraction(0, j)) for j in range(len(moves.inputs))]


def _ball(side: Side, w: Floats, radius: float) -> tuple[Values, Floats]:
    if not side.moves.clipped:
        values, norm = _tower(side, w)
        return values, np.broadcast_to(radius * longer(side.width) * norm, (side.rows, len(w)))
    signed = np.broadcast_to(side.sign * w, (side.rows, *w.shape))
    high, below = (np.broadcast_to(part[:, None, :], signed.shape) for part in (side.high, side.below))
    v = _paid_by_ball(signed, high, below, radius * longer(side.width))
    a, b = np.maximum(signed - v, 0.0), np.maximum(v - signed, 0.0)
    values, norm = _tower(side, v.reshape(-1, side.width))
    total = radius * longer(side.width) * norm.reshape(side.rows, -1) + (a * high + b * below).sum(axis=2)
    return {**values, side.named("v"): v.ravel(), side.named("a"): a.ravel(), side.named("b"): b.ravel()}, total


def _paid_by_ball(w: Floats, high: Floats, below: Floats, radius: float) -> Floats:
    """The v of w = v + v' with the least r |v| + support of v' over the box: mu times the furthest point, which is w / mu in
    the box; mu found by halving, 0 where the box lies in the ball."""

    def point(mu: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.where(mu > 0, w / np.where(mu > 0, mu, 1.0), np.where(w > 0, np.inf, np.where(w < 0, -np.inf, 0.0)))
        return np.clip(scaled, -below, high)

    low: Floats = np.zeros((*w.shape[:-1], 1))
    most = 2.0 * _lengths(w) / radius
    for _ in range(HALVINGS):
        middle = (low + most) / 2
        too_far = _lengths(point(middle)) > radius
        low, most = np.where(too_far, middle, low), np.where(too_far, most, middle)
    inside = _lengths(point(0.0 * low)) <= radius
    return np.where(inside, 0.0, most * point(most))


def _lengths(vectors: Floats) -> Floats:
    """The norm of each vector, the last axis kept."""
    return np.asarray(np.sqrt((vectors**2).sum(axis=-1, keepdims=True)), dtype=np.float64)


def _tower(side: Side, vectors: Floats) -> tuple[Values, Floats]:
    """The blocks of a tower over some vectors (groups, n), and what its top says of each norm."""
    suffix, found = tower_of(side, 0).suffix, pairing(side.width)
    magnitudes = np.abs(vectors)
    known: list[Floats] = [magnitudes[:, component] for component in range(side.width)]
    along: list[Floats] = []
    over: list[Floats] = []
    for first, second in zip(found.first, found.second, strict=True):
        xi, eta = known[first], known[second]
        turns: list[tuple[Floats, Floats]] = []
        for angle in ANGLES:
            c, s = cos(angle), sin(angle)
            xi, eta = c * xi + s * eta, np.abs(c * eta - s * xi)
            turns.append((xi, eta))
        along.append(np.stack([x for x, _ in turns], axis=1))
        over.append(np.stack([y for _, y in turns], axis=1))
        known.append(xi)
    values: Values = {f"h{suffix}": magnitudes.ravel()}
    if found.first:
        values[f"o{suffix}"] = np.stack(known[side.width :], axis=1).ravel()
        values[f"x{suffix}"] = np.stack(along, axis=1).reshape(-1, len(found.first) * TURNS).ravel()
        values[f"y{suffix}"] = np.stack(over, axis=1).reshape(-1, len(found.first) * TURNS).ravel()
    return values, known[found.root]
