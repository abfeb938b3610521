"""``bdnnc verify``: whether a model is right on a whole set of perturbations of each point."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bdnnc.cli.common import (
    STDIN,
    Color,
    Colored,
    Formatted,
    ModelPath,
    Output,
    Quiet,
    Shown,
    face_of,
    refuse_overwriting,
    refuse_twice,
)
from bdnnc.cli.guard import FAILED, SUCCESS
from bdnnc.cli.kept_table import KeptTable, check_streams, file_of
from bdnnc.cli.work_flags import ClusterAddress, EventsPath, Jobs, Resume
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.verifying.limits import POINT_TIME, checked_seconds

if TYPE_CHECKING:
    from bdnnc.cli.face import Face
    from bdnnc.stored.model import Stored
    from bdnnc.verifying.prepare import ReadRows
    from bdnnc.verifying.result import VerifyResult


class PointSetName(StrEnum):
    """The sets of points that the data of a model may hold."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


def verify(
    context: typer.Context,
    model: ModelPath,
    within: Annotated[
        list[str] | None,
        typer.Option(
            "--within", metavar="SET", help='What may be perturbed, as "linf(0.05)"; may repeat. Default: the robust block.'
        ),
    ] = None,
    clip: Annotated[
        str | None, typer.Option("--clip", metavar="A..B", help="Perturbed inputs stay in this range.", show_default=False)
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DATA", help="Other points with labels: a file, a built-in set, or -.", show_default=False
        ),
    ] = None,
    sets: Annotated[
        list[PointSetName] | None,
        typer.Option("--set", help="Which points of the model's own data; may repeat. Default: train.", show_default=False),
    ] = None,
    out: Annotated[str | None, typer.Option("-o", metavar="OUT.csv", help="A row a point; - prints it.")] = None,
    radius: Annotated[bool, typer.Option("--radius", help="Also how far each point may move.")] = False,
    point_time: Annotated[float, typer.Option("--point-time", metavar="SECONDS", help="For each point.")] = POINT_TIME,
    time_limit: Annotated[float | None, typer.Option("--time-limit", metavar="SECONDS", help="For all of it.")] = None,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    events: EventsPath = None,
    resume: Resume = False,
    progress: Annotated[Shown, typer.Option("--progress", help="A live line, plain lines, or none.")] = Shown.AUTO,
    format: Formatted = Output.TEXT,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Decide for each point whether the model is right on the whole set around it, or give the exact counter-example.

    Ends with 1 where points are left undecided.
    """
    started = time.monotonic()
    from bdnnc.language.within import WithinText
    from bdnnc.report.progress import make_reporter
    from bdnnc.solve.interrupt import Interruption
    from bdnnc.stored.model import stored
    from bdnnc.verifying.conduct import Conditions, conduct
    from bdnnc.verifying.prepare import Request, prepared

    face = face_of(context, quiet, color)
    limit = checked_seconds(time_limit, "time_limit")
    until = None if limit is None else time.time() + limit
    _check_outputs(model, data, out, events, format)
    if data is not None and sets:
        help = "a file of its own has one set of points: leave `--set` out"
        raise UserError(Diagnostic("E648", "`--data` and `--set` exclude each other", help=help))
    asked = WithinText(tuple(within or ()), clip) if within or clip is not None else None
    names = [name.value for name in sets or (PointSetName.TRAIN,)]
    with Interruption() as interruption, make_reporter("none" if quiet else progress.value) as reporter:
        found = stored(model)
        request = Request(asked, names, _reader(found, data), Path(), radius, point_time, until)
        ready = prepared(found, request)
        face.show(ready.warnings)
        face.notes(ready.notes)
        table = KeptTable(reporter, file_of(out))
        conditions = Conditions(jobs, cluster, events, resume, table.path)
        result = conduct(ready, conditions, reporter, interruption, started, table.save_sometimes)
    _report(face, result, model, out, format)
    if result.failure is not None:
        raise result.failure
    if interruption.requested:
        saved = f" and saved as {out}" if table.path is not None else ""
        face.say(f"interrupted: the verdicts so far are printed{saved}")
        return interruption.exit_code
    return FAILED if result.undecided else SUCCESS


def _reader(found: Stored, data: str | None) -> ReadRows | None:
    from bdnnc.cli.points import read_data

    if data is None:
        return None
    return lambda keep_raw: read_data(found.model, data, labelled=True, missing=found.data_spec().missing, keep_raw=keep_raw)


def _check_outputs(model: str, data: str | None, out: str | None, events: str | None, format: Output) -> None:
    """What can be known of the files to be written before the work."""
    from bdnnc.training.session import probe

    check_streams(out, events, format)
    refuse_twice(out, events)
    for path in (out, events):
        refuse_overwriting(path, model, data)
    if (path := file_of(out)) is not None:
        probe(path)


def _report(face: Face, result: VerifyResult, model: str, out: str | None, format: Output) -> None:
    from bdnnc.network.exact_json import write

    if format is Output.JSON:
        face.json(write({"model": model, **result.json()}))
    elif out == STDIN:
        face.result(result.csv())
    else:
        face.result(result.text())
    if (path := file_of(out)) is not None:
        result.save(path)
