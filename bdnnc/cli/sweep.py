"""``bdnnc sweep``: a spec trained over a grid of its params, cross-validated if wanted."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
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
)
from bdnnc.cli.face import Face
from bdnnc.diagnostics import Diagnostic, UserError, render_concise

if TYPE_CHECKING:
    from bdnnc.solve.interrupt import Interruption
    from bdnnc.sweeping.measurement import Measurement
    from bdnnc.sweeping.result import SweepResult
    from bdnnc.sweeping.row import Row
    from bdnnc.sweeping.sweep import Sweep
    from bdnnc.sweeping.trial import Trial
    from bdnnc.tasks.executor import Executor

SAVE_EVERY = 2.0
"""Seconds between two tables on disk while the sweep runs."""

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
    jobs: Annotated[int | None, typer.Option("--jobs", metavar="N", help="Processes; -1 for all cores.")] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", metavar="ADDRESS", help="tcp://host:port of Dask.")] = None,
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
    from bdnnc.solve.interrupt import Interruption
    from bdnnc.sweeping.prepare import prepared
    from bdnnc.tasks.factory import executor_of
    from bdnnc.training.settings import Request

    face = face_of(context, quiet, color)
    request = Request(method, solver, time_limit, gap, node_limit, threads, seed)
    with Interruption() as interruption:
        pipeline = pipeline_of(spec)
        _check_outputs(out, plot, format, spec)
        ready = prepared(pipeline.source, pipeline.folder, overrides(define), request, cv, pareto, form=formulation.value)
        executor = executor_of(jobs, cluster)
        try:
            result = _run(face, ready, executor, interruption, out)
        finally:
            executor.close()
    _report(face, result, out, plot, format)
    if result.interrupted:
        done = "the rows so far are printed" + (f" and saved as {out}" if out not in (None, STDIN) else "")
        face.say(f"interrupted: {done}")
        return interruption.exit_code
    result.require_network()
    return 0


def _check_outputs(out: str | None, plot: str | None, format: Output, spec: str) -> None:
    """What can be known of the files to be written before the work."""
    from bdnnc.sweeping.plot import check_plot
    from bdnnc.training.session import probe

    if out == STDIN and format is Output.JSON:
        help = "leave one of them out"
        raise UserError(Diagnostic("E648", "`-o -` and `--format json` both print on standard output", help=help))
    refuse_overwriting(out, spec)
    refuse_overwriting(plot, spec, out)
    if plot is not None:
        check_plot(Path(plot))
    for path in (out, plot):
        if path not in (None, STDIN):
            probe(Path(path))


def _run(face: Face, ready: Sweep, executor: Executor, interruption: Interruption, out: str | None) -> SweepResult:
    from bdnnc.sweeping.result import SweepResult
    from bdnnc.sweeping.sweep import run_sweep
    from bdnnc.sweeping.text import measured_text, trial_text
    from bdnnc.training.journal import Journal

    total = len(ready.trials)
    face.say(f"note: {total:,} {'training' if total == 1 else 'trainings'}, {len(ready.grid.points):,} rows")
    table = _Table(face, ready, None if out in (None, STDIN) else Path(out))

    def tell(trial: Trial, found: Measurement, done: int) -> None:
        face.say(f"[{done} of {total}] {trial_text(trial)}: {measured_text(found, trial.fold is not None)}")

    rows = run_sweep(ready, executor, Journal(), tell, interruption, table.save_sometimes)
    return SweepResult(rows, ready.grid.swept, ready.plan.penalty, interruption.requested)


@dataclass(slots=True)
class _Table:
    """The CSV, kept up to date while the sweep runs."""

    face: Face
    ready: Sweep
    path: Path | None
    saved: float = 0.0
    has_complained: bool = False

    def save_sometimes(self, rows: Callable[[], tuple[Row, ...]]) -> None:
        """Where a disk is full that is told once, and tried again."""
        from bdnnc.sweeping.result import SweepResult

        if self.path is None or time.monotonic() - self.saved < SAVE_EVERY:
            return
        self.saved = time.monotonic()
        try:
            SweepResult(rows(), self.ready.grid.swept, self.ready.plan.penalty).save(self.path)
        except UserError as trouble:
            if not self.has_complained:
                told = Diagnostic("W661", f"{trouble.diagnostics[0].message}; going on, and trying again later")
                self.face.say(render_concise([told]).rstrip())
            self.has_complained = True


def _report(face: Face, result: SweepResult, out: str | None, plot: str | None, format: Output) -> None:
    from bdnnc.network.exact_json import write

    if format is Output.JSON:
        face.json(write(result.json()))
    elif out == STDIN:
        face.result(result.csv())
    elif result.rows:
        face.result(result.text(_terminal_width()))
    if out not in (None, STDIN):
        result.save(out)
    if plot is not None and any(row.has_network for row in result.rows):
        result.plot(plot)


def _terminal_width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
