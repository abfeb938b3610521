"""What a network computes, decided exactly: the one place where the semantics of units stands.

Unit i of a layer has the pre-activation a = sum_j w[i, j] x[j] + b[i]. A `step` unit gives its height (1 unless declared) where
a >= 0 and 0 elsewhere; a `sign` unit gives +1 where a >= 0 and -1 elsewhere; a `linear` unit, in the last layer only, gives a
itself. A tie, a = 0, is active.

Inputs and parameters are rationals, and every decision is one about rationals. Three ways lead there, the cheapest sound one is
taken: float64 where all sums are integers below 2**53 after scaling (exact by then), int64 below 2**62, and else floats with a
rigorous error bound as a filter, so that only the doubtful entries are computed with Python integers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.exact import FLOAT_EXACT, INT64_SAFE, ExactMatrix, IntArray
from bdnnc.network.integer_layer import IntegerLayer, integer_layer
from bdnnc.network.network import Layer, Network

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

Output = Booleans | ExactMatrix
"""What the last layer gives, (samples, units): which units are active, or the exact values of linear units."""

CHUNK_ROWS = 65_536  # rows that `predict` evaluates at a time, to bound its memory


def preactivations(network: Network, X: ExactMatrix) -> list[ExactMatrix]:
    """The exact pre-activations, one (samples, units) matrix a layer.

    ``X`` is (samples, inputs), transformed as ``network.inputs`` say. Raises InternalError if its width is not the network's.
    """
    return [form.preactivations(inputs.numerators) for form, inputs, _ in _passes(network, X)]


def active_units(network: Network, X: ExactMatrix) -> list[Booleans]:
    """Where a >= 0, exactly: which units are active; one (samples, units) array of bool a layer, also for a linear one.

    Raises as `preactivations`.
    """
    return [active for _, _, active in _passes(network, X)]


def last_output(network: Network, X: ExactMatrix) -> Output:
    """What the last layer gives, (samples, units): bool, which units are active, or the exact values of linear units."""
    *_, (form, inputs, active) = _passes(network, X)
    return form.preactivations(inputs.numerators) if network.layers[-1].unit == "linear" else active


def predict(network: Network, X: ExactMatrix) -> NDArray[np.int64]:
    """The class index a sample, (samples,): the class of the first largest output; of one unit, 1 where a >= 0.

    Raises InternalError for a network without classes.
    """
    if not network.classes:
        raise InternalError("a network without classes predicts values")
    rows = X.shape[0]
    found = np.empty(rows, dtype=np.int64)
    for start in range(0, rows, CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        found[chunk] = classes_of(last_output(network, ExactMatrix(X.numerators[chunk], X.denominators)))
    return found


def classes_of(output: Output) -> NDArray[np.int64]:
    """The class index for each row of the last layer's output, as `predict` chooses it."""
    if isinstance(output, ExactMatrix):
        values, _ = output.over_one_denominator()
        output = values >= 0 if values.shape[1] == 1 else values
    if output.shape[1] == 1:
        return output[:, 0].astype(np.int64)
    return np.argmax(output, axis=1).astype(np.int64)


def smallest_margins(network: Network, X: ExactMatrix) -> tuple[Fraction | None, ...]:
    """The smallest distance of a pre-activation from 0 over samples and units, one exact Fraction a layer.

    That is the smallest of a over active and -a over inactive units; None for a linear layer. Raises InternalError where
    there are no samples.
    """
    return tuple(None if units is None else min(units) for units in unit_margins(network, X))


def unit_margins(network: Network, X: ExactMatrix) -> tuple[tuple[Fraction, ...] | None, ...]:
    """The smallest distance of each unit's pre-activation from 0 over the samples, one Fraction a unit for each layer; None for
    a linear layer. Raises InternalError where there are no samples."""
    if X.shape[0] == 0:
        raise InternalError("the margin of no samples is not defined")
    passes = zip(network.layers, _passes(network, X), strict=True)
    return tuple(None if layer.unit == "linear" else _distances(form, inputs) for layer, (form, inputs, _) in passes)


