"""Text of millions of entries from numpy: numbers formatted once a distinct value, lines put together as byte matrices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.bytes_]
Floats = NDArray[np.float64]
Codes = NDArray[np.int32]

CHUNK = 12_500
"""Entries that are turned into text at a time: their byte matrix of less than 1 MB stays in the cache."""

_HASH_BITS = 17
_HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth, The Art of Computer Programming 3, 6.4)
_MOST_PLACES = 9
_SHARE_OF_DISTINCT = 0.4
_FEW = 250_000


def decimals(values: Floats) -> Bytes:
    """The shortest decimals that read back as the same floats, without ``.0``; -0.0 is ``0``. Shape as given, dtype ``S``.

    They are what Python's repr gives; decimals of few digits, most of all data, are made by integer arithmetic on whole arrays.
    """
    texts = np.empty(len(values), dtype="S24")
    for start, stop in spans_of(len(values)):
        _fill_decimals(values[start:stop], texts[start:stop])
    return texts.astype(f"S{max(1, int(np.char.str_len(texts).max(initial=0)))}")


def _fill_decimals(values: Floats, texts: Bytes) -> None:
    rest = np.arange(len(values))
    for places in range(_MOST_PLACES + 1):
        if not rest.size:
            return
        with np.errstate(over="ignore"):  # an infinite product is no short decimal
            scaled = np.rint(values[rest] * 10.0**places)
        # both sides of the division are exact integers, so it rounds as a reader of the decimal does
        short = (np.abs(scaled) < 1e15) & (scaled / 10.0**places == values[rest])
        short &= (np.abs(values[rest]) >= 1e-4) | (scaled == 0)  # below, repr has an exponent
        texts[rest[short]] = _fixed_point(scaled[short].astype(np.int64), places)
        rest = rest[~short]
    texts[rest] = [repr(value).removesuffix(".0") for value in values[rest].tolist()]


def _fixed_point(scaled: NDArray[np.int64], places: int) -> Bytes:
    """The integers over 10**places, with all the places: ``-1234`` and 2 is ``-12.34``."""
    whole, fraction = np.divmod(np.abs(scaled), 10**places)
    pieces = [np.where(scaled < 0, np.uint8(ord("-")), np.uint8(0))[:, None], digits(whole)]
    if places:
        shown = digits(fraction + 10**places)[:, 1:] if len(fraction) else np.empty((0, places), dtype=np.uint8)
        pieces += [np.full((len(scaled), 1), ord("."), dtype=np.uint8), shown]
    return squeezed(np.hstack(pieces))


def digits(values: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Non-negative integers as ASCII digits, zero bytes in front: shape (count, most digits)."""
    width = len(str(int(values.max()))) if values.size else 1
    table = np.empty((len(values), width), dtype=np.uint8)
    rest = values
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        np.add(digit, ord("0"), out=table[:, place], casting="unsafe")
    leading = np.logical_and.accumulate(table[:, :-1] == ord("0"), axis=1)  # the last digit stays, also of 0
    table[:, :-1][leading] = 0
    return table


def squeezed(matrix: NDArray[np.uint8]) -> Bytes:
    """Rows of bytes with gaps of zero bytes -> an array of byte strings without them."""
    count, width = matrix.shape
    if count == 0 or width == 0:
        return np.empty(count, dtype="S1")
    used = matrix != 0
    lengths = used.sum(axis=1)
    longest = int(lengths.max())
    out = np.zeros((count, longest), dtype=np.uint8)
    out[np.arange(longest) < lengths[:, None]] = matrix[used]
    return out.view(f"S{longest}").ravel()


