"""The plan of each layer: its sums, its margins and bias domains. Made read-only, before anything is built."""

from __future__ import annotations

from dataclasses import dataclass

from bdnnc.exact import decimal_text
from bdnnc.formulation.margins import margins
from bdnnc.formulation.reach import refuse_absurd_reach
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
            margin=decimal_text(found.width),
            reason=found.reason,
            bias=_bias_text(found),
            tolerance=found.tolerance,
        )


def _bias_text(found: Thresholds) -> str:
    if found.bias.kind == "none":
        return "none"
    texts = list(dict.fromkeys(domain.text() for domain in found.bias.domains))
    shown = texts[0] if len(texts) == 1 else f"{texts[0]} .. ({len(texts)} different ranges)"
    return f"shared {shown}" if found.bias.kind == "shared" else shown


def plan(problem: Problem) -> tuple[LayerPlan, ...]:
    """One plan a layer, from the first to the output. Raises UserError E331 or E332 (see `margins`), E333."""
    plans: list[LayerPlan] = []
    below: ProblemLayer | None = None
    for layer in problem.layers:
        sums = first_layer_sums(layer, problem.patterns) if below is None else deeper_layer_sums(layer, below)
        refuse_absurd_reach(layer, sums, problem.statements[layer.statement].span)
        plans.append(LayerPlan(layer, sums, margins(layer, sums, None if below is None else below.unit)))
        below = layer
    return tuple(plans)
