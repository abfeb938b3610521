"""``bdnnc train``: from a spec to a trained, accepted and saved network."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bdnnc.cli.common import (
    STDIN,
    Color,
    Colored,
    Define,
    Form,
    Formatted,
    Formulated,
    Output,
    Quiet,
    Shown,
    SpecPath,
    class_lines,
    face_of,
    pipeline_of,
    refuse_overwriting,
)
from bdnnc.cli.face import Face
from bdnnc.cli.work_flags import ClusterAddress, EventsPath, Jobs, Resume
from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed

if TYPE_CHECKING:
    from bdnnc.network.document import Model, TrainingRecord
    from bdnnc.pipeline import Pipeline
    from bdnnc.solve.interrupt import Interruption
    from bdnnc.training.session import Trained
    from bdnnc.training.settings import Request


def train(
    context: typer.Context,
    spec: SpecPath,
    out: Annotated[str | None, typer.Option("-o", metavar="MODEL.json", help="Where each better network is saved.")] = None,
    method: Annotated[str | None, typer.Option("--method", metavar="M", help="exact, local_search, split or search")] = None,
    solver: Annotated[str | None, typer.Option("--solver", metavar="S", help="auto or highs")] = None,
    time_limit: Annotated[float | None, typer.Option("--time-limit", metavar="SECONDS", help="Counts from the start.")] = None,
    gap: Annotated[float | None, typer.Option("--gap", metavar="G", help="Relative gap to reach; exit 1 if missed.")] = None,
    node_limit: Annotated[int | None, typer.Option("--node-limit", metavar="N", help="Nodes of the search tree.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N", help="Threads of the solver.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed of the solver.")] = None,
    start: Annotated[str | None, typer.Option("--start", metavar="MODEL.json", help="A network to start from.")] = None,
    pool: Annotated[int | None, typer.Option("--pool", metavar="N", help="Networks that a search keeps.")] = None,
    option: Annotated[list[str] | None, typer.Option("--option", metavar="K=V", help="A solver option; may repeat.")] = None,
    formulation: Formulated = Form.OWN,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    events: EventsPath = None,
    resume: Resume = False,
    progress: Annotated[Shown, typer.Option("--progress", help="A live line, plain lines, or none.")] = Shown.AUTO,
    format: Formatted = Output.TEXT,
    define: Define = None,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Train, certify and save the network of a spec. What a flag leaves out, the train block of the spec says."""
    started = time.monotonic()
    from bdnnc.solve.interrupt import Interruption
    from bdnnc.training.settings import Request

    face = face_of(context, quiet, color)
    if out == STDIN:
        help = "name a file; `--format json` prints the figures"
        raise UserError(Diagnostic("E644", "a model is replaced at each better network, which `-o -` cannot be", help=help))
    if events == STDIN:
        help = "name a file; `tail -f FILE.jsonl` shows the events as they come"
        raise UserError(Diagnostic("E644", "events are read again at a `--resume`, which `--events -` cannot be", help=help))
    options = solver_options(option)
    asked = (method, solver, time_limit, gap, node_limit, threads, seed, start)
    request = Request(*asked, options, pool, jobs, cluster, events, resume)
    with Interruption() as interruption:
        pipeline = pipeline_of(spec, define, form=formulation)
        shown = Shown.NONE if quiet else progress
        trained = _run(face, pipeline, request, out, shown, interruption, started)
    _report(face, trained, out, format)
    if interruption.requested:
        saved = f"the best network so far is saved as {out}" if trained.model and out else "nothing was saved"
        face.say(f"interrupted: {saved}")
        return interruption.exit_code
    trained.require_network()
    _require_gap(trained)
    return 0


def solver_options(texts: Sequence[str] | None) -> dict[str, str]:
    """``["a=1"]`` -> ``{"a": "1"}``. Raises UserError E634 for all that have no such form."""
    pairs = [(text, *text.partition("=")) for text in texts or ()]
    wrong = [
        Diagnostic("E634", f"`--option {text}` is not `NAME=VALUE`", help="for example `--option mip_heuristic_effort=0.1`")
        for text, name, sign, value in pairs
        if not (name.strip() and sign and value.strip())
    ]
    if wrong:
        raise UserError(wrong)
    return {name.strip(): value.strip() for _, name, _, value in pairs}


def _run(
    face: Face,
    pipeline: Pipeline,
    request: Request,
    out: str | None,
    shown: Shown,
    interruption: Interruption,
    started: float,
) -> Trained:
    from bdnnc.report.progress import make_reporter
    from bdnnc.training.resume import check_request
    from bdnnc.training.session import train as run

    check_request(pipeline, request, None if out is None else Path(out))
    notes = pipeline.dataset.notes
    refuse_overwriting(out, pipeline.source.name, pipeline.dataset.origin.path)
    lines = class_lines(pipeline)
    face.show(pipeline.warnings)
    face.notes([*notes, *lines])
    with make_reporter(shown.value) as reporter:
        return run(pipeline, request, None if out is None else Path(out), reporter, interruption, started)


def _report(face: Face, trained: Trained, out: str | None, format: Output) -> None:
    from bdnnc.network.exact_json import write
    from bdnnc.network.text import summary

    if format is Output.JSON:
        face.json(write(training_object(trained, out)))
    elif trained.model is not None:
        face.result(summary(trained.model, trained.seconds, out))
    if trained.model is not None and trained.outcome.message:
        face.say(f"note: {trained.outcome.message}; the best network so far is kept")
    if trained.model is not None and out is None:
        face.say("note: the network was not saved; name a file with `-o MODEL.json`")


def training_object(trained: Trained, out: str | None) -> dict[str, Any]:
    """The `training` object with ``seconds`` and ``model``; without a network only what is known without one."""
    from bdnnc.network.writing import training_table

    outcome = trained.outcome
    if trained.model is None:
        first = outcome.stages[0]
        known = {"status": first.status, "loss": None, "objective": None, "bound": first.bound, "gap": None}
        table: dict[str, Any] = known | {"errors": None, "cuts": outcome.cuts}
    else:
        table = training_table(trained.model.training)
    return table | {"seconds": Fraction(f"{trained.seconds:.3f}"), "model": out if trained.model is not None else None}


def _require_gap(trained: Trained) -> None:
    """Raises WorkFailed E524 where a gap was asked for and missed."""
    if trained.gap_met or trained.model is None:
        return
    from bdnnc.network.check import value_text

    training, whose = _furthest(trained.model)
    reached = "no bound is known" if training.gap is None else f"the gap is {float(training.gap):.6g}"
    help = "give it more time with `--time-limit`, or ask for a wider gap"
    raise WorkFailed(
        Diagnostic("E524", f"a gap of {value_text(training.options['gap'])} was asked for, but {whose}{reached}", help=help)
    )


def _furthest(model: Model) -> tuple[TrainingRecord, str]:
    """The record of a training; of an ensemble that of the pair which is furthest from its bound, and its name."""
    if not model.members:
        return model.training, ""
    parts = [member.training for member in model.members]
    furthest = max(range(len(parts)), key=lambda place: (parts[place].gap is None, parts[place].gap or 0))
    first, second = list(combinations(model.network.classes, 2))[furthest]
    return parts[furthest], f"for `{first}` against `{second}` "
