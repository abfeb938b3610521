"""What an error costs in each class: 1, a listed number, or more the fewer points the class has."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from bdnnc.diagnostics import InternalError

Weighting = Literal["balanced"] | Sequence[Fraction] | None


def class_weights(weighting: Weighting, sizes: Sequence[int]) -> tuple[Fraction, ...]:
    """One weight a class. ``balanced`` is N / (C n_c) exactly, ``sizes`` being the n_c of the training points before merging;
    None is 1 each.

    A class without a training point has no balanced weight and no loss to weigh: it gets 0. Raises InternalError where a list
    has not one number a class.
    """
    if weighting is None:
        return (Fraction(1),) * len(sizes)
    if weighting == "balanced":
        return tuple(Fraction(sum(sizes), len(sizes) * size) if size else Fraction(0) for size in sizes)
    if len(weighting) != len(sizes):
        raise InternalError(f"{len(weighting)} class weights for {len(sizes)} classes")
    return tuple(Fraction(weight) for weight in weighting)
