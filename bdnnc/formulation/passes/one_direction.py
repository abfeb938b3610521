"""One-direction rows at the output layer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bdnnc.ir.program import Floats, Implication, Key, Program


@dataclass(frozen=True, slots=True)
class OneDirection:
    """Drop the implication of an output binary that no optimum needs.

    Reformulation: an output unit that a pattern wants active (u = 1 is cheaper) keeps ``u = 1 => a >= t+`` and loses ``u = 0 =>
    a <= -t-``, one that it wants inactive keeps the other; where both cost the same neither is needed.
    Source: monotonicity of the cost in each output binary; docs/formulations.md, *Passes*.
    Needs: a goal that is a sum of non-negative costs on these binaries, no constraint on them, and that nothing reads them.
    Guarantees: optimum-preserving. The dropped side says only that a binary that was paid for is also true: if it is not, the
    network is better than the model says. On an enforced lattice the optimum is the same; with a chosen margin the class grows
    to networks that need the margin only where they are right, and acceptance recomputes the loss, which may be lower.
    Skipped: where a declared margin binds every pre-activation, right or wrong.
    """

    name: str = "one_direction"

    def run(self, program: Program) -> Program:
        costs = {cost.block: cost.coefficient for cost in program.costs}
        read = {product.inputs for product in program.products} | {a.below for a in program.preactivations}
        kept = [
            _needed(rule, costs[rule.trigger]) if _applies(rule, costs, read, program) else rule
            for rule in program.implications
        ]
        return replace(program, implications=tuple(kept))


def _applies(rule: Implication, costs: dict[Key, Floats], read: set[str | None], program: Program) -> bool:
    declared = any(found.layer == rule.layer and found.reason == "declared" for found in program.classes)
    return rule.trigger in costs and rule.trigger[0] == "u" and rule.layer not in read and not declared


def _needed(rule: Implication, cost: Floats) -> Implication:
    """The rows whose premise saves something: u = 1 where that is cheaper, u = 0 where that is."""
    saving = -cost[rule.literal] if rule.value == 1 else cost[rule.literal]
    return rows_of(rule, np.flatnonzero(saving > 0))


def rows_of(rule: Implication, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Implication:
    """The implication on some of its rows."""
    return replace(
        rule, literal=rule.literal[rows], pattern=rule.pattern[rows], unit=rule.unit[rows], threshold=rule.threshold[rows]
    )
