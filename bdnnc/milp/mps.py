# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Free MPS: the whole model, both bounds on every column, shortest decimals, the same bytes for the same model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import MilpModel
from bdnnc.milp.names import Names
from bdnnc.milp.text import Decimals, DecimalTable, decimals, framed, joined, joined_with, spans_by_weight, spans_of
from bdnnc.milp.written import WrittenRows, checked, file_name_safe, written_rows

Bytes = NDArray[np.bytes_]
Ints = NDArray[Any]

OBJECTIVE = b"objective"
_INTEGERS_BEGIN = b" MARKER 'MARKER' 'INTORG'\n"
_INTEGERS_END = b" MARKER 'MARKER' 'INTEND'\n"


def mps_chunks(model: MilpModel) -> Iterator[bytes | bytearray]:
    """The MPS file in pieces of some megabytes. Rows without any finite bound are left out.

    Raises InternalError for a model that breaks the invariants of `MilpModel`.
    """
    checked(model)
    rows = written_rows(model)
    columns = Names.of(model.column_names).bytes_array()
    yield b"NAME " + file_name_safe(model.name) + b"\nROWS\n N " + OBJECTIVE + b"\n"
    yield from _row_types(rows)
    yield b"COLUMNS\n"
    yield from _columns(model, rows, columns)
    yield b"RHS\n"
    yield from _right_hand_sides(rows)
    yield from _ranges(rows)
    yield b"BOUNDS\n"
    yield from _bounds(model, columns)
    yield b"ENDATA\n"


def _row_types(rows: WrittenRows) -> Iterator[bytes | bytearray]:
    for start, stop in spans_of(len(rows.names)):
        yield joined(b" ", rows.senses[start:stop], b" ", rows.names[start:stop], b"\n")


def _right_hand_sides(rows: WrittenRows) -> Iterator[bytes | bytearray]:
    nonzero = np.flatnonzero(rows.right != 0)
    for start, stop in spans_of(len(nonzero)):
        picked = nonzero[start:stop]
        yield joined(b" RHS ", rows.names[picked], b" ", decimals(rows.right[picked]), b"\n")


def _ranges(rows: WrittenRows) -> Iterator[bytes | bytearray]:
    ranged = np.flatnonzero(rows.widths > 0)
    if ranged.size:
        yield b"RANGES\n"
    for start, stop in spans_of(len(ranged)):
        picked = ranged[start:stop]
        yield joined(b" RNG ", rows.names[picked], b" ", decimals(rows.widths[picked]), b"\n")


def _bounds(model: MilpModel, columns: Bytes) -> Iterator[bytes | bytearray]:
    lower, upper = Decimals(model.lower), Decimals(model.upper)
    for start, stop in spans_of(len(columns)):
        part = slice(start, stop)
        names = columns[part]
        fixed = model.lower[part] == model.upper[part]
        yield joined(
            np.where(fixed, b" FX BND ", b" LO BND "), names, b" ", lower.take(lower.codes[part]), b"\n",
            np.where(fixed, b"", b" UP BND "), np.where(fixed, b"", names), np.where(fixed, b"", b" "),
            np.where(fixed, b"", upper.take(upper.codes[part])), np.where(fixed, b"", b"\n"),
        )  # fmt: skip


def _columns(model: MilpModel, rows: WrittenRows, columns: Bytes) -> Iterator[bytes | bytearray]:
    by_column, table = _by_column(rows)
    offsets = by_column.indptr
    heading, first_lines = _first_lines(model, columns, np.diff(offsets))
    heads = framed(b" ", columns, b" ")
    for first, last in spans_by_weight(offsets):
        entries = slice(int(offsets[first]), int(offsets[last]))
        column = np.repeat(np.arange(first, last), np.diff(offsets[first : last + 1]))
        fields = heads[column], rows.names[by_column.indices[entries]], b" ", table.take(by_column.data[entries]), b"\n"
        inside = slice(*np.searchsorted(heading, (first, last)))
        yield joined_with(fields, offsets[heading[inside]] - offsets[first], first_lines[inside], count=len(column))
    if len(columns) and model.integrality[-1]:
        yield _INTEGERS_END


def _by_column(rows: WrittenRows) -> tuple[Any, DecimalTable]:
    """The matrix by columns, codes for its values, and the table of the codes. The codes by rows are gone by then."""
    from scipy.sparse import csr_array

    values = Decimals(rows.A.data)
    return csr_array((values.codes, rows.A.indices, rows.A.indptr), shape=rows.A.shape).tocsc(), values.table


def _first_lines(model: MilpModel, columns: Bytes, entries: Ints) -> tuple[Ints, Bytes]:
    """``(columns, texts)``: what stands before the matrix entries of a column where anything does: a marker where integrality
    changes, its line of the objective."""
    integral = model.integrality.astype(bool)
    before = np.concatenate([[False], integral])[:-1]
    marker = (integral & ~before) + 2 * (before & ~integral)
    shown = (model.c != 0) | (entries == 0)  # a column without entries needs a line all the same
    heading = np.flatnonzero(shown | (marker > 0))
    names, costs = columns[heading], Decimals(model.c[heading])
    lines = np.char.add(framed(b" ", names, b" " + OBJECTIVE + b" "), framed(b"", costs.take(costs.codes), b"\n"))
    markers: Bytes = np.array([b"", _INTEGERS_BEGIN, _INTEGERS_END])[marker[heading]]
    shown_lines: Bytes = np.where(shown[heading], lines, np.bytes_(b""))
    return heading, np.char.add(markers, shown_lines)
