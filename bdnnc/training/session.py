"""One training run from a pipeline to a document: settings, strategy, and every better network on disk as it is found."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed, render_concise
from bdnnc.formulation.caps import sign_of
from bdnnc.network.assemble import Run, Stage, assemble
from bdnnc.network.document import Model, Scalar, Status, relative_gap
from bdnnc.network.network import Network
from bdnnc.network.planned import network_class
from bdnnc.network.saving import replace_file, save
from bdnnc.network.writing import model_text
from bdnnc.pipeline import Pipeline
from bdnnc.report.progress import ProgressReporter, SilentReporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.training.goals import train_goals
from bdnnc.training.methods import METHODS
from bdnnc.training.no_network import Declared, declared, no_network
from bdnnc.training.outcome import Limits, Outcome, StageOutcome, Watch
from bdnnc.training.settings import Request, Settings, settle
from bdnnc.training.start_file import start_network
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
    Raises UserError for whatever is wrong with the file, the settings or the start; a network that was found is never lost: if
    ``save_to`` cannot be written in the end, it goes to the temporary folder and the error says so.
    """
    began = time.monotonic() if started is None else started
    settings = settle(request, pipeline.model_spec.train, began, isolated)
    keeper = _Keeper(pipeline, settings, save_to, reporter or SilentReporter())
    if save_to is not None:
        _probe(save_to)
    start = None if settings.start is None else start_network(Path(settings.start), pipeline)
    watch = Watch(
        keeper.begin, keeper.keep, keeper.reporter.update, lambda: interruption is not None and interruption.requested
    )
    dataset = pipeline.dataset
    means = Means(
        dataset.inputs, settings.solver, _limits(settings, pipeline), watch, settings.options, validation=dataset.validation
    )
    outcome = train_goals(METHODS[settings.method], pipeline.staged, len(pipeline.problem.goals), means, start)
    seconds = time.monotonic() - began
    model = keeper.finish(outcome)
    gap_met = _gap_met(model, settings.limits.gap)
    return Trained(model, outcome, seconds, gap_met, declared(pipeline, settings.limits.cutoff))


def _limits(settings: Settings, pipeline: Pipeline) -> Limits:
    """The limits with the cutoff, which the file states in the first goal's own sense, in its minimized form."""
    limits = settings.limits
    if limits.cutoff is None:
        return limits
    return replace(limits, cutoff=sign_of(pipeline.problem.goals[0]) * limits.cutoff)


def _gap_met(model: Model | None, gap: float | None) -> bool:
    """Whether the first goal came as near to its bound as was asked: with the value that it reached, whatever later goals were
    allowed to take of it (`within`)."""
    if gap is None:
        return True
    if model is None:
        return False
    goal = model.training.goals[0]
    found = relative_gap(goal.value if goal.reached is None else goal.reached, goal.bound)
    return model.training.status == "optimal" or (found is not None and found <= Fraction(gap) + Fraction(1, 10**9))


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

    def begin(self, done: tuple[StageOutcome, ...]) -> None:
        """The next goal begins, after those that are done."""
        self.reached = _stages(done)
        self.cuts = sum(stage.cuts for stage in done)
        self.model_objective = done[0].model_objective if done else None
        goals = self.pipeline.problem.goals
        if len(goals) > 1:
            goal = goals[len(done)]
            self.reporter.say(f"goal {len(done) + 1} of {len(goals)}: {goal.sense} {goal.text}")

    def keep(self, network: Network, value: Fraction, bound: Fraction) -> None:
        """A better accepted network: on disk at once. A full disk is told and tried again at the next one."""
        if self.path is None:
            return
        stages = (*self.reached, Stage(value, bound))
        model = self.document(network, "feasible", stages, self.cuts, self._tolerance(), self.model_objective)
        try:
            save(model, self.path)
        except UserError as trouble:
            told = Diagnostic("W661", f"{trouble.diagnostics[0].message}; going on, and trying again at the end")
            self.reporter.say(render_concise([told]).rstrip())

    def finish(self, outcome: Outcome) -> Model | None:
        """The final document, saved. Raises UserError where it had to be saved elsewhere."""
        if outcome.network is None:
            return None
        goals = len(self.pipeline.problem.goals)
        stages, first = _stages(outcome.stages), outcome.stages[0]
        model = self.document(
            outcome.network, outcome.status(goals), stages, outcome.cuts, outcome.tolerance, first.model_objective
        )
        if self.path is not None:
            try:
                save(model, self.path)
            except UserError as trouble:
                raise _rescued(model, trouble) from trouble
        return model

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
            solver=settings.solver.name,
            version=settings.solver.version(),
            cuts=cuts,
            seed=settings.limits.seed,
            options=_options(settings),
            network_class=network_class(pipeline.formulation),
            tolerances={"feasibility": exact_tolerance, "integrality": exact_tolerance},
            model_objective=model_objective,
        )
        return _settled(assemble(network, pipeline.dataset, pipeline.problem, run, pipeline.used_text, self._data_path()))

    def _tolerance(self) -> float:
        return self.pipeline.program.tolerance

    def _data_path(self) -> str | None:
        """The data's path as seen from the folder of the document."""
        origin = self.pipeline.dataset.origin.path
        if origin is None or self.path is None:
            return origin
        return os.path.relpath(origin, self.path.resolve().parent)


def _stages(outcomes: tuple[StageOutcome, ...]) -> tuple[Stage, ...]:
    return tuple(Stage(stage.value, stage.bound) for stage in outcomes if stage.value is not None)


def _settled(model: Model) -> Model:
    """The document with `optimal` as its status where, and only where, its own goals say so: a later goal's network may meet
    the bound of an earlier one that its own search has missed."""
    training = model.training
    status = training.status
    if all(goal.bound == goal.best for goal in training.goals):
        status = "optimal"
    elif status == "optimal" and not all(goal.is_met for goal in training.goals):
        status = "feasible"
    return replace(model, training=replace(training, status=status))


def _options(settings: Settings) -> dict[str, Scalar]:
    limits = settings.limits
    named = {
        "time_limit": limits.time_limit,
        "gap": limits.gap,
        "node_limit": limits.node_limit,
        "threads": limits.threads,
        "cutoff": limits.cutoff,
    }
    table: dict[str, Scalar] = {name: _scalar(value) for name, value in named.items() if value is not None}
    return table | {name: _scalar(value) for name, value in limits.extra.items()}


def _scalar(value: object) -> Scalar:
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, str | bool | int | Fraction):
        return value
    raise TypeError(f"{value!r} is no option value")


def _probe(path: Path) -> None:
    """Fail before the work, not after it, where the folder cannot be written: leaves an existing file as it is."""
    if path.is_dir():
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: it is a folder", help="name a file in it"))
    target = path.with_name(f".{path.name[:80]}.probe")
    try:
        replace_file(target, b"")
    except UserError as trouble:
        message = trouble.diagnostics[0].message.replace(str(target), str(path))
        raise UserError(replace(trouble.diagnostics[0], message=message)) from trouble
    target.unlink(missing_ok=True)


def _rescued(model: Model, trouble: UserError) -> UserError:
    """The network goes to the temporary folder; where not even that can be written, the error is what is left."""
    handle, name = tempfile.mkstemp(prefix="bdnnc-", suffix=".json")
    os.close(handle)
    first = trouble.diagnostics[0]
    try:
        replace_file(Path(name), model_text(model).encode("utf-8"))
    except UserError:
        Path(name).unlink(missing_ok=True)
        return trouble
    return UserError(replace(first, help=f"the network is safe in `{name}`; make room and move it to where it should be"))
