"""Pairs of scores, and how much one leads another by: the directions in which several linear units have their worst cases."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Floats = NDArray[np.float64]


def ends_of_pairs(units: int) -> tuple[Index, Index]:
    """The two units c < o of every pair, (pairs,) each, in order."""
    pairs = np.array(list(combinations(range(units), 2)), dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def number_of_pair(one: Index, other: Index, units: int) -> Index:
    """The place of each pair among all, whichever of the two units is named first."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return low * (2 * units - low - 1) // 2 + high - low - 1


def differences(table: NDArray[Any]) -> NDArray[Any]:
    """(pairs, columns): the row of the first unit of each pair less that of the second."""
    first, second = ends_of_pairs(len(table))
    return table[first] - table[second]


def ahead(fall: Floats, rise: Floats, units: int) -> Floats:
    """(units, units, rows): how far moves bring unit o ahead of unit c, at [c, o], where the lead of the first of each pair
    falls and rises so far, (pairs, rows); 0 at [c, c]."""
    found = np.zeros((units, units, fall.shape[1]))
    first, second = ends_of_pairs(units)
    found[first, second], found[second, first] = fall, rise
    return found
