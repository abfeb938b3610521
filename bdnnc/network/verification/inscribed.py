"""A box inside a ball, around a point: where ties on a ball are looked for in rationals."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bdnnc.exact import ExactMatrix
from bdnnc.network.verification.region import Floats, Region, ends
from bdnnc.uncertainty.sets import L2, Moves
from bdnnc.uncertainty.support import root_above

DIGITS = 10**9  # the middle is rounded to multiples of one part in this many


def inscribed(region: Region, delta: Floats) -> Region | None:
    """The region with each ball replaced by a box in it whose middle is near ``delta`` (inputs,), which is counted from the
    region's offset; None where ``delta`` is on the edge of a ball, and nothing around it inside."""
    found = region
    for place, moves in enumerate(region.moves):
        if isinstance(moves.coupling, L2):
            middle = [_within(Fraction(round(float(delta[j]) * DIGITS), DIGITS), *end) for j, end in _own(moves)]
            room = moves.coupling.radius - root_above(sum((value * value for value in middle), Fraction(0)))
            if room <= 0:
                return None
            reach = room / root_above(Fraction(len(middle)))
            box = [
                (max(low - value, -reach), min(high - value, reach))
                for value, (_, (low, high)) in zip(middle, _own(moves), strict=True)
            ]
            low, high = (ExactMatrix.from_fractions([[end[side] for end in box]]) for side in (0, 1))
            changed = replace(moves, low=low, high=high, coupling=None)
            found = found.with_move(place, [changed], dict(zip(moves.inputs, middle, strict=True)))
    return found


def _own(moves: Moves) -> list[tuple[int, tuple[Fraction, Fraction]]]:
    """Each input of the moves, with its ends."""
    return list(zip(moves.inputs, ends(moves), strict=True))


def _within(value: Fraction, low: Fraction, high: Fraction) -> Fraction:
    return min(max(low, value), high)
