"""Rows of a table as numbers, categories and labels; missing values are dropped or refused, text for numbers is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import SHOWN, counted, error, failure, listed
from bdnnc.data.categories import RawColumn, TextColumn, text_column
from bdnnc.data.numbers import ExactColumn, Unread, exact_column
from bdnnc.data.table import Table, missing_cells, picked, texts
from bdnnc.diagnostics import Diagnostic, Span, UserError


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column of the table: read as texts or as numbers; ``encode``: where it is named to be encoded by its numbers."""

    column: int
    as_text: bool = False
    encode: Span | None = None


@dataclass(frozen=True, slots=True)
class WantedTarget:
    """The column of the target, whose cells are labels, or for regression numbers; ``span``: where it is named, if it is."""

    column: int
    numbers: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RawPoints:
    """``columns``: those that were wanted, in that order, as in the file; ``labels``: (rows,) texts, and ``targets`` numbers,
    None where the target is not that; ``rows``: rows of the file from 0; ``dropped``: rows left out for missing values."""

    columns: tuple[RawColumn, ...]
    labels: list[str] | None
    rows: NDArray[np.int64]
    dropped: int
    targets: ExactColumn | None = None


def read_points(
    table: Table,
    wanted: Sequence[Wanted],
    target: WantedTarget | None,
    missing: Literal["drop", "error"],
    span: Span | None,
    mend: str | None = None,
) -> RawPoints:
    """The wanted columns of a table, rows with missing values in them or in the target dropped or refused.

    ``mend``: what to do about cells that cannot be read, where no spec can be changed; None for the advice on specs.
    Raises UserError with all of E218 (missing values), E219 (text where numbers belong), E220 (numbers out of range), or E230
    (no row without a missing value).
    """
    used = [*(want.column for want in wanted), *(() if target is None else (target.column,))]
    absent = np.column_stack([missing_cells(table.columns[column]) for column in used])
    gone: NDArray[np.bool_] = np.logical_or.reduce(absent, axis=1)
    found: list[Diagnostic] = []
    if missing == "error" and bool(gone.any()):
        found.append(_missing(table, used, absent, span, mend))
    elif bool(gone.all()):
        help = mend or "choose columns without missing values with `features`"
        raise failure("E230", f"every row of `{table.name}` has a missing value", span, help=help)
    # With an error to report all cells are looked at, so that one run shows everything; a dropped row does not matter.
    present = ~absent if missing == "error" else np.repeat(~gone.reshape(-1, 1), len(used), axis=1)
    readers = [text_column if want.as_text else exact_column for want in wanted]
    readers += [exact_column] if target is not None and target.numbers else []
    columns = [
        reader(picked(table.columns[column], present[:, j]))
        for j, (reader, column) in enumerate(zip(readers, used, strict=False))
    ]
    unread = _unread(table, wanted, target, present, columns, span)
    found.extend(replace(finding, help=mend) if mend and finding.code == "E219" else finding for finding in unread)
    if found:
        raise UserError(found)
    kept = np.flatnonzero(~gone)
    read = [column for column in columns if not isinstance(column, Unread)]
    labels = targets = None
    if target is not None and target.numbers:
        last = read.pop()
        targets = last if isinstance(last, ExactColumn) else None
    elif target is not None:
        # Blanks of a text file are its layout; those of an array were meant, and may be all that tells two labels apart.
        labels = texts(picked(table.columns[target.column], ~gone), trimmed=table.lines is not None)
    return RawPoints(tuple(read), labels, kept, int(gone.sum()), targets)


def _missing(table: Table, used: Sequence[int], absent: NDArray[np.bool_], span: Span | None, mend: str | None) -> Diagnostic:
    gone = np.flatnonzero(absent.any(axis=1))
    message = f"{counted(len(gone), 'row')} of `{table.name}` {'has' if len(gone) == 1 else 'have'} missing values"
    notes: dict[str, str] = {}
    for j in np.flatnonzero(absent.any(axis=0)).tolist():
        rows = np.flatnonzero(absent[:, j])
        places = ", ".join(table.place(int(row)) for row in rows[:SHOWN]) + (", .." if len(rows) > SHOWN else "")
        notes[table.names[used[j]]] = f"in column `{table.names[used[j]]}`: {places}"
    shown = [*notes.values()][:SHOWN]
    if len(notes) > SHOWN:
        shown.append(f"and in {counted(len(notes) - SHOWN, 'more column')}")
    return error("E218", message, span, notes=shown, help=mend or "write `missing drop` to leave these rows out")


