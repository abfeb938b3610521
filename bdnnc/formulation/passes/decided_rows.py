"""Rows that the boxes decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.passes.one_direction import rows_of
from bdnnc.formulation.passes.protocol import Guarantee
from bdnnc.ir.boxes import conclusion_box
from bdnnc.ir.program import Implication, Key, PreActivation, Program, Variable

ROUNDING = 1e-12
"""Relative: far above the rounding of a sum of floats, far below any tolerance of a solver."""


@dataclass(frozen=True, slots=True)
class DecidedRows:
    """Drop implications that hold for every network, and fix binaries whose implication can never hold.

    Reformulation: with a in [low, high] over all weights and biases, ``u = v => a >= t`` always holds if low >= t, and forces
    u != v if high < t; likewise for ``<=``. Where u can have neither value the last row stays, and says so to the solver.
    Source: interval arithmetic over the boxes of weights, biases and activities; docs/formulations.md, *Passes*.
    Needs: finite boxes. Guarantees: exact; no solution is lost or added.
    Skipped: rows without a premise, or with two, which fix nothing.
    """

    name: str = "decided_rows"
    guarantee: Guarantee = "exact"
    after: tuple[str, ...] = ("one_direction",)

    def run(self, program: Program) -> Program:
        boxes = {a.layer: a for a in program.preactivations}
        variables = {variable.key: variable for variable in program.variables}
        bounds = {key: (variable.lower.copy(), variable.upper.copy()) for key, variable in variables.items()}
        kept: list[Implication] = []
        for rule in program.implications:
            if rule.trigger is None:
                kept.append(rule)
                continue
            holds, fails = _decided(rule, boxes[rule.layer], variables)
            lower, upper = bounds[rule.trigger]
            wanted = upper if rule.value == 1 else lower
            is_last = (lower if rule.value == 1 else upper)[rule.literal] == rule.value  # the other value is ruled out already
            fixed = fails & ~is_last if rule.also is None else np.zeros_like(fails)
            wanted[rule.literal[fixed]] = 1 - rule.value
            kept.append(rows_of(rule, np.flatnonzero(~holds & ~fixed)))
        return replace(program, implications=tuple(kept), variables=_bounded(program.variables, bounds))


def _decided(
    rule: Implication, a: PreActivation, variables: Mapping[Key, Variable]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Where the conclusion always holds, and where it never does, by more than the boxes' own rounding: a pre-activation that
    can just reach its threshold must stay able to."""
    low, high = conclusion_box(rule, a, variables)
    room = ROUNDING * (1.0 + np.abs(low) + np.abs(high))
    if rule.sense == ">=":
        return low >= rule.threshold, high < rule.threshold - room
    return high <= rule.threshold, low > rule.threshold + room


def _bounded(
    variables: tuple[Variable, ...], bounds: dict[Key, tuple[NDArray[np.float64], NDArray[np.float64]]]
) -> tuple[Variable, ...]:
    return tuple(replace(v, lower=bounds[v.key][0], upper=bounds[v.key][1]) for v in variables)
