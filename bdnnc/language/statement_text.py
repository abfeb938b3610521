"""Goals and constraints as text, with every constant a number and every name a place: `hidden.weights[0, 3]`, `class 1`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bdnnc.exact import decimal_text
from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)


def goal_text(goal: Goal, layers: Sequence[str]) -> str:
    """The goal on one line; ``layers``: the names of the layers."""
    within = f" within {decimal_text(goal.within)}" if goal.within else ""
    return f"{goal.sense} {_sum(goal.terms, goal.constant, layers) or 'none'}{within}"


def constraint_text(constraint: Constraint, layers: Sequence[str]) -> str:
    """The constraint on one line, with the number of its rows where there are several."""
    rows = f"  ({constraint.rows} rows)" if constraint.rows > 1 else ""
    left = _sum(constraint.terms, Fraction(0), layers) or "0"
    return f"{left} {constraint.sense} {decimal_text(constraint.bound)}{rows}"


def monotone_text(monotone: Monotone) -> str:
    direction = "increasing" if monotone.increasing else "decreasing"
    output = "" if monotone.output is None else f" for output unit {monotone.output}"
    return f"monotone {direction} in inputs {places(monotone.inputs)}{output}"


def places(numbers: Sequence[int]) -> str:
    """``3`` if all are 3, ``0..4`` if they ascend by 1, else one by one."""
    if len(set(numbers)) == 1:
        return str(numbers[0])
    if list(numbers) == list(range(numbers[0], numbers[0] + len(numbers))):
        return f"{numbers[0]}..{numbers[-1]}"
    return " ".join(map(str, numbers))


def _sum(terms: Sequence[Term], constant: Fraction, layers: Sequence[str]) -> str:
    text = ""
    for term in terms:
        size = abs(term.coefficient)
        factor = "" if size == 1 else f"{decimal_text(size)} * "
        text += f"{_sign(term.coefficient, text)}{factor}{quantity_text(term.quantity, layers)}"
    return text if constant == 0 else f"{text}{_sign(constant, text)}{decimal_text(abs(constant))}"


def _sign(value: Fraction, before: str) -> str:
    if not before:
        return "-" if value < 0 else ""
    return " - " if value < 0 else " + "


def quantity_text(quantity: Quantity, layers: Sequence[str]) -> str:
    """The quantity in the words of the language; classes, units and inputs are told by number."""
    match quantity:
        case Loss(kind, margin, weights, nominal):
            argument = f"({decimal_text(margin)})" if kind == "hinge" else ""
            return f"{_plain(nominal)}{kind}{argument}{_weighted(weights)}"
        case Errors(of, nominal):
            return _plain(nominal) + ("errors" if of is None else f"errors of class {of}")
        case Norm(kind, part, of_layers):
            return f"{kind}({', '.join(f'{layers[layer]}.{part}' for layer in of_layers)})"
        case UnitsUsed(layer):
            return f"units({layers[layer]})"
        case FeaturesUsed():
            return "features_used"
        case Margin(layer, nominal):
            return _plain(nominal) + ("margin" if layer is None else f"margin({layers[layer]})")
        case Margins():
            return "margins"
        case FanIn(layer):
            return f"fan_in({layers[layer]})"
        case Parameters(layer, part, units, inputs):
            index = places(units) if not inputs else f"{places(units)}, {places(inputs)}"
            return f"{layers[layer]}.{part}[{index}]"


def _plain(nominal: bool) -> str:
    return "nominal " if nominal else ""


def _weighted(weights: str | tuple[Fraction, ...] | None) -> str:
    if not weights:
        return ""
    return f" weighted {weights if isinstance(weights, str) else '[' + ', '.join(map(decimal_text, weights)) + ']'}"
