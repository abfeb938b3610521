"""``bdnnc new``: a commented spec to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from bdnnc.cli.common import Color, Colored, Quiet, face_of
from bdnnc.diagnostics import Diagnostic, UserError

SUFFIX = ".bdnn"
_NAME = re.compile(r"\w[\w-]*")


def new(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The file's name, without .bdnn; may stand in a folder.", show_default=False)
    ],
    quiet: Quiet = False,
    color: Colored = Color.AUTO,
) -> int:
    """Write NAME.bdnn, a commented spec that trains in seconds."""
    face = face_of(context, quiet, color)
    path = spec_path(name)
    create(path)
    face.result(f"{path}\n")
    face.say(f"next: `bdnnc check {path}`, then `bdnnc train {path} -o {path.with_suffix('.json')}`")
    return 0


def spec_path(name: str) -> Path:
    """``name`` with ``.bdnn`` once at its end. Raises UserError E650 where it is no plain name of a file."""
    path = Path(name.removesuffix(SUFFIX) + SUFFIX)
    if not _NAME.fullmatch(path.stem):
        help = "use letters, digits, `_` and `-`, for example `bdnnc new tumours`"
        raise UserError(Diagnostic("E650", f"`{name}` cannot name a spec", help=help))
    return path


def create(path: Path) -> None:
    """Write the starter, never over a file. Raises UserError E651 where there is one, E661 where it cannot be written."""
    from bdnnc.language.starter import starter

    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(starter(path.stem))
    except FileExistsError as error:
        raise UserError(
            Diagnostic("E651", f"`{path}` is there already", help="choose another name, or remove it first")
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: {reason[:1].lower()}{reason[1:]}")) from error
