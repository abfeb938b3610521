"""How large a pre-activation may get before floats, and solvers, know nothing of its sign any more."""

from __future__ import annotations

from fractions import Fraction

from bdnnc.diagnostics import Diagnostic, Label, Span, UserError
from bdnnc.formulation.sums import Sums
from bdnnc.ir.problem import ProblemLayer

LARGEST_REACH = 10**7
"""Beyond it the tightest tolerance in use is lost in the rounding of a row's own sums (`slop.ROUNDING`)."""


def refuse_absurd_reach(layer: ProblemLayer, sums: Sums, span: Span | None) -> None:
    """Raises UserError E333 where sums, biases or a declared margin of the layer go beyond `LARGEST_REACH`."""
    largest = max((abs(int(value)) for part in (sums.low, sums.high) for value in (part.min(), part.max())), default=0)
    domain, margin = layer.bias.domain, layer.margin
    ends = [] if domain is None else [abs(domain.lower), abs(domain.upper)]
    declared = [margin] if isinstance(margin, Fraction) else []
    reach = max([Fraction(largest, sums.denominator), *ends, *declared])
    if reach <= LARGEST_REACH:
        return
    size = len(str(int(reach))) - 1
    raise UserError(
        Diagnostic(
            "E333",
            f"pre-activations of layer `{layer.name}` reach 1e{size}, more than a solver can compute with",
            None if span is None else Label(span),
            notes=(f"the largest that is accepted is {LARGEST_REACH:.0e}",),
            help="scale the data (`scale minmax(0, 1)`), or narrow the weights, the bias and the margin",
        )
    )
