"""The LP format, in the dialect that HiGHS, SCIP and Gurobi read alike.

Both bounds stand on every column, rows are ``name: terms sense number``. There are no constants: the objective's constant is a
column fixed at 1. No way to write a row with two finite sides is read by all three: ``name`` takes its lower side and
``name.upper`` its upper side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import MilpModel
from bdnnc.milp.names import Names
from bdnnc.milp.text import Decimals, decimals, framed, joined, joined_with, spans_by_weight, spans_of
from bdnnc.milp.written import WrittenRows, checked, file_name_safe, written_rows

Bytes = NDArray[np.bytes_]
Ints = NDArray[Any]

TERMS_PER_LINE = 8
"""Lines stay below the 510 characters that some readers take."""


def lp_chunks(model: MilpModel) -> Iterator[bytes | bytearray]:
    """The LP file in pieces of some megabytes. Rows without any finite bound are left out.

    Raises InternalError for a model that breaks the invariants of `MilpModel`.
    """
    checked(model)
    rows = _one_sided(written_rows(model))
    columns = Names.of(model.column_names).bytes_array()
    yield b"\\ " + file_name_safe(model.name) + b"\nMinimize\n"
    yield from _objective(model, rows, columns)
    yield b"Subject To\n"
    yield from _rows(rows, columns)
    yield b"Bounds\n"
    yield from _bounds(model, columns)
    yield from _generals(model, columns)
    yield b"End\n"


def _objective(model: MilpModel, rows: WrittenRows, columns: Bytes) -> Iterator[bytes | bytearray]:
    """The objective also names, with 0, the columns that stand in no row.

    The format wants a column named there or in a row before its bounds.
    """
    entries = np.bincount(rows.A.indices, minlength=len(columns))
    shown = np.flatnonzero((model.c != 0) | (entries == 0))
    yield b" objective:"
    for start, stop in spans_of(len(shown)):
        picked = shown[start:stop]
        yield joined(_signed(decimals(model.c[picked])), b" ", columns[picked], _breaks(np.arange(start, stop)))
    if not len(shown) and len(columns):
        yield b" 0 " + bytes(columns[0])
    yield b"\n"


def _rows(rows: WrittenRows, columns: Bytes) -> Iterator[bytes | bytearray]:
    values = Decimals(rows.A.data)
    offsets = rows.A.indptr
    heads, tails = _frames(rows, columns)
    names = framed(b" ", columns)
    for first, last in spans_by_weight(offsets):
        entries = slice(int(offsets[first]), int(offsets[last]))
        counts = np.diff(offsets[first : last + 1])
        place = np.arange(entries.stop - entries.start) - np.repeat(offsets[first:last] - offsets[first], counts)
        terms = (_breaks(place), _signed(values.take(values.codes[entries])), names[rows.A.indices[entries]])
        ends = np.stack([heads[first:last], tails[first:last]], axis=1).ravel()
        places = np.stack([offsets[first:last], offsets[first + 1 : last + 1]], axis=1).ravel() - offsets[first]
        yield joined_with(terms, places, ends, count=len(place))


def _one_sided(rows: WrittenRows) -> WrittenRows:
    """Each row with a width as two rows, one a side."""
    ranged = rows.widths > 0
    if not ranged.any():
        return rows
    order = np.repeat(np.arange(len(ranged)), 1 + ranged)
    second = np.concatenate([[False], order[1:] == order[:-1]])
    low = ranged[order] & ~second
    return WrittenRows(
        A=rows.A[order],
        names=np.char.add(rows.names[order], np.where(second, b".upper", b"")),
        senses=np.where(second, b"L", np.where(low, b"G", rows.senses[order])),
        right=np.where(second, rows.upper[order], np.where(low, rows.lower[order], rows.right[order])),
        lower=np.where(second, -np.inf, rows.lower[order]),
        upper=np.where(low, np.inf, rows.upper[order]),
        widths=np.zeros(len(order)),
    )


def _frames(rows: WrittenRows, columns: Bytes) -> tuple[Bytes, Bytes]:
    """What stands before and after the terms of each row; a row without terms gets a term of 0."""
    heads = framed(b" ", rows.names, b":")
    nothing = np.where(np.diff(rows.A.indptr) == 0, b" 0 " + (bytes(columns[0]) if len(columns) else b"x"), b"")
    signs = np.where(rows.senses == b"E", b" = ", np.where(rows.senses == b"L", b" <= ", b" >= "))
    right = Decimals(rows.right)
    return np.char.add(heads, nothing), framed(b"", np.char.add(signs, right.take(right.codes)), b"\n")


def _signed(texts: Bytes) -> Bytes:
    """`` +1.5`` or `` -1.5``."""
    negative = texts.view(np.uint8).reshape(len(texts), -1)[:, 0] == ord("-") if len(texts) else np.empty(0, dtype=bool)
    return np.char.add(np.where(negative, b" ", b" +"), texts)


def _breaks(place: Ints) -> Bytes:
    return np.where((place % TERMS_PER_LINE == 0) & (place > 0), b"\n ", b"")


def _bounds(model: MilpModel, columns: Bytes) -> Iterator[bytes | bytearray]:
    lower, upper = Decimals(model.lower), Decimals(model.upper)
    for start, stop in spans_of(len(columns)):
        part = slice(start, stop)
        fixed = model.lower[part] == model.upper[part]
        low = np.where(fixed, b"", framed(b"", lower.take(lower.codes[part]), b" <= "))
        sign = np.where(fixed, b" = ", b" <= ")
        yield joined(b" ", low, columns[part], sign, upper.take(upper.codes[part]), b"\n")


def _generals(model: MilpModel, columns: Bytes) -> Iterator[bytes | bytearray]:
    integers = np.flatnonzero(model.integrality)
    if integers.size:
        yield b"General\n"
    for start, stop in spans_of(len(integers)):
        yield joined(b" ", columns[integers[start:stop]], b"\n")
