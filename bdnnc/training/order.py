"""Which of several networks is the best one by the goals of a file in their order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from bdnnc.formulation.caps import cap_of, sign_of
from bdnnc.ir.problem import Problem
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network

Values = tuple[Fraction, ...]
"""What a network has in each goal, in the goals' minimized forms."""


def values_of(network: Network, problem: Problem) -> Values:
    """The values of all goals, exactly."""
    measured = Measured(network, problem)
    return tuple(sign_of(goal) * measured.goal(goal) for goal in problem.goals)


def best_place(values: Sequence[Values], problem: Problem) -> int:
    """The place of the best network, of equally good ones the first.

    In each goal but the last those stay that are as good as the best one there, or worse by no more than later goals may take
    of it: its `within`, and the room that is left to a solver where it is a real number. ``values`` is not empty.
    """
    left = list(range(len(values)))
    for number, goal in enumerate(problem.goals[:-1]):
        least = min(values[place][number] for place in left)
        cap = cap_of(goal, sign_of(goal) * least, False)
        left = [place for place in left if values[place][number] <= cap]
    return min(left, key=lambda place: (values[place][-1], values[place], place))
