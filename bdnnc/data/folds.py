"""Folds of the training points for cross-validation: the same ones on every machine, each held out as the test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import counted
from bdnnc.data.selection import ranking
from bdnnc.data.sets import Points
from bdnnc.diagnostics import Diagnostic, UserError


@dataclass(frozen=True, slots=True)
class Fold:
    """Part ``number`` (from 0) of the ``of`` parts, at least 2, that the training points are dealt into with ``seed``."""

    number: int
    of: int
    seed: int = 0


def deal(rows: NDArray[np.int64], y: NDArray[np.int64], of: int, seed: int) -> NDArray[np.int64]:
    """The fold of each point, 0..of-1, shape (rows,). ``rows``: rows of the file, ``y``: class indices (zeros for regression).

    The points lie class after class, each class in the order of `selection.ranking`, and are dealt out in turn, so that folds
    differ by at most one point, and by at most one of each class.
    """
    order = ranking(rows, seed)
    order = order[np.argsort(y[order], kind="stable")]
    folds = np.empty(len(rows), dtype=np.int64)
    folds[order] = np.arange(len(rows)) % of
    return folds


def with_fold_held(train: Points, fold: Fold, classes: Sequence[str]) -> dict[str, Points]:
    """``train`` without the fold, and the fold as ``test``. Raises UserError E236 as `check_folds`."""
    check_folds(train.y, fold.of, classes)
    held = deal(train.rows, train.y, fold.of, fold.seed) == fold.number
    return {"train": train.at(~held), "test": train.at(held)}


def check_folds(y: NDArray[np.int64], of: int, classes: Sequence[str]) -> None:
    """Raises UserError E236 where a fold would have no point, or none of one of the ``classes`` (none: regression)."""
    sizes = np.bincount(y, minlength=max(1, len(classes))).tolist()
    smallest = min(sizes)
    if smallest >= of:
        return
    if not classes:
        message = f"{of} folds need {of} training points, and there are {smallest}"
    else:
        name = classes[sizes.index(smallest)]
        message = f"{of} folds need {of} training points of each class, and class `{name}` has {smallest}"
    most = f"ask for at most {counted(smallest, 'fold')}, or " if smallest >= 2 else ""
    raise UserError(Diagnostic("E236", message, help=f"{most}train on more points"))
