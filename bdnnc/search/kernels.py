"""The hot loop: what many candidates for one unit would cost at every threshold, in numpy.

A candidate changes one or two weights of the unit. With pre-activations s (without bias) the unit is active on a pattern iff
s >= t, the threshold t being minus the bias; a pattern costs D more where it is. One histogram of D over the thresholds that s
reaches gives the cost at all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bdnnc.search.thresholds import Window

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CHUNK = 1_000_000
"""Entries of a temporary array, to bound memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Candidate c adds ``by[c]`` to weight ``first[c]`` and ``by_second[c]`` to weight ``second[c]`` (0: no second change)."""

    first: Integers
    by: Integers
    second: Integers
    by_second: Integers

    def __len__(self) -> int:
        return len(self.first)

    def at(self, kept: NDArray[np.bool_]) -> Candidates:
        """Those where the mask is true."""
        return Candidates(self.first[kept], self.by[kept], self.second[kept], self.by_second[kept])

    def rows(self, row: Integers) -> Integers:
        """The weights of the unit under each candidate, (candidates, inputs)."""
        found = np.repeat(row[np.newaxis], len(self), axis=0)
        places = np.arange(len(self))
        np.add.at(found, (places, self.first), self.by)
        np.add.at(found, (places, self.second), self.by_second)
        return found

    def sums(self, place: int, sums: Integers, below: Integers) -> Integers:
        """The pre-activations of one candidate, (patterns,)."""
        found = sums + self.by[place] * below[self.first[place]]
        if self.by_second[place]:
            found += self.by_second[place] * below[self.second[place]]
        return found


class Kernel(Protocol):
    """(forms, candidates, thresholds): the sum of ``extra`` (forms, patterns) over the patterns that are active at each
    threshold of the window, for each candidate."""

    def __call__(self, sums: Integers, below: Integers, extra: Floats, candidates: Candidates, window: Window) -> Floats: ...


def numpy_kernel(sums: Integers, below: Integers, extra: Floats, candidates: Candidates, window: Window) -> Floats:
    """The kernel in plain numpy. ``sums`` (patterns,), ``below`` (inputs, patterns)."""
    forms, patterns = extra.shape
    found = np.empty((forms, len(candidates), window.count))
    size = max(1, CHUNK // max(1, patterns))
    for start in range(0, len(candidates), size):
        part = slice(start, start + size)
        changed = sums + candidates.by[part, np.newaxis] * below[candidates.first[part]]
        if candidates.by_second[part].any():
            changed += candidates.by_second[part, np.newaxis] * below[candidates.second[part]]
        found[:, part] = accumulated(changed, extra, window)
    return found


def accumulated(changed: Integers, extra: Floats, window: Window) -> Floats:
    """(forms, candidates, thresholds): the sum of ``extra`` (forms, patterns) over the patterns whose ``changed`` (candidates,
    patterns) reaches each threshold."""
    reached = window.reached(changed.copy())
    rows = len(changed)
    reached += np.arange(rows)[:, np.newaxis] * (window.count + 1)
    flat = reached.ravel()
    found = np.empty((len(extra), rows, window.count))
    for form, own in enumerate(extra):
        weights = np.broadcast_to(own, changed.shape).ravel()
        table = np.bincount(flat, weights, rows * (window.count + 1)).reshape(rows, window.count + 1)
        found[form] = table[:, :0:-1].cumsum(axis=1)[:, ::-1]
    return found
