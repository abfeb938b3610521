"""Whether there is time for a program at all: its matrix has to be made, handed on and read before anything is solved."""

from __future__ import annotations

from bdnnc.ir.problem import Problem
from bdnnc.training.outcome import Limits

ENTRIES = 2_000_000
"""Numbers of a matrix that are made, handed on and read in a second."""

PRODUCT = 14
"""Numbers of a product's four rows, and of the row that it is summed in."""


def is_out_of_reach(problem: Problem, limits: Limits) -> bool:
    """Whether a solver would not have read the program before the time is over."""
    return limits.remaining is not None and seconds_of(problem) > limits.remaining


def seconds_of(problem: Problem) -> float:
    """How long it takes to make the program's matrix, and to have it read."""
    return entries(problem) / ENTRIES


def entries(problem: Problem) -> int:
    """About how many numbers the program's matrix has: two rows for each pattern and unit, and in later layers four for each
    product of a weight and an activation."""
    first, *others = problem.layers
    each = 2 * first.units * first.inputs + sum(PRODUCT * layer.units * layer.inputs for layer in others)
    return problem.patterns.shape[0] * each
