"""Whether real parameters can be chosen unit by unit once the activations are known."""

from __future__ import annotations

from collections.abc import Sequence

from bdnnc.formulation.mentions import mentioned
from bdnnc.formulation.plan import LayerPlan
from bdnnc.formulation.weights import is_real
from bdnnc.ir.domains import ScaledDomain
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Errors, FanIn, FeaturesUsed, Loss, Margin, Margins, Norm, Parameters, Quantity, UnitsUsed


def couples_parameters(problem: Problem, plans: Sequence[LayerPlan], goals: int) -> bool:
    """Whether real parameters take part in anything but the activations of their own units: in a linear layer, a scaled set, a
    norm, a margin that is maximized, a constraint, worst cases over a set. Then they cannot be chosen unit by unit.
    ``goals``: how many goals count."""
    if problem.monotone or any(_has_own_couplings(plan) for plan in plans) or _moves_real_sums(problem, plans):
        return True
    return any(_couples(quantity, plans) for quantity in mentioned(problem, goals))


def _has_own_couplings(plan: LayerPlan) -> bool:
    """One scale for all weights of a unit; scores that count as numbers."""
    has_real_weights = is_real(plan.layer) and bool(plan.layer.free.any())
    if plan.layer.unit == "linear":
        return has_real_weights or plan.thresholds.bias.is_real
    return has_real_weights and isinstance(plan.layer.domain, ScaledDomain)


def _moves_real_sums(problem: Problem, plans: Sequence[LayerPlan]) -> bool:
    """Whether real parameters of the first layer have to answer for more than the points as they are."""
    return problem.uncertainty is not None and not plans[0].thresholds.exact


def _couples(quantity: Quantity, plans: Sequence[LayerPlan]) -> bool:
    match quantity:
        case Margin() | Margins():
            return True
        case Norm(kind, "weights", layers):
            return kind != "l0" and any(is_real(plans[place].layer) for place in layers)
        case Norm(_, _, layers):
            return any(plans[place].thresholds.bias.is_real for place in layers)
        case Parameters(layer, "weights"):
            return is_real(plans[layer].layer)
        case Parameters(layer, _):
            return plans[layer].thresholds.bias.is_real
        case Loss() | Errors() | FanIn() | UnitsUsed() | FeaturesUsed():
            return False
