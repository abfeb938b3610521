"""Optima by enumeration, sharing no code with the compiler: every network of finite sets, every realisable pattern of real
ones with a linear program for what is left unknown.

Only the problem's declarations are read; sums, thresholds, losses and constraints are worked out here again, in Fractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bdnnc.ir.problem import Problem
from tests.oracle.affine import LinearProgram, Number
from tests.oracle.definitions import Reading, is_monotone
from tests.oracle.looks import sees_numbers
from tests.oracle.skeletons import Enumeration, Network

SLACK = 1e-7
"""Within which two optima of linear programs count as equal."""


def optima(
    problem: Problem,
    margins: Mapping[str, tuple[float | Fraction, float | Fraction]] | None = None,
    open_outputs: bool = False,
    auto: Mapping[str, Sequence[Any]] | None = None,
    work: float | None = None,
) -> list[Fraction | float] | None:
    """The best value of each goal among the best of those before it, each in its own sense; None where no network will do.

    ``margins``: (t+, t-) of layers whose margin is chosen, whose class they define. ``open_outputs``: an output unit may leave
    rows inside the margin, which then count as wrong. ``auto``: domains that stand for `bias auto`, needed where a quantity
    looks at such a bias. ``work``: see `Enumeration`.
    """
    sides = {name: (Fraction(up), Fraction(down)) for name, (up, down) in (margins or {}).items()}
    left = _distinct(_cases(problem, Enumeration(problem, sides, open_outputs, auto or {}, work)))
    found: list[Fraction | float] = []
    for place, goal in enumerate(problem.goals):
        sign = 1 if goal.sense == "minimize" else -1
        values = [case.least(place, sign) for case in left]
        reached = [value for value in values if value is not None]
        if not reached:
            return None
        best = min(reached)
        found.append(best * sign)
        worst = best + goal.within + (0 if isinstance(best, Fraction) else Fraction(SLACK))
        left = [case for case, value in zip(left, values, strict=True) if value is not None and value <= worst]
        for case in left:
            case.hold(place, sign, worst)
    return found


def optimum(
    problem: Problem,
    margins: Mapping[str, tuple[float | Fraction, float | Fraction]] | None = None,
    wrong_is_free: bool = False,
) -> Fraction | float | None:
    """The best value of the first goal."""
    found = optima(problem, margins, wrong_is_free)
    return None if found is None else found[0]


@dataclass(slots=True, eq=False)
class Case:
    """Networks that differ in their unknowns only: their goals as numbers over these."""

    goals: tuple[Number, ...]
    program: LinearProgram

    @property
    def is_fixed(self) -> bool:
        return not self.program.bounds

    def least(self, place: int, sign: int) -> Fraction | float | None:
        return self.program.minimum(self.goals[place] * sign)

    def hold(self, place: int, sign: int, worst: Fraction | float) -> None:
        self.program.at_most(self.goals[place] * sign, Fraction(worst))


def _cases(problem: Problem, every: Enumeration) -> Iterator[Case]:
    memo: dict[Any, Number] = {}
    for network in every.networks():
        every.spend(0.01)
        if not all(is_monotone(network, rule) for rule in problem.monotone):
            continue
        reading = Reading(problem, network, _program(problem, every, network), memo)
        for constraint in problem.constraints:
            reading.holds(constraint)
        if reading.program.possible:
            every.spend(len(problem.goals) if reading.program.bounds else 0)
            yield Case(tuple(reading.total(goal.terms) + goal.constant for goal in problem.goals), reading.program)


def _program(problem: Problem, every: Enumeration, network: Network) -> LinearProgram:
    """The unknowns that something looks at, with what the activations ask of them."""
    program = LinearProgram()
    for place, (layer, choice) in enumerate(zip(problem.layers, network, strict=True)):
        if sees_numbers(problem, place) and not choice.is_fixed:
            every.program(layer, choice, program)
    return program


def _distinct(cases: Iterator[Case]) -> list[Case]:
    """One case for each tuple of goals among those without unknowns."""
    fixed: dict[tuple[Number, ...], Case] = {}
    others: list[Case] = []
    for case in cases:
        if case.is_fixed:
            fixed.setdefault(case.goals, case)
        else:
            others.append(case)
    return [*fixed.values(), *others]
