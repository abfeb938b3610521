"""Neighbourhoods and what is fixed in them, alignment of units, consensus diving and large neighbourhoods."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Norm
from bdnnc.milp.lower import column_slices, lower
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.evaluate import active_units
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Stop
from bdnnc.training import neighbourhoods
from bdnnc.training.constant import best_constant
from bdnnc.training.exact import solve_exactly
from bdnnc.training.fixing import with_fixed
from bdnnc.training.improver import objective_of
from bdnnc.training.neighbourhood import (
    Neighbourhood,
    everything,
    fixed_columns,
    layer_blocks,
    of_inputs,
    of_layers,
    of_units,
)
from bdnnc.training.neighbourhoods import Budget, consensus, improved, polished
from bdnnc.training.outcome import Limits
from bdnnc.training.random_network import random_network
from bdnnc.training.work import Means, Work
from tests.oracle.laws import network_of, violation
from tests.oracle.problems import finite, goal, interval, layer, problem
from tests.oracle.strategies import kept, problems
from tests.training.support import Observed, Told, formulated
from tests.training.test_local_search import HAMMING, Failing, checkers, is_admissible, parameters

WORK = Limits(time_limit=None, node_limit=100, threads=1)


def work_of(formulation: Formulation, solver: Any = None, limits: Limits = WORK) -> tuple[Work, Told]:
    told = Told(stages=[()])
    means = Means((), solver or HighsSolver(isolated=False), limits, told.watch(), searches=False)
    return Work(formulation, means, limits), told


def some_neighbourhoods(formulation: Formulation, rng: np.random.Generator) -> list[Neighbourhood]:
    """One of each kind."""
    layers = formulation.problem.layers
    patterns = formulation.problem.patterns.shape[0]
    kept = tuple(rng.random((patterns, layer.units)) < 0.5 for layer in layers[:-1])
    place = int(rng.integers(len(layers)))
    return [
        *layer_blocks(formulation),
        everything(formulation),
        of_units(formulation, place, [int(rng.integers(layers[place].units))]),
        of_inputs(formulation, [int(rng.integers(layers[0].inputs))]),
        replace(everything(formulation), kept=(*kept, None)),
    ]


# --- what is fixed ------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(kept(), st.integers(0, 2**31))
def test_an_admissible_network_is_feasible_in_all_its_neighbourhoods(drawn: tuple[Problem, Network], seed: int) -> None:
    """Whatever margins it has: real parameters are fixed at their floats, and rows give way by what they miss."""
    of, network = drawn
    formulation = formulated(of)
    assume(is_admissible(network, formulation))
    model = lower(formulation.program)
    for found in some_neighbourhoods(formulation, np.random.default_rng(seed)):
        for candidate in (network, canonicalise(network, formulation)):
            x = encode(candidate, formulation)
            fixed = fixed_columns(found, candidate, formulation)
            narrowed = with_fixed(model, x, fixed, hold=True)
            assert violation(narrowed, x) <= 1e-9 * (1.0 + float(np.abs(x).max()))
            assert (narrowed.lower[fixed] == narrowed.upper[fixed]).all()
            assert narrowed.A is model.A
            assert (narrowed.lower[~fixed] == model.lower[~fixed]).all()
            assert (narrowed.upper[~fixed] == model.upper[~fixed]).all()


@pytest.mark.parametrize("beyond", [Fraction(0), Fraction(-1, 10**7)], ids=["a tie", "a hair below"])
def test_rows_give_way_to_narrow_margins(beyond: Fraction) -> None:
    """Points at 0 and 1, the second within the chosen margin, on either side."""
    unit = layer("o", 1, 1, interval(-1, 1), BiasRule("in", interval(-3, 3)))
    of = problem([[0], [1]], [0, 0 if beyond else 1], [unit])
    formulation = formulated(of)
    network = network_of(of, [np.array([[Fraction(1)]], dtype=object)], [[Fraction(-1) + beyond]])
    assert objective_of(network, formulation) == 0
    model, x = lower(formulation.program), encode(network, formulation)
    fixed = fixed_columns(everything(formulation), network, formulation)
    assert violation(with_fixed(model, x, fixed, hold=False), x) > 1e-5
    assert violation(with_fixed(model, x, fixed, hold=True), x) <= 1e-12


@settings(max_examples=40)
@given(problems(), st.integers(0, 2**31))
def test_what_is_fixed_is_what_no_free_parameter_reaches(of: Problem, seed: int) -> None:
    """Two networks that differ in free parameters only, and in no activation that is kept, agree on all fixed columns."""
    formulation, rng = formulated(of), np.random.default_rng(seed)
    first, second = (random_network(formulation, rng) for _ in range(2))
    for found in some_neighbourhoods(formulation, rng):
        mixed = _crossed(first, second, found, formulation)
        activity = [active_units(network, of.patterns) for network in (first, mixed)]
        pairs = zip(found.kept, *activity, strict=True)
        if any(part is not None and (one != other)[part].any() for part, one, other in pairs):
            continue
        fixed = fixed_columns(found, first, formulation)
        assert (encode(first, formulation)[fixed] == encode(mixed, formulation)[fixed]).all()


def _crossed(first: Network, second: Network, found: Neighbourhood, formulation: Formulation) -> Network:
    """The first network with the free parameters of the second; of scaled sets only whole units, which have one scale."""
    weights, biases = [], []
    for place, plan in enumerate(formulation.plans):
        one, other = first.layers[place], second.layers[place]
        free = found.weights[place]
        if hasattr(plan.layer.domain, "base"):
            free = free & (free | ~plan.layer.free).all(axis=1)[:, None]
        moved = found.biases[place]
        if plan.thresholds.bias.kind == "shared":
            moved = np.full(len(moved), moved.all())
        weights.append(np.where(free, other.weights, one.weights))
        biases.append(np.where(moved, other.bias, one.bias).tolist())
    return network_of(formulation.problem, weights, biases)


def test_blocks_of_one_hidden_layer_are_the_papers_alternation() -> None:
    formulation = formulated(checkers(3, 2, interval(-1, 1)))
    network = random_network(formulation, np.random.default_rng(0))
    places = column_slices(lower(formulation.program))
    first, second = (fixed_columns(block, network, formulation) for block in layer_blocks(formulation))
    for key, in_first, in_second in (
        (("w", "h0"), False, True),
        (("b", "h0"), False, True),
        (("u", "h0"), False, True),
        (("w", "o"), True, False),
        (("b", "o"), True, False),
        (("u", "o"), False, False),
    ):
        assert first[places[key]].all() == in_first
        assert first[places[key]].any() == in_first
        assert second[places[key]].all() == in_second
        assert second[places[key]].any() == in_second


def test_a_shared_bias_is_free_with_all_units_or_none() -> None:
    formulation = formulated(checkers(3, 2, bias=BiasRule("shared", finite(-2, -1, 0, 1, 2))))
    network = random_network(formulation, np.random.default_rng(0))
    places = column_slices(lower(formulation.program))
    one = fixed_columns(of_units(formulation, 0, [1]), network, formulation)
    both = fixed_columns(of_layers(formulation, [0]), network, formulation)
    assert one[places["b", "h0"]].all()
    assert not both[places["b", "h0"]].any()
    found = of_layers(formulation, [0])
    half = replace(found, biases=(np.array([True, False]), *found.biases[1:]))
    assert fixed_columns(half, network, formulation)[places["b", "h0"]].all()
    activity = one[places["u", "h0"]].reshape(-1, 2)
    assert activity[:, 0].all()
    assert not activity[:, 1].any()


def test_a_network_that_is_worse_in_an_earlier_goal_is_not_admissible() -> None:
    of = checkers(2, 2, goals=[goal(HAMMING), goal(Norm("l1", "weights", (0, 1)))])
    first = formulated(of)
    constant = best_constant(first)
    assert constant is not None
    assert constant[1] == 2
    for reached, value in ((1, None), (2, 0)):
        assert objective_of(constant[0], formulated(of, 1, (Fraction(reached),))) == value


# --- random networks ----------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(problems(), st.integers(0, 2**31))
def test_random_networks_are_of_the_class(of: Problem, seed: int) -> None:
    formulation = formulated(of)
    network = random_network(formulation, np.random.default_rng(seed))
    checks = list(planned_checks(formulation)(network))
    assert [check.name for check in checks if not check.ok and not _is_declared_margin(check.recomputed)] == []
    again = random_network(formulation, np.random.default_rng(seed))
    assert parameters(network) == parameters(again)
    for layer_found, plan in zip(network.layers, formulation.plans, strict=True):
        there = plan.layer.free & ~layer_found.absent
        assert all(plan.layer.domain.contains(weight) for weight in layer_found.weights[there])


def _is_declared_margin(text: str) -> bool:
    return "from 0 on every point" in text


def test_random_units_tell_points_apart() -> None:
    formulation = formulated(checkers(4, 3, interval(-1, 1)))
    rng = np.random.default_rng(0)
    shares = [active_units(random_network(formulation, rng), formulation.problem.patterns)[0].mean() for _ in range(20)]
    assert 0.2 < np.mean(shares) < 0.8


# --- consensus ----------------------------------------------------------------------------------------------------------


def test_the_same_network_in_another_order_agrees_with_itself() -> None:
    formulation = formulated(checkers(3, 3))
    network = random_network(formulation, np.random.default_rng(3))
    hidden, output = network.layers
    order = [2, 0, 1]
    moved = replace(hidden, weights=hidden.weights[order], bias=hidden.bias[order], absent=hidden.absent[order])
    above = replace(output, weights=output.weights[:, order], absent=output.absent[:, order])
    assert consensus([network, replace(network, layers=(moved, above))], network, formulation).is_empty


def test_consensus_fixes_what_networks_share() -> None:
    formulation = formulated(checkers(3, 3))
    network = random_network(formulation, np.random.default_rng(3))
    assert consensus([network, network], network, formulation).is_empty
    weights = network.layers[0].weights.copy()
    weights[1, 0] = next(Fraction(v) for v in (-1, 0, 1) if v != weights[1, 0])
    other = replace(network, layers=(replace(network.layers[0], weights=weights), network.layers[1]))
    found = consensus([network, other], network, formulation)
    assert np.argwhere(found.weights[0]).tolist() == [[1, 0]]
    assert not found.biases[0].any()
    assert not found.weights[1].any()
    kept, moved = found.kept[0], np.zeros(3, dtype=bool)
    assert kept is not None
    moved[1] = True
    assert (~kept).any(axis=0).tolist() <= moved.tolist()
    assert found.kept[1] is None, "outputs are what it is all about"


def test_consensus_leaves_real_parameters_free() -> None:
    formulation = formulated(checkers(3, 3, interval(-1, 1)))
    network = random_network(formulation, np.random.default_rng(3))
    found = consensus([network, network], network, formulation)
    assert all(part.all() for part in (*found.weights, *found.biases))
    assert found.kept[0] is not None
    assert found.kept[0].all()


# --- improvement --------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(kept(), st.integers(0, 2**31))
def test_improvement_is_exact_and_strict(drawn: tuple[Problem, Network], seed: int) -> None:
    of, network = drawn
    formulation = formulated(of)
    assume(is_admissible(network, formulation))
    rng = np.random.default_rng(seed)
    pool = [network, random_network(formulation, rng)]
    values = [value for found in pool if (value := objective_of(found, formulation)) is not None]
    work, told = work_of(formulation, limits=replace(WORK, node_limit=20))
    better = improved(work, pool, Budget(rounds=2))
    if better is None:
        assert told.networks == []
        return
    objective = objective_of(better, formulation)
    assert objective is not None
    assert objective < min(values)
    _, _, value, _ = told.networks[-1]
    assert value == Measured(better, of).goal(of.goals[0])
    assert not Measured(better, of).violated()


@pytest.mark.parametrize("domain", [finite(-1, 0, 1), interval(-1, 1)], ids=["ternary", "real"])
def test_large_neighbourhoods_better_a_constant_network_the_same_way_each_time(domain) -> None:
    formulation = formulated(checkers(3, 3, domain))
    constant = best_constant(formulation)
    assert constant is not None
    found = []
    for _ in range(2):
        work, told = work_of(formulation)
        better = improved(work, [constant[0]], Budget(rounds=8))
        assert better is not None
        assert objective_of(better, formulation) < constant[1]
        assert told.networks[-1][2] == objective_of(better, formulation)
        found.append(parameters(better))
    assert found[0] == found[1]


def test_a_dive_solves_what_two_networks_disagree_on() -> None:
    """Two networks whose first hidden unit is constant, as a unit and its complement are, share the rest."""
    of = checkers(2, 2)
    formulation = formulated(of)
    one = Fraction(1)
    weights = [np.array([[one, one], [-one, -one]], dtype=object), np.array([[one, one]], dtype=object)]
    best = network_of(of, weights, [[-one, one], [-2 * one]])  # at least one, and not both
    assert objective_of(best, formulation) == 0
    pool = [_spoilt(best, bias) for bias in (0, -3)]
    assert [objective_of(network, formulation) for network in pool] == [1, 2]
    solver = Observed()
    work, _ = work_of(formulation, solver)
    better = improved(work, pool, Budget(rounds=0))
    assert better is not None
    assert objective_of(better, formulation) == 0
    assert parameters(better)[0][0][1] == parameters(best)[0][0][1]
    free = [int((model.lower < model.upper).sum()) for model, _ in solver.asked]
    assert len(free) == 2
    assert free[0] < free[1], "activations are kept at first"


def _spoilt(network: Network, bias: int) -> Network:
    """The first hidden unit is always or never active."""
    biases = network.layers[0].bias.copy()
    biases[0] = Fraction(bias)
    return replace(network, layers=(replace(network.layers[0], bias=biases), network.layers[1]))


@pytest.mark.parametrize("stop", [Stop.FAILED, Stop.TIME_LIMIT, Stop.INFEASIBLE])
def test_a_solver_without_points_brings_nothing(stop: Stop) -> None:
    formulation = formulated(checkers(3, 3))
    constant = best_constant(formulation)
    assert constant is not None
    work, told = work_of(formulation, Failing(stop))
    assert improved(work, [constant[0]], Budget(rounds=5)) is None
    assert told.networks == []


def test_a_pool_that_breaks_the_rules_is_left_alone() -> None:
    work, _ = work_of(formulated(checkers(2, 2)))
    assert improved(work, [], Budget()) is None


def test_one_layer_has_neighbourhoods_too() -> None:
    points = [[i, j] for i in range(4) for j in range(4)]
    one = layer("o", 1, 2, finite(-3, -2, -1, 0, 1, 2, 3), BiasRule("auto"))
    formulation = formulated(problem(points, [int(i + 2 * j > 4) for i, j in points], [one]))
    constant = best_constant(formulation)
    assert constant is not None
    work, _ = work_of(formulation)
    better = improved(work, [constant[0]], Budget(rounds=6))
    assert better is not None


def test_the_budget_is_kept() -> None:
    formulation = formulated(checkers(4, 3))
    constant = best_constant(formulation)
    assert constant is not None
    solver = Observed()
    work, _ = work_of(formulation, solver, Limits(time_limit=50, threads=1, node_limit=5))
    improved(work, [constant[0]], Budget(rounds=3, seconds=20, share=7, nodes=2))
    assert len(solver.asked) <= 3
    assert all(options.time_limit <= 7 and options.node_limit == 2 for _, options in solver.asked)


# --- in `exact` ---------------------------------------------------------------------------------------------------------


def test_exact_improves_its_first_network_unless_it_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    formulation = formulated(checkers(3, 3))
    constant = best_constant(formulation)
    assert constant is not None
    solver = Observed()
    work, _ = work_of(formulation, solver)
    assert polished(work, [constant[0]]) is None
    assert solver.asked == []
    monkeypatch.setattr(neighbourhoods, "SMALL", 10)
    short, _ = work_of(formulation, solver, Limits(time_limit=5))
    assert polished(short, [constant[0]]) is None
    assert solver.asked == [], "a tenth of that is not worth the beginning"
    better = polished(work, [constant[0]])
    assert better is not None
    assert objective_of(better, formulation) < constant[1]
    assert all(options.node_limit == 100 for _, options in solver.asked), "the tighter of the two"


def test_exact_starts_from_the_improved_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbourhoods, "SMALL", 10)
    formulation = formulated(checkers(2, 2))
    solver = Observed()
    work, told = work_of(formulation, solver, Limits(time_limit=60, threads=1))
    outcome = solve_exactly(work)
    assert (outcome.status, outcome.value) == ("optimal", 0)
    assert told.networks[0][2] == 2
    spent = [options.time_limit for _, options in solver.asked]
    assert spent[0] <= 60 * neighbourhoods.EXACT_SHARE
