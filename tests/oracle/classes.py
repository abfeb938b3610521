"""The class of networks that a formulation states, told to brute force: the margins and bias ranges that were chosen."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.mentions import bias_numbers, layers_with_margin, mentioned
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import LatticeDomain, ParameterDomain, RealDomain
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Parameters
from tests.oracle import brute
from tests.oracle.looks import sees_numbers
from tests.oracle.skeletons import Sides

WORK = 1500.0
"""About five seconds."""


def enumerated(problem: Problem, without: Collection[str] = ()) -> list[Fraction | float] | None:
    """What brute force says, in the class of networks that the formulation states. Raises TooLargeError."""
    formulation = formulate(problem)
    sides = {plan.layer.name: side for plan in formulation.plans if (side := _sides(plan)) is not None}
    auto = {
        plan.layer.name: [
            _wider(domain) if _only_smaller_is_better(problem, place) else domain for domain in plan.thresholds.bias.domains
        ]
        for place, plan in enumerate(formulation.plans)
        if plan.layer.bias.kind == "auto" and sees_numbers(problem, place)
    }
    return brute.optima(problem, sides, _may_be_open(formulation, without), auto, WORK)


def _only_smaller_is_better(problem: Problem, place: int) -> bool:
    """Whether nothing is gained by a bias beyond those that `bias auto` chooses: no margin is maximized that grows with it, no
    goal asks for it itself, and no constraint adds others to it."""
    alone = [c for c in problem.constraints if len(c.terms) == 1]
    single = [
        term for statement in (*problem.goals, *problem.constraints) if statement not in alone for term in statement.terms
    ]
    freely = any(isinstance(t.quantity, Parameters) and (t.quantity.layer, t.quantity.part) == (place, "bias") for t in single)
    measured = any(place in layers_with_margin(quantity, problem) for quantity in mentioned(problem))
    return place in bias_numbers(problem) and not freely and not measured


def _wider(domain: ParameterDomain) -> ParameterDomain:
    """More biases than the compiler lets a layer have: the optimum must not be among those."""
    if isinstance(domain, LatticeDomain):
        return LatticeDomain(domain.origin - 2 * domain.step, domain.step, domain.count + 4)
    return RealDomain(domain.lower - 7, domain.upper + 7)


def _sides(plan: LayerPlan) -> Sides | None:
    """(t+, t-) of a layer with a chosen margin; None where it is exact, so that a strict inequality is all."""
    found, half = plan.thresholds, plan.thresholds.width / 2
    if plan.layer.unit == "linear":
        if found.width == 0:
            return None
        if plan.layer.units > 1:
            return found.width, found.width
        return None if found.exact else (half, half)
    if isinstance(plan.layer.margin, Fraction) or found.exact:
        return None
    return (Fraction(0), found.width) if found.one_sided else (half, half)


def is_simple(problem: Problem) -> bool:
    """Whether one loss is all that is asked, so that a bit left open costs what its wrong side does."""
    terms = [term for goal in problem.goals for term in goal.terms]
    return len(terms) == 1 and not problem.constraints and not problem.monotone


def loses_margins(problem: Problem) -> bool:
    """Whether `one_direction` makes the class larger, so that wrong outputs need no margin: where margins are chosen."""
    output = formulate(problem).plans[-1]
    return output.layer.unit != "linear" and not output.thresholds.exact


def _may_be_open(formulation: Formulation, without: Collection[str]) -> bool:
    """Whether an output may lie inside a chosen margin where it is wrong: `one_direction` has dropped its row, or there never
    was one, since only right outputs have rows."""
    output = formulation.plans[-1].layer
    keys = {variable.key for variable in formulation.program.variables}
    by_class = output.unit != "linear" and output.units > 1 and ("u", output.name) not in keys
    return by_class or "one_direction" not in without
