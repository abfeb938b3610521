"""A sparse layer: half of the connections of the published first layer masked away at random, the others free to be absent, and
at most ten of them present in a unit.

    w <= z, w >= -z for each connection          sum of z <= 10 for each unit          and the rows of the first layer

Columns: z, w, b, u, and the constant 1.
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
from bdnnc.language.quantities import Constraint, FanIn, Term

MOST = 10
"""Connections into a unit."""


@dataclass(frozen=True, slots=True)
class SparseLayer:
    """m samples, N inputs, d units, each of which is the bit of a class."""

    m: int
    N: int
    d: int

    def mask(self) -> NDArray[np.bool_]:
        """The connections that there are: (d, N)."""
        return np.random.default_rng(1).random((self.d, self.N)) < 0.5

    @property
    def nonzeros(self) -> int:
        connections = int(self.mask().sum())
        return 2 * self.m * (connections + 2 * self.d) + 5 * connections

    @property
    def text(self) -> str:
        return f"m = {self.m}, N = {self.N}, d = {self.d}"

    def problem(self) -> Problem:
        bias = RealDomain(Fraction(-self.N - 1), Fraction(self.N + 1))
        unit = RealDomain(Fraction(-1), Fraction(1))
        hidden = layer("hidden", "step", self.d, self.N, unit, bias, margin=Fraction(1, 1000), present=self.mask())
        few = Constraint((Term(Fraction(1), FanIn(0)),), "<=", Fraction(MOST), self.d, f"fan_in(hidden) <= {MOST}")
        counts = one_class_each(self.m, self.d)
        return problem(numerators(self.m, self.N), [hidden], "hamming", counts, constraints=[few])

    def blocks(self) -> Callable[[], Arrays]:
        X, mask = numerators(self.m, self.N) / 10**DIGITS, self.mask()
        return lambda: numpy_blocks(X, mask)


def numpy_blocks(X: Floats, mask: NDArray[np.bool_]) -> Arrays:
    """The yardstick. All samples have the same columns, so that the rows of a sample are one long row until they are cut."""
    (m, N), d = X.shape, len(mask)
    unit, input_ = np.nonzero(mask)
    F, fan = len(unit), mask.sum(axis=1)
    M = np.empty((m, d))
    for k in range(d):  # only the ten largest terms can be there together
        few = max(fan[k] - MOST, 0)
        M[:, k] = np.partition(np.abs(X[:, mask[k]]), few, axis=1)[:, few:].sum(axis=1)
    M += N + 1 + EPS / 2
    stop = np.cumsum(fan + 2)
    weight, bias, binary = np.arange(F) + 2 * unit, stop - 2, stop - 1  # where they stand in the long row
    _, indices, values, families = blank((2, m, F + 2 * d), (F, 2), (F, 2), (1, F))
    (columns, entries), *of_w, (fan_in, ones) = families
    columns[..., weight] = F + np.arange(F)
    columns[..., bias] = 2 * F + np.arange(d)
    columns[..., binary] = 2 * F + d + np.arange(m * d).reshape(m, d)
    entries[..., weight] = X[:, input_]
    entries[..., bias] = 1
    entries[..., binary] = -M
    for (pair, entry), sign in zip(of_w, (1.0, -1.0), strict=True):
        pair[:, 0], pair[:, 1] = np.arange(F), F + np.arange(F)
        entry[:, 0], entry[:, 1] = -1, sign
    fan_in[0], ones[0] = np.arange(F), 1
    counts = np.concatenate([np.tile(fan + 2, 2 * m), np.full(2 * F, 2), fan])
    infinite = np.full(m * d, np.inf)
    cost = np.ones((m, d))
    cost[np.arange(m), np.arange(m) % d] = -1
    ends = float(N + 1)
    return Arrays(
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        indices=indices,
        values=values,
        row_lower=np.concatenate([(EPS / 2 - M).ravel(), -infinite, np.full(2 * F + d, -np.inf)]),
        row_upper=np.concatenate([infinite, np.full(m * d, -EPS / 2), np.zeros(2 * F), np.full(d, float(MOST))]),
        c=np.concatenate([np.zeros(2 * F + d), cost.ravel(), [float(m)]]),
        lower=np.repeat([0.0, -1, -ends, 0, 1], [F, F, d, m * d, 1]),
        upper=np.repeat([1.0, 1, ends, 1, 1], [F, F, d, m * d, 1]),
        integrality=np.repeat(np.array([1, 0, 1, 0], dtype=np.uint8), [F, F + d, m * d, 1]),
    )
