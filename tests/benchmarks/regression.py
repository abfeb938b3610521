"""Regression: one linear unit and the sum of its distances from the targets.

    a[i] + d[i] >= y[i]          a[i] - d[i] <= y[i]          0 <= d[i] <= |x_i|_1 + B +- y[i]

Columns: w, b, d, and the constant 1. 2 m (N + 2) non-zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from arrays import DIGITS, Arrays, Floats, blank, layer, numerators, problem
from numpy.typing import NDArray

from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem, Targets


@dataclass(frozen=True, slots=True)
class Regression:
    """m samples, N inputs."""

    m: int
    N: int

    @property
    def nonzeros(self) -> int:
        return 2 * self.m * (self.N + 2)

    @property
    def text(self) -> str:
        return f"m = {self.m}, N = {self.N}"

    def thousandths(self) -> NDArray[np.int64]:
        """The targets times 1000, shape (m,)."""
        return np.random.default_rng(2).integers(-1000, 1000, size=self.m)

    def problem(self) -> Problem:
        bias = RealDomain(Fraction(-self.N - 1), Fraction(self.N + 1))
        output = layer("output", "linear", 1, self.N, RealDomain(Fraction(-1), Fraction(1)), bias)
        values = np.array([Fraction(value, 1000) for value in self.thousandths().tolist()], dtype=object)
        ones = np.ones((self.m, 1), dtype=np.int64)
        targets = Targets(np.arange(self.m), values, ones[:, 0])
        return problem(numerators(self.m, self.N), [output], "absolute", ones, targets=targets)

    def blocks(self) -> Callable[[], Arrays]:
        X, y = numerators(self.m, self.N) / 10**DIGITS, self.thousandths() / 1000
        return lambda: numpy_blocks(X, y)


def numpy_blocks(X: Floats, y: Floats) -> Arrays:
    """The yardstick."""
    m, N = X.shape
    bias = float(N + 1)
    reach = np.abs(X).sum(axis=1) + bias
    indptr, indices, values, ((columns, entries),) = blank((2, m, N + 2))
    columns[..., : N + 1] = np.arange(N + 1)
    columns[..., N + 1] = N + 1 + np.arange(m)
    entries[..., :N] = X
    entries[..., N] = 1
    entries[0, :, N + 1] = 1
    entries[1, :, N + 1] = -1
    infinite = np.full(m, np.inf)
    return Arrays(
        indptr=indptr,
        indices=indices,
        values=values,
        row_lower=np.concatenate([y, -infinite]),
        row_upper=np.concatenate([infinite, y]),
        c=np.repeat([0.0, 1, 0], [N + 1, m, 1]),
        lower=np.repeat([-1.0, -bias, 0, 1], [N, 1, m, 1]),
        upper=np.concatenate([np.full(N, 1.0), [bias], reach + np.abs(y), [1.0]]),
        integrality=np.zeros(N + m + 2, dtype=np.uint8),
    )
