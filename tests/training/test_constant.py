"""Constant networks whose output units have no bias to be constant by."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import BiasRule
from bdnnc.training.constant import best_constant
from tests.oracle.problems import finite, interval, layer, problem


@pytest.mark.parametrize("unit", ["step", "sign"])
@pytest.mark.parametrize("domain", [finite(-1, 0, 1), interval(-1, 1), finite(-2, 3)])
@pytest.mark.parametrize("sparse", [False, True])
def test_weights_at_their_ends_make_outputs_constant(unit: str, domain: object, sparse: bool) -> None:
    """Three classes of 1, 1 and 4 points: with all units off 6 bits are wrong, with only the third on 4."""
    hidden = layer("hidden", 2, 1, finite(-1, 0, 1), BiasRule("in", interval(-3, 3)), unit)
    output = layer("output", 3, 2, domain, BiasRule("none"), statement=1, sparse=sparse)
    of = problem([(0,), (1,), (2,), (3,), (1,), (2,)], [0, 1, 2, 2, 2, 2], [hidden, output], classes=3)
    found = best_constant(formulate(of))
    assert found is not None
    network, objective = found
    assert objective == Fraction(4)
    assert (network.layers[1].weights != 0).any()
