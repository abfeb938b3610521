"""A verification from its executor and its journal to its result."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed
from bdnnc.report.progress import ProgressReporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.tasks.executor import Executor, Serial
from bdnnc.tasks.factory import executor_of
from bdnnc.training.journal import Journal
from bdnnc.training.telling import journal_of
from bdnnc.verifying.finding import OVER, Finding
from bdnnc.verifying.judging import Question, judge_point
from bdnnc.verifying.prepare import Verification
from bdnnc.verifying.result import VerifyResult
from bdnnc.verifying.resume import key_of, verify_resumption
from bdnnc.verifying.shrinking import radius_of
from bdnnc.verifying.verdicts import Verdicts, counts

OnFinding = Callable[[Callable[[], VerifyResult]], None]
"""Given, after each point, a function that makes the result so far."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Who does the work and where it is noted: ``jobs`` and ``cluster`` as `executor_of` takes them, ``events``, ``resume`` and
    ``out`` as `verify_resumption` does."""

    jobs: int | None = None
    cluster: str | None = None
    events: str | None = None
    resume: bool = False
    out: Path | None = None


@dataclass(slots=True, eq=False)
class _Run:
    """How far a run has come. ``failure``: why workers could not go on, None if they could."""

    asked: Verification
    interruption: Interruption
    started: float
    findings: dict[int, Finding] = field(default_factory=dict[int, Finding])
    failure: WorkFailed | None = None
    verdicts: Verdicts = field(init=False)

    def __post_init__(self) -> None:
        self.verdicts = Verdicts(self.asked.question, self.asked.points)

    @property
    def is_stopped(self) -> bool:
        return self.interruption.requested or self.failure is not None

    def should_stop(self) -> bool:
        return self.is_stopped or self.asked.question.is_over

    def line(self) -> str:
        number = Counter(found.outcome for found in self.findings.values())
        shown = "  ".join(f"{outcome} {number[outcome]:,}" for outcome in ("certified", "broken", "undecided"))
        seconds = time.monotonic() - self.started
        return f"{len(self.findings):,} of {len(self.asked.question.points.y):,}  {shown}  {seconds:.1f} s"

    def result(self) -> VerifyResult:
        asked = self.asked
        found = self.verdicts.of(self.findings)
        return VerifyResult(
            found,
            counts(asked.points, found),
            asked.text,
            tuple(given.name for given in asked.question.network.inputs),
            time.monotonic() - self.started,
            radius_of(asked.question.robust) if asked.question.radius else None,
            self.is_stopped,
            self.failure,
        )


def conduct(
    asked: Verification,
    conditions: Conditions,
    reporter: ProgressReporter,
    interruption: Interruption,
    started: float,
    on_finding: OnFinding = lambda so_far: None,
) -> VerifyResult:
    """Judges the points that are left. Workers that are lost end the run with the verdicts so far. ``started``: of
    ``time.monotonic``.

    Raises UserError as `verify_resumption`, `journal_of` and `executor_of`.
    """
    going_on = verify_resumption(asked, conditions.events, conditions.resume, conditions.out)
    run = _Run(asked, interruption, started)
    with ExitStack() as stack:
        executor = stack.enter_context(closing(executor_of(conditions.jobs, conditions.cluster)))
        journal = stack.enter_context(journal_of(going_on, reporter))
        if going_on.note:
            reporter.say(going_on.note)
        _judge_all(run, executor, journal, reporter, on_finding)
        status = "interrupted" if run.is_stopped else "done"
        journal.tell("end", status=status, **Counter(found.outcome for found in run.findings.values()))
    return run.result()


def _judge_all(run: _Run, executor: Executor, journal: Journal, reporter: ProgressReporter, on_finding: OnFinding) -> None:
    """Does what is left: what the journal has is not judged again, unless it was undecided and there is more time now."""
    question = run.asked.question
    for place in range(len(question.points.y)):
        if (payload := journal.recorded(key_of(place))) is not None:
            found = _recorded(payload, place, question)
            if not found.would_be_asked_again(question.point_time):
                run.findings[place] = found
    left = [place for place in range(len(question.points.y)) if place not in run.findings]

    def on_result(number: int, found: Finding) -> None:
        place = left[number]
        run.findings[place] = found
        if not found.is_cut:
            journal.record(key_of(place), found.payload())
        reporter.line(run.line())
        on_finding(run.result)

    # In this process nobody polls the flag of a signal while a point is judged.
    work = partial(_judge_here, interruption=run.interruption) if isinstance(executor, Serial) else judge_point
    try:
        executor.run(work, question, left, on_result, run.should_stop)
    except WorkFailed as failed:  # the verdicts so far are not to be lost with the workers
        run.failure = failed


def _judge_here(question: Question, place: int, interruption: Interruption) -> Finding:
    """As `judge_point`; a signal ends it at once, and the point stays open."""
    try:
        with interruption.at_once():
            return judge_point(question, place)
    except KeyboardInterrupt:
        return Finding("undecided", None, 0.0, 0, OVER)


def _recorded(payload: object, place: int, question: Question) -> Finding:
    """Raises UserError E653 where a record is none of a point, or has a counter-example that is none."""
    help = "begin anew without `--resume`, with another events file"
    try:
        found = Finding.of_payload(payload)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UserError(Diagnostic("E653", f"what the events say of point {place} cannot be read", help=help)) from error
    if (found.outcome == "broken") != (found.delta is not None) or (found.delta and not question.breaks(place, found.delta)):
        raise UserError(Diagnostic("E653", f"the counter-example that the events have of point {place} is none", help=help))
    return found
