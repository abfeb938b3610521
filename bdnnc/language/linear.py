"""Expressions of a goal or constraint: constant, linear in the network's quantities, or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.diagnostics import Label, Span
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.words import LOSSES, MODEL_WORDS, NORMS


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient * quantity``."""

    coefficient: Fraction
    quantity: tree.Quantity | tree.Part


@dataclass(frozen=True, slots=True)
class Linear:
    """The sum of the terms and a constant."""

    terms: tuple[Term, ...]
    constant: Fraction

    def times(self, factor: Fraction) -> Linear:
        return Linear(tuple(Term(t.coefficient * factor, t.quantity) for t in self.terms), self.constant * factor)


@dataclass(slots=True)
class LinearReader:
    """Sorts expressions by kind. ``layers``: the network's layers by name."""

    constants: Constants
    layers: Mapping[str, tree.Layer]

    def read(self, node: tree.Expr) -> Linear | None:
        """The expression as a linear one; None if it isn't (reported: E324), or if a constant of it is missing."""
        if not any(_is_model(part) for part in _operands(node)):
            value = self.constants.number(node, "a term")
            return None if value is None else Linear((), value)
        match node:
            case tree.Quantity() | tree.Part():
                return Linear((Term(Fraction(1), node),), Fraction(0)) if self._check(node) else None
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
                "E324", "a product of two quantities of the network is not linear", model[0].span, secondary=labels
            )
            return None
        result = parts[0]
        for operator, factor, part in zip(node.operators, node.factors[1:], parts[1:], strict=True):
            result = self._times(operator, factor, result, part)
        return result

    def _times(self, operator: str, factor: tree.Expr, left: Linear | None, right: Linear | None) -> Linear | None:
        if operator == "/":
            if any(_is_model(part) for part in _operands(factor)):
                self.constants.findings.add("E324", "division is by constants only", factor.span)
                return None
            if right is not None and right.constant == 0:
                self.constants.findings.add("E118", "division by zero", factor.span, "this is 0")
                return None
            return None if left is None or right is None else left.times(1 / right.constant)
        if left is None or right is None:
            return None
        return left.times(right.constant) if not right.terms else right.times(left.constant)

    # --- the quantities themselves ----------------------------------------------------------------------------------

    def _check(self, node: tree.Quantity | tree.Part) -> bool:
        """Whether the quantity is well-formed: its arguments, `of` and `weighted` (E112, E125)."""
        if isinstance(node, tree.Part):
            self._index(node)
            return self._layer(node.layer)
        name = node.name.text
        before = len(self.constants.findings.found)
        if node.of is not None and name != "errors":
            self._wrong(f"`of` belongs to `errors`, not to `{name}`", node.of.span)
        if node.weighted is not None and name not in ("hamming", "zero_one", "hinge"):
            self._wrong(f"`weighted` belongs to `hamming`, `zero_one` and `hinge`, not to `{name}`", node.span)
        if node.nominal and name not in (*LOSSES, "errors", "margin"):
            self._wrong(f"`nominal` does not belong to `{name}`", node.span)
        self._arguments(name, node)
        return len(self.constants.findings.found) == before

    def _arguments(self, name: str, node: tree.Quantity) -> None:
        given: Sequence[tree.Expr | tree.Text | tree.ListOf] = node.arguments.values if node.arguments else ()
        if name in NORMS:
            if len(given) == 1 and self._is_weights(given[0]):
                return
            self._wrong(
                f"`{name}` takes the weights or biases of a layer",
                node.span,
                f"write `{name}(hidden.weights)` or `{name}(weights)`",
            )
        elif name in ("units", "fan_in") or (name == "margin" and node.arguments):
            if len(given) != 1 or not self._is_layer(given[0]):
                self._wrong(
                    f"`{name}` takes a layer", node.span, f"layers: {known_names(self.layers)}" if self.layers else None
                )
        elif name == "hinge":
            numbers = [part for part in given if not isinstance(part, tree.Text | tree.ListOf)]
            if len(given) != 1 or not numbers:
                self._wrong("`hinge` takes a margin", node.span, "write `hinge(1)`")
            else:
                self.constants.number(numbers[0], "the margin of `hinge`")
        elif name in ("weights", "bias"):
            self._wrong(f"`{name}` is not a number", node.span, f"write `l0({name})` or a single one, `hidden.{name}[0, 1]`")
        elif node.arguments:
            self._wrong(f"`{name}` takes no arguments", node.arguments.span, f"write `{name}`")

    def _is_weights(self, node: tree.Expr | tree.Text | tree.ListOf) -> bool:
        """Whether it is written like `LAYER.weights`, `LAYER.bias` or `weights`; that there is the layer is checked too."""
        if isinstance(node, tree.Part) and node.index is None:
            self._layer(node.layer)
            return True
        return isinstance(node, tree.Quantity) and node.name.text == "weights" and node.arguments is None

    def _is_layer(self, node: tree.Expr | tree.Text | tree.ListOf) -> bool:
        """Whether it is written like a layer; that there is one of this name is checked too."""
        if not isinstance(node, tree.Quantity) or node.arguments is not None:
            return False
        self._layer(node.name)
        return True

    def _layer(self, word: tree.Word) -> bool:
        if word.text in self.layers:
            return True
        help_text = did_you_mean(word.text, self.layers) or (f"layers: {known_names(self.layers)}" if self.layers else None)
        self.constants.findings.add("E112", f"there is no layer `{word.text}`", word.span, help=help_text)
        return False

    def _index(self, node: tree.Part) -> None:
        if node.index is None:
            help_text = (
                f"write `{node.layer.text}.{node.part.text}[0]`" if node.part.text == "bias" else "write `l0(..)` or an index"
            )
            self._wrong(f"`{node.layer.text}.{node.part.text}` is not a number", node.span, help_text)
            return
        for entry in (node.index.row, node.index.column):
            if entry is not None and not isinstance(entry, tree.Text | tree.Star):
                self.constants.integer(entry, "an index", 0)

    def _wrong(self, message: str, span: Span, help: str | None = None) -> None:
        self.constants.findings.add("E125", message, span, help=help)


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
