"""A step that weighs many changes of one unit at every threshold together, and takes one by chance: heat-bath sampling.

For every pattern it is known what the outputs cost if the unit is active there and if it is not; what a change of weights and
threshold costs is then a sum over the patterns on which the unit becomes active, for all thresholds at once. One change is
drawn with probability proportional to exp(-energy / temperature), "no change" among them; one that is feasible and better than
all before is taken at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.search.candidates import draw_candidates
from bdnnc.search.chances import Chances
from bdnnc.search.kernels import Candidates, Kernel
from bdnnc.search.state import State
from bdnnc.search.structure import columns_used, of_biases, of_rows, value, wrong_paths_of_rows
from bdnnc.search.thresholds import Window, window_of
from bdnnc.search.worst import Extremes, WorstGrid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SPARSE = 0.8
"""Patterns on which a unit does not matter are left out where no more than this share is left."""

FAR, FINENESS = 16, 64
"""Temperatures above the best, beyond which nothing is drawn, and the steps of the table of weights to one temperature."""

WEIGHTS = np.exp(-np.arange(FAR * FINENESS + 1) / FINENESS)
"""exp(-x) in steps: a table, so that every machine and compiler draws the same."""


@dataclass(frozen=True, slots=True)
class Heat:
    """``temperature``: in units of the goal; ``price``: of a violated row, in multiples of the least that it can cost."""

    temperature: float
    price: float


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What a step led to: the totals (rows,) of all forms, and how many changes were weighed."""

    totals: Floats
    moves: int


def block_step(state: State, place: int, unit: int, heat: Heat, best: float, kernel: Kernel, chances: Chances) -> Step:
    """One step on a step or sign unit. ``best``: the least goal of a feasible network so far."""
    layer = state.model.layers[place]
    row, sums, below = state.weights[place][unit], state.sums[place][unit], state.below(place)
    bias = int(state.biases[place][unit])
    candidates = draw_candidates(layer, unit, row, int(state.scales[place][unit]), chances)
    if place == 0 and state.model.most_columns is not None:
        candidates = _within_columns(candidates, state, unit, state.model.most_columns)
    window = window_of(layer, unit, bias, sums, chances.window)
    totals = _totals(state, place, unit, candidates, window, kernel)
    goal, energy, feasible = _energies(state, totals, heat)
    if window.allowed is not None:
        energy[:, ~window.allowed], feasible[:, ~window.allowed] = np.inf, False
    chosen = _chosen(goal, energy, feasible, heat.temperature, best, chances.choice)
    candidate, threshold = divmod(chosen, window.count)
    now = int(window.biases[threshold])
    if candidate or now != bias:
        new = candidates.rows(row)[candidate] if candidate else row
        state.set_unit(place, unit, new, candidates.sums(candidate, sums, below), now)
    return Step(totals[:, candidate, threshold], len(candidates))


def _within_columns(candidates: Candidates, state: State, unit: int, most: int) -> Candidates:
    """Those that use no more columns of the file than may be used, or than are in use: a column is hard to get rid of."""
    others = (np.delete(state.weights[0], unit, axis=0) != 0).any(axis=0)
    used = columns_used(others | (candidates.rows(state.weights[0][unit]) != 0), state.model.columns)
    return candidates.at(used <= max(most, used[0]))


def _totals(state: State, place: int, unit: int, candidates: Candidates, window: Window, kernel: Kernel) -> Floats:
    """Every form at every candidate and threshold, (rows, candidates, thresholds)."""
    model = state.model
    sums, below = state.sums[place][unit], state.below(place)
    forms = len(model.forms)
    cost_off, extra = state.flip_costs(place, unit)
    matters = np.flatnonzero(extra.any(axis=0))
    found = np.empty((model.rows, len(candidates), window.count))
    found[:] = model.constants[:, np.newaxis, np.newaxis]
    found[:forms] += cost_off.sum(axis=1)[:, np.newaxis, np.newaxis]
    if len(matters) <= SPARSE * extra.shape[1]:
        used = np.unique(np.concatenate([candidates.first, candidates.second]))
        narrow = Candidates(
            np.searchsorted(used, candidates.first),
            candidates.by,
            np.searchsorted(used, candidates.second),
            candidates.by_second,
        )
        found[:forms] += kernel(sums[matters], below[used[:, np.newaxis], matters], extra[:, matters], narrow, window)
    else:
        found[:forms] += kernel(sums, below, extra, candidates, window)
    if place == 0 and model.worst is not None:
        _add_worst(found, model.worst, state, unit, candidates, window)
    elif model.worst is not None and not model.gives_up:
        found[-3] += float((~state.kept).sum())
    _add_structure(found, state, place, unit, candidates, window)
    if any(other.half_margin for other in model.layers):
        found[-1] += _inside_margins(state, place, unit, candidates, window)
    return found


