"""A network to begin with, by straight-through gradients: for layers so wide that changes of one unit at a time take too long.

Forwards everything is discrete. Backwards a weight's rounding to its set is the identity, and a unit's step has the slope of a
ramp (Bengio, Leonard, Courville, arXiv 1308.3432; Hubara et al., NIPS 2016). Pre-activations are normalised over a batch,
which in units with biases of their own moves thresholds only (Ioffe, Szegedy, arXiv 1502.03167); steps are Adam's (Kingma, Ba,
arXiv 1412.6980). The slope is that of a smooth stand-in for the goal's losses, see `wishes`; penalties and constraints are left
to the search that begins here.

Sums are of integers, and slopes are rounded to `FINE`, so that no order of addition, hence no number of threads, changes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bdnnc.search.grids import GridLayer, nearest, product
from bdnnc.search.model import SearchModel
from bdnnc.search.pace import Pace
from bdnnc.search.proposal import is_violated
from bdnnc.search.state import Parameters, State
from bdnnc.search.wishes import Wishes, wishes_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

EPOCHS, MOST_STEPS, FEWEST_EPOCHS = 300, 4000, 20
"""Epochs of a run: so many, fewer where they would take more steps than that; with less time than for the last it is not worth
a beginning."""

BATCH, RATE = 64, 0.01
LOOKS = 60
"""How often the network on its way is looked at as it is without batches."""

SMALL = 1e-5
"""Added to variances and to Adam's second moments."""

FINE = 2.0**-24
"""What slopes are multiples of."""


@dataclass(frozen=True, slots=True, eq=False)
class Descended:
    """The best network of a run, feasible if one was; its goal in floats, infinite if it is not feasible. ``moves``: slopes
    looked at, of each parameter on all patterns."""

    parameters: Parameters
    goal: float
    moves: int


def is_descendable(model: SearchModel) -> bool:
    """Whether the goal counts losses that have a slope, no worst cases, and a hidden layer has weights to choose."""
    return (
        model.worst is None
        and len(model.layers) > 1
        and bool(model.forms[0].data)
        and any(layer.free.any() for layer in model.layers)
    )


def parameters_in(model: SearchModel) -> int:
    """What is to be chosen."""
    return sum(int(layer.free.sum()) + len(layer.biases) for layer in model.layers)


