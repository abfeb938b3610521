"""`monotone`: no path from the inputs to the output whose product of weights has the forbidden sign.

Two binaries a unit of each hidden layer: up = 1 where a path from the inputs has a positive product, down = 1 where one has a
negative product. A positive weight carries both on, w <= U (1 - up_j + up_i) and w <= U (1 - down_j + down_i), a negative one
swaps them, w >= L (1 - up_j + down_i) and w >= L (1 - down_j + up_i). The named inputs themselves have up = 1 and down = 0, all
others neither; the output has 0 on the forbidden side and 1 on the other. Every network that keeps the statement has such
binaries, the true ones, and no other network has any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.builder import Builder
from bdnnc.ir.program import Floats, Index, Key, Summand, Variable
from bdnnc.language.quantities import Monotone


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Whether paths of either sign reach the units of a layer: two blocks of binaries, or (units,) constants."""

    up: Key | Floats
    down: Key | Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Weights:
    """All weights of a layer, each (entries,). ``member``: place in the block, -1 for a constant, whose bounds are itself."""

    layer: str
    unit: Index
    input: Index
    member: Index
    lower: Floats
    upper: Floats
    statement: int

    def picked(self, chosen: NDArray[np.bool_]) -> _Weights:
        unit, source, member = self.unit[chosen], self.input[chosen], self.member[chosen]
        return _Weights(self.layer, unit, source, member, self.lower[chosen], self.upper[chosen], self.statement)


def keep_monotone(builder: Builder, monotone: Monotone, place: int) -> None:
    """The rows, and the blocks up<place> and down<place>, of the statement that stands at ``place`` among the problem's."""
    layers = builder.problem.layers
    statement = builder.problem.monotone_statements[place]
    named = np.zeros(layers[0].inputs)
    named[list(monotone.inputs)] = 1.0
    below = _Sides(named, np.zeros(layers[0].inputs))
    for number, layer in enumerate(layers):
        is_last = number == len(layers) - 1
        above = _at_output(monotone, layer.units) if is_last else _hidden(builder, layer.name, layer.units, place, statement)
        _carry(builder, _weights(builder, number, statement), below, above, place)
        below = above


def _hidden(builder: Builder, layer: str, units: int, place: int, statement: int) -> _Sides:
    up, down = (
        builder.add(Variable(f"{side}{place}", layer, ("unit",), np.zeros(units), np.ones(units), True, statement, (units,)))
        for side in ("up", "down")
    )
    return _Sides(up, down)


def _at_output(monotone: Monotone, units: int) -> _Sides:
    demanded = np.full(units, monotone.output is None)
    if monotone.output is not None:
        demanded[monotone.output] = True
    forbidden, free = (~demanded).astype(np.float64), np.ones(units)
    return _Sides(free, forbidden) if monotone.increasing else _Sides(forbidden, free)


def _weights(builder: Builder, number: int, statement: int) -> _Weights:
    layer = builder.problem.layers[number]
    unit, source = np.nonzero(~layer.absent)
    free = layer.free[unit, source]
    member = np.where(free, np.cumsum(layer.free).reshape(layer.free.shape)[unit, source] - 1, -1)
    constant = np.where(layer.free | layer.absent, 0, layer.constant)[unit, source].astype(np.float64)
    lower, upper = constant, constant.copy()
    if free.any():
        block = builder.variables["w", layer.name]
        lower, upper = (np.where(free, ends[member], constant) for ends in (block.lower, block.upper))
    return _Weights(layer.name, unit, source, member, lower, upper, statement)


def _carry(builder: Builder, weights: _Weights, below: _Sides, above: _Sides, place: int) -> None:
    """The four families of one layer."""
    _relate(builder, f"up_up{place}", weights, below.up, above.up, 1)
    _relate(builder, f"down_down{place}", weights, below.down, above.down, 1)
    _relate(builder, f"up_down{place}", weights, below.up, above.down, -1)
    _relate(builder, f"down_up{place}", weights, below.down, above.up, -1)


def _relate(
    builder: Builder, kind: str, weights: _Weights, below: Key | Floats, above: Key | Floats, sign: Literal[1, -1]
) -> None:
    """sign * w <= R (1 - below_j + above_i), R the largest sign * w, where R > 0 and the sides leave something to say. Where w
    is a constant the row is divided by it."""
    reach = weights.upper if sign > 0 else -weights.lower
    chosen = reach > 0
    if not isinstance(below, tuple):
        chosen &= below[weights.input] != 0
    if not isinstance(above, tuple):
        chosen &= above[weights.unit] != 1
    if not chosen.any():
        return
    kept = weights.picked(chosen)
    free = kept.member >= 0
    reach = np.where(free, reach[chosen], 1.0)
    rows = np.arange(len(reach))
    summands = [Summand(("w", kept.layer), rows[free], kept.member[free], np.full(int(free.sum()), float(sign)))]
    limit = np.where(free, reach, 0.0)
    if isinstance(below, tuple):
        summands.append(Summand(below, rows, kept.input, reach))
    else:
        limit -= reach
    if isinstance(above, tuple):
        summands.append(Summand(above, rows, kept.unit, -reach))
    builder.relate(
        kind, kept.layer, ("unit", "input"), (kept.unit, kept.input),
        [part for part in summands if len(part.row)], kept.statement, "a path carries its sign on",
        upper=limit, rows=len(reach),
    )  # fmt: skip
