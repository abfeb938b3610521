"""Arrays of a program's text, as `bdnnc.ir.array_text` writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Source
from bdnnc.ir.text_cursor import LARGEST, Cursor, Token, is_number, refuse

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Numbers = NDArray[Any]  # one of the two

ENTRY = re.compile(r"^#(\d+) =((?:.*\n(?=  ))*.*)$", re.MULTILINE)
HEADER = re.compile(r"\s*matrix (\d+) (\d+)(?=\s|$)")
FOLD = re.compile(r"\s*(?:(\d+) times|each (\d+))(?=\s|$)")
PACKED = re.compile(
    r"(?<!\S)(?:(?P<value>[^\s*]+)\*(?P<count>\d+)|(?P<first>-?\d+)\.\.(?P<last>-?\d+)(?:/(?P<step>-?\d+))?)(?!\S)"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An array of the data section: characters ``start`` to ``stop``, not read yet."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Section:
    """The arrays that stand at the end of the text."""

    source: Source
    entries: dict[int, Stored]

    def array(self, place: int, token: Token, floats: bool) -> Numbers:
        """Array ``#place``, a vector or a matrix. Raises UserError E531."""
        found = self.entries.get(place)
        if found is None:
            refuse(self.source, token.start, token.start + len(token.text), f"there is no array `{token.text}` in the data")
        header = HEADER.match(self.source.text, found.start, found.stop)
        if header is None:
            return _folded(self.source, found.start, found.stop, floats)
        rows, columns = int(header[1]), int(header[2])
        values = _folded(self.source, header.end(), found.stop, floats)
        if len(values) != rows * columns:
            message = f"a matrix of {rows} rows and {columns} columns has {rows * columns} numbers, not {len(values)}"
            refuse(self.source, *header.span(), message)
        return values.reshape(rows, columns)


@dataclass(frozen=True, slots=True)
class Written:
    """An array as it stands in a line. ``single`` is a number that stands for as many as are needed."""

    cursor: Cursor
    token: Token
    read: Callable[[bool], Numbers]
    single: bool = False

    def floats(self, size: int | None) -> Floats:
        """The numbers of a vector; ``size`` None takes as many as are written. Raises UserError E531."""
        return self._vector(size, True).astype(np.float64, copy=False)

    def index(self, size: int | None) -> Index:
        """The same for integers."""
        return self._vector(size, False).astype(np.int64, copy=False)

    def matrix(self, shape: tuple[int, int] | None) -> Floats:
        """A matrix; ``shape`` is what a single number stands for. Raises UserError E531."""
        values = self.read(True).astype(np.float64, copy=False)
        if self.single and shape is not None:
            _affordable(self.cursor.source, self.token.start, shape[0] * shape[1])
            return np.full(shape, values[0])
        if self.token.text == "[":
            return np.atleast_2d(values)
        return values if values.ndim == 2 else self.cursor.refuse("expected a matrix, found a vector", self.token)

    def _vector(self, size: int | None, floats: bool) -> Numbers:
        values = self.read(floats)
        if values.ndim != 1:
            self.cursor.refuse("expected a vector, found a matrix", self.token)
        if self.single and size is not None:
            return np.full(size, values[0])
        if self.single:
            self.cursor.refuse("one number alone does not say how many; write it as `[..]` or `number*count`", self.token)
        if size is not None and len(values) != size:
            self.cursor.refuse(f"expected {size} {'number' if size == 1 else 'numbers'}, found {len(values)}", self.token)
        return values


def section_of(source: Source, start: int) -> Section:
    """The arrays from ``start`` to the end of the text, to be read where they are asked for."""
    entries: dict[int, Stored] = {}
    place = start
    for match in ENTRY.finditer(source.text, start):
        _only_blank(source, place, match.start())
        if int(match[1]) in entries:
            refuse(source, *match.span(1), f"array `#{match[1]}` stands twice")
        entries[int(match[1])] = Stored(*match.span(2))
        place = match.end()
    _only_blank(source, place, len(source.text))
    return Section(source, entries)


def written_array(cursor: Cursor, section: Section) -> Written:
    """The array that stands next in the line. Raises UserError E531."""
    token = cursor.next
    if cursor.accept("["):
        return _list(cursor, token)
    cursor.number()
    if cursor.accept(".."):
        last = cursor.next
        cursor.number()
        if cursor.next.kind == "reference":
            place = cursor.take()
            return Written(cursor, place, lambda floats: section.array(int(place.text[1:]), place, floats))
        step = cursor.integer() if cursor.accept("/") else 1
        return Written(cursor, token, lambda floats: _range(cursor.source, token, last, step))
    if cursor.next.text == "*" and cursor.after(1).text == "(":
        cursor.expect("*", "(")
        rows = cursor.count()
        cursor.expect(",")
        columns = cursor.count()
        cursor.expect(")")
        return Written(cursor, token, lambda floats: _repeated(cursor, token, rows * columns, floats).reshape(rows, columns))
    if cursor.next.text == "*" and cursor.after(1).kind == "number":
        cursor.take()
        count = cursor.count()
        return Written(cursor, token, lambda floats: _repeated(cursor, token, count, floats))
    return Written(cursor, token, lambda floats: _repeated(cursor, token, 1, floats), single=True)


