"""Expressions of a goal or constraint: constant, linear in the network's quantities, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.quantity_reader import Meaning, QuantityReader
from bdnnc.language.words import MODEL_WORDS


@dataclass(frozen=True, slots=True)
class LinearTerm:
    """``coefficient * meaning``; ``node`` is what was written."""

    coefficient: Fraction
    meaning: Meaning
    node: tree.Quantity | tree.Part


@dataclass(frozen=True, slots=True)
class Linear:
    """The sum of the terms and a constant."""

    terms: tuple[LinearTerm, ...]
    constant: Fraction

    def times(self, factor: Fraction) -> Linear:
        return Linear(tuple(LinearTerm(t.coefficient * factor, t.meaning, t.node) for t in self.terms), self.constant * factor)

    def minus(self, other: Linear) -> Linear:
        return Linear(self.terms + other.times(Fraction(-1)).terms, self.constant - other.constant)


@dataclass(slots=True)
class LinearReader:
    """Sorts expressions by kind."""

    constants: Constants
    quantities: QuantityReader

    def read(self, node: tree.Expr) -> Linear | None:
        """The expression as a linear one; None if it isn't (reported: E324), or if a part of it is wrong or awaits the data."""
        if not any(_is_model(part) for part in _operands(node)):
            value = self.constants.number(node, "a term")
            return None if value is None else Linear((), value)
        match node:
            case tree.Quantity() | tree.Part():
                meaning = self.quantities.read(node)
                return None if meaning is None else Linear((LinearTerm(Fraction(1), meaning, node),), Fraction(0))
            case tree.Negative():
                inner = self.read(node.operand)
                return None if inner is None else inner.times(Fraction(-1))
            case tree.Sum():
                return self._sum(node)
            case tree.Product():
                return self._product(node)
            case tree.Number():
                return None

    def _sum(self, node: tree.Sum) -> Linear | None:
        parts = [self.read(term) for term in node.terms]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        signed = [
            part if sign == "+" else part.times(Fraction(-1)) for sign, part in zip(("+", *node.operators), known, strict=True)
        ]
        terms = tuple(term for part in signed for term in part.terms)
        return Linear(terms, sum((part.constant for part in signed), Fraction(0)))

    def _product(self, node: tree.Product) -> Linear | None:
        parts = [self.read(factor) for factor in node.factors]
        model = [factor for factor in node.factors if any(_is_model(part) for part in _operands(factor))]
        if len(model) > 1:
            labels = [Label(factor.span, "depends on the network too") for factor in model[1:3]]
            self.constants.findings.add(
                "E324",
                "a product of two quantities of the network is not linear",
                model[0].span,
                secondary=labels,
                help="add them up, each times a number, or bound one of them in `subject to { .. }`",
            )
            return None
        result = parts[0]
        for operator, factor, part in zip(node.operators, node.factors[1:], parts[1:], strict=True):
            result = self._times(operator, factor, result, part)
        return result

    def _times(self, operator: str, factor: tree.Expr, left: Linear | None, right: Linear | None) -> Linear | None:
        if operator == "/":
            if any(_is_model(part) for part in _operands(factor)):
                help_text = "multiply both sides of a comparison: `a / b <= 2` is `a <= 2 * b`"
                self.constants.findings.add("E324", "division is by constants only", factor.span, help=help_text)
                return None
            if right is not None and right.constant == 0:
                self.constants.findings.add("E118", "division by zero", factor.span, "this is 0")
                return None
            return None if left is None or right is None else left.times(1 / right.constant)
        if left is None or right is None:
            return None
        return left.times(right.constant) if not right.terms else right.times(left.constant)


def _operands(node: tree.Expr) -> list[tree.Expr]:
    """The leaves of the arithmetic: numbers, quantities and parts, not what stands in their parentheses."""
    leaves: list[tree.Expr] = []
    pending: list[tree.Expr] = [node]
    while pending:
        current = pending.pop()
        match current:
            case tree.Sum():
                pending.extend(current.terms)
            case tree.Product():
                pending.extend(current.factors)
            case tree.Negative():
                pending.append(current.operand)
            case _:
                leaves.append(current)
    return leaves


def _is_model(node: tree.Expr) -> bool:
    return isinstance(node, tree.Part) or (isinstance(node, tree.Quantity) and node.name.text in MODEL_WORDS)
