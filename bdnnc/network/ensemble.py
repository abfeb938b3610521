"""A network for each pair of classes, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.data.pairs import pairs_of
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import CHUNK_ROWS, predict
from bdnnc.network.network import Network

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """``members``: one network for each pair of ``classes`` in the order of `pairs_of`, all with the same inputs and one output
    unit, which is active for the second class of its pair."""

    classes: tuple[str, ...]
    members: tuple[Network, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        """How a file's columns become inputs, the same for all members."""
        return self.members[0].inputs

    def __repr__(self) -> str:
        from bdnnc.network.text import network_text

        return network_text(self)

    def _repr_html_(self) -> str:
        from bdnnc.network.text import network_html

        return network_html(self)


Predictor = Network | Ensemble
"""What a MODEL.json holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """``chosen``: (samples,) the class that wins; ``decided``: (samples,) bool, False where three classes or more have the most
    votes, so that only their order chooses; ``counts``: (samples, classes) votes of each class."""

    chosen: Integers
    decided: NDArray[np.bool_]
    counts: Integers


def poll(ensemble: Ensemble, X: ExactMatrix) -> Votes:
    """Every member votes on every row of ``X`` (samples, inputs) for one of its two classes."""
    rows = X.shape[0]
    chosen, decided = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.bool_)
    counts = np.empty((rows, len(ensemble.classes)), dtype=np.int64)
    for start in range(0, rows, CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        part = ExactMatrix(X.numerators[chunk], X.denominators)
        seconds = [predict(member, part) for member in ensemble.members]
        votes = counted(np.stack(seconds, axis=1), len(ensemble.classes))
        chosen[chunk], decided[chunk], counts[chunk] = votes.chosen, votes.decided, votes.counts
    return Votes(chosen, decided, counts)


def counted(seconds: Integers, classes: int) -> Votes:
    """The votes ``seconds`` (samples, pairs), 1 where a pair's network chooses the second class of the pair and 0 elsewhere.

    Most votes win. Of two classes with the most votes the network of that pair chooses, of more the first in class order.
    """
    pairs = np.array(pairs_of(classes), dtype=np.int64)  # (pairs, 2)
    if seconds.shape[1] != len(pairs):
        raise InternalError(f"{seconds.shape[1]} votes for {len(pairs)} pairs of classes")
    voted = np.where(seconds == 1, pairs[:, 1], pairs[:, 0])
    votes = np.stack([(voted == place).sum(axis=1) for place in range(classes)], axis=1)
    best = votes == votes.max(axis=1, keepdims=True)
    tied = best.sum(axis=1)
    first, last = best.argmax(axis=1), classes - 1 - best[:, ::-1].argmax(axis=1)
    numbers = np.zeros((classes, classes), dtype=np.int64)
    numbers[pairs[:, 0], pairs[:, 1]] = np.arange(len(pairs))
    duel = voted[np.arange(len(voted)), numbers[first, last]]
    return Votes(np.where(tied == 2, duel, first), np.asarray(tied <= 2), votes)


def predicted(predictor: Predictor, X: ExactMatrix) -> Integers:
    """The class index a row of ``X`` (samples, inputs), as `predict` chooses it. Raises InternalError for a network without
    classes."""
    return poll(predictor, X).chosen if isinstance(predictor, Ensemble) else predict(predictor, X)
