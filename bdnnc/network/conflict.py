"""What a rejected solution teaches: activations that no network of the class has together, as a clause on binaries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.program import Clause, Key
from bdnnc.network.decode import Claim

Index = NDArray[np.int64]
Literals = list[tuple[Key, Index]]


class Conflict(Exception):  # noqa: N818 - what is found, not an error of anybody
    """Why a claimed network can't be had. ``clause`` says it in binaries, if it can be said so; only if ``proved`` does the
    clause leave every network of the class in place."""

    def __init__(self, reason: str, clause: Clause | None = None, proved: bool = False) -> None:
        super().__init__(reason)
        self.clause, self.proved = clause, proved


def clause_of_rows(
    plan: LayerPlan, patterns: Index, units: Index, side: NDArray[np.int8], claim: Claim, formulation: Formulation
) -> Clause:
    """The clause of some (pattern, unit) rows of a layer, claimed active where ``side`` is 1 and inactive where it is -1: their
    own binaries, and all activity below on these patterns, which is what their pre-activations are made of."""
    ones, zeros = _own_literals(plan, patterns, units, side, claim, formulation)
    place = next(i for i, other in enumerate(formulation.plans) if other is plan)
    if place:
        below = formulation.plans[place - 1].layer
        flat = (np.unique(patterns)[:, None] * below.units + np.arange(below.units)).ravel()
        is_on = claim.blocks["u", below.name][flat] > 0.5
        ones.append((("u", below.name), flat[is_on]))
        zeros.append((("u", below.name), flat[~is_on]))
    return Clause(tuple(ones), tuple(zeros))


def _own_literals(
    plan: LayerPlan, patterns: Index, units: Index, side: NDArray[np.int8], claim: Claim, formulation: Formulation
) -> tuple[Literals, Literals]:
    """``(ones, zeros)``: the layer's u, or, where classes are claimed right instead, their e or c."""
    name = plan.layer.name
    if ("u", name) in claim.blocks:
        flat = patterns * plan.layer.units + units
        return [(("u", name), np.unique(flat[side > 0]))], [(("u", name), np.unique(flat[side < 0]))]
    holders, _ = np.nonzero(formulation.problem.counts)
    symbol = "e" if ("e", name) in claim.blocks else "c"
    right = (claim.blocks[symbol, name] < 0.5) & np.isin(holders, patterns)
    return [], [((symbol, name), np.flatnonzero(right))]