def descend(
    model: SearchModel,
    random: Generator,
    moves: float,
    deadline: float | None,
    on_better: Callable[[Parameters, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Descended | None:
    """One run from random weights; None where ``moves`` or the time are too few. ``deadline``: as `time.monotonic`."""
    patterns, parameters = model.X.shape[1], parameters_in(model)
    batches = max(1, round(patterns / BATCH))
    epochs = int(min(EPOCHS, max(1, MOST_STEPS // batches), moves // parameters))
    if epochs < min(FEWEST_EPOCHS, MOST_STEPS // batches):
        return None
    run, pace = _Run(model, wishes_of(model), random), Pace(epochs * batches, deadline)
    best, least, looked, epoch = run.state().parameters, np.inf, 0.0, 0
    while pace.left > 0 and not pace.is_late and not (should_stop is not None and should_stop()):
        epoch += 1
        order = random.permutation(patterns)
        for rows, share in zip(np.array_split(order, batches), pace.next(batches), strict=True):
            run.step(rows, RATE * 0.5 * (1 + np.cos(np.pi * min(1.0, share))))
            if pace.is_late:
                break
        if pace.share - looked >= 1 / LOOKS or pace.left <= 0 or pace.is_late:
            looked, now = pace.share, run.state()
            goal = _goal_of(now)
            if goal < least or least == np.inf:
                best, least = now.parameters, goal
                if on_better is not None and least < np.inf:
                    on_better(best, least)
    return Descended(best, least, epoch * parameters)


def _goal_of(state: State) -> float:
    totals = state.totals()
    return np.inf if is_violated(state.model, totals) else float(totals[0])


@dataclass(eq=False)
class _Layer:
    """One layer's latent weights in [-1, 1], which stand for the range of its set, and shifts of its normalised sums."""

    grid: GridLayer
    latent: Floats
    shifts: Floats
    scales: Integers
    lowest: Floats
    highest: Floats
    """(units,): the ends of the biases; both 0 for `bias none`."""

    def __post_init__(self) -> None:
        gaps = np.diff(self.grid.levels)
        self.stride = int(gaps[0]) if len(gaps) and (gaps == gaps[0]).all() else 0
        """Between neighbouring members, where it is always the same, else 0."""
        self.is_free = bool(self.grid.free.all())

    @property
    def weights(self) -> Integers:
        """The members of the sets that the latent weights stand for."""
        grid = self.grid
        low, high = int(grid.levels[0]), int(grid.levels[-1])
        if self.stride:
            steps = (high - low) // self.stride
            table = low + self.stride * np.rint((self.latent + 1) * (steps / 2)).astype(np.int64)
        else:
            table = nearest(grid.levels, np.rint(low + (self.latent + 1) * ((high - low) / 2)).astype(np.int64))
        if grid.scales is not None:
            table *= self.scales[:, np.newaxis]
        table = grid.drawn_in(table, self.scales)
        if not self.is_free:
            table = np.where(grid.free, table, grid.constant)
        if grid.fan_in is not None and grid.fan_in < table.shape[1]:
            strength = np.where(table == 0, -1.0, np.where(grid.free, np.abs(self.latent), np.inf))
            weakest = np.argsort(-strength, axis=1, kind="stable")[:, grid.fan_in :]
            np.put_along_axis(table, weakest, 0, axis=1)
            table = np.where(grid.free, table, grid.constant)
        return table

    def biases(self, wanted: Floats) -> Integers:
        """The members nearest to some biases."""
        found = np.zeros(self.grid.units, dtype=np.int64)
        if self.grid.is_shared:
            wanted = np.full(len(wanted), wanted.mean())
        for unit, value in enumerate(wanted.tolist()):
            own = self.grid.bias_grid(unit)
            found[unit] = 0 if own is None else own.nearest(round(value))
        return found


@dataclass(eq=False)
class _Pass:
    """What a layer made of a batch, (units, batch): ``normed``: sums with biases over their ``spread``; ``moved``: (units,),
    whose mean follows the batch's."""

    weights: Floats
    below: Floats
    normed: Floats
    spread: Floats
    moved: Booleans


@dataclass(eq=False)
class _Run:
    """``points``, ``normal``: (patterns, inputs), as they are, and with 1 as the largest magnitude of each input."""

    model: SearchModel
    wishes: Wishes
    random: Generator
    layers: list[_Layer] = field(init=False)
    heat: Floats = field(init=False)
    """The logarithm of what the scores of the outputs are multiplied by, (1,)."""

    def __post_init__(self) -> None:
        self.layers = [_begin(layer, self.random) for layer in self.model.layers]
        self.adam = _Adam([*(one.latent for one in self.layers), *(one.shifts for one in self.layers), np.zeros(1)])
        *tables, self.heat = self.adam.views
        for place, layer in enumerate(self.layers):
            layer.latent, layer.shifts = tables[place], tables[place + len(self.layers)]
        self.points = np.ascontiguousarray(self.model.X.T.astype(np.float64))
        self.normal = np.rint(self.points / np.abs(self.points).max(axis=0, initial=1) * 4096) / 4096

    def step(self, rows: Integers, rate: float) -> None:
        """Adam's step against the slope on a batch."""
        below, normal, passes = self.points[rows].T, self.normal[rows], list[_Pass]()
        for layer in self.layers:
            made = _forwards(layer, below)
            passes.append(made)
            below = np.where(made.normed >= 0, float(layer.grid.on), float(layer.grid.off))
        heat = float(np.exp(self.heat[0]))
        slope, warmth = self.wishes.slope(passes[-1].normed, passes[-1].spread, heat, rows)
        of_latent, of_shifts = list[Floats](), list[Floats]()
        for place in range(len(passes) - 1, -1, -1):
            made = passes[place]
            if place + 1 < len(passes):
                slope = slope * (np.abs(made.normed) <= 1)
            of_shifts.insert(0, np.where(self.layers[place].lowest < self.layers[place].highest, slope.sum(axis=1), 0.0))
            if place + 1 < len(passes) or not self.model.is_linear:
                along = np.einsum("up,up->u", slope, made.normed) / slope.shape[1]
                mean = np.where(made.moved, of_shifts[0], 0.0) / slope.shape[1]
                slope = (slope - mean[:, np.newaxis] - made.normed * along[:, np.newaxis]) / made.spread
            size = float(np.abs(slope).max(initial=0.0)) or 1.0
            slope = np.rint(slope / (size * FINE)) * FINE
            of_latent.insert(0, slope @ (normal if place == 0 else made.below.T))
            if place:
                slope = made.weights.T @ slope
        self.adam.step([*of_latent, *of_shifts, np.array([warmth])], rate)
        for layer in self.layers:
            np.clip(layer.latent, -1, 1, out=layer.latent)

    def state(self) -> State:
        """The network as it is, normalised over all patterns."""
        below, weights, biases, all_sums = self.model.X, list[Integers](), list[Integers](), list[Integers]()
        for layer in self.layers:
            table = layer.weights
            sums = product(table, below)
            _, wanted = _normal(layer, sums.astype(np.float64))
            weights.append(table)
            biases.append(layer.biases(wanted))
            all_sums.append(sums)
            below = np.where(sums >= -biases[-1][:, np.newaxis], layer.grid.on, layer.grid.off)
        scales = tuple(layer.scales.copy() for layer in self.layers)
        return State(self.model, Parameters(tuple(weights), tuple(biases), scales), all_sums)


def _begin(grid: GridLayer, random: Generator) -> _Layer:
    grids = [grid.bias_grid(unit) for unit in range(grid.units)]
    lowest = [0 if own is None else own.first for own in grids]
    highest = [0 if own is None else own.first + own.step * own.count for own in grids]
    scale = 1 if grid.scales is None else int(grid.scales[len(grid.scales) // 2])
    shifts = random.uniform(-0.5, 0.5, grid.units) * (grid.unit != "linear")
    return _Layer(
        grid,
        random.uniform(-1, 1, grid.free.shape),
        shifts,
        np.full(grid.units, scale, dtype=np.int64),
        np.array(lowest, dtype=np.float64),
        np.array(highest, dtype=np.float64),
    )


def _forwards(layer: _Layer, below: Floats) -> _Pass:
    weights = layer.weights.astype(np.float64)
    sums = weights @ below
    spread, wanted = _normal(layer, sums)
    bias = np.clip(wanted, layer.lowest, layer.highest)
    moved = (bias == wanted) & (layer.lowest < layer.highest)
    sums += bias[:, np.newaxis]
    sums /= spread
    return _Pass(weights, below, sums, spread, moved)


def _normal(layer: _Layer, sums: Floats) -> tuple[Floats, Floats]:
    """(units, 1) what sums are divided by: their deviation; of scores, which are compared, one and the same for all. And
    (units,) the biases that the shifts ask for."""
    if layer.grid.unit == "linear":
        step = float(np.abs(layer.grid.levels).max()) * float(layer.scales[0]) or 1.0
        spread = np.full((len(sums), 1), step * np.sqrt(layer.latent.shape[1]))
        return spread, layer.shifts * spread[:, 0]
    mean = sums.sum(axis=1) / sums.shape[1]
    centred = sums - mean[:, np.newaxis]
    spread = np.sqrt(np.einsum("up,up->u", centred, centred) / sums.shape[1] + SMALL * layer.grid.scale**2)
    return spread[:, np.newaxis], layer.shifts * spread - mean


class _Adam:
    """With its usual constants; the parameters become views of one vector."""

    def __init__(self, parameters: Sequence[Floats]) -> None:
        self.vector = np.concatenate([table.ravel() for table in parameters])
        ends = np.cumsum([table.size for table in parameters])
        parts = np.split(self.vector, ends[:-1])
        self.views = [part.reshape(table.shape) for part, table in zip(parts, parameters, strict=True)]
        self.mean, self.square, self.steps = np.zeros_like(self.vector), np.zeros_like(self.vector), 0

    def step(self, gradients: Sequence[Floats], rate: float) -> None:
        self.steps += 1
        gradient = np.concatenate([table.ravel() for table in gradients])
        self.mean += 0.1 * (gradient - self.mean)
        self.square += 0.001 * (gradient * gradient - self.square)
        one, two = 1 - 0.9**self.steps, 1 - 0.999**self.steps
        self.vector -= (rate / one) * self.mean / (np.sqrt(self.square / two) + 1e-8)
