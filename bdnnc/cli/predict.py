"""``bdnnc predict``: the class, or the value, of every point."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bdnnc.cli.common import STDIN, Color, Colored, DataPath, ModelPath, Quiet, face_of, refuse_overwriting
from bdnnc.cli.face import unwritable
from bdnnc.diagnostics import Diagnostic, UserError

if TYPE_CHECKING:
    from bdnnc.exact import ExactMatrix
    from bdnnc.network.ensemble import Predictor

CHUNK = 10_000
"""Rows that are decided, and written, at a time."""


def predict(
    context: typer.Context,
    model: ModelPath,
    data: DataPath,
    out: Annotated[str, typer.Option("-o", metavar="OUT.csv", help="Where to write; - is standard output.")] = STDIN,
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Write the class, or the value, of every row of DATA. The output is CSV, one column `class` or `value`."""
    from bdnnc.cli.points import read_data
    from bdnnc.network.saving import load

    face = face_of(context, quiet, color)
    found = load(model)
    rows = read_data(found, data, labelled=False)
    face.notes(rows.notes)
    if out == STDIN:
        _print(found.network, rows.X)
        return 0
    refuse_overwriting(out, model, data)
    written = _write(found.network, rows.X, Path(out))
    face.say(f"wrote {written} {'classes' if found.network.classes else 'values'} to {out}")
    return 0


def chunks(X: ExactMatrix) -> Iterator[ExactMatrix]:
    """The rows of ``X`` (rows, inputs), `CHUNK` at a time."""
    import numpy as np

    for first in range(0, X.shape[0], CHUNK):
        yield X.rows(np.arange(first, min(first + CHUNK, X.shape[0])))


def _print(network: Predictor, X: ExactMatrix) -> None:
    from bdnnc.network.evaluation import write_predictions

    try:
        write_predictions(network, chunks(X), sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(error) from error


def _write(network: Predictor, X: ExactMatrix, path: Path) -> int:
    """All of the file or nothing. Raises UserError E661 for a folder, E612 where it cannot be written."""
    from bdnnc.milp.files import opened
    from bdnnc.network.evaluation import write_predictions

    if path.is_dir():
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: it is a folder", help="name a file in it"))
    with opened(path) as file:
        stream = io.TextIOWrapper(file, encoding="utf-8", newline="")
        written = write_predictions(network, chunks(X), stream)
        stream.flush()
        stream.detach()
    return written
