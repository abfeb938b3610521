"""A layer's pre-activations in integers: the rational sums scaled, unit by unit, by a common denominator."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import FLOAT_EXACT, INT64_SAFE, ExactMatrix, IntArray, magnitude, narrowed
from bdnnc.network.network import Layer


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLayer:
    """``denominators[i] * a[i] = sum_j coefficients[i, j] N[j] + offsets[i]`` for input numerators N.

    ``coefficients``: (units, inputs) and ``offsets``: (units,), Python integers (dtype object); ``denominators`` positive.
    """

    coefficients: IntArray
    offsets: IntArray
    denominators: tuple[int, ...]

    def unit(self, index: int) -> IntegerLayer:
        """This one unit as a layer."""
        one = slice(index, index + 1)
        return IntegerLayer(self.coefficients[one], self.offsets[one], self.denominators[one])

    def reach(self, inputs: IntArray) -> int:
        """A bound of the magnitude of every partial sum over the rows of ``inputs`` (samples, inputs) and of what enters."""
        largest = column_magnitudes(inputs)
        sums = (np.abs(self.coefficients) * largest).sum(axis=1) + np.abs(self.offsets)
        entering = int(np.abs(self.coefficients).max(initial=0))
        return max([int(value) for value in sums] + [entering])

    def numerators(self, inputs: IntArray) -> IntArray:
        """``denominators * a`` exactly, (samples, units): int64 where no sum can reach 2**62, else Python integers."""
        used = np.flatnonzero((self.coefficients != 0).any(axis=0))
        N, K = inputs[:, used], self.coefficients[:, used]
        reach = self.reach(inputs)
        if reach <= FLOAT_EXACT:  # integers that floats hold exactly, so that BLAS may do the sums in any order
            return (N.astype(np.float64) @ K.T.astype(np.float64) + self.offsets.astype(np.float64)).astype(np.int64)
        if reach < INT64_SAFE:
            return N.astype(np.int64) @ K.T.astype(np.int64) + self.offsets.astype(np.int64)
        if used.size == 0:
            return np.repeat(self.offsets[np.newaxis, :], len(inputs), axis=0)
        return N.astype(object) @ K.T + self.offsets

    def preactivations(self, inputs: IntArray) -> ExactMatrix:
        """a itself, (samples, units)."""
        return ExactMatrix(narrowed(self.numerators(inputs)), self.denominators)

    def floats(self, input_denominators: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Correctly rounded weights (units, inputs) and biases (units,); inf where beyond the floats."""
        weights = np.empty(self.coefficients.shape, dtype=np.float64)
        bias = np.empty(len(self.denominators), dtype=np.float64)
        for i, denominator in enumerate(self.denominators):
            bias[i] = rounded(int(self.offsets[i]), denominator)
            for j, scale in enumerate(input_denominators):
                weights[i, j] = rounded(int(self.coefficients[i, j]) * scale, denominator)
        return weights, bias


def integer_layer(layer: Layer, input_denominators: tuple[int, ...]) -> IntegerLayer:
    """The layer over inputs of which column j is an integer over ``input_denominators[j]``."""
    units, width = layer.weights.shape
    entries = layer.weights.ravel().tolist()
    numerators = narrowed(np.array([entry.numerator for entry in entries], dtype=object)).reshape(units, width)
    divisors = narrowed(np.array([entry.denominator for entry in entries], dtype=object)).reshape(units, width)
    scales = narrowed(np.array(input_denominators, dtype=object))
    if magnitude(divisors) * magnitude(scales) >= INT64_SAFE:
        divisors = divisors.astype(object)
    divisors = divisors * scales
    common = np.gcd(numerators, divisors)
    numerators, divisors = numerators // common, divisors // common
    biases = [Fraction(value) for value in layer.bias.tolist()]
    denominators = tuple(lcm(bias.denominator, *set(row)) for bias, row in zip(biases, divisors.tolist(), strict=True))
    times = np.array(denominators, dtype=object)
    offsets = np.array(
        [bias.numerator * (own // bias.denominator) for bias, own in zip(biases, denominators, strict=True)], object
    )
    if max(1, magnitude(numerators)) * max(denominators, default=1) < INT64_SAFE:
        times = times.astype(np.int64)
    coefficients = numerators * (times[:, np.newaxis] // divisors)
    return IntegerLayer(coefficients.astype(object), offsets, denominators)


def column_magnitudes(inputs: IntArray) -> IntArray:
    """The largest magnitude of each column, as Python integers; 0 where there are no rows."""
    rows, columns = inputs.shape
    found = np.zeros(columns, dtype=object)
    if rows:
        found[:] = [
            max(abs(int(high)), abs(int(low))) for high, low in zip(inputs.max(axis=0), inputs.min(axis=0), strict=True)
        ]
    return found


def rounded(numerator: int, denominator: int) -> float:
    """The nearest float of the quotient, or an infinity of its sign."""
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if numerator > 0 else float("-inf")
