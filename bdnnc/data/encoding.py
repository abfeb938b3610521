"""`encode`: one-hot and thermometer inputs, 0/1, made of columns as they stand in the file and never scaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bdnnc.data.blame import error, failure, listed
from bdnnc.data.categories import RawColumn, TextColumn
from bdnnc.data.columns import Choice, find_column
from bdnnc.data.inputs import Above, Equals, Input
from bdnnc.data.labels import canonical_text
from bdnnc.data.numbers import ExactColumn
from bdnnc.data.points import Wanted
from bdnnc.data.sources import column_name
from bdnnc.data.table import Table
from bdnnc.diagnostics import Diagnostic, InternalError, Span, UserError
from bdnnc.exact import decimal_text
from bdnnc.language.spec import Encode

MOST_CATEGORIES = 1000


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one column is encoded; ``span``: where it is listed."""

    kind: Literal["onehot", "thermometer"]
    levels: int | None
    span: Span


Encoders = Mapping[int, Encoding]
"""How a column of the file is encoded; columns that are not encoded are not in it."""


def encoders(table: Table, choice: Choice, encodes: Sequence[Encode]) -> Encoders:
    """Which columns are encoded, and how.

    Raises UserError with all of E216, E228 (no such column, an ambiguous name), E233 (a column that is no feature, the target,
    or encoded twice).
    """
    found: list[Diagnostic] = []
    chosen: dict[int, Encoding] = {}
    for encode in encodes:
        for wanted in encode.columns:
            column = find_column(table, wanted)
            if isinstance(column, Diagnostic):
                found.append(column)
                continue
            said = f"column {column} (`{table.names[column]}`)"
            if column == choice.target:
                found.append(error("E233", f"the target, {said}, cannot be encoded", wanted.span, help="remove it here"))
            elif column not in choice.inputs:
                help = "add it to `features`, or remove it here"
                found.append(error("E233", f"{said} is encoded, but it is not among the features", wanted.span, help=help))
            elif column in chosen:
                found.append(error("E233", f"{said} is encoded twice", wanted.span, help="remove it here"))
            else:
                chosen[column] = Encoding(encode.kind, encode.levels, wanted.span)
    if found:
        raise UserError(found)
    return chosen


def wanted_columns(choice: Choice, chosen: Encoders) -> tuple[Wanted, ...]:
    """How each of the chosen columns is to be read."""
    return tuple(_wanted(column, chosen.get(column)) for column in choice.inputs)


def _wanted(column: int, encode: Encoding | None) -> Wanted:
    if encode is None:
        return Wanted(column)
    return Wanted(column, True) if encode.kind == "onehot" else Wanted(column, False, encode.span)


def encoded(points: RawColumn, name: str, column: int, encode: Encoding) -> tuple[Input, ...]:
    """The inputs that a column becomes; ``points`` are its training points, ``name`` and ``column`` those of the file.

    One-hot: one input a category of the training points, sorted like classes. Thermometer with k levels: x above min + (max -
    min) i / (k + 1) for i = 1..k. Raises UserError E234 (more than 1,000 categories), E235 (thermometer of a constant column).
    """
    if encode.kind == "onehot":
        if not isinstance(points, TextColumn):
            raise InternalError(f"`{name}` is to be one-hot and was not read as text")
        return _onehot(points, name, column, encode)
    if isinstance(points, TextColumn) or encode.levels is None:
        raise InternalError(f"`{name}` cannot be a thermometer")
    return _thermometer(points, name, column, encode, encode.levels)


def unseen_notes(columns: Sequence[RawColumn], inputs: Sequence[Input], places: Sequence[int], points: str) -> list[str]:
    """A line for each one-hot column with categories that no input stands for, whose inputs are all 0 there.

    Input j is made of ``columns[places[j]]``; ``points`` is what the columns belong to.
    """
    known: dict[int, dict[str, str]] = {}
    for given, place in zip(inputs, places, strict=True):
        if isinstance(given.transform, Equals):
            known.setdefault(place, {})[canonical_text(given.transform.value)] = column_name(given)
    notes: list[str] = []
    for place, values in known.items():
        column, name = columns[place], next(iter(values.values()))
        new = [kind for kind in column.categories() if kind not in values] if isinstance(column, TextColumn) else []
        if new:
            notes.append(f"{points}: `{name}` has categories that no training point has, read as none: {listed(new)}")
    return notes


def _onehot(points: TextColumn, name: str, column: int, encode: Encoding) -> tuple[Input, ...]:
    categories = points.categories()
    if len(categories) > MOST_CATEGORIES:
        message = f"`{name}` has {len(categories)} categories, one-hot inputs are made of at most {MOST_CATEGORIES}"
        help = "a column of numbers can be left as it is, or encoded with `thermometer`"
        raise failure("E234", message, encode.span, help=help)
    return tuple(Input(f"{name}={value}", column, Equals(value)) for value in categories)


def _thermometer(points: ExactColumn, name: str, column: int, encode: Encoding, levels: int) -> tuple[Input, ...]:
    low = Fraction(int(points.numerators.min()), points.denominator)
    high = Fraction(int(points.numerators.max()), points.denominator)
    if low == high:
        message = f"`{name}` is {decimal_text(low)} at every training point, so that a thermometer has no thresholds"
        raise failure("E235", message, encode.span, help="leave the column out of `encode`")
    thresholds = [low + (high - low) * level / (levels + 1) for level in range(1, levels + 1)]
    return tuple(Input(f"{name}>{decimal_text(t)}", column, Above(t)) for t in thresholds)
