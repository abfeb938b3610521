"""Constants: the exact value of an expression of numbers, params, functions and counts of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction

from bdnnc.diagnostics import Label, Span
from bdnnc.diagnostics.suggest import did_you_mean
from bdnnc.language import tree
from bdnnc.language.findings import Findings
from bdnnc.language.spec import Facts
from bdnnc.language.words import COUNTS, FUNCTIONS, MODEL_WORDS

MAX_EXPONENT = 400
MAX_DIGITS = 1000
MAX_BITS = 13_000
"""Numbers beyond these are no meant input, and could fill the memory."""

MAX_MAGNITUDE = 10**15
"""Beyond this, integers are no longer exact in a solver's floats, and bounds count as infinite."""


class Missing(Enum):
    """Why there is no value: an error was reported, or the data are not known yet."""

    ERROR = "error"
    DATA = "data"


Value = Fraction | str | Missing


@dataclass(slots=True)
class Constants:
    """Evaluates expressions. ``values`` are the params, ``layers`` the names of layers (for a better message).

    Every method reports what is wrong and returns ``Missing`` or None; ``awaits_data`` says whether a value was asked for that
    only the data can tell. ``before_data``: the values are for the data block, where that is an error.
    """

    findings: Findings
    facts: Facts | None = None
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    layers: frozenset[str] = frozenset()
    before_data: bool = False
    awaits_data: bool = False
    origins: dict[str, Span] = field(default_factory=dict[str, Span])
    """Where the value of each param was written: in the file or on the command line."""

    def value(self, node: tree.Expr | tree.Text) -> Value:
        """The number or string that the node stands for."""
        match node:
            case tree.Text():
                return node.value
            case tree.Number():
                return self._literal(node)
            case tree.Negative():
                return self._combined([node.operand], lambda numbers: -numbers[0], node.span)
            case tree.Sum():
                return self._chain(node.terms, node.operators, node.span)
            case tree.Product():
                return self._chain(node.factors, node.operators, node.span)
            case tree.Quantity():
                return self._named(node)
            case tree.Part():
                self._not_constant(f"`{node.layer.text}.{node.part.text}`", node.span)
                return Missing.ERROR

    def number(self, node: tree.Expr | tree.Text, what: str) -> Fraction | None:
        """The number that ``what`` needs; None if there is none (reported, or awaiting the data)."""
        value = self.value(node)
        if isinstance(value, str):
            self.findings.add("E124", f"{what} cannot be a string", node.span, secondary=self._origin(node))
            return None
        if value is Missing.DATA:
            self._awaits(what, node.span)
        return value if isinstance(value, Fraction) else None

    def integer(self, node: tree.Expr | tree.Text, what: str, least: int, most: int | None = None) -> int | None:
        """As ``number``, an integer of at least ``least``. Never rounds."""
        value = self.number(node, what)
        if value is None:
            return None
        if value.denominator != 1:
            help_text = "`floor` and `ceil` round"
            message = f"{what} is an integer, not {shown(value)}"
            self.findings.add("E117", message, node.span, secondary=self._origin(node), help=help_text)
            return None
        if value < least or (most is not None and value > most):
            bound = f"at least {least}" if value < least else f"at most {most:,}"
            message = f"{what} is {bound}, not {shown(value)}"
            room = f"{least} or more" if most is None else f"a number from {least} to {most:,}"
            self.findings.add("E126", message, node.span, secondary=self._origin(node), help=f"write {room}")
            return None
        return int(value)

    def is_moderate(self, value: Fraction, what: str, span: Span, help: str = "write a smaller number") -> bool:
        """Whether a solver can calculate with the number; E304 where it is beyond 1e15 in magnitude."""
        if abs(value) <= MAX_MAGNITUDE:
            return True
        message = f"{what} is at most 1e15 in magnitude, not {shown(value)}"
        notes = ["beyond that a solver cannot tell integers apart, and takes bounds for infinite"]
        self.findings.add("E304", message, span, notes=notes, help=help)
        return False

    def _origin(self, node: tree.Expr | tree.Text) -> list[Label]:
        """A label at the value of the param that the node is, if it is one."""
        name = node.name.text if isinstance(node, tree.Quantity) else ""
        return [Label(self.origins[name], "its value")] if name in self.origins else []

    def string(self, node: tree.Text | tree.Word, what: str) -> str | None:
        """A string, written out or held by a param."""
        if isinstance(node, tree.Text):
            return node.value
        value = self.values.get(node.text)
        if value is None:
            help_text = did_you_mean(node.text, self.values) or f'write `"{node.text}"` for a string'
            self.findings.add("E112", f"there is no param `{node.text}`", node.span, help=help_text)
        elif isinstance(value, Fraction):
            self.findings.add("E124", f"{what} is a string, but the param `{node.text}` is a number", node.span)
        elif value is Missing.DATA:
            self._awaits(what, node.span)
        return value if isinstance(value, str) else None

    def _awaits(self, what: str, span: Span) -> None:
        self.awaits_data = True
        if self.before_data:
            message = f"{what} cannot depend on `samples`, `features` or `classes`, which are counted afterwards"
            self.findings.add("E116", message, span)

    def _literal(self, node: tree.Number) -> Value:
        mantissa, _, exponent = node.text.lower().partition("e")
        # Compared as text first: int() of a giant exponent, or 10 to its power, could take all memory.
        digits = exponent.lstrip("+-").lstrip("0")
        if len(mantissa) > MAX_DIGITS or len(digits) > 4 or abs(int(exponent or "0")) > MAX_EXPONENT:
            self._too_large(node.span)
            return Missing.ERROR
        return Fraction(node.text)

    def _too_large(self, span: Span) -> None:
        notes = [f"exponents go from -{MAX_EXPONENT} to {MAX_EXPONENT}, numbers to {MAX_DIGITS} digits"]
        self.findings.add("E119", "a number of this size cannot be meant", span, notes=notes)

    def _combined(self, nodes: Sequence[tree.Expr], combine: Callable[[list[Fraction]], Fraction], span: Span) -> Value:
        """``combine`` of the numbers of all nodes."""
        numbers: list[Fraction] = []
        missing: Missing | None = None
        for node in nodes:
            value = self.value(node)
            if isinstance(value, str):
                self.findings.add("E124", "a string cannot be calculated with", node.span)
                value = Missing.ERROR
            if isinstance(value, Missing):
                missing = value if missing is not Missing.ERROR else missing
            else:
                numbers.append(value)
        return missing if missing is not None else self._bounded(combine(numbers), span)

    def _bounded(self, value: Fraction, span: Span) -> Value:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) <= MAX_BITS:
            return value
        self._too_large(span)
        return Missing.ERROR

    def _chain(self, nodes: Sequence[tree.Expr], operators: Sequence[str], span: Span) -> Value:
        result = self._combined(nodes[:1], lambda numbers: numbers[0], nodes[0].span)
        for operator, node in zip(operators, nodes[1:], strict=True):
            right = self._combined([node], lambda numbers: numbers[0], node.span)
            if operator == "/" and right == 0:
                self.findings.add("E118", "division by zero", node.span, "this is 0")
                right = Missing.ERROR
            if isinstance(result, Fraction) and isinstance(right, Fraction):
                result = self._bounded(ARITHMETIC[operator](result, right), span)
                if result is Missing.ERROR:
                    return result
            elif result is not Missing.ERROR:
                result = right if isinstance(right, Missing) else result
        return result

    def _named(self, node: tree.Quantity) -> Value:
        name = node.name.text
        if name in FUNCTIONS:
            return self._function(node)
        if name in MODEL_WORDS:
            self._not_constant(f"`{name}`", node.span)
            return Missing.ERROR
        if node.nominal or node.of is not None or node.weighted is not None or node.arguments is not None:
            self._not_a_quantity(node)
            return Missing.ERROR
        if name in COUNTS:
            return self._count(node)
        if name in self.values:
            return self.values[name]
        if name in self.layers:
            help_text = f"numbers of a layer are for example `l0({name}.weights)` and `fan_in({name})`"
            self.findings.add("E116", f"`{name}` is a layer, not a number", node.span, help=help_text)
            return Missing.ERROR
        known = [*self.values, *COUNTS, *FUNCTIONS, *MODEL_WORDS]
        help_text = self.column_help(name, f'write `"{name}"` where a column is meant') or did_you_mean(name, known)
        self.findings.add("E112", f"unknown name `{name}`", node.span, help=help_text)
        return Missing.ERROR

    def column_help(self, name: str, then: str) -> str | None:
        """A help line where the name is that of a column of the data, which ``then`` says what to do with."""
        return f"`{name}` is a column of the data: {then}" if self.facts and name in self.facts.columns else None

    def _not_constant(self, shown_name: str, span: Span) -> None:
        note = "it depends on the network that is sought"
        self.findings.add("E116", f"{shown_name} is not a constant", span, notes=[note], help="write a number or a param")

    def _not_a_quantity(self, node: tree.Quantity) -> None:
        """A param or an unknown name with arguments, `of` or `weighted`."""
        name = node.name.text
        if name in self.values or name in COUNTS:
            kind = "a param" if name in self.values else "a number"
            self.findings.add("E125", f"`{name}` is {kind} and stands alone", node.span)
            return
        help_text = did_you_mean(name, [*FUNCTIONS, *MODEL_WORDS])
        self.findings.add("E112", f"unknown quantity `{name}`", node.name.span, help=help_text)

    def _count(self, node: tree.Quantity) -> Value:
        name = node.name.text
        if self.facts is None:
            return Missing.DATA
        if name == "classes" and self.facts.classes is None:
            self.findings.add("E116", "regression has no `classes`", node.span, help="write a number")
            return Missing.ERROR
        counts = {"samples": self.facts.samples, "features": len(self.facts.inputs), "classes": len(self.facts.classes or ())}
        return Fraction(counts[name])

    def _function(self, node: tree.Quantity) -> Value:
        name = node.name.text
        if node.nominal or node.of is not None or node.weighted is not None:
            self.findings.add("E125", f"`{name}` takes arguments only", node.span)
            return Missing.ERROR
        given = node.arguments.values if node.arguments else ()
        numbers = [part for part in given if not isinstance(part, tree.Text | tree.ListOf)]
        one = name in ("abs", "floor", "ceil")
        if len(numbers) != len(given) or not numbers or (one and len(numbers) != 1):
            wanted = "one number" if one else "numbers"
            self.findings.add("E125", f"`{name}` takes {wanted} in parentheses", node.span, help=f"write `{name}(..)`")
            return Missing.ERROR
        return self._combined(numbers, lambda values: Fraction(FUNCTION[name](values)), node.span)


ARITHMETIC: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
FUNCTION: Mapping[str, Callable[[list[Fraction]], Fraction | int]] = {
    "min": min,
    "max": max,
    "abs": lambda values: abs(values[0]),
    "floor": lambda values: math.floor(values[0]),
    "ceil": lambda values: math.ceil(values[0]),
}


def shown(value: Fraction) -> str:
    """A number for a message: exact if that is short."""
    from bdnnc.exact import decimal_text

    if max(value.numerator.bit_length(), value.denominator.bit_length()) <= 60:
        return decimal_text(value)
    exponent = (value.numerator.bit_length() - value.denominator.bit_length()) * math.log10(2)
    return f"a number of size 1e{exponent:+.0f}"
