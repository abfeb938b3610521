"""The published formulation, as it stands in the papers: what ours is measured against.

Source: [KB21] arXiv 2110.11382 (and [BK20] arXiv 2007.03326 for a shared bias), for every unit and sample

    a >= -M (1 - u)          a <= -eps + M u

with eps = 1e-5 and one M a row: max|w| |x|_1 + max|b| + eps in the first layer, x being the sample, and max|w| d + max|b| + eps
in deeper ones, of d binary inputs. Both rows always stand; no pass runs, nothing is fixed, no row of ours is added. Products of
weights and binaries are the four McCormick inequalities (the authors' code leaves them to the solver as bilinear terms). The
biases are as declared; `bias auto` is ours, for the papers have no such thing.

Nothing is widened for the tolerances of a solver: its answers may do less than they claim, which acceptance finds out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Diagnostic, Label, Span, UserError
from bdnnc.formulation.bias import plain_bias
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.plan import LayerPlan, plan
from bdnnc.formulation.slop import TOLERANCES
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.domains import ScaledDomain
from bdnnc.ir.problem import Problem, ProblemLayer
from bdnnc.ir.program import PUBLISHED, PreActivation
from bdnnc.language.quantities import Loss

EPSILON = Fraction(1, 100_000)
"""The authors' eps: an inactive unit has a <= -eps."""


def formulate_published(problem: Problem, name: str = "bdnn") -> Formulation:
    """The published form of a problem. Raises UserError E339 for all that it is not defined for."""
    wrong = [_undefined(what, span) for what, span in _outside(problem)]
    if wrong:
        raise UserError(wrong)
    plans = published(plan(problem))
    found = formulate(problem, name, plans=plans)
    boxes = {layer_plan.layer.name: _largest_m(problem, layer_plan) for layer_plan in plans}
    boxed = tuple(_boxed(a, boxes[a.layer]) for a in found.program.preactivations)
    return replace(found, program=replace(found.program, preactivations=boxed))


def published(plans: tuple[LayerPlan, ...]) -> tuple[LayerPlan, ...]:
    """The plans with one eps for all rows, none of them decided, and biases that are what the file declares."""
    return tuple(replace(layer_plan, thresholds=_thresholds(layer_plan)) for layer_plan in plans)


def _thresholds(layer_plan: LayerPlan) -> Thresholds:
    shape = layer_plan.sums.origin.shape
    bias = layer_plan.thresholds.bias
    return Thresholds(
        active=np.zeros(shape),
        inactive=np.full(shape, float(EPSILON)),
        decided=np.full(shape, -1, dtype=np.int8),
        exact=False,
        width=EPSILON,
        reason=PUBLISHED,
        tolerance=TOLERANCES[0],
        bias=plain_bias(bias.kind, bias.domains),
        one_sided=True,
    )


def _largest_m(problem: Problem, layer_plan: LayerPlan) -> NDArray[np.float64]:
    """M: (P, 1) in the first layer, (1, 1) in deeper ones."""
    layer, bias = layer_plan.layer, layer_plan.thresholds.bias
    weight = max(abs(end) for end in (layer.domain.lower, layer.domain.upper, *layer.constant[~layer.free].tolist()))
    largest_bias = max((abs(end) for domain in bias.domains for end in (domain.lower, domain.upper)), default=Fraction(0))
    if layer is problem.layers[0]:
        inputs = np.abs(problem.patterns.floats()).sum(axis=1, keepdims=True)
    else:
        inputs = np.full((1, 1), float(layer.inputs))
    return float(weight) * inputs + float(largest_bias + EPSILON)


def _boxed(a: PreActivation, m: NDArray[np.float64]) -> PreActivation:
    """Bounds from which the lowering makes M of both rows: M = 0 - low, and M = high + eps."""
    shape = a.low.shape
    return replace(a, low=np.broadcast_to(-m, shape).copy(), high=np.broadcast_to(m - float(EPSILON), shape).copy())


def _undefined(what: str, span: Span | None) -> Diagnostic:
    return Diagnostic(
        "E339",
        f"the published formulation knows no {what}",
        None if span is None else Label(span),
        help="leave `published` out, or compare on step units, `hamming` and finite or real weights",
    )


def _outside(problem: Problem) -> Iterator[tuple[str, Span | None]]:
    """What the file says that the papers' model does not have, with its place."""
    for layer in problem.layers:
        span = problem.statements[layer.statement].span
        yield from ((what, layer.margin_span if what == "declared margins" else span) for what in _of_layer(layer))
    first, *later = problem.goals
    for term in first.terms:
        if not (isinstance(term.quantity, Loss) and term.quantity.kind == "hamming"):
            kind = f"loss `{term.quantity.kind}`" if isinstance(term.quantity, Loss) else "goal but `hamming`"
            yield kind, term.span or first.span
    if not first.terms:
        yield "goal but `hamming`", first.span
    yield from (("second goal", goal.span) for goal in later)
    yield from (("constraints", statement.span) for statement in (*problem.constraints, *problem.monotone))


def _of_layer(layer: ProblemLayer) -> Iterator[str]:
    if layer.unit != "step":
        yield f"{layer.unit} units"
    if layer.height != 1:
        yield "heights of steps"
    if layer.margin is not None:
        yield "declared margins"
    if isinstance(layer.domain, ScaledDomain):
        yield "scaled sets"
    if layer.sparse:
        yield "absent connections"
    elif layer.absent.any():
        yield "masks"
    if layer.bias.kind == "fixed":
        yield "fixed biases"
    given = set(layer.constant[~layer.free & ~layer.absent].tolist())
    if not layer.sparse and not all(layer.domain.contains(value) for value in given):
        yield "fixed weights"
