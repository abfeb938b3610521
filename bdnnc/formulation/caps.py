"""Earlier goals under a later one: each stays within what it reached."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.formulation.builder import Builder, Expression, needs_units
from bdnnc.language.quantities import Goal

CAP_ROOM = Fraction(5, 10**7)
"""Relative: how far above its reached value a goal without a lattice may end up under a later one."""


def sign_of(goal: Goal) -> int:
    """1 for a minimized goal, -1 for a maximized one: what makes it minimized."""
    return 1 if goal.sense == "minimize" else -1


def cap_of(goal: Goal, value: Fraction, on_lattice: bool) -> Fraction:
    """The most that a goal, in its minimized form, may be under a later one: its value and its `within`, and where it has no
    lattice some room for the solver (see `CAP_ROOM`)."""
    room = Fraction(0) if on_lattice else CAP_ROOM * max(scale_of(goal), abs(value))
    return sign_of(goal) * value + goal.within + room


def scale_of(goal: Goal) -> Fraction:
    """What counts as one in a goal's values: its largest coefficient, and no more than 1."""
    return min(Fraction(1), max((abs(term.coefficient) for term in goal.terms), default=Fraction(1)))


def hold(builder: Builder, place: int, expression: Expression, cap: Fraction) -> None:
    """The row that holds goal number ``place`` under its cap."""
    goal = builder.problem.goals[place]
    note = f"`{goal.sense} {goal.text}` stays within what it reached"
    largest = _largest_coefficient(expression)
    unit = largest if needs_units(largest) else Fraction(1)
    in_units = expression.times(1 / unit)
    side = float((cap - expression.constant[0]) / unit)
    builder.relate(
        "goal", "", ("goal",), (np.array([place]),), in_units.summands, builder.problem.goal_statements[place], note,
        upper=side, rows=1,
    )  # fmt: skip


def _largest_coefficient(expression: Expression) -> Fraction:
    """The largest magnitude of a summand's coefficients; 1 where there are none."""
    found = max((float(np.abs(part.value).max(initial=0.0)) for part in expression.summands), default=0.0)
    return Fraction(found) if found else Fraction(1)
