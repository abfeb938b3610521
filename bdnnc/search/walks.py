"""Many steps at a time: in numpy one after the other, or compiled where numba is there and the network is simple enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bdnnc.search.block import Heat, block_step
from bdnnc.search.chances import Chances
from bdnnc.search.costs import BitCosts
from bdnnc.search.kernels import Kernel, numpy_kernel
from bdnnc.search.model import SearchModel
from bdnnc.search.proposal import is_violated, proposal_steps
from bdnnc.search.readiness import is_compiled
from bdnnc.search.state import Parameters, State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

TOLD = 1e-9
"""Relative: what counts as better."""

EXACT = 2.0**20
"""Costs that are multiples of its inverse, and sum up to less than 2**32, are added exactly by floats."""

SHARED_MOVES = 0.25
"""How often a step looks at a shared bias or a scale, which concerns all weights of a unit or all units of a layer."""


@dataclass(eq=False)
class Walk:
    """A network on its way. ``best``: the least goal of a feasible network so far, ``found`` that network; ``moves``: changes
    weighed; ``limits``: the moves and the goal at which it ends."""

    model: SearchModel
    state: State
    random: Generator
    limits: tuple[float, float]
    kernel: Kernel = numpy_kernel
    best: float = np.inf
    found: Parameters | None = None
    moves: int = 0

    def __post_init__(self) -> None:
        self.totals = self.state.totals()
        self._keep()

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """The (layer, unit) that have something to choose."""
        return places_of(self.model)

    @property
    def is_over(self) -> bool:
        return self.moves >= self.limits[0] or self.best <= self.limits[1] or not self.places

    def go(self, numbers: Floats, heats: list[Heat]) -> None:
        """One step a row of ``numbers`` (steps, NUMBERS)."""
        for row, heat in zip(numbers, heats, strict=True):
            if self.is_over:
                return
            chances = Chances(row)
            place, unit = self.places[int(chances.place * len(self.places))]
            if _needs_proposals(self.model, place, self.random):
                step = proposal_steps(self.state, place, unit, heat, self.totals, self.best, self.random)
            else:
                step = block_step(self.state, place, unit, heat, self.best, self.kernel, chances)
            self.totals, self.moves = step.totals, self.moves + step.moves
            self._keep()

    def _keep(self) -> None:
        goal = float(self.totals[0])
        is_better = goal < self.best if self.best == np.inf else goal < self.best - TOLD * max(1.0, abs(self.best))
        if is_better and not is_violated(self.model, self.totals):
            self.best, self.found = goal, self.state.parameters


@dataclass(eq=False)
class CompiledWalk(Walk):
    """The same for networks that `is_simple` says yes to, compiled."""

    @cached_property
    def arrays(self) -> dict[str, Any]:
        """What the compiled loop works on, made once; the network's own arrays among them, which it changes."""
        model, state = self.model, self.state
        costs = model.costs
        assert isinstance(costs, BitCosts)
        layers = model.layers
        fans = [layer.free.sum(axis=1).astype(np.int64) for layer in layers]
        grids = [[layer.bias_grid(unit) for unit in range(layer.units)] for layer in layers]

        def of_grids(name: str) -> tuple[Integers, ...]:
            values = ([0 if grid is None else getattr(grid, name) for grid in row] for row in grids)
            return tuple(np.array(row, dtype=np.int64) for row in values)

        return {
            "places": np.array(self.places, dtype=np.int64),
            "X": model.X,
            "weights": tuple(state.weights),
            "biases": tuple(state.biases),
            "sums": tuple(state.sums),
            "active": tuple(state.active),
            "ends": (layers[0].off, layers[0].on),
            "free": tuple(np.argsort(~layer.free, axis=1, kind="stable").astype(np.int64) for layer in layers),
            "fans": tuple(fans),
            "levels": tuple(layer.levels for layer in layers),
            "firsts": of_grids("first"),
            "steps": of_grids("step"),
            "counts": of_grids("count"),
            "constant": float(model.constants[0]),
            "base": costs.base[0],
            "bits": np.ascontiguousarray(costs.bits[0]),
            "states": np.zeros((0, 0)) if costs.states is None else costs.states[0],
        }

    def go(self, numbers: Floats, heats: list[Heat]) -> None:
        from bdnnc.search.compiled import walked

        if self.is_over:
            return
        temperatures = np.array([heat.temperature for heat in heats])
        found = self.state.parameters
        best, moves = walked(
            numbers=numbers,
            temperatures=temperatures,
            **self.arrays,
            best=self.best,
            best_weights=found.weights,
            best_biases=found.biases,
            limits=(self.limits[0] - self.moves, self.limits[1]),
            told=TOLD,
        )
        self.moves += moves
        if best < self.best:
            self.best, self.found = best, found


def walk_of(model: SearchModel, start: Parameters, random: Generator, limits: tuple[float, float], compiled: bool) -> Walk:
    """A walk from a network; compiled as far as that goes, if ``compiled`` and the loops are ready."""
    state = State(model, start)
    if not compiled or not is_compiled():
        return Walk(model, state, random, limits)
    from bdnnc.search.compiled import compiled_kernel

    if is_simple(model):
        return CompiledWalk(model, state, random, limits, compiled_kernel)
    return Walk(model, state, random, limits, compiled_kernel)


def is_simple(model: SearchModel) -> bool:
    """Whether the compiled loop can walk: one hidden layer, nothing but costs of patterns that floats add exactly, each weight
    and bias free of the others."""
    if (
        model.worst is not None
        or len(model.layers) != 2
        or len(model.forms) != 1
        or model.monotone
        or model.forms[0].structure
        or model.has_margins
    ):
        return False
    for layer in model.layers:
        grids = [layer.bias_grid(unit) for unit in range(layer.units)]
        plain = layer.scales is None and not layer.is_shared and not layer.half_margin and layer.fan_in is None
        if not plain or layer.least is not None or any(grid is not None and grid.allowed is not None for grid in grids):
            return False
    return isinstance(model.costs, BitCosts) and _adds_exactly(model.costs)


def _adds_exactly(costs: BitCosts) -> bool:
    tables = [costs.base, costs.bits, *([] if costs.states is None else [costs.states])]
    return all(np.array_equal(np.rint(table * EXACT), table * EXACT) for table in tables) and (
        sum(float(np.abs(table).sum()) for table in tables) < EXACT**1.5
    )


def _needs_proposals(model: SearchModel, place: int, random: Generator) -> bool:
    """Whether a step on this layer has to look at the whole network; now and then where only a part of its parameters does."""
    layer = model.layers[place]
    if model.has_margins or layer.unit == "linear" or model.nominal is not None:
        return True
    return (layer.is_shared or layer.scales is not None) and random.random() < SHARED_MOVES


def places_of(model: SearchModel) -> list[tuple[int, int]]:
    """The (layer, unit) that have something to choose."""
    return [
        (place, unit)
        for place, layer in enumerate(model.layers)
        for unit in range(layer.units)
        if layer.free[unit].any() or ((grid := layer.bias_grid(unit)) is not None and grid.count > 0)
    ]
