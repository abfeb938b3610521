"""Which losses and margins have a worst case that a `robust` block can speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.findings import Findings
from bdnnc.language.network_view import NetworkView
from bdnnc.language.quantities import Constraint, Errors, Goal, Loss, Margin, Margins, Quantity, Term
from bdnnc.language.terms import written


def check_meaning(
    robust: tree.Robust,
    goals: Sequence[Goal],
    constraints: Sequence[Constraint],
    network: NetworkView,
    findings: Findings,
) -> None:
    """E409: where points are errors or not one by one, losses count points, and margins are those of the points as they are."""
    output = network.output
    has_patterns = len(network.layers) > 1 or output is None or not output.is_linear
    is_static = robust.kind.text == "static" and not robust.soft
    if is_static and has_patterns:
        return
    _held_from_below(robust, constraints, findings)
    if is_static:
        return
    for term in _terms(goals, constraints):
        quantity = term.quantity
        if term.span is None or not _is_worst_case(quantity) or _counts_points(quantity, network):
            continue
        label = Label(robust.keyword, "points are right over their whole set, or count as errors")
        message = f"`{written(term.span)}` has no worst case here"
        is_margin = isinstance(quantity, Margin | Margins)
        help_text = (
            f"write `nominal {written(term.span)}`" if is_margin else "write `zero_one` or `errors`, or `nominal` before it"
        )
        if isinstance(quantity, Margins):
            help_text = "write `nominal margin`, or leave it out"
        findings.add("E409", message, term.span, secondary=[label], help=help_text)


def _held_from_below(robust: tree.Robust, constraints: Sequence[Constraint], findings: Findings) -> None:
    """E409: that a point be an error, for want of a set to keep its pattern on, is no linear statement."""
    for constraint in constraints:
        for term in constraint.terms:
            pushed_up = constraint.sense == "==" or (constraint.sense == ">=") == (term.coefficient > 0)
            if isinstance(term.quantity, Errors) and not term.quantity.nominal and pushed_up and term.span is not None:
                label = Label(robust.keyword, "points are right over their whole set, or count as errors")
                message = f"`{written(term.span)}` can be bounded from above only"
                help_text = f"write `<=`, or `nominal {written(term.span)}`"
                findings.add("E409", message, term.span, secondary=[label], help=help_text)


def _terms(goals: Sequence[Goal], constraints: Sequence[Constraint]) -> Iterator[Term]:
    for statement in (*goals, *constraints):
        yield from statement.terms


def _is_worst_case(quantity: Quantity) -> bool:
    return isinstance(quantity, Margins) or (isinstance(quantity, Loss | Errors | Margin) and not quantity.nominal)


def _counts_points(quantity: Quantity, network: NetworkView) -> bool:
    """Whether every point adds 0 or its weight; wrong bits of one unit do, of several they don't."""
    if isinstance(quantity, Errors):
        return True
    if not isinstance(quantity, Loss):
        return False
    is_single = network.output is None or network.output.units in (None, 1)
    return quantity.kind == "zero_one" or (quantity.kind == "hamming" and is_single)
