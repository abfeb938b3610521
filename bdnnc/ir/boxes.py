"""Bounds of what an implication concludes, from the boxes of pre-activations and variables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.program import Implication, Key, PreActivation, Summand, Variable

Floats = NDArray[np.float64]


def conclusion_box(rule: Implication, a: PreActivation, variables: Mapping[Key, Variable]) -> tuple[Floats, Floats]:
    """``(low, high)``, each (rows,): bounds of a[pattern, unit] - a[pattern, other] + summands over everything."""
    row = rule.pattern if a.low.shape[0] > 1 else np.zeros_like(rule.pattern)
    low, high = a.low[row, rule.unit], a.high[row, rule.unit]
    if rule.other is not None:
        low, high = low - a.high[row, rule.other], high - a.low[row, rule.other]
    for part in rule.summands:
        least, most = _summand_box(part, variables[part.block])
        low = low + np.bincount(part.row, least, minlength=rule.size)
        high = high + np.bincount(part.row, most, minlength=rule.size)
    return low, high


def _summand_box(part: Summand, block: Variable) -> tuple[Floats, Floats]:
    ends = part.value * block.lower[part.member], part.value * block.upper[part.member]
    return np.minimum(*ends), np.maximum(*ends)
