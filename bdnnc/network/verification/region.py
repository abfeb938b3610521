"""Parts of a set of perturbations: what branching splits a set without a convex form into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from math import floor

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.network.verification.verdict import Delta
from bdnnc.uncertainty.sets import L1, AtMost, Moves

Floats = NDArray[np.float64]
Choose = Callable[[Moves, Sequence[int]], int]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """``offset`` (inputs,) plus one perturbation of each of the ``moves``, which are those of one point."""

    offset: Delta
    moves: tuple[Moves, ...]

    @property
    def is_convex(self) -> bool:
        return not any(is_binding(moves) or (moves.is_finite and movable(moves)) for moves in self.moves)

    @property
    def is_finite(self) -> bool:
        """Whether it is gone through in finitely many steps."""
        return all(moves.is_finite or not movable(moves) for moves in self.moves)

    @property
    def can_be_split(self) -> bool:
        """Whether all that is not convex about it can be, down to single perturbations."""
        return all(_splits(moves) for moves in self.moves if moves.is_finite and movable(moves))

    def with_move(self, place: int, changed: Sequence[Moves], shifts: dict[int, Fraction]) -> Region:
        """With one of the moves replaced, and some inputs shifted."""
        offset = tuple(value + shifts.get(j, 0) for j, value in enumerate(self.offset))
        return Region(offset, (*self.moves[:place], *changed, *self.moves[place + 1 :]))


def whole(inputs: int, moves: Sequence[Moves]) -> Region:
    """All perturbations of a point with so many inputs."""
    return Region((Fraction(0),) * inputs, tuple(moves))


def ends(moves: Moves) -> list[tuple[Fraction, Fraction]]:
    """(low, high) of each of the moves' own inputs."""
    return [(moves.low.fraction(0, j), moves.high.fraction(0, j)) for j in range(len(moves.inputs))]


def movable(moves: Moves) -> list[int]:
    """The places, among the moves' own inputs, that have room to move."""
    return [j for j, (low, high) in enumerate(ends(moves)) if low < high]


def is_binding(moves: Moves) -> bool:
    """Whether the number of coordinates that may move is a limit."""
    return isinstance(moves.coupling, AtMost) and moves.coupling.count < len(movable(moves))


def parts(region: Region, delta: Floats) -> list[Region] | None:
    """Two or three regions that make up this one, and of which none has ``delta`` (inputs,), a point of its relaxation, if that
    can be; None where it can't be split. First the coordinates that may move at all are decided, then where they go."""
    for place, moves in enumerate(region.moves):
        if is_binding(moves):
            return _by_support(region, place, delta)
    grids = [
        (_distance(moves, j, delta[moves.inputs[j]]), place, j)
        for place, moves in enumerate(region.moves)
        if moves.is_finite and _splits(moves)
        for j in movable(moves)
    ]
    if not grids:
        return None
    _, place, j = max(grids)
    return _by_value(region, place, j, float(delta[region.moves[place].inputs[j]]))


def _splits(moves: Moves) -> bool:
    """Whether a part of the moves' box is again a set of one of the forms."""
    return (
        moves.coupling is None
        or isinstance(moves.coupling, AtMost)
        or (isinstance(moves.coupling, L1) and moves.step != "ends")
    )


def _by_support(region: Region, place: int, delta: Floats) -> list[Region]:
    """The coordinate that the relaxation uses in part: it stays at 0, or it is one of those that may move."""
    moves = region.moves[place]
    assert isinstance(moves.coupling, AtMost)
    box = ends(moves)

    def doubt(j: int) -> float:
        value = float(delta[moves.inputs[j]])
        used = value / float(box[j][1] if value > 0 else box[j][0]) if value else 0.0
        return min(used, 1 - used)

    chosen = max(movable(moves), key=lambda j: (doubt(j), abs(float(delta[moves.inputs[j]]))))
    others = [j for j in range(len(moves.inputs)) if j != chosen]
    stays = region.with_move(place, [_picked(moves, others, moves.coupling)], {})
    if moves.coupling.count == 0:
        return [stays]
    alone = _picked(moves, [chosen], None)
    return [stays, region.with_move(place, [alone, _picked(moves, others, AtMost(moves.coupling.count - 1))], {})]


def _picked(moves: Moves, places: Sequence[int], coupling: AtMost | None) -> Moves:
    inputs = tuple(moves.inputs[j] for j in places)
    return replace(moves, inputs=inputs, low=moves.low.columns(places), high=moves.high.columns(places), coupling=coupling)


def _distance(moves: Moves, j: int, value: float) -> tuple[float, float]:
    """How far from the grid a coordinate is, and how long its range: the first decides where to split."""
    low, high = ends(moves)[j]
    if isinstance(moves.step, Fraction):
        steps = value / float(moves.step)
        return abs(steps - round(steps)), float((high - low) / moves.step)
    near = min(abs(value - float(end)) for end in (low, Fraction(0), high))
    return near / float(high - low), 1.0


def _by_value(region: Region, place: int, j: int, value: float) -> list[Region]:
    """Below and above a value of the grid that is near ``value``."""
    moves = region.moves[place]
    low, high = ends(moves)[j]
    if moves.step == "ends" or moves.step is None:
        ranges = [(end, end) for end in sorted({low, Fraction(0), high})]
    else:
        lower = min(max(floor(Fraction(value) / moves.step) * moves.step, low), high - moves.step)
        ranges = [(low, lower), (lower + moves.step, high)]
    return list(chain.from_iterable(_ranged(region, place, j, low, high) for low, high in ranges))


def _ranged(region: Region, place: int, j: int, low: Fraction, high: Fraction) -> list[Region]:
    """One coordinate in [low, high]: counted from the number there that is nearest to 0, so that what the norm allows the
    others shrinks by its magnitude. Nothing where the norm doesn't allow it."""
    moves = region.moves[place]
    shift = min(max(Fraction(0), low), high)
    coupling = moves.coupling
    if isinstance(coupling, L1):
        coupling = L1(coupling.radius - abs(shift))
        if coupling.radius < 0:
            return []
    box = ends(moves)
    box[j] = (low - shift, high - shift)
    lows, highs = ([[end[side] for end in box]] for side in (0, 1))
    changed = replace(moves, low=ExactMatrix.from_fractions(lows), high=ExactMatrix.from_fractions(highs), coupling=coupling)
    return [region.with_move(place, [changed], {moves.inputs[j]: shift})]
