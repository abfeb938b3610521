"""The method `search`: nothing false, close to enumeration, the same whoever runs its restarts."""

from __future__ import annotations

from hypothesis import given, settings

from bdnnc.ir.problem import Problem
from bdnnc.training.outcome import Limits
from bdnnc.training.search import search_stochastically
from tests.oracle.strategies import problems
from tests.training.support import run


@settings(max_examples=40)
@given(problems())
def test_nothing_false_comes_out(of: Problem) -> None:
    run(of, limits=Limits(time_limit=1), method=search_stochastically)
