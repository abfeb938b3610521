"""One training run from a pipeline to a document: settings, strategy, and every better network on disk as it is found."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed, render_concise
from bdnnc.formulation.caps import sign_of
from bdnnc.network.assemble import Run, Stage, assemble
from bdnnc.network.document import Model, Status
from bdnnc.network.network import Network
from bdnnc.network.planned import network_class
from bdnnc.network.saving import replace_file, save
from bdnnc.pipeline import Pipeline
from bdnnc.report.progress import ProgressReporter, SilentReporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.tasks.factory import executor_of
from bdnnc.training.goals import train_goals
from bdnnc.training.methods import METHODS
from bdnnc.training.no_network import Declared, declared, no_network
from bdnnc.training.one_vs_one import train_ensemble
from bdnnc.training.outcome import Limits, Outcome, StageOutcome
from bdnnc.training.record import data_path, is_near_enough, options_table, rescued, settled, stages_of
from bdnnc.training.resume import resumption
from bdnnc.training.settings import Request, Settings, activations_of, settle
from bdnnc.training.start_file import start_network
from bdnnc.training.telling import Course, journal_of
from bdnnc.training.work import Means


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """``model``: the document of the best accepted network, None if there is none. ``gap_met``: False where a gap was asked for
    and missed. ``searched``: what the networks had to be."""

    model: Model | None
    outcome: Outcome
    seconds: float
    gap_met: bool
    searched: Declared

    def require_network(self) -> Model:
        """The document. Raises WorkFailed E520 (infeasible), E521 (none found in time), E522 (the solver failed), E526
        (none within the cutoff)."""
        if self.model is None:
            raise WorkFailed(no_network(self.outcome, self.searched))
        return self.model


def train(
    pipeline: Pipeline,
    request: Request,
    save_to: Path | None = None,
    reporter: ProgressReporter | None = None,
    interruption: Interruption | None = None,
    started: float | None = None,
    isolated: bool = True,
) -> Trained:
    """Train what a file says. ``started`` (as `time.monotonic`) is when the time limit began to count.

    With ``save_to`` the file is there from the first accepted network on, replaced whole at each better one and at the end.
    Raises UserError for whatever is wrong with the file, the settings, the start, the events or the workers, and WorkFailed
    E527 or E528 where the workers are lost on the way. A network that was found is never lost: if ``save_to`` cannot be written
    in the end, it goes to the temporary folder and the error says so.
    """
    began = time.monotonic() if started is None else started
    if pipeline.is_ensemble:
        return _train_ensemble(pipeline, request, save_to, reporter or SilentReporter(), interruption, began, isolated)
    settings = settle(request, pipeline.model_spec.train, began, isolated, activations_of(pipeline))
    keeper = _Keeper(pipeline, settings, save_to, reporter or SilentReporter())
    if save_to is not None:
        probe(save_to)
    going_on = resumption(pipeline, request, settings, save_to)
    known = going_on.known
    if not known and settings.start is not None and not going_on.done:
        known = (start_network(Path(settings.start), pipeline),)
    with ExitStack() as stack:
        executor = stack.enter_context(closing(executor_of(request.jobs, request.cluster, settings.limits.remaining)))
        journal = stack.enter_context(journal_of(going_on, keeper.reporter))
        if settings.note:
            keeper.reporter.say(f"note: {settings.note}")
        if going_on.note:
            keeper.reporter.say(going_on.note)
        course = Course(pipeline.problem, journal, keeper.reporter, keeper.begin, keeper.keep)
        watch = course.watch(lambda: interruption is not None and interruption.requested)
        dataset = pipeline.dataset
        means = Means(
            dataset.inputs,
            settings.solver,
            _limits(settings, pipeline),
            watch,
            settings.options,
            executor,
            journal,
            dataset.validation,
            settings.searches,
        )
        goals = len(pipeline.problem.goals)
        try:
            outcome = train_goals(METHODS[settings.method], pipeline.staged, goals, means, known, going_on.done)
        except WorkFailed as failed:
            raise keeper.rescued(failed) from failed
        seconds = time.monotonic() - began
        model = keeper.finish(outcome)
        journal.tell("end", status=outcome.status(goals))
    gap = settings.limits.gap
    gap_met = gap is None or (model is not None and is_near_enough(model.training, gap))
    return Trained(model, outcome, seconds, gap_met, declared(pipeline, settings.limits.cutoff))


def _train_ensemble(
    pipeline: Pipeline,
    request: Request,
    save_to: Path | None,
    reporter: ProgressReporter,
    interruption: Interruption | None,
    began: float,
    isolated: bool,
) -> Trained:
    if save_to is not None:
        probe(save_to)

    def should_stop() -> bool:
        return interruption is not None and interruption.requested

    found = train_ensemble(pipeline, request, save_to, reporter, should_stop, began, isolated)
    return Trained(found.model, found.outcome, time.monotonic() - began, found.gap_met, found.searched)


def _limits(settings: Settings, pipeline: Pipeline) -> Limits:
    """The limits with the cutoff, which the file states in the first goal's own sense, in its minimized form."""
    limits = settings.limits
    if limits.cutoff is None:
        return limits
    return replace(limits, cutoff=sign_of(pipeline.problem.goals[0]) * limits.cutoff)


