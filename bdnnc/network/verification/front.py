"""A network at a point, as verification sees it: half-spaces of perturbations, and which patterns of them are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import Booleans, last_output, layer_output
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.sums import exact_sums
from bdnnc.network.verification.verdict import Delta, Right, Rightness


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Units over perturbations: unit i is active at delta where a_i + w_i.delta >= 0.

    ``layer`` has the w_i as weights and the a_i, the pre-activations at the point, as biases. ``right``: for patterns (rows,
    units), which are right, (rows,). ``right_at`` evaluates the whole network at the perturbed point, exactly.
    """

    layer: Layer
    right: Callable[[Booleans], Booleans]
    right_at: Callable[[Delta], bool]

    @property
    def weights(self) -> FractionArray:
        return self.layer.weights

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The pre-activations at the point."""
        return tuple(self.layer.bias.tolist())

    def moved(self, offset: Sequence[Fraction]) -> Layer:
        """The layer over perturbations that are counted from ``offset`` on."""
        return replace(self.layer, bias=np.array(self.at(offset), dtype=object))

    def at(self, delta: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """The exact pre-activations at a perturbation."""
        used = [(j, value) for j, value in enumerate(delta) if value != 0]
        columns = self.weights[:, [j for j, _ in used]].tolist()
        return tuple(
            sum((weight * value for weight, (_, value) in zip(row, used, strict=True)), start)
            for row, start in zip(columns, self.values, strict=True)
        )


def front_of(network: Network, x: ExactMatrix, right: Right) -> Front:
    """The view of ``network`` at ``x`` (1, inputs). Raises InternalError for a single linear layer of several units where
    ``right`` is no `Rightness`: their patterns are the comparisons with the unit of its label."""
    first, rest = network.layers[0], replace(network, layers=network.layers[1:])
    values = exact_sums(first, x)
    bias = np.array([values.fraction(0, unit) for unit in range(len(first.bias))], dtype=object)
    layer = replace(first, bias=bias)

    def right_at(delta: Delta) -> bool:
        perturbed = [x.fraction(0, j) + value for j, value in enumerate(delta)]
        return bool(right(last_output(network, ExactMatrix.from_fractions([perturbed])))[0])

    if rest.layers:
        return Front(layer, lambda patterns: right(last_output(rest, layer_output(first, patterns))), right_at)
    if first.unit != "linear" or len(bias) == 1:
        return Front(layer, right, right_at)
    if not isinstance(right, Rightness):
        raise InternalError("the scores of linear units are judged by a label")
    return Front(_comparisons(layer, right.label), _has_no_active, right_at)


def _has_no_active(patterns: Booleans) -> Booleans:
    return np.asarray(~patterns.any(axis=1), dtype=np.bool_)


def _comparisons(layer: Layer, label: int) -> Layer:
    """One unit for each other class, active where its score is not below that of the label."""
    others = [unit for unit in range(len(layer.bias)) if unit != label]
    weights: FractionArray = layer.weights[others] - layer.weights[label]
    absent: NDArray[np.bool_] = np.zeros(weights.shape, dtype=np.bool_)
    return Layer(layer.name, "step", weights, layer.bias[others] - layer.bias[label], absent)
