"""E334: weights that cannot carry a unit across the margin that the compiler had to choose."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bdnnc.diagnostics import UserError
from bdnnc.formulation.plan import plan
from bdnnc.ir.problem import BiasRule
from tests.oracle.problems import finite, interval, layer, problem

OUTPUT = layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"), statement=1)
TINY = Fraction(1, 10**9)


@pytest.mark.parametrize("domain", [interval(-TINY, TINY), finite(-TINY, TINY)])
def test_weights_below_every_tolerance_are_refused(domain: object) -> None:
    of = problem([(0,), (1,)], [0, 1], [layer("hidden", 1, 1, domain, BiasRule("in", interval(-1, 1))), OUTPUT])
    with pytest.raises(UserError) as caught:
        plan(of)
    found = caught.value.diagnostics[0]
    assert found.code == "E334"
    assert "at most 2e-09, less than the margin of 0.0001" in found.message
    assert "a tolerance of" in found.notes[0]


@pytest.mark.parametrize("points", [[(0,), (1,)], [(0,), (0,)]])
def test_others_are_not(points: list[tuple[int]]) -> None:
    """Weights of the usual size; and data on which no weight moves anything, whatever its size."""
    domain = interval(-1, 1) if points[1] == (1,) else interval(-TINY, TINY)
    plan(problem(points, [0, 1], [layer("hidden", 1, 1, domain, BiasRule("in", interval(-1, 1))), OUTPUT]))
