"""From a wrong perturbation to the one that lies deepest among the wrong ones: branch and bound over patterns and regions.

Depth is the least distance from 0 of the pre-activations that the set can switch. Bounds are those of float LPs: they decide
where to look, and the depth of what is found is exact.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from bdnnc.exact import ExactMatrix
from bdnnc.network.sums import exact_sums
from bdnnc.network.verification.float_lp import deepest_float
from bdnnc.network.verification.front import Front
from bdnnc.network.verification.listing import at_row, perturbations, size
from bdnnc.network.verification.patterns import Patterns
from bdnnc.network.verification.reach import LISTED_AT_ALL, LISTED_AT_ONCE, Asked, signed_rows
from bdnnc.network.verification.region import Floats, Region, movable, parts
from bdnnc.network.verification.relaxation import relaxed
from bdnnc.network.verification.rounding import rationals
from bdnnc.network.verification.verdict import Delta

GAIN = 1e-7  # relative: a region that can't give more than this beyond what is known is left


def depth_at(front: Front, units: Sequence[int], delta: Delta) -> Fraction:
    """The least distance of the pre-activations of ``units`` from 0; 0 where there are none."""
    values = front.at(delta)
    return min((abs(values[unit]) for unit in units), default=Fraction(0))


class Deepening:
    """``seen``: the patterns, whole or begun, that were looked at."""

    def __init__(self, front: Front, region: Region, patterns: Patterns, deadline: float | None) -> None:
        self.seen = 0
        self._front, self._region, self._patterns, self._deadline = front, region, patterns, deadline
        self._best: Delta = region.offset
        self._depth = Fraction(-1)

    def from_witness(self, delta: Delta) -> Delta:
        """The deepest wrong perturbation that is found, ``delta`` or a better one."""
        self._best, self._depth = delta, depth_at(self._front, self._patterns.order, delta)
        if not self._patterns.order:
            return delta
        if self._region.is_finite and size(self._region) <= LISTED_AT_ALL:
            self._take(self._deepest_listed(self._region))
        else:
            self._patterns.visit(self._visit)
        return self._best

    def _visit(self, begun: tuple[bool, ...]) -> bool:
        if self._is_late():
            return False
        if not begun:
            return True
        self.seen += 1
        asked = Asked(self._front, self._patterns.order[: len(begun)], begun, self._deadline)
        is_whole = len(begun) == len(self._patterns.order)
        open_regions, promising = [self._region], False
        while open_regions and not self._is_late():
            region = open_regions.pop()
            point = self._look(asked, region)
            if point is not None:
                promising = True
                open_regions += (parts(region, point) or []) if is_whole else []
        return promising

    def _look(self, asked: Asked, region: Region) -> Floats | None:
        """Take what the region offers, if it is better; a point of its hull where there may be more of it."""
        if not any(movable(moves) for moves in region.moves):
            self._take(iter([region.offset]))
            return None
        if region.is_finite and size(region) <= LISTED_AT_ONCE:
            self._take(self._deepest_listed(region))
            return None
        weights, values = signed_rows(asked, region)
        found = deepest_float(relaxed(region), weights, values, to_the_end=True)
        known = float(self._depth)
        if found is None or found.bound <= known + GAIN * (1 + abs(known)):
            return None
        self._take(rationals(region, found.delta))
        return found.delta

    def _take(self, candidates: Iterator[Delta]) -> None:
        for delta in candidates:
            depth = depth_at(self._front, self._patterns.order, delta)
            if depth > self._depth and self._is_wrong(delta):
                self._best, self._depth = delta, depth

    def _is_wrong(self, delta: Delta) -> bool:
        pattern = np.array([[value >= 0 for value in self._front.at(delta)]])
        return not bool(self._front.right(pattern)[0])

    def _deepest_listed(self, region: Region) -> Iterator[Delta]:
        """The deepest wrong perturbation of each chunk of a finite region."""
        layer = self._front.moved(region.offset)
        for chunk in perturbations(region):
            if self._is_late():
                return
            sums = exact_sums(layer, chunk)
            wrong = np.flatnonzero(~self._front.right(np.asarray(sums.numerators >= 0, dtype=np.bool_)))
            if wrong.size:
                yield at_row(region, chunk, int(wrong[self._deepest_row(sums.rows(wrong))]))

    def _deepest_row(self, sums: ExactMatrix) -> int:
        values, _ = sums.columns(self._patterns.order).over_one_denominator()
        return int(np.argmax(np.abs(values).min(axis=1)))

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline
