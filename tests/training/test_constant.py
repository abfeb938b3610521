"""Constant networks whose output units have no bias to be constant by."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import BiasRule
from bdnnc.language.quantities import Loss
from bdnnc.training.constant import best_constant
from tests.oracle.problems import finite, goal, interval, layer, problem


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


@pytest.mark.parametrize(("labels", "least"), [([0, 0, 0, 0, 1], 8), ([0, 1, 1, 1, 1], 8), ([0, 1, 2, 2, 2], 16)])
def test_a_constant_score_keeps_the_margin_of_a_hinge_loss(labels: list[int], least: int) -> None:
    """A hinge of margin 4: a score of 4 for the frequent class costs 8 for each point of the others, a score of 0 costs 4 for
    every point, and a score at the end of its range much more."""
    classes = max(labels) + 1
    outputs = 1 if classes == 2 else classes
    hinge = Loss("hinge", margin=Fraction(4), weights=(Fraction(1),) * classes)
    layers = [
        layer("hidden", 2, 1, finite(-1, 0, 1), BiasRule("in", interval(-9, 9))),
        layer("output", outputs, 2, finite(-1, 0, 1), BiasRule("in", interval(-50, 50)), unit="linear", statement=1),
    ]
    of = problem([(place,) for place in range(5)], labels, layers, classes=classes, goals=[goal(hinge)])
    found = best_constant(formulate(of))
    assert found is not None
    assert found[1] == least
