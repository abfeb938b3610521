"""The margin of a layer: declared, else exact where it can be, else chosen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bdnnc.diagnostics import Diagnostic, Label, UserError
from bdnnc.formulation.chosen_margins import chosen_margins, declared_margins
from bdnnc.formulation.lattice_margins import exact_margins
from bdnnc.formulation.sums import Sums
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.problem import ProblemLayer


def margins(
    layer: ProblemLayer,
    sums: Sums,
    below_unit: str | None,
    bias_is_named: bool = False,
    numbers: Sequence[Fraction] = (),
) -> Thresholds:
    """Margins and bias domains of a layer of step or sign units. ``below_unit`` is the unit type of the layer below, None for
    the first layer; ``bias_is_named`` and ``numbers`` as for `exact_margins`.

    Raises UserError E331 where `margin exact` cannot be had, E332 where a declared margin is below the solver's tolerances.
    """
    if isinstance(layer.margin, Fraction):
        return declared_margins(layer, sums, layer.margin, below_unit is not None, numbers)
    exact, obstacle = exact_margins(layer, sums, below_unit is not None, bias_is_named, numbers)
    if exact is not None:
        return exact
    if layer.margin == "exact":
        span = layer.margin_span
        raise UserError(
            Diagnostic(
                "E331",
                f"layer `{layer.name}` cannot have an exact margin: {obstacle}",
                None if span is None else Label(span),
                help="use finite weight sets and `scale .. round d`, or leave the margin to the compiler",
            )
        )
    return chosen_margins(layer, sums, below_unit, obstacle, numbers)
