"""Which quantities a problem's goals and constraints mention, and what that means for the layers."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Constraint, Errors, Loss, Margin, Margins, Norm, Parameters, Quantity


def mentioned(problem: Problem, goals: int | None = None) -> Iterator[Quantity]:
    """The quantities of the first ``goals`` goals (None: of all) and of the constraints, as often as they stand there."""
    for statement in (*problem.goals[:goals], *problem.constraints):
        for term in statement.terms:
            yield term.quantity


def counts_classes(problem: Problem) -> bool:
    """Whether anything asks if points are right: `zero_one`, `errors`."""
    return any(isinstance(q, Errors) or (isinstance(q, Loss) and q.kind == "zero_one") for q in mentioned(problem))


def asks_for_nominal(problem: Problem) -> bool:
    """Whether anything asks what the network does on the points as they are, in a file with a `robust` block."""
    return any(isinstance(q, Loss | Errors | Margin) and q.nominal for q in mentioned(problem))


def hinge_margins(problem: Problem) -> list[Fraction]:
    """The distinct margins of the hinges that are mentioned, ascending."""
    return sorted({q.margin for q in mentioned(problem) if isinstance(q, Loss) and q.kind == "hinge"})


def layers_with_margin(quantity: Quantity, problem: Problem) -> tuple[int, ...]:
    """The layers whose distances from 0 a quantity speaks of."""
    if isinstance(quantity, Margin) and quantity.layer is not None:
        return (quantity.layer,)
    if isinstance(quantity, Margin | Margins):
        return tuple(place for place, layer in enumerate(problem.layers) if layer.unit != "linear")
    return ()


def layers_with_named_bias(problem: Problem) -> frozenset[int]:
    """The layers whose biases matter beyond the activations that they give: an internal bias cannot stand for them."""
    found = {place for place, layer in enumerate(problem.layers) if layer.unit == "linear"}
    for quantity in mentioned(problem):
        found.update(layers_with_margin(quantity, problem))
    return frozenset(found | bias_numbers(problem).keys())


def bias_numbers(problem: Problem) -> dict[int, tuple[Fraction, ...]]:
    """For each layer whose biases a goal or constraint looks at: 0, and the numbers that constraints compare them with.

    `bias auto` has to hold these, too, beside every threshold that matters for activations.
    """
    found: dict[int, set[Fraction]] = {}
    for statement in (*problem.goals, *problem.constraints):
        for term in statement.terms:
            for place in _layers_of_bias(term.quantity):
                numbers = found.setdefault(place, {Fraction(0)})
                if isinstance(statement, Constraint) and term.coefficient != 0:
                    numbers.add(statement.bound / term.coefficient)
    return {place: tuple(sorted(numbers)) for place, numbers in found.items()}


def _layers_of_bias(quantity: Quantity) -> tuple[int, ...]:
    match quantity:
        case Norm(_, "bias", layers):
            return layers
        case Parameters(layer, "bias"):
            return (layer,)
        case _:
            return ()
