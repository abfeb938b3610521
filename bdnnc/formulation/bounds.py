"""What no network can do better than, known before any solver: a first bound of a goal."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import unavoidable
from bdnnc.formulation.mentions import layers_with_margin
from bdnnc.formulation.weights import weight_range
from bdnnc.ir.problem import ProblemLayer
from bdnnc.language.quantities import Errors, Loss, Margin, Margins, Parameters, Quantity


def least_objective(formulation: Formulation) -> Fraction:
    """A lower bound of the goal's minimized form, quantity by quantity."""
    goal = formulation.goal
    sign = sign_of(goal)
    total = sign * goal.constant
    for term in goal.terms:
        low, high = _range(term.quantity, formulation)
        coefficient = sign * term.coefficient
        total += coefficient * (low if coefficient > 0 else high)
    return total


def _range(quantity: Quantity, formulation: Formulation) -> tuple[Fraction, Fraction]:
    """Bounds of a quantity; of the side that goals don't push to only where single parameters and margins need it."""
    problem = formulation.problem
    match quantity:
        case Loss() | Errors():
            return unavoidable(problem, quantity), Fraction(problem.samples)
        case Margin() | Margins():
            reaches = [_reach(formulation, place) for place in layers_with_margin(quantity, problem)]
            most = sum(sum(units, Fraction(0)) for units in reaches)
            return Fraction(0), Fraction(most) if isinstance(quantity, Margins) else min(max(units) for units in reaches)
        case Parameters(place, part, units, inputs):
            return _parameter(formulation, place, part == "weights", units[0], inputs[0] if inputs else 0)
        case _:
            return Fraction(0), Fraction(0)


def _reach(formulation: Formulation, place: int) -> list[Fraction]:
    """For each unit how far from 0 its pre-activation can be, a little more at most."""
    box = formulation.program.preactivations[place]
    farthest = np.maximum(np.abs(box.low), np.abs(box.high)).max(axis=0)
    return [Fraction(float(value)) * (1 + Fraction(1, 10**9)) for value in farthest]


def _parameter(formulation: Formulation, place: int, weight: bool, unit: int, column: int) -> tuple[Fraction, Fraction]:
    plan = formulation.plans[place]
    if weight:
        return _weight(plan.layer, unit, column)
    bias = plan.thresholds.bias
    if bias.kind == "none":
        return Fraction(0), Fraction(0)
    domain = bias.of(unit)
    return domain.lower, domain.upper


def _weight(layer: ProblemLayer, unit: int, column: int) -> tuple[Fraction, Fraction]:
    if layer.free[unit, column]:
        return weight_range(layer)
    value = Fraction(layer.constant[unit, column])
    return value, value
