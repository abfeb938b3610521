"""One point, judged: what a worker does. It depends on the question and the point alone, but for the time it has."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.dataset import Samples
from bdnnc.exact import ExactMatrix
from bdnnc.language.robustness import Robustness
from bdnnc.network.ensemble import Ensemble, Predictor, poll
from bdnnc.network.evaluate import last_output
from bdnnc.network.network import Network
from bdnnc.network.score import wrong
from bdnnc.network.verification.point import judge
from bdnnc.network.verification.radius import Norm, Radius, bisected, first_layer_radius
from bdnnc.network.verification.verdict import Delta, Verdict, rightness
from bdnnc.network.verification.votes import judge_votes, right_votes
from bdnnc.posing.uncertainty import sample_moves
from bdnnc.uncertainty.sets import Moves
from bdnnc.uncertainty.support import contains
from bdnnc.verifying.finding import OVER, Finding
from bdnnc.verifying.shrinking import shrunk

NORMS: tuple[Norm, ...] = ("linf", "l1", "l2")
WHOLE = Fraction(1)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of each of the ``points``, which are distinct; ``moves``: what these may become, as ``robust`` says.

    ``radius``: how large a share of the set is certified, too. ``point_time``: seconds for a point, None for as many as it
    takes; ``until``: of ``time.time``, when the run ends.
    """

    network: Predictor
    points: Samples
    robust: Robustness
    moves: tuple[Moves, ...]
    radius: bool = False
    point_time: float | None = None
    until: float | None = None

    def x(self, place: int) -> ExactMatrix:
        """A point, (1, inputs)."""
        return self.points.X.rows(np.array([place]))

    def moves_at(self, place: int) -> tuple[Moves, ...]:
        """What one point may become."""
        return tuple(moves.at(place) for moves in self.moves)

    def is_right(self, place: int, delta: Delta) -> bool:
        """Whether the network is right for a point's label at a perturbation of it, by one exact evaluation."""
        x, label = self.x(place), int(self.points.y[place])
        moved = ExactMatrix.from_fractions([[x.fraction(0, j) + value for j, value in enumerate(delta)]])
        if isinstance(self.network, Ensemble):
            return bool(right_votes(self.network, moved, label)[0])
        return bool(rightness(self.network, label)(last_output(self.network, moved))[0])

    def errors(self) -> NDArray[np.bool_]:
        """Which points are wrong as they are, (points,)."""
        network, y = self.network, self.points.y
        if isinstance(network, Ensemble):
            votes = poll(network, self.points.X)
            return np.asarray((votes.chosen != y) | ~votes.decided, dtype=np.bool_)
        return np.asarray(wrong(last_output(network, self.points.X))[np.arange(len(y)), y], dtype=np.bool_)

    def breaks(self, place: int, delta: Delta) -> bool:
        """Whether ``delta`` is a perturbation of a point, and the network wrong there."""
        moves = self.moves_at(place)
        if len(delta) != self.points.X.shape[1] or not all(contains(part, [delta[j] for j in part.inputs]) for part in moves):
            return False
        moving = {j for part in moves for j in part.inputs}
        return not any(value for j, value in enumerate(delta) if j not in moving) and not self.is_right(place, delta)

    @property
    def is_over(self) -> bool:
        return self.until is not None and time.time() >= self.until


def judge_point(question: Question, place: int) -> Finding:
    """The finding on the point number ``place``."""
    if question.is_over:
        return Finding("undecided", None, 0.0, 0, OVER, 0.0)
    clock = _Clock(question.point_time, question.until)
    x, moves = question.x(place), question.moves_at(place)
    verdict = _judged(question, place, moves, clock.left())
    first: dict[Norm, Fraction | None] = {
        norm: _first_layer(question.network, x, norm) for norm in (NORMS if question.radius else NORMS[:1])
    }
    radius = _radius(question, place, verdict, clock) if question.radius else None
    reason = ""
    if verdict.outcome == "undecided":
        reason = verdict.reason or (OVER if question.is_over else clock.spent())
    elif radius is not None and not radius.is_complete and question.is_over:
        return Finding("undecided", None, clock.seconds, verdict.patterns, OVER, question.point_time, first)
    return Finding(verdict.outcome, verdict.delta, clock.seconds, verdict.patterns, reason, question.point_time, first, radius)


class _Clock:
    """The time of one point."""

    def __init__(self, seconds: float | None, until: float | None) -> None:
        self._began = time.monotonic()
        of_run = None if until is None else max(0.0, until - time.time())
        known = [limit for limit in (seconds, of_run) if limit is not None]
        self._limit = min(known) if known else None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def left(self) -> float | None:
        return None if self._limit is None else max(0.0, self._limit - self.seconds)

    def spent(self) -> str:
        """Why `judge` gave up."""
        if self._limit is not None and self.seconds >= self._limit:
            return "the time for a point was over"
        return "it is decided by a tie on the edge of `l2`, which rationals cannot tell from a near miss"


def _judged(question: Question, place: int, moves: tuple[Moves, ...], seconds: float | None) -> Verdict:
    network, label = question.network, int(question.points.y[place])
    if isinstance(network, Ensemble):
        return judge_votes(network, question.x(place), moves, label, seconds)
    return judge(network, question.x(place), moves, rightness(network, label), seconds)


def _first_layer(network: Predictor, x: ExactMatrix, norm: Norm) -> Fraction | None:
    """The radius below which nothing changes; of an ensemble that of its most sensitive network."""
    members: tuple[Network, ...] = network.members if isinstance(network, Ensemble) else (network,)
    found = [first_layer_radius(member, x, norm) for member in members]
    return min((radius for radius in found if radius is not None), default=None)


def _radius(question: Question, place: int, verdict: Verdict, clock: _Clock) -> Radius:
    """The shares of the set, by bisection between nothing and all of it, whose ``verdict`` is known."""
    sample = question.points.at(np.array([place]))

    def asked(share: Fraction, seconds: float | None) -> Verdict:
        if share == WHOLE:
            return verdict
        if share == 0 and (verdict.outcome != "broken" or any(verdict.delta or ())):
            return replace(verdict, outcome="certified", delta=None)  # the point itself is the first thing that is looked at
        if share == 0:
            return verdict
        moves = sample_moves(shrunk(question.robust, share), sample, question.network.inputs)
        return _judged(question, place, moves, seconds)

    return bisected(asked, WHOLE, seconds=clock.left())
