"""Offsets of a source as lines and columns, and as columns on a screen."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from bdnnc.diagnostics.model import Source

TAB = 4


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text, without their ends, and the offset at which each begins."""

    starts: tuple[int, ...]
    texts: tuple[str, ...]

    def position(self, offset: int) -> tuple[int, int]:
        """0-based line, and characters before ``offset`` on it (never beyond its end)."""
        line = max(bisect_right(self.starts, offset) - 1, 0)
        return line, min(offset - self.starts[line], len(self.texts[line]))


@lru_cache(maxsize=32)
def lines_of(source: Source) -> Lines:
    pieces = source.text.split("\n")
    starts: list[int] = []
    offset = 0
    for piece in pieces:
        starts.append(offset)
        offset += len(piece) + 1
    return Lines(tuple(starts), tuple(piece.removesuffix("\r") for piece in pieces))


def line_and_column(source: Source, offset: int) -> tuple[int, int]:
    """1-based line and column, in characters."""
    line, column = lines_of(source).position(offset)
    return line + 1, column + 1


def utf16_length(text: str) -> int:
    """UTF-16 code units, the unit of the language server protocol."""
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def displayed(text: str) -> tuple[str, list[int]]:
    """The text as a terminal shows it, and the screen column at which each character begins (and, last, the end).

    Tabs go to the next multiple of 4, East Asian wide characters take two columns, combining ones none; control characters,
    which could move the cursor, are replaced.
    """
    shown: list[str] = []
    columns = [0]
    for character in text:
        column = columns[-1]
        if character == "\t":
            width = TAB - column % TAB
            shown.append(" " * width)
        elif unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            width = 1
            shown.append("\ufffd")
        else:
            wide = unicodedata.east_asian_width(character) in "WF"
            width = 0 if unicodedata.combining(character) else 2 if wide else 1
            shown.append(character)
        columns.append(column + width)
    return "".join(shown), columns
