# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The regressor."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from bdnnc.exact import decimal_text
from bdnnc.sklearn.base import Estimator
from bdnnc.sklearn.errors import as_value_errors
from bdnnc.sklearn.keywords import text_of
from bdnnc.sklearn.text import Output

STEEPEST = 10
"""Without hidden layers: how many times the range of y a scaled input may move the output."""


class BDNNRegressor(RegressorMixin, Estimator):
    """A binarized neural network with one linear output, trained to the least sum of absolute errors, with a certificate.

    Parameters and attributes are those of BDNNClassifier, without `classes_`; what differs:

    Parameters
    ----------
    loss : str, default `absolute`
        Also with penalties: `absolute + 0.1 * l0(hidden.weights)`.
    output_weights : str, optional
        By default the interval [-R, R] for a y that ranges over R: as far as one unit can be worth. Without hidden layers ten
        times that.
    method : str
        By default `search`; without hidden layers and with real weights `exact`, the program being a linear one.
    bias : str, optional
        Of hidden units. That of the output lies between the smallest and the largest y, without hidden layers as far beyond
        them as the weights reach.
    """

    _is_regressor = True

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The value of each row of ``X`` (rows, inputs), correctly rounded. Raises ValueError as `fit`, and NotFittedError."""
        inputs = self._inputs(X)
        with as_value_errors():
            return self.network_.predict(inputs)

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        return y if y.dtype.kind in "iuf" else y.astype(np.float64)

    def _output(self, y: NDArray[Any], is_hidden: bool) -> Output:
        low, high = Fraction(repr(y.min().item())), Fraction(repr(y.max().item()))
        high = high if high > low else low + 1
        reach, beyond = (high - low, 0) if is_hidden else (STEEPEST * (high - low), STEEPEST * (high - low))
        weights = _interval(-reach, reach) if self.output_weights is None else self.output_weights
        return Output("1", "linear", text_of("output_weights", weights, "[-1, 1]"), _interval(low - beyond, high + beyond))

    def _usual_loss(self) -> str:
        return "absolute"

    def _is_linear_program(self, is_hidden: bool) -> bool:
        return not is_hidden and self.output_weights is None


def _interval(low: Fraction, high: Fraction) -> str:
    """The interval with ends of three digits, rounded outwards; low < high."""
    unit = Fraction(10) ** (floor(log10(max(abs(low), abs(high)))) - 2)
    return f"[{decimal_text(floor(low / unit) * unit)}, {decimal_text(ceil(high / unit) * unit)}]"