def _list(cursor: Cursor, opening: Token) -> Written:
    rows: list[list[Token]] = [[]]
    while not cursor.accept("]"):
        token = cursor.next
        cursor.number()
        rows[-1].append(token)
        if cursor.accept(";"):
            rows.append([])
        elif not cursor.accept(",") and cursor.next.text != "]":
            cursor.refuse("expected `,`, `;` or `]`")
    if len({len(row) for row in rows}) != 1:
        cursor.refuse("rows of different length", opening)
    shape = (len(rows), len(rows[0]))

    def read(floats: bool) -> Numbers:
        values = np.array([_converted(cursor.source, t, floats) for row in rows for t in row], _kind(floats))
        return values.reshape(shape) if len(rows) > 1 else values

    return Written(cursor, opening, read)


def _repeated(cursor: Cursor, token: Token, count: int, floats: bool) -> Numbers:
    _affordable(cursor.source, token.start, count)
    return np.full(count, _converted(cursor.source, token, floats), _kind(floats))


def _converted(source: Source, token: Token, floats: bool) -> float | int:
    try:
        return float(token.text) if floats else int(token.text)
    except ValueError:
        kind = "number" if floats else "integer"
        refuse(source, token.start, token.start + len(token.text), f"`{token.text}` is no {kind}")


def _folded(source: Source, start: int, stop: int, floats: bool) -> Numbers:
    fold = FOLD.match(source.text, start, stop)
    if fold is None:
        return _numbers(source, start, stop, floats)
    inner = _folded(source, fold.end(), stop, floats)
    repeats = int(fold[1] or fold[2])
    _affordable(source, fold.start(), repeats * len(inner))
    return np.tile(inner, repeats) if fold[1] else np.repeat(inner, repeats)


def _numbers(source: Source, start: int, stop: int, floats: bool) -> Numbers:
    """Numbers, runs and ranges; what stands between two runs is converted at once."""
    pieces: list[Numbers] = []
    place = start
    has_packed = source.text.find("*", start, stop) >= 0 or source.text.find("..", start, stop) >= 0
    for match in PACKED.finditer(source.text, start, stop) if has_packed else ():
        pieces += _plain(source, place, match.start(), floats)
        pieces.append(_packed(source, match, floats))
        place = match.end()
    pieces += _plain(source, place, stop, floats)
    return np.concatenate(pieces) if pieces else np.empty(0, _kind(floats))


def _packed(source: Source, match: re.Match[str], floats: bool) -> Numbers:
    first, last = Token("number", match["first"], match.start()), Token("number", match["last"], match.start())
    if match["value"] is None:
        return _range(source, first, last, int(match["step"] or 1)).astype(_kind(floats))
    count = int(match["count"])
    _affordable(source, match.start(), count)
    return np.full(count, _converted(source, Token("number", match["value"], match.start()), floats), _kind(floats))


def _range(source: Source, first: Token, last: Token, step: int) -> Index:
    begin, end = int(_converted(source, first, False)), int(_converted(source, last, False))
    if step == 0 or (end - begin) % step or (end - begin) // step < 0:
        refuse(source, first.start, first.start + len(first.text), f"no range leads from {begin} to {end} in steps of {step}")
    _affordable(source, first.start, (end - begin) // step + 1)
    return np.arange(begin, end + (1 if step > 0 else -1), step, dtype=np.int64)


def _plain(source: Source, start: int, stop: int, floats: bool) -> Iterator[Numbers]:
    words = source.text[start:stop].split()
    if not words:
        return
    convert: Callable[[str], Any] = float if floats else int
    try:
        yield np.array(list(map(convert, words)), _kind(floats))
    except (ValueError, OverflowError):
        found = (match for match in re.finditer(r"\S+", source.text[start:stop]))
        wrong = next((m for m in found if not is_number(m[0]) or not (floats or m[0].lstrip("-").isdecimal())), None)
        where = (start + wrong.start(), start + wrong.end()) if wrong else (start, stop)
        text = wrong[0] if wrong else "a number beyond 64 bits"
        refuse(source, *where, f"`{text}` is no {'number' if floats else 'integer'}")


def _affordable(source: Source, start: int, count: int) -> None:
    if count > LARGEST:
        refuse(source, start, start + 1, f"an array of {count:,} numbers is more than a program can have")


def _only_blank(source: Source, start: int, stop: int) -> None:
    found = re.compile(r"\S").search(source.text, start, stop)
    if found:
        refuse(source, found.start(), found.end(), "expected an array, `#number = ..`")


def _kind(floats: bool) -> type[Any]:
    return np.float64 if floats else np.int64
