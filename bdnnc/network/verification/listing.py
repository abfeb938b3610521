"""All perturbations of a finite set, by chunks."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix, IntArray, narrowed
from bdnnc.network.verification.region import Region, ends
from bdnnc.network.verification.verdict import Delta
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope

CHUNK = 65_536  # perturbations at a time
LONGEST_RADIUS = 10_000  # steps, for which perturbations under L1 are counted exactly


def size(region: Region) -> int:
    """The number of perturbations of a finite region, or a bound of it where a norm or a polytope couples a grid."""
    return prod(_size(moves) for moves in region.moves)


def _size(moves: Moves) -> int:
    widths = [len(values) for values in _values(moves)]
    match moves.coupling:
        case AtMost(count):
            by_moved = [1] + [0] * min(count, len(widths))  # how many have so many coordinates away from 0
            for width in widths:
                by_moved = [have + (width - 1) * (by_moved[k - 1] if k else 0) for k, have in enumerate(by_moved)]
            return sum(by_moved)
        case L1(radius) if isinstance(moves.step, Fraction) and radius / moves.step <= LONGEST_RADIUS:
            by_norm: NDArray[Any] = np.zeros(int(radius / moves.step) + 1, dtype=object)
            by_norm[0] = 1
            for values in _values(moves):
                moved: NDArray[Any] = np.zeros_like(by_norm)
                for steps in (int(abs(value) / moves.step) for value in values):
                    if steps < len(moved):
                        moved[steps:] += by_norm[: len(moved) - steps]
                by_norm = moved
            return int(by_norm.sum())
        case _:
            return prod(widths)


def _values(moves: Moves) -> list[list[Fraction]]:
    """What each coordinate may be, 0 among it."""
    if isinstance(moves.step, Fraction):
        step = moves.step
        return [[step * k for k in range(int(low / step), int(high / step) + 1)] for low, high in ends(moves)]
    return [sorted({low, Fraction(0), high}) for low, high in ends(moves)]


def perturbations(region: Region) -> Iterator[ExactMatrix]:
    """The perturbations of a finite region, counted from its offset: (perturbations, inputs) matrices."""
    width = len(region.offset)
    tables = [(moves.inputs, *_table(moves)) for moves in region.moves]
    total = prod(len(table) for _, table, _ in tables)
    denominators = [1] * width
    for inputs, _, below in tables:
        for j in inputs:
            denominators[j] = below
    large = any(table.dtype == object for _, table, _ in tables)
    for start in range(0, total, CHUNK):
        index = np.arange(start, min(total, start + CHUNK))
        numerators: IntArray = np.zeros((len(index), width), dtype=object if large else np.int64)
        for inputs, table, _ in tables:
            numerators[:, list(inputs)] = table[index % len(table)]
            index = index // len(table)
        yield ExactMatrix(numerators, tuple(denominators))


def at_row(region: Region, chunk: ExactMatrix, row: int) -> Delta:
    """One of the region's perturbations, from 0 on."""
    return tuple(start + chunk.fraction(row, j) for j, start in enumerate(region.offset))


def _table(moves: Moves) -> tuple[IntArray, int]:
    """(perturbations, own inputs) integers over one denominator. Coordinate by coordinate, so that no more rows are made than
    remain: what may follow a row always has a 0 in it."""
    values = _values(moves)
    radius = moves.coupling.radius if isinstance(moves.coupling, L1 | L2) else Fraction(0)
    below = lcm(radius.denominator, *(value.denominator for numbers in values for value in numbers))
    integers = [narrowed(np.array([int(value * below) for value in numbers], dtype=object)) for numbers in values]
    limit = _limit(moves, int(radius * below))
    table: IntArray = np.zeros((1, 0), dtype=np.int64)
    spent: IntArray = np.zeros(1, dtype=np.int64)
    for numbers in integers:
        rows, costs = np.arange(len(table)), narrowed(np.array([_cost(moves, int(number)) for number in numbers], dtype=object))
        total = spent[:, np.newaxis] + costs[np.newaxis, :]
        kept = np.ones(total.shape, dtype=bool) if limit is None else (total <= limit).astype(bool)
        row, column = np.nonzero(kept)
        table = np.hstack([table[rows[row]], numbers[column][:, np.newaxis]])
        spent = narrowed(total[row, column])
    if isinstance(moves.coupling, Polytope):
        table = table[_inside(table, below, moves.coupling)]
    return table, below


def _limit(moves: Moves, radius: int) -> int | None:
    """What the costs of a perturbation's coordinates may add up to."""
    match moves.coupling:
        case AtMost(count):
            return count
        case L1():
            return radius
        case L2():
            return radius * radius
        case _:
            return None


def _cost(moves: Moves, number: int) -> int:
    match moves.coupling:
        case AtMost():
            return int(number != 0)
        case L1():
            return abs(number)
        case L2():
            return number * number
        case _:
            return 0


def _inside(table: IntArray, below: int, polytope: Polytope) -> NDArray[np.bool_]:
    kept = np.ones(len(table), dtype=np.bool_)
    exact = table.astype(object)
    for row, end in zip(polytope.matrix, polytope.side, strict=True):
        common = lcm(end.denominator, *(value.denominator for value in row))
        integers = np.array([int(value * common) for value in row], dtype=object)
        kept &= (exact @ integers <= int(end * common) * below).astype(bool)
    return kept
