"""Is a network right at every perturbation of one point? Decided exactly; and where is it wrong most deeply?"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import layer_activity
from bdnnc.network.network import Network
from bdnnc.network.verification.deepening import Deepening, depth_at
from bdnnc.network.verification.front import Front, front_of
from bdnnc.network.verification.listing import at_row, perturbations, size
from bdnnc.network.verification.patterns import Patterns
from bdnnc.network.verification.reach import LISTED_AT_ALL, Answer, Asked, reach
from bdnnc.network.verification.region import Region, whole
from bdnnc.network.verification.verdict import Delta, Right, Verdict
from bdnnc.uncertainty.sets import Moves
from bdnnc.uncertainty.support import contains, reaches

LISTED = 20_000
"""A finite set with so many perturbations is gone through, a larger one is searched by patterns."""


def judge(network: Network, x: ExactMatrix, moves: Sequence[Moves], right: Right, seconds: float | None = None) -> Verdict:
    """Whether ``network`` is right at ``x`` (1, inputs) for every perturbation of the ``moves``, each that of one point.

    ``right``: see `verdict.rightness`. ``seconds``: None, as long as it takes; kept to within one small LP. "undecided" only
    where the time is over, or a tie on a set without a form in rationals (`L2`) can't be told from a near miss.
    """
    return _Point(network, x, moves, right, seconds).judged()


def deepest(network: Network, x: ExactMatrix, moves: Sequence[Moves], right: Right, seconds: float | None = None) -> Verdict:
    """As `judge`; where the network can be wrong, ``delta`` is the wrong perturbation of largest ``depth`` that was found. It
    is the largest of all, but for rounding, unless the time was over (``seconds`` are used up then)."""
    point = _Point(network, x, moves, right, seconds)
    verdict = point.judged()
    return verdict if verdict.delta is None else point.deepened(verdict.delta)


class _Point:
    """One question: the network at a point, what may happen to it, and the clock."""

    def __init__(self, network: Network, x: ExactMatrix, moves: Sequence[Moves], right: Right, seconds: float | None) -> None:
        self._started = time.monotonic()
        self._deadline = None if seconds is None else self._started + seconds
        self._front: Front = front_of(network, x, right)
        self._region: Region = whole(x.shape[1], moves)
        self._patterns = open_patterns(self._front, moves)
        self._seen = 0
        self._undecided = False
        self._found: Delta | None = None
        self._witness: Delta | None = None

    def judged(self) -> Verdict:
        if not self._front.right_at(self._region.offset):
            self._found = self._region.offset
        elif self._region.is_finite and size(self._region) <= (LISTED if self._region.can_be_split else LISTED_AT_ALL):
            self._list()
        else:
            self._patterns.visit(self._visit)
        return self._verdict()

    def deepened(self, delta: Delta) -> Verdict:
        deepening = Deepening(self._front, self._region, self._patterns, self._deadline)
        self._found = deepening.from_witness(delta)
        self._seen += deepening.seen
        return self._verdict()

    def _verdict(self) -> Verdict:
        seconds = time.monotonic() - self._started
        if self._found is None:
            return Verdict("undecided" if self._undecided else "certified", None, seconds, self._seen)
        self._check(self._found)
        depth = depth_at(self._front, self._patterns.order, self._found)
        return Verdict("broken", self._found, seconds, self._seen, depth)

    def _check(self, delta: Delta) -> None:
        """What is called broken is: the perturbation is one, and the whole network is wrong there."""
        inside = all(contains(moves, [delta[j] for j in moves.inputs]) for moves in self._region.moves)
        still = {j for moves in self._region.moves for j in moves.inputs}
        moved = any(value != 0 for j, value in enumerate(delta) if j not in still)
        if not inside or moved or self._front.right_at(delta):
            raise InternalError("verification found a counter-example that is none")

    def _list(self) -> None:
        """Go through a finite set."""
        if not self._patterns.order:
            return
        for chunk in perturbations(self._region):
            if self._is_late():
                return
            patterns, places = np.unique(layer_activity(self._front.layer, chunk), axis=0, return_index=True)
            self._seen = max(self._seen, len(patterns))
            wrong = np.flatnonzero(~self._front.right(patterns))
            if wrong.size:
                self._found = at_row(self._region, chunk, int(places[wrong[0]]))
                return

    def _visit(self, begun: tuple[bool, ...]) -> bool:
        """Of a begun pattern: whether something wrong may be below. A whole one is decided."""
        if self._found is not None or self._is_late():
            return False
        if not begun:
            return True
        asked = Asked(self._front, self._patterns.order[: len(begun)], begun, self._deadline)
        if self._witness is not None and asked.holds(self._witness):
            return True  # a perturbation that is known to be right: the whole pattern here would be wrong, so it is no leaf
        self._seen += 1
        is_whole = len(begun) == len(self._patterns.order)
        found = reach(asked, self._region, split=is_whole)
        if found.answer is Answer.UNKNOWN:
            self._undecided |= is_whole
        if found.delta is not None:
            self._witness = found.delta
            if not self._front.right_at(found.delta):
                self._found = found.delta
                return False
        return found.answer is not Answer.EMPTY

    def _is_late(self) -> bool:
        late = self._deadline is not None and time.monotonic() > self._deadline
        self._undecided |= late
        return late


def open_patterns(front: Front, moves: Sequence[Moves]) -> Patterns:
    """Units whose sign the exact worst case leaves open, those nearest to a change first, and the activity of the others."""
    least, most = reaches(front.weights, moves)
    base = np.array([value >= 0 for value in front.values], dtype=np.bool_)
    is_open = [
        (value + least.fraction(0, unit) < 0) != (value + most.fraction(0, unit) < 0) for unit, value in enumerate(front.values)
    ]
    order = sorted((abs(value), unit) for unit, value in enumerate(front.values) if is_open[unit])
    return Patterns(front, base, tuple(unit for _, unit in order))
