"""Whether some perturbation gives required units required signs: a witness in rationals, or a proof that there is none.

The proof: with y >= 0 and s_i = 1 for active, -1 for inactive units, every delta of the region has

    sum y_i s_i (a_i + w_i.delta) <= sum y_i s_i a_i + max over the region of (sum y_i s_i w_i).delta,

and the right-hand side is exact (`network.support`, for sets that are not convex as well). Where it is below 0, or 0 with some
y_i > 0 for an inactive unit, the signs are not to be had, since they make the left-hand side at least 0, or above 0. What
remains on a set that is no convex one is split and asked again; small finite sets are gone through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import numpy as np

from bdnnc.network.evaluate import layer_activity
from bdnnc.network.integer_layer import rounded
from bdnnc.network.verification.exact_reach import deepest_exact
from bdnnc.network.verification.float_lp import Deepest, deepest_float
from bdnnc.network.verification.front import Front
from bdnnc.network.verification.inscribed import inscribed
from bdnnc.network.verification.listing import at_row, perturbations, size
from bdnnc.network.verification.region import Floats, Region, movable, parts
from bdnnc.network.verification.relaxation import relaxed
from bdnnc.network.verification.rounding import rationals
from bdnnc.network.verification.verdict import Delta
from bdnnc.uncertainty.support import support

LISTED_AT_ONCE = 4096  # perturbations of a finite region that are gone through rather than split
LISTED_AT_ALL = 1_000_000  # where it can't be split
PLAIN = 1e-6  # a bound of the float LP that is this far above 0 is no candidate for a proof

MULTIPLIERS: tuple[Callable[[float], Fraction], ...] = (
    lambda value: Fraction(value).limit_denominator(1000),
    lambda value: Fraction(value).limit_denominator(10**6),
    Fraction,
)


class Answer(Enum):
    REACHED = "reached"
    EMPTY = "empty"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reach:
    """``delta``: the witness, from 0 on, where REACHED."""

    answer: Answer
    delta: Delta | None = None


EMPTY, UNKNOWN = Reach(Answer.EMPTY), Reach(Answer.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """``units`` (places) are to be as ``active`` says. ``deadline``: of ``time.monotonic``."""

    front: Front
    units: tuple[int, ...]
    active: tuple[bool, ...]
    deadline: float | None = None

    @property
    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    def holds(self, delta: Delta) -> bool:
        values = self.front.at(delta)
        return all((values[unit] >= 0) == active for unit, active in zip(self.units, self.active, strict=True))


def reach(asked: Asked, region: Region, split: bool = True) -> Reach:
    """Decide, by splitting the region where its hull alone doesn't (``split``)."""
    open_regions, unknown = [region], False
    while open_regions:
        if asked.is_late:
            return UNKNOWN
        current = open_regions.pop()
        found, point = _at_once(asked, current)
        if found.answer is Answer.REACHED:
            return found
        if found.answer is Answer.UNKNOWN:
            smaller = parts(current, point) if split and point is not None else None
            if smaller is None:
                unknown = True
            else:
                open_regions += smaller
    return UNKNOWN if unknown else EMPTY


def _at_once(asked: Asked, region: Region) -> tuple[Reach, Floats | None]:
    """The answer of one region without splitting it, and a point of its hull to split it at."""
    if not any(movable(moves) for moves in region.moves):
        return (Reach(Answer.REACHED, region.offset) if asked.holds(region.offset) else EMPTY), None
    limit = LISTED_AT_ONCE if region.can_be_split else LISTED_AT_ALL
    if region.is_finite and size(region) <= limit:
        return listed(asked, region), None
    hull = relaxed(region)
    weights, values = signed_rows(asked, region)
    found = deepest_float(hull, weights, values)
    if found is None:
        return UNKNOWN, np.zeros(len(region.offset))
    scale = 1.0 + float(np.abs(values).max(initial=0.0))
    if found.bound <= PLAIN * scale and _is_proved_empty(asked, region, found):
        return EMPTY, None
    if found.depth >= -PLAIN * scale:
        for delta in rationals(region, found.delta):
            if asked.holds(delta):
                return Reach(Answer.REACHED, delta), None
    if hull.balls:
        exact = _inside_balls(asked, region, found.delta) if region.is_convex else UNKNOWN
    else:
        exact = _in_rationals(asked, region) if region.is_convex or abs(found.bound) <= PLAIN * scale else UNKNOWN
    if exact.answer is not Answer.UNKNOWN:
        return exact, None
    return UNKNOWN, found.delta


