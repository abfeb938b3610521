"""An ensemble on labelled points: errors of its votes, and the losses of its members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.dataset import Samples
from bdnnc.data.pairs import pairs_of, samples_of_pair
from bdnnc.language.quantities import Term
from bdnnc.network import score
from bdnnc.network.ensemble import Ensemble, poll
from bdnnc.network.evaluate import last_output


@dataclass(frozen=True, slots=True, eq=False)
class ScoredVotes:
    """``errors``: points whose class does not win, or only because it is the first of three or more with the most votes;
    ``right``: points whose class wins; ``confusion[c, p]``: points of class c for which p wins."""

    samples: int
    errors: int
    right: int
    confusion: NDArray[np.int64]

    @property
    def accuracy(self) -> Fraction:
        """The share of points whose class wins; 0 of none."""
        return Fraction(self.right, max(1, self.samples))


def score_votes(ensemble: Ensemble, samples: Samples) -> ScoredVotes:
    """The figures of an ensemble on labelled points, transformed as its inputs say."""
    votes, classes = poll(ensemble, samples.X), len(ensemble.classes)
    right = votes.chosen == samples.y
    cells = np.bincount(samples.y * classes + votes.chosen, minlength=classes * classes)
    return ScoredVotes(
        samples=len(samples.y),
        errors=int((~(right & votes.decided)).sum()),
        right=int(right.sum()),
        confusion=cells.reshape(classes, classes).astype(np.int64),
    )


def members_loss(ensemble: Ensemble, samples: Samples, terms: Sequence[Iterable[Term]]) -> Fraction:
    """The sum over the members of their losses on the points of their two classes. ``terms``: the loss terms of each pair's
    first goal, with class weights as numbers."""
    total = Fraction(0)
    for pair, member, of_pair in zip(pairs_of(len(ensemble.classes)), ensemble.members, terms, strict=True):
        part = samples_of_pair(samples, pair)
        total += score.terms_value(of_pair, last_output(member, part.X), score.counts_of(part.y, 2))
    return total
