"""Columns of the file as the first-layer inputs that are made of them."""

from __future__ import annotations

from dataclasses import dataclass

from bdnnc.diagnostics import Label
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.spec import Facts, Located


@dataclass(slots=True)
class InputFinder:
    """Finds the inputs of a column. Reports E216 unknown columns, E345 columns without an input."""

    constants: Constants

    def of_column(self, named: Located[str | int], node: tree.Node, facts: Facts) -> tuple[int, ...] | None:
        """The places of the inputs, before powers; None where the column is wrong."""
        column = named.value if isinstance(named.value, int) else self._column(named.value, node, facts)
        if column is None:
            return None
        if column >= len(facts.columns):
            message = f"the file has {len(facts.columns)} columns, counted from 0: there is no column {column}"
            self._wrong("E216", message, node, facts, f"columns: {known_names(facts.columns)}")
            return None
        places = tuple(place for place, of in enumerate(facts.input_columns) if of == column)
        if not places:
            message = f"no input is made of the column `{facts.columns[column]}`"
            self._wrong("E345", message, node, facts, f"inputs: {known_names(facts.inputs)}")
            return None
        return places

    def _column(self, name: str, node: tree.Node, facts: Facts) -> int | None:
        if name in facts.columns:
            return facts.columns.index(name)
        help_text = did_you_mean(name, facts.columns) or f"columns: {known_names(facts.columns)}"
        if name in facts.inputs and facts.input_columns:
            column = facts.columns[facts.input_columns[facts.inputs.index(name)]]
            help_text = f'write `"{column}"`: a column means all inputs that are made of it'
        self._wrong("E216", f'there is no column `"{name}"`', node, facts, help_text)
        return None

    def _wrong(self, code: str, message: str, node: tree.Node, facts: Facts, help: str) -> None:
        read = Label(facts.span, "read from here")
        self.constants.findings.add(code, message, node.span, secondary=[read], help=help)
