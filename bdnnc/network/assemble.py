"""A network, its data and what a training run says of it -> the whole `Model`, every figure computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import zip_longest

from bdnnc.data.dataset import Dataset
from bdnnc.diagnostics import InternalError
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Goal
from bdnnc.network.document import (
    Certificate,
    Claims,
    DataSource,
    Dialect,
    GoalRecord,
    MemberRecord,
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
from bdnnc.network.ensemble import Predictor
from bdnnc.network.figures import recomputable, set_records
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network


@dataclass(frozen=True, slots=True)
class Stage:
    """What the search for one goal came to: the value ``reached``, to which later goals were held, and a ``bound`` among the
    networks that are as good in the goals before (None: not known)."""

    reached: Fraction
    bound: Fraction | None


@dataclass(frozen=True, slots=True)
class Run:
    """What cannot be recomputed. ``goals``: one `Stage` for each goal whose search began, in order. A bound that is worse than
    the network's own value (a network better than the model's optimum) is cut to it. ``solver``: its name, None where none was
    used. ``tolerances`` by name, exact. ``cases``: cases that the proof was split into, None where it was not.
    ``model_objective``: of the first goal, None where unknown."""

    method: str
    status: Status
    goals: tuple[Stage, ...] = ()
    solver: str | None = None
    version: str | None = None
    cuts: int = 0
    seed: int = 0
    options: Mapping[str, Scalar] = field(default_factory=no_scalars)
    network_class: Mapping[str, Scalar] = field(default_factory=no_scalars)
    tolerances: Mapping[str, Scalar] = field(default_factory=no_scalars)
    cases: int | None = None
    model_objective: Fraction | None = None


def assemble(network: Network, dataset: Dataset, problem: Problem, run: Run, spec: str, path: str | None = None) -> Model:
    """The document of a trained network. ``problem`` has the goals and constraints, ``spec`` is the text with the params used,
    ``path`` the data's path relative to where the document will be saved (None: as in ``dataset.origin``).

    Raises InternalError where the network breaks a constraint: nothing is reported that was not accepted.
    """
    figures, training = recorded(network, problem, run)
    return document(network, dataset, training, figures, claims_of(training, run), spec, path)


def recorded(network: Network, problem: Problem, run: Run) -> tuple[Recomputable, TrainingRecord]:
    """The figures of a network on the points of its problem, and the record of its training. Raises InternalError as
    `assemble`."""
    measured = Measured(network, problem)
    for broken in measured.violated():
        raise InternalError(f"the network to be reported breaks `{broken.text}`")
    figures = recomputable(measured)
    return figures, _training(figures, tuple(_goals(measured, run)), run, problem.samples)


def document(
    network: Predictor,
    dataset: Dataset,
    training: TrainingRecord,
    figures: Recomputable,
    claims: Claims,
    spec: str,
    path: str | None,
    members: tuple[MemberRecord, ...] = (),
) -> Model:
    """The document of what was trained on a data set, with its figures on all sets."""
    origin = dataset.origin
    return Model(
        network=network,
        target=Target(origin.target_column, origin.target_name),
        dialect=Dialect(origin.delimiter, origin.header),
        source=DataSource(origin.path if path is None else path, origin.sha256),
        training=training,
        sets=set_records(network, dataset),
        certificate=Certificate(figures, claims, text_sha256(spec), origin.sha256),
        spec=spec,
        members=members,
    )


def _goals(measured: Measured, run: Run) -> Iterator[GoalRecord]:
    goals = measured.problem.goals
    if len(run.goals) > len(goals):
        raise InternalError(f"{len(run.goals)} stages for {len(goals)} goals")
    for goal, stage in zip_longest(goals, run.goals):
        value = measured.goal(goal)
        if stage is None:
            yield GoalRecord(goal.sense, goal.text, value, None, goal.within)
            continue
        reached = stage.reached if goal.within else None
        bound = _cut(goal, stage.bound, value, *(() if reached is None else (reached,)))
        yield GoalRecord(goal.sense, goal.text, value, bound, goal.within, reached)


def _cut(goal: Goal, bound: Fraction | None, *values: Fraction) -> Fraction | None:
    """The bound, never worse than what was found."""
    if bound is None:
        return None
    return min(bound, *values) if goal.sense == "minimize" else max(bound, *values)


def _training(figures: Recomputable, goals: tuple[GoalRecord, ...], run: Run, samples: int) -> TrainingRecord:
    first, model_objective = goals[0], run.model_objective
    return TrainingRecord(
        method=run.method,
        solver=None if run.solver is None else " ".join(filter(None, (run.solver, run.version))),
        status=run.status,
        loss=figures.loss,
        objective=figures.objective,
        bound=first.bound,
        gap=relative_gap(figures.objective, first.bound),
        errors=figures.errors,
        nominal_errors=figures.nominal_errors,
        cuts=run.cuts,
        samples=samples,
        seed=run.seed,
        goals=goals,
        options=run.options,
        network_class=run.network_class,
        model_objective=model_objective if first.is_better_than(model_objective) else None,
    )


def claims_of(training: TrainingRecord, run: Run) -> Claims:
    """What the record of a training claims."""
    return Claims(
        bound=training.bound,
        gap=training.gap,
        network_class=training.network_class,
        solver=run.solver,
        version=run.version,
        options=run.options,
        tolerances=run.tolerances,
        seed=run.seed,
        cases=run.cases,
    )
