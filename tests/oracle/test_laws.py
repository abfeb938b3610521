"""The oracle: encode and decode hold every lowering, next to enumeration on tiny problems."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from bdnnc.formulation.formulate import formulate
from tests.oracle.laws import is_of_class, law_a, law_b, law_optimum
from tests.oracle.strategies import networks, problems


@given(st.data())
def test_a_network_of_the_class_is_a_feasible_point_with_its_loss(data: st.DataObject) -> None:
    of = data.draw(problems())
    network = data.draw(networks(of))
    assume(is_of_class(network, formulate(of)))
    law_a(of, network)


@given(problems(), st.integers(0, 2**16))
def test_b_feasible_points_decode_to_networks_no_worse(of, seed: int) -> None:
    law_b(of, seed)


@given(problems(brute=True))
def test_c_optimum_is_the_enumerated_one(of) -> None:
    law_optimum(of)
