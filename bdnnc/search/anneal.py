"""One search from one network: cooling from steps that take almost anything to steps that take only what is better.

A run of n steps cools geometrically from ``HOTTEST`` to ``COLDEST`` units of the goal, while violations of constraints get
dearer. The best feasible network on the way is what it gives; whoever asked measures it exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bdnnc.search.block import Heat, block_step
from bdnnc.search.grids import nearest
from bdnnc.search.kernels import Kernel
from bdnnc.search.model import SearchModel
from bdnnc.search.proposal import is_violated, proposal_steps
from bdnnc.search.state import Parameters, State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HOTTEST, COLDEST = 3.0, 0.25
"""Temperatures, in units of the goal."""

CHEAPEST, DEAREST = 0.5, 20.0
"""Prices of a violation."""

POLLED = 16
"""Steps between two looks at the clock."""

TOLD = 1e-9
"""Relative: what counts as better."""


@dataclass(frozen=True, slots=True, eq=False)
class Annealed:
    """The best feasible network of a run and its goal in floats; None where none was met. ``moves``: changes weighed."""

    parameters: Parameters | None
    goal: float
    moves: int


def anneal(
    model: SearchModel,
    start: Parameters,
    steps: int,
    random: Generator,
    kernel: Kernel,
    moves: int | None = None,
    deadline: float | None = None,
    hottest: float = HOTTEST,
    enough: float | None = None,
    on_better: Callable[[Parameters, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Annealed:
    """``steps`` steps from ``start``; fewer where ``moves`` changes have been weighed, the goal is at ``enough`` or below,
    ``deadline`` (as `time.monotonic`) is over or ``should_stop`` says so. ``on_better``: told of each better network."""
    state, places = State(model, start), _places(model)
    totals, best, found, done = state.totals(), np.inf, None, 0
    unit = model.forms[0].unit * _hardness(model)
    for number in range(steps + 1):
        if _is_better(totals[0], best) and not is_violated(model, totals):
            best, found = float(totals[0]), state.parameters
            if on_better is not None:
                on_better(found, best)
        is_enough = (moves is not None and done >= moves) or (enough is not None and best <= enough)
        if number == steps or is_enough or not places:
            break
        if number % POLLED == 0 and _is_over(deadline, should_stop):
            break
        share = number / steps
        heat = Heat(unit * hottest * (COLDEST / hottest) ** share, CHEAPEST * (DEAREST / CHEAPEST) ** share)
        place, own = places[random.integers(len(places))]
        if _needs_proposals(model, place, random):
            step = proposal_steps(state, place, own, heat, totals, best, random)
        else:
            step = block_step(state, place, own, heat, best, kernel, random)
        totals, done = step.totals, done + step.moves
    return Annealed(found, best, done)


def _is_over(deadline: float | None, should_stop: Callable[[], bool] | None) -> bool:
    return (deadline is not None and time.monotonic() > deadline) or (should_stop is not None and should_stop())


def _is_better(goal: float, best: float) -> bool:
    return goal < best if best == np.inf else goal < best - TOLD * max(1.0, abs(best))


def _hardness(model: SearchModel) -> float:
    """How many units of the goal a temperature of 1 stands for: more where many points cannot all be right."""
    return max(1.0, (model.X.shape[1] / 500) ** 0.5)


def _needs_proposals(model: SearchModel, place: int, random: Generator) -> bool:
    """Whether a step on this layer has to look at the whole network; now and then where only a part of its parameters does."""
    layer = model.layers[place]
    if model.has_margins or layer.unit == "linear":
        return True
    return (layer.is_shared or layer.scales is not None) and random.random() < 0.25


def _places(model: SearchModel) -> list[tuple[int, int]]:
    """The (layer, unit) that have something to choose."""
    return [
        (place, unit)
        for place, layer in enumerate(model.layers)
        for unit in range(layer.units)
        if layer.free[unit].any() or ((grid := layer.bias_grid(unit)) is not None and grid.count > 0)
    ]


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
        table = np.where(layer.free, drawn, layer.constant)
        if layer.least is not None and layer.most is not None:
            clipped = np.clip(table, layer.least, layer.most)
            members = [nearest(layer.levels * own, row) for own, row in zip(scale.tolist(), clipped, strict=True)]
            table = np.where(layer.free, np.array(members), table)
        if layer.fan_in is not None:
            _thin(table, layer.free, layer.fan_in, random)
        sums = np.rint(table.astype(np.float64) @ below.astype(np.float64)).astype(np.int64)
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


def _thin(table: Integers, free: NDArray[np.bool_], most: int, random: Generator) -> None:
    """Take away connections until no unit has more than it may."""
    for unit, row in enumerate(table):
        there = np.flatnonzero((row != 0) & free[unit])
        surplus = np.count_nonzero(row) - most
        if surplus > 0:
            row[random.permutation(there)[:surplus]] = 0
