"""Columns of the data file, as they are written: a name in quotes, an index from 0, or a range of indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.sets import MAX_MEMBERS
from bdnnc.language.spec import Located
from bdnnc.language.words import QUANTITY_WORDS

WHAT = "the index of a column"


@dataclass(slots=True)
class ColumnReader:
    """Reads columns; what is wrong is reported and left out (E112 bare names, E117 and E126 indices, E301 and E302 ranges)."""

    constants: Constants

    def one(self, node: tree.Expr | tree.Text) -> Located[str | int] | None:
        if isinstance(node, tree.Text):
            return Located(node.value, node.span)
        if isinstance(node, tree.Quantity) and isinstance(self.constants.values.get(node.name.text), str):
            return Located(cast(str, self.constants.values[node.name.text]), node.span)
        if isinstance(node, tree.Quantity) and node.name.text not in self.constants.values.keys() | QUANTITY_WORDS:
            name = node.name.text
            help_text = f'write `"{name}"` for the column of that name'
            self.constants.findings.add("E112", f"unknown name `{name}`", node.span, help=help_text)
            return None
        index = self.constants.integer(node, WHAT, 0)
        return None if index is None else Located(index, node.span)

    def several(self, entries: Sequence[tree.Text | tree.Item]) -> list[Located[str | int]]:
        """The columns of a list, ranges written out, in the order of the text; a column may stand twice."""
        columns: list[Located[str | int]] = []
        for entry in entries:
            if isinstance(entry, tree.Text) or entry.high is None:
                column = self.one(entry if isinstance(entry, tree.Text) else entry.low)
                if column is not None:
                    columns.append(column)
                continue
            low, high = self.constants.integer(entry.low, WHAT, 0), self.constants.integer(entry.high, WHAT, 0)
            if low is None or high is None:
                continue
            if low > high:
                ends = shown(Fraction(low)), shown(Fraction(high))
                help_text = f"write `{ends[1]}..{ends[0]}`"
                self.constants.findings.add("E301", f"the range `{ends[0]}..{ends[1]}` is empty", entry.span, help=help_text)
            elif high - low + len(columns) >= MAX_MEMBERS:
                self.constants.findings.add("E302", f"more than {MAX_MEMBERS:,} columns", entry.span)
            else:
                columns.extend(Located(index, entry.span) for index in range(low, high + 1))
        return columns


def shown_column(column: str | int) -> str:
    return f'"{column}"' if isinstance(column, str) else str(column)
