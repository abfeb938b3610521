"""Whether a model's file agrees with itself: hashes, repeated figures, the arithmetic of bounds, gaps and sums."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from bdnnc.network.assemble_ensemble import summed_goals, whole_class, whole_figures, whole_status
from bdnnc.network.check import Check, value_text
from bdnnc.network.document import MET, Claims, GoalRecord, Model, TrainingRecord, relative_gap, text_sha256

WITH_NETWORK = ("optimal", "feasible", "interrupted")  # what the status of a file with a network can be
TOLERANCES = ("feasibility", "integrality", "optimality")  # the names that a solver's tolerances go by
SPEC_HASH, DATA_HASH = "certificate.sha256.spec", "certificate.sha256.data"


def consistency_checks(model: Model) -> Iterator[Check]:
    """What can be said of the file without data: the hash of the spec, the arithmetic of bounds and gap, repeated figures."""
    training, certificate = model.training, model.certificate
    yield Check.equal(SPEC_HASH, certificate.spec_sha256, text_sha256(model.spec))
    yield Check.equal("source.sha256", model.source.sha256, certificate.data_sha256)
    yield from _bounds("training", training)
    if model.members:
        yield from _of_members(model)
    else:
        yield _status("training", training)
    yield from _repeated(model)
    yield from _plausible(certificate.claims)


def _of_members(model: Model) -> Iterator[Check]:
    """That the record of the whole is made of those of the members, which agree with themselves."""
    training, figures = model.training, model.certificate.recomputable
    parts = [member.training for member in model.members]
    for place, part in enumerate(parts):
        yield from _bounds(f"members[{place}].training", part)
        yield _status(f"members[{place}].training", part)
    yield Check.equal("training.status", training.status, whole_status(parts))
    yield Check.equal("training.class", dict(training.network_class), whole_class(parts))
    yield Check.equal("training.cuts", training.cuts, sum(part.cuts for part in parts))
    yield Check.equal("training.loss", training.loss, sum((part.loss for part in parts), Fraction(0)))
    same_goals = len({tuple((goal.sense, goal.text) for goal in part.goals) for part in (*parts, training)}) == 1
    yield Check("training.goals", f"{len(training.goals)} goals", "those of each member", same_goals)
    for place, (goal, summed) in enumerate(zip(training.goals, summed_goals(parts), strict=True)):
        yield Check.equal(f"training.goals[{place}].value", goal.value, summed.value)
        yield Check.equal(f"training.goals[{place}].bound", goal.bound, summed.bound)
    found = whole_figures(model.members, figures.errors)
    yield Check.equal("certificate.recomputable.constraints", figures.constraints, found.constraints)
    for layer, margin in found.margins.items():
        yield Check.equal(f"certificate.recomputable.margins.{layer}", figures.margins.get(layer), margin)


def _bounds(at: str, training: TrainingRecord) -> Iterator[Check]:
    """Every bound is on its side of what it bounds, the gap is as it is defined, and the first goal is the objective."""
    sense = training.goals[0].sense if training.goals else "minimize"
    yield from _one_side(f"{at}.bound", sense, training.bound, training.objective)
    yield Check.equal(f"{at}.gap", training.gap, relative_gap(training.objective, training.bound))
    found = training.model_objective
    if found is not None and training.goals:
        worse = f"{'above' if sense == 'minimize' else 'below'} the objective {value_text(training.objective)}"
        yield Check(f"{at}.model_objective", value_text(found), worse, training.goals[0].is_better_than(found))
    for place, goal in enumerate(training.goals):
        name = f"{at}.goals[{place}]"
        if place == 0:
            yield Check.equal(f"{name}.value", goal.value, training.objective)
            yield Check.equal(f"{name}.bound", goal.bound, training.bound)
        yield from _one_side(f"{name}.bound", goal.sense, goal.bound, goal.best)
        yield from _within(name, goal)


def _one_side(name: str, sense: Literal["minimize", "maximize"], bound: Fraction | None, value: Fraction) -> Iterator[Check]:
    if bound is None:
        return
    if sense == "minimize":
        yield Check(name, value_text(bound), f"at most {value_text(value)}, which was found", bound <= value)
    else:
        yield Check(name, value_text(bound), f"at least {value_text(value)}, which was found", bound >= value)


def _within(name: str, goal: GoalRecord) -> Iterator[Check]:
    """That later goals made it worse by what they were allowed."""
    if goal.reached is None:
        return
    slack = goal.within + MET * max(Fraction(1), abs(goal.reached))
    worse = goal.value - goal.reached if goal.sense == "minimize" else goal.reached - goal.value
    allowed = f"within {value_text(goal.within)} of {value_text(goal.reached)}, which was reached"
    yield Check(f"{name}.value", value_text(goal.value), allowed, worse <= slack)


def _status(at: str, training: TrainingRecord) -> Check:
    """`optimal` iff all bounds are met: exactly, or within 1e-6 relative where a goal's values lie on no lattice."""
    status = training.status
    if status not in WITH_NETWORK:
        return Check(f"{at}.status", status, f"one of {', '.join(WITH_NETWORK)}", False)
    if status == "optimal":
        missed = next((goal for goal in training.goals if not goal.is_met), None)
        why = "" if missed is None else f"feasible, since `{missed.text}` has not met its bound"
        return Check(f"{at}.status", status, why or status, missed is None)
    exactly = bool(training.goals) and all(goal.bound == goal.best for goal in training.goals)
    return Check(f"{at}.status", status, "optimal, since every bound is met" if exactly else status, not exactly)


def _repeated(model: Model) -> Iterator[Check]:
    """The claims of the certificate against the record of the training, which they repeat."""
    training, claims = model.training, model.certificate.claims
    solver = None if claims.solver is None else " ".join(filter(None, (claims.solver, claims.version)))
    yield Check.equal("certificate.claims.bound", claims.bound, training.bound)
    yield Check.equal("certificate.claims.gap", claims.gap, training.gap)
    yield Check.equal("certificate.claims.class", dict(claims.network_class), dict(training.network_class))
    yield Check.equal("certificate.claims.solver", solver, training.solver)
    yield Check.equal("certificate.claims.options", dict(claims.options), dict(training.options))
    yield Check.equal("certificate.claims.seed", claims.seed, training.seed)


def _plausible(claims: Claims) -> Iterator[Check]:
    """What nobody can recompute, but what it can be is known."""
    for name, value in claims.tolerances.items():
        place = f"certificate.claims.tolerances.{name}"
        yield Check(place, name, f"one of {', '.join(TOLERANCES)}", name in TOLERANCES)
        positive = isinstance(value, int | Fraction) and not isinstance(value, bool) and value > 0
        yield Check(place, value_text(value), "a number above 0", positive)
    if claims.cases is not None:
        yield Check("certificate.claims.cases", value_text(claims.cases), "none, or at least 1", claims.cases >= 1)
