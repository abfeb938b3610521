"""A sweep: every training of it is a task of one executor, noted down in a journal as soon as it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from bdnnc.data.folds import Fold, check_folds
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.solve.interrupt import Interruption
from bdnnc.sweeping.grid import Grid
from bdnnc.sweeping.measurement import Measurement
from bdnnc.sweeping.row import Row, with_front
from bdnnc.sweeping.trial import Plan, Trial, run_trial
from bdnnc.tasks.executor import Executor, Serial
from bdnnc.training.journal import Journal

OnMeasured = Callable[[Trial, Measurement, int], None]
"""Told each training when it is done, with how many are."""


def _nobody(trial: Trial, found: Measurement, done: int) -> None:
    """Where nobody asks."""


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
        first = self.grid.points[0]
        try:
            self._check_point({name: value.text for name, value in first.items()})
        except UserError as wrong:
            if self._says_the_same_at_the_end(wrong):
                raise

    def _says_the_same_at_the_end(self, wrong: UserError) -> bool:
        try:
            self._check_point({name: value.text for name, value in self.grid.points[-1].items()})
        except UserError as again:
            return _messages(again) == _messages(wrong)
        return False

    def _check_point(self, overrides: dict[str, str]) -> None:
        pipeline = self.plan.pipeline(overrides)
        dataset = pipeline.dataset
        self.plan.penalty_goal(pipeline)
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
class _Found:
    """The measurements so far."""

    trials: tuple[Trial, ...]
    measurements: dict[int, Measurement] = field(default_factory=dict[int, Measurement])
    is_interrupted: bool = False

    def rows(self, sweep: Sweep) -> tuple[Row, ...]:
        """A row a point of which something is known."""
        width = sweep.folds + 1
        return with_front(list(self._rows(sweep.grid, width)))

    def _rows(self, grid: Grid, width: int) -> Iterator[Row]:
        for number, point in enumerate(grid.points):
            whole, *folds = (self.measurements.get(place) for place in range(number * width, (number + 1) * width))
            if any(found is not None for found in (whole, *folds)):
                yield Row(point, whole, tuple(folds))


def run_sweep(
    sweep: Sweep,
    executor: Executor,
    journal: Journal,
    on_measured: OnMeasured = _nobody,
    interruption: Interruption | None = None,
    on_rows: Callable[[Callable[[], tuple[Row, ...]]], None] | None = None,
) -> tuple[Row, ...]:
    """The rows, in the order of the grid; those that were not begun are left out.

    What the journal has recorded is not done again; an interrupted training is not recorded. ``on_rows`` is given, after each
    training, a function that makes the rows so far.
    """
    trials = sweep.trials
    found = _Found(trials)
    for place, trial in enumerate(trials):
        if (payload := journal.recorded(trial.key)) is not None:
            found.measurements[place] = Measurement.of_payload(payload)
    left = [place for place in range(len(trials)) if place not in found.measurements]

    def on_result(number: int, measurement: Measurement) -> None:
        place = left[number]
        found.measurements[place] = measurement
        if measurement.status == "interrupted":
            found.is_interrupted = True
        else:
            journal.record(trials[place].key, measurement.payload())
        on_measured(trials[place], measurement, len(found.measurements))
        if on_rows is not None:
            on_rows(lambda: found.rows(sweep))

    def should_stop() -> bool:
        return found.is_interrupted or (interruption is not None and interruption.requested)

    # In this process a signal ends the training itself, with its best network.
    work = partial(run_trial, interruption=interruption) if isinstance(executor, Serial) else run_trial
    executor.run(work, sweep.plan, [trials[place] for place in left], on_result, should_stop)
    return found.rows(sweep)
