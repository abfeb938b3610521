"""Quantities, goals and constraints as text, with the names of the problem that they were resolved for."""

from __future__ import annotations

from collections.abc import Sequence

from bdnnc.exact import decimal_text
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Errors, Parameters, Quantity, Term
from bdnnc.language.statement_text import quantity_text as in_words

MANY = 6
"""Single weights or biases that are told one by one."""


def term_text(term: Term, problem: Problem) -> str:
    """``0.01 * l0(hidden.weights)``."""
    return f"{decimal_text(term.coefficient)} * {quantity_text(term.quantity, problem)}"


def quantity_text(quantity: Quantity, problem: Problem) -> str:
    """The quantity in the words of the language, with names for numbers."""
    match quantity:
        case Errors(int() as of, nominal):
            return f"{'nominal ' if nominal else ''}errors of `{problem.classes[of]}`"
        case Parameters():
            return _parameters(quantity, problem)
        case _:
            return in_words(quantity, [layer.name for layer in problem.layers])


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
