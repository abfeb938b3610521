"""The instance of the compile benchmark: the first layer as published, and its CSR arrays straight from numpy.

Two rows a sample i and unit k, for u[i, k] in {0, 1}, a[i, k] = sum_j x[i, j] w[k, j] + b[k], w in [-1, 1], b in
[-N - 1, N + 1] (arXiv 2110.11382, the linearised first layer; eps = 0.001):

    a - M[i] u >= -M[i]           a - M'[i] u <= -eps           M[i] = |x_i|_1 + N + 1,  M'[i] = M[i] + eps

Columns: w, b, u. 2 m d (N + 2) non-zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DIGITS = 6
EPS = 0.001


@dataclass(frozen=True, slots=True)
class Size:
    """m samples, N inputs, d units."""

    m: int
    N: int
    d: int

    @property
    def nonzeros(self) -> int:
        return 2 * self.m * self.d * (self.N + 2)

    def data(self) -> NDArray[np.int64]:
        """The data times 10**DIGITS, shape (m, N)."""
        return np.random.default_rng(0).integers(1, 10**DIGITS, size=(self.m, self.N))

    def floats(self) -> Floats:
        return self.data() / 10**DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """The layer in CSR: row_lower <= A x <= row_upper, lower <= x <= upper, u integral; no objective."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: Floats
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integrality: NDArray[np.uint8]


def big_ms(X: Floats) -> Floats:
    """M of each sample, shape (m,)."""
    return np.abs(X).sum(axis=1) + X.shape[1] + 1


def numpy_blocks(X: Floats, d: int) -> Arrays:
    """The yardstick: every array allocated once and filled by broadcasting."""
    m, N = X.shape
    M, bias = big_ms(X), float(N + 1)
    indices = np.empty((2, m, d, N + 2), dtype=np.int32)
    values = np.empty((2, m, d, N + 2))
    indices[..., :N] = np.arange(d * N).reshape(d, N)
    indices[..., N] = d * N + np.arange(d)
    indices[..., N + 1] = d * (N + 1) + np.arange(m * d).reshape(m, d)
    values[..., :N] = X[:, None, :]
    values[..., N] = 1
    values[0, ..., N + 1] = -M[:, None]
    values[1, ..., N + 1] = -(M + EPS)[:, None]
    infinite = np.full(m * d, np.inf)
    return Arrays(
        indptr=np.arange(0, 2 * m * d * (N + 2) + 1, N + 2, dtype=np.int32),
        indices=indices.ravel(),
        values=values.ravel(),
        row_lower=np.concatenate([-np.repeat(M, d), -infinite]),
        row_upper=np.concatenate([infinite, np.full(m * d, -EPS)]),
        lower=np.concatenate([np.full(d * N, -1.0), np.full(d, -bias), np.zeros(m * d)]),
        upper=np.concatenate([np.full(d * N, 1.0), np.full(d, bias), np.ones(m * d)]),
        integrality=np.concatenate([np.zeros(d * (N + 1), dtype=np.uint8), np.ones(m * d, dtype=np.uint8)]),
    )
