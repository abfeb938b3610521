"""The plan of each layer: its sums, its margins and bias domains. Made read-only, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from bdnnc.exact import decimal_text
from bdnnc.formulation.fan_in import fan_in_caps, with_fan_in
from bdnnc.formulation.linear_layer import linear_thresholds
from bdnnc.formulation.margins import margins
from bdnnc.formulation.mentions import bias_numbers, layers_with_named_bias
from bdnnc.formulation.reach import refuse_absurd_reach, refuse_tiny_reach
from bdnnc.formulation.sums import Sums, deeper_layer_sums, first_layer_sums
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.problem import Problem, ProblemLayer
from bdnnc.ir.program import LayerClass


@dataclass(frozen=True, slots=True, eq=False)
class LayerPlan:
    layer: ProblemLayer
    sums: Sums
    thresholds: Thresholds

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


def plan(problem: Problem) -> tuple[LayerPlan, ...]:
    """One plan a layer, from the first to the output. Raises UserError E331 or E332 (see `margins`), E333."""
    plans: list[LayerPlan] = []
    below: ProblemLayer | None = None
    named, caps, numbers = layers_with_named_bias(problem), fan_in_caps(problem), bias_numbers(problem)
    for place, layer in enumerate(problem.layers):
        sums = first_layer_sums(layer, problem.patterns) if below is None else deeper_layer_sums(layer, below)
        sums = with_fan_in(sums, layer, below, problem.patterns, caps[place])
        refuse_absurd_reach(layer, sums, problem.statements[layer.statement].span)
        if layer.unit == "linear":
            thresholds = linear_thresholds(layer, sums, problem, numbers.get(place, ()))
        else:
            thresholds = margins(layer, sums, None if below is None else below.unit, place in named, numbers.get(place, ()))
        refuse_tiny_reach(layer, sums, thresholds, below is not None, problem.statements[layer.statement].span)
        plans.append(LayerPlan(layer, sums, thresholds))
        below = layer
    return tuple(plans)
