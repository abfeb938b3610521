"""Exact losses of output activity on labelled samples, and what is counted beside them.

``active`` is (samples, units), bool: which output units are active. ``y`` is (samples,): class indices. With C output units
unit c should be active iff the class is c; one output unit should be active iff the class is the second of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.language.spec import Loss
from bdnnc.network.evaluate import classes_of

Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]
Weighting = Literal["balanced"] | Sequence[Fraction] | None


def wanted_activity(y: Integers, units: int) -> Booleans:
    """Which output units should be active, (samples, units)."""
    if units == 1:
        return (y == 1)[:, np.newaxis]
    return y[:, np.newaxis] == np.arange(units)[np.newaxis, :]


def class_weights(weighting: Weighting, y: Integers, classes: int) -> tuple[Fraction, ...]:
    """One weight a class. ``balanced`` is N / (C n_c) over the training points ``y`` before merging, exactly; None is 1 each.

    A class without a training point has no balanced weight and no loss to weigh: it gets 0. Raises InternalError where a list
    has not one number a class.
    """
    if weighting is None:
        return (Fraction(1),) * classes
    if weighting == "balanced":
        counts = np.bincount(y, minlength=classes)
        return tuple(Fraction(len(y), classes * int(count)) if count else Fraction(0) for count in counts)
    if len(weighting) != classes:
        raise InternalError(f"{len(weighting)} class weights for {classes} classes")
    return tuple(Fraction(weight) for weight in weighting)


def wrong_bits(active: Booleans, y: Integers) -> Integers:
    """The number of output units that are not as they should be, (samples,)."""
    return (active != wanted_activity(y, active.shape[1])).sum(axis=1).astype(np.int64)


def wrong_samples(active: Booleans, y: Integers) -> Booleans:
    """Where not exactly the wanted units are active, (samples,): an error, ties and "no unit active" included."""
    return wrong_bits(active, y) > 0


def hamming(active: Booleans, y: Integers, weights: Sequence[Fraction] | None = None) -> Fraction:
    """Wrong bits, summed over units and samples; each times the weight of its sample's class."""
    return _weighted(wrong_bits(active, y), y, weights)


def zero_one(active: Booleans, y: Integers, weights: Sequence[Fraction] | None = None) -> Fraction:
    """Samples on which not exactly the wanted units are active, each times the weight of its class."""
    return _weighted(wrong_samples(active, y).astype(np.int64), y, weights)


def errors(active: Booleans, y: Integers) -> int:
    """The unweighted `zero_one`: errors, a tie is an error."""
    return int(wrong_samples(active, y).sum())


def right_predictions(active: Booleans, y: Integers) -> int:
    """The samples for which the class of the first largest output is theirs."""
    return int((classes_of(active) == y).sum())


def accuracy(active: Booleans, y: Integers) -> Fraction:
    """The share of right predictions; 0 of no samples is 0."""
    return Fraction(right_predictions(active, y), max(1, len(y)))


def confusion(active: Booleans, y: Integers, classes: int) -> Integers:
    """``[true class, predicted class]`` -> number of samples, (classes, classes)."""
    pairs = y * classes + classes_of(active)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


@dataclass(frozen=True, slots=True)
class LossRule:
    """A loss with its class weights resolved: ``coefficient`` times the weighted `hamming` or `zero_one`."""

    kind: Literal["hamming", "zero_one"]
    weights: tuple[Fraction, ...]
    coefficient: Fraction = Fraction(1)

    @staticmethod
    def of(loss: Loss, y: Integers, classes: int) -> LossRule:
        """The rule of a goal's loss; ``y``: the training points that `balanced` counts."""
        return LossRule(loss.kind, class_weights(loss.weighting, y, classes), loss.coefficient)

    def value(self, active: Booleans, y: Integers) -> Fraction:
        """The loss of output activity ``active`` on the classes ``y``, exactly."""
        measure = hamming if self.kind == "hamming" else zero_one
        return self.coefficient * measure(active, y, self.weights)


def _weighted(counts: Integers, y: Integers, weights: Sequence[Fraction] | None) -> Fraction:
    if weights is None:
        return Fraction(int(counts.sum()))
    by_class = np.zeros(len(weights), dtype=np.int64)
    np.add.at(by_class, y, counts)
    return sum((weight * int(count) for weight, count in zip(weights, by_class, strict=True)), Fraction(0))
