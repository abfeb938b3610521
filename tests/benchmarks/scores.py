"""Several classes: one linear unit each, and the number of points whose own score does not lead every other by GAP.

    a[i, c_i] - a[i, k] + M[i] e[i] >= GAP   for all k != c_i          M[i] = GAP + 2 (|x_i|_1 + N + 1)

Columns: w, b, e, and the constant 1. m (C - 1) (2 N + 3) non-zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from arrays import DIGITS, Arrays, Floats, blank, layer, numerators, one_class_each, problem

from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem

GAP = 1e-4
"""What bdnnc chooses for real scores, up to N = 150."""


@dataclass(frozen=True, slots=True)
class Scores:
    """m samples, N inputs, C classes."""

    m: int
    N: int
    C: int

    @property
    def nonzeros(self) -> int:
        return self.m * (self.C - 1) * (2 * self.N + 3)

    @property
    def text(self) -> str:
        return f"m = {self.m}, N = {self.N}, C = {self.C}"

    def problem(self) -> Problem:
        bias = RealDomain(Fraction(-self.N - 1), Fraction(self.N + 1))
        output = layer("output", "linear", self.C, self.N, RealDomain(Fraction(-1), Fraction(1)), bias)
        return problem(numerators(self.m, self.N), [output], "zero_one", one_class_each(self.m, self.C))

    def blocks(self) -> Callable[[], Arrays]:
        X = numerators(self.m, self.N) / 10**DIGITS
        return lambda: numpy_blocks(X, self.C)


def numpy_blocks(X: Floats, C: int) -> Arrays:
    """The yardstick. The two scores of a row stand in the order of their units."""
    m, N = X.shape
    M = GAP + 2 * (np.abs(X).sum(axis=1) + N + 1)
    own = (np.arange(m) % C)[:, None]
    other = np.arange(C - 1) + (np.arange(C - 1) >= own)
    first, second = np.minimum(own, other), np.maximum(own, other)
    sign = np.where(own < other, 1.0, -1.0)
    indptr, indices, values, ((columns, entries),) = blank((m, C - 1, 2 * N + 3))
    columns[..., :N] = (first * N)[..., None] + np.arange(N)
    columns[..., N : 2 * N] = (second * N)[..., None] + np.arange(N)
    columns[..., 2 * N] = C * N + first
    columns[..., 2 * N + 1] = C * N + second
    columns[..., 2 * N + 2] = C * (N + 1) + np.arange(m)[:, None]
    np.multiply(sign[..., None], X[:, None, :], out=entries[..., :N])
    np.negative(entries[..., :N], out=entries[..., N : 2 * N])
    entries[..., 2 * N] = sign
    entries[..., 2 * N + 1] = -sign
    entries[..., 2 * N + 2] = M[:, None]
    rows, weights, bias = m * (C - 1), C * N, float(N + 1)
    return Arrays(
        indptr=indptr,
        indices=indices,
        values=values,
        row_lower=np.full(rows, GAP),
        row_upper=np.full(rows, np.inf),
        c=np.concatenate([np.zeros(weights + C), np.ones(m), [0.0]]),
        lower=np.concatenate([np.full(weights, -1.0), np.full(C, -bias), np.zeros(m), [1.0]]),
        upper=np.concatenate([np.full(weights, 1.0), np.full(C, bias), np.ones(m), [1.0]]),
        integrality=np.repeat(np.array([0, 1, 0], dtype=np.uint8), [weights + C, m, 1]),
    )
