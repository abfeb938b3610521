"""A file or a built-in set as points for a trained network."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bdnnc.diagnostics import Source, Span

if TYPE_CHECKING:
    from bdnnc.data.rows import Rows
    from bdnnc.network.document import Model

_BUILTIN = re.compile(r"""(\w+)\(["']?(\w*)["']?\)""")


def read_points(
    model: Model,
    data: str,
    *,
    labelled: bool,
    missing: Literal["drop", "error"] = "error",
    keep_raw: bool = False,
    name: str | None = None,
) -> Rows:
    """The points of ``data``, a path or a built-in set such as ``sklearn("iris")``, as inputs of the model's network.

    ``labelled``: with their classes, where they have any; ``keep_raw``: also with their numbers before scaling; ``name``: how
    messages call the file. Raises UserError: what `read_rows` and `builtin_rows` raise.
    """
    from bdnnc.data.rows import builtin_rows

    network = model.network
    builtin = _BUILTIN.fullmatch(data)
    if builtin is None:
        return _read_file(model, Path(data), name or data, labelled, missing, keep_raw)
    from bdnnc.language.spec import BuiltinSource

    text = Source("DATA", data)
    source = BuiltinSource(builtin[1], builtin[2], Span(text, 0, len(data)), Span(text, builtin.start(2), builtin.end(2)))
    return builtin_rows(source, network.inputs, model.target.name, network.classes if labelled else None, keep_raw=keep_raw)


def _read_file(model: Model, path: Path, name: str, labelled: bool, missing: Literal["drop", "error"], keep_raw: bool) -> Rows:
    """The file of the training is read as it was then; in any other the dialect is found out."""
    from bdnnc.data.rows import read_rows

    network, target = model.network, model.target
    known = model.dialect.delimiter is not None and file_sha256(path) == model.source.sha256
    return read_rows(
        path,
        network.inputs,
        target.column,
        target.name,
        network.classes if labelled else None,
        delimiter=model.dialect.delimiter if known else None,
        header=model.dialect.header if known else None,
        missing=missing,
        name=name,
        keep_raw=keep_raw,
    )


def file_sha256(path: Path) -> str | None:
    """The SHA-256 of a regular file in hex, None for what is none: that it cannot be read is told by the reader."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
