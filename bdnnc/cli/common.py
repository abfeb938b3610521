"""What verbs share: their common flags, and the way from them to a pipeline."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bdnnc.cli.face import Face
from bdnnc.diagnostics import Diagnostic, Source, UserError

if TYPE_CHECKING:
    from bdnnc.pipeline import OnStage, Pipeline, Replacement

STDIN = "-"
STDIN_NAME = "<stdin>"


class Color(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Form(StrEnum):
    """The ``--formulation``."""

    OWN = "own"
    PUBLISHED = "published"


class Shown(StrEnum):
    """The ``--progress`` of verbs that do much work."""

    AUTO = "auto"
    PLAIN = "plain"
    NONE = "none"


class Output(StrEnum):
    """The ``--format`` of most verbs."""

    TEXT = "text"
    JSON = "json"


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on standard error but errors.")]
Colored = Annotated[Color, typer.Option("--color", help="Color of what is said on standard error.")]
Formatted = Annotated[Output, typer.Option("--format", help="What is printed: text, or one JSON object.")]
Formulated = Annotated[
    Form, typer.Option("--formulation", help="The compiler's own, or the one of the papers, to compare with.")
]
Define = Annotated[
    list[str] | None, typer.Option("-D", "--define", metavar="NAME=VALUE", help="Override a param of the file; may repeat.")
]
SpecPath = Annotated[str, typer.Argument(metavar="SPEC", help="The .bdnn file; - is standard input.", show_default=False)]
ModelPath = Annotated[str, typer.Argument(metavar="MODEL.json", help="A trained model.", show_default=False)]
DataPath = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help='A data file, a built-in set such as sklearn("iris"), or - for CSV from standard input.',
        show_default=False,
    ),
]


def face_of(context: typer.Context, quiet: bool, color: Color) -> Face:
    """The face of this run, told what the flags say."""
    face = context.obj
    assert isinstance(face, Face)
    face.quiet, face.color = quiet, color.value
    return face


def overrides(defines: Sequence[str] | None) -> dict[str, str]:
    """``["a=1"]`` -> ``{"a": "1"}``. Raises UserError E642 for all that have no such form, E643 for a name given twice."""
    values: dict[str, str] = {}
    wrong: list[Diagnostic] = []
    for text in defines or ():
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not name or not value.strip():
            wrong.append(Diagnostic("E642", f"`-D {text}` is not `NAME=VALUE`", help="for example `-D width=3`"))
        elif name in values:
            wrong.append(Diagnostic("E643", f"`-D` gives `{name}` twice: `{values[name]}` and `{value}`"))
        values.setdefault(name, value)
    if wrong:
        raise UserError(wrong)
    return values


def pipeline_of(
    spec: str,
    defines: Sequence[str] | None = None,
    replacement: Replacement | None = None,
    without: Sequence[str] = (),
    form: Form = Form.OWN,
    on_stage: OnStage | None = None,
) -> Pipeline:
    """The pipeline of a spec's path. ``-`` reads standard input, whose relative paths begin in the working directory.

    Raises UserError: what `read_source` raises, E642, E643.
    """
    from bdnnc.language import read_source
    from bdnnc.pipeline import Pipeline

    values = overrides(defines)
    path = Path(spec)
    source, folder = (_stdin_source(), Path()) if spec == STDIN else (read_source(path), path.parent)
    return Pipeline(source, folder, values, replacement, without, form.value, on_stage)


def refuse_overwriting(out: str | None, *inputs: str | Path | None) -> None:
    """Raises UserError E647 where the file to write is one of those that are read."""
    if out is None or not Path(out).is_file():
        return
    for given in inputs:
        if given is not None and Path(given).is_file() and Path(out).samefile(given):
            raise UserError(
                Diagnostic("E647", f"`-o {out}` would overwrite `{given}`, which is read", help="name another file")
            )


def refuse_twice(*paths: str | None) -> None:
    """Raises UserError E647 where two of the files to be written are the same."""
    given = [path for path in paths if path not in (None, STDIN)]
    for place, path in enumerate(given):
        if any(Path(path).resolve() == Path(other).resolve() for other in given[:place]):
            raise UserError(Diagnostic("E647", f"`{path}` would be written twice", help="name two files"))


def _stdin_source() -> Source:
    content = sys.stdin.buffer.read()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"standard input is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start}"
        raise UserError(Diagnostic("E107", message)) from error
    if "\0" in text:
        raise UserError(Diagnostic("E108", f"standard input is not text: NUL byte at offset {text.index(chr(0))}"))
    return Source(STDIN_NAME, text)


def class_lines(pipeline: Pipeline) -> list[str]:
    """What the compiler chose for each layer: its margin, and why, and its range of biases; and what is special about it. Of an
    ensemble what was chosen for the first pair of classes that has it."""
    if not pipeline.is_ensemble:
        return _class_lines(pipeline)
    pairs = list(pipeline.pairs())
    of_pairs = [(pair, _class_lines(pair)) for pair in pairs]
    lines = [f"{len(pairs)} {'network, for the pair' if len(pairs) == 1 else 'networks, one for each pair'} of classes"]
    for place, line in enumerate(of_pairs[0][1]):
        others = len({tuple(found[place : place + 1]) for _, found in of_pairs}) > 1
        first, second = pairs[0].dataset.classes
        lines.append(f"{line}; so for `{first}` against `{second}`, otherwise for other pairs" if others else line)
    return lines


def _class_lines(pipeline: Pipeline) -> list[str]:
    from bdnnc.exact import decimal_text

    lines: list[str] = []
    for found, layer in zip(pipeline.program.classes, pipeline.problem.layers, strict=True):
        why = "" if found.kind in ("declared", "published") else f" ({found.reason})"
        line = f"layer `{found.layer}`: margin {found.margin_text}{why}, bias {found.bias}"
        if layer.height != 1:
            line += f", height {decimal_text(layer.height)}"
        if layer.sparse:
            line += ", connections may be absent"
        elif layer.absent.any():
            line += f", {int(layer.absent.sum()):,} of {layer.absent.size:,} connections masked"
        lines.append(line)
    return lines
