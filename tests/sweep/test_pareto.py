"""The front against its definition."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bdnnc.sweeping.pareto import dominates, front

figure = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30), Fraction(1), Fraction(5, 2)])
costs = st.none() | st.tuples(figure, figure)


@given(st.lists(costs, max_size=12))
def test_the_front_is_what_nothing_dominates(found: list[tuple[Fraction, Fraction] | None]) -> None:
    known = [cost for cost in found if cost is not None]
    wanted = [
        cost is not None and not any(o[0] <= cost[0] and o[1] <= cost[1] and (o[0] < cost[0] or o[1] < cost[1]) for o in known)
        for cost in found
    ]
    assert front(found) == wanted


@given(st.tuples(figure, figure), st.tuples(figure, figure))
def test_dominance_is_strict(one: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> None:
    assert not dominates(one, one)
    assert not (dominates(one, other) and dominates(other, one))
    assert dominates(one, other) == (front([one, other]) == [True, False])