def _add_worst(found: Floats, worst: WorstGrid, state: State, unit: int, candidates: Candidates, window: Window) -> None:
    """What changes over the sets: counted where nothing may; else costs with all that is given up, in place of the others."""
    model = state.model
    extremes = Extremes.of(worst, state.weights[0][unit], state.sums[0][unit], model.X, candidates)
    others = np.delete(state.kept, unit, axis=0)
    if not worst.gives_up:
        found[-3] += extremes.changing(window) + float((~others).sum())
    lost = model.lost
    if lost is None:
        return
    off, extra = state.flip_costs(0, unit)
    gone = ~others.all(axis=0)
    off, on = (np.where(gone, lost, costs) for costs in (off, off + extra))
    forms = len(model.forms)
    found[:forms] = model.constants[:forms, np.newaxis, np.newaxis] + extremes.costs(off, on, lost, window)


def _add_structure(found: Floats, state: State, place: int, unit: int, candidates: Candidates, window: Window) -> None:
    """The parts of the forms that depend on the parameters alone."""
    model, layer = state.model, state.model.layers[place]
    if not (model.monotone or any(form.structure for form in model.forms)):
        return
    W, b = state.natural_weights(), state.natural_biases()
    rows = candidates.rows(state.weights[place][unit]) / layer.weight_scale
    biases = window.biases / layer.scale
    for row, form in enumerate(model.forms):
        for coefficient, quantity in form.structure:
            by_row = of_rows(quantity, W, model.columns, place, unit, rows)
            by_bias = of_biases(quantity, b, place, unit, biases)
            if by_row is not None:
                found[row] += float(coefficient) * by_row[:, np.newaxis]
            elif by_bias is not None:
                found[row] += float(coefficient) * by_bias[np.newaxis, :]
            else:
                found[row] += float(coefficient) * value(quantity, W, b, model.columns)
    if model.monotone:
        found[-2] += wrong_paths_of_rows(model.monotone, W, place, unit, rows)[:, np.newaxis]


def _inside_margins(state: State, place: int, unit: int, candidates: Candidates, window: Window) -> Floats:
    """Pre-activations of the unit inside its declared margin, (candidates, thresholds); those of other units stay as they are,
    which is exact for the layer and a guess for those above."""
    model, layer = state.model, state.model.layers[place]
    others = 0
    for above, other in enumerate(model.layers):
        if other.half_margin:
            distance = np.abs(state.sums[above] + state.biases[above][:, np.newaxis])
            inside = (distance < other.half_margin).sum(axis=1)
            others += int(inside.sum()) - (int(inside[unit]) if above == place else 0)
    if not layer.half_margin:
        return np.full((len(candidates), window.count), float(others))
    below, half = state.below(place), layer.half_margin
    changed = state.sums[place][unit] + candidates.by[:, np.newaxis] * below[candidates.first]
    changed += candidates.by_second[:, np.newaxis] * below[candidates.second]
    changed.sort(axis=1)
    found = np.empty((len(candidates), window.count))
    low, high = -window.biases - half, -window.biases + half
    for place_of, ordered in enumerate(changed):
        found[place_of] = np.searchsorted(ordered, high, "left") - np.searchsorted(ordered, low, "right")
    return found + others


def _energies(state: State, totals: Floats, heat: Heat) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The goal, the goal with violations priced, and where there are none: three (candidates, thresholds)."""
    model, goal = state.model, totals[0]
    energy = goal.copy()
    feasible = np.isfinite(goal)
    for row in _bounded(state):
        excess = totals[row] - model.bounds[row]
        violated = excess > 0
        if violated.any():
            energy += np.where(violated, heat.price * model.prices[row] * excess, 0.0)
            feasible = feasible & ~violated
    return goal, energy, feasible


def _bounded(state: State) -> list[int]:
    """The rows that can be violated."""
    model = state.model
    rows = list(range(1, len(model.forms)))
    if model.worst is not None and not model.gives_up:
        rows.append(model.rows - 3)
    if model.monotone:
        rows.append(model.rows - 2)
    if any(layer.half_margin for layer in model.layers):
        rows.append(model.rows - 1)
    return rows


def _chosen(goal: Floats, energy: Floats, feasible: NDArray[np.bool_], temperature: float, best: float, chance: float) -> int:
    """The flat place of what is taken."""
    flat = energy.ravel()
    better = feasible & (goal < best)
    if better.any():
        candidates = np.flatnonzero(better.ravel())
        values = goal.ravel()[candidates]
        ties = candidates[values == values.min()]
        return int(ties[int(chance * len(ties))])
    above = (flat - flat.min()) / temperature
    near = np.flatnonzero(above <= FAR)
    weight = WEIGHTS[(above[near] * FINENESS).astype(np.int64)].cumsum()
    place = int(np.searchsorted(weight, chance * float(weight[-1]), "right"))
    return int(near[min(place, len(near) - 1)])
