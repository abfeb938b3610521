"""The random numbers of a step, drawn before it: so many in [0, 1), whatever the step does with them.

A step in numpy and a compiled one that are given the same numbers take the same change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SINGLES = 40
"""Changes of a single weight that are weighed at a time; all of them where there are no more."""

PAIRS = 24
"""Pairs of these that are weighed, too."""

HEAD = 4
NUMBERS = HEAD + 3 * SINGLES + 2 * PAIRS
"""Numbers of a step: the unit, two for the window of thresholds, which change is taken; then those of the candidates."""

CHUNK = 32
"""Steps whose numbers are drawn together."""


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """One step's numbers, (NUMBERS,)."""

    numbers: Floats

    @property
    def place(self) -> float:
        """For the unit that is to change."""
        return float(self.numbers[0])

    @property
    def window(self) -> tuple[float, float]:
        """How wide the window of thresholds is, and where it begins."""
        return float(self.numbers[1]), float(self.numbers[2])

    @property
    def choice(self) -> float:
        """Which change is taken."""
        return float(self.numbers[3])

    def singles(self, row: int) -> Floats:
        """(SINGLES,): for the weights that change (0), their levels (1), and whether these are near (2)."""
        start = HEAD + row * SINGLES
        return self.numbers[start : start + SINGLES]

    def pairs(self, row: int) -> Floats:
        """(PAIRS,): for the first (0) and the second (1) change of a pair."""
        start = HEAD + 3 * SINGLES + row * PAIRS
        return self.numbers[start : start + PAIRS]


def draw(random: Generator, steps: int) -> Floats:
    """The numbers of some steps, (steps, NUMBERS)."""
    return random.random((steps, NUMBERS))


def pick(chances: Floats, among: int) -> NDArray[np.int64]:
    """Places in 0..among - 1, one a number."""
    return (chances * among).astype(np.int64)
