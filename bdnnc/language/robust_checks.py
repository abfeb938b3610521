"""The `robust` block, as far as this version reads it."""

from __future__ import annotations

from bdnnc.language import tree
from bdnnc.language.constants import Constants


def check_robust(robust: tree.Robust, constants: Constants) -> None:
    """Reports unknown names in the block, and that robustness is not supported yet."""
    for clause in robust.clauses:
        if isinstance(clause, tree.Perturbation):
            numbers = [value for value in clause.arguments.values if not isinstance(value, tree.Text | tree.ListOf)]
        else:
            numbers = [clause.low, clause.high]
        for number in numbers:
            constants.value(number)
    constants.findings.unsupported("`robust`", robust.keyword)
