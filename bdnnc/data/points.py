"""Rows of a table as exact numbers and label texts: what is missing is dropped or refused, what is no number is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import SHOWN, counted, error, failure, listed
from bdnnc.data.numbers import ExactColumn, Unread, assembled, exact_column
from bdnnc.data.table import Table, missing_cells, picked, texts
from bdnnc.diagnostics import Diagnostic, Span, UserError
from bdnnc.exact import ExactMatrix


@dataclass(frozen=True, slots=True, eq=False)
class RawPoints:
    """``X``: (rows, inputs) as in the file; ``labels``: (rows,) texts, None without a target; ``rows``: rows of the file
    from 0; ``dropped``: how many rows were left out for missing values."""

    X: ExactMatrix
    labels: list[str] | None
    rows: NDArray[np.int64]
    dropped: int


def read_points(
    table: Table, inputs: Sequence[int], target: int | None, missing: Literal["drop", "error"], span: Span | None
) -> RawPoints:
    """The chosen columns of a table, in the order of ``inputs``.

    Raises UserError with all of E218 (missing values), E219 (text where numbers belong), E220 (numbers out of range), or E230
    (no row without a missing value).
    """
    used = [*inputs, *(() if target is None else (target,))]
    absent = np.column_stack([missing_cells(table.columns[column]) for column in used])
    gone: NDArray[np.bool_] = np.logical_or.reduce(absent, axis=1)
    found: list[Diagnostic] = []
    if missing == "error" and bool(gone.any()):
        found.append(_missing(table, used, absent, span))
    elif bool(gone.all()):
        raise failure("E230", f"every row of `{table.name}` has a missing value", span)
    # With an error to report all cells are looked at, so that one run shows everything; a dropped row does not matter.
    present = ~absent if missing == "error" else np.repeat(~gone.reshape(-1, 1), len(used), axis=1)
    columns = [exact_column(picked(table.columns[column], present[:, j])) for j, column in enumerate(inputs)]
    found.extend(_unread(table, inputs, present, columns, span))
    if found:
        raise UserError(found)
    kept = np.flatnonzero(~gone)
    labels = None if target is None else texts(picked(table.columns[target], ~gone))
    exact = [column for column in columns if isinstance(column, ExactColumn)]
    return RawPoints(assembled(exact, len(kept)), labels, kept, int(gone.sum()))


def _missing(table: Table, used: Sequence[int], absent: NDArray[np.bool_], span: Span | None) -> Diagnostic:
    rows = np.flatnonzero(absent.any(axis=1))
    where = [table.names[used[j]] for j in np.flatnonzero(absent.any(axis=0)).tolist()]
    message = f"{counted(len(rows), 'row')} of `{table.name}` {'has' if len(rows) == 1 else 'have'} missing values"
    places = ", ".join(table.place(int(row)) for row in rows[:SHOWN]) + (", .." if len(rows) > SHOWN else "")
    notes = [f"in {'column' if len(where) == 1 else 'columns'} {listed(where)}: {places}"]
    return error("E218", message, span, notes=notes, help="write `missing drop` to leave these rows out")


def _unread(
    table: Table,
    inputs: Sequence[int],
    present: NDArray[np.bool_],
    columns: Sequence[ExactColumn | Unread],
    span: Span | None,
) -> list[Diagnostic]:
    text: list[str] = []
    beyond: list[str] = []
    names: list[str] = []
    for j, column in enumerate(columns):
        if isinstance(column, ExactColumn):
            continue
        rows = np.flatnonzero(present[:, j])
        name = table.names[inputs[j]]
        if column.text:
            names.append(name)
            text.append(_sample(table, inputs[j], rows, column.text))
        if column.range:
            beyond.append(_sample(table, inputs[j], rows, column.range))
    found: list[Diagnostic] = []
    if text:
        message = f"{'column' if len(names) == 1 else 'columns'} {listed(names)} of `{table.name}` hold text, not numbers"
        message = message.replace(" hold ", " holds ") if len(names) == 1 else message
        help = "leave the columns out with `features`, or turn them into numbers with `encode`"
        found.append(error("E219", message, span, notes=text[:SHOWN], help=help))
    if beyond:
        message = f"`{table.name}` has numbers that are infinite or out of range"
        help = "numbers must be below 1e300 in magnitude, with exponents within -400..400"
        found.append(error("E220", message, span, notes=beyond[:SHOWN], help=help))
    return found


def _sample(table: Table, column: int, rows: NDArray[np.int64], bad: Sequence[int]) -> str:
    row = int(rows[bad[0]])
    cell = str(table.columns[column][row])
    shown = cell if len(cell) <= 30 else cell[:27] + ".."
    more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"column `{table.names[column]}`: `{shown}` at {table.place(row)}{more}"
