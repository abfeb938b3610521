"""Row families as whole sparse blocks: a family says how wide its rows are and fills slices of the final CSR arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.names import NameBlock

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A few columns of every row of a family: ``columns`` and ``values`` broadcast to the family's grid and ``width``."""

    columns: Index
    values: Floats
    width: int

    @property
    def first_column(self) -> int:
        return int(self.columns.flat[0]) if self.columns.size else 0

    @property
    def has_zeros(self) -> bool:
        return not bool(self.values.all())


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
    pieces: Sequence[Piece]
    lower: Floats
    upper: Floats
    names: NameBlock
    axes: tuple[str, ...]
    note: str

    @property
    def rows(self) -> int:
        return prod(self.grid)

    @property
    def width(self) -> int:
        return sum(piece.width for piece in self.pieces)

    @property
    def has_zeros(self) -> bool:
        return any(piece.has_zeros for piece in self.pieces)

    def fill(self, columns: NDArray[np.int32], values: Floats) -> None:
        """Write the block's entries into flat slices of length rows * width, pieces in the order of their columns."""
        column_table = columns.reshape(*self.grid, self.width)
        value_table = values.reshape(*self.grid, self.width)
        start = 0
        for piece in sorted(self.pieces, key=lambda part: part.first_column):
            stop = start + piece.width
            column_table[..., start:stop] = piece.columns
            value_table[..., start:stop] = piece.values
            start = stop


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
    def has_zeros(self) -> bool:
        return not bool(self.values.all())


def one_column(columns: Index, values: Floats | float) -> Piece:
    """A piece of width 1: ``columns`` and ``values`` broadcast to the grid."""
    return Piece(columns[..., None], np.asarray(values, dtype=np.float64)[..., None], 1)


def assemble(
    blocks: Sequence[RowBlock | RaggedBlock], columns: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats, Floats, Floats]:
    """``(indptr, indices, data, row_lower, row_upper)`` of all blocks under each other; the arrays are allocated once."""
    counts = [
        np.full(block.rows, block.width, dtype=np.int64)
        if isinstance(block, RowBlock)
        else np.bincount(block.row, minlength=block.rows)
        for block in blocks
    ]
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(counts))]) if blocks else np.zeros(1)
    indptr = indptr.astype(np.int64)
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
