"""What a point may become: sets of perturbations of the first layer's inputs, in scaled units.

Every set of the language is one of a few forms: a box for each point, and at most one coupling of its coordinates. `linf` and
`box` are boxes alone, `l1` and `l2` boxes of the same radius with a norm that is bounded, `budget` and `flips` boxes of which
only so many coordinates may leave 0; a `polytope` has its own inequalities, and the box that encloses it. What `clip` and `raw`
change is the boxes. `step` and `flips` allow some points of the set only.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from bdnnc.exact import ExactMatrix


@dataclass(frozen=True, slots=True)
class L1:
    """sum |delta_j| <= radius."""

    radius: Fraction


@dataclass(frozen=True, slots=True)
class L2:
    """sum delta_j^2 <= radius^2."""

    radius: Fraction


@dataclass(frozen=True, slots=True)
class AtMost:
    """At most ``count`` coordinates are not 0."""

    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Polytope:
    """``matrix @ delta <= side``: bounded, with 0 in it. ``matrix``: one row of Fractions an inequality. Hashed as an object:
    what is kept of one (`corners`) is found without a look at its numbers."""

    matrix: tuple[tuple[Fraction, ...], ...]
    side: tuple[Fraction, ...]


Coupling = L1 | L2 | AtMost | Polytope


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """One `inputs .. within ..`: the perturbations delta of some inputs, (n,), with ``low <= delta <= high`` and the coupling.

    ``inputs``: (n,) places among the inputs of the first layer, ascending. ``low``, ``high``: (P or 1, n) exact, low <= 0 <=
    high; one row stands for all points. ``step``: every delta_j is a multiple of it; "ends": every delta_j is its low, its high
    or 0 (flips, where one of the two is 0); None: real. The boxes are drawn in to the steps already, and without ``clipped`` a
    coupling other than `AtMost` implies them.
    """

    inputs: tuple[int, ...]
    low: ExactMatrix
    high: ExactMatrix
    coupling: Coupling | None = None
    step: Fraction | Literal["ends"] | None = None
    clipped: bool = False

    @property
    def is_shared(self) -> bool:
        """Whether all points may move alike."""
        return self.low.shape[0] == 1 and self.high.shape[0] == 1

    @property
    def is_finite(self) -> bool:
        """Whether there are finitely many perturbations."""
        return self.step is not None

    def at(self, point: int) -> Moves:
        """The perturbations of one point: (1, n) boxes."""
        row = np.array([point])
        low, high = (box if box.shape[0] == 1 else box.rows(row) for box in (self.low, self.high))
        return Moves(self.inputs, low, high, self.coupling, self.step, self.clipped)


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """What the `robust` block says. ``sense``: every point keeps its first-layer pattern (`static`), is right and keeps it or
    counts as an error (`soft`), or is judged by its worst perturbation (`adaptive`). ``moves`` are of disjoint inputs: a
    perturbation is one of each. ``statement``: its place among the problem's."""

    sense: Literal["static", "soft", "adaptive"]
    moves: tuple[Moves, ...]
    text: str
    statement: int
