"""One-direction rows at the output layer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.passes.protocol import Guarantee
from bdnnc.ir.program import Implication, Key, Program

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class OneDirection:
    """Drop the implication of an output binary from which no optimum gains.

    Reformulation: an output unit that a pattern wants active (u = 1 is cheaper, or helps a constraint) keeps ``u = 1 => a >=
    t+``, one that it wants inactive keeps the other; where neither helps anything neither is needed.
    Source: monotonicity of goal and rows in each output binary; docs/formulations.md, *Passes*.
    Needs: that nothing but the goal and plain rows reads the binaries.
    Guarantees: optimum-preserving. The dropped side says only that a binary that was paid for is also true: if it is not, the
    network is better than the model says. On an enforced lattice the optimum is the same; with a chosen margin the class grows
    to networks that need the margin only where they are right, and acceptance recomputes the loss, which may be lower.
    Skipped: in layers that other layers read, where a declared margin binds every pre-activation, right or wrong, and where a
    margin is maximized, which speaks of both sides.
    """

    name: str = "one_direction"
    guarantee: Guarantee = "optimum-preserving"
    after: tuple[str, ...] = ()

    def run(self, program: Program) -> Program:
        layers = _layers(program)
        gains = {key: _gains(key, program) for key in {("u", layer) for layer in layers} if program.variable(*key)}
        kept = [_needed(rule, gains[rule.trigger]) if rule.trigger in gains else rule for rule in program.implications]
        return replace(program, implications=tuple(kept))


def _layers(program: Program) -> set[str]:
    """The layers whose rows may lose a side."""
    read = {product.inputs for product in program.products} | {a.below for a in program.preactivations}
    declared = {found.layer for found in program.classes if found.reason == "declared"}
    measured = {rule.layer for rule in program.implications if rule.summands}
    return {found.layer for found in program.classes} - read - declared - measured


def _gains(key: Key, program: Program) -> tuple[Booleans, Booleans]:
    """For each binary of a block whether the value 0, and whether the value 1, helps the goal or some row."""
    block = program.variable(*key)
    size = 0 if block is None else block.size
    zero, one = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for cost in program.costs:
        if cost.block == key:
            zero |= cost.coefficient > 0
            one |= cost.coefficient < 0
    for family in program.rows:
        for part in family.summands:
            if part.block == key:
                capped, held = np.isfinite(family.upper)[part.row], np.isfinite(family.lower)[part.row]
                up, down = part.value > 0, part.value < 0
                zero[part.member[(up & capped) | (down & held)]] = True
                one[part.member[(down & capped) | (up & held)]] = True
    return zero, one


def _needed(rule: Implication, gains: tuple[Booleans, Booleans]) -> Implication:
    """The rows whose premise somebody gains from."""
    return rows_of(rule, np.flatnonzero(gains[rule.value][rule.literal]))


def rows_of(rule: Implication, rows: NDArray[np.int64]) -> Implication:
    """The implication on some of its rows."""
    if len(rows) == rule.size:
        return rule
    place = np.full(rule.size, -1)
    place[rows] = np.arange(len(rows))
    summands = tuple(
        replace(part, row=place[part.row[kept]], member=part.member[kept], value=part.value[kept])
        for part in rule.summands
        for kept in (np.flatnonzero(place[part.row] >= 0),)
    )
    return replace(
        rule,
        literal=rule.literal[rows] if rule.trigger is not None else rule.literal,
        pattern=rule.pattern[rows],
        unit=rule.unit[rows],
        threshold=rule.threshold[rows],
        naming=_naming_of(rule, rows),
        other=None if rule.other is None else rule.other[rows],
        summands=summands,
        also=None if rule.also is None else replace(rule.also, literal=rule.also.literal[rows]),
    )


def _naming_of(rule: Implication, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    shape = tuple(part for part in rule.naming if isinstance(part, int))
    if len(shape) == len(rule.naming):
        return tuple(axis.astype(np.int64) for axis in np.unravel_index(rows, shape))
    return tuple(part[rows] for part in rule.naming if not isinstance(part, int))
