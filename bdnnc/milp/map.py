"""The map from names in a written model to neurons, samples, statements and spans: ``MODEL.map.json``.

It lists families, not names: a name says its own indices, its family says what they count and which statement it came from.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bdnnc.diagnostics import Span
from bdnnc.milp.files import Target, opened
from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names

VERSION = 1
UPPER_ROWS = ".upper"
"""What the LP format adds to the name of a row for its upper side where the row has two sides that differ."""


@dataclass(frozen=True, slots=True)
class MapSources:
    """What a map needs beside the model: the span of each statement by id, and what each index of an axis stands for.

    ``axes`` maps the name of an axis (``sample``, ``unit``, ``input``) to one JSON value an index: an input's name, the rows of
    the file that were merged into a pattern. Axes may be left out.
    """

    statements: Mapping[int, Span] = field(default_factory=dict[int, Span])
    axes: Mapping[str, Sequence[Any]] = field(default_factory=dict[str, Sequence[Any]])


def write_map(model: MilpModel, target: Target, sources: MapSources) -> None:
    """Writes the map as JSON. Raises UserError E612 where the file can't be written."""
    with opened(target) as file:
        file.write(_dumped(map_document(model, sources)).encode("utf-8"))


def map_document(model: MilpModel, sources: MapSources) -> dict[str, Any]:
    """The map as a JSON document.

    ``statements``: id, source, line and column (1-based) of start and end, text. ``axes``: axis -> what its indices stand for.
    ``columns`` and ``rows``: the families with ``start`` and ``stop``, the axes of their indices and ``blocks`` of names:
    ``head`` is the name up to its indices; ``shape`` counts them row-major; where a head and a number of indices belong to
    several blocks, explicit ones are listed as ``index``, one list an axis.
    """
    return {
        "format": "bdnnc-map",
        "version": VERSION,
        "model": model.name,
        "statements": [_statement(number, span) for number, span in sorted(sources.statements.items())],
        "axes": {name: list(labels) for name, labels in sources.axes.items()},
        "columns": _families(model.column_families, Names.of(model.column_names)),
        "rows": _families(model.row_families, Names.of(model.row_names)),
    }


def _statement(number: int, span: Span) -> dict[str, Any]:
    text = span.source.text
    line, column = _position(text, span.start)
    end_line, end_column = _position(text, span.end)
    return {
        "id": number,
        "source": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "text": text[span.start : span.end],
    }


def _position(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _families(families: Iterable[RowFamily | ColumnFamily], names: Names) -> list[dict[str, Any]]:
    heads = Counter((block.pieces[0], len(block.index)) for block in names.blocks if isinstance(block, NameBlock))
    return [_family(family, names, heads) for family in families]


def _family(family: RowFamily | ColumnFamily, names: Names, heads: Counter[tuple[str, int]]) -> dict[str, Any]:
    entry: dict[str, Any] = {"symbol": family.symbol} if isinstance(family, ColumnFamily) else {"kind": family.kind}
    return entry | {
        "layer": family.layer,
        "axes": list(family.axes),
        "statement": family.statement,
        "start": family.start,
        "stop": family.stop,
        "note": family.note,
        "blocks": _blocks(family, names, heads),
    }


def _blocks(family: RowFamily | ColumnFamily, names: Names, heads: Counter[tuple[str, int]]) -> list[dict[str, Any]]:
    """The name blocks, or parts of blocks, between the family's start and stop."""
    found: list[dict[str, Any]] = []
    for first, block in zip(names.offsets[:-1].tolist(), names.blocks, strict=True):
        start, stop = max(family.start, first), min(family.stop, first + block.size)
        if start >= stop:
            continue
        entry: dict[str, Any] = {"start": start, "stop": stop}
        if not isinstance(block, NameBlock):
            found.append(
                entry | {"names": [name.decode("ascii") for name in block.names[start - first : stop - first].tolist()]}
            )
            continue
        entry |= {"head": block.pieces[0], "indices": len(block.index)}
        if block.is_shape and stop - start == block.size:
            entry["shape"] = list(block.index)
        elif heads[block.pieces[0], len(block.index)] > 1 or stop - start < block.size:
            entry["index"] = [axis.tolist() for axis in block.indices(start - first, stop - first)]
        found.append(entry)
    return found


def _dumped(document: dict[str, Any]) -> str:
    """JSON with one line an item of each list and table of the top level: small, and a diff shows what changed."""
    parts: list[str] = []
    for key, value in document.items():
        if isinstance(value, list) and value:
            body = ",\n".join(f"  {_compact(item)}" for item in value)  # pyright: ignore[reportUnknownVariableType]
            parts.append(f" {_compact(key)}: [\n{body}\n ]")
        elif isinstance(value, dict) and value:
            body = ",\n".join(f"  {_compact(name)}: {_compact(item)}" for name, item in value.items())  # pyright: ignore[reportUnknownVariableType]
            parts.append(f" {_compact(key)}: {{\n{body}\n }}")
        else:
            parts.append(f" {_compact(key)}: {_compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
