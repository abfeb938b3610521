"""A training run of a `network one_vs_one`: its pairs of classes through an executor, and the ensemble that they make.

The model file is there as soon as every pair has a network, which at first is the best constant one, and is replaced while
pairs come in; what is told and saved was measured on the network that it is about.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed, render_concise
from bdnnc.network.assemble import Run, recorded
from bdnnc.network.assemble_ensemble import Member, assemble_ensemble
from bdnnc.network.check import value_text
from bdnnc.network.document import MemberRecord, Model
from bdnnc.network.saving import save
from bdnnc.network.short_numbers import with_short_numbers
from bdnnc.pipeline import Pipeline
from bdnnc.report.progress import ProgressReporter
from bdnnc.tasks.factory import executor_of
from bdnnc.training.journal import Journal
from bdnnc.training.no_network import Declared, declared
from bdnnc.training.outcome import Outcome, Watch
from bdnnc.training.pair_task import PairResult, Pairs, pair_of_payload, pair_payload, train_pair, untrained
from bdnnc.training.record import data_path, is_near_enough, options_table, rescued, settled, stages_of
from bdnnc.training.resume import resumption
from bdnnc.training.settings import Request, Settings, activations_of, settle
from bdnnc.training.start_file import start_ensemble
from bdnnc.training.telling import journal_of

SAVING_SHARE = 0.1
"""Of the time: what may be spent on saving ensembles whose pairs are not all there yet."""


@dataclass(frozen=True, slots=True, eq=False)
class EnsembleOutcome:
    """``model``: None where a pair has no network; then ``outcome`` is that pair's and ``searched`` what its network had to be.
    Else ``outcome`` has the goals of all pairs, one pair after the other. ``gap_met``: whether every pair came as near to its
    bound as was asked."""

    model: Model | None
    outcome: Outcome
    searched: Declared
    gap_met: bool = False


def train_ensemble(
    pipeline: Pipeline,
    request: Request,
    save_to: Path | None,
    reporter: ProgressReporter,
    should_stop: Callable[[], bool],
    began: float,
    isolated: bool,
) -> EnsembleOutcome:
    """Train the networks of all pairs. Raises as `session.train`."""
    settings = settle(request, pipeline.pair(0).model_spec.train, began, isolated, activations_of(pipeline))
    going_on = resumption(pipeline, request, settings, save_to)
    start = None if settings.start is None else start_ensemble(Path(settings.start), pipeline)
    with ExitStack() as stack:
        left = None if request.time_limit is None else began + request.time_limit - time.monotonic()
        executor = stack.enter_context(closing(executor_of(request.jobs, request.cluster, left)))
        journal = stack.enter_context(journal_of(going_on, reporter))
        if going_on.note and going_on.events is None:
            reporter.say(going_on.note)
        deadline = None if request.time_limit is None else time.time() + request.time_limit - (time.monotonic() - began)
        watch = Watch(on_progress=reporter.update, should_stop=should_stop, on_note=reporter.say)
        if settings.note:
            reporter.say(f"note: {settings.note}")
        shared = Pairs(pipeline, replace(request, method=settings.method), start, deadline, executor.workers, isolated, watch)
        run = _Run(pipeline, settings, save_to, reporter, journal)
        if going_on.events is not None:
            run.go_on(str(going_on.path))
        places = run.missing()

        def take(number: int, result: PairResult) -> None:
            run.take(places[number], result)

        try:
            executor.run(train_pair, shared, places, take, lambda: run.failed is not None or should_stop())
        except WorkFailed as failed:
            raise run.rescued(failed) from failed
        found = run.finish()
        journal.tell("end", status=found.outcome.stages[-1].status if found.model is None else found.model.training.status)
    return found


@dataclass(slots=True, eq=False)
class _Run:
    """The results so far, by the place of the pair, and the file that they are saved in.

    ``failed``: a pair that has no network and will get none; ``constants``: what stands in an unfinished ensemble for pairs
    that are to come; ``saved_at``, ``saving_took``: when one was last saved, and the seconds that took.
    """

    pipeline: Pipeline
    settings: Settings
    path: Path | None
    reporter: ProgressReporter
    journal: Journal
    results: dict[int, PairResult] = field(default_factory=dict[int, PairResult])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    constants: dict[int, Member] = field(default_factory=dict[int, Member])
    failed: int | None = None
    saved_at: float = 0.0
    saving_took: float = 0.0

    @property
    def pairs(self) -> int:
        return len(self.pipeline.pair_places)

    def missing(self) -> list[int]:
        """The places of the pairs that have no result."""
        return [place for place in range(self.pairs) if place not in self.results]

    def go_on(self, name: str) -> None:
        """Take what an earlier run has recorded in the journal called ``name``."""
        for place in range(self.pairs):
            payload = self.journal.recorded(self._key(place))
            if payload is not None:
                self._keep(place, pair_of_payload(payload, self.pipeline.pair(place), name))
        self.reporter.say(f"resuming from `{name}`: {len(self.results)} of {self.pairs} pairs are done")

    def take(self, place: int, result: PairResult) -> None:
        """The result of a pair: told, recorded, and saved with the others where that takes little time."""
        if result.outcome.network is None and not result.is_done:
            return  # interrupted before there was a network
        self._keep(place, result)
        if result.is_done:
            self.journal.record(self._key(place), pair_payload(result))
        self.reporter.say(self._line(place, result))
        if self.path is not None and self.failed is None and time.monotonic() - self.saved_at > self.saving_took / SAVING_SHARE:
            self._save_unfinished(self.path)

    def finish(self) -> EnsembleOutcome:
        """The ensemble, saved. Pairs that were not trained have their best constant network."""
        if self.failed is None:
            self._fill()
        if self.failed is not None:
            return self._without(self.failed)
        results = [self.results[place] for place in range(self.pairs)]
        model = self._model(self.members)
        if self.path is not None:
            try:
                save(model, self.path)
            except UserError as trouble:
                raise rescued(model, trouble) from trouble
        stages = tuple(stage for result in results for stage in result.outcome.stages)
        gap = self.settings.limits.gap
        gap_met = gap is None or all(is_near_enough(member.training, gap) for member in model.members)
        return EnsembleOutcome(model, Outcome(stages), Declared(0, "exact", None), gap_met)

    def rescued(self, failed: WorkFailed) -> WorkFailed:
        """The failure of a run, with the place where the pairs are that were trained."""
        if not self.results or self.path is None or not self._save_unfinished(self.path):
            return failed
        first, *others = failed.diagnostics
        note = f"{len(self.results)} of {self.pairs} pairs were trained, and are saved in `{self.path}`"
        return WorkFailed([replace(first, notes=(*first.notes, note)), *others])

    def _without(self, place: int) -> EnsembleOutcome:
        searched = declared(self.pipeline.pair(place), self.settings.limits.cutoff)
        return EnsembleOutcome(None, self.results[place].outcome, searched)

    def _keep(self, place: int, result: PairResult) -> None:
        self.results[place] = result
        if result.outcome.network is None:
            self.failed = place if self.failed is None else self.failed
        else:
            self.members[place] = self._member(place, result)

    def _fill(self) -> None:
        """Give the pairs that have no result their best constant network."""
        missing = self.missing()
        for place in missing:
            self._keep(place, untrained(self.pipeline.pair(place), "interrupted"))
        if missing and self.failed is None:
            pairs = "1 pair was" if len(missing) == 1 else f"{len(missing)} pairs were"
            self.reporter.say(f"{pairs} not trained: their networks are the best constant ones")

    def _member(self, place: int, result: PairResult) -> Member:
        """The network of a pair with its record, all figures measured here."""
        pair, outcome = self.pipeline.pair(place), result.outcome
        network = outcome.network
        assert network is not None
        run = replace(
            self._same_for_all(outcome),
            status=result.status,
            goals=stages_of(outcome.stages),
            cuts=outcome.cuts,
            network_class=result.searched,
            model_objective=outcome.stages[0].model_objective,
        )
        figures, training = recorded(network, pair.problem, run)
        return Member(network, MemberRecord(settled(training), figures.margins, figures.constraints))

    def _same_for_all(self, *outcomes: Outcome) -> Run:
        settings = self.settings
        tolerance = Fraction(repr(min(outcome.tolerance for outcome in outcomes)))
        return Run(
            method=settings.method,
            status="feasible",
            solver=settings.solver_name,
            version=settings.solver_version,
            seed=settings.limits.seed,
            options=options_table(settings),
            tolerances={"feasibility": tolerance, "integrality": tolerance},
        )

    def _model(self, members: dict[int, Member]) -> Model:
        dataset = self.pipeline.dataset
        run = self._same_for_all(*(result.outcome for result in self.results.values()))
        path = data_path(dataset.origin.path, self.path)
        ordered = [members[place] for place in range(self.pairs)]
        return assemble_ensemble(ordered, dataset, run, self.pipeline.used_text, path)

    def _save_unfinished(self, path: Path) -> bool:
        """The ensemble with constant networks for the pairs that are to come; whether it was saved. A full disk is told."""
        began = time.monotonic()
        for place in self.missing():
            if place not in self.constants:
                result = untrained(self.pipeline.pair(place), "feasible")
                if result.outcome.network is None:
                    return False  # there is no model before this pair has been trained
                self.constants[place] = self._member(place, result)
        try:
            save(self._model({**self.constants, **self.members}), path)
        except UserError as trouble:
            told = Diagnostic("W661", f"{trouble.diagnostics[0].message}; going on, and trying again at the end")
            self.reporter.say(render_concise([told]).rstrip())
            return False
        self.saved_at = time.monotonic()
        self.saving_took = self.saved_at - began
        return True

    def _key(self, place: int) -> str:
        first, second = self.pipeline.pair_places[place]
        return f"pair/{first}/{second}"

    def _line(self, place: int, result: PairResult) -> str:
        """``pair 2 of 3, `a` against `c`: errors 1, optimal, 0.4 s``."""
        first, second = (self.pipeline.dataset.classes[number] for number in self.pipeline.pair_places[place])
        head = f"pair {len(self.results)} of {self.pairs}, `{first}` against `{second}`"
        status = result.status.replace("_", " ")
        if place not in self.members:
            return f"{head}: {status}, {result.seconds:.1f} s"
        goals = self.members[place].record.training.goals
        values = ", ".join(f"{goal.text} {with_short_numbers(value_text(goal.value))}" for goal in goals)
        return f"{head}: {values}, {status}, {result.seconds:.1f} s"
