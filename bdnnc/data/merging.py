"""Equal points as one pattern, and inputs that never change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix


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
        values, codes = np.unique(X.numerators[:, j], return_inverse=True)
        _, group = np.unique(group * len(values) + codes.reshape(-1), return_inverse=True)
        group = group.reshape(-1)
    _, first = np.unique(group, return_index=True)
    order = np.argsort(first)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return first[order], place[group]


def class_counts(group: NDArray[np.int64], y: NDArray[np.int64], patterns: int, classes: int) -> NDArray[np.int64]:
    """How many rows of each class fall in each pattern, shape (patterns, classes)."""
    return np.bincount(group * classes + y, minlength=patterns * classes).reshape(patterns, classes).astype(np.int64)
