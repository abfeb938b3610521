"""Pairs of constraints on one quantity that exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bdnnc.diagnostics import Label
from bdnnc.language.findings import Findings
from bdnnc.language.quantities import Constraint, Quantity

Bound = tuple[Fraction, Constraint]


def check_pairs(constraints: Sequence[Constraint], findings: Findings) -> None:
    """E350 at a constraint that leaves a quantity no value that an earlier one allows.

    The simple case alone: one term each, and the same quantity. Constraints that cannot hold by themselves are to be left out.
    """
    lowest: dict[Quantity, Bound] = {}
    highest: dict[Quantity, Bound] = {}
    for constraint in constraints:
        if len(constraint.terms) != 1:
            continue
        [term] = constraint.terms
        bound = constraint.bound / term.coefficient
        is_at_least = (constraint.sense == ">=") == (term.coefficient > 0)
        other = _excluding(constraint, bound, is_at_least, lowest.get(term.quantity), highest.get(term.quantity))
        if other is not None:
            _report(constraint, other, findings)
            continue
        if constraint.sense == "==" or is_at_least:
            least = lowest.get(term.quantity)
            lowest[term.quantity] = (bound, constraint) if least is None or bound > least[0] else least
        if constraint.sense == "==" or not is_at_least:
            most = highest.get(term.quantity)
            highest[term.quantity] = (bound, constraint) if most is None or bound < most[0] else most


def _excluding(
    constraint: Constraint, bound: Fraction, is_at_least: bool, least: Bound | None, most: Bound | None
) -> Constraint | None:
    """The earlier constraint that this one contradicts."""
    if (constraint.sense == "==" or is_at_least) and most is not None and most[0] < bound:
        return most[1]
    if (constraint.sense == "==" or not is_at_least) and least is not None and least[0] > bound:
        return least[1]
    return None


def _report(constraint: Constraint, other: Constraint, findings: Findings) -> None:
    if constraint.span is None or other.span is None:
        return
    label = Label(other.span, "the other one")
    message = f"`{constraint.text}` and `{other.text}` exclude each other"
    findings.add("E350", message, constraint.span, secondary=[label], help="leave one of the two out, or loosen its bound")
