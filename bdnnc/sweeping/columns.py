"""The table of a sweep by columns, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from bdnnc.network.document import SetRecord
from bdnnc.network.evaluation import short_text
from bdnnc.sweeping.measurement import Measurement
from bdnnc.sweeping.row import Row, mean_absolute

Cell = str | bool | int | Fraction | None
SETS = ("train", "validation", "test")
FIGURES = ("errors", "accuracy", "absolute", "mean_absolute")


def flat_rows(rows: Sequence[Row]) -> list[dict[str, Cell]]:
    """A flat table a row, all with the same keys in the same order: params, `status`, figures, `message`. A column in which
    nothing is known is left out. A param that is called like a figure has `param_` before its name."""
    tables = [dict(_figures(row)) for row in rows]
    names = [name for name in _names(rows) if name in ("status", "message") or any(t.get(name) is not None for t in tables)]
    params = {name: _free_name(name, names) for name in (rows[0].params if rows else ())}
    return [
        {params[name]: value.text if value.number is None else value.number for name, value in row.params.items()}
        | {name: table.get(name) for name in names}
        for row, table in zip(rows, tables, strict=True)
    ]


def csv_text(rows: Sequence[Row]) -> str:
    """One line a row under a line of names; numbers are exact decimals where they have at most 17 digits, else 17 of them."""
    stream = io.StringIO()
    tables = flat_rows(rows)
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(tables[0] if tables else ["status"])
    writer.writerows([_csv_cell(value) for value in table.values()] for table in tables)
    return stream.getvalue()


def json_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A nested object a row; numbers are int or Fraction."""
    return [_object(row) for row in rows]


def _names(rows: Sequence[Row]) -> list[str]:
    """All columns that there may be but the params, in order."""
    goals = max((len(row.whole.goals) for row in rows if row.whole is not None), default=0)
    of_goals = [f"{kind}_{place}" for place in range(1, goals + 1) for kind in ("goal", "bound")]
    of_sets = [f"{name}_{figure}" for name in SETS for figure in FIGURES]
    of_folds = [f"cv_{name}_{part}" for name in FIGURES for part in ("mean", "deviation")]
    return ["status", "loss", *of_goals, "gap", *of_sets, *of_folds, "penalty", "front", "seconds", "message"]


def _figures(row: Row) -> Iterator[tuple[str, Cell]]:
    whole = row.whole
    yield "status", None if whole is None else whole.status
    yield "message", row.message
    if whole is not None:
        yield "loss", whole.loss
        for place, goal in enumerate(whole.goals, 1):
            yield f"goal_{place}", goal.value
            yield f"bound_{place}", goal.bound
        yield "gap", whole.gap
        for name, record in _sets(whole).items():
            yield from ((f"{name}_{figure}", value) for figure, value in _of_set(record).items())
        yield "penalty", whole.penalty
        yield "front", row.on_front if row.costs is not None else None
        yield "seconds", _seconds(whole)
    for name, spread in row.held_out.items():
        yield f"cv_{name}_mean", spread.mean
        yield f"cv_{name}_deviation", spread.deviation


def _sets(found: Measurement) -> dict[str, SetRecord]:
    sets = {"train": found.train, "validation": found.validation, "test": found.test}
    return {name: record for name, record in sets.items() if record is not None}


def _of_set(record: SetRecord) -> dict[str, Cell]:
    return {
        "errors": record.errors,
        "accuracy": record.accuracy,
        "absolute": record.absolute,
        "mean_absolute": mean_absolute(record),
    }


def _seconds(found: Measurement) -> Fraction:
    return Fraction(repr(found.seconds))


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name = f"param_{name}"
    return name


def _csv_cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return short_text(Fraction(value)) if isinstance(value, int | Fraction) else value


def _object(row: Row) -> dict[str, Any]:
    whole = row.whole
    held_out = {name: {"mean": spread.mean, "deviation": spread.deviation} for name, spread in row.held_out.items()}
    table: dict[str, Any] = {
        "params": _params(row),
        "status": None if whole is None else whole.status,
        "message": row.message or None,
        "goals": [],
        "loss": None,
        "gap": None,
        "penalty": None,
        "front": row.on_front,
        "sets": {},
        "cv": held_out or None,
        "folds": [None if fold is None else _fold(fold) for fold in row.folds],
        "seconds": None,
    }
    if whole is None:
        return table
    goals = [{"sense": g.sense, "text": g.text, "value": g.value, "bound": g.bound} for g in whole.goals]
    sets = {name: {"samples": record.samples, **_of_set(record)} for name, record in _sets(whole).items()}
    known = {"goals": goals, "loss": whole.loss, "gap": whole.gap, "penalty": whole.penalty, "sets": sets}
    return table | known | {"seconds": _seconds(whole)}


def _fold(found: Measurement) -> dict[str, Any]:
    test = None if found.test is None else {"samples": found.test.samples, **_of_set(found.test)}
    return {"status": found.status, "message": found.message or None, "test": test, "seconds": _seconds(found)}


def _params(row: Row) -> Mapping[str, Cell]:
    return {name: value.text if value.number is None else value.number for name, value in row.params.items()}