def layer_output(layer: Layer, active: Booleans) -> ExactMatrix:
    """What the next layer receives, (samples, units), from which units are active."""
    if layer.unit == "sign":
        return ExactMatrix(2 * active.astype(np.int64) - 1, (1,) * active.shape[1])
    if layer.height.numerator < INT64_SAFE:
        numerators: IntArray = active.astype(np.int64) * layer.height.numerator
    else:
        numerators = active.astype(object) * layer.height.numerator
    return ExactMatrix(numerators, (layer.height.denominator,) * active.shape[1])


def layer_activity(layer: Layer, inputs: ExactMatrix) -> Booleans:
    """Which units of one layer are active on its inputs (samples, inputs), decided exactly; (samples, units) bool."""
    return _active(integer_layer(layer, inputs.denominators), inputs)


def _passes(network: Network, X: ExactMatrix) -> Iterator[tuple[IntegerLayer, ExactMatrix, Booleans]]:
    """Layer by layer: its integer form, its inputs, its active units."""
    inputs = X
    for layer in network.layers:
        if layer.unit == "linear" and layer is not network.layers[-1]:
            raise InternalError(f"layer {layer.name} is linear, but not the last")
        if layer.weights.shape[1] != inputs.shape[1]:
            raise InternalError(f"layer {layer.name} takes {layer.weights.shape[1]} inputs, not {inputs.shape[1]}")
        form = integer_layer(layer, inputs.denominators)
        active = _active(form, inputs)
        yield form, inputs, active
        inputs = layer_output(layer, active)


def _active(form: IntegerLayer, inputs: ExactMatrix) -> Booleans:
    if form.reach(inputs.numerators) <= FLOAT_EXACT:
        return np.asarray(form.numerators(inputs.numerators) >= 0)
    estimate = _estimate(form, inputs)
    active = np.asarray(estimate.value >= 0)
    doubtful = ~(np.abs(estimate.value) > estimate.error)  # so written, NaN is doubtful
    for unit in np.flatnonzero(doubtful.any(axis=0)):
        rows = np.flatnonzero(doubtful[:, unit])
        active[rows, unit] = form.unit(int(unit)).numerators(inputs.numerators[rows])[:, 0] >= 0
    return active


def _distances(form: IntegerLayer, inputs: ExactMatrix) -> tuple[Fraction, ...]:
    """The smallest |a| of each unit."""
    if form.reach(inputs.numerators) < INT64_SAFE:
        nearest = np.abs(form.numerators(inputs.numerators)).min(axis=0)
        return tuple(Fraction(int(value), below) for value, below in zip(nearest, form.denominators, strict=True))
    estimate = _estimate(form, inputs)
    distance = np.abs(estimate.value)
    # NaN and inf - inf count as candidates; fmin passes over them.
    with np.errstate(invalid="ignore", over="ignore"):
        surely = np.fmin.reduce(distance + estimate.error, axis=0)
        candidates = ~(distance - estimate.error > surely)
    found: list[Fraction] = []
    for unit, below in enumerate(form.denominators):
        exact = np.abs(form.unit(unit).numerators(inputs.numerators[candidates[:, unit]]))
        found.append(Fraction(int(exact.min()), below))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Estimate:
    """Float pre-activations (samples, units), each within ``error`` of the exact ones (NaN or inf: nothing is known)."""

    value: Floats
    error: Floats


def _estimate(form: IntegerLayer, inputs: ExactMatrix) -> _Estimate:
    """Inputs, weights and biases are correctly rounded, so each carries a relative error of at most u = 2**-53 (and 2**-1075
    where it underflows). Products and a sum of n + 1 terms in any order add gamma(n + 1) of the sum of magnitudes (Higham,
    Accuracy and Stability of Numerical Algorithms, section 3.1). Twice (n + 8) u covers this and the error's own rounding.
    """
    rows, columns = inputs.shape
    try:
        X = inputs.floats()
    except OverflowError:  # an input beyond the floats: nothing is known
        unknown = np.full((rows, len(form.denominators)), np.inf)
        return _Estimate(unknown, unknown)
    weights, bias = form.floats(inputs.denominators)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        value = X @ weights.T + bias
        magnitude = np.abs(X) @ np.abs(weights).T + np.abs(bias)
        largest = 1.0 + float(np.abs(X).max(initial=0.0)) + float(np.abs(weights).max(initial=0.0))
        underflow = 2.0**-1000 * (columns + 2) * largest
        error = 2.0 * (columns + 8) * 2.0**-53 * magnitude + underflow
    return _Estimate(value, error)
