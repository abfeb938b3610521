"""The method `search`: nothing false, close to enumeration, the same whoever runs its restarts."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import Problem
from bdnnc.training.outcome import Limits
from bdnnc.training.search import search_stochastically
from bdnnc.training.work import MethodOptions
from tests.oracle.classes import enumerated, is_simple, loses_margins
from tests.oracle.laws import is_of_class
from tests.oracle.skeletons import TooLargeError
from tests.oracle.strategies import problems
from tests.training.support import run, sign


@settings(max_examples=40)
@given(problems())
def test_nothing_false_comes_out(of: Problem) -> None:
    run(of, limits=Limits(time_limit=1), method=search_stochastically)
