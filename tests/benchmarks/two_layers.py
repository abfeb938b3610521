"""Two layers: the published first layer of d step units, and C step units on top, one bit a class, with weights -1, 0, 1.

The products s = w u of the second layer keep four rows each; its pre-activations are integers, active from 0 and inactive up to
-1, and a bit has the one row that its sample asks of it (M = d + bias):

    s <= u, s >= -u, s <= w + 1 - u, s >= w - 1 + u        a - M y >= -M (own class)        a - M y <= -1 (others), M = 2 d + 1

Columns: w, b, u of the first layer, w, b, s, y of the second, and the constant 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import first_layer
import numpy as np
from arrays import DIGITS, EPS, Arrays, Floats, blank, layer, numerators, one_class_each, problem
from first_layer import FirstLayer

from bdnnc.ir.domains import LatticeDomain, RealDomain
from bdnnc.ir.problem import Problem


@dataclass(frozen=True, slots=True)
class TwoLayers:
    """m samples, N inputs, d hidden units, C classes."""

    m: int
    N: int
    d: int
    C: int

    @property
    def nonzeros(self) -> int:
        return FirstLayer(self.m, self.N, self.d).nonzeros + self.m * self.C * (10 * self.d + self.d + 2)

    @property
    def text(self) -> str:
        return f"m = {self.m}, N = {self.N}, d = {self.d}, C = {self.C}"

    def problem(self) -> Problem:
        N, d, C = self.N, self.d, self.C
        bias = RealDomain(Fraction(-N - 1), Fraction(N + 1))
        hidden = layer("hidden", "step", d, N, RealDomain(Fraction(-1), Fraction(1)), bias, margin=Fraction(1, 1000))
        ternary, whole = LatticeDomain(Fraction(-1), Fraction(1), 2), LatticeDomain(Fraction(-d), Fraction(1), 2 * d)
        output = layer("output", "step", C, d, ternary, whole, statement=1)
        return problem(numerators(self.m, N), [hidden, output], "hamming", one_class_each(self.m, C))

    def blocks(self) -> Callable[[], Arrays]:
        X = numerators(self.m, self.N) / 10**DIGITS
        return lambda: numpy_blocks(X, self.d, self.C)


def numpy_blocks(X: Floats, d: int, C: int) -> Arrays:
    """The yardstick. Products come before the rows of the units."""
    m, N = X.shape
    M, bias = first_layer.big_ms(X), float(N + 1)
    hidden, entries, units, products = d * (N + 1), C * d, m * d, m * C * d
    w_out = hidden + units
    b_out, s_out = w_out + entries, w_out + entries + C
    y_out = s_out + products
    mine = np.zeros((m, C), dtype=bool)
    mine[np.arange(m), np.arange(m) % C] = True
    short, long, row = (m, C, d, 2), (m, C, d, 3), d + 2
    indptr, indices, values, families = blank(short, short, long, long, (2, m, d, N + 2), (m, row), (m * (C - 1), row))
    below, *of_bits = families[4:]
    u = (hidden + np.arange(units)).reshape(m, 1, d)
    s = (s_out + np.arange(products)).reshape(m, C, d)
    for (columns, entry), sign in zip(families[:4], (-1.0, 1.0, 1.0, -1.0), strict=True):
        columns[..., 0] = u
        columns[..., -1] = s
        entry[..., 0] = sign
        entry[..., -1] = 1
        if columns.shape[-1] == 3:
            columns[..., 1] = w_out + np.arange(entries).reshape(C, d)
            entry[..., 1] = -1
    first_layer.fill(*below, X, M)
    for (columns, entry), rows in zip(of_bits, (mine, ~mine), strict=True):
        columns[:, 0] = b_out + np.nonzero(rows)[1]
        columns[:, 1 : 1 + d] = s[rows]
        columns[:, 1 + d] = y_out + np.flatnonzero(rows)
        entry[:, : 1 + d] = 1
        entry[:, 1 + d] = -(2 * d + (0 if rows is mine else 1))
    one, infinite, open_rows = np.ones(products), np.full(products, np.inf), np.full(units, np.inf)
    others = m * (C - 1)
    return Arrays(
        indptr=indptr,
        indices=indices,
        values=values,
        row_lower=np.concatenate(
            [
                -infinite,
                0 * one,
                -infinite,
                -one,
                EPS / 2 - np.repeat(M, d),
                -open_rows,
                np.full(m, -2.0 * d),
                np.full(others, -np.inf),
            ]
        ),
        row_upper=np.concatenate(
            [0 * one, infinite, one, infinite, open_rows, np.full(units, -EPS / 2), np.full(m, np.inf), np.full(others, -1.0)]
        ),
        c=np.concatenate([np.zeros(y_out), np.where(mine, -1.0, 1.0).ravel(), [float(m)]]),
        lower=np.repeat([-1.0, -bias, 0, -1, -d, -1, 0, 1], [d * N, d, units, entries, C, products, m * C, 1]),
        upper=np.repeat([1.0, bias, 1, 1, d, 1, 1, 1], [d * N, d, units, entries, C, products, m * C, 1]),
        integrality=np.repeat(np.array([0, 1, 0, 1, 0], dtype=np.uint8), [hidden, units + entries + C, products, m * C, 1]),
    )
