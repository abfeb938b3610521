"""Evaluation on real columns scaled to [0, 1] without rounding, whose common denominators have hundreds of bits."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import active_units, preactivations, predict, smallest_margins
from bdnnc.network.network import Layer, Network

SHARED = Path(os.environ.get("BDNNC_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def table(name: str) -> np.ndarray:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} is not here")
    return np.loadtxt(path, delimiter=";", dtype=np.int64)[:, :-1]


def min_max(columns: np.ndarray) -> ExactMatrix:
    low = columns.min(axis=0)
    spread = columns.max(axis=0) - low
    return ExactMatrix(columns - low, tuple(int(width) or 1 for width in spread))


def random_network(width: int, hidden: int, X: ExactMatrix) -> Network:
    """Weights of 17 digits; each hidden threshold passes exactly through one of the points."""
    rng = np.random.default_rng(1)
    weights = np.empty((hidden, width), dtype=object)
    weights[:] = [[Fraction(repr(float(value))) for value in row] for row in rng.uniform(-1, 1, (hidden, width))]
    through = rng.integers(0, X.shape[0], hidden)
    bias = np.empty(hidden, dtype=object)
    for unit, row in enumerate(through.tolist()):
        point = [X.fraction(row, j) for j in range(width)]
        bias[unit] = -sum((w * x for w, x in zip(weights[unit], point, strict=True)), Fraction(0))
    first = Layer("hidden", "step", weights, bias, np.zeros((hidden, width), bool))
    out = np.empty((1, hidden), dtype=object)
    out[:] = [[Fraction(1 - 2 * (unit % 2)) for unit in range(hidden)]]
    last = Layer("output", "step", out, np.array([Fraction(0)], dtype=object), np.zeros((1, hidden), bool))
    return Network((), (first, last), ("0", "1"))


@pytest.mark.parametrize(("name", "rows"), [("breast-cancer-wisconsin.csv", 699), ("default_of_credit_card_clients.csv", 4000)])
def test_points_on_their_threshold_are_active_among_real_data(name: str, rows: int) -> None:
    X = min_max(table(name)[:rows])
    network = random_network(X.shape[1], 6, X)
    exact = preactivations(network, X)
    for active, sums in zip(active_units(network, X), exact, strict=True):
        assert (active == (sums.numerators >= 0)).all()
    assert (exact[0].numerators == 0).any(axis=0).all()
    assert smallest_margins(network, X)[0] == 0
    assert (predict(network, X) == (exact[1].numerators[:, 0] >= 0)).all()
