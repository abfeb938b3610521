"""What a solver's bound says of a goal's values, and when a network meets it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from bdnnc.exact import decimal_text
from bdnnc.formulation.caps import CAP_ROOM, sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.document import MET
from bdnnc.solve.protocol import Solution, Stop

CONTINUOUS_GAP = 1e-7
"""Relative: the solver's gap where values are real numbers, which never meet their bound exactly."""

ROUNDING = Fraction(1, 10**6)
"""Relative: how far off a solver's bound may be."""

RESERVE = Fraction(11, 10) * CAP_ROOM
"""Relative: what later goals may take of a goal that is a real number, so much nearer has it to be to its bound before."""


def exact_bound(bound: float, formulation: Formulation) -> Fraction:
    """A solver's bound rounded up to the lattice of objectives, with some room for the solver's own rounding."""
    if formulation.objective_lattice is None:
        return Fraction(repr(bound))
    offset, step = formulation.objective_lattice
    if step == 0:
        return offset
    if not _resolves(Fraction(bound), formulation):
        return Fraction(repr(bound))
    room = float(ROUNDING * max(formulation.unit, abs(Fraction(bound))) / step)
    return offset + step * ceil((bound - float(offset)) / float(step) - room)


def meets(objective: Fraction, bound: Fraction, formulation: Formulation) -> bool:
    """Whether an objective is as good as its bound: exactly on a lattice, else within what a certificate calls optimal, later
    goals' share of it put by."""
    return objective - bound <= _room(objective, formulation)


def is_enough(objective: Fraction | None, bound: Fraction, gap: float | None, formulation: Formulation) -> bool:
    """Whether there is nothing left to do: the objective meets its bound, or is within the gap that was asked for."""
    return objective is not None and (meets(objective, bound, formulation) or is_within(objective, bound, gap))


def is_within(objective: Fraction, bound: Fraction, gap: float | None) -> bool:
    """Whether an objective is as near to its bound as a relative gap allows; without a gap it never is."""
    return gap is not None and objective - bound <= Fraction(gap) * max(Fraction(1), abs(objective))


def is_beyond(bound: Fraction, objective: Fraction, formulation: Formulation) -> bool:
    """Whether an objective is better than its bound by more than a solver's rounding, as a network outside the model's class
    can be."""
    return bound - objective > _room(objective, formulation)


def false_claim(solution: Solution, found: Fraction | None, formulation: Formulation) -> str:
    """What to say where a solution of the published form, which is taken at its word, is no such network; else nothing.
    ``found``: the objective of the best network."""
    claimed = solution.objective
    if not formulation.is_published or solution.stop is not Stop.OPTIMAL or claimed is None or found is None:
        return ""
    claim = exact_bound(claimed, formulation)
    if found <= claim:
        return ""
    sign = sign_of(formulation.goal)
    own, told = decimal_text(sign * found), decimal_text(sign * claim)
    return f"the published form's optimum of {told} is no network's: the best that was accepted has {own}"


def _room(objective: Fraction, formulation: Formulation) -> Fraction:
    if formulation.objective_lattice is not None and _resolves(objective, formulation):
        return Fraction(0)
    is_last = formulation.stage == len(formulation.problem.goals) - 1
    return (MET if is_last else MET - RESERVE) * max(formulation.unit, abs(objective))


def _resolves(value: Fraction, formulation: Formulation) -> bool:
    """Whether a solver's rounding at this value is small beside the step of the objective's lattice."""
    if formulation.objective_lattice is None:
        return False
    step = formulation.objective_lattice[1]
    return step == 0 or ROUNDING * max(formulation.unit, abs(value)) < step / 2
