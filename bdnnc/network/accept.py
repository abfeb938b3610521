"""Acceptance: no solution is called a network before this has said so.

The binaries of a solution are rounded and fixed; layer by layer, or all together where they count for more than activations
(see `joint`), the real parameters are then re-chosen so that the smallest margin is as wide as it can be, written down as short
decimals, and checked in exact rationals: against the activations that the solution claims, every constraint, and every goal.
What cannot be had gives a conflict: activations that no network of the class has together.
(docs/formulations.md, *Acceptance*.)
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.exact import ExactMatrix
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.program import Clause
from bdnnc.network.conflict import Conflict
from bdnnc.network.decode import Claim, decode, decoded_layer, read_claim
from bdnnc.network.encode import encode
from bdnnc.network.equations import with_equations
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.joint import JointProgram
from bdnnc.network.measure import Measured
from bdnnc.network.network import Layer, Network
from bdnnc.network.sums import exact_sums
from bdnnc.network.widening import widened_layer
from bdnnc.network.worst_activity import WorstActivity

Floats = NDArray[np.float64]

IN_REACH = 1e-8
"""Relative: how far a network may miss the rows of its program and still be a point of it to a solver."""

CLAIM_ROOM = 2e-7
"""Relative: how much worse than the solver's claim a rounded network may be before more decimals are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """A network that does, exactly, at least what the solution claimed. ``objective`` is recomputed from it: the value of the
    formulation's goal in its minimized form."""

    network: Network
    objective: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """``clause`` excludes the reason from the next solve, if it can be said in binaries. Only if ``proved`` does it leave every
    network of the class in place; else tolerances should be tightened first."""

    reason: str
    clause: Clause | None = None
    proved: bool = False


def accept(
    vector: Floats,
    formulation: Formulation,
    inputs: tuple[Input, ...] = (),
    widen: bool = True,
    joint: JointProgram | None = None,
    seconds: float | None = None,
) -> Accepted | Rejected:
    """The network of a solver's vector, re-chosen and checked exactly, or why there is none.

    Without ``widen`` real parameters are taken at their word where they do what is claimed, which is cheaper than widening.
    ``joint``: the formulation's, where it is coupled and the caller keeps one; made here if there is none. ``seconds``: what
    its linear programs may take, before coupled parameters too are taken at their word; None: no limit. A solution of the
    published form that cannot be had as claimed is taken at its word instead: its objective is then worse than the claim.
    """
    if not np.isfinite(vector).all():
        return Rejected("the solver returned values that are no numbers")
    try:
        if formulation.coupled:
            return _jointly(vector, formulation, inputs, joint or JointProgram.of(formulation), seconds)
        return _verdict(_unit_by_unit(vector, formulation, widen), formulation, inputs)
    except Conflict as conflict:
        if formulation.is_published:  # what it says is false then, and is told by the objective that it has
            return _verdict(list(decode(vector, formulation).layers), formulation, inputs)
        return Rejected(str(conflict), conflict.clause, conflict.proved)


def _unit_by_unit(vector: Floats, formulation: Formulation, widen: bool) -> list[Layer]:
    """The layers, each made to do what the solution claims of it. Raises Conflict where one can't."""
    claim = read_claim(vector, formulation)
    below = formulation.problem.patterns
    layers: list[Layer] = []
    for plan, required in zip(formulation.plans, claim.required, strict=True):
        layer = decoded_layer(plan, claim, required, below)
        at_its_word = plan.thresholds.exact or (not widen and _is_true(plan, layer, required, below, claim.kept))
        if not at_its_word:  # on a lattice of sums what was rounded is exact already
            layer = widened_layer(layer, plan, required, below, claim, formulation)
        layers.append(layer)
        if layer.unit != "linear":
            below = layer_output(layer, _checked_activity(plan, layer, required, below, claim.kept))
    return layers


def _jointly(
    vector: Floats, formulation: Formulation, inputs: tuple[Input, ...], joint: JointProgram, seconds: float | None
) -> Accepted | Rejected:
    """The first of the joint program's candidates that does everything that the solution claims, exactly."""
    claimed = float(joint.model.c @ vector[: len(joint.model.c)])
    enough = Fraction(claimed) + Fraction(CLAIM_ROOM) * max(formulation.unit, abs(Fraction(claimed)))
    claim = read_claim(vector, formulation)
    verdict: Accepted | Rejected = Rejected("no real parameters were found")
    found: Accepted | None = None
    is_last = formulation.stage == len(formulation.problem.goals) - 1
    for layers in joint.candidates(vector, seconds):
        try:
            exact = with_equations(layers, formulation)
            _check_sets(exact, formulation)
            _check_activities(exact, claim, formulation)
        except Conflict as conflict:
            verdict = Rejected(str(conflict))
            continue
        verdict = _verdict(exact, formulation, inputs)
        if isinstance(verdict, Accepted) and (found is None or verdict.objective < found.objective):
            found = verdict
        if isinstance(verdict, Accepted) and verdict.objective <= enough and (is_last or _is_in_reach(verdict, joint)):
            return verdict
    return found or verdict


