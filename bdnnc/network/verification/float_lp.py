"""The perturbation that lies deepest in some half-spaces, in floats, with the multipliers that bound it.

    max t   s.t.   s_i (a_i + w_i.delta) >= t   for each required unit (s_i = 1 active, -1 inactive),   delta in the hull

A ball is there as the convex hull of some of its points, and grows by that which lies furthest in the direction of the combined
half-spaces, until this is no gain any more (Dantzig and Wolfe 1960; Kelley's cutting planes on the multipliers). Every iterate
is in the set, and the program has as many dimensions as there are units, however many inputs the ball has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bdnnc.exact import fraction_floats
from bdnnc.network.verification.region import Floats
from bdnnc.network.verification.relaxation import Relaxation
from bdnnc.solve.arrays import MatrixArrays

CLOSE = 1e-9  # relative to the pre-activations: bound and depth are brought so near
PLAIN = 1e-7  # a depth this far from 0, relative to the pre-activations, has a sign
ROUNDS = 200  # of points of balls
HALVINGS = 100  # of the multiplier of water filling


@dataclass(frozen=True, slots=True, eq=False)
class Deepest:
    """No perturbation is deeper than ``bound``; ``delta`` (inputs,) is as deep as ``depth`` and in the hull but for rounding;
    ``multipliers`` (units,) >= 0, of sum 1, prove the bound."""

    bound: float
    depth: float
    delta: Floats
    multipliers: Floats


def deepest_float(hull: Relaxation, weights: Floats, values: Floats, to_the_end: bool = False) -> Deepest | None:
    """The optimum; None where the solver fails. ``weights``: (units, inputs) s_i w_i, ``values``: (units,) s_i a_i at the
    region's offset. With balls, as near as `CLOSE`, or until the sign of the optimum is plain, unless ``to_the_end``."""
    scale = 1.0 + float(np.abs(values).max(initial=0.0))
    master = _Master(hull, weights.shape[1])
    answer: Deepest | None = None
    for _ in range(ROUNDS):
        found = _solved(weights @ master.lift, values, master.rows, master.sides, master.upper)
        if found is None:
            return answer
        inner, v, multipliers = found
        delta = master.lift @ v
        depth = float((values + weights @ delta).min())
        bound = inner + master.grow(multipliers @ weights)
        answer = Deepest(bound, depth, delta, multipliers)
        plain = not to_the_end and (bound < -PLAIN * scale or depth > PLAIN * scale)
        if plain or bound - inner <= CLOSE * scale:
            return answer
    return answer


class _Master:
    """The program's columns v, delta = ``lift`` v: those of the hull outside the balls, and the points of the balls, of which
    the shares in one ball add up to at most 1."""

    def __init__(self, hull: Relaxation, width: int) -> None:
        in_balls = {j for inputs, _ in hull.balls for j in inputs}
        kept = [c for c, j in enumerate(hull.inputs) if j not in in_balls]
        self.lift = np.zeros((width, len(kept)))
        self.lift[[hull.inputs[c] for c in kept], np.arange(len(kept))] = [hull.signs[c] for c in kept]
        self.upper = fraction_floats([hull.upper[c] for c in kept])
        linear = [fraction_floats([row[c] for c in kept]) for row in hull.matrix]
        self.rows = np.vstack([np.reshape(linear, (len(linear), len(kept))), np.zeros((len(hull.balls), len(kept)))])
        self.sides = np.append(fraction_floats(hull.side), np.ones(len(hull.balls)))
        self._balls = [_Ball.of(hull, inputs, float(radius)) for inputs, radius in hull.balls]
        self._linear = len(linear)

    def grow(self, direction: Floats) -> float:
        """Add the point of each ball that lies furthest in the direction; how much further, in all, than those there were."""
        gained = 0.0
        for place, ball in enumerate(self._balls):
            row = self._linear + place
            own = self.lift[:, self.rows[row] > 0]
            point = np.zeros(len(self.lift))
            point[ball.places] = ball.furthest(direction[ball.places])
            gained += max(0.0, float(direction @ point) - float((direction @ own).max(initial=0.0)))
            share = np.zeros((len(self.rows), 1))
            share[row] = 1.0
            self.lift, self.rows = np.hstack([self.lift, point[:, np.newaxis]]), np.hstack([self.rows, share])
            self.upper = np.append(self.upper, 1.0)
        return gained


@dataclass(frozen=True, slots=True, eq=False)
class _Ball:
    """A ball in its box, low <= 0 <= high: ``places`` are its inputs."""

    places: list[int]
    low: Floats
    high: Floats
    radius: float

    @staticmethod
    def of(hull: Relaxation, inputs: tuple[int, ...], radius: float) -> _Ball:
        end = {(j, sign): float(upper) for j, sign, upper in zip(hull.inputs, hull.signs, hull.upper, strict=True)}
        low, high = ([end.get((j, sign), 0.0) for j in inputs] for sign in (-1, 1))
        return _Ball(list(inputs), -np.array(low), np.array(high), radius)

    def furthest(self, direction: Floats) -> Floats:
        """Water filling, clamp(lambda direction), by bisection on lambda."""
        length = float(np.linalg.norm(direction))
        if length == 0:
            return np.zeros(len(direction))
        unit = direction / length
        filled = np.clip(self.radius * unit, self.low, self.high)
        if bool((filled == self.radius * unit).all()):
            return filled
        room = float(max(np.abs(self.low).max(), np.abs(self.high).max()))
        least, most = self.radius, self.radius + room / float(np.abs(unit)[unit != 0].min())
        for _ in range(HALVINGS):
            middle = (least + most) / 2
            inside = float(np.linalg.norm(np.clip(middle * unit, self.low, self.high))) <= self.radius
            least, most = (middle, most) if inside else (least, middle)
        return np.clip(least * unit, self.low, self.high)


def _solved(weights: Floats, values: Floats, rows: Floats, sides: Floats, upper: Floats) -> tuple[float, Floats, Floats] | None:
    """(t, v, multipliers of the units' rows)."""
    from bdnnc.solve.linear import solve_lp

    units, columns = weights.shape
    table = np.zeros((len(rows) + units, columns + 1))
    table[: len(rows), :columns] = rows
    table[len(rows) :, :columns], table[len(rows) :, columns] = weights, -1.0
    used = table != 0
    reach = 1.0 + float((np.abs(values) + np.abs(weights) @ upper).max())
    objective = np.zeros(columns + 1)
    objective[-1] = -1.0
    arrays = MatrixArrays(
        indptr=np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int32),
        indices=np.nonzero(used)[1].astype(np.int32),
        data=table[used],
        row_lower=np.append(np.full(len(rows), -np.inf), -values),
        row_upper=np.append(sides, np.full(units, np.inf)),
        c=objective,
        lower=np.append(np.zeros(columns), -reach),
        upper=np.append(upper, reach),
        integrality=np.zeros(len(objective), dtype=np.uint8),
        objective_step=0.0,
        objective_offset=0.0,
    )
    found = solve_lp(arrays, dual=True)
    if found.x is None or found.row_dual is None:
        return None
    multipliers = np.maximum(found.row_dual[len(rows) :], 0.0)
    return float(found.x[-1]), np.clip(found.x[:-1], 0.0, upper), multipliers
