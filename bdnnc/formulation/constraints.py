"""The statements of `subject to`: linear comparisons of quantities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from bdnnc.formulation.builder import Builder, Expression, needs_units, total
from bdnnc.ir.program import Floats
from bdnnc.language.quantities import Constraint, Quantity, Term

Express = Callable[[Builder, Quantity, bool], Expression]
"""``express(builder, quantity, exactly)``: the quantity as an expression."""


def constrain(builder: Builder, constraint: Constraint, place: int, express: Express) -> None:
    """The rows of the constraint that stands at ``place`` among the problem's."""
    constraint = _in_units(constraint)
    terms = [_express(builder, term, constraint.sense, express).spread(constraint.rows) for term in constraint.terms]
    whole = total(terms, constraint.rows)
    lower = upper = None
    if constraint.sense != "<=":
        lower = _sides(constraint, whole, least=True)
    if constraint.sense != ">=":
        upper = _sides(constraint, whole, least=False)
    builder.relate(
        "constraint",
        "",
        ("constraint", "row"),
        (np.full(constraint.rows, place), np.arange(constraint.rows)),
        whole.summands,
        builder.problem.constraint_statements[place],
        constraint.text,
        lower=-np.inf if lower is None else lower,
        upper=np.inf if upper is None else upper,
        rows=constraint.rows,
    )


def _in_units(constraint: Constraint) -> Constraint:
    """The constraint as it is written, or, where that is far from 1, with a largest coefficient of 1: a solver's tolerances are
    absolute."""
    largest = max((abs(term.coefficient) for term in constraint.terms), default=Fraction(1))
    if not needs_units(largest):
        return constraint
    terms = tuple(replace(term, coefficient=term.coefficient / largest) for term in constraint.terms)
    return replace(constraint, terms=terms, bound=constraint.bound / largest)


def _express(builder: Builder, term: Term, sense: str, express: Express) -> Expression:
    """A quantity whose binaries could only make it too large needs no more where the sense forbids large values."""
    pushed_wrong = (term.coefficient > 0 and sense != "<=") or (term.coefficient < 0 and sense != ">=")
    return express(builder, term.quantity, pushed_wrong).times(term.coefficient)


def _sides(constraint: Constraint, whole: Expression, *, least: bool) -> Floats:
    """The bound without the constant; of an inequality, the next number that the expression can be."""
    sides = [constraint.bound - constant for constant in whole.constant]
    if constraint.sense != "==" and whole.step:
        sides = [_next(side, whole.step, least) for side in sides]
    return np.array([float(side) for side in sides])


def _next(side: Fraction, step: Fraction, least: bool) -> Fraction:
    return (ceil if least else floor)(side / step) * step
