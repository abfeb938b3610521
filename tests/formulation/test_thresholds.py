"""Margins and bias ranges, case by case, against what the definitions give by hand."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from bdnnc.diagnostics import UserError
from bdnnc.formulation.plan import plan
from bdnnc.formulation.thresholds import Thresholds
from bdnnc.ir.domains import LatticeDomain, RealDomain
from bdnnc.ir.problem import BiasRule
from tests.oracle.problems import finite, interval, layer, problem

POINTS = [[1, 2], [3, 0], [0, 0]]


def first(domain, bias: BiasRule, points=POINTS, units: int = 1, margin=None, unit: str = "step") -> Thresholds:
    labels = [0, 1] * len(points)
    hidden = layer("hidden", units, len(points[0]), domain, bias, unit, margin)
    output = layer("output", 1, units, finite(-1, 0, 1), BiasRule("auto"), statement=1)
    return plan(problem(points, labels[: len(points)], [hidden, output]))[0].thresholds


def deeper(below: str, domain, bias: BiasRule, margin=None) -> Thresholds:
    hidden = layer("hidden", 2, 2, finite(-1, 0, 1), BiasRule("auto"), below)
    output = layer("output", 1, 2, domain, bias, margin=margin, statement=1)
    return plan(problem(POINTS, [0, 1, 0], [hidden, output]))[1].thresholds


def test_a_finite_bias_has_a_lattice_a_row() -> None:
    found = first(finite(-2, 0, 2), BiasRule("in", finite(1, 4)))  # rows: 2 Z, 6 Z, 0; bias 1 + 3 Z
    assert found.exact
    # row 1: 1 + Z: every integer, so 0 and -1; row 2: 1 + 3 Z: 1 and -2; row 3: 1 + 3 Z
    np.testing.assert_array_equal(found.active.ravel(), [0, 1, 1])
    np.testing.assert_array_equal(found.inactive.ravel(), [1, 2, 2])
    assert found.width == 1


def test_sign_inputs_and_odd_weights_have_no_tie() -> None:
    found = deeper("sign", finite(-1, 1), BiasRule("none"))  # two terms of -1 or 1: -2, 0, 2
    assert (found.active.item(), found.inactive.item()) == (0, 2)
    odd = deeper("sign", finite(-1, 1), BiasRule("in", finite(-1, 1)))
    assert (odd.active.item(), odd.inactive.item()) == (1, 1)


def test_a_row_of_zeros_without_a_bias_is_a_constant() -> None:
    for domain in (finite(-1, 0, 1), interval(-1, 1)):
        found = first(domain, BiasRule("none"))
        np.testing.assert_array_equal(found.decided.ravel(), [-1, -1, 1])


def test_a_row_of_zeros_with_a_finite_bias_is_exact_even_among_real_weights() -> None:
    found = first(interval(-1, 1), BiasRule("in", finite(-2, 0)))
    assert not found.exact
    np.testing.assert_array_equal(found.active.ravel(), [0, 0, 0])
    np.testing.assert_array_equal(found.inactive.ravel(), [1e-4, 1e-4, 2])


def test_a_continuous_bias_has_one_lattice_and_starts_at_its_floor() -> None:
    found = first(finite(-2, 0, 2), BiasRule("in", interval(Fraction(1, 2), 5)), [[1, 2], [3, 0]])
    assert found.exact
    np.testing.assert_array_equal(found.active.ravel(), [0, 0])
    np.testing.assert_array_equal(found.inactive.ravel(), [2, 2])
    assert found.bias.floors == (0,)  # the lattice is 2 Z: the largest member below 1/2


def test_a_shared_continuous_bias_has_the_lattice_of_all_units() -> None:
    mask = np.array([[True, False], [False, True]])
    hidden = layer("hidden", 2, 2, finite(-1, 1), BiasRule("shared", interval(-9, 9)), mask=mask)
    output = layer("output", 1, 2, finite(-1, 0, 1), BiasRule("auto"), statement=1)
    found = plan(problem([[4, 6], [8, 12]], [0, 1], [hidden, output]))[0].thresholds
    np.testing.assert_array_equal(found.inactive, np.full((2, 2), 2.0))  # sums +-4, +-8, +-6, +-12
    assert len(found.bias.domains) == 1


@pytest.mark.parametrize(
    ("points", "domain", "expected"),
    [
        ([[1, 2], [3, 0]], finite(-1, 0, 1), (-4, 1, 7)),  # sums -3..3 in Z: -(3 + 1) .. 3
        ([[2, 2], [4, 0]], finite(-1, 0, 1), (-6, 2, 5)),  # sums -4..4 in 2 Z: -(4 + 2) .. 4
        ([["1/2", 0], ["1/4", "1/4"]], finite(0, 1), (Fraction(-3, 4), Fraction(1, 4), 3)),
    ],
)
def test_the_auto_bias_of_finite_weights_is_the_shortest_lattice(points, domain, expected) -> None:
    found = first(domain, BiasRule("auto"), points)
    origin, step, count = expected
    assert found.bias.domains == (LatticeDomain(Fraction(origin), Fraction(step), count),)


def test_the_auto_bias_of_real_weights_reaches_the_largest_sum_and_the_margin() -> None:
    found = first(interval(-1, 1), BiasRule("auto"))
    assert found.bias.domains == (RealDomain(-3 - Fraction(1, 20000), 3 + Fraction(1, 20000)),)
    assert (found.exact, found.width) == (False, Fraction(1, 10000))


def test_layers_without_a_continuous_bias_are_one_sided() -> None:
    for bias in (BiasRule("none"), BiasRule("in", finite(-1, 0))):
        for found in (*(deeper(unit, interval(-1, 1), bias) for unit in ("step", "sign")), first(interval(-1, 1), bias)):
            assert found.one_sided
            assert found.active.max() == 0
    assert not deeper("step", interval(-1, 1), BiasRule("auto")).one_sided
    assert not first(interval(-1, 1), BiasRule("auto")).one_sided


def test_a_chosen_one_sided_margin_is_not_wider_than_a_negative_bias() -> None:
    found = deeper("step", interval(-1, 1), BiasRule("in", finite(Fraction(-1, 10**5), 0)))
    assert found.width == Fraction(1, 10**5)


def test_the_chosen_margin_grows_with_the_data() -> None:
    assert first(interval(-1, 1), BiasRule("auto"), [[10**6, 1]]).width >= Fraction(1, 10)


def test_a_lattice_too_fine_for_solvers_gives_a_chosen_margin_with_the_reason() -> None:
    found = first(finite(-1, 0, 1), BiasRule("auto"), [["0.123456789012345", "0.5"]])
    assert not found.exact
    assert "below what a solver can resolve" in found.reason
    assert first(finite(-1, 0, 1), BiasRule("auto"), [["0.123", "0.5"]]).exact


def test_margin_exact_is_refused_where_there_is_no_lattice() -> None:
    with pytest.raises(UserError) as caught:
        first(interval(-1, 1), BiasRule("auto"), margin="exact")
    assert caught.value.diagnostics[0].code == "E331"
    assert first(finite(-1, 0, 1), BiasRule("auto"), margin="exact").exact


def test_a_declared_margin_splits_evenly_and_is_refused_below_the_tolerances() -> None:
    found = first(interval(-1, 1), BiasRule("auto"), margin=Fraction(1, 50))
    np.testing.assert_array_equal(found.active, np.full((3, 1), 0.01))
    np.testing.assert_array_equal(found.inactive, np.full((3, 1), 0.01))
    assert found.bias.domains == (RealDomain(Fraction(-301, 100), Fraction(301, 100)),)
    with pytest.raises(UserError) as caught:
        first(interval(-1, 1), BiasRule("auto"), margin=Fraction(1, 10**12))
    assert caught.value.diagnostics[0].code == "E332"


def test_fixed_weights_with_a_continuous_bias_use_the_gaps_of_their_sums() -> None:
    fixed = {(0, 0): Fraction(1, 3), (0, 1): Fraction(2)}
    hidden = layer("hidden", 1, 2, finite(0), BiasRule("auto"), fixed=fixed)
    output = layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"), statement=1)
    found = plan(problem(POINTS, [0, 1, 0], [hidden, output]))[0].thresholds  # sums 13/3, 1, 0: lattice Z / 3
    assert found.exact
    assert found.bias.domains == (LatticeDomain(Fraction(-14, 3), Fraction(1, 3), 14),)


def test_tolerances_are_as_loose_as_the_margin_allows() -> None:
    assert first(finite(-1, 0, 1), BiasRule("auto")).tolerance == 1e-6
    assert first(interval(-1, 1), BiasRule("auto")).tolerance <= 1e-7
    assert first(finite(-1, 0, 1), BiasRule("auto"), [[10**6, 1]]).tolerance < 1e-7
