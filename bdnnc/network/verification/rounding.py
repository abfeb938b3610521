"""A perturbation in floats as rationals that are in the set, short ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import isqrt

from bdnnc.network.verification.region import Floats, Region, ends
from bdnnc.network.verification.verdict import Delta
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope
from bdnnc.uncertainty.support import contains

ROUNDINGS: tuple[Callable[[float], Fraction], ...] = (
    lambda value: Fraction(value).limit_denominator(64),
    lambda value: Fraction(value).limit_denominator(1000),
    lambda value: Fraction(value).limit_denominator(10**6),
    lambda value: round(Fraction(value), 9),
    Fraction,
)

SHRINK = 10**12
"""A factor that draws a point back to where 0 lies is rounded down to a multiple of one part in this many."""


def rationals(region: Region, delta: Floats) -> Iterator[Delta]:
    """Members of the region near ``delta`` (inputs,), which is counted from its offset; the results are not."""
    seen: set[Delta] = set()
    for rounding in ROUNDINGS:
        found = list(region.offset)
        inside = True
        for moves in region.moves:
            part = into(moves, [rounding(float(delta[j])) for j in moves.inputs])
            inside = inside and contains(moves, part)
            for j, value in zip(moves.inputs, part, strict=True):
                found[j] += value
        if inside and tuple(found) not in seen:
            seen.add(tuple(found))
            yield tuple(found)


def into(moves: Moves, delta: Sequence[Fraction]) -> list[Fraction]:
    """The perturbation drawn into the box, on to the grid and into the coupling; not in every case a member."""
    box = ends(moves)
    found = [min(max(low, value), high) for (low, high), value in zip(box, delta, strict=True)]
    if isinstance(moves.coupling, AtMost):
        largest = sorted(range(len(found)), key=lambda j: -abs(found[j]))
        for j in largest[moves.coupling.count :]:
            found[j] = Fraction(0)
    if moves.step == "ends":
        return [
            min((low, Fraction(0), high), key=lambda end: abs(end - value))
            for (low, high), value in zip(box, found, strict=True)
        ]
    if moves.step is None:
        factor = _factor(moves, found)
        return found if factor == 1 else [factor * value for value in found]
    step = moves.step
    nearest = [step * round(value / step) for value in found]
    if contains(moves, nearest):
        return nearest
    factor = _factor(moves, found)
    return [step * int(factor * value / step) for value in found]


def _factor(moves: Moves, delta: Sequence[Fraction]) -> Fraction:
    """The largest factor, at most 1, that brings the perturbation into the coupling, or one a little below."""
    match moves.coupling:
        case L1(radius):
            norm = sum(map(abs, delta), Fraction(0))
            return min(Fraction(1), radius / norm) if norm else Fraction(1)
        case L2(radius):
            square = sum((value * value for value in delta), Fraction(0))
            if square <= radius * radius:
                return Fraction(1)
            share = radius * radius / square
            return Fraction(isqrt(share.numerator * SHRINK**2 // share.denominator), SHRINK)
        case Polytope(matrix, side):
            reaches = [sum((a * b for a, b in zip(row, delta, strict=True)), Fraction(0)) for row in matrix]
            return min([Fraction(1), *(end / reach for reach, end in zip(reaches, side, strict=True) if reach > end)])
        case _:
            return Fraction(1)
