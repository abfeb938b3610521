"""Points for a network that is trained already: the columns that it was trained on, scaled and encoded as they were then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import counted, failure, listed
from bdnnc.data.dataset import Samples
from bdnnc.data.encoding import unseen_notes
from bdnnc.data.inputs import Input
from bdnnc.data.labels import coded, refuse_unknown
from bdnnc.data.points import RawPoints, Wanted, WantedTarget, read_points
from bdnnc.data.reading import FileRequest, array_table, read_table
from bdnnc.data.scaling import transformed, unscaled
from bdnnc.data.sources import SourceColumn, sources
from bdnnc.data.table import Table
from bdnnc.diagnostics import InternalError, Span
from bdnnc.exact import ExactMatrix
from bdnnc.language.spec import BuiltinSource


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """``X``: (rows, inputs) exact, as the first layer sees them; ``y``: (rows,) class index (zeros for regression), None
    without a target column; ``rows``: row of the file, from 0 after the header; ``notes``: what was found, a line each;
    ``targets``: (rows,) Fractions, for regression only; ``raw``: (rows, inputs), before scaling, where it was asked for."""

    X: ExactMatrix
    y: NDArray[np.int64] | None
    rows: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    targets: NDArray[Any] | None = None
    raw: ExactMatrix | None = None

    def samples(self) -> Samples:
        """The rows with their labels. Raises InternalError where there are none."""
        if self.y is None:
            raise InternalError("rows without labels were asked for them")
        return Samples(self.X, self.y, self.rows, self.targets, self.raw)


@dataclass(frozen=True, slots=True)
class Places:
    """0-based columns of one table: those that were asked for, in that order, and the target (None: there is none)."""

    columns: tuple[int, ...]
    target: int | None


def read_rows(
    path: Path,
    inputs: Sequence[Input],
    target_column: int | None,
    target_name: str | None,
    classes: Sequence[str] | None,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
    missing: Literal["drop", "error"] = "error",
    name: str | None = None,
    span: Span | None = None,
    keep_raw: bool = False,
) -> Rows:
    """The rows of a file as inputs of a trained network, with their classes if the file has a target column.

    ``delimiter`` and ``header`` None are found out. Where the columns are looked for says `locate`. With ``target_column``
    None or ``classes`` None no target is read, with ``classes`` empty (regression) it is numbers. ``name`` is how messages call
    the file, ``span`` what they point at; ``keep_raw``: with the numbers before scaling. Raises UserError: what `read_table`
    raises, E216 (missing columns), E218 to E221, E230.
    """
    table = read_table(FileRequest(path, name or str(path), span, delimiter, header))
    wanted = target_column if classes is not None else None
    places = locate(table, sources(inputs)[0], wanted, target_name, span)
    return _rows(table, inputs, places, classes or (), missing, span, keep_raw)


def array_rows(
    X: Any,
    inputs: Sequence[Input],
    y: Any = None,
    classes: Sequence[str] = (),
    span: Span | None = None,
    keep_raw: bool = False,
) -> Rows:
    """The rows of an array with the classes of ``y`` (rows,) if given, or, without ``classes`` (regression), its numbers.

    ``X`` has one column a column of the file that the inputs are made of, in the order of their first use: an encoded column
    and one with powers stand once, as they are in the file. Raises UserError: E229 (shapes), E218 to E221, E230.
    """
    table = array_table("X", X, y, None, span)
    needed, _ = sources(inputs)
    place = {column: at for at, column in enumerate(dict.fromkeys(source.column for source in needed))}
    width = len(table.columns) - (table.target is not None)
    if width != len(place):
        encoded = len(place) != len(inputs)
        uses = f"is made of {counted(len(place), 'column')} of the file" if encoded else f"has {counted(len(place), 'input')}"
        help = "give the columns in the order of the file, without the target and those that the network does not use"
        raise failure("E229", f"`X` has {counted(width, 'column')}, the network {uses}", span, help=help)
    places = Places(tuple(place[source.column] for source in needed), table.target)
    return _rows(table, inputs, places, classes, "error", span, keep_raw)


def builtin_rows(
    source: BuiltinSource,
    inputs: Sequence[Input],
    target_name: str | None = None,
    classes: Sequence[str] | None = None,
    keep_raw: bool = False,
) -> Rows:
    """The rows of a built-in set such as ``sklearn("iris")``, with their classes if ``classes`` are given (empty: numbers).

    Raises UserError: E224, E225, E622 (the set), E216 (missing columns), E221 (labels that are no class).
    """
    from bdnnc.data.builtin import read_builtin

    table = read_builtin(source, None if classes is None else not classes)
    places = locate(table, sources(inputs)[0], table.target, target_name, source.span)
    places = places if classes is not None else replace(places, target=None)
    return _rows(table, inputs, places, classes or (), "error", source.span, keep_raw)


def locate(
    table: Table, needed: Sequence[SourceColumn], target_column: int | None, target_name: str | None, span: Span | None
) -> Places:
    """Where a table has the columns of a network.

    By name, if the table has names and at least one of them is needed: then all columns must be there, and the target is
    read if its name is. Else by index, as in the file of the training. A table with exactly one column less than the columns
    that are needed lacks the target, and the columns after it have moved up by one; this is the only way in which a file
    without names may lack its target. An npz file or a pair of arrays says itself whether there is a target.
    """
    names = [source.name for source in needed]
    by_name = {name: column for column, name in reversed(list(enumerate(table.names)))} if table.named else {}
    if any(name in by_name for name in names):
        absent = [name for name in names if name not in by_name]
        if absent:
            raise _absent(table, absent, span)
        target = by_name.get(target_name or "") if target_column is not None else None
        return Places(tuple(by_name[name] for name in names), target if target is not None else table.target)
    columns = [source.column for source in needed]
    if target_column is None or table.target is not None:
        available = len(table.columns) - (table.target is not None)
        places = _moved_up(columns, target_column) if max(columns) == available else columns
        _refuse_narrow(table, available, max(places) + 1, span)
        return Places(tuple(places), table.target if target_column is not None else None)
    width = max(*columns, target_column) + 1
    if len(table.columns) == width - 1:
        return Places(tuple(_moved_up(columns, target_column)), None)
    _refuse_narrow(table, len(table.columns), width, span)
    return Places(tuple(columns), target_column)


def _moved_up(columns: Sequence[int], target: int | None) -> list[int]:
    return [column - (target is not None and column > target) for column in columns]


def _refuse_narrow(table: Table, available: int, needed: int, span: Span | None) -> None:
    if available < needed:
        message = f"`{table.name}` has {counted(available, 'column')}, the network needs at least {needed}"
        raise failure("E216", message, span, help="give the columns of the file that the network was trained on, in its order")


def _absent(table: Table, absent: Sequence[str], span: Span | None) -> Exception:
    near = get_close_matches(absent[0], table.names, 1)
    help = f"did you mean `{near[0]}`?" if near else "name the columns as in the file that the network was trained on"
    message = f"`{table.name}` has no {'column' if len(absent) == 1 else 'columns'} {listed(absent)}, which the network needs"
    return failure("E216", message, span, notes=[f"columns: {listed(table.names, 12)}"], help=help)


def _rows(
    table: Table,
    inputs: Sequence[Input],
    places: Places,
    classes: Sequence[str],
    missing: Literal["drop", "error"],
    span: Span | None,
    keep_raw: bool,
) -> Rows:
    needed, made_of = sources(inputs)
    wanted = [Wanted(column, source.as_text) for column, source in zip(places.columns, needed, strict=True)]
    target = None if places.target is None else WantedTarget(places.target, numbers=not classes)
    mend = f"mend these cells of `{table.name}`, or leave their rows out"
    points = read_points(table, wanted, target, missing, span, mend)
    X = transformed(points.columns, inputs, made_of, len(points.rows), span)
    raw = transformed(points.columns, unscaled(inputs), made_of, len(points.rows), span) if keep_raw else None
    found = (*notes(table, points), *unseen_notes(points.columns, inputs, made_of, f"`{table.name}`"))
    if points.targets is not None:
        y = np.zeros(len(points.rows), dtype=np.int64)
        return Rows(X, y, points.rows, found, points.targets.fractions(), raw)
    y = None if points.labels is None else labelled(points, classes, table.name, span)
    return Rows(X, y, points.rows, found, raw=raw)


def labelled(points: RawPoints, classes: Sequence[str], name: str, span: Span | None) -> NDArray[np.int64]:
    """The class indices of points with labels, shape (rows,). Raises UserError E221 on labels that are no class."""
    labels = points.labels or []
    codes = coded(labels, classes)
    refuse_unknown(labels, codes, classes, name, span)
    return codes


def notes(table: Table, points: RawPoints) -> tuple[str, ...]:
    """What was found in a file: its dialect, and the rows that were dropped."""
    from bdnnc.data.dialect import Dialect

    found: list[str] = []
    size = f"{counted(table.rows, 'row')}, {counted(len(table.columns), 'column')}"
    if table.delimiter is not None and table.header is not None:
        found.append(f"`{table.name}`: {Dialect(table.delimiter, table.header)}, {size}")
    if points.dropped:
        found.append(f"`{table.name}`: {counted(points.dropped, 'row')} with missing values dropped")
    return tuple(found)
