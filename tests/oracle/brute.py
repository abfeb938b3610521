"""Optima by enumeration, sharing no code with the compiler: every network of finite sets, every realisable pattern of real
ones.

Only the problem's declarations are read; sums, thresholds and losses are worked out here again, in Fractions.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog

from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem, ProblemLayer

Column = tuple[int, ...]
OPEN = 2
Rows = tuple[tuple[Fraction, ...], ...]


def optimum(problem: Problem, margins: dict[str, tuple[float, float]] | None = None, wrong_is_free: bool = False) -> Fraction:
    """The least loss of all networks. ``margins``: (t+, t-) of layers with real weights, whose class they define.

    ``wrong_is_free``: an output unit with real weights may leave rows open (OPEN), which then count as wrong: the margin is
    needed only where it is right.
    """
    numerators, denominators = problem.patterns.numerators, problem.patterns.denominators
    rows = tuple(
        tuple(Fraction(int(value), denominator) for value, denominator in zip(row, denominators, strict=True))
        for row in numerators
    )
    return min(_losses(problem, 0, rows, margins or {}, (0, 1, OPEN) if wrong_is_free else (0, 1)))


def _losses(problem: Problem, place: int, rows: Rows, margins: dict[str, tuple[float, float]], last: tuple[int, ...]):
    layer = problem.layers[place]
    values = last if place == len(problem.layers) - 1 else (0, 1)
    for columns in _layer_patterns(layer, rows, margins.get(layer.name, (0.0, 0.0)), values):
        active = list(zip(*columns, strict=True))
        if place == len(problem.layers) - 1:
            yield _loss(problem, active)
        else:
            low = 0 if layer.unit == "step" else -1
            outputs = tuple(tuple(Fraction(1 if on else low) for on in row) for row in active)
            yield from _losses(problem, place + 1, outputs, margins, last)


def _layer_patterns(layer: ProblemLayer, rows: Rows, margin: tuple[float, float], values: tuple[int, ...]):
    """All tuples of columns (one a unit) that the layer can show on the rows."""
    if layer.bias.kind == "shared":
        if isinstance(layer.domain, RealDomain):
            raise NotImplementedError("shared bias with real weights")
        yield from set(_shared_patterns(layer, rows))
        return
    choices = [sorted(_unit_columns(layer, unit, rows, margin, values)) for unit in range(layer.units)]
    yield from itertools.product(*choices)


def _unit_columns(
    layer: ProblemLayer, unit: int, rows: Rows, margin: tuple[float, float], values: tuple[int, ...]
) -> set[Column]:
    if isinstance(layer.domain, RealDomain):
        columns = itertools.product(values, repeat=len(rows))
        return {column for column in columns if _realisable(layer, unit, rows, margin, column)}
    return {
        tuple(int(total + bias >= 0) for total in sums) for sums in _sums(layer, unit, rows) for bias in _biases(layer, [sums])
    }


def _shared_patterns(layer: ProblemLayer, rows: Rows):
    for combination in itertools.product(*(list(_sums(layer, unit, rows)) for unit in range(layer.units))):
        for bias in _biases(layer, list(combination)):
            yield tuple(tuple(int(total + bias >= 0) for total in sums) for sums in combination)


def _sums(layer: ProblemLayer, unit: int, rows: Rows):
    members = layer.domain.values
    choices = [members if layer.free[unit, j] else (layer.constant[unit, j],) for j in range(layer.inputs)]
    for weights in itertools.product(*choices):
        yield tuple(sum((w * x for w, x in zip(weights, row, strict=True)), Fraction(0)) for row in rows)


def _biases(layer: ProblemLayer, sums: list[tuple[Fraction, ...]]) -> list[Fraction]:
    """One bias for each activation pattern that the domain can give on these sums."""
    if layer.bias.kind == "none":
        return [Fraction(0)]
    every = sorted({-total for part in sums for total in part})
    domain = layer.bias.domain
    if domain is None:
        return [every[0] - 1, *every]
    if isinstance(domain, RealDomain):
        return [domain.lower, *(b for b in every if domain.lower < b <= domain.upper)]
    return list(domain.values)


def _realisable(layer: ProblemLayer, unit: int, rows: Rows, margin: tuple[float, float], column: Column) -> bool:
    """Whether weights and a bias of the domain give the column with the margin; a sum without any parameter needs none."""
    up, down = margin
    domain = layer.bias.domain
    discrete = layer.bias.kind == "none" or (domain is not None and not isinstance(domain, RealDomain))
    biases = [Fraction(0)] if layer.bias.kind == "none" else (list(domain.values) if discrete else [None])
    free = [j for j in range(layer.inputs) if layer.free[unit, j]]
    for bias in biases:
        matrix, right = [], []
        possible = True
        for row, on in zip(rows, column, strict=True):
            if on == OPEN:
                continue
            constant = sum((layer.constant[unit, j] * row[j] for j in range(layer.inputs) if j not in free), Fraction(0))
            constant += bias or 0
            if bias is not None and all(row[j] == 0 for j in free):
                possible &= (constant >= 0) == bool(on)
                continue
            sign = -1.0 if on else 1.0
            coefficients = [sign * float(row[j]) for j in free] + ([sign] if bias is None else [])
            matrix.append(coefficients)
            right.append(-(up if on else down) - sign * float(constant))
        if not possible:
            continue
        bounds = [(float(layer.domain.lower), float(layer.domain.upper))] * len(free)
        if bias is None:
            bounds.append((None, None) if domain is None else (float(domain.lower), float(domain.upper)))
        if not matrix or linprog(np.zeros(len(bounds)), A_ub=matrix, b_ub=right, bounds=bounds).status == 0:
            return True
    return False


def _loss(problem: Problem, active: list[tuple[int, ...]]) -> Fraction:
    total = Fraction(0)
    for counts, outputs in zip(problem.counts, active, strict=True):
        weights = [weight * int(count) for weight, count in zip(problem.class_weights, counts, strict=True)]
        targets = [
            (label,) if len(outputs) == 1 else tuple(int(u == label) for u in range(len(outputs)))
            for label in range(len(weights))
        ]
        if problem.loss == "zero_one":
            total += sum((w for w, shall in zip(weights, targets, strict=True) if outputs != shall), Fraction(0))
            continue
        for unit, value in enumerate(outputs):
            cost = [
                sum((w for w, shall in zip(weights, targets, strict=True) if shall[unit] != bit), Fraction(0)) for bit in (0, 1)
            ]
            total += max(cost) if value == OPEN else cost[value]
    return problem.coefficient * total + problem.constant
