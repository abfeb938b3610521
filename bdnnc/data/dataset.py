"""The data as the rest of the compiler sees it: exact, selected, scaled, merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.exact import ExactMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """``X``: (samples, inputs) exact and scaled; ``y``: (samples,) class index (zeros for regression); ``rows``: row of the
    file, from 0 after the header; ``targets``: (samples,) Fractions, for regression only; ``raw``: (samples, inputs), before
    scaling, where it was asked for (one-hot inputs as they are)."""

    X: ExactMatrix
    y: NDArray[np.int64]
    rows: NDArray[np.int64]
    targets: NDArray[Any] | None = None
    raw: ExactMatrix | None = None

    def at(self, rows: NDArray[np.int64]) -> Samples:
        """The samples at some rows; their classes stay coded as they are."""
        return Samples(
            self.X.rows(rows),
            self.y[rows],
            self.rows[rows],
            None if self.targets is None else self.targets[rows],
            None if self.raw is None else self.raw.rows(rows),
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the data came from. ``path`` is None for built-in and in-memory data; ``sha256`` is of the file's bytes, or of the
    canonical text of built-in data; ``delimiter`` and ``header`` None where there is no dialect."""

    name: str
    path: str | None
    sha256: str
    target_name: str
    target_column: int
    delimiter: str | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A data set ready for training.

    ``patterns`` are the distinct rows of ``train.X``, in order of first appearance; ``pattern_of[i]`` is the pattern of
    training sample i; ``counts[p, c]`` the number of training samples of class c in pattern p. ``dead[j]`` says that input j
    is constant on the training points. ``columns`` are the names of all columns of the file. For regression ``classes`` is
    empty, ``counts`` is (patterns, 1) and samples carry ``targets``. ``notes`` are findings worth a line to the user (dialect,
    dropped rows, dead inputs).
    """

    inputs: tuple[Input, ...]
    classes: tuple[str, ...]
    train: Samples
    validation: Samples | None
    test: Samples | None
    patterns: ExactMatrix
    pattern_of: NDArray[np.int64]
    counts: NDArray[np.int64]
    dead: NDArray[np.bool_]
    origin: Origin
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
