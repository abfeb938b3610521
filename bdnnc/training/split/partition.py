# pyright: reportArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Partitions of the patterns into sets, and how a set is split in two: 2-means, or a linear support vector machine."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

STARTS = 25
"""Of 2-means, as in the paper."""

SVM_ITERATIONS = 10_000


@dataclass(frozen=True, eq=False)
class Partition:
    """``set_of``: (patterns,) the set of each pattern; sets are numbered from 0 without gaps."""

    set_of: Index

    @staticmethod
    def coarsest(patterns: int) -> Partition:
        """All patterns in one set."""
        return Partition(np.zeros(patterns, dtype=np.int64))

    @property
    def size(self) -> int:
        """The number of sets."""
        return int(self.set_of.max()) + 1

    @cached_property
    def patterns(self) -> tuple[Index, ...]:
        """The patterns of each set, ascending."""
        order = np.argsort(self.set_of, kind="stable")
        ends = np.searchsorted(self.set_of[order], np.arange(1, self.size))
        return tuple(np.split(order, ends))

    @cached_property
    def splittable(self) -> tuple[int, ...]:
        """The sets of more than one pattern."""
        return tuple(place for place, members in enumerate(self.patterns) if len(members) > 1)

    def split(self, sets: Iterable[int], halve: Callable[[Index], Booleans]) -> Partition:
        """The partition in which each of ``sets`` has become two: ``halve`` says which of its patterns move to a new set. Some
        do, but not all."""
        set_of, fresh = self.set_of.copy(), self.size
        for place in sets:
            members = self.patterns[place]
            set_of[members[halve(members)]] = fresh
            fresh += 1
        return Partition(set_of)


@dataclass(frozen=True, slots=True, eq=False)
class Halver:
    """Splits sets of points. ``X``: (patterns, inputs) floats; ``weights``: (patterns,) the samples of each pattern; ``label``:
    for a set's patterns the two sides that a hyperplane should separate, for `svm` alone."""

    X: Floats
    weights: Index
    by: Literal["kmeans", "svm"]
    seed: int
    label: Callable[[Index], Booleans]

    def halve(self, members: Index) -> Booleans:
        """(members,): the smaller part of a set of two patterns or more, as a proper subset.

        `svm`: the side of a hyperplane of least squared hinge loss with both sides weighing the same (LinearSVC on columns of
        mean 0 and deviation 1, C = 1). Where there is but one label, or all points lie on one side, and for `kmeans`: the
        clusters of 2-means, 25 starts. Raises UserError E622 without scikit-learn.
        """
        if self.by == "svm":
            side = self._by_hyperplane(members)
            if side is not None:
                return _smaller(side)
        side = self._by_means(members)
        return _smaller(_in_the_middle(len(members)) if side.all() or not side.any() else side)

    def _by_means(self, members: Index) -> Booleans:
        from sklearn.cluster import KMeans
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits

        points = self.X[members]
        points = points / max(float(np.abs(points).max()), np.finfo(np.float64).tiny)  # squares of large numbers overflow
        means = KMeans(n_clusters=2, n_init=STARTS, random_state=self.seed)
        with warnings.catch_warnings(), threadpool_limits(1):  # few points: threads would cost more, and sum in any order
            warnings.simplefilter("ignore", ConvergenceWarning)  # points that are one in floats: seen by its one label
            found = means.fit(points, sample_weight=self.weights[members].astype(np.float64)).labels_
        return np.asarray(found == 1, dtype=np.bool_)

    def _by_hyperplane(self, members: Index) -> Booleans | None:
        """None where nothing is separated."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import LinearSVC

        label = self.label(members)
        if label.all() or not label.any():
            return None
        machine = LinearSVC(dual=False, class_weight="balanced", max_iter=SVM_ITERATIONS)
        points = _standardised(self.X[members])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # any hyperplane splits a set, the best or not
            machine.fit(points, label, sample_weight=self.weights[members].astype(np.float64))
        side = np.asarray(machine.decision_function(points) >= 0, dtype=np.bool_)
        return None if side.all() or not side.any() else side


def _smaller(side: Booleans) -> Booleans:
    """The side with fewer patterns; of equal ones that without the first pattern, so that a split does not depend on how its
    sides were numbered."""
    inside = int(side.sum())
    other = len(side) - inside
    return ~side if inside > other or (inside == other and side[0]) else side


def _in_the_middle(count: int) -> Booleans:
    """For points that floats do not tell apart."""
    return np.arange(count) >= (count + 1) // 2


def _standardised(points: Floats) -> Floats:
    points = points / max(float(np.abs(points).max()), np.finfo(np.float64).tiny)
    spread = points.std(axis=0)
    return (points - points.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