def _unread(
    table: Table,
    wanted: Sequence[Wanted],
    target: WantedTarget | None,
    present: NDArray[np.bool_],
    columns: Sequence[RawColumn | Unread],
    span: Span | None,
) -> list[Diagnostic]:
    """What is wrong with the columns that could not be read as numbers, the target after the inputs."""
    plain: dict[int, str] = {}
    encoded: dict[Span, dict[int, str]] = {}
    beyond: list[str] = []
    of_target: list[Diagnostic] = []
    for j, column in enumerate(columns):
        if not isinstance(column, Unread):
            continue
        rows = np.flatnonzero(present[:, j])
        if j == len(wanted) and target is not None:
            if column.text:
                of_target.append(_text_target(table, target.column, rows[list(column.text)], target.span or span))
            place = target.column
        else:
            place, encode = wanted[j].column, wanted[j].encode
            if column.text:
                group = plain if encode is None else encoded.setdefault(encode, {})
                group[place] = _sample(table, place, rows, column.text)
        if column.range:
            beyond.append(_sample(table, place, rows, column.range))
    found = [_text_inputs(table, plain, span)] if plain else []
    found += [_text_levels(table, group, encode) for encode, group in encoded.items()]
    found += of_target
    if beyond:
        message = f"`{table.name}` has numbers that are infinite or out of range"
        help = "numbers must be below 1e300 in magnitude, with exponents within -400..400"
        found.append(error("E220", message, span, notes=beyond[:SHOWN], help=help))
    return found


def _text_inputs(table: Table, samples: dict[int, str], span: Span | None) -> Diagnostic:
    names = [table.names[column] for column in samples]
    column, holds = ("column", "holds") if len(names) == 1 else ("columns", "hold")
    message = f"{column} {listed(names)} of `{table.name}` {holds} text, not numbers"
    shown = [f'"{table.names[place]}"' if table.named else str(place) for place in samples]
    columns = ", ".join(shown[:SHOWN]) + (", .." if len(shown) > SHOWN else "")
    help = f"leave the columns out with `features`, or turn them into numbers: `encode [{columns}] onehot`"
    return error("E219", message, span, notes=[*samples.values()][:SHOWN], help=help)


def _text_levels(table: Table, samples: dict[int, str], encode: Span) -> Diagnostic:
    names = [table.names[column] for column in samples]
    message = (
        f"`thermometer` needs numbers, but {listed(names)} of `{table.name}` {'holds' if len(names) == 1 else 'hold'} text"
    )
    return error("E219", message, encode, notes=[*samples.values()][:SHOWN], help="encode text with `onehot`")


def _text_target(table: Table, column: int, rows: NDArray[np.int64], span: Span | None) -> Diagnostic:
    message = f"the target `{table.names[column]}` of `{table.name}` holds text, but the loss `absolute` needs numbers"
    shown = [f"`{_shortened(table, column, int(row))}` at {table.place(int(row))}" for row in rows[:SHOWN]]
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    help = "choose another `target`, or a loss of classes such as `zero_one`"
    return error("E219", message, span, notes=[", ".join(shown) + more], help=help)


def _sample(table: Table, column: int, rows: NDArray[np.int64], bad: Sequence[int]) -> str:
    row = int(rows[bad[0]])
    more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
    return f"column `{table.names[column]}`: `{_shortened(table, column, row)}` at {table.place(row)}{more}"


def _shortened(table: Table, column: int, row: int) -> str:
    cell = str(table.columns[column][row])
    return cell if len(cell) <= 30 else cell[:27] + ".."


def numbers_of(columns: Sequence[RawColumn]) -> list[ExactColumn]:
    """Those of the columns that are numbers."""
    return [column for column in columns if not isinstance(column, TextColumn)]
