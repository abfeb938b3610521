"""The same optima from a second formulation, written in cvxpy's own atoms and sharing nothing with the lowering.

The output weights are enumerated; for each, the output is a known Boolean function of the hidden units, and what is left is
linear in the first layer: |a| >= 1/2 on the side of u through cvxpy's `abs`, `max` and `multiply`, the loss as a sum of `abs`.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.ir.problem import BiasRule
from bdnnc.milp.lower import lower
from tests.oracle.laws import solve
from tests.oracle.problems import finite, layer, problem

cp = pytest.importorskip("cvxpy")


def optimum_by_cvxpy(X: np.ndarray, y: np.ndarray, hidden: int, bias_reach: int) -> float:
    """Least hamming loss of networks with hidden weights {-1, 0, 1}, hidden biases {-r..r}, output weights {-1, 0, 1} and
    output biases {-2..1}."""
    best = float(min(y.sum(), len(y) - y.sum()))
    seen: set[tuple[bool, ...]] = set()
    for *weights, bias in itertools.product(*([(-1, 0, 1)] * hidden), range(-2, 2)):
        table = tuple(np.dot(weights, u) + bias >= 0 for u in itertools.product((0, 1), repeat=hidden))
        if table not in seen:
            seen.add(table)
            best = min(
                best,
                _first_layer_optimum(
                    X, y, hidden, bias_reach, dict(zip(itertools.product((0, 1), repeat=hidden), table, strict=True))
                ),
            )
    return best


def _first_layer_optimum(X: np.ndarray, y: np.ndarray, hidden: int, reach: int, output: dict[tuple[int, ...], bool]) -> float:
    samples, inputs = X.shape
    W = cp.Variable((inputs, hidden), integer=True)
    b = cp.Variable((1, hidden), integer=True)
    u = cp.Variable((samples, hidden), boolean=True)
    cell = cp.Variable((samples, len(output)), boolean=True)  # which corner of the cube each sample lies in
    a = X @ W + np.ones((samples, 1)) @ b
    M = float(np.abs(X).sum(axis=1).max() + reach + 1)
    corners = np.array(list(output), dtype=float)
    constraints = [
        cp.abs(W) <= 1,
        cp.abs(b) <= reach,
        cp.max(cp.multiply(-1, a) - M * (1 - u)) <= 0,
        cp.max(a - M * u) <= -1,
        cp.sum(cell, axis=1) == 1,
        cell @ corners == u,
    ]
    shown = cell @ np.array(list(output.values()), dtype=float)
    model = cp.Problem(cp.Minimize(cp.norm1(shown - y)), constraints)
    return float(model.solve(solver=cp.HIGHS))


@pytest.mark.parametrize("seed", range(4))
def test_same_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    X, y = rng.integers(0, 4, (7, 2)), rng.integers(0, 2, 7)
    hidden, reach = 1 + seed % 2, 5
    layers = [
        layer("hidden", hidden, 2, finite(-1, 0, 1), BiasRule("in", finite(*range(-reach, reach + 1)))),
        layer("output", 1, hidden, finite(-1, 0, 1), BiasRule("in", finite(*range(-2, 2))), statement=1),
    ]
    formulation = run_passes(formulate(problem(X.tolist(), y.tolist(), layers)))
    ours = solve(lower(formulation.program), formulation)
    assert ours.objective == pytest.approx(optimum_by_cvxpy(X, y, hidden, reach), abs=1e-6)
