"""Which columns of a file the inputs of a network are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bdnnc.data.inputs import Above, Equals, Input
from bdnnc.exact import decimal_text


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column of the file to be read: its name, its 0-based place, and whether as texts (for one-hot inputs) or as numbers."""

    name: str
    column: int
    as_text: bool = False


def column_name(given: Input) -> str:
    """The name of the column of the file that an input is made of."""
    name = given.name.removesuffix(f"^{given.power}") if given.power > 1 else given.name
    if isinstance(given.transform, Above):
        return name.removesuffix(f">{decimal_text(given.transform.threshold)}")
    if isinstance(given.transform, Equals):
        return name.removesuffix(f"={given.transform.value}")
    return name


def sources(inputs: Sequence[Input]) -> tuple[tuple[SourceColumn, ...], tuple[int, ...]]:
    """``(columns, places)``: what has to be read, each once, in order of first use, and which of them each input is made of."""
    found: dict[tuple[int, bool], int] = {}
    columns: list[SourceColumn] = []
    places: list[int] = []
    for given in inputs:
        key = (given.column, isinstance(given.transform, Equals))
        if key not in found:
            found[key] = len(columns)
            columns.append(SourceColumn(column_name(given), *key))
        places.append(found[key])
    return tuple(columns), tuple(places)
