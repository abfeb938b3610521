"""The numbers that a regression is to meet, merged with the points."""

from __future__ import annotations

import numpy as np

from bdnnc.data.dataset import Dataset
from bdnnc.ir.problem import Targets


def pose_targets(dataset: Dataset) -> Targets | None:
    """The distinct pairs of pattern and number, by pattern and then by number; None for classes."""
    numbers = dataset.train.targets
    if numbers is None:
        return None
    values, codes = np.unique(numbers, return_inverse=True)
    pairs, count = np.unique(dataset.pattern_of * len(values) + codes.reshape(-1), return_counts=True)
    return Targets(pairs // len(values), values[pairs % len(values)], count.astype(np.int64))
