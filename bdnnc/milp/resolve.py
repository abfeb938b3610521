"""From a name of a written model to its family, indices and statement, by the map alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.milp.map import UPPER_ROWS, VERSION
from bdnnc.milp.names import split_name


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name stands for. ``family`` and ``statement`` are entries of the map; ``indices`` pairs an axis with an index.

    ``labels`` has what the map's ``axes`` say of each index, None where they say nothing. ``position`` is the row or column of
    the arrays, None where the map does not list it.
    """

    name: str
    what: Literal["column", "row"]
    family: dict[str, Any]
    indices: tuple[tuple[str, int], ...]
    labels: tuple[Any, ...]
    statement: dict[str, Any] | None
    position: int | None


def read_map(path: str | Path) -> dict[str, Any]:
    """The document of a ``.map.json`` file. Raises UserError E513 where it is missing or no map."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise _no_map(path, error.strerror or str(error)) from error
    except ValueError as error:  # of JSON or of UTF-8
        raise _no_map(path, "it is no JSON") from error
    if not isinstance(document, dict):
        raise _no_map(path, "it is no JSON object")
    table = cast("dict[str, Any]", document)
    if table.get("format") != "bdnnc-map" or table.get("version") != VERSION:
        raise _no_map(path, "it is of another format or version")
    return table


def _no_map(path: str | Path, reason: str) -> UserError:
    mend = "`bdnnc compile SPEC -o MODEL.mps` writes `MODEL.map.json` beside the model"
    return UserError(Diagnostic("E513", f"`{path}` could not be read as a map: {reason}", help=mend))


def resolve(document: dict[str, Any], name: str) -> Resolved | None:
    """What a row or column of the model's files stands for, or None if the map knows no such name."""
    for what, key in (("column", "columns"), ("row", "rows")):
        for candidate in (name, name.removesuffix(UPPER_ROWS)) if what == "row" else (name,):
            found = _found(document, cast("Literal['column', 'row']", what), document[key], candidate)
            if found is not None:
                return found
    return None


def _found(
    document: dict[str, Any], what: Literal["column", "row"], families: Iterable[dict[str, Any]], name: str
) -> Resolved | None:
    head, indices = split_name(name)
    for family in families:
        for block in family["blocks"]:
            held, offset = _offset(block, name, head, indices)
            if not held:
                continue
            axes = [*family["axes"], *(f"index {place}" for place in range(len(family["axes"]), len(indices)))]
            pairs = tuple(zip(axes, indices, strict=False))
            statement = next((entry for entry in document["statements"] if entry["id"] == family["statement"]), None)
            labels = tuple(_label(document["axes"].get(axis), index) for axis, index in pairs)
            return Resolved(name, what, family, pairs, labels, statement, None if offset is None else block["start"] + offset)
    return None


def _offset(block: dict[str, Any], name: str, head: str, indices: tuple[int, ...]) -> tuple[bool, int | None]:
    """Whether the block holds the name, and at which place if the block says so."""
    if "names" in block:
        return (True, block["names"].index(name)) if name in block["names"] else (False, None)
    if block["head"].removesuffix(",") != head or block["indices"] != len(indices):
        return False, None
    if "index" in block:
        places = list(zip(*block["index"], strict=True))
        return (True, places.index(indices)) if indices in places else (False, None)
    if "shape" not in block:
        return True, None
    offset = 0
    for index, length in zip(indices, block["shape"], strict=True):
        if index >= length:
            return False, None
        offset = offset * length + index
    return True, offset


def _label(labels: list[Any] | None, index: int) -> Any:
    return labels[index] if labels is not None and index < len(labels) else None
