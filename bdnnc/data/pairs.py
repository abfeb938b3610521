"""The points of two classes alone, for the networks of an ensemble that tell two classes apart.

Columns, codes and scales stay those that were fitted on all training points, and so does the list of inputs that are constant:
all networks of an ensemble have the same inputs. Equal points are merged anew.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from bdnnc.data.blame import failure, listed
from bdnnc.data.dataset import Dataset, Samples
from bdnnc.data.merging import class_counts, merged_samples
from bdnnc.diagnostics import Span

Pair = tuple[int, int]
"""Two classes by their places in class order, the earlier one first."""


def pairs_of(classes: int) -> tuple[Pair, ...]:
    """All pairs of so many classes, (0, 1), (0, 2), .., (1, 2), ..: the order of the networks in an ensemble."""
    return tuple(combinations(range(classes), 2))


def of_pair(dataset: Dataset, pair: Pair) -> Dataset:
    """The points of two classes, coded 0 and 1; a set without any of them is left out. There must be training points."""
    train = samples_of_pair(dataset.train, pair)
    first, group = merged_samples(train)
    return replace(
        dataset,
        classes=tuple(dataset.classes[place] for place in pair),
        train=train,
        validation=_held(dataset.validation, pair),
        test=_held(dataset.test, pair),
        patterns=train.X.rows(first),
        pattern_of=group,
        counts=class_counts(group, train.y, len(first), 2),
        notes=(),
    )


def refuse_empty_pairs(dataset: Dataset, span: Span) -> None:
    """Raises UserError E230 where two classes or more have no training point: their networks could learn nothing.
    ``span``: where the points came from."""
    sizes = np.bincount(dataset.train.y, minlength=len(dataset.classes))
    empty = [name for name, size in zip(dataset.classes, sizes.tolist(), strict=True) if not size]
    if len(empty) < 2:
        return
    message = f"no training point of the classes {listed(empty)}, so that nothing tells them apart"
    help = "take more points, `take .. stratified`, or leave classes out with `keep classes`"
    raise failure("E230", message, span, help=help)


def _held(samples: Samples | None, pair: Pair) -> Samples | None:
    part = None if samples is None else samples_of_pair(samples, pair)
    return part if part is not None and len(part.y) else None


def samples_of_pair(samples: Samples, pair: Pair) -> Samples:
    """The points of the two classes, coded 0 and 1; there may be none."""
    rows = np.flatnonzero(np.isin(samples.y, pair))
    y = (samples.y[rows] == pair[1]).astype(np.int64)
    return replace(samples.at(rows), y=y)
