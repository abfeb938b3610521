"""A sweep: every training of it is a task of one executor, noted down in a journal as soon as it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from bdnnc.data.folds import Fold, check_folds
from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed
from bdnnc.language.swept import SweptValue
from bdnnc.pipeline import Pipeline
from bdnnc.solve.interrupt import Interruption
from bdnnc.sweeping.grid import Grid
from bdnnc.sweeping.measurement import WRONG, Measurement
from bdnnc.sweeping.row import Row, with_front
from bdnnc.sweeping.trial import Plan, Trial, run_trial
from bdnnc.tasks.executor import Executor, Serial
from bdnnc.training.journal import Journal, recalled

OnMeasured = Callable[[Trial, Measurement], None]
"""Told each training when it is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """``folds``: parts for cross-validation, dealt with ``seed``; 0: none."""

    plan: Plan
    grid: Grid
    folds: int = 0
    seed: int = 0

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Point after point, on all points first, then without a fold each."""
        return tuple(
            Trial(number, {name: value.text for name, value in point.items()}, fold)
            for number, point in enumerate(self.grid.points)
            for fold in (None, *(Fold(k, self.folds, self.seed) for k in range(self.folds)))
        )

    def check(self) -> None:
        """Looks at the first point and the last, whose params all differ where they are swept, before anything is trained.

        Raises UserError: what is wrong with the file at both, E236 where the folds don't fit, what is wrong with the penalty.
        """
        try:
            self._check_point(self.grid.points[0])
        except UserError as wrong:
            if self._says_the_same_at_the_end(wrong):
                raise

    def data_sha256(self) -> str:
        """The hash of the data at the first point; empty where these cannot be read."""
        try:
            return self._pipeline(self.grid.points[0]).dataset.origin.sha256
        except UserError:
            return ""

    def _says_the_same_at_the_end(self, wrong: UserError) -> bool:
        try:
            self._check_point(self.grid.points[-1])
        except UserError as again:
            return _messages(again) == _messages(wrong)
        return False

    def _pipeline(self, point: Mapping[str, SweptValue]) -> Pipeline:
        return self.plan.pipeline({name: value.text for name, value in point.items()})

    def _check_point(self, point: Mapping[str, SweptValue]) -> None:
        pipeline = self._pipeline(point)
        dataset = pipeline.dataset
        next(self.plan.penalties(pipeline), None)
        if self.folds:
            check_folds(dataset.train.y, self.folds, dataset.classes)


def _messages(wrong: UserError) -> set[tuple[str, str]]:
    return {(d.code, d.message) for d in wrong.diagnostics if d.is_error}


def checked_folds(count: int | None) -> int:
    """The number of folds, 0 for none. Raises UserError E681 where it is less than 2."""
    if count is None:
        return 0
    if isinstance(count, bool) or not isinstance(count, int) or count < 2:  # pyright: ignore[reportUnnecessaryIsInstance]
        help = "5 and 10 are usual; leave it out to train on all points only"
        raise UserError(Diagnostic("E681", f"`cv` is an integer of at least 2, not {count}", help=help))
    return count


@dataclass(slots=True)
class Progress:
    """How far a sweep has come. ``failure``: why workers could not go on, None if they could."""

    sweep: Sweep
    interruption: Interruption | None = None
    trials: tuple[Trial, ...] = field(init=False)
    measurements: dict[int, Measurement] = field(default_factory=dict[int, Measurement])
    failure: WorkFailed | None = None
    _has_interrupted: bool = False

    def __post_init__(self) -> None:
        self.trials = self.sweep.trials

    @property
    def done(self) -> int:
        return len(self.measurements)

    @property
    def is_stopped(self) -> bool:
        """Whether a signal or lost workers ended it."""
        asked = self.interruption is not None and self.interruption.requested
        return asked or self._has_interrupted or self.failure is not None

    def add(self, place: int, found: Measurement) -> None:
        self.measurements[place] = found
        self._has_interrupted |= found.status == "interrupted"

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row a point of which something is known, with the front of these."""
        return with_front(list(self._rows()))

    def _rows(self) -> Iterator[Row]:
        width = self.sweep.folds + 1
        for number, point in enumerate(self.sweep.grid.points):
            whole, *folds = (self.measurements.get(place) for place in range(number * width, (number + 1) * width))
            if any(found is not None for found in (whole, *folds)):
                yield Row(point, whole, tuple(folds))


def run_sweep(progress: Progress, executor: Executor, journal: Journal, on_measured: OnMeasured) -> None:
    """Does what is left: what the journal has recorded is not done again. An interrupted training is not recorded, nor is one
    that something was wrong with: that may be mended."""
    trials = progress.trials
    for place, trial in enumerate(trials):
        if (measured := recalled(journal, trial.key, Measurement.of_payload)) is not None:
            progress.add(place, measured)
    left = [place for place in range(len(trials)) if place not in progress.measurements]

    def on_result(number: int, found: Measurement) -> None:
        place = left[number]
        progress.add(place, found)
        if found.status not in ("interrupted", WRONG):
            journal.record(trials[place].key, found.payload())
        on_measured(trials[place], found)

    # In this process a signal ends the training itself, with its best network.
    work = partial(run_trial, interruption=progress.interruption) if isinstance(executor, Serial) else run_trial
    tasks = [trials[place] for place in left]
    try:
        executor.run(work, progress.sweep.plan, tasks, on_result, lambda: progress.is_stopped)
    except WorkFailed as failed:  # the rows so far are not to be lost with the workers
        progress.failure = failed
