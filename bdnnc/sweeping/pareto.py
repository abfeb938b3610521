"""The Pareto front of two figures that are both to be small, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

Costs = tuple[Fraction, Fraction]


def dominates(one: Costs, other: Costs) -> bool:
    """Whether ``one`` is nowhere worse and somewhere better. Equal costs don't dominate each other."""
    return one != other and one[0] <= other[0] and one[1] <= other[1]


def front(costs: Sequence[Costs | None]) -> list[bool]:
    """Which costs no other dominates; never None, which stands for what is not known.

    In ascending order only the first ones of each value can be on the front, and are so iff their second figure is less than
    all before.
    """
    known = sorted({cost for cost in costs if cost is not None})
    least: Fraction | None = None
    members: set[Costs] = set()
    for cost in known:
        if least is None or cost[1] < least:
            least = cost[1]
            members.add(cost)
    return [cost in members for cost in costs]
