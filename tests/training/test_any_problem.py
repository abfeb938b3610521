"""Training on random problems over everything that the language can say: nothing false, and nothing worse than enumeration."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bdnnc.ir.problem import Problem
from bdnnc.training.outcome import Limits
from tests.oracle.classes import enumerated, is_simple, loses_margins
from tests.oracle.skeletons import TooLargeError
from tests.oracle.strategies import problems
from tests.training.support import run, sign


@settings(max_examples=25)
@given(st.one_of(problems(brute=True), problems(brute=True, plain=True)))
def test_values_are_those_of_enumeration(of: Problem) -> None:
    """Of the first goal: a network that is better than its class, by the margin alone, may hold later goals to less."""
    assume(is_simple(of) or not loses_margins(of))  # which outputs need their margin then depends on the goal
    try:
        expected = enumerated(of)
    except TooLargeError:
        assume(False)
        return
    outcome, _ = run(of, limits=Limits(time_limit=60, threads=1))
    if expected is None:
        assert outcome.status(len(of.goals)) in ("infeasible", "optimal", "feasible")
        return
    first = outcome.stages[0]
    assert first.status == "optimal", first.message
    assert first.value is not None
    least = Fraction(expected[0])
    assert (first.value - least) * sign(of, 0) <= Fraction(2, 10**6) * max(1, abs(least))


@settings(max_examples=25)
@given(problems())
def test_nothing_false_comes_out(of: Problem) -> None:
    outcome, told = run(of, limits=Limits(time_limit=20, threads=1))
    assert len(told.stages) == len(outcome.stages)
