"""The oracle: encode and decode hold every lowering, next to enumeration on tiny problems, with passes toggled."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bdnnc.formulation import bias
from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.passes import PASSES
from bdnnc.ir.problem import Problem
from bdnnc.network.network import Network
from tests.oracle.laws import is_of_class, law_a, law_b, law_optimum
from tests.oracle.skeletons import TooLargeError
from tests.oracle.strategies import kept, networks, problems

NAMES = [item.name for item in PASSES]
TOGGLED = st.sampled_from([left for size in range(3) for left in itertools.combinations(NAMES, size)])
"""Every single pass and every pair left out, and none."""


@given(kept(), TOGGLED)
def test_a_networks_of_the_class_are_feasible_points(found: tuple[Problem, Network], without: tuple[str, ...]) -> None:
    of, network = found
    assume(is_of_class(network, formulate(of)))
    law_a(of, network, without)


@given(st.data(), TOGGLED)
def test_a_of_plain_problems(data: st.DataObject, without: tuple[str, ...]) -> None:
    of = data.draw(problems(plain=True))
    network = data.draw(networks(of))
    assume(is_of_class(network, formulate(of)))
    law_a(of, network, without)


@given(st.one_of(problems(), problems(plain=True)), st.integers(0, 2**16), TOGGLED)
def test_b_feasible_points_decode_to_networks_no_worse(of: Problem, seed: int, without: tuple[str, ...]) -> None:
    law_b(of, seed, without, objectives=2)


@given(st.one_of(problems(brute=True), problems(brute=True, plain=True)), TOGGLED)
def test_c_optima_are_the_enumerated_ones(of: Problem, without: tuple[str, ...]) -> None:
    _optimum(of, without)


def _optimum(of: Problem, without: tuple[str, ...] = ()) -> None:
    """Law (c), where enumeration is not too much work."""
    try:
        law_optimum(of, without)
    except TooLargeError:
        assume(False)


@given(problems(brute=True, plain=True), st.integers(0, 2**16))
def test_auto_biases_as_intervals_on_a_lattice_lose_nothing(of: Problem, seed: int) -> None:
    """The form that very long lattices of biases take, forced on short ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bias, "LARGEST_LATTICE", 0)
        _optimum(of)
        law_b(of, seed, objectives=1)