def _is_in_reach(accepted: Accepted, joint: JointProgram) -> bool:
    """Whether a later goal's program will know the network: short decimals may have traded its margins for a better value."""
    x = encode(accepted.network, joint.formulation)
    activity = joint.model.A @ x
    misses = np.maximum(joint.model.row_lower - activity, activity - joint.model.row_upper)
    return float(misses.max(initial=0.0)) <= IN_REACH * (1.0 + float(np.abs(x).max()))


def _check_sets(layers: list[Layer], formulation: Formulation) -> None:
    """Raises Conflict where a parameter that was solved for left its interval."""
    for layer, plan in zip(layers, formulation.plans, strict=True):
        weights = layer.weights[plan.layer.free & ~layer.absent]
        if isinstance(plan.layer.domain, RealDomain) and not all(plan.layer.domain.contains(w) for w in weights):
            raise Conflict(f"a weight of layer `{layer.name}` is outside its interval")
        bias = plan.thresholds.bias
        if bias.domains and not all(bias.of(unit).contains(b) for unit, b in enumerate(layer.bias)):
            raise Conflict(f"a bias of layer `{layer.name}` is outside its set")


def _check_activities(layers: list[Layer], claim: Claim, formulation: Formulation) -> None:
    """Raises Conflict where a layer does not do what is required of it."""
    below = formulation.problem.patterns
    for layer, plan, wanted in zip(layers, formulation.plans, claim.required, strict=True):
        if layer.unit != "linear":
            below = layer_output(layer, _checked_activity(plan, layer, wanted, below, claim.kept))


def _verdict(layers: list[Layer], formulation: Formulation, inputs: tuple[Input, ...]) -> Accepted | Rejected:
    """Whether the network keeps every constraint and every earlier goal, and what the current goal is, all recomputed."""
    problem = formulation.problem
    network = Network(inputs, tuple(layers), problem.classes)
    measured = Measured(network, problem)
    broken = measured.violated()
    if broken:
        return Rejected(f"`{broken[0].text}` does not hold")
    for goal, cap in zip(problem.goals, formulation.caps, strict=False):
        if sign_of(goal) * measured.goal(goal) > cap:
            return Rejected(f"`{goal.sense} {goal.text}` is worse than an earlier network had it")
    return Accepted(network, sign_of(formulation.goal) * measured.goal(formulation.goal))


def _is_true(plan: LayerPlan, layer: Layer, required: NDArray[np.int8], below: ExactMatrix, kept: NDArray[np.bool_]) -> bool:
    """Whether the layer, as it was decoded, does what the solution claims of it."""
    try:
        _checked_activity(plan, layer, required, below, kept)
    except Conflict:
        return False
    return True


def _checked_activity(
    plan: LayerPlan, layer: Layer, required: NDArray[np.int8], below: ExactMatrix, kept: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The exact activity of a layer, (patterns, units). Raises Conflict where it is not what the solution claims, over the
    set of each pattern that is ``kept``, or not with the margin that the file demands."""
    active = layer_activity(layer, below)
    wrong = (required != 0) & (active != (required > 0))
    if wrong.any():
        raise Conflict(f"{int(wrong.sum())} activations of layer `{layer.name}` are not what the solver claimed")
    if plan.moves:
        worst = WorstActivity.of(layer, below, plan.moves, kept)
        changing = ((required > 0) & ~worst.always_active) | ((required < 0) & ~worst.never_active)
        if changing.any():
            raise Conflict(f"{int(changing.sum())} activations of layer `{layer.name}` change within their sets")
    if isinstance(plan.layer.margin, Fraction):
        _check_margin(plan, plan.layer.margin, layer, required, below, kept)
    return active


def _check_margin(
    plan: LayerPlan,
    margin: Fraction,
    layer: Layer,
    required: NDArray[np.int8],
    below: ExactMatrix,
    kept: NDArray[np.bool_],
) -> None:
    """Raises Conflict where a pre-activation comes nearer to 0 than half the declared margin."""
    worst = WorstActivity.of(layer, below, plan.moves, kept) if plan.moves else None
    sums = exact_sums(layer, below)
    lowest, highest = (sums, sums) if worst is None else (worst.lowest, worst.highest)
    for unit in range(plan.layer.units):
        active = lowest.numerators[required[:, unit] > 0, unit]
        inactive = -highest.numerators[required[:, unit] < 0, unit]
        ends = ((active, lowest.denominators[unit]), (inactive, highest.denominators[unit]))
        if any(len(side) and Fraction(int(side.min()), below_it) < margin / 2 for side, below_it in ends):
            raise Conflict(f"layer `{layer.name}` misses its declared margin")