def distinct(values: Floats) -> tuple[Floats, Codes]:
    """``(found, codes)`` with ``found[codes] == values``: what np.unique gives, unsorted, faster where values repeat.

    Values are thrown into a hash table by their bits; those whose place is taken by another value are sorted instead.
    """
    bits = (values + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    slots = ((bits * _HASH_FACTOR) >> np.uint64(64 - _HASH_BITS)).astype(np.int64)
    table = np.zeros(1 << _HASH_BITS, dtype=np.uint64)
    taken = np.zeros(1 << _HASH_BITS, dtype=bool)
    table[slots] = bits
    taken[slots] = True
    code_of_slot = np.cumsum(taken, dtype=np.int32) - np.int32(1)
    codes = code_of_slot[slots]
    found = table[taken]
    missed = np.flatnonzero(table[slots] != bits)
    if missed.size:
        others, other_codes = np.unique(bits[missed], return_inverse=True)
        codes[missed] = other_codes + len(found)
        found = np.concatenate([found, others])
    return found.view(np.float64), codes


@dataclass(frozen=True, slots=True, eq=False)
class DecimalTable:
    """Texts by code; without a table (None) the codes are the floats themselves, formatted when they are taken."""

    texts: Bytes | None

    def take(self, codes: NDArray[Any]) -> Bytes:
        """The texts of these codes, in their order."""
        if self.texts is not None:
            return self.texts[codes]
        found, inverse = distinct(codes)
        return decimals(found)[inverse]


class Decimals:
    """The texts of a long array of floats. ``take(codes)`` gives those of the entries; ``codes`` has one integer an
    entry, of as few bytes as will do.

    Where most values differ, a table of all texts would outgrow the floats: then ``codes`` is the array itself, formatted a
    chunk at a time. ``table`` alone is enough for who has the codes.
    """

    def __init__(self, values: Floats) -> None:
        found: list[Floats] = []
        local = np.empty(len(values), dtype=np.min_scalar_type(CHUNK))  # codes into the table of the entry's own chunk
        known = 0
        for start, stop in spans_of(len(values)):
            table, local[start:stop] = distinct(values[start:stop])
            found.append(table)
            known += len(table)
            if known > max(_SHARE_OF_DISTINCT * len(values), _FEW):
                self.codes: NDArray[Any] = values
                self.table = DecimalTable(None)
                return
        merged = np.unique(np.concatenate(found)) if found else np.empty(0)
        kind = np.min_scalar_type(len(merged)) if len(merged) < 2**16 else np.dtype(np.int32)
        self.codes = local if kind == local.dtype else np.empty(len(values), dtype=kind)
        for (start, stop), table in zip(spans_of(len(values)), found, strict=True):
            self.codes[start:stop] = np.searchsorted(merged, table).astype(kind)[local[start:stop]]
        self.table = DecimalTable(decimals(merged))

    def take(self, codes: NDArray[Any]) -> Bytes:
        """The texts of these entries of ``codes``, in their order."""
        return self.table.take(codes)


def spans_of(count: int, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """``(start, stop)`` of consecutive chunks of ``size`` that cover ``count`` entries."""
    for start in range(0, count, size):
        yield start, min(start + size, count)


def spans_by_weight(offsets: NDArray[Any], size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """``(start, stop)`` of consecutive groups (columns, rows) with about ``size`` entries each.

    ``offsets`` has shape (groups + 1,), the number of entries before each group; a group is never cut. A group without entries
    weighs one.
    """
    groups = len(offsets) - 1
    weights: NDArray[np.int64] = offsets.astype(np.int64) + np.arange(groups + 1)
    start = 0
    while start < groups:
        stop = int(np.searchsorted(weights, int(weights[start]) + size, side="right")) - 1
        stop = min(max(stop, start + 1), groups)
        yield start, stop
        start = stop


def joined(*fields: Bytes | bytes, count: int | None = None) -> bytearray:
    """The fields of each record one after the other, the records one after the other.

    A field is an array of byte strings, shape (count,), or one byte string for all. Zero bytes vanish, so an empty field adds
    nothing to its record.
    """
    return joined_with(fields, np.empty(0, dtype=np.int64), np.empty(0, dtype="S1"), count)


def joined_with(
    fields: tuple[Bytes | bytes, ...], before: NDArray[Any], inserted: Bytes, count: int | None = None
) -> bytearray:
    """As `joined`, with the texts ``inserted`` (k,) put before the records ``before`` (k,), ascending, each at most ``count``.

    Texts before the same record keep their order.
    """
    arrays = [np.asarray(field, dtype=np.bytes_) for field in fields]
    length = count if count is not None else max((len(array) for array in arrays if array.ndim), default=1)
    layout = [(f"f{place}", array.dtype) for place, array in enumerate(arrays)]
    if not len(inserted):
        buffer, records = _blank(length, layout)
        for place, array in enumerate(arrays):
            records[f"f{place}"] = array
        return buffer.translate(None, b"\0")
    buffer, records = _blank(length + len(inserted), [*layout, ("inserted", inserted.dtype)])
    own = np.ones(len(records), dtype=bool)
    own[before + np.arange(len(inserted))] = False
    records["inserted"][~own] = inserted
    for place, array in enumerate(arrays):
        records[f"f{place}"][own] = array
    return buffer.translate(None, b"\0")


def _blank(count: int, layout: list[tuple[str, Any]]) -> tuple[bytearray, NDArray[Any]]:
    """Records of zero bytes, and the bytes that they stand in: text is cut from these without another copy."""
    dtype = np.dtype(layout)
    buffer = bytearray(count * dtype.itemsize)
    return buffer, np.frombuffer(buffer, dtype=dtype)


def framed(before: bytes, texts: Bytes, after: bytes = b"") -> Bytes:
    """``before`` and ``after`` around each text, once for a table that many entries are taken from."""
    return np.char.add(np.char.add(before, texts), after)
