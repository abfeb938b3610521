"""Training on random problems over everything that the language can say: nothing false, and nothing worse than enumeration."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import Problem
from bdnnc.training.outcome import Limits
from tests.oracle.classes import enumerated, is_simple, loses_margins
from tests.oracle.laws import LATER_ROOM, is_of_class
from tests.oracle.skeletons import TooLargeError
from tests.oracle.strategies import problems
from tests.training.support import run, sign


@settings(max_examples=25)
@given(st.one_of(problems(brute=True), problems(brute=True, plain=True)), st.booleans())
def test_values_are_those_of_enumeration(of: Problem, searches: bool) -> None:
    """No goal is worse; none is better either while the networks are of the class that was enumerated: one that is better than
    its class, by the margin alone, may hold later goals to less."""
    assume(is_simple(of) or not loses_margins(of))  # which outputs need their margin then depends on the goal
    try:
        expected = enumerated(of)
    except TooLargeError:
        assume(False)
        return
    outcome, _ = run(of, limits=Limits(time_limit=60, threads=1), searches=searches)
    formulation = formulate(of)
    if expected is None:
        found = outcome.network
        assert outcome.stages[0].status == "infeasible" if found is None else not is_of_class(found, formulation)
        return
    for stage, found in enumerate(outcome.stages):
        assert found.status == "optimal", found.message
        assert found.value is not None
        assert found.network is not None
        room = LATER_ROOM if stage and not isinstance(expected[stage], Fraction) else 2e-6
        wanted = Fraction(expected[stage])
        excess = (found.value - wanted) * sign(of, stage)
        assert excess <= room * max(1, abs(wanted))
        if not is_of_class(found.network, formulation):
            return
        assert excess >= -room * max(1, abs(wanted))
    assert len(outcome.stages) == len(of.goals)


@settings(max_examples=25)
@given(problems(), st.booleans())
def test_nothing_false_comes_out(of: Problem, searches: bool) -> None:
    outcome, told = run(of, limits=Limits(time_limit=20, threads=1), searches=searches)
    assert len(told.stages) == len(outcome.stages)
