"""The method `search`: nothing false, close to enumeration, the same whoever runs its restarts."""

from __future__ import annotations

from hypothesis import given, settings

from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Parameters
from bdnnc.training.outcome import Limits
from bdnnc.training.search import search_stochastically
from tests.oracle.problems import bound, finite, layer, problem
from tests.oracle.strategies import problems
from tests.training.support import run
from tests.training.test_local_search import AUTO


@settings(max_examples=40)
@given(problems())
def test_nothing_false_comes_out(of: Problem) -> None:
    run(of, limits=Limits(time_limit=1), method=search_stochastically)


def test_a_bias_between_two_members_leaves_the_grid_as_it_is() -> None:
    """No member is left: measuring tells, and nothing breaks on the way."""
    bias = BiasRule("in", finite(-2, 2), ())
    of = problem(
        [[0], [1]],
        [0, 1],
        [layer("h", 1, 1, finite(-1, 0, 1), bias), layer("o", 1, 1, finite(-1, 0, 1), AUTO, statement=1)],
        constraints=[bound(Parameters(0, "bias", (0,), ()), "==", 1)],
    )
    outcome, _ = run(of, limits=Limits(time_limit=1), method=search_stochastically)
    assert outcome.network is None
