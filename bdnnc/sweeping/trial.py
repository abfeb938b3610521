"""The task of a sweep: one training, at one point of the grid, on all training points or without a fold of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bdnnc.data.folds import Fold
from bdnnc.diagnostics import InternalError, Source, UserError, WorkFailed
from bdnnc.pipeline import Form, Pipeline, Replacement
from bdnnc.sweeping.measurement import WRONG, GoalFigures, Measurement
from bdnnc.training.settings import Request

if TYPE_CHECKING:
    from bdnnc.language.quantities import Goal
    from bdnnc.network.document import Model
    from bdnnc.network.network import Network
    from bdnnc.solve.interrupt import Interruption


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What all trainings of a sweep share. ``folder``: where the file's paths begin; ``penalty``: the text of the quantity that
    the loss is held against, None for none."""

    source: Source
    folder: Path
    replacement: Replacement | None
    form: Form
    request: Request
    penalty: str | None

    def pipeline(self, overrides: Mapping[str, str], fold: Fold | None = None) -> Pipeline:
        """The file at a point of the grid."""
        pipeline = Pipeline(self.source, self.folder, overrides, self.replacement, form=self.form)
        return pipeline if fold is None else pipeline.holding(fold)

    def penalties(self, pipeline: Pipeline) -> Iterator[Callable[[Network], Fraction]]:
        """How the penalty of the file's network is measured, or of each network of an ensemble, in order; nothing without a
        penalty. Raises UserError with what is wrong with its text."""
        if self.penalty is None:
            return
        flag = "--pareto "
        text = Source("command line", flag + self.penalty)
        for single in pipeline.pairs() if pipeline.is_ensemble else (pipeline,):
            yield partial(_penalty, single, single.goal(text, len(flag)))


def _penalty(pipeline: Pipeline, goal: Goal, network: Network) -> Fraction:
    from bdnnc.network.measure import Measured

    return Measured(network, pipeline.problem).goal(goal)


@dataclass(frozen=True, slots=True)
class Trial:
    """``point``: its number in the grid; ``overrides``: the params as after ``-D``; ``fold``: what is held out, None if
    nothing is."""

    point: int
    overrides: Mapping[str, str]
    fold: Fold | None = None

    @property
    def key(self) -> str:
        """The journal's path of this training: what it is, not where in the grid, so that a grid may grow."""
        held = "whole" if self.fold is None else f"fold/{self.fold.number}/{self.fold.of}/{self.fold.seed}"
        return f"sweep/{json.dumps(dict(sorted(self.overrides.items())))}/{held}"


def run_trial(plan: Plan, trial: Trial, interruption: Interruption | None = None) -> Measurement:
    """Trains, certifies and measures. What is wrong with the file at this point, and a training without a network, is a status
    and a message; nothing of that is raised."""
    started = time.monotonic()
    try:
        return _measured(plan, trial, interruption, started)
    except (UserError, WorkFailed) as failure:
        return Measurement(WRONG, _since(started), _message(failure))
    except MemoryError:
        return Measurement(WRONG, _since(started), "there is not enough memory for this")


def _since(started: float) -> float:
    """Seconds, to the millisecond, so that they survive being written down."""
    return round(time.monotonic() - started, 3)


def _measured(plan: Plan, trial: Trial, interruption: Interruption | None, started: float) -> Measurement:
    from bdnnc.training.no_network import no_network
    from bdnnc.training.session import train

    pipeline = plan.pipeline(trial.overrides, trial.fold)
    next(plan.penalties(pipeline), None)  # what is wrong with it is said before the work
    trained = train(pipeline, plan.request, interruption=interruption, started=started)
    model = trained.model
    if model is None:
        status = "interrupted" if interruption is not None and interruption.requested else trained.outcome.stages[-1].status
        return Measurement(status, _since(started), no_network(trained.outcome, trained.searched).message)
    _certify(model, pipeline)
    return Measurement(
        status=model.training.status,
        seconds=_since(started),
        goals=tuple(GoalFigures(goal.sense, goal.text, goal.value, goal.bound) for goal in model.training.goals),
        loss=model.training.loss,
        gap=model.training.gap,
        penalty=_penalty_of(model, plan, pipeline),
        train=model.sets.train,
        validation=model.sets.validation,
        test=model.sets.test,
    )


def _penalty_of(model: Model, plan: Plan, pipeline: Pipeline) -> Fraction | None:
    """Of an ensemble the sum over its networks, as its loss is."""
    from bdnnc.network.network import Network

    if plan.penalty is None:
        return None
    networks = (model.network,) if isinstance(model.network, Network) else model.network.members
    found = (measure(network) for measure, network in zip(plan.penalties(pipeline), networks, strict=True))
    return sum(found, Fraction(0))


def _certify(model: Model, pipeline: Pipeline) -> None:
    """Raises InternalError where a figure of the model is not what it recomputes to."""
    from bdnnc.training.recheck import recheck

    wrong = recheck(model, pipeline).difference
    if wrong is not None:
        raise InternalError(f"`{wrong.name}` is {wrong.claimed}, but recomputed it is {wrong.recomputed}")


def _message(failure: UserError | WorkFailed) -> str:
    """The first error with its code, and how many there are besides."""
    errors = [diagnostic for diagnostic in failure.diagnostics if diagnostic.is_error]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{errors[0].code}: {errors[0].message}{more}"
