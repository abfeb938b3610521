"""What the lines of a program's text are made of: blocks and their members, names of families, intervals, origins."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Literal

import numpy as np

from bdnnc.ir.array_parse import Section, Written, written_array
from bdnnc.ir.program import Index, Key, PreActivation
from bdnnc.ir.text_cursor import LARGEST, Cursor, Token


@dataclass(frozen=True, slots=True)
class Reading:
    """What later lines need of earlier ones."""

    section: Section
    patterns: int
    sizes: dict[Key, int] = field(default_factory=dict[Key, int])
    definitions: dict[str, PreActivation] = field(default_factory=dict[str, PreActivation])


@dataclass(frozen=True, slots=True)
class Head:
    """``symbol[layer; axes]``: what a family and its members are called."""

    symbol: str
    layer: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]
    index: tuple[Index, ...] | None
    size: int

    @property
    def naming(self) -> tuple[int, ...] | tuple[Index, ...]:
        return self.shape if self.index is None else self.index


def origin(cursor: Cursor) -> int:
    """``@5``: the statement that a line comes from."""
    cursor.expect("@")
    return cursor.integer()


def head_of(cursor: Cursor, reading: Reading) -> Head:
    """``u[hidden; sample 30, unit 2]``, or ``w[hidden; unit at .., input at ..; 3 members]``."""
    symbol = cursor.word()
    cursor.expect("[")
    layer = "" if cursor.next.text in {";", "]"} else cursor.word()
    axes: list[str] = []
    lengths: list[int] = []
    places: list[Written] = []
    while cursor.accept("," if axes else ";"):
        axes.append(cursor.word())
        if cursor.accept("at"):
            places.append(written_array(cursor, reading.section))
        else:
            lengths.append(cursor.count())
    if lengths and places:
        cursor.refuse("either all axes have a length or all say `at`")
    if not places:
        size = prod(lengths)
        if size > LARGEST:
            cursor.refuse(f"no family has {size:,} members")
        cursor.expect("]")
        return Head(symbol, layer, tuple(axes), tuple(lengths), None, size)
    cursor.expect(";")
    size = cursor.count()
    cursor.one_of("members", "member")
    cursor.expect("]")
    return Head(symbol, layer, tuple(axes), (), tuple(place.index(size) for place in places), size)


def members_of(cursor: Cursor, reading: Reading) -> tuple[Key, Written | None]:
    """``u[hidden]`` or ``u[hidden; 0..7]``."""
    symbol = cursor.word()
    cursor.expect("[")
    layer = "" if cursor.next.text in {";", "]"} else cursor.word()
    members = written_array(cursor, reading.section) if cursor.accept(";") else None
    cursor.expect("]")
    return (symbol, layer), members


def key_of(cursor: Cursor) -> Key:
    symbol = cursor.word()
    return symbol, layer_of(cursor)


def layer_of(cursor: Cursor) -> str:
    cursor.expect("[")
    layer = "" if cursor.next.text == "]" else cursor.word()
    cursor.expect("]")
    return layer


def expect_layer(cursor: Cursor, layer: str) -> None:
    """The layer that the line is about, named again."""
    token = cursor.next
    if cursor.word() != layer:
        cursor.refuse(f"expected `{layer}`, found `{token.text}`", token)


def size_of(cursor: Cursor, reading: Reading, key: Key, token: Token) -> int:
    """How many members a block has, whose name begins at ``token``. Raises UserError E531 for an unknown one."""
    if key not in reading.sizes:
        cursor.refuse(f"there is no block `{key[0]}[{key[1]}]` before this line", token)
    return reading.sizes[key]


def counted(cursor: Cursor, reading: Reading, size: int) -> Index:
    """What follows ``to``: which row or owner each number belongs to; without it 0, 1, 2 and so on."""
    return written_array(cursor, reading.section).index(size) if cursor.accept("to") else np.arange(size)


def interval(cursor: Cursor, reading: Reading) -> tuple[Written, Written]:
    cursor.expect("[")
    lower = written_array(cursor, reading.section)
    cursor.expect(",")
    upper = written_array(cursor, reading.section)
    cursor.expect("]")
    return lower, upper


def bit(cursor: Cursor) -> Literal[0, 1]:
    token = cursor.next
    value = cursor.integer()
    if value not in (0, 1):
        cursor.refuse("a binary is 0 or 1", token)
    return 1 if value else 0
