"""The patterns of the first layer that are wrong, unit by unit: a tree whose branches without a wrong pattern are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.network.evaluate import Booleans
from bdnnc.network.verification.front import Front

AT_ONCE = 12
"""So many open units have all their patterns evaluated together."""

Visit = Callable[[tuple[bool, ...]], bool]
"""Of the activities of the first open units of the order: whether to go on below. False ends this branch."""


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """``base``: (units,) the activity of the units that are fixed; ``order``: the open ones, in the order of branching."""

    front: Front
    base: Booleans
    order: tuple[int, ...]

    def visit(self, visit: Visit) -> None:
        """Every begun pattern that some wrong pattern goes on from, depth first; first what the point itself has."""
        self._below((), None, visit)

    def _below(self, begun: tuple[bool, ...], wrong: Booleans | None, visit: Visit) -> None:
        if wrong is None and len(self.order) - len(begun) <= AT_ONCE:
            wrong = self._wrong(begun)
        if wrong is not None and not wrong.any():
            return
        if not visit(begun) or len(begun) == len(self.order):
            return
        for value, half in self._halves(len(begun), wrong):
            self._below((*begun, value), half, visit)

    def _halves(self, place: int, wrong: Booleans | None) -> Iterator[tuple[bool, Booleans | None]]:
        """The next unit's activities, each with the wrong patterns that remain; that at the point first."""
        at_point = self.front.values[self.order[place]] >= 0
        for value in (at_point, not at_point):
            yield value, None if wrong is None else np.split(wrong, 2)[int(value)]

    def _wrong(self, begun: Sequence[bool]) -> Booleans:
        """Of the 2**k patterns of the k units that follow, counted in binary with the next unit as the highest digit: which are
        wrong."""
        rest = self.order[len(begun) :]
        patterns = np.repeat(self.base[np.newaxis, :], 2 ** len(rest), axis=0)
        patterns[:, list(self.order[: len(begun)])] = begun
        numbers: NDArray[np.int64] = np.arange(2 ** len(rest), dtype=np.int64)
        for digit, unit in enumerate(reversed(rest)):
            patterns[:, unit] = numbers >> digit & 1 == 1
        return np.asarray(~self.front.right(patterns), dtype=np.bool_)
