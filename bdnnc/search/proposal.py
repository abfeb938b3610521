"""A step that makes one change and looks at what the whole network then does: slower, and for everything.

It moves what `block_step` cannot: shared biases, the scales of scaled sets, linear outputs, and goals about margins.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bdnnc.search.block import Heat, Step
from bdnnc.search.candidates import draw_candidates
from bdnnc.search.chances import NUMBERS, Chances
from bdnnc.search.grids import GridLayer, product
from bdnnc.search.model import SearchModel
from bdnnc.search.state import State
from bdnnc.search.thresholds import window_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


PROPOSALS = 8
"""Changes looked at in one step; the first that is better than all before ends it."""


def proposal_steps(state: State, place: int, unit: int, heat: Heat, totals: Floats, best: float, random: Generator) -> Step:
    """Some changes of a unit, one after the other, each undone unless the Metropolis rule takes it. ``totals``: of the network
    as it is; ``best``: the least goal of a feasible network so far."""
    for done in range(1, PROPOSALS + 1):
        before = _of_unit(state, place, unit)
        _change(state, place, unit, random)
        now = state.totals()
        if now[0] < best and not is_violated(state.model, now):
            return Step(now, done)
        gain = energy(state.model, totals, heat) - energy(state.model, now, heat)
        if gain >= 0 or random.random() < np.exp(gain / heat.temperature):
            totals = now
        else:
            _restore(state, place, unit, before)
    return Step(totals, PROPOSALS)


_Unit = tuple[Integers, Integers, int, int]
"""Weights, sums, bias and scale of a unit."""


def _of_unit(state: State, place: int, unit: int) -> _Unit:
    bias, scale = int(state.biases[place][unit]), int(state.scales[place][unit])
    return state.weights[place][unit].copy(), state.sums[place][unit].copy(), bias, scale


def _restore(state: State, place: int, unit: int, before: _Unit) -> None:
    row, sums, bias, scale = before
    state.scales[place][unit] = scale
    state.set_unit(place, unit, row, sums, bias)


def energy(model: SearchModel, totals: Floats, heat: Heat) -> float:
    """The goal with violations priced."""
    excess = np.maximum(0.0, totals - model.bounds)
    return float(totals[0] + heat.price * (model.prices * excess).sum())


def is_violated(model: SearchModel, totals: Floats) -> bool:
    """Whether a row exceeds its bound."""
    return bool((totals > model.bounds).any())


def _change(state: State, place: int, unit: int, random: Generator) -> None:
    """One random change: of the scale, of the bias, of one or two weights, or of weights and bias."""
    layer = state.model.layers[place]
    kind = random.integers(8)
    if kind == 0 and layer.scales is not None and len(layer.scales) > 1:
        _rescale(state, place, unit, random)
        return
    row, sums, bias = state.weights[place][unit], state.sums[place][unit], int(state.biases[place][unit])
    if kind >= 2:
        candidates = draw_candidates(layer, unit, row, int(state.scales[place][unit]), Chances(random.random(NUMBERS)))
        chosen = int(random.integers(len(candidates)))
        sums, row = candidates.sums(chosen, sums, state.below(place)), candidates.rows(row)[chosen]
    if kind < 5:
        bias = _other_bias(layer, unit, bias, sums, random)
    state.set_unit(place, unit, row, sums, bias)


def _rescale(state: State, place: int, unit: int, random: Generator) -> None:
    """Another scale for the free weights of a unit."""
    layer = state.model.layers[place]
    assert layer.scales is not None
    old, new = int(state.scales[place][unit]), int(layer.scales[random.integers(len(layer.scales))])
    row = state.weights[place][unit].copy()
    free = layer.free[unit]
    row[free] = row[free] // old * new
    state.scales[place][unit] = new
    state.set_unit(place, unit, row, product(row, state.below(place)), int(state.biases[place][unit]))


def _other_bias(layer: GridLayer, unit: int, bias: int, sums: Integers, random: Generator) -> int:
    """A random bias: a step of any size from the present one, or one of a window of thresholds."""
    grid = layer.bias_grid(unit)
    if grid is None or grid.count == 0:
        return bias
    if random.random() < 0.5 and not layer.is_shared and layer.unit != "linear":
        window = window_of(layer, unit, bias, sums, (random.random(), random.random()))
        members = np.arange(window.count) if window.allowed is None else np.flatnonzero(window.allowed)
        return int(window.biases[members[random.integers(len(members))]])
    far = int(np.log2(grid.count)) + 1
    step = grid.step << int(random.integers(far))
    return grid.nearest(bias + (step if random.random() < 0.5 else -step))
