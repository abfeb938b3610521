"""What the first layer does on whole sets of perturbed points, decided exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import INT64_SAFE, ExactMatrix, IntArray, magnitude, narrowed
from bdnnc.network.network import Layer
from bdnnc.network.sums import exact_sums
from bdnnc.uncertainty.sets import Moves
from bdnnc.uncertainty.support import reaches

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class WorstActivity:
    """The pre-activations of a layer over each point's set: ``lowest`` and ``highest``, (points, units), exact; over l2 balls
    a hair further out (see `support.reaches`)."""

    lowest: ExactMatrix
    highest: ExactMatrix

    @staticmethod
    def of(layer: Layer, points: ExactMatrix, moves: Sequence[Moves], moving: Booleans | None = None) -> WorstActivity:
        """``points``: (points, inputs), each with its own row in every box of ``moves`` that is not shared. ``moving``:
        (points,), those that move at all; None: every one."""
        sums = exact_sums(layer, points)
        least, most = (_still(part, moving) for part in reaches(layer.weights, moves))
        return WorstActivity(_added(sums, least), _added(sums, most))

    @property
    def always_active(self) -> Booleans:
        """(points, units): active at every perturbed point."""
        return np.asarray(self.lowest.numerators >= 0, dtype=np.bool_)

    @property
    def never_active(self) -> Booleans:
        """(points, units): inactive at every perturbed point."""
        return np.asarray(self.highest.numerators < 0, dtype=np.bool_)

    @property
    def kept(self) -> Booleans:
        """(points,): whether no unit changes over the set."""
        return np.asarray((self.always_active | self.never_active).all(axis=1), dtype=np.bool_)

    def distances(self) -> tuple[Fraction, ...]:
        """The smallest distance from 0 of each unit over all sets: of the lowest where the point is active, of the highest
        where it is not; negative where a unit changes."""
        found: list[Fraction] = []
        for unit, (below, above) in enumerate(zip(self.lowest.denominators, self.highest.denominators, strict=True)):
            lowest, highest = self.lowest.numerators[:, unit], self.highest.numerators[:, unit]
            if below != above:
                lowest, highest = lowest.astype(object) * above, highest.astype(object) * below
            nearest = np.maximum(lowest, -highest)
            found.append(Fraction(int(nearest.min()), below if below == above else below * above))
        return tuple(found)


def _still(reach: ExactMatrix, moving: Booleans | None) -> ExactMatrix:
    """0 for points that do not move."""
    if moving is None or moving.all():
        return reach
    return ExactMatrix(np.where(moving[:, np.newaxis], reach.numerators, 0 * reach.numerators), reach.denominators)


def _added(sums: ExactMatrix, moved: ExactMatrix) -> ExactMatrix:
    """The sums of two matrices, column by column; one row of the second stands for all."""
    columns: list[IntArray] = []
    denominators: list[int] = []
    for column, (own, other) in enumerate(zip(sums.denominators, moved.denominators, strict=True)):
        left, right = sums.numerators[:, column], moved.numerators[:, column]
        if max(magnitude(left), 1) * other + max(magnitude(right), 1) * own >= INT64_SAFE:
            left, right = left.astype(object), right.astype(object)
        columns.append(left * other + right * own)
        denominators.append(own * other)
    table = np.stack([column.astype(object) for column in columns], axis=1)
    return ExactMatrix(narrowed(table), tuple(denominators))
