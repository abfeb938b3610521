"""Columns of text as categories: what one-hot inputs are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.labels import canonical_text, class_names
from bdnnc.data.numbers import ExactColumn
from bdnnc.data.table import Cells, texts


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn:
    """A column of texts: ``kinds[codes[i]]`` is that of row i, numbers as their shortest decimal (``1.0`` is ``1``)."""

    codes: NDArray[np.int64]
    kinds: tuple[str, ...]

    def at(self, where: NDArray[np.bool_]) -> TextColumn:
        """The rows where the mask is true."""
        return TextColumn(self.codes[where], self.kinds)

    def categories(self) -> tuple[str, ...]:
        """The distinct texts of the rows, sorted like classes: by value if all are numbers, else by code point."""
        there = np.bincount(self.codes, minlength=len(self.kinds))
        return class_names([kind for kind, count in zip(self.kinds, there.tolist(), strict=True) if count])

    def equals(self, value: str) -> ExactColumn:
        """1 where the text is ``value`` (the number ``value`` is, where both are numbers), else 0."""
        wanted = canonical_text(value)
        code = self.kinds.index(wanted) if wanted in self.kinds else -1
        return ExactColumn((self.codes == code).astype(np.int64), 1)


def text_column(cells: Cells) -> TextColumn:
    """The column, each distinct cell read once."""
    if isinstance(cells, np.ndarray):
        distinct, places = np.unique(cells, return_inverse=True)
        written, places = texts(distinct), places.reshape(-1).astype(np.int64)
    else:
        index = {text: place for place, text in enumerate(dict.fromkeys(cells))}
        written = texts(list(index))
        places = np.fromiter((index[text] for text in cells), dtype=np.int64, count=len(cells))
    spelled = [canonical_text(text) for text in written]
    kinds = {kind: code for code, kind in enumerate(dict.fromkeys(spelled))}
    codes = np.array([kinds[kind] for kind in spelled], dtype=np.int64)
    return TextColumn(codes[places], tuple(kinds))


RawColumn = ExactColumn | TextColumn
"""A column of a file as it was read: numbers, or texts where it is to be one-hot."""
