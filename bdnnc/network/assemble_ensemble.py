"""The networks of all pairs, and what was found of each -> the `Model` of the ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.data.dataset import Dataset
from bdnnc.network.assemble import Run, claims_of, document
from bdnnc.network.document import (
    GoalRecord,
    MemberRecord,
    Model,
    Recomputable,
    Scalar,
    Status,
    TrainingRecord,
    relative_gap,
)
from bdnnc.network.ensemble import Ensemble
from bdnnc.network.figures import set_record
from bdnnc.network.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One network of an ensemble with its record."""

    network: Network
    record: MemberRecord


def assemble_ensemble(members: Sequence[Member], dataset: Dataset, run: Run, spec: str, path: str | None = None) -> Model:
    """The document of an ensemble; ``members`` in the order of the pairs, ``run``: what is the same for all of them, without
    goals. ``spec`` and ``path`` as in `assemble`."""
    ensemble = Ensemble(dataset.classes, tuple(member.network for member in members))
    records = tuple(member.record for member in members)
    errors = set_record(ensemble, dataset.train).errors
    training = whole_training(records, run, errors, len(dataset.train.y))
    figures = whole_figures(records, errors)
    return document(ensemble, dataset, training, figures, claims_of(training, run), spec, path, records)


def whole_training(records: Sequence[MemberRecord], run: Run, errors: int | None, samples: int) -> TrainingRecord:
    """The record of the whole: sums over the members, ``errors`` of the votes on ``samples`` training points."""
    parts = [record.training for record in records]
    goals = summed_goals(parts)
    return TrainingRecord(
        method=run.method,
        solver=None if run.solver is None else " ".join(filter(None, (run.solver, run.version))),
        status=whole_status(parts),
        loss=sum((part.loss for part in parts), Fraction(0)),
        objective=goals[0].value,
        bound=goals[0].bound,
        gap=relative_gap(goals[0].value, goals[0].bound),
        errors=errors,
        nominal_errors=errors,
        cuts=sum(part.cuts for part in parts),
        samples=samples,
        seed=run.seed,
        goals=goals,
        options=run.options,
        network_class=whole_class(parts),
    )


def whole_figures(records: Sequence[MemberRecord], errors: int | None) -> Recomputable:
    """Sums of losses, objectives and constraints, the smallest margin of each layer, and ``errors`` of the votes."""
    parts = [record.training for record in records]
    return Recomputable(
        loss=sum((part.loss for part in parts), Fraction(0)),
        objective=sum((part.objective for part in parts), Fraction(0)),
        errors=errors,
        margins={layer: min(record.margins[layer] for record in records) for layer in records[0].margins},
        constraints=sum(record.constraints for record in records),
    )


def summed_goals(parts: Sequence[TrainingRecord]) -> tuple[GoalRecord, ...]:
    """Each goal with the sum of its values and, where all are known, of its bounds."""
    goals: list[GoalRecord] = []
    for same in zip(*(part.goals for part in parts), strict=True):
        bounds = [goal.bound for goal in same if goal.bound is not None]
        bound = sum(bounds, Fraction(0)) if len(bounds) == len(same) else None
        value = sum((goal.value for goal in same), Fraction(0))
        goals.append(GoalRecord(same[0].sense, same[0].text, value, bound))
    return tuple(goals)


def whole_status(parts: Sequence[TrainingRecord]) -> Status:
    """Optimal if every member is, interrupted if one is."""
    found = {part.status for part in parts}
    if "interrupted" in found:
        return "interrupted"
    return "optimal" if found == {"optimal"} else "feasible"


def whole_class(parts: Sequence[TrainingRecord]) -> dict[str, Scalar]:
    """The margin of all members together; their ranges stand in their own records."""
    kinds = {str(part.network_class["margin"]) for part in parts if "margin" in part.network_class} - {"exact"}
    return {"margin": "exact" if not kinds else kinds.pop() if len(kinds) == 1 else "chosen"}
