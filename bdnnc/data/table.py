"""A file's columns as they were read, before any of them is chosen or understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = frozenset({"", "?", "na", "nan"})
NUMBER_STARTS = frozenset("0123456789+-.")

Cells = Sequence[str] | NDArray[Any]
"""A column: texts as written, or a numeric numpy array (kinds b, i, u, f)."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The columns of a source with equally many rows.

    ``named`` says that ``names`` were found and not made up. ``lines`` is the 1-based line of each row, None for sources
    without lines. ``target`` is the column of the labels where the source itself says so (npz, arrays, built-in sets);
    ``classes`` their order where the source fixes it. ``sha256`` is of the file's bytes, or of the canonical text of
    built-in and in-memory data.
    """

    name: str
    names: tuple[str, ...]
    named: bool
    columns: tuple[Cells, ...]
    rows: int
    sha256: str
    lines: NDArray[np.int64] | None = None
    delimiter: str | None = None
    header: bool | None = None
    target: int | None = None
    classes: tuple[str, ...] | None = None

    def place(self, row: int) -> str:
        """``line 24`` of a text file, ``row 23`` (from 0) of anything else."""
        return f"row {row}" if self.lines is None else f"line {int(self.lines[row])}"


def made_up(count: int) -> tuple[str, ...]:
    """Names for columns that have none: ``x0``, ``x1``, .. by their place in the file."""
    return tuple(f"x{column}" for column in range(count))


def is_missing(text: str) -> bool:
    """Whether a cell says that its value is not known: empty, ``?``, ``NA`` or ``nan`` in any case, blanks around it
    ignored."""
    return text.strip().lower() in MISSING


def missing_cells(cells: Cells) -> NDArray[np.bool_]:
    """Which cells of a column are missing, shape (rows,)."""
    if isinstance(cells, np.ndarray):
        return np.isnan(cells) if cells.dtype.kind == "f" else np.zeros(len(cells), dtype=np.bool_)
    absent = {text for text in set(cells) if text[:1] not in NUMBER_STARTS and is_missing(text)}
    if not absent:
        return np.zeros(len(cells), dtype=np.bool_)
    return np.fromiter((text in absent for text in cells), dtype=np.bool_, count=len(cells))


def picked(cells: Cells, where: NDArray[np.bool_]) -> Cells:
    """The cells of a column where the mask is true."""
    if isinstance(cells, np.ndarray):
        return cells[where]
    if bool(where.all()):
        return cells
    return [cells[row] for row in np.flatnonzero(where).tolist()]


def texts(cells: Cells, trimmed: bool = True) -> list[str]:
    """The cells as text, blanks around them removed if ``trimmed``; numbers as their shortest decimal that reads back."""
    if not isinstance(cells, np.ndarray):
        return [text.strip() for text in cells] if trimmed else list(cells)
    if cells.dtype.kind == "f" and cells.dtype != np.float64:
        return [str(value) for value in cells]
    return [str(value) for value in cells.tolist()]
