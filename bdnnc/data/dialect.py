"""How a delimited text is laid out: its delimiter, and whether its first record holds names."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice

from bdnnc.data.numbers import read_number
from bdnnc.data.table import is_missing

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {"\t": "TAB", " ": "blank"}
SAMPLE_RECORDS = 100
SAMPLE_CHARACTERS = 1 << 18


@dataclass(frozen=True, slots=True)
class Dialect:
    """One character between cells, and whether the first record is a header."""

    delimiter: str
    header: bool

    def __str__(self) -> str:
        name = DELIMITER_NAMES.get(self.delimiter, self.delimiter)
        return f"delimiter `{name}`, {'a header' if self.header else 'no header'}"


def sniff(text: str, delimiter: str | None = None, header: bool | None = None) -> Dialect:
    """The dialect of a text; what is given is not guessed.

    The delimiter is the one of ``, ; TAB |`` that cuts the first 100 records into equally many (more than one) cells; of
    several, the one that makes the larger share of them numbers, then the one that makes more cells. ``,`` if none does.
    """
    sample = _sample(text)
    if delimiter is None:
        delimiter = max(DELIMITERS, key=lambda candidate: _fitness(_records(sample, candidate)))
    if header is None:
        header = looks_like_header(_records(sample, delimiter))
    return Dialect(delimiter, header)


def looks_like_header(records: list[list[str]]) -> bool:
    """Whether the first record holds names.

    It does if none of its cells is a number or marked as missing (empty ones are allowed beside others), and below it there
    is a number, or none of its cells occurs again in its column.
    """
    if not records:
        return False
    first, below = records[0], records[1:]
    if not any(cell.strip() for cell in first) or any(
        _is_number(cell) or (cell.strip() and is_missing(cell)) for cell in first
    ):
        return False
    if any(_is_number(cell) for record in below for cell in record):
        return True
    return all(cell != name for record in below for cell, name in zip(record, first, strict=False))


def _sample(text: str) -> str:
    if len(text) <= SAMPLE_CHARACTERS:
        return text
    cut = text.rfind("\n", 0, SAMPLE_CHARACTERS)
    return text[:cut] if cut > 0 else text[:SAMPLE_CHARACTERS]


def _records(sample: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    found: list[list[str]] = []
    try:
        found.extend(record for record in islice(reader, SAMPLE_RECORDS) if not is_blank(record))
    except csv.Error:  # the whole text is read later, and says where it goes wrong
        return found
    return found


def is_blank(record: list[str]) -> bool:
    """Whether a record comes from a line without any cell: such lines are not rows."""
    return not record or (len(record) == 1 and not record[0].strip())


def _fitness(records: list[list[str]]) -> tuple[bool, float, int]:
    widths = {len(record) for record in records}
    consistent = len(widths) == 1 and max(widths) > 1
    cells = [cell for record in records for cell in record]
    numbers = sum(_is_number(cell) for cell in cells)
    share = numbers / len(cells) if consistent else 0.0
    return consistent, share, max(widths, default=0)


def _is_number(cell: str) -> bool:
    return isinstance(read_number(cell), Fraction)
