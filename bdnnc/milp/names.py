"""Names of rows and columns, kept as blocks of a pattern and built only where they are read.

A name is ``symbol(layer,i,j)``: the symbol, the layer if there is one, and the indices. ``symbol`` alone names a single thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.text import CHUNK, digits, squeezed

Bytes = NDArray[np.bytes_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NameBlock:
    """Consecutive names of one pattern.

    ``index`` says which indices follow the layer: a shape (a tuple of integers) counts them row-major, so
    ``NameBlock("u", "hidden", (2, 2))`` is ``u(hidden,0,0) u(hidden,0,1) u(hidden,1,0) u(hidden,1,1)``; a tuple of integer
    arrays of equal length (k,), all non-negative, gives them one name each. ``()``, the default, is one name without indices:
    ``NameBlock("one")`` is ``one``, ``NameBlock("t", "hidden")`` is ``t(hidden)``.
    Raises ValueError for lengths that differ and for negative indices.
    """

    symbol: str
    layer: str = ""
    index: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.is_shape:
            if any(int(length) < 0 for length in self.index):
                raise ValueError(f"the shape {self.index} of the names `{self.symbol}` has a negative length")
            object.__setattr__(self, "index", tuple(int(length) for length in self.index))
            return
        arrays = tuple(np.ascontiguousarray(values, dtype=np.int64).ravel() for values in self.index)
        if len({len(values) for values in arrays}) != 1:
            raise ValueError(f"the index arrays of the names `{self.symbol}` differ in length")
        if any(values.size and int(values.min()) < 0 for values in arrays):
            raise ValueError(f"the index arrays of the names `{self.symbol}` hold negative numbers")
        object.__setattr__(self, "index", arrays)

    @property
    def is_shape(self) -> bool:
        return all(isinstance(part, int | np.integer) for part in self.index)

    @property
    def size(self) -> int:
        if not self.is_shape:
            return len(self.index[0])
        size = 1
        for length in self.index:
            size *= length
        return size

    @property
    def pieces(self) -> tuple[str, str]:
        """What stands before the first index and after the last."""
        if not self.layer and not self.index:
            return self.symbol, ""
        head = f"{self.symbol}({self.layer}"
        return (f"{head}," if self.layer and self.index else head), ")"

    @property
    def longest(self) -> int:
        """No name has more characters."""
        before, after = self.pieces
        if not self.size:
            return 1
        largest = [length - 1 if self.is_shape else int(length.max()) for length in self.index]
        return len(before) + sum(len(str(value)) for value in largest) + max(len(largest) - 1, 0) + len(after)

    def indices(self, start: int = 0, stop: int | None = None) -> tuple[Ints, ...]:
        """The indices of the names ``start`` to ``stop``: one array an axis, each (stop - start,)."""
        stop = self.size if stop is None else stop
        if not self.is_shape:
            return tuple(values[start:stop] for values in self.index)
        if not self.index:
            return ()
        return tuple(axis.astype(np.int64) for axis in np.unravel_index(np.arange(start, stop, dtype=np.int64), self.index))

    def name(self, position: int) -> str:
        before, after = self.pieces
        return before + ",".join(str(int(axis[0])) for axis in self.indices(position, position + 1)) + after

    def bytes_array(self, start: int = 0, stop: int | None = None) -> Bytes:
        """The names ``start`` to ``stop`` as ASCII bytes, shape (stop - start,), dtype ``S<longest>``."""
        stop = self.size if stop is None else stop
        before, after = self.pieces
        columns: list[NDArray[np.uint8]] = []
        for axis, values in enumerate(self.indices(start, stop)):
            columns.append(_constant(before if axis == 0 else ",", stop - start))
            columns.append(digits(values))
        if not self.index:
            columns.append(_constant(before, stop - start))
        columns.append(_constant(after, stop - start))
        return squeezed(np.hstack(columns))

    def find(self, indices: tuple[int, ...]) -> int | None:
        """The first position that has these indices, or None."""
        if len(indices) != len(self.index):
            return None
        if self.is_shape:
            if any(not 0 <= i < length for i, length in zip(indices, self.index, strict=True)):
                return None
            return int(np.ravel_multi_index(indices, self.index)) if indices else 0
        match = np.ones(self.size, dtype=bool)
        for value, axis in zip(indices, self.index, strict=True):
            match &= axis == value
        return int(np.argmax(match)) if match.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class TextBlock:
    """Names that follow no pattern, such as those read from a file: ASCII bytes, shape (k,)."""

    names: Bytes

    @property
    def size(self) -> int:
        return len(self.names)

    @property
    def longest(self) -> int:
        """No name has more characters."""
        return max(1, self.names.dtype.itemsize)

    def name(self, position: int) -> str:
        return bytes(self.names[position]).decode("ascii")

    def bytes_array(self, start: int = 0, stop: int | None = None) -> Bytes:
        return self.names[start:stop]


class Names(Sequence[str]):
    """All names of the rows or of the columns of a model, in order: a sequence of str that holds only its blocks.

    ``Names([NameBlock("one"), NameBlock("w", "hidden", (d, n))])``. A plain sequence of str is taken by ``Names.of``.
    """

    def __init__(self, blocks: Iterable[NameBlock | TextBlock]) -> None:
        self.blocks: tuple[NameBlock | TextBlock, ...] = tuple(blocks)
        self.offsets: Ints = np.concatenate([[0], np.cumsum([block.size for block in self.blocks], dtype=np.int64)]).astype(
            np.int64
        )

    @staticmethod
    def of(names: Sequence[str]) -> Names:
        """The names themselves if they are `Names`, else one block of text. Raises UnicodeEncodeError for non-ASCII names."""
        if isinstance(names, Names):
            return names
        return Names([TextBlock(np.array([name.encode("ascii") for name in names], dtype=np.bytes_))] if len(names) else [])

    def __len__(self) -> int:
        return int(self.offsets[-1])

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self.bytes_array(start, max(start, stop)).astype(np.str_).tolist()
            return [self[i] for i in range(start, stop, step)]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"there is no name {index} of {len(self)}")
        block = int(np.searchsorted(self.offsets, position, side="right")) - 1
        return self.blocks[block].name(position - int(self.offsets[block]))

    def __iter__(self) -> Iterator[str]:
        for block in self.blocks:
            yield from block.bytes_array().astype(np.str_).tolist()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and list(self) == list(other)  # pyright: ignore[reportUnknownArgumentType]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if len(self) <= 4:
            return f"Names({list(self)})"
        return f"Names({self[0]} {self[1]} .. {self[-1]}, {len(self)} of them)"

    def bytes_array(self, start: int = 0, stop: int | None = None) -> Bytes:
        """The names ``start`` to ``stop`` as ASCII bytes, shape (stop - start,), ``S`` as wide as the blocks' longest name."""
        stop = len(self) if stop is None else stop
        spans = [
            (block, max(start - first, 0), min(stop - first, block.size))
            for block, first in zip(self.blocks, self.offsets[:-1].tolist(), strict=True)
            if first < stop and first + block.size > start
        ]
        names = np.zeros(stop - start, dtype=f"S{max((block.longest for block, _, _ in spans), default=1)}")
        place = 0
        for block, begin, end in spans:
            for low in range(begin, end, CHUNK):  # the parts that a name is put together from are larger than the name
                high = min(low + CHUNK, end)
                names[place : place + high - low] = block.bytes_array(low, high)
                place += high - low
        return names

    @cached_property
    def _by_pattern(self) -> dict[tuple[str, int], list[int]]:
        found: dict[tuple[str, int], list[int]] = {}
        for number, block in enumerate(self.blocks):
            if isinstance(block, NameBlock):
                found.setdefault((block.pieces[0].rstrip(","), len(block.index)), []).append(number)
        return found

    def find(self, name: str) -> int | None:
        """The position of a name, or None: parsed, not searched, where the name follows a pattern."""
        head, indices = split_name(name)
        for number in self._by_pattern.get((head, len(indices)), ()):
            block = self.blocks[number]
            position = block.find(indices) if isinstance(block, NameBlock) else None
            if position is not None:
                return int(self.offsets[number]) + position
        for first, block in zip(self.offsets[:-1].tolist(), self.blocks, strict=True):
            if isinstance(block, TextBlock) and name.isascii():
                hits = np.flatnonzero(block.names == name.encode("ascii"))
                if hits.size:
                    return first + int(hits[0])
        return None


def split_name(name: str) -> tuple[str, tuple[int, ...]]:
    """``u(hidden,12,3)`` -> (``u(hidden``, (12, 3)); ``e(4)`` -> (``e(``, (4,)); ``one`` -> (``one``, ())."""
    if not name.endswith(")"):
        return name, ()
    symbol, _, inside = name[:-1].partition("(")
    parts = inside.split(",")
    layer = [] if parts[0].isdecimal() else [parts.pop(0)]
    if not all(part.isdecimal() for part in parts):
        return name, ()
    return f"{symbol}({''.join(layer)}", tuple(int(part) for part in parts)


def _constant(text: str, count: int) -> NDArray[np.uint8]:
    """The text as a row of bytes, repeated: shape (count, len(text))."""
    return np.broadcast_to(np.frombuffer(text.encode("ascii"), dtype=np.uint8), (count, len(text)))
