"""Is the vote of an ensemble right at every perturbation of one point?

Two ways lead to a proof. The cheap one asks each network alone, on the whole set, whether it can change its vote, and counts:
if the class wins however those vote that can, it wins (together they do no worse than each on its own). The exact one looks at
all networks as one, whose first layer has the units of all, where few of these can switch. A counter-example is a perturbation
at which the vote itself, evaluated exactly, is wrong; those of single networks are tried first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations

import numpy as np

from bdnnc.data.pairs import pairs_of
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.network.ensemble import Ensemble, Integers, counted, poll
from bdnnc.network.evaluate import Booleans, Output, predict
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.verification.front import front_of
from bdnnc.network.verification.point import judge, open_patterns
from bdnnc.network.verification.verdict import Delta, Outcome, Verdict, rightness
from bdnnc.uncertainty.sets import Moves
from bdnnc.uncertainty.support import contains

JOINT_UNITS = 20
"""So many first-layer units, of all networks together, may be able to switch where all are looked at as one."""

LISTED_VOTES = 14
"""The votes of so many networks are gone through one combination after the other; of more, only the worst for each rival is
looked at."""


def judge_votes(
    ensemble: Ensemble, x: ExactMatrix, moves: Sequence[Moves], label: int, seconds: float | None = None
) -> Verdict:
    """Whether class ``label`` wins at ``x`` (1, inputs) for every perturbation, a tie of three classes or more being an error.

    ``moves``, ``seconds``: as in `judge`. "undecided" where the time is over, or where networks that may each lose their vote
    have too many units to be looked at together (``reason`` says so). ``depth`` is None.
    """
    return _Vote(ensemble, x, tuple(moves), label, seconds).judged()


@dataclass(frozen=True, slots=True)
class VoteRightness:
    """Right for class ``label`` of ``classes``: for rows (rows, pairs) of active outputs, as the vote counts them."""

    label: int
    classes: int

    def __call__(self, output: Output) -> Booleans:
        assert not isinstance(output, ExactMatrix)
        votes = counted(output.astype(np.int64), self.classes)
        return np.asarray((votes.chosen == self.label) & votes.decided, dtype=np.bool_)


def right_votes(ensemble: Ensemble, X: ExactMatrix, label: int) -> Booleans:
    """Whether class ``label`` wins at each row of ``X``, and not only as the first of three or more with the most votes."""
    votes = poll(ensemble, X)
    return np.asarray((votes.chosen == label) & votes.decided, dtype=np.bool_)


def joint_network(ensemble: Ensemble) -> Network | None:
    """All networks as one, whose outputs are `step` units, active where a network votes for the second class of its pair; None
    where their layers are not alike."""
    stacks = list(zip(*(member.layers for member in ensemble.members), strict=False))
    depths = {len(member.layers) for member in ensemble.members}
    if len(depths) > 1 or any(len({(part.unit, part.height) for part in stack}) > 1 for stack in stacks):
        return None
    return Network(ensemble.inputs, tuple(_stacked(stack, place == 0) for place, stack in enumerate(stacks)), ())


def _stacked(parts: Sequence[Layer], is_first: bool) -> Layer:
    """The layers side by side: on the same inputs, or each on its own."""
    first = parts[0]
    weights: FractionArray = _beside([part.weights for part in parts], is_first, Fraction(0))
    bias = np.concatenate([part.bias for part in parts])
    absent = _beside([part.absent for part in parts], is_first, True).astype(np.bool_)
    return replace(first, unit="step" if first.unit == "linear" else first.unit, weights=weights, bias=bias, absent=absent)


def _beside(blocks: Sequence[FractionArray], is_first: bool, filler: object) -> FractionArray:
    if is_first:
        return np.vstack(blocks)
    found = np.full((sum(len(block) for block in blocks), sum(block.shape[1] for block in blocks)), filler, dtype=object)
    row = column = 0
    for block in blocks:
        found[row : row + len(block), column : column + block.shape[1]] = block
        row, column = row + len(block), column + block.shape[1]
    return found


@dataclass(slots=True, eq=False)
class _Vote:
    """One question, and what is known so far. ``witnesses``: perturbations at which some network changes its vote."""

    ensemble: Ensemble
    x: ExactMatrix
    moves: tuple[Moves, ...]
    label: int
    seconds: float | None
    started: float = field(default_factory=time.monotonic)
    patterns: int = 0
    witnesses: list[Delta] = field(default_factory=list[Delta])

    def judged(self) -> Verdict:
        nowhere: Delta = (Fraction(0),) * self.x.shape[1]
        if not self._is_right(nowhere):
            return self._verdict("broken", nowhere)
        pairs = pairs_of(len(self.ensemble.classes))
        fixed = np.full(len(pairs), -1, dtype=np.int64)
        for place, pair in enumerate(pairs):
            if self.label in pair and self._keeps(place, pair.index(self.label)):
                fixed[place] = pair.index(self.label)
        if self._wins(fixed):
            return self._verdict("certified")
        if (broken := self._tried()) is not None:
            return self._verdict("broken", broken)
        lost = sum(vote < 0 for vote, pair in zip(fixed.tolist(), pairs, strict=True) if self.label in pair)
        others = [place for place, pair in enumerate(pairs) if self.label not in pair]
        nominal = {place: int(predict(self.ensemble.members[place], self.x)[0]) for place in others}
        fixed[others] = [nominal[place] for place in others]
        if self._wins(fixed):  # else there is no use in asking the others
            fixed[others] = [vote if self._keeps(place, vote) else -1 for place, vote in nominal.items()]
            if self._wins(fixed):
                return self._verdict("certified")
            if (broken := self._tried()) is not None:
                return self._verdict("broken", broken)
        return self._together(lost)

    def _keeps(self, place: int, vote: int) -> bool:
        """Whether a network votes so on the whole set, for certain."""
        member = self.ensemble.members[place]
        found = judge(member, self.x, self.moves, rightness(member, vote), self._left())
        self.patterns += found.patterns
        if found.delta is not None:
            self.witnesses.append(found.delta)
        return found.outcome == "certified"

    def _wins(self, fixed: Integers) -> bool:
        """Whether the class wins however those networks vote whose vote is not ``fixed`` (pairs,) but -1."""
        classes = len(self.ensemble.classes)
        free = np.flatnonzero(fixed < 0)
        if len(free) <= LISTED_VOTES:
            votes = np.repeat(fixed[np.newaxis, :], 2 ** len(free), axis=0)
            numbers: Integers = np.arange(2 ** len(free), dtype=np.int64)
            for digit, place in enumerate(free):
                votes[:, place] = numbers >> digit & 1
            return bool(VoteRightness(self.label, classes)(votes.astype(np.bool_)).all())
        most = np.zeros(classes, dtype=np.int64)
        least = 0
        for vote, pair in zip(fixed.tolist(), pairs_of(classes), strict=True):
            for place, name in enumerate(pair):
                if name == self.label:
                    least += vote == place
                else:
                    most[name] += vote in (place, -1)
        return least > int(most.max())

    def _together(self, lost: int) -> Verdict:
        """All networks as one, if few units can switch. ``lost``: how many networks of the class may change their vote."""
        whole = joint_network(self.ensemble)
        right = VoteRightness(self.label, len(self.ensemble.classes))
        switching = None if whole is None else len(open_patterns(front_of(whole, self.x, right), self.moves).order)
        if whole is None or switching is None or switching > JOINT_UNITS:
            units = "are not alike" if switching is None else f"have {switching} units that can switch, more than {JOINT_UNITS}"
            who = "1 network of the class" if lost == 1 else f"{lost} networks of the class, each on its own,"
            return self._verdict("undecided", reason=f"{who} can lose the vote, and the first layers of all {units}")
        found = judge(whole, self.x, self.moves, right, self._left())
        self.patterns += found.patterns
        if found.delta is not None and self._is_right(found.delta):
            raise InternalError("verification found a counter-example of a vote that is none")
        return self._verdict(found.outcome, found.delta)

    def _tried(self) -> Delta | None:
        """A witness, or a perturbation near some, at which the vote is wrong."""
        return next((delta for delta in self._near() if not self._is_right(delta)), None)

    def _near(self) -> Iterator[Delta]:
        """The witnesses, the corners that they point to, and the middles of two of them, as far as these are perturbations."""
        yield from self.witnesses
        for delta in self.witnesses:
            yield from self._members(self._corner(delta))
        for one, other in combinations(self.witnesses[:JOINT_UNITS], 2):
            yield from self._members(tuple((a + b) / 2 for a, b in zip(one, other, strict=True)))

    def _corner(self, delta: Delta) -> Delta:
        found = list(delta)
        for moves in self.moves:
            for place, j in enumerate(moves.inputs):
                end = moves.high if delta[j] > 0 else moves.low
                found[j] = end.fraction(0, place) if delta[j] else Fraction(0)
        return tuple(found)

    def _members(self, delta: Delta) -> Iterator[Delta]:
        if all(contains(moves, [delta[j] for j in moves.inputs]) for moves in self.moves):
            yield delta

    def _is_right(self, delta: Delta) -> bool:
        perturbed = [self.x.fraction(0, j) + value for j, value in enumerate(delta)]
        return bool(right_votes(self.ensemble, ExactMatrix.from_fractions([perturbed]), self.label)[0])

    def _left(self) -> float | None:
        return None if self.seconds is None else max(0.0, self.seconds - (time.monotonic() - self.started))

    def _verdict(self, outcome: Outcome, delta: Delta | None = None, reason: str = "") -> Verdict:
        seconds = time.monotonic() - self.started
        return Verdict(outcome, delta, seconds, self.patterns, reason=reason)
