"""Equal points as one pattern, and inputs that never change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import listed
from bdnnc.data.dataset import Samples
from bdnnc.data.inputs import Input
from bdnnc.exact import INT64_SAFE, ExactMatrix, IntArray


def constant_columns(X: ExactMatrix) -> NDArray[np.bool_]:
    """Which columns have one value in all rows, shape (columns,); X has at least one row."""
    return np.asarray((X.numerators == X.numerators[:1]).all(axis=0), dtype=np.bool_)


def merged(X: ExactMatrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """``(first, group)``: the rows that are the first of their kind, ascending, and for each row the number of its kind.

    ``X.rows(first)`` are the distinct rows in order of appearance; row i of X equals ``X.rows(first)`` at ``group[i]``.
    """
    rows = X.shape[0]
    group = np.zeros(rows, dtype=np.int64)
    for j in np.flatnonzero(~constant_columns(X)):
        codes, kinds = _codes(X.numerators[:, j])
        _, group = np.unique(group * kinds + codes, return_inverse=True)
        group = group.reshape(-1)
    _, first = np.unique(group, return_index=True)
    order = np.argsort(first)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return first[order], place[group]


def merged_samples(samples: Samples) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As `merged`; points that were not equal before scaling stay apart where it is known."""
    X, raw = samples.X, samples.raw
    if raw is None:
        return merged(X)
    wide = X.numerators.dtype == object or raw.numerators.dtype == object
    parts = [part.astype(object) if wide else part for part in (X.numerators, raw.numerators)]
    return merged(ExactMatrix(np.concatenate(parts, axis=1), X.denominators + raw.denominators))


def _codes(column: IntArray) -> tuple[NDArray[np.int64], int]:
    """``(codes, kinds)``: codes in 0..kinds - 1, equal where the values are; rows x kinds stays within int64."""
    if column.dtype != object:
        low = int(column.min())
        spread = int(column.max()) - low + 1
        if spread * len(column) < INT64_SAFE:
            return column - low, spread
    values, codes = np.unique(column, return_inverse=True)
    return codes.reshape(-1).astype(np.int64), len(values)


def class_counts(group: NDArray[np.int64], y: NDArray[np.int64], patterns: int, classes: int) -> NDArray[np.int64]:
    """How many rows of each class fall in each pattern, shape (patterns, classes)."""
    return np.bincount(group * classes + y, minlength=patterns * classes).reshape(patterns, classes).astype(np.int64)


def constant_note(inputs: Sequence[Input], dead: NDArray[np.bool_]) -> tuple[str, ...]:
    """The note that names the ``dead`` among the inputs; empty where there are none."""
    names = [given.name for given, is_dead in zip(inputs, dead.tolist(), strict=True) if is_dead]
    return (f"constant on the training points: {listed(names)}",) if names else ()
