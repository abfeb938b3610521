"""The oracle: encode and decode hold every lowering, next to enumeration on tiny problems, with passes toggled."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bdnnc.formulation import bias
from bdnnc.formulation.formulate import formulate
from bdnnc.formulation.passes import PASSES
from tests.oracle.laws import is_of_class, law_a, law_b, law_optimum
from tests.oracle.strategies import networks, problems

NAMES = [item.name for item in PASSES]
TOGGLED = st.sampled_from([left for size in range(3) for left in itertools.combinations(NAMES, size)])
"""Every single pass and every pair left out, and none."""


@given(st.data(), TOGGLED)
def test_a_network_of_the_class_is_a_feasible_point_with_its_loss(data: st.DataObject, without: tuple[str, ...]) -> None:
    of = data.draw(problems())
    network = data.draw(networks(of))
    assume(is_of_class(network, formulate(of)))
    law_a(of, network, without)


@given(problems(), st.integers(0, 2**16), TOGGLED)
def test_b_feasible_points_decode_to_networks_no_worse(of, seed: int, without: tuple[str, ...]) -> None:
    law_b(of, seed, without)


@given(problems(brute=True), TOGGLED)
def test_c_optimum_is_the_enumerated_one(of, without: tuple[str, ...]) -> None:
    law_optimum(of, without)


@given(problems(brute=True), st.integers(0, 2**16))
def test_auto_biases_as_intervals_on_a_lattice_lose_nothing(of, seed: int) -> None:
    """The form that very long lattices of biases take, forced on short ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bias, "LARGEST_LATTICE", 0)
        law_optimum(of)
        law_b(of, seed, objectives=1)
