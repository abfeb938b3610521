"""What of a unit the quantities of a problem see: two units that look alike count as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bdnnc.ir.domains import ContinuousDomain, RealDomain
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import FanIn, FeaturesUsed, Margin, Margins, Norm, Parameters, Quantity, UnitsUsed


def quantities(problem: Problem) -> list[Quantity]:
    return [term.quantity for part in (*problem.goals, *problem.constraints) for term in part.terms]


def looked_at(problem: Problem, place: int) -> list[Callable[[Any], Any]]:
    """What of a unit the quantities see, besides its activations: two units that look alike count as one."""
    layer = problem.layers[place]
    looks: list[Callable[[Any], Any]] = []
    if problem.monotone:
        looks.append(lambda unit: unit.signs)
    if layer.unit == "linear":
        looks.append(lambda unit: unit.sums)
    if layer.bias.kind == "shared" or sees_bias(problem, place):
        looks.append(lambda unit: unit.bias)
    for quantity in quantities(problem):
        match quantity:
            case Norm(kind, "weights", layers) if place in layers:
                looks.append(lambda unit, kind=kind: _norm(unit, kind))
            case UnitsUsed(below) if below == place - 1:
                looks.append(lambda unit: unit.present)
            case FeaturesUsed() if place == 0:
                looks.append(lambda unit: unit.present)
            case FanIn(own) if own == place:
                looks.append(lambda unit: sum(unit.present))
            case Parameters(own, "weights", _, inputs) if own == place:
                looks.append(lambda unit, inputs=inputs: tuple(unit.weights[j] for j in inputs))
            case Margin() | Margins() if _in_margin(problem, place, quantity):
                looks.append(lambda unit: unit.sums if unit.unknowns else min(abs(total) for total in unit.sums))
            case _:
                pass
    return looks


def _norm(unit: Any, kind: str) -> Any:
    if kind == "l0":
        return sum(unit.present)
    if unit.unknowns:
        return unit.weights
    sizes = [abs(weight) for weight in unit.weights]
    return max(sizes) if kind == "linf" else sum(sizes) if kind == "l1" else sum(size**2 for size in sizes)


def _in_margin(problem: Problem, place: int, quantity: Quantity) -> bool:
    if problem.layers[place].unit == "linear":
        return False
    return isinstance(quantity, Margins) or (isinstance(quantity, Margin) and quantity.layer in (None, place))


def sees_bias(problem: Problem, place: int) -> bool:
    return any(
        (isinstance(q, Norm) and q.part == "bias" and place in q.layers)
        or (isinstance(q, Parameters) and q.part == "bias" and q.layer == place)
        or _in_margin(problem, place, q)
        for q in quantities(problem)
    )


def counts_biases(problem: Problem, place: int) -> bool:
    return any(isinstance(q, Norm) and q.kind == "l0" and q.part == "bias" and place in q.layers for q in quantities(problem))


def are_alike(problem: Problem, place: int) -> bool:
    """Whether the units of a hidden layer can be told apart by nothing that is declared, so that their order is free."""
    if place == len(problem.layers) - 1:
        return False
    layer, above = problem.layers[place : place + 2]
    rows = {(tuple(layer.free[unit]), tuple(layer.constant[unit])) for unit in range(layer.units)}
    columns = {(tuple(above.free[:, j]), tuple(above.constant[:, j])) for j in range(above.inputs)}
    rule = layer.bias
    unknown_bias = sees_bias(problem, place) and (rule.kind == "auto" or isinstance(rule.domain, RealDomain))
    if len(rows) > 1 or len(columns) > 1 or rule.kind == "fixed" or unknown_bias or isinstance(layer.domain, ContinuousDomain):
        return False
    row_quantities = [
        [term.quantity for term in part.terms if isinstance(term.quantity, FanIn | Parameters)]
        for part in (*problem.goals, *problem.constraints)
    ]
    return all(not found or (len(found) == 1 and isinstance(found[0], FanIn)) for found in row_quantities)


def sees_numbers(problem: Problem, place: int) -> bool:
    """Whether a quantity looks at the unknowns of a layer themselves, and not only at what they make active."""
    return (
        problem.layers[place].unit == "linear"
        or problem.layers[place].bias.kind == "shared"
        or sees_bias(problem, place)
        or any(
            (isinstance(q, Norm) and q.part == "weights" and q.kind != "l0" and place in q.layers)
            or (isinstance(q, Parameters) and q.layer == place)
            for q in quantities(problem)
        )
    )
