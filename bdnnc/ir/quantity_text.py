"""Quantities, goals and constraints as text, with the names of the problem that they were resolved for."""

from __future__ import annotations

from collections.abc import Sequence

from bdnnc.exact import decimal_text
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import (
    Errors,
    FanIn,
    FeaturesUsed,
    Loss,
    Margin,
    Margins,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)

MANY = 6
"""Single weights or biases that are told one by one."""


def term_text(term: Term, problem: Problem) -> str:
    """``0.01 * l0(hidden.weights)``."""
    return f"{decimal_text(term.coefficient)} * {quantity_text(term.quantity, problem)}"


def quantity_text(quantity: Quantity, problem: Problem) -> str:
    """The quantity in the words of the language, with names for numbers."""
    match quantity:
        case Loss():
            return _loss(quantity)
        case Errors(of):
            return "errors" if of is None else f"errors of `{problem.classes[of]}`"
        case Norm(kind, part, layers):
            inside = ", ".join(f"{problem.layers[layer].name}.{part}" for layer in layers)
            return f"{kind}({inside})"
        case UnitsUsed(layer):
            return f"units({problem.layers[layer].name})"
        case FeaturesUsed():
            return "features_used"
        case Margin(layer):
            return "margin" if layer is None else f"margin({problem.layers[layer].name})"
        case Margins():
            return "margins"
        case FanIn(layer):
            return f"fan_in({problem.layers[layer].name})"
        case Parameters():
            return _parameters(quantity, problem)


def _loss(loss: Loss) -> str:
    kind = f"hinge({decimal_text(loss.margin)})" if loss.kind == "hinge" else loss.kind
    if not loss.weights:
        return kind
    if isinstance(loss.weights, str):
        return f"{kind} weighted {loss.weights}"
    return f"{kind} weighted [{', '.join(map(decimal_text, loss.weights))}]"


def _parameters(single: Parameters, problem: Problem) -> str:
    names: Sequence[str] = problem.inputs if single.layer == 0 else ()
    head = f"{problem.layers[single.layer].name}.{single.part}"
    if single.part == "bias":
        places = [f"[{unit}]" for unit in single.units]
    else:
        places = [
            f"[{unit}, `{names[given]}`]" if names else f"[{unit}, {given}]"
            for unit, given in zip(single.units, single.inputs, strict=True)
        ]
    if len(places) > MANY:
        return f"{head}{places[0]} .. {head}{places[-1]}"
    return ", ".join(f"{head}{place}" for place in places)
