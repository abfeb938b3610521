"""A verification as flat rows for CSV, and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bdnnc.exact import decimal_text
from bdnnc.network.verification.radius import Norm
from bdnnc.verifying.verdicts import Move, PointVerdict, SetCounts

if TYPE_CHECKING:
    from bdnnc.verifying.result import VerifyResult

FIRST_LAYER: dict[Norm, str] = {"linf": "first_layer_linf", "l1": "first_layer_l1", "l2": "first_layer_l2_squared"}
"""The column of each norm."""


def csv_text(result: VerifyResult) -> str:
    """A row a point. `delta:NAME` is how far an input of the counter-example moves, scaled, empty where there is none; columns
    of inputs that no point moves are left out. `seconds` come last: nothing else depends on who did the work."""
    moved = {move.input for verdict in result.points for move in verdict.moves}
    names = [name for name in result.inputs if name in moved]
    has_radius = any(verdict.radius is not None for verdict in result.points)
    norms: list[Norm] = [norm for norm in FIRST_LAYER if has_radius or norm == "linf"]
    radius = ["radius_certified", "radius_broken"] if has_radius else []
    head = ["set", "row", "label", "outcome", "predicted", "predicted_at"]
    head += [*(f"delta:{name}" for name in names), *(FIRST_LAYER[norm] for norm in norms), *radius, "seconds"]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    for verdict in result.points:
        deltas = {move.input: move.delta for move in verdict.moves}
        filler = Fraction(0) if verdict.outcome == "broken" else None
        cells: list[Any] = [verdict.set, verdict.row, verdict.label, verdict.outcome, verdict.predicted, verdict.predicted_at]
        cells += [_cell(deltas.get(name, filler)) for name in names]
        cells += [_cell(verdict.first_layer.get(norm)) for norm in norms]
        cells += [_cell(end) for end in shares(verdict, result.radius_unit)] if has_radius else []
        writer.writerow([*("" if cell is None else cell for cell in cells), f"{verdict.seconds:.3f}"])
    return stream.getvalue()


def shares(verdict: PointVerdict, unit: Fraction | None) -> tuple[Fraction | None, Fraction | None]:
    """The certified and the broken radius, in units of the set's own where it has one, else as shares of the set."""
    radius = verdict.radius
    if radius is None:
        return None, None
    times = Fraction(1) if unit is None else unit
    certified, broken = (None if share is None else share * times for share in (radius.certified, radius.broken))
    return certified, broken


def json_table(result: VerifyResult) -> dict[str, Any]:
    """One object: numbers are int or Fraction."""
    return {
        "within": result.within,
        "seconds": seconds(result.seconds),
        "interrupted": result.interrupted,
        "sets": [_set(found) for found in result.sets],
        "points": list(_points(result)),
    }


def seconds(value: float) -> Fraction:
    return Fraction(f"{value:.3f}")


def _set(found: SetCounts) -> dict[str, Any]:
    return {
        "set": found.name,
        "points": found.points,
        "distinct": found.distinct,
        "errors": found.errors,
        "certified": found.certified,
        "broken": found.broken,
        "undecided": found.undecided,
        "certified_accuracy": found.certified_accuracy,
        "worst_case_accuracy": [found.certified_accuracy, found.possible_accuracy],
        "seconds": seconds(found.seconds),
    }


def _points(result: VerifyResult) -> Iterator[dict[str, Any]]:
    for verdict in result.points:
        table: dict[str, Any] = {
            "set": verdict.set,
            "row": verdict.row,
            "label": verdict.label,
            "outcome": verdict.outcome,
            "predicted": verdict.predicted,
            "error": verdict.is_error,
            "counter_example": None,
            "first_layer_radius": {_json_norm(norm): value for norm, value in verdict.first_layer.items()},
            "seconds": seconds(verdict.seconds),
        }
        if verdict.outcome == "broken":
            moves = [_move(move) for move in verdict.moves]
            table["counter_example"] = {"predicted": verdict.predicted_at, "moves": moves}
        if verdict.radius is not None:
            certified, broken = shares(verdict, result.radius_unit)
            table["radius"] = {"certified": certified, "broken": broken, "complete": verdict.radius.is_complete}
        if verdict.reason:
            table["reason"] = verdict.reason
        yield table


def _json_norm(norm: str) -> str:
    return "l2_squared" if norm == "l2" else norm


def _move(move: Move) -> dict[str, Any]:
    table: dict[str, Any] = {"input": move.input, "from": move.at, "to": move.to, "delta": move.delta}
    return table if move.in_file is None else table | {"file_from": move.in_file[0], "file_to": move.in_file[1]}


def _cell(value: Fraction | None) -> str:
    return "" if value is None else decimal_text(value)
