"""The scores of a single linear layer at their worst over each point's set, exactly: what losses of robust files see.

For each class the outputs as `score` takes them, moved as far against the class as they go: of one unit the highest score for
the first class and the lowest for the second; of several the class's own score is 0 and each other one its largest lead over
it, so that differences are what they are in the worst case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bdnnc.exact import ExactMatrix, narrowed
from bdnnc.network.network import Layer
from bdnnc.network.worst_activity import WorstActivity
from bdnnc.uncertainty.leads import differences, number_of_pair
from bdnnc.uncertainty.sets import Moves


def worst_scores(layer: Layer, points: ExactMatrix, moves: Sequence[Moves]) -> tuple[ExactMatrix, ...]:
    """(points, units) for each class; of a regression the highest and the lowest. Sets as in `WorstActivity.of`."""
    units = len(layer.bias)
    if units == 1:
        found = WorstActivity.of(layer, points, moves)
        return found.highest, found.lowest
    weights, bias = differences(layer.weights), differences(layer.bias[:, np.newaxis])[:, 0]
    absent = np.zeros(weights.shape, dtype=np.bool_)
    leads = WorstActivity.of(replace(layer, weights=weights, bias=bias, absent=absent), points, moves)
    return tuple(_against(leads, place, units) for place in range(units))


def _against(leads: WorstActivity, place: int, units: int) -> ExactMatrix:
    """The scores of all units where that of one is 0 and every other one leads it as far as it can."""
    columns = [np.zeros(leads.lowest.shape[0], dtype=object) for _ in range(units)]
    denominators = [1] * units
    for other in (unit for unit in range(units) if unit != place):
        pair = int(number_of_pair(np.array([place]), np.array([other]), units)[0])  # its lead is that of the first of the two
        end, sign = (leads.lowest, -1) if place < other else (leads.highest, 1)
        columns[other] = sign * end.numerators[:, pair].astype(object)
        denominators[other] = end.denominators[pair]
    return ExactMatrix(narrowed(np.stack(columns, axis=1)), tuple(denominators))
