"""The first layer as published (arXiv 2110.11382, linearised): two rows a sample i and unit k.

For u[i, k] in {0, 1}, a[i, k] = sum_j x[i, j] w[k, j] + b[k], w in [-1, 1], b in [-N - 1, N + 1], and a margin of EPS, here on
both sides of 0:

    a - M[i] u >= EPS / 2 - M[i]         a - M[i] u <= -EPS / 2          M[i] = |x_i|_1 + N + 1 + EPS / 2

Columns: w, b, u, and the constant 1. 2 m d (N + 2) non-zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from arrays import DIGITS, EPS, Arrays, Floats, blank, layer, numerators, one_class_each, problem
from numpy.typing import NDArray

from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem


@dataclass(frozen=True, slots=True)
class FirstLayer:
    """m samples, N inputs, d units, each of which is the bit of a class."""

    m: int
    N: int
    d: int

    @property
    def nonzeros(self) -> int:
        return 2 * self.m * self.d * (self.N + 2)

    @property
    def text(self) -> str:
        return f"m = {self.m}, N = {self.N}, d = {self.d}"

    def floats(self) -> Floats:
        return numerators(self.m, self.N) / 10**DIGITS

    def problem(self) -> Problem:
        bias = RealDomain(Fraction(-self.N - 1), Fraction(self.N + 1))
        unit = RealDomain(Fraction(-1), Fraction(1))
        hidden = layer("hidden", "step", self.d, self.N, unit, bias, margin=Fraction(1, 1000))
        return problem(numerators(self.m, self.N), [hidden], "hamming", one_class_each(self.m, self.d))

    def blocks(self) -> Callable[[], Arrays]:
        X = self.floats()
        return lambda: numpy_blocks(X, self.d)


def big_ms(X: Floats) -> Floats:
    """M of each sample, shape (m,)."""
    return np.abs(X).sum(axis=1) + X.shape[1] + 1 + EPS / 2


def numpy_blocks(X: Floats, d: int) -> Arrays:
    """The yardstick: every array allocated once and filled by broadcasting."""
    m, N = X.shape
    M, bias = big_ms(X), float(N + 1)
    indptr, indices, values, ((columns, entries),) = blank((2, m, d, N + 2))
    fill(columns, entries, X, M)
    infinite = np.full(m * d, np.inf)
    cost = np.ones((m, d))
    cost[np.arange(m), np.arange(m) % d] = -1
    return Arrays(
        indptr=indptr,
        indices=indices,
        values=values,
        row_lower=np.concatenate([EPS / 2 - np.repeat(M, d), -infinite]),
        row_upper=np.concatenate([infinite, np.full(m * d, -EPS / 2)]),
        c=np.concatenate([np.zeros(d * (N + 1)), cost.ravel(), [float(m)]]),
        lower=np.concatenate([np.full(d * N, -1.0), np.full(d, -bias), np.zeros(m * d), [1.0]]),
        upper=np.concatenate([np.full(d * N, 1.0), np.full(d, bias), np.ones(m * d), [1.0]]),
        integrality=np.repeat(np.array([0, 1, 0], dtype=np.uint8), [d * (N + 1), m * d, 1]),
    )


def fill(columns: NDArray[np.int32], entries: Floats, X: Floats, M: Floats) -> None:
    """Both sides of all units: (2, m, d, N + 2)."""
    _, m, d, width = columns.shape
    N = width - 2
    columns[..., :N] = np.arange(d * N).reshape(d, N)
    columns[..., N] = d * N + np.arange(d)
    columns[..., N + 1] = d * (N + 1) + np.arange(m * d).reshape(m, d)
    entries[..., :N] = X[:, None, :]
    entries[..., N] = 1
    entries[..., N + 1] = -M[:, None]
