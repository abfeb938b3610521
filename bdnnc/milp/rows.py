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


CHUNK = 65_536
"""Entries of a `ChunkedPiece` that are made at a time: a megabyte, which stays in the cache."""


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

    def fill(self, columns: NDArray[np.int32], values: Floats) -> None:
        """Write into tables of the family's grid and ``width``."""
        columns[...] = self.columns
        values[...] = self.values


@dataclass(frozen=True, slots=True, eq=False)
class ChunkedPiece:
    """The same where entries have to be gathered: ``part(rows)`` makes those of a slice of the rows, (length, ``width``) or
    (length, 1), so that nothing but the matrix itself is ever as large as the matrix.

    ``first_column``: any column of the piece, or before it and behind the pieces on its left.
    """

    part: Callable[[slice], tuple[Columns, Floats]]
    width: int
    first_column: int
    has_zeros: bool

    def fill(self, columns: NDArray[np.int32], values: Floats) -> None:
        """Write into tables of the family's grid and ``width``."""
        lines, *inner = columns.shape[:-1]
        rows_of_line = prod(inner)
        step = max(1, CHUNK // max(1, self.width * rows_of_line))
        for start in range(0, lines, step):
            stop = min(start + step, lines)
            made = self.part(slice(start * rows_of_line, stop * rows_of_line))
            for table, entries in zip((columns, values), made, strict=True):
                table[start:stop] = entries.reshape(stop - start, *inner, entries.shape[-1])


@dataclass(frozen=True, slots=True, eq=False)
class RowBlock:
    """A family of rows that all have the same width; zeros among the values are pruned after assembly.

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

    def fill(self, columns: NDArray[np.int32], values: Floats) -> None:
        """Write the block's entries into flat slices of length rows * width, pieces in the order of their columns."""
        column_table = columns.reshape(*self.grid, self.width)
        value_table = values.reshape(*self.grid, self.width)
        start = 0
        for piece in sorted(self.pieces, key=lambda part: part.first_column):
            inside = slice(start, start + piece.width)
            piece.fill(column_table[..., inside], value_table[..., inside])
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

    @property
    def has_zeros(self) -> bool:
        return not bool(self.values.all())


def one_column(columns: Columns, values: Floats | float) -> Piece:
    """A piece of width 1: ``columns`` and ``values`` broadcast to the grid."""
    return Piece(columns[..., None], np.asarray(values, dtype=np.float64)[..., None], 1)


def assemble(
    blocks: Sequence[RowBlock | RaggedBlock],
) -> tuple[Columns, NDArray[np.int32], Floats, Floats, Floats]:
    """``(indptr, indices, data, row_lower, row_upper)`` of all blocks under each other; the arrays are allocated once."""
    indptr = _pointers(blocks)
    indices = np.empty(int(indptr[-1]), dtype=np.int32)
    data = np.empty(int(indptr[-1]), dtype=np.float64)
    row = 0
    for block in blocks:
        inside = slice(int(indptr[row]), int(indptr[row + block.rows]))
        if isinstance(block, RowBlock):
            block.fill(indices[inside], data[inside])
        else:
            order = np.lexsort((block.columns, block.row))
            indices[inside], data[inside] = block.columns[order], block.values[order]
        row += block.rows
    lower = np.concatenate([block.lower for block in blocks]) if blocks else np.zeros(0)
    upper = np.concatenate([block.upper for block in blocks]) if blocks else np.zeros(0)
    return indptr, indices, data, lower, upper


def _pointers(blocks: Sequence[RowBlock | RaggedBlock]) -> Columns:
    """Where each row begins among the entries, and where the last one ends; 32 bits wide as long as these can count them."""
    entries = sum(block.entries for block in blocks)
    pointers = np.zeros(sum(block.rows for block in blocks) + 1, dtype=np.int32 if entries < 2**31 else np.int64)
    row = 0
    for block in blocks:
        inside = pointers[row + 1 : row + block.rows + 1]
        if isinstance(block, RowBlock):
            inside[...] = np.arange(1, block.rows + 1, dtype=pointers.dtype) * block.width + pointers[row]
        else:
            inside[...] = np.cumsum(np.bincount(block.row, minlength=block.rows)) + pointers[row]
        row += block.rows
    return pointers
