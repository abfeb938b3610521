"""Findings as verdicts on the points of each set: what is broken is evaluated once more, and told in the file's own units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bdnnc.data.inputs import Input, Scaled
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.network.ensemble import predicted
from bdnnc.network.verification.radius import Norm, Radius
from bdnnc.network.verification.verdict import Delta, Outcome
from bdnnc.verifying.finding import OVER, Finding
from bdnnc.verifying.judging import Question
from bdnnc.verifying.points import Points


@dataclass(frozen=True, slots=True)
class Move:
    """An input of a counter-example: as the first layer sees it, ``at`` the point and ``to`` the counter-example. ``in_file``:
    the same two in the units of the file, where the scale has an inverse there."""

    input: str
    at: Fraction
    to: Fraction
    in_file: tuple[Fraction, Fraction] | None

    @property
    def delta(self) -> Fraction:
        return self.to - self.at


@dataclass(frozen=True, slots=True)
class PointVerdict:
    """``set``, ``row``: where the point stands (row of the file from 0 after the header); ``label``: its class. ``predicted``:
    the class that `predict` gives as it is; ``is_error``: whether that counts as an error, a tie among them.

    ``outcome``: `certified` (right for every perturbation), `broken` or `undecided`, with its ``reason``. ``predicted_at``: the
    class at the counter-example, which is ``moves`` away: none where the point is wrong as it is. ``first_layer``: by norm, the
    distance below which no first-layer unit changes (squared for `l2`; None: none ever does); empty where it is not known.
    ``radius``: shares of the set, where these were asked for. ``kind``: points of one kind are equal and were judged once.
    """

    set: str
    row: int
    label: str
    predicted: str
    is_error: bool
    outcome: Outcome
    predicted_at: str | None
    moves: tuple[Move, ...]
    first_layer: Mapping[Norm, Fraction | None]
    radius: Radius | None
    seconds: float
    reason: str
    kind: int


@dataclass(frozen=True, slots=True)
class SetCounts:
    """``points`` of a set and how many of them are ``distinct``; ``errors``: as they are, all of them broken; ``seconds``: of
    the work on its distinct points, whoever did it."""

    name: str
    points: int
    distinct: int
    errors: int
    certified: int
    broken: int
    undecided: int
    seconds: float

    @property
    def certified_accuracy(self) -> Fraction:
        """The worst case's accuracy is at least this."""
        return Fraction(self.certified, max(1, self.points))

    @property
    def possible_accuracy(self) -> Fraction:
        """The worst case's accuracy is at most this."""
        return 1 - Fraction(self.broken, max(1, self.points))


class Verdicts:
    """Turns findings into verdicts, each evaluated once, however often the result so far is asked for."""

    def __init__(self, question: Question, points: Points) -> None:
        self._question, self._points = question, points
        self._chosen: list[int] = predicted(question.network, points.distinct.X).tolist()
        self._wrong: list[bool] = question.errors().tolist()
        self._known: dict[int, tuple[Finding, int | None, tuple[Move, ...]]] = {}

    def of(self, findings: Mapping[int, Finding]) -> tuple[PointVerdict, ...]:
        """The verdicts on all points; those without a finding are undecided, because the run was over.

        Raises InternalError where a counter-example is none.
        """
        sets = self._points.sets
        names = [part.name for part in sets for _ in range(len(part.samples.y))]
        rows: list[int] = np.concatenate([part.samples.rows for part in sets]).tolist()
        kinds: list[int] = self._points.kind.tolist()
        return tuple(self._verdict(*where, findings.get(where[2])) for where in zip(names, rows, kinds, strict=True))

    def _verdict(self, name: str, row: int, kind: int, finding: Finding | None) -> PointVerdict:
        classes = self._question.network.classes
        found, at, moves = self._judged(kind, finding)
        return PointVerdict(
            set=name,
            row=row,
            label=classes[int(self._points.distinct.y[kind])],
            predicted=classes[self._chosen[kind]],
            is_error=self._wrong[kind],
            outcome=found.outcome,
            predicted_at=None if at is None else classes[at],
            moves=moves,
            first_layer=found.first_layer,
            radius=found.radius,
            seconds=found.seconds,
            reason=found.reason,
            kind=kind,
        )

    def _judged(self, kind: int, finding: Finding | None) -> tuple[Finding, int | None, tuple[Move, ...]]:
        """A finding with the class at its counter-example, which is held against the set and the network once more."""
        if finding is None:
            return Finding("undecided", None, 0.0, 0, OVER), None, ()
        if finding.delta is None:
            return finding, None, ()
        if kind not in self._known:
            self._known[kind] = (finding, *self._broken(kind, finding.delta))
        return self._known[kind]

    def _broken(self, kind: int, delta: Delta) -> tuple[int, tuple[Move, ...]]:
        question = self._question
        if not question.breaks(kind, delta):
            raise InternalError("a counter-example that was noted is none")
        x, inputs = question.x(kind), question.network.inputs
        to = [x.fraction(0, j) + value for j, value in enumerate(delta)]
        at = int(predicted(question.network, ExactMatrix.from_fractions([to]))[0])
        return at, tuple(_move(inputs[j], x.fraction(0, j), to[j]) for j, value in enumerate(delta) if value)


def counts(points: Points, found: tuple[PointVerdict, ...]) -> tuple[SetCounts, ...]:
    """The counts of each set."""
    return tuple(_counts(part.name, [verdict for verdict in found if verdict.set == part.name]) for part in points.sets)


def _counts(name: str, found: list[PointVerdict]) -> SetCounts:
    number = {outcome: sum(verdict.outcome == outcome for verdict in found) for outcome in ("certified", "broken", "undecided")}
    seconds = {verdict.kind: verdict.seconds for verdict in found}
    errors = sum(verdict.is_error for verdict in found)
    return SetCounts(name, len(found), len(seconds), errors, **number, seconds=sum(seconds.values()))


def _move(given: Input, at: Fraction, to: Fraction) -> Move:
    before, after = in_file(given, at), in_file(given, to)
    return Move(given.name, at, to, None if before is None or after is None else (before, after))


def in_file(given: Input, value: Fraction) -> Fraction | None:
    """The number of the file that an input's ``value`` is made of; None where the scale has no inverse: where it rounds, and of
    binarized and one-hot inputs."""
    transform = given.transform
    if not isinstance(transform, Scaled) or given.power != 1 or transform.factor == 0 or transform.digits is not None:
        return None
    return value / transform.factor + transform.shift
