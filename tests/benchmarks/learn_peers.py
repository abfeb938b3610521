"""Peers in the benchmark "learn": networks of the same widths, trained by gradients on the same scaled points.

Like ours, they have a number of tries within the limit, of which the one that is best on the validation points counts.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import straight_through as in_numpy
import straight_through_torch as in_torch
from learn_data import Points, UnavailableError, accuracy
from numpy.typing import NDArray

Parts = tuple[Points, Points, Points]
Predict = Callable[[NDArray[np.float64]], NDArray[np.int64]]

PENALTIES = (1e-4, 1e-2, 1.0)
"""Weights of the squared norm among which the ReLU network's is chosen."""

RUNS = 5
"""Straight-through networks from different random numbers."""


def relu(parts: Parts, widths: Sequence[int], seconds: float, seed: int) -> tuple[float, float, float]:
    """A real network, scikit-learn's `MLPClassifier` with its own settings."""
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier
    except ImportError as missing:
        raise UnavailableError("scikit-learn is not installed: pip install scikit-learn") from missing

    def fitted(number: int, remaining: float) -> Predict:
        model: Any = MLPClassifier(tuple(widths), alpha=PENALTIES[number], max_iter=1000, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(parts[0].X, parts[0].y)
        return model.predict

    return best_on_validation(parts, fitted, len(PENALTIES), seconds)


def straight_through(parts: Parts, widths: Sequence[int], seconds: float, seed: int) -> tuple[float, float, float]:
    """A binarized network with our weights and step units; only its outputs are scores (the largest wins)."""
    return _best_of_runs(in_numpy.train, parts, widths, seconds, seed)


def straight_through_torch(parts: Parts, widths: Sequence[int], seconds: float, seed: int) -> tuple[float, float, float]:
    """The same in torch. Raises UnavailableError."""
    return _best_of_runs(in_torch.train, parts, widths, seconds, seed)


def warm_up_torch() -> None:
    """The first use takes seconds. Raises UnavailableError."""
    few = Points(np.eye(2), np.arange(2))
    in_torch.train(few, few, (2,), epochs=1)


def _best_of_runs(
    train: Callable[..., in_numpy.BinarizedNetwork], parts: Parts, widths: Sequence[int], seconds: float, seed: int
) -> tuple[float, float, float]:
    def fitted(number: int, remaining: float) -> Predict:
        return train(parts[0], parts[1], widths, seconds=remaining, seed=RUNS * seed + number).predict

    return best_on_validation(parts, fitted, RUNS, seconds)


def best_on_validation(
    parts: Parts, fitted: Callable[[int, float], Predict], tries: int, seconds: float
) -> tuple[float, float, float]:
    """Accuracies in per cent of the best try on training, validation and test points; of equally good ones the first. None
    begins when the time is over but the first."""
    began, found = time.monotonic(), list[tuple[float, float, float]]()
    for number in range(tries):
        remaining = seconds - (time.monotonic() - began)
        if number and remaining <= 0:
            break
        predict = fitted(number, remaining)
        train, validation, test = (accuracy(predict(part.X), part.y) for part in parts)
        found.append((train, validation, test))
    return max(found, key=lambda accuracies: accuracies[1])


PEERS = {"relu": relu, "straight_through": straight_through, "straight_through_torch": straight_through_torch}
WARM_UPS = {"straight_through_torch": warm_up_torch}
"""What is done before the clock begins."""
