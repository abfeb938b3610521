"""The plan of each layer: its sums, its margins and bias domains. Made read-only, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from bdnnc.exact import decimal_text
from bdnnc.formulation.fan_in import fan_in_caps, with_fan_in
from bdnnc.formulation.lattice_margins import exact_sides
from bdnnc.formulation.linear_layer import linear_thresholds
from bdnnc.formulation.margins import margins
from bdnnc.formulation.mentions import bias_numbers, layers_with_named_bias
from bdnnc.formulation.reach import refuse_absurd_reach, refuse_tiny_reach
from bdnnc.formulation.sums import Sums, deeper_layer_sums, first_layer_sums
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.formulation.worst_sums import worst_sums
from bdnnc.ir.problem import Problem, ProblemLayer
from bdnnc.ir.program import LayerClass
from bdnnc.uncertainty.sets import Moves


@dataclass(frozen=True, slots=True, eq=False)
class LayerPlan:
    """``sums``: on the points as they are; ``thresholds`` are made of those of every perturbed point, where inputs may move.
    ``moves``: of the inputs of a first layer that has to keep its patterns; none in other layers."""

    layer: ProblemLayer
    sums: Sums
    thresholds: Thresholds
    moves: tuple[Moves, ...] = ()

    @property
    def margin(self) -> Fraction:
        """The width around 0 that networks of the class keep free; 0 of a linear layer, whose gap is between scores."""
        return Fraction(0) if self.layer.unit == "linear" else self.thresholds.width

    def network_class(self) -> LayerClass:
        """The class of networks that the layer's rows stand for, in words."""
        found = self.thresholds
        return LayerClass(
            layer=self.layer.name,
            exact=found.exact,
            margin="none" if self.layer.unit == "linear" and found.width == 0 else decimal_text(found.width),
            reason=found.reason,
            bias=_bias_text(found),
            tolerance=found.tolerance,
        )


def _bias_text(found: Thresholds) -> str:
    if not found.bias.is_chosen:
        return found.bias.kind
    texts = list(dict.fromkeys(domain.text() for domain in found.bias.domains))
    shown = texts[0] if len(texts) == 1 else f"{texts[0]} .. ({len(texts)} different ranges)"
    return f"shared {shown}" if found.bias.kind == "shared" else shown


def moves_of(problem: Problem) -> tuple[Moves, ...]:
    """Of the inputs; none where nothing moves."""
    return () if problem.uncertainty is None else problem.uncertainty.moves


def follows(problem: Problem) -> bool:
    """Whether activations may follow the perturbation: `robust adaptive`."""
    return problem.uncertainty is not None and problem.uncertainty.sense == "adaptive"


def plan(problem: Problem) -> tuple[LayerPlan, ...]:
    """One plan a layer, from the first to the output. Raises UserError E331 or E332 (see `margins`), E333."""
    if len(problem.scenarios):
        return with_scenarios(plan(problem.with_scenarios(problem.patterns.rows(np.arange(0)), problem.scenarios[:0])), problem)
    plans: list[LayerPlan] = []
    below: ProblemLayer | None = None
    named, caps, numbers = layers_with_named_bias(problem), fan_in_caps(problem), bias_numbers(problem)
    for place, layer in enumerate(problem.layers):
        sums = first_layer_sums(layer, problem.patterns) if below is None else deeper_layer_sums(layer, below)
        sums = with_fan_in(sums, layer, below, problem.patterns, caps[place])
        nominal, moves = sums, moves_of(problem) if below is None else ()
        if moves:
            sums = worst_sums(sums, layer, moves)
        refuse_absurd_reach(layer, sums, problem.statements[layer.statement].span)
        if layer.unit == "linear":
            thresholds = linear_thresholds(layer, sums, problem, numbers.get(place, ()))
        else:
            thresholds = margins(layer, sums, None if below is None else below.unit, place in named, numbers.get(place, ()))
        refuse_tiny_reach(layer, sums, thresholds, below is not None, problem.statements[layer.statement].span)
        plans.append(LayerPlan(layer, nominal, thresholds, () if follows(problem) else moves))
        below = layer
    return tuple(plans)


def with_scenarios(plans: tuple[LayerPlan, ...], problem: Problem) -> tuple[LayerPlan, ...]:
    """The plans of the points, for points and scenarios.

    Where perturbed points lie on the lattice of the sums, as those of finite sets do, scenarios have margins like points. Else
    theirs are 0 on both sides: either activity will do at the boundary, and the program is a relaxation.
    """
    finite = all(moves.is_finite for moves in moves_of(problem))
    found: list[LayerPlan] = []
    for layer_plan in plans:
        place = len(found)
        sums = layer_plan.sums
        if place == 0:
            sums = first_layer_sums(layer_plan.layer, problem.patterns)
            sums = with_fan_in(sums, layer_plan.layer, None, problem.patterns, fan_in_caps(problem)[0])
        found.append(replace(layer_plan, sums=sums, thresholds=_extended(layer_plan, sums, problem, place == 0, finite)))
    return tuple(found)


def _extended(layer_plan: LayerPlan, sums: Sums, problem: Problem, is_first: bool, finite: bool) -> Thresholds:
    """The thresholds of a layer with rows for the scenarios; as they are where one row stands for all patterns."""
    found, scenarios = layer_plan.thresholds, len(problem.scenarios)
    if found.exact and not is_first:
        return found
    shape = scenarios, found.active.shape[1]
    active, inactive = np.zeros(shape), np.zeros(shape)
    decided = np.full(shape, -1, dtype=np.int8)
    if found.exact and finite:
        sides = exact_sides(sums, found.bias)
        active, inactive, decided = (side[problem.points :] for side in sides)
    points = problem.points, shape[1]
    tables = ((found.active, active), (found.inactive, inactive), (found.decided, decided))
    both = [np.concatenate([np.broadcast_to(own, points), more]) for own, more in tables]
    return replace(found, active=both[0], inactive=both[1], decided=both[2].astype(np.int8))
