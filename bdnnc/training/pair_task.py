"""The training of one pair of classes of a `network one_vs_one`: a task for an executor."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, cast

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.formulation.caps import sign_of
from bdnnc.network.cursor import Cursor
from bdnnc.network.document import STATUSES, Scalar, Status
from bdnnc.network.ensemble import Ensemble
from bdnnc.network.exact_json import flat_text, read
from bdnnc.network.measure import Measured
from bdnnc.network.planned import network_class
from bdnnc.pipeline import Pipeline
from bdnnc.training.constant import best_constant
from bdnnc.training.goals import train_goals
from bdnnc.training.journal import ANEW
from bdnnc.training.methods import METHODS
from bdnnc.training.outcome import Outcome, StageOutcome, StageStatus, Watch
from bdnnc.training.payloads import plain, stage_of_payload, stage_payload
from bdnnc.training.settings import Request, Settings, settle
from bdnnc.training.start_file import check_class
from bdnnc.training.work import Means

LEAST_SHARE = 0.05
"""Seconds below which a pair is not searched any more: its best constant network is taken."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """What all pairs of a run share. ``pipeline`` is of the whole file; ``deadline``: when the whole run has to end, as
    `time.time`, None where nobody asked for it; ``workers``: how many pairs are trained at a time. ``watch`` is heard in this
    process only."""

    pipeline: Pipeline
    request: Request
    start: Ensemble | None
    deadline: float | None
    workers: int
    isolated: bool = True
    watch: Watch = field(default_factory=Watch)

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.pipeline, self.request, self.start, self.deadline, self.workers, self.isolated)
        return type(self), parts

    def share(self, place: int) -> float | None:
        """Seconds for the pair at ``place``, should it begin now: what is left of the whole run, divided by the turns that are
        left, so that the time which a pair leaves goes to those after it. None without a deadline."""
        if self.deadline is None:
            return None
        turns = -(-len(self.pipeline.pair_places) // self.workers) - place // self.workers
        return max(0.0, self.deadline - time.time()) / turns

    def settings(self, pair: Pipeline, place: int, began: float) -> Settings:
        """The settings of a pair: the file's limit of time is a pair's, that of the request the whole run's."""
        spec, share = pair.model_spec.train, self.share(place)
        settings = settle(replace(self.request, time_limit=None), spec, began, self.isolated)
        limits = settings.limits
        if share is not None:
            own = limits.time_limit if spec is not None and "time_limit" in spec.options else None
            limits = replace(limits, time_limit=share if own is None else min(share, own))
        if limits.cutoff is not None:
            limits = replace(limits, cutoff=sign_of(pair.problem.goals[0]) * limits.cutoff)
        return replace(settings, limits=limits)


@dataclass(frozen=True, slots=True, eq=False)
class PairResult:
    """What came of a pair. ``status``: of its training; ``searched``: the class of networks in which it was found."""

    outcome: Outcome
    status: Status
    searched: Mapping[str, Scalar]
    seconds: float

    @property
    def is_done(self) -> bool:
        """Whether a later run need not do it again."""
        return self.status != "interrupted"


def train_pair(shared: Pairs, place: int) -> PairResult:
    """Train the network of one pair. Raises UserError for wrong settings."""
    began = time.monotonic()
    pair = shared.pipeline.pair(place)
    settings = shared.settings(pair, place, began)
    if settings.limits.time_limit is not None and settings.limits.time_limit < LEAST_SHARE:
        return untrained(pair, "feasible")
    known = () if shared.start is None else (shared.start.members[place],)
    dataset = pair.dataset
    means = Means(
        dataset.inputs,
        settings.solver,
        settings.limits,
        shared.watch,
        settings.options,
        validation=dataset.validation,
        searches=settings.searches,
    )
    goals = len(pair.problem.goals)
    outcome = train_goals(METHODS[settings.method], pair.staged, goals, means, known)
    return PairResult(outcome, outcome.status(goals), network_class(pair.formulation), time.monotonic() - began)


def untrained(pair: Pipeline, status: StageStatus) -> PairResult:
    """A pair with its best constant network, and ``status``; no network where none of these keeps the constraints."""
    formulation = pair.formulation
    found = best_constant(formulation)
    bound, tolerance = Fraction(0), formulation.program.tolerance
    if found is None:
        lost: StageStatus = "interrupted" if status == "interrupted" else "no_solution"
        outcome = Outcome((StageOutcome(lost, None, None, bound, 0, 0, tolerance),))
        return PairResult(outcome, lost, network_class(formulation), 0.0)
    network = replace(found[0], inputs=pair.dataset.inputs)
    # Without a value it counts as a goal that was not searched, of which no bound is known.
    outcome = Outcome((StageOutcome(status, network, None, bound, 0, 0, tolerance),))
    return PairResult(outcome, status, network_class(formulation), 0.0)


# --- in the journal ---------------------------------------------------------------------------------------------------


def pair_payload(result: PairResult) -> dict[str, Any]:
    """A result as JSON."""
    return {
        "status": result.status,
        "goals": [stage_payload(stage) for stage in result.outcome.stages],
        "class": dict(result.searched),
        "seconds": round(result.seconds, 3),
    }


def pair_of_payload(payload: Any, pair: Pipeline, name: str) -> PairResult:
    """The result of a payload that was read from the journal called ``name``, its networks measured anew.

    Raises UserError E55x and E523 where it is none of this pair, E653 where a value is not what its network has.
    """
    place = Cursor(read(flat_text(plain(payload)), name), "", name)
    place.table(("status", "goals", "class", "seconds"))
    inputs, classes = pair.dataset.inputs, pair.dataset.classes
    stages = tuple(stage_of_payload(stage.value, inputs, classes) for stage in place.at("goals").items())
    for goal, stage in zip(pair.problem.goals, stages, strict=False):
        if stage.network is None:
            continue
        check_class(stage.network, name, pair)
        if stage.value is not None and Measured(stage.network, pair.problem).goal(goal) != stage.value:
            message = f"the value of `{goal.text}` for {' against '.join(classes)} in `{name}` is not what its network has"
            raise UserError(Diagnostic("E653", message, help=ANEW))
    searched = {key: entry.scalar() for key, entry in place.at("class").entries()}
    status = cast("Status", place.at("status").word(STATUSES))
    return PairResult(Outcome(stages), status, searched, float(place.at("seconds").number()))
