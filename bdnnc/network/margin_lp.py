"""The widest margin that some units can have for given activations: a small linear program, and its witness when there is none.

    max delta   s.t.   r[p, i] (sum_j x[p, j] w[i, j] + c[p, i] + b[i]) >= delta,   w and b in their domains

with r = +1 for units that must be active and -1 for those that must not (docs/formulations.md, *Acceptance*). Where the optimum
is not what the class demands, the rows with non-zero duals are activations that no network of the class has together (Farkas).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.solve.arrays import MatrixArrays

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MarginProblem:
    """Units ``units`` of a layer with real weights. ``X``: (P, inputs) floats of the layer below; ``constant``: (P, units of
    the group) sums of the fixed weights; ``required``: (P, units of the group), +1, -1 or 0; ``free``: (units of the group,
    inputs); ``lower, upper``: the weights' interval; ``bias``: bounds of each bias, (1 or units, 2); none for `bias none`.
    """

    X: Floats
    constant: Floats
    required: NDArray[np.int8]
    free: NDArray[np.bool_]
    lower: float
    upper: float
    bias: Floats | None
    active_at_zero: bool = False
    """Ask active units for a >= 0 only, and widen the inactive side alone."""


@dataclass(frozen=True, slots=True, eq=False)
class WidestMargin:
    """``weights``: (units of the group, inputs), zero where not free; ``bias``: (units of the group,); ``delta``: the margin,
    -inf where active units can't even reach 0; ``patterns, units``: the rows that prove that there is no wider one."""

    weights: Floats
    bias: Floats
    delta: float
    patterns: Index
    units: Index


def widest_margin(problem: MarginProblem) -> WidestMargin | None:
    """Solve the LP; None if the solver fails (the caller then rejects without a proof)."""
    from bdnnc.solve.linear import solve_lp

    groups, inputs = (int(length) for length in problem.free.shape)
    entry_unit, entry_input = np.nonzero(problem.free)
    weights = len(entry_unit)
    biases = 0 if problem.bias is None else len(problem.bias)
    patterns, units = _distinct_rows(problem)
    model = _arrays(problem, patterns, units, entry_unit, entry_input, biases)
    found = solve_lp(model, dual=True)
    if found.ray is not None:
        proof = np.abs(found.ray) > 1e-9
        return WidestMargin(np.zeros((groups, inputs)), np.zeros(groups), -np.inf, patterns[proof], units[proof])
    if found.x is None or found.row_dual is None:
        return None
    table = np.zeros((groups, inputs))
    table[entry_unit, entry_input] = found.x[:weights]
    bias = np.zeros(groups) if biases == 0 else np.broadcast_to(found.x[weights : weights + biases], (groups,))
    tight = np.abs(found.row_dual) > 1e-9
    return WidestMargin(table, bias, float(found.x[-1]), patterns[tight], units[tight])


def _distinct_rows(problem: MarginProblem) -> tuple[Index, Index]:
    """One (pattern, unit) for each distinct row that has a required activity."""
    patterns, units = np.nonzero(problem.required)
    keys = np.column_stack([problem.X[patterns], problem.constant[patterns, units], units, problem.required[patterns, units]])
    _, first = np.unique(keys, axis=0, return_index=True)
    first.sort()
    return patterns[first], units[first]


def _arrays(
    problem: MarginProblem, patterns: Index, units: Index, entry_unit: Index, entry_input: Index, biases: int
) -> MatrixArrays:
    rows, weights = len(patterns), len(entry_unit)
    sign = problem.required[patterns, units].astype(np.float64)
    belongs = entry_unit[None, :] == units[:, None]
    table = np.zeros((rows, weights + biases + 1))
    table[:, :weights] = sign[:, None] * problem.X[patterns][:, entry_input] * belongs
    if biases:
        table[np.arange(rows), weights + (units if biases > 1 else 0)] = sign
    table[:, -1] = np.where((sign > 0) & problem.active_at_zero, 0.0, -1.0)
    cap = 1.0 + float(np.abs(table[:, :-1]).sum(axis=1).max(initial=0.0)) * max(abs(problem.lower), abs(problem.upper), 1.0)
    bias_low = problem.bias[:, 0] if problem.bias is not None else np.zeros(0)
    bias_high = problem.bias[:, 1] if problem.bias is not None else np.zeros(0)
    reach = cap + float(np.abs(problem.constant).max(initial=0.0)) + float(np.abs([*bias_low, *bias_high]).max(initial=0.0))
    c = np.zeros(weights + biases + 1)
    c[-1] = -1.0
    used = table != 0
    return MatrixArrays(
        indptr=np.concatenate([[0], np.cumsum(used.sum(axis=1))]).astype(np.int32),
        indices=np.nonzero(used)[1].astype(np.int32),
        data=table[used],
        row_lower=-sign * problem.constant[patterns, units],
        row_upper=np.full(rows, np.inf),
        c=c,
        lower=np.concatenate([np.full(weights, problem.lower), bias_low, [-reach]]),
        upper=np.concatenate([np.full(weights, problem.upper), bias_high, [reach]]),
        integrality=np.zeros(weights + biases + 1, dtype=np.uint8),
        objective_step=0.0,
        objective_offset=0.0,
    )
