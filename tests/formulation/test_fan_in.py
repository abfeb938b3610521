"""Boxes under `fan_in(L) <= k`, against enumeration of which connections are there."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.formulation.fan_in import fan_in_caps
from bdnnc.formulation.plan import plan
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Constraint, FanIn, Term
from tests.oracle.problems import finite, interval, layer, problem

SETS = [finite(-1, 0, 1), finite(-1, 1), finite(1, 3), finite(-2, "1/2"), interval(-1, "1/2"), interval("1/2", 1)]


def capped(most: int, coefficient: int = 1, sense: str = "<=") -> Constraint:
    return Constraint((Term(Fraction(coefficient), FanIn(0)),), sense, Fraction(most * coefficient), 2, "fan_in")


@st.composite
def problems(draw: st.DrawFn, deeper: bool) -> tuple[Problem, int]:
    inputs = draw(st.integers(1, 4))
    points = draw(st.lists(st.tuples(*[st.sampled_from([-2, -1, 0, Fraction(1, 2), 3])] * inputs), min_size=1, max_size=4))
    most = draw(st.integers(0, inputs))
    domain = draw(st.sampled_from(SETS))
    fixed = {(0, 0): Fraction(-3, 2)} if draw(st.booleans()) and most else {}
    units = 2 if deeper else inputs
    layers = [layer("a", 2 if not deeper else inputs, inputs, domain, BiasRule("none"), fixed=fixed, sparse=True)]
    rule = capped(most)
    if deeper:
        kind, height = draw(st.sampled_from([("step", 1), ("step", Fraction(5, 2)), ("sign", 1)]))
        first = layer("first", units, inputs, finite(-1, 1), BiasRule("none"), kind, height=Fraction(height))
        second = layer("a", 1, units, domain, BiasRule("none"), fixed=fixed, sparse=True, statement=1)
        layers = [first, second]
        rule = Constraint((Term(Fraction(1), FanIn(1)),), "<=", Fraction(most), 1, "fan_in")
    else:
        layers.append(layer("b", 1, 2, finite(-1, 1), BiasRule("none"), statement=1))
    return problem(points, [i % 2 for i in range(len(points))], layers, constraints=[rule]), most


def extremes(of: Problem, place: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest sum of each row, by trying every set of connections."""
    part = of.layers[place]
    if place == 0:
        rows = [[of.patterns.fraction(p, j) for j in range(part.inputs)] for p in range(of.patterns.shape[0])]
        values = [[(x, x) for x in row] for row in rows]
    else:
        below = of.layers[place - 1]
        values = [[(Fraction(-1), Fraction(1)) if below.unit == "sign" else (Fraction(0), below.height)] * part.inputs]
    low, high = [], []
    for row in values:
        for unit in range(part.units):
            sums: list[Fraction] = []
            free = np.flatnonzero(part.free[unit]).tolist()
            left = most - sum(part.constant[unit, j] != 0 for j in range(part.inputs) if j not in free)
            for size in range(max(0, min(left, len(free))) + 1):
                for there in combinations(free, size):
                    ends = [(part.domain.lower, part.domain.upper) if j in there else (Fraction(0),) * 2 for j in free]
                    terms = [[w * x for w in pair for x in row[j]] for pair, j in zip(ends, free, strict=True)] + [
                        [part.constant[unit, j] * x for x in row[j]] for j in range(part.inputs) if j not in free
                    ]
                    sums += [sum(map(min, terms), Fraction(0)), sum(map(max, terms), Fraction(0))]
            low.append(min(sums))
            high.append(max(sums))
    shape = (len(values), part.units)
    return np.array(low, dtype=object).reshape(shape), np.array(high, dtype=object).reshape(shape)


@pytest.mark.parametrize("place", [0, 1])
@given(data=st.data())
def test_boxes_are_those_of_the_largest_terms(place: int, data: st.DataObject) -> None:
    of, most = data.draw(problems(deeper=place == 1))
    sums = plan(of)[place].sums
    low, high = extremes(of, place, most)
    assert (sums.low == low * sums.denominator).all()
    assert (sums.high == high * sums.denominator).all()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (capped(2), 2),
        (capped(2, -1, ">="), 2),
        (capped(2, 1, "=="), 2),
        (capped(2, 1, ">="), None),
        (capped(2, -3, "<="), None),
    ],
)
def test_only_limits_from_above_count(rule: Constraint, expected: int | None) -> None:
    layers = [
        layer("a", 2, 2, finite(-1, 0, 1), BiasRule("none"), sparse=True),
        layer("b", 1, 2, finite(-1, 1), BiasRule("none")),
    ]
    assert fan_in_caps(problem([(0, 1)], [0], layers, constraints=[rule])) == [expected, None]
