"""Sample weights as multiplicities: a point of weight 3 is a point that stands three times."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import fraction_gcd
from bdnnc.sklearn.errors import invalid

MOST_ROWS = 1_000_000
"""How many points the repeated data may have; points that are equal once scaled are merged again before anything is solved."""


def multiplicities(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """How often each point stands, shape (rows,): the smallest integers that are in the proportions of ``weights``.

    ``weights``: (rows,) finite numbers, meant as their shortest decimals; where all are integers they are kept as they are.
    Raises InvalidInput E237 for negative weights, for weights that are all zero, and for proportions that would need more than
    1,000,000 points.
    """
    values, place = np.unique(weights, return_inverse=True)
    counts = _integers(values)
    repeated = np.array(counts, dtype=object)[place.reshape(-1)]
    if int(repeated.sum()) > MOST_ROWS:
        message = f"the proportions of the sample weights need {int(repeated.sum())} points, more than {MOST_ROWS}"
        help = "give integers or rounded weights, for example `sample_weight.round(1)`; by class: `hamming weighted balanced`"
        raise invalid("E237", message, help)
    return repeated.astype(np.int64)


def _integers(values: NDArray[np.float64]) -> list[int]:
    if values[0] < 0:
        message = f"a sample weight is {values[0]:g}, which is negative"
        raise invalid("E237", message, "a weight of 0 leaves a point out")
    exact = [Fraction(repr(float(value))) for value in values]
    if not any(exact):
        raise invalid("E237", "all sample weights are zero", "give the points that count a positive weight")
    if all(value.denominator == 1 for value in exact):
        return [value.numerator for value in exact]
    unit = fraction_gcd(exact)
    return [int(value / unit) for value in exact]
