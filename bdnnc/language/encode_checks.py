"""`encode`: columns that become several inputs of 0 and 1."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from bdnnc.diagnostics import Label, Span
from bdnnc.language import tree
from bdnnc.language.columns import ColumnReader, shown_column
from bdnnc.language.constants import Constants
from bdnnc.language.spec import Encode, Located

MAX_LEVELS = 100


@dataclass(slots=True)
class EncodeChecker:
    """Checks all `encode` clauses of a data block together. ``target``: the column of the target, where it is written."""

    constants: Constants
    target: Located[str | int] | None

    def check(self, clauses: Iterable[tree.Encode]) -> tuple[Encode, ...]:
        """The clauses, each with the columns that are right.

        Reports E126 levels out of range, E233 columns that stand twice and the target, E252 an empty list.
        """
        seen: dict[str | int, Span] = {}
        return tuple(self._encode(clause, seen) for clause in clauses)

    def _encode(self, clause: tree.Encode, seen: dict[str | int, Span]) -> Encode:
        kind = cast(Literal["onehot", "thermometer"], clause.method.text)
        levels = None
        if clause.bins is not None:
            levels = self.constants.integer(clause.bins, "the number of levels", 1, MAX_LEVELS)
        if not clause.columns.items:
            help_text = 'write for example `encode ["sex"] onehot`'
            self.constants.findings.add("E252", "a list of columns is empty", clause.columns.span, help=help_text)
        columns = ColumnReader(self.constants).several(clause.columns.items)
        return Encode(tuple(column for column in columns if self._is_free(column, seen)), kind, levels, clause.span)

    def _is_free(self, column: Located[str | int], seen: dict[str | int, Span]) -> bool:
        name, findings = shown_column(column.value), self.constants.findings
        if column.value in seen:
            label = Label(seen[column.value], "first here")
            message = f"column `{name}` is encoded twice"
            findings.add("E233", message, column.span, secondary=[label], help="name each column in one `encode`, once")
            return False
        seen[column.value] = column.span
        if self.target is None or column.value != self.target.value:
            return True
        label = Label(self.target.span, "the target")
        findings.add(
            "E233", "the target is not encoded", column.span, secondary=[label], help="labels may be texts as they are"
        )
        return False
