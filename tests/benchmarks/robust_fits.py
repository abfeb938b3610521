"""What the benchmark "robust" keeps of a training, a JSON line each, and what must hold of it whatever the data are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

POINT_TIME = 5.0
"""Seconds after which a point is undecided."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which training: ``spec`` is the SHA-256 of the file with the sizes at which the network is judged, ``seconds`` the limit,
    ``version`` that of bdnnc."""

    instance: str
    spec: str
    method: str
    split: int
    seconds: float
    version: str


@dataclass(frozen=True, slots=True)
class Count:
    """Of a set of points (`train`, `test`), each moved within the set of that ``size``: how many of the ``points`` are wrong as
    they are (``errors``), right on their whole set (``certified``), wrong somewhere (``broken``, errors among them), or neither
    known. ``seconds``: of the verification."""

    set: str
    size: str
    points: int
    errors: int
    certified: int
    broken: int
    undecided: int
    seconds: float

    @property
    def accuracy(self) -> float:
        """Certified points, per cent. The accuracy in the worst case is at least this."""
        return 100 * self.certified / self.points

    @property
    def possible(self) -> float:
        """What the accuracy in the worst case is at most, per cent."""
        return 100 - 100 * self.broken / self.points


@dataclass(frozen=True, slots=True)
class Program:
    """How large the program is that the method begins with."""

    rows: int
    columns: int
    nonzeros: int


@dataclass(frozen=True, slots=True)
class Training:
    """``status``, ``loss``, ``bound``: as training says, the bound None where there is none; ``took``: seconds; ``found``: when
    the network was found; ``trained``: the size that it is for."""

    status: str
    loss: float
    bound: float | None
    took: float
    found: float
    trained: str


@dataclass(frozen=True, slots=True)
class Fit:
    """``reason``: why there is nothing else."""

    key: Key
    training: Training | None = None
    program: Program | None = None
    counts: tuple[Count, ...] = ()
    reason: str = ""

    def of_set(self, name: str) -> tuple[Count, ...]:
        """The counts of one set of points, in ascending sizes."""
        return tuple(count for count in self.counts if count.set == name)

    def flaws(self) -> tuple[str, ...]:
        """What is not as it must be, in words: any of these would be a bug.

        Larger sets certify no point more and leave no broken one unbroken. At the size trained for, the points that training
        counts as right are certified: all right ones of a `static` file, exactly these in an `adaptive` one.
        """
        found: list[str] = []
        for name in ("train", "test"):
            counts = self.of_set(name)
            for less, more in pairwise(counts):
                if more.certified > less.certified + less.undecided or more.broken + more.undecided < less.broken:
                    found.append(f"{name}: size {more.size} is easier than {less.size}")
        training = self.training
        there = [] if training is None else [count for count in self.of_set("train") if count.size == training.trained]
        if training is None or self.key.method == "nominal":
            return tuple(found)
        for count in there:
            least, most = count.certified, count.certified + count.undecided
            right = count.points - training.loss
            if most < right:
                found.append(f"train: {right:g} points count as right, {most} can be certified")
            if self.key.method == "static" and most < count.points - count.errors:
                found.append(f"train: {count.points - count.errors} points are right, {most} can be certified")
            if self.key.method == "adaptive" and least > right:
                found.append(f"train: {right:g} points count as right, {least} are certified")
        return tuple(found)


def fit_of(line: str) -> Fit:
    """A line of the notebook."""
    table: Mapping[str, Any] = json.loads(line)
    training = None if table["training"] is None else Training(**table["training"])
    program = None if table["program"] is None else Program(**table["program"])
    counts = tuple(Count(**count) for count in table["counts"])
    return Fit(Key(**table["key"]), training, program, counts, table["reason"])
