"""One search from one network: cooling from steps that take almost anything to steps that take only what is better.

A run of n steps cools geometrically from ``HOTTEST`` to ``COLDEST`` units of the goal, while violations of constraints get
dearer. The best feasible network on the way is what it gives; whoever asked measures it exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bdnnc.search.block import Heat
from bdnnc.search.chances import CHUNK, draw
from bdnnc.search.grids import product
from bdnnc.search.model import SearchModel
from bdnnc.search.pace import Pace
from bdnnc.search.state import Parameters
from bdnnc.search.walks import walk_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HOTTEST, COLDEST = 3.0, 0.25
"""Temperatures, in units of the goal."""

CHEAPEST, DEAREST = 0.5, 20.0
"""Prices of a violation."""

TYPICAL_POINTS = 500
"""Up to so many points the temperatures are as above; beyond, where more points cannot all be right, as their root grows."""


@dataclass(frozen=True, slots=True, eq=False)
class Annealed:
    """The best feasible network of a run and its goal in floats; None where none was met. ``moves``: changes weighed."""

    parameters: Parameters | None
    goal: float
    moves: int


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """``steps`` from ``hottest`` on; fewer where the goal is at ``enough`` or below; fewer, but as cold in the end, where
    ``moves`` changes have been weighed or ``deadline`` (as `time.monotonic`) comes first; None: no limit."""

    steps: int
    hottest: float = HOTTEST
    moves: int | None = None
    enough: float | None = None
    deadline: float | None = None


def anneal(
    model: SearchModel,
    start: Parameters,
    random: Generator,
    schedule: Schedule,
    compiled: bool,
    on_better: Callable[[Parameters, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Annealed:
    """A run from ``start``. ``compiled``: with numba, where it is installed: the same network, sooner. ``on_better``: told now
    and then of a better network; ``should_stop``: asked now and then."""
    most = np.inf if schedule.moves is None else schedule.moves
    enough = -np.inf if schedule.enough is None else schedule.enough
    walk = walk_of(model, start, random, (most, enough), compiled)
    told, pace = np.inf, Pace(schedule.steps, schedule.deadline)
    while pace.left > 0:
        if walk.found is not None and walk.best < told and on_better is not None:
            told = walk.best
            on_better(walk.found, told)
        if walk.is_over or pace.is_late or (should_stop is not None and should_stop()):
            break
        size = min(CHUNK, pace.left)
        affordable = np.inf if not pace.done or not walk.moves else (most - walk.moves) * pace.done / walk.moves
        shares = pace.next(size, affordable).tolist()
        walk.go(draw(random, size), [_heat(model, schedule, share) for share in shares])
    return Annealed(walk.found, walk.best, walk.moves)


def _heat(model: SearchModel, schedule: Schedule, share: float) -> Heat:
    """``share``: how much of the run is done."""
    hardness = max(1.0, (model.X.shape[1] / TYPICAL_POINTS) ** 0.5)
    temperature = model.forms[0].unit * hardness * schedule.hottest * (COLDEST / schedule.hottest) ** share
    return Heat(temperature, CHEAPEST * (DEAREST / CHEAPEST) ** share)


def random_parameters(model: SearchModel, random: Generator) -> Parameters:
    """A network of the class by chance: weights from their sets, thresholds among the sums that the weights give."""
    weights: list[Integers] = []
    biases: list[Integers] = []
    scales: list[Integers] = []
    below = model.X
    for layer in model.layers:
        scale = np.ones(layer.units, dtype=np.int64)
        if layer.scales is not None:
            scale = layer.scales[random.integers(len(layer.scales), size=layer.units)]
        drawn = layer.levels[random.integers(len(layer.levels), size=layer.free.shape)] * scale[:, np.newaxis]
        table = np.where(layer.free, layer.drawn_in(drawn, scale), layer.constant)
        if below is model.X:
            _leave_out(table, model, random)
        if layer.fan_in is not None:
            _thin(table, layer.free, layer.fan_in, random)
        sums = product(table, below)
        bias = np.zeros(layer.units, dtype=np.int64)
        for unit in range(layer.units):
            grid = layer.bias_grid(unit)
            if grid is not None:
                own = 0 if layer.is_shared else unit
                drawn = int(sums[own, random.integers(sums.shape[1])])
                bias[unit] = bias[0] if layer.is_shared and unit else grid.nearest(-drawn)
        weights.append(table)
        biases.append(bias)
        scales.append(scale)
        below = np.where(sums >= -bias[:, np.newaxis], layer.on, layer.off)
    return Parameters(tuple(weights), tuple(biases), tuple(scales))


def _leave_out(table: Integers, model: SearchModel, random: Generator) -> None:
    """Use no more columns of the file than may be used: one weight at a time, a step hardly ever gets rid of a column."""
    most, layer = model.most_columns, model.layers[0]
    columns = np.array(model.columns)
    movable = np.unique(columns[layer.free.any(axis=0)])
    if most is None or len(movable) <= most or not layer.sparse:
        return
    gone = np.isin(columns, random.permutation(movable)[most:])
    table[layer.free & gone[np.newaxis, :]] = 0


def _thin(table: Integers, free: NDArray[np.bool_], most: int, random: Generator) -> None:
    """Take away connections until no unit has more than it may."""
    for unit, row in enumerate(table):
        there = np.flatnonzero((row != 0) & free[unit])
        surplus = np.count_nonzero(row) - most
        if surplus > 0:
            row[random.permutation(there)[:surplus]] = 0
