"""Which quantities a problem's goals and constraints mention, and what that means for the layers."""

from __future__ import annotations

from collections.abc import Iterator

from bdnnc.formulation.weights import is_real
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Errors, FanIn, FeaturesUsed, Loss, Margin, Margins, Norm, Parameters, Quantity, UnitsUsed


def mentioned(problem: Problem, goals: int | None = None) -> Iterator[Quantity]:
    """The quantities of the first ``goals`` goals (None: of all) and of the constraints, as often as they stand there."""
    for statement in (*problem.goals[:goals], *problem.constraints):
        for term in statement.terms:
            yield term.quantity


def counts_classes(problem: Problem) -> bool:
    """Whether anything asks if points are right: `zero_one`, `errors`."""
    return any(isinstance(q, Errors) or (isinstance(q, Loss) and q.kind == "zero_one") for q in mentioned(problem))


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
        match quantity:
            case Norm("l0" | "l1" | "linf" | "l2", "bias", layers):
                found.update(layers)
            case Parameters(layer, "bias"):
                found.add(layer)
            case _:
                pass
    return frozenset(found)


def couples_parameters(problem: Problem, goals: int) -> bool:
    """Whether real parameters take part in anything but the activations of their own units: in a linear layer, a scaled set, a
    norm, a margin that is maximized, a constraint. Then they cannot be chosen unit by unit."""
    for place, layer in enumerate(problem.layers):
        if layer.unit == "linear" or not isinstance(layer.domain, RealDomain):
            has_real = is_real(layer) and bool(layer.free.any())
            if has_real or (layer.unit == "linear" and _has_real_bias(problem, place)):
                return True
    return bool(problem.monotone) or any(_couples(quantity, problem) for quantity in mentioned(problem, goals))


def _couples(quantity: Quantity, problem: Problem) -> bool:
    match quantity:
        case Margin() | Margins():
            return True
        case Norm(kind, "weights", layers):
            return kind != "l0" and any(is_real(problem.layers[place]) for place in layers)
        case Norm(_, _, layers):
            return any(_has_real_bias(problem, place) for place in layers)
        case Parameters(layer, "weights"):
            return is_real(problem.layers[layer])
        case Parameters(layer, _):
            return _has_real_bias(problem, layer)
        case Loss() | Errors() | FanIn() | UnitsUsed() | FeaturesUsed():
            return False


def _has_real_bias(problem: Problem, place: int) -> bool:
    rule = problem.layers[place].bias
    if rule.domain is not None:
        return isinstance(rule.domain, RealDomain)
    return rule.kind == "auto" and (is_real(problem.layers[place]) or problem.layers[place].unit == "linear")
