"""A sweep from its executor and its journal to its result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bdnnc.report.progress import ProgressReporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.sweeping.measurement import Measurement
from bdnnc.sweeping.result import SweepResult
from bdnnc.sweeping.resume import sweep_resumption
from bdnnc.sweeping.sweep import Progress, Sweep, run_sweep
from bdnnc.sweeping.text import measured_text, trial_text
from bdnnc.sweeping.trial import Trial
from bdnnc.tasks.factory import executor_of
from bdnnc.training.telling import journal_of

OnResult = Callable[[Callable[[], SweepResult]], None]
"""Given, after each training, a function that makes the result so far."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Who does the work and where it is noted: ``jobs`` and ``cluster`` as `executor_of` takes them, ``events`` and ``resume``
    as `sweep_resumption` does."""

    jobs: int | None = None
    cluster: str | None = None
    events: str | None = None
    resume: bool = False


def conduct(
    sweep: Sweep,
    conditions: Conditions,
    reporter: ProgressReporter,
    interruption: Interruption,
    on_result: OnResult = lambda so_far: None,
) -> SweepResult:
    """Does the trainings that are left, and says what each came to. Workers that are lost end the sweep with the rows so far.

    Raises UserError as `sweep_resumption`, `journal_of` and `executor_of`.
    """
    going_on = sweep_resumption(sweep, conditions.events, conditions.resume)
    with ExitStack() as stack:
        executor = stack.enter_context(closing(executor_of(conditions.jobs, conditions.cluster)))
        journal = stack.enter_context(journal_of(going_on, reporter))
        if going_on.note:
            reporter.say(going_on.note)
        progress = Progress(sweep, interruption)

        def tell(trial: Trial, found: Measurement) -> None:
            count = f"[{progress.done} of {len(progress.trials)}]"
            reporter.say(f"{count} {trial_text(trial)}: {measured_text(found, trial.fold is not None)}")
            on_result(lambda: _result(progress))

        run_sweep(progress, executor, journal, tell)
        journal.tell("end", status="interrupted" if progress.is_stopped else "done")
    return _result(progress)


def _result(progress: Progress) -> SweepResult:
    sweep = progress.sweep
    return SweepResult(progress.rows, sweep.grid.swept, sweep.plan.penalty, progress.is_stopped, progress.failure)