@dataclass(slots=True, eq=False)
class _Keeper:
    """Turns networks into documents and keeps the file up to date."""

    pipeline: Pipeline
    settings: Settings
    path: Path | None
    reporter: ProgressReporter
    reached: tuple[Stage, ...] = ()
    """The goals that are done with."""
    cuts: int = 0
    """Learnt in their searches."""
    model_objective: Fraction | None = None
    """What the first of them says of it."""
    latest: tuple[Network, tuple[Stage, ...]] | None = None
    """The best network so far, and what the goals up to it have reached."""

    def begin(self, done: tuple[StageOutcome, ...]) -> None:
        """The next goal begins, after those that are done."""
        self.reached = stages_of(done)
        self.cuts = sum(stage.cuts for stage in done)
        self.model_objective = done[0].model_objective if done else None
        goals = self.pipeline.problem.goals
        if len(goals) > 1:
            goal = goals[len(done)]
            self.reporter.say(f"goal {len(done) + 1} of {len(goals)}: {goal.sense} {goal.text}")

    def keep(self, network: Network, value: Fraction, bound: Fraction) -> None:
        """A better accepted network: on disk at once. A full disk is told and tried again at the next one."""
        self.latest = (network, (*self.reached, Stage(value, bound)))
        if self.path is None:
            return
        try:
            save(self._unfinished(*self.latest), self.path)
        except UserError as trouble:
            told = Diagnostic("W661", f"{trouble.diagnostics[0].message}; going on, and trying again at the end")
            self.reporter.say(render_concise([told]).rstrip())

    def finish(self, outcome: Outcome) -> Model | None:
        """The final document, saved. Raises UserError where it had to be saved elsewhere."""
        if outcome.network is None:
            return None
        goals = len(self.pipeline.problem.goals)
        stages, first = stages_of(outcome.stages), outcome.stages[0]
        model = self.document(
            outcome.network, outcome.status(goals), stages, outcome.cuts, outcome.tolerance, first.model_objective
        )
        if self.path is not None:
            try:
                save(model, self.path)
            except UserError as trouble:
                raise rescued(model, trouble) from trouble
        return model

    def rescued(self, failed: WorkFailed) -> WorkFailed:
        """The failure of a run, with the place where its best network is."""
        if self.latest is None:
            return failed
        place = self.path
        if place is None:
            handle, name = tempfile.mkstemp(prefix="bdnnc-", suffix=".json")
            os.close(handle)
            place = Path(name)
            save(self._unfinished(*self.latest), place)
        first, *others = failed.diagnostics
        note = f"the best network so far is saved as `{place}`"
        return WorkFailed([replace(first, notes=(*first.notes, note)), *others])

    def _unfinished(self, network: Network, stages: tuple[Stage, ...]) -> Model:
        return self.document(network, "feasible", stages, self.cuts, self._tolerance(), self.model_objective)

    def document(
        self,
        network: Network,
        status: Status,
        stages: tuple[Stage, ...],
        cuts: int,
        tolerance: float,
        model_objective: Fraction | None,
    ) -> Model:
        pipeline, settings = self.pipeline, self.settings
        exact_tolerance = Fraction(repr(tolerance))
        run = Run(
            method=settings.method,
            status=status,
            goals=stages,
            solver=settings.solver_name,
            version=settings.solver_version,
            cuts=cuts,
            seed=settings.limits.seed,
            options=options_table(settings),
            network_class=network_class(pipeline.formulation),
            tolerances={"feasibility": exact_tolerance, "integrality": exact_tolerance},
            model_objective=model_objective,
        )
        path = data_path(pipeline.dataset.origin.path, self.path)
        model = assemble(network, pipeline.dataset, pipeline.problem, run, pipeline.used_text, path)
        return replace(model, training=settled(model.training))

    def _tolerance(self) -> float:
        return self.pipeline.program.tolerance


def probe(path: Path) -> None:
    """Fail before the work, not after it, where the folder cannot be written: leaves an existing file as it is. Raises
    UserError E661."""
    if path.is_dir():
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: it is a folder", help="name a file in it"))
    target = path.with_name(f".{path.name[:80]}.probe")
    try:
        replace_file(target, b"")
    except UserError as trouble:
        message = trouble.diagnostics[0].message.replace(str(target), str(path))
        raise UserError(replace(trouble.diagnostics[0], message=message)) from trouble
    target.unlink(missing_ok=True)
