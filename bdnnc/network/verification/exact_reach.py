"""Whether a hull has a perturbation with required signs, by the simplex method in rationals: what decides ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.network.verification.relaxation import Relaxation
from bdnnc.uncertainty.exact_lp import maximum

EXACT_LIMIT = 60_000  # entries of the tableau of an exact LP that is still solved


@dataclass(frozen=True, slots=True)
class Exactly:
    """Whether the hull has a perturbation with all required signs, and one if so (from the region's offset on)."""

    delta: tuple[Fraction, ...] | None


def deepest_exact(
    hull: Relaxation, weights: Sequence[Sequence[Fraction]], values: Sequence[Fraction], active: Sequence[bool]
) -> Exactly | None:
    """Decided by the simplex method in rationals, ties included: a >= 0 for active units, a < 0 for the others. None where
    there are balls, or the tableau would be too large. ``weights``, ``values``: of the units, without signs."""
    width = len(weights[0])
    if hull.balls or (len(hull.upper) + len(hull.side) + len(values)) * (len(hull.upper) + 1) > EXACT_LIMIT:
        return None
    signs = [1 if is_active else -1 for is_active in active]
    table = [
        [sign * row[j] * own for j, own in zip(hull.inputs, hull.signs, strict=True)]
        for sign, row in zip(signs, weights, strict=True)
    ]
    start = [sign * value for sign, value in zip(signs, values, strict=True)]
    depth, v = _deepest_from(hull, [Fraction(0)] * len(hull.upper), table, start, [True] * len(start))
    if depth > 0 or (depth == 0 and all(active)):
        return Exactly(tuple(hull.delta(v, width)))
    if depth < 0 or not any(active):
        return Exactly(None)
    # all required half-spaces meet, in ties only: how far can the inactive units get when the active ones may stay in theirs
    here = [value + _dot(row, v) for value, row in zip(start, table, strict=True)]
    depth, v = _deepest_from(hull, v, table, here, [not is_active for is_active in active])
    return Exactly(tuple(hull.delta(v, width)) if depth > 0 else None)


def _deepest_from(
    hull: Relaxation, v: Sequence[Fraction], table: list[list[Fraction]], values: list[Fraction], deep: Sequence[bool]
) -> tuple[Fraction, list[Fraction]]:
    """max t with values + table.(change of v) >= t where ``deep`` and >= 0 elsewhere, from a ``v`` in the hull."""
    start = min(value for value, is_deep in zip(values, deep, strict=True) if is_deep)
    changes = [(c, sign, room) for c, value in enumerate(v) for sign, room in ((1, hull.upper[c] - value), (-1, value)) if room]
    zero, one = Fraction(0), Fraction(1)
    rows = [[-row[c] * sign for c, sign, _ in changes] + [one if d else zero] for row, d in zip(table, deep, strict=True)]
    sides = [value - (start if is_deep else 0) for value, is_deep in zip(values, deep, strict=True)]
    for row, side in zip(hull.matrix, hull.side, strict=True):
        rows.append([row[c] * sign for c, sign, _ in changes] + [zero])
        sides.append(side - _dot(row, v))
    for place, (_, _, room) in enumerate(changes):
        rows.append([one if place == column else zero for column in range(len(changes) + 1)])
        sides.append(room)
    found = maximum([zero] * len(changes) + [one], rows, sides)
    assert found is not None  # the change of v is bounded
    moved = list(v)
    for (c, sign, _), change in zip(changes, found.x, strict=False):
        moved[c] += sign * change
    return start + found.value, moved


def _dot(row: Sequence[Fraction], v: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(row, v, strict=True) if a and b), Fraction(0))
