"""Row families as whole sparse blocks: a family says how wide its rows are and fills slices of the final CSR arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.names import NameBlock

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Columns = NDArray[np.signedinteger[Any]]
"""Places of columns, of 32 or 64 bits."""
Counts = NDArray[np.int64] | int
"""Entries of each row, or of all rows."""


CHUNK = 65_536
"""Entries that are made at a time: a megabyte, which stays in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A few columns of every row of a family: ``columns`` and ``values`` broadcast to the family's grid and ``width``."""

    columns: Columns
    values: Floats
    width: int

    @property
    def first_column(self) -> int:
        return int(self.columns.flat[0]) if self.columns.size else 0

    @property
    def has_zeros(self) -> bool:
        return not bool(self.values.all())

    def fill(self, columns: NDArray[np.int32], values: Floats, lines: slice, grid: tuple[int, ...]) -> None:
        """Write those lines of the grid (along its first axis) into tables of their size and ``width``."""
        columns[...] = np.broadcast_to(self.columns, (*grid, self.width))[lines]
        values[...] = np.broadcast_to(self.values, (*grid, self.width))[lines]


@dataclass(frozen=True, slots=True, eq=False)
class ChunkedPiece:
    """The same where entries have to be gathered: ``part(lines)`` makes those of some lines of the grid (along its first axis),
    which broadcast to these lines and ``width``, so that nothing but the matrix itself is ever as large as the matrix.

    ``first_column``: any column of the piece, or before it and behind the pieces on its left.
    """

    part: Callable[[slice], tuple[Columns, Floats]]
    width: int
    first_column: int
    has_zeros: bool

    def fill(self, columns: NDArray[np.int32], values: Floats, lines: slice, grid: tuple[int, ...]) -> None:
        """Write those lines of the grid (along its first axis) into tables of their size and ``width``."""
        columns[...], values[...] = self.part(lines)


@dataclass(frozen=True, slots=True, eq=False)
class RowBlock:
    """A family of rows that all have the same width; zeros among the values are left out of the matrix.

    ``grid`` is the shape of the rows, row-major: ``(rows,)``, or ``(patterns, units)`` where every pair has a row, so that what
    depends on one of the two only is broadcast instead of gathered. ``axes`` names what each index of ``names`` counts.
    """

    kind: str
    layer: str
    statement: int
    grid: tuple[int, ...]
    pieces: Sequence[Piece | ChunkedPiece]
    lower: Floats
    upper: Floats
    names: NameBlock
    axes: tuple[str, ...]
    note: str
    trigger: str = ""
    """The symbol of the binaries that carry a big-M in this family; none where there is no M."""

    @property
    def rows(self) -> int:
        return prod(self.grid)

    @property
    def width(self) -> int:
        return sum(piece.width for piece in self.pieces)

    @property
    def entries(self) -> int:
        return self.rows * self.width

    @property
    def has_zeros(self) -> bool:
        return any(piece.has_zeros for piece in self.pieces)

    def fill(self, columns: NDArray[np.int32], values: Floats) -> Counts:
        """Write the block's entries to the front of flat arrays; returns how many each row has, an integer if all the same."""
        rows_of_line = prod(self.grid[1:])
        step = max(1, CHUNK // max(1, self.width * rows_of_line))
        counts: list[NDArray[np.int64]] = []
        place, has_zeros = 0, self.has_zeros
        for start in range(0, self.grid[0], step):
            lines = slice(start, min(start + step, self.grid[0]))
            rows = (lines.stop - lines.start) * rows_of_line
            inside = slice(place, place + rows * self.width)
            if not has_zeros:
                self._fill_lines(columns[inside], values[inside], lines)
                place = inside.stop
                continue
            made = np.empty(rows * self.width, dtype=np.int32), np.empty(rows * self.width)
            self._fill_lines(*made, lines)
            kept = np.flatnonzero(made[1] != 0)
            counts.append(np.diff(np.searchsorted(kept, np.arange(rows + 1) * self.width)))
            inside = slice(place, place + len(kept))
            for table, entries in zip((columns, values), made, strict=True):
                np.take(entries, kept, out=table[inside], mode="clip")
            place = inside.stop
        return np.concatenate(counts) if has_zeros else self.width

    def _fill_lines(self, columns: NDArray[np.int32], values: Floats, lines: slice) -> None:
        """Some lines of the grid, pieces in the order of their columns."""
        column_table = columns.reshape(-1, *self.grid[1:], self.width)
        value_table = values.reshape(-1, *self.grid[1:], self.width)
        start = 0
        for piece in sorted(self.pieces, key=lambda part: part.first_column):
            inside = slice(start, start + piece.width)
            piece.fill(column_table[..., inside], value_table[..., inside], lines, self.grid)
            start += piece.width


@dataclass(frozen=True, slots=True, eq=False)
class RaggedBlock:
    """A family of rows of different widths, small by nature (equations of weights, covers, clauses)."""

    kind: str
    layer: str
    statement: int
    rows: int
    row: Index
    columns: Index
    values: Floats
    lower: Floats
    upper: Floats
    names: NameBlock
    axes: tuple[str, ...]
    note: str

    @property
    def entries(self) -> int:
        return len(self.values)

    def fill(self, columns: NDArray[np.int32], values: Floats) -> Counts:
        """Write the block's entries to the front of flat arrays; returns how many each row has."""
        order = np.lexsort((self.columns, self.row))
        order = order[self.values[order] != 0]
        columns[: len(order)], values[: len(order)] = self.columns[order], self.values[order]
        return np.bincount(self.row[order], minlength=self.rows)


def one_column(columns: Columns, values: Floats | float) -> Piece:
    """A piece of width 1: ``columns`` and ``values`` broadcast to the grid."""
    return Piece(columns[..., None], np.asarray(values, dtype=np.float64)[..., None], 1)


def assemble(
    blocks: Sequence[RowBlock | RaggedBlock],
) -> tuple[Columns, NDArray[np.int32], Floats, Floats, Floats]:
    """``(indptr, indices, data, row_lower, row_upper)`` of all blocks under each other, without zeros.

    The arrays are allocated once, with room for the zeros: what is never written takes no memory. ``indptr`` is 32 bits wide as
    long as these can count the entries.
    """
    room = sum(block.entries for block in blocks)
    indices, data = np.empty(room, dtype=np.int32), np.empty(room)
    indptr = np.zeros(sum(block.rows for block in blocks) + 1, dtype=np.int32 if room < 2**31 else np.int64)
    row = place = 0
    for block in blocks:
        counts = block.fill(indices[place:], data[place:])
        ends = indptr[row + 1 : row + block.rows + 1]
        if isinstance(counts, int):
            np.multiply(np.arange(1, block.rows + 1, dtype=indptr.dtype), counts, out=ends)
        else:
            np.cumsum(counts, out=ends)
        ends += place
        row += block.rows
        place = int(indptr[row])
    lower = np.concatenate([block.lower for block in blocks]) if blocks else np.zeros(0)
    upper = np.concatenate([block.upper for block in blocks]) if blocks else np.zeros(0)
    return indptr, indices[:place], data[:place], lower, upper
