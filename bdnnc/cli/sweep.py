"""``bdnnc sweep``: a spec trained over a grid of its params, cross-validated if wanted."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bdnnc.cli.common import (
    STDIN,
    Color,
    Colored,
    Form,
    Formatted,
    Formulated,
    Output,
    Quiet,
    SpecPath,
    face_of,
    overrides,
    pipeline_of,
    refuse_overwriting,
    refuse_twice,
)
from bdnnc.cli.face import Face
from bdnnc.cli.kept_table import KeptTable, check_streams, file_of
from bdnnc.cli.work_flags import ClusterAddress, EventsPath, Jobs, Resume

if TYPE_CHECKING:
    from bdnnc.sweeping.result import SweepResult

Swept = Annotated[
    list[str] | None,
    typer.Option("-D", "--define", metavar="NAME=VALUES", help="A value, a range 2..6 or a list [0, 0.05]; may repeat."),
]


def sweep(
    context: typer.Context,
    spec: SpecPath,
    define: Swept = None,
    cv: Annotated[int | None, typer.Option("--cv", metavar="K", help="Cross-validate with K folds.")] = None,
    out: Annotated[str | None, typer.Option("-o", metavar="TABLE.csv", help="Where the table is saved; - prints CSV.")] = None,
    plot: Annotated[str | None, typer.Option("--plot", metavar="FIG.png", help="Also .svg and .pdf; needs plots.")] = None,
    pareto: Annotated[
        str | None, typer.Option("--pareto", metavar="PENALTY", help="What the loss is held against, as l0(weights).")
    ] = None,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    events: EventsPath = None,
    resume: Resume = False,
    method: Annotated[str | None, typer.Option("--method", metavar="M", help="As of train.")] = None,
    solver: Annotated[str | None, typer.Option("--solver", metavar="S", help="auto or highs")] = None,
    time_limit: Annotated[float | None, typer.Option("--time-limit", metavar="SECONDS", help="Of each training.")] = None,
    gap: Annotated[float | None, typer.Option("--gap", metavar="G", help="Relative gap at which a training ends.")] = None,
    node_limit: Annotated[int | None, typer.Option("--node-limit", metavar="N", help="Nodes of each search tree.")] = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N", help="Threads of the solver.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed of the solver and of the folds.")] = None,
    formulation: Formulated = Form.OWN,
    format: Formatted = Output.TEXT,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Train a spec at every point of a grid of its params, and print the table of what came of it."""
    from bdnnc.report.progress import make_reporter
    from bdnnc.solve.interrupt import Interruption
    from bdnnc.sweeping.conduct import Conditions, conduct
    from bdnnc.sweeping.prepare import prepared
    from bdnnc.training.settings import Request

    face = face_of(context, quiet, color)
    request = Request(method, solver, time_limit, gap, node_limit, threads, seed)
    conditions = Conditions(jobs, cluster, events, resume)
    with Interruption() as interruption, make_reporter("none" if quiet else "plain") as reporter:
        pipeline = pipeline_of(spec)
        _check_outputs(spec, out, plot, events, format)
        ready = prepared(pipeline.source, pipeline.folder, overrides(define), request, cv, pareto, form=formulation.value)
        trainings = f"{len(ready.trials):,} {'training' if len(ready.trials) == 1 else 'trainings'}"
        face.notes([f"{trainings} for {len(ready.grid.points):,} {'row' if len(ready.grid.points) == 1 else 'rows'}"])
        table = KeptTable(reporter, file_of(out))
        result = conduct(ready, conditions, reporter, interruption, table.save_sometimes)
    _report(face, result, out, plot, format)
    if result.failure is not None:
        raise result.failure
    if result.interrupted:
        face.say("interrupted: the rows so far are printed" + (f" and saved as {out}" if out not in (None, STDIN) else ""))
        return interruption.exit_code
    result.require_network()
    return 0


def _check_outputs(spec: str, out: str | None, plot: str | None, events: str | None, format: Output) -> None:
    """What can be known of the files to be written before the work."""
    from bdnnc.sweeping.plot import check_plot
    from bdnnc.training.session import probe

    check_streams(out, events, format)
    refuse_twice(out, plot, events)
    for path in (out, plot, events):
        refuse_overwriting(path, spec)
    if plot is not None:
        check_plot(Path(plot))
    for path in (out, plot):
        if path not in (None, STDIN):
            probe(Path(path))


def _report(face: Face, result: SweepResult, out: str | None, plot: str | None, format: Output) -> None:
    from bdnnc.network.exact_json import write

    if format is Output.JSON:
        face.json(write(result.json()))
    elif out == STDIN:
        face.result(result.csv())
    else:
        face.result(result.text(_terminal_width()))
    if (path := file_of(out)) is not None:
        result.save(path)
    if plot is not None and any(row.has_network for row in result.rows):
        result.plot(plot)


def _terminal_width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
