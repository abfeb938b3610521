"""A network, its data and what a training run says of it -> the whole `Model`, every figure computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from bdnnc.data.dataset import Dataset
from bdnnc.language.spec import Goal
from bdnnc.network.document import (
    Certificate,
    Claims,
    DataSource,
    Dialect,
    GoalRecord,
    Model,
    Recomputable,
    Scalar,
    Status,
    Target,
    TrainingRecord,
    no_scalars,
    relative_gap,
    text_sha256,
)
from bdnnc.network.figures import recomputable, set_records
from bdnnc.network.network import Network


@dataclass(frozen=True, slots=True)
class Run:
    """What cannot be recomputed. ``bound`` and ``model_objective`` are of the first goal, None where unknown; a ``bound`` above
    the network's own objective (a network better than the model's optimum) is cut to it. ``solver``: its name, None where none
    was used. ``tolerances`` by name, exact. ``cases``: cases that the proof was split into, None where it was not."""

    method: str
    status: Status
    bound: Fraction | None
    solver: str | None = None
    version: str | None = None
    cuts: int = 0
    seed: int = 0
    options: Mapping[str, Scalar] = field(default_factory=no_scalars)
    network_class: Mapping[str, Scalar] = field(default_factory=no_scalars)
    tolerances: Mapping[str, Scalar] = field(default_factory=no_scalars)
    cases: int | None = None
    model_objective: Fraction | None = None


def assemble(network: Network, dataset: Dataset, goals: Sequence[Goal], run: Run, spec: str, path: str | None = None) -> Model:
    """The document of a trained network. ``goals`` has one goal, ``spec`` is the text with the params used, ``path`` the data's
    path relative to where the document will be saved (None: as in ``dataset.origin``)."""
    figures = recomputable(network, dataset, goals[0])
    bound = None if run.bound is None else min(run.bound, figures.objective)
    origin = dataset.origin
    return Model(
        network=network,
        target=Target(origin.target_column, origin.target_name),
        dialect=Dialect(origin.delimiter, origin.header),
        source=DataSource(origin.path if path is None else path, origin.sha256),
        training=_training(figures, bound, goals, run, len(dataset.train.y)),
        sets=set_records(network, dataset),
        certificate=Certificate(figures, _claims(figures, bound, run), text_sha256(spec), origin.sha256),
        spec=spec,
    )


def _training(figures: Recomputable, bound: Fraction | None, goals: Sequence[Goal], run: Run, samples: int) -> TrainingRecord:
    objective, model_objective = figures.objective, run.model_objective
    better = model_objective is not None and model_objective > objective
    return TrainingRecord(
        method=run.method,
        solver=None if run.solver is None else " ".join(filter(None, (run.solver, run.version))),
        status=run.status,
        loss=figures.loss,
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        errors=figures.errors,
        nominal_errors=figures.errors,
        cuts=run.cuts,
        samples=samples,
        seed=run.seed,
        goals=tuple(GoalRecord(goal.sense, goal.text, objective, bound) for goal in goals[:1]),
        options=run.options,
        network_class=run.network_class,
        model_objective=model_objective if better else None,
    )


def _claims(figures: Recomputable, bound: Fraction | None, run: Run) -> Claims:
    return Claims(
        bound=bound,
        gap=relative_gap(figures.objective, bound),
        network_class=run.network_class,
        solver=run.solver,
        version=run.version,
        options=run.options,
        tolerances=run.tolerances,
        seed=run.seed,
        cases=run.cases,
    )