def signed_rows(asked: Asked, region: Region) -> tuple[Floats, Floats]:
    """s_i w_i and s_i a_i, at the region's offset, in floats."""
    signs = np.where(asked.active, 1.0, -1.0)
    here = asked.front.at(region.offset)
    rows = [[rounded(*value.as_integer_ratio()) for value in row] for row in asked.front.weights[list(asked.units)].tolist()]
    values = [rounded(*here[unit].as_integer_ratio()) for unit in asked.units]
    return np.array(rows) * signs[:, np.newaxis], np.array(values) * signs


def _is_proved_empty(asked: Asked, region: Region, found: Deepest) -> bool:
    """Whether multipliers near those of the float LP prove it."""
    largest = float(found.multipliers.max(initial=0.0))
    if largest <= 0:
        return False
    for rounding in MULTIPLIERS:
        multipliers = [rounding(float(value) / largest) for value in found.multipliers]
        bound = _bound(asked, region, multipliers)
        strict = any(y > 0 and not active for y, active in zip(multipliers, asked.active, strict=True))
        if bound < 0 or (bound == 0 and strict):
            return True
    return False


def _bound(asked: Asked, region: Region, multipliers: Sequence[Fraction]) -> Fraction:
    """The exact most of sum y_i s_i a_i over the region, or a little more."""
    signed = [y if active else -y for y, active in zip(multipliers, asked.active, strict=True)]
    here = asked.front.at(region.offset)
    total = sum((y * here[unit] for y, unit in zip(signed, asked.units, strict=True)), Fraction(0))
    used = [(y, unit) for y, unit in zip(signed, asked.units, strict=True) if y != 0]
    rows = asked.front.weights[[unit for _, unit in used]]
    for moves in region.moves:
        columns = rows[:, list(moves.inputs)].T.tolist()
        direction = [sum((y * w for (y, _), w in zip(used, column, strict=True)), Fraction(0)) for column in columns]
        total += support(moves, direction)
    return total


def _in_rationals(asked: Asked, region: Region) -> Reach:
    """By the exact LP over the hull. Its witness counts where the region is its hull, or where it is a member by chance."""
    here = asked.front.at(region.offset)
    rows = asked.front.weights[list(asked.units)].tolist()
    exact = deepest_exact(relaxed(region), rows, [here[unit] for unit in asked.units], asked.active)
    if exact is None:
        return UNKNOWN
    if exact.delta is None:
        return EMPTY
    delta = tuple(start + change for start, change in zip(region.offset, exact.delta, strict=True))
    if region.is_convex:
        return Reach(Answer.REACHED, delta) if asked.holds(delta) else UNKNOWN
    near = np.array([float(change) for change in exact.delta])
    members = (member for member in rationals(region, near) if asked.holds(member))
    witness = next(members, None)
    return UNKNOWN if witness is None else Reach(Answer.REACHED, witness)


def _inside_balls(asked: Asked, region: Region, delta: Floats) -> Reach:
    """By the exact LP over boxes in the balls of a convex region (they don't keep to a grid): it finds witnesses, but proves
    nothing."""
    smaller = inscribed(region, delta)
    found = UNKNOWN if smaller is None else _in_rationals(asked, smaller)
    return found if found.answer is Answer.REACHED else UNKNOWN


def listed(asked: Asked, region: Region) -> Reach:
    """By going through a finite region."""
    layer = asked.front.moved(region.offset)
    units, active = list(asked.units), np.array(asked.active)
    for chunk in perturbations(region):
        if asked.is_late:
            return UNKNOWN
        hits = np.flatnonzero((layer_activity(layer, chunk)[:, units] == active).all(axis=1))
        if hits.size:
            return Reach(Answer.REACHED, at_row(region, chunk, int(hits[0])))
    return EMPTY
