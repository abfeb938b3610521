"""How large a pre-activation may get before floats, and solvers, know nothing of its sign any more, and how small."""

from __future__ import annotations

from fractions import Fraction

from bdnnc.diagnostics import Diagnostic, Label, Span, UserError
from bdnnc.formulation.bias import reach
from bdnnc.formulation.slop import SAFETY, TOLERANCES, slop_per_tolerance
from bdnnc.formulation.sums import Sums
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.problem import ProblemLayer

LARGEST_REACH = 10**7
"""Beyond it the tightest tolerance in use is lost in the rounding of a row's own sums (`slop.ROUNDING`)."""


def refuse_absurd_reach(layer: ProblemLayer, sums: Sums, span: Span | None) -> None:
    """Raises UserError E333 where sums, biases or a declared margin of the layer go beyond `LARGEST_REACH`."""
    largest = max((abs(int(value)) for part in (sums.low, sums.high) for value in (part.min(), part.max())), default=0)
    domain, margin = layer.bias.domain, layer.margin
    ends = [] if domain is None else [abs(domain.lower), abs(domain.upper)]
    declared = [margin] if isinstance(margin, Fraction) else []
    farthest = max([Fraction(largest, sums.denominator), *ends, *declared])
    if farthest <= LARGEST_REACH:
        return
    size = len(str(int(farthest))) - 1
    raise UserError(
        Diagnostic(
            "E333",
            f"pre-activations of layer `{layer.name}` reach 1e{size}, more than a solver can compute with",
            None if span is None else Label(span),
            notes=(f"the largest that is accepted is {LARGEST_REACH:.0e}",),
            help="scale the data (`scale minmax(0, 1)`), or narrow the weights, the bias and the margin",
        )
    )


def refuse_tiny_reach(layer: ProblemLayer, sums: Sums, found: Thresholds, deeper: bool, span: Span | None) -> None:
    """Raises UserError E334 where no weights of a step or sign layer can carry a unit across the margin that the compiler had
    to choose: all its units would be constant."""
    if layer.unit == "linear" or found.exact or found.reason == "declared" or not layer.free.any():
        return
    spread = (sums.high.max(axis=0) - sums.low.min(axis=0)).max()
    moved = float(Fraction(int(spread), sums.denominator))
    if moved == 0 or moved >= float(found.width):
        return
    slop = slop_per_tolerance(layer, sums, reach(sums, found.bias), deeper)
    needed = moved / (4 * SAFETY * float(slop.max()))
    message = (
        f"the weights of layer `{layer.name}` move a pre-activation by at most {moved:.1g}, less than the margin of "
        f"{float(found.width):.1g} that a solver can resolve"
    )
    raise UserError(
        Diagnostic(
            "E334",
            message,
            None if span is None else Label(span),
            notes=(f"a tolerance of {needed:.1g} would do, and {TOLERANCES[-1]:g} is the tightest in use",),
            help="use wider weights, which give the same networks (a unit knows only their direction), or scale the data",
        )
    )
