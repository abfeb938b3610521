"""The sums of a first layer whose inputs may move: how far worst cases reach, and on which lattice they lie.

Margins, bias ranges and big-M of a robust layer are made of these, as those of any other layer of its plain sums (model M grows
by the same worst case; docs/robustness.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, gcd, lcm, sqrt

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import IntArray, magnitude, narrowed
from bdnnc.formulation.sums import Sums, ratio
from bdnnc.formulation.weights import is_real, weight_lattice, weight_range
from bdnnc.ir.problem import ProblemLayer
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope

Floats = NDArray[np.float64]

NO_LATTICE = "worst cases over this set have no lattice"


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How far moves can take the sums, whatever the weights: (P or 1, units) integers over ``denominator``. ``fall``: the
    largest of -w . delta, ``rise``: of w . delta."""

    fall: IntArray
    rise: IntArray
    denominator: int

    def floats(self) -> tuple[Floats, Floats]:
        """Both, rounded up by a hair, so that a bound made of them is one."""
        return _above(self.fall, self.denominator), _above(self.rise, self.denominator)


def _above(values: IntArray, denominator: int) -> Floats:
    return ratio(values, denominator) * (1.0 + 1e-12)


def worst_sums(sums: Sums, layer: ProblemLayer, moves: Sequence[Moves]) -> Sums:
    """The sums of every perturbed point: wider, on a finer lattice, or on none."""
    reach, lattices = worst_reach(layer, moves), [_Lattice.of(layer, part) for part in moves if _has_lattice(part)]
    denominator = lcm(sums.denominator, reach.denominator, *(lattice.denominator for lattice in lattices))
    own, other = denominator // sums.denominator, denominator // reach.denominator
    step = sums.step.astype(object) * own
    for lattice in lattices:
        step = np.gcd(step, lattice.steps() * (denominator // lattice.denominator))
    discrete: NDArray[np.bool_] = sums.discrete
    absolute = sums.absolute
    for part in moves:
        real = np.asarray(is_real(layer) & layer.free[:, list(part.inputs)].any(axis=1), dtype=np.bool_)
        discrete = discrete & ~real[np.newaxis, :] & _has_lattice(part)
        absolute = absolute + _size(part)
    return replace(
        sums,
        origin=narrowed(sums.origin.astype(object) * own),
        step=narrowed(step),
        low=narrowed(sums.low.astype(object) * own - reach.fall.astype(object) * other),
        high=narrowed(sums.high.astype(object) * own + reach.rise.astype(object) * other),
        denominator=denominator,
        discrete=np.asarray(np.broadcast_to(discrete, step.shape), dtype=np.bool_),
        absolute=np.broadcast_to(absolute, step.shape).copy(),
        obstacle=sums.obstacle if is_real(layer) or bool(np.all(discrete)) else NO_LATTICE,
    )


def _has_lattice(moves: Moves) -> bool:
    """Whether worst cases are sums of weights times multiples of something; over a ball or a polytope only on a grid."""
    return not isinstance(moves.coupling, L2 | Polytope) or isinstance(moves.step, Fraction)


# --- reach --------------------------------------------------------------------------------------------------------------


def worst_reach(layer: ProblemLayer, moves: Sequence[Moves]) -> Reach:
    """The reach of all sets together: what each adds is the most over its own perturbations and the weights' boxes."""
    parts = [_reach_of(layer, part) for part in moves]
    denominator = lcm(*(part.denominator for part in parts))
    rows = max(part.fall.shape[0] for part in parts)
    fall = np.zeros((rows, layer.units), dtype=object)
    rise = np.zeros((rows, layer.units), dtype=object)
    for part in parts:
        factor = denominator // part.denominator
        fall, rise = fall + part.fall.astype(object) * factor, rise + part.rise.astype(object) * factor
    return Reach(narrowed(fall), narrowed(rise), denominator)


def _reach_of(layer: ProblemLayer, moves: Moves) -> Reach:
    low_weight, high_weight, weight_factor = _weight_boxes(layer, moves)
    low, high, move_factor = _boxes(moves)
    radius = moves.coupling.radius if isinstance(moves.coupling, L1 | L2) else Fraction(0)
    denominator = lcm(weight_factor * move_factor, weight_factor * radius.denominator)
    times = denominator // (weight_factor * move_factor)
    kinds, of_unit = np.unique(np.concatenate([low_weight, high_weight], axis=1), axis=0, return_inverse=True)
    n = len(moves.inputs)
    fall = np.zeros((len(low), len(kinds)), dtype=object)
    rise = np.zeros((len(low), len(kinds)), dtype=object)
    for place, kind in enumerate(kinds):
        least, most = kind[:n], kind[n:]
        for into, gains in ((rise, np.maximum(high * most, low * least)), (fall, np.maximum(-low * most, -high * least))):
            into[:, place] = _together(gains, moves).astype(object) * times
        largest = np.maximum(np.abs(least), np.abs(most)).tolist()
        cap = _cap(largest, moves, Fraction(denominator, weight_factor))
        if cap is not None:
            fall[:, place], rise[:, place] = np.minimum(fall[:, place], cap), np.minimum(rise[:, place], cap)
    chosen = of_unit.ravel()
    return Reach(narrowed(fall[:, chosen]), narrowed(rise[:, chosen]), denominator)


def _together(gains: IntArray, moves: Moves) -> IntArray:
    """What the coordinates can gain together: all of them, or the largest few."""
    if isinstance(moves.coupling, AtMost) and moves.coupling.count < gains.shape[1]:
        first = gains.shape[1] - moves.coupling.count
        return np.partition(gains, first, axis=1)[:, first:].sum(axis=1) if moves.coupling.count else 0 * gains.sum(axis=1)
    return gains.sum(axis=1)


def _cap(largest: list[int], moves: Moves, factor: Fraction) -> int | None:
    """What a norm allows at most, in integers: r max |w| for l1, r |w|_2 for l2."""
    if isinstance(moves.coupling, L1):
        return int(moves.coupling.radius * factor * max(largest, default=0))
    if isinstance(moves.coupling, L2):
        norm = sqrt(float(sum(value * value for value in largest)))
        return ceil(Fraction(norm) * moves.coupling.radius * factor * (1 + Fraction(1, 10**9)))
    return None


def _weight_boxes(layer: ProblemLayer, moves: Moves) -> tuple[IntArray, IntArray, int]:
    """The least and the largest of each weight of the inputs that move, (units, n) integers, and their denominator."""
    lower, upper = weight_range(layer)
    inputs = list(moves.inputs)
    free, constant = layer.free[:, inputs], layer.constant[:, inputs]
    fixed = [Fraction(value) for value in constant[~free]]
    factor = lcm(lower.denominator, upper.denominator, *(value.denominator for value in fixed))
    low, high = np.zeros(free.shape, dtype=object), np.zeros(free.shape, dtype=object)
    low[free], high[free] = int(lower * factor), int(upper * factor)
    low[~free] = high[~free] = [int(value * factor) for value in fixed]
    return narrowed(low), narrowed(high), factor


def _boxes(moves: Moves) -> tuple[IntArray, IntArray, int]:
    """Low and high, (P or 1, n) integers over one denominator, in a type in which products with weights are safe."""
    (low, below), (high, above) = moves.low.over_one_denominator(), moves.high.over_one_denominator()
    common = lcm(below, above)
    low, high = low.astype(object) * (common // below), high.astype(object) * (common // above)
    rows = max(len(low), len(high))
    low, high = (np.broadcast_to(part, (rows, part.shape[1])) for part in (low, high))
    small = max(magnitude(low), magnitude(high)) < 2**31
    return (low.astype(np.int64), high.astype(np.int64), common) if small else (low, high, common)


# --- lattice ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Lattice:
    """``ends``: (P or 1, n) integers over ``scale``, of which every move of a coordinate in a worst case is a multiple: of both
    ends of its box, of its step, and of the radius where an l1 ball stops in between. ``weights``: (units, n) integers over
    ``factor``, of which every weight is a multiple."""

    ends: IntArray
    scale: int
    weights: IntArray
    factor: int

    @staticmethod
    def of(layer: ProblemLayer, moves: Moves) -> _Lattice:
        low, high, common = _boxes(moves)
        if isinstance(moves.step, Fraction):
            ends, scale = np.full((1, len(moves.inputs)), moves.step.numerator, dtype=object), moves.step.denominator
        else:
            radius = moves.coupling.radius if isinstance(moves.coupling, L1) else Fraction(0)
            scale = lcm(common, radius.denominator)
            ends = np.gcd(np.gcd(low, high) * (scale // common), int(radius * scale))
        inputs = list(moves.inputs)
        c, g = weight_lattice(layer)
        free, constant = layer.free[:, inputs], layer.constant[:, inputs]
        fixed = [Fraction(value) for value in constant[~free]]
        factor = lcm(c.denominator, g.denominator, *(value.denominator for value in fixed))
        weights = np.zeros(free.shape, dtype=object)
        weights[free] = gcd(int(c * factor), int(g * factor))
        weights[~free] = [abs(int(value * factor)) for value in fixed]
        return _Lattice(narrowed(ends), scale, narrowed(weights), factor)

    @property
    def denominator(self) -> int:
        return self.scale * self.factor

    def steps(self) -> IntArray:
        """The gcd of all that moves can add to each sum, (P or 1, units) over ``denominator``; 0 where nothing moves it."""
        kinds, of_unit = np.unique(self.weights, axis=0, return_inverse=True)
        found = np.zeros((len(self.ends), len(kinds)), dtype=object)
        for place, kind in enumerate(kinds):
            used = np.flatnonzero(kind != 0)
            if not used.size:
                continue
            ends = self.ends[:, used]
            if (kind[used] == kind[used[0]]).all():
                found[:, place] = np.gcd.reduce(ends, axis=1).astype(object) * int(kind[used[0]])
            else:
                found[:, place] = np.gcd.reduce(ends.astype(object) * kind[used].astype(object), axis=1)
        return found[:, of_unit.ravel()]


def _size(moves: Moves) -> Floats:
    """The sum of the largest moves, (P or 1, 1); twice, as a worst case is made of positive and negative parts of weights."""
    low, high = moves.low.floats(), moves.high.floats()
    return 2.0 * np.maximum(np.abs(low), np.abs(high)).sum(axis=1, keepdims=True)
