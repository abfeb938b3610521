"""Acceptance: no solution is called a network before this has said so.

The binaries of a solution are rounded and fixed; layer by layer the real parameters are then re-chosen so that the smallest
margin is as wide as it can be, written down as short decimals, and checked in exact rationals against the activations that the
solution claims. What cannot be had gives a conflict: activations that no network of the class has together.
(docs/formulations.md, *Acceptance*.)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import exact_objective
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.program import Clause
from bdnnc.network.conflict import Conflict
from bdnnc.network.decode import decoded_layer, exact_sums, read_claim
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.network import Layer, Network
from bdnnc.network.widening import widened_layer

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """A network that does, exactly, at least what the solution claimed. ``objective`` is recomputed from it."""

    network: Network
    objective: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """``clause`` excludes the reason from the next solve, if it can be said in binaries. Only if ``proved`` does it leave every
    network of the class in place; else tolerances should be tightened first."""

    reason: str
    clause: Clause | None = None
    proved: bool = False


def accept(vector: Floats, formulation: Formulation, inputs: tuple[Input, ...] = (), widen: bool = True) -> Accepted | Rejected:
    """The network of a solver's vector, re-chosen and checked exactly, or why there is none.

    Without ``widen`` real parameters are taken at their word where they do what is claimed, which is cheaper than widening.
    """
    if not np.isfinite(vector).all():
        return Rejected("the solver returned values that are no numbers")
    claim = read_claim(vector, formulation)
    below = formulation.problem.patterns
    layers: list[Layer] = []
    active: NDArray[np.bool_] = np.zeros((0, 0), dtype=np.bool_)
    try:
        for plan, required in zip(formulation.plans, claim.required, strict=True):
            layer = decoded_layer(plan, claim, required, below)
            at_its_word = plan.thresholds.exact or (not widen and _is_true(plan, layer, required, below))
            if not at_its_word:  # on a lattice of sums what was rounded is exact already
                layer = widened_layer(layer, plan, required, below, claim, formulation)
            active = _checked_activity(plan, layer, required, below)
            layers.append(layer)
            below = layer_output(layer, active)
    except Conflict as conflict:
        return Rejected(str(conflict), conflict.clause, conflict.proved)
    return Accepted(Network(inputs, tuple(layers), formulation.problem.classes), exact_objective(formulation.problem, active))


def _is_true(plan: LayerPlan, layer: Layer, required: NDArray[np.int8], below: ExactMatrix) -> bool:
    """Whether the layer, as it was decoded, does what the solution claims of it."""
    try:
        _checked_activity(plan, layer, required, below)
    except Conflict:
        return False
    return True


def _checked_activity(plan: LayerPlan, layer: Layer, required: NDArray[np.int8], below: ExactMatrix) -> NDArray[np.bool_]:
    """The exact activity of a layer, (patterns, units). Raises Conflict where it is not what the solution claims, or not with
    the margin that the file demands."""
    active = layer_activity(layer, below)
    wrong = (required != 0) & (active != (required > 0))
    if wrong.any():
        raise Conflict(f"{int(wrong.sum())} activations of layer `{layer.name}` are not what the solver claimed")
    if isinstance(plan.layer.margin, Fraction):
        sums = exact_sums(layer, below)
        for unit, denominator in enumerate(sums.denominators):
            nearest = np.abs(sums.numerators[required[:, unit] != 0, unit])
            if len(nearest) and Fraction(int(nearest.min()), denominator) < plan.layer.margin / 2:
                raise Conflict(f"layer `{layer.name}` misses its declared margin")
    return active
