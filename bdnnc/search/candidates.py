"""Which changes of a unit's weights are weighed together: none, single weights to other levels, and pairs of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bdnnc.search.chances import SINGLES, Chances, pick
from bdnnc.search.grids import GridLayer
from bdnnc.search.kernels import Candidates

Integers = NDArray[np.int64]

FEW_LEVELS = 8
"""Sets with no more members are tried member by member, others near the present one and at random."""

ANYWHERE = 0.25
"""How many of the changes among many levels go anywhere; the others go 1, 2, 4, .. levels up or down."""


def draw_candidates(layer: GridLayer, unit: int, row: Integers, scale: int, chances: Chances) -> Candidates:
    """No change first, then single ones and pairs. ``row``: the weights of the unit; ``scale``: of a scaled set, else 1."""
    free = np.flatnonzero(layer.free[unit])
    if not len(free):
        nothing = np.zeros(1, dtype=np.int64)
        return Candidates(nothing, nothing, nothing, nothing)
    levels = layer.levels * scale
    place, by = _all_singles(free, row, levels, chances) if len(levels) <= FEW_LEVELS else _singles(free, row, levels, chances)
    first, second = pick(chances.pairs(0), len(place)), pick(chances.pairs(1), len(place))
    if not len(place):
        first = second = np.zeros(0, dtype=np.int64)
    differ = place[first] != place[second]
    first, second = first[differ], second[differ]
    zero = np.zeros(1, dtype=np.int64)
    none = np.zeros(len(place) + 1, dtype=np.int64)
    found = Candidates(
        np.concatenate([zero, place, place[first]]),
        np.concatenate([zero, by, by[first]]),
        np.concatenate([none, place[second]]),
        np.concatenate([none, by[second]]),
    )
    return _within(found, layer, unit, row)


def most_weights(levels: int) -> int:
    """How many weights are tried at all their levels."""
    return max(1, SINGLES // max(1, levels - 1))


def _all_singles(free: Integers, row: Integers, levels: Integers, chances: Chances) -> tuple[Integers, Integers]:
    """Every other level of every weight, or of as many random ones as there is room for."""
    most = most_weights(len(levels))
    if len(free) > most:
        free = free[pick(chances.singles(0)[:most], len(free))]
    place = np.repeat(free, len(levels))
    by = np.tile(levels, len(free)) - row[place]
    return place[by != 0], by[by != 0]


def _singles(free: Integers, row: Integers, levels: Integers, chances: Chances) -> tuple[Integers, Integers]:
    """Random weights, each to a random level or to one that is 1, 2, 4, .. levels away."""
    place = free[pick(chances.singles(0), len(free))]
    at = np.searchsorted(levels, row[place])
    step = pick(chances.singles(1), 2 * len(levels).bit_length())
    near = np.clip(at + np.where(step % 2, -1, 1) * (1 << step // 2), 0, len(levels) - 1)
    anywhere = pick(chances.singles(1), len(levels))
    by = levels[np.where(chances.singles(2) < ANYWHERE, anywhere, near)] - row[place]
    return place[by != 0], by[by != 0]


def _within(candidates: Candidates, layer: GridLayer, unit: int, row: Integers) -> Candidates:
    """Those that keep the bounds of single weights, and no more connections than the unit may have (or has)."""
    keep = np.ones(len(candidates), dtype=np.bool_)
    if layer.least is not None and layer.most is not None:
        for place, by in ((candidates.first, candidates.by), (candidates.second, candidates.by_second)):
            now = row[place] + by
            keep &= (by == 0) | ((now >= layer.least[unit, place]) & (now <= layer.most[unit, place]))
    if layer.fan_in is not None:
        connections = _connections(candidates, row)
        keep &= connections <= max(layer.fan_in, int(connections[0]) - 1)
        keep[0] = True
    return candidates.at(keep)


def _connections(candidates: Candidates, row: Integers) -> Integers:
    """The weights that are not 0 under each candidate."""
    found = np.full(len(candidates), np.count_nonzero(row), dtype=np.int64)
    for place, by in ((candidates.first, candidates.by), (candidates.second, candidates.by_second)):
        changed = by != 0
        found += np.where(changed, (row[place] + by != 0).astype(np.int64) - (row[place] != 0), 0)
    return found
