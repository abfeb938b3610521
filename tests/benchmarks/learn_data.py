"""Data sets of the benchmark "learn", and how they are split: half to train, a quarter to choose by, a quarter to test."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.datasets import uniform

ROOT = Path(__file__).resolve().parents[2]
SHARES = (0.5, 0.25, 0.25)
CREDIT_ROWS = 4000


class UnavailableError(Exception):
    """The data or the package that is needed is not on this machine."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """``X`` (points, inputs), ``y`` (points,) with classes from 0."""

    X: NDArray[np.float64]
    y: NDArray[np.int64]

    def __getitem__(self, rows: NDArray[np.int64]) -> Points:
        return Points(self.X[rows], self.y[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The points of one repetition."""

    train: Points
    validation: Points
    test: Points


@dataclass(frozen=True, slots=True)
class DataSet:
    """``text``: what the page says of it."""

    load: Callable[[], Points]
    text: str


def _of_sklearn(name: str) -> Points:
    try:
        import sklearn.datasets as sets
    except ImportError as missing:
        raise UnavailableError("scikit-learn is not installed: pip install scikit-learn") from missing
    loaded: Any = getattr(sets, f"load_{name}")()
    return Points(np.asarray(loaded.data, dtype=np.float64), np.asarray(loaded.target, dtype=np.int64))


def of_file(name: str) -> Points:
    """A file with ``;`` between the cells, no header and the label last."""
    folder = Path(os.environ.get("BDNNC_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).is_file():
        raise UnavailableError(f"no {name} here; name its folder in BDNNC_SHARED_DATA")
    table = np.loadtxt(folder / name, delimiter=";")
    return Points(table[:, :-1], np.unique(table[:, -1], return_inverse=True)[1].astype(np.int64))


def _credit() -> Points:
    points = of_file("default_of_credit_card_clients.csv")
    return points[np.sort(np.random.default_rng(0).permutation(len(points.y))[:CREDIT_ROWS])]


DATA_SETS: dict[str, DataSet] = {
    "breast_cancer": DataSet(lambda: of_file("breast-cancer-wisconsin.csv"), "699 points, 463 of them different, 9 inputs"),
    "iris": DataSet(lambda: _of_sklearn("iris"), "150 points, 4 inputs, 3 classes"),
    "wine": DataSet(lambda: _of_sklearn("wine"), "178 points, 13 inputs, 3 classes"),
    "digits": DataSet(lambda: _of_sklearn("digits"), "1797 points, 64 inputs, 10 classes"),
    "uniform_10": DataSet(lambda: Points(*uniform(10, 1000)), "1000 random points, 10 inputs; 83.3 % can be expected at most"),
    "uniform_100": DataSet(
        lambda: Points(*uniform(100, 1000)), "1000 random points, 100 inputs; 83.3 % can be expected at most"
    ),
    "credit": DataSet(_credit, f"{CREDIT_ROWS} of 30000 points, chosen by chance once, 23 inputs"),
}


def split(points: Points, seed: int) -> Split:
    """Each class is dealt out on its own, in an order by chance; every point is in one part. Parts that do not come out even
    are rounded in favour of training."""
    random = np.random.default_rng(seed)
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [], [])
    for label in np.unique(points.y):
        members = random.permutation(np.flatnonzero(points.y == label))
        ends = np.ceil(np.cumsum(SHARES) * len(members)).astype(int)
        for part, chosen in zip(parts, np.split(members, ends[:-1]), strict=True):
            part.append(chosen)
    train, validation, test = (points[np.sort(np.concatenate(part))] for part in parts)
    return Split(train, validation, test)


def accuracy(said: Sequence[Any] | NDArray[Any], y: NDArray[np.int64]) -> float:
    """Per cent."""
    return 100 * float(np.mean(np.asarray(said) == y))
