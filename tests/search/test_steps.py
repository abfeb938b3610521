"""What a search keeps up to date is what a network computes: totals, steps, kernels, and networks there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import bdnnc
from bdnnc.diagnostics import UserError
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.ir.problem import Problem
from bdnnc.network.measure import Measured
from bdnnc.network.planned import declared_margin_checks
from bdnnc.search.anneal import Annealed, Schedule, anneal, random_parameters
from bdnnc.search.block import Heat, block_step
from bdnnc.search.chances import Chances, draw
from bdnnc.search.forms import narrows
from bdnnc.search.kernels import numpy_kernel
from bdnnc.search.model import SearchModel, search_model
from bdnnc.search.networks import network_of, parameters_of
from bdnnc.search.proposal import is_violated, proposal_steps
from bdnnc.search.readiness import is_compiled
from bdnnc.search.restart import luby
from bdnnc.search.state import State
from bdnnc.search.walks import is_simple
from tests.oracle.strategies import problems

HEAT = Heat(1.0, 2.0)


def modelled(problem: Problem) -> tuple[Formulation, SearchModel]:
    try:
        formulation = formulate(problem)
    except UserError:
        assume(False)
        raise
    return formulation, search_model(formulation)


@settings(max_examples=150)
@given(problems(), st.integers(0, 2**32))
def test_totals_are_those_of_the_network(problem: Problem, seed: int) -> None:
    formulation, model = modelled(problem)
    parameters = random_parameters(model, np.random.default_rng(seed))
    totals = State(model, parameters).totals()
    network = network_of(parameters, model, formulation)
    measured = Measured(network, problem)
    assert totals[0] == pytest.approx(float(sign_of(formulation.goal) * measured.goal(formulation.goal)), rel=1e-9, abs=1e-9)
    on_grids = {constraint.text for constraint in problem.constraints if narrows(constraint)}
    broken = [finding.text for finding in measured.violated() if finding.text not in on_grids]
    keeps_margins = all(check.ok for check in declared_margin_checks(network, formulation))
    if is_violated(model, totals):  # centred biases may keep a margin that those of the grid do not
        assert broken or totals[-1] > 0
    else:
        assert not broken
        assert keeps_margins


@settings(max_examples=150)
@given(problems(), st.integers(0, 2**32))
def test_steps_keep_everything_up_to_date(problem: Problem, seed: int) -> None:
    _, model = modelled(problem)
    random = np.random.default_rng(seed)
    state = State(model, random_parameters(model, random))
    places = [(k, i) for k, layer in enumerate(model.layers) for i in range(layer.units)]
    totals = state.totals()
    for _ in range(12):
        place, unit = places[random.integers(len(places))]
        linear = model.layers[place].unit == "linear"
        if model.has_margins or linear or random.random() < 0.3:
            step = proposal_steps(state, place, unit, HEAT, totals, -np.inf, random)
        else:
            step = block_step(state, place, unit, HEAT, -np.inf, numpy_kernel, Chances(draw(random, 1)[0]))
        totals = step.totals
        fresh = State(model, state.parameters)
        for own, new in zip(
            (*state.sums, *state.active, *state.outputs), (*fresh.sums, *fresh.active, *fresh.outputs), strict=True
        ):
            assert (own == new).all()
        expected = fresh.totals()
        margins_above = any(layer.half_margin for layer in model.layers[place + 1 :])
        rows = slice(None, -1) if margins_above else slice(None)  # those of layers above are a guess
        np.testing.assert_allclose(totals[rows], expected[rows], rtol=1e-9, atol=1e-9)
        totals = expected


def same(first: Annealed, second: Annealed) -> bool:
    """Whether two runs came to the same network in as many moves."""
    if (first.goal, first.moves) != (second.goal, second.moves):
        return False
    if first.parameters is None or second.parameters is None:
        return first.parameters is second.parameters
    one, other = first.parameters, second.parameters
    tables = zip((*one.weights, *one.biases, *one.scales), (*other.weights, *other.biases, *other.scales), strict=True)
    return all(np.array_equal(left, right) for left, right in tables)


def both(model: SearchModel, seed: int, schedule: Schedule) -> tuple[Annealed, Annealed]:
    """The same run in numpy and compiled."""
    runs = []
    for compiled in (False, True):
        random = np.random.default_rng(seed)
        runs.append(anneal(model, random_parameters(model, random), random, schedule, compiled))
    return runs[0], runs[1]


@settings(max_examples=60)
@given(problems(), st.integers(0, 2**32), st.sampled_from([None, 100]))
def test_the_compiled_loops_lead_to_the_same_network(problem: Problem, seed: int, moves: int | None) -> None:
    pytest.importorskip("numba")
    assert is_compiled(120.0)
    _, model = modelled(problem)
    assert same(*both(model, seed, Schedule(40, moves=moves)))


@st.composite
def simple_problems(draw: st.DrawFn) -> Problem:
    """One hidden layer under one loss: what the compiled walk takes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    inputs, units, classes = draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(2, 3))
    outputs = draw(st.sampled_from([1, 2])) if classes == 2 else classes
    points = draw(st.integers(2, 60))
    domains = [
        draw(st.sampled_from(["{-1, 0, 1}", "{-3..3}", "[-1, 1]", "{-40..40}", "bits(2)", "{0, 1, 5}"])) for _ in range(2)
    ]
    biases = [draw(st.sampled_from(["none", "auto", "in {-3..3}", "in [-2, 2]", "in {-500..500}"])) for _ in range(2)]
    kinds = [draw(st.sampled_from(["step", "sign", "step(2)"])), draw(st.sampled_from(["step", "sign"]))]
    loss = draw(st.sampled_from(["hamming", "zero_one", "hamming weighted " + str([1, 2, 4][:classes])]))
    X = rng.integers(-4, 5, size=(points, inputs)) if draw(st.booleans()) else rng.integers(0, 100, size=(points, inputs)) / 100
    y = np.concatenate([np.arange(classes), rng.integers(classes, size=max(0, points - classes))])[:points]
    assume(len(set(y.tolist())) == classes and len(np.unique(X, axis=0)) > 1)
    text = (
        'data { from "x.npz" }\n'
        f"network {{ layer hidden: {units} {kinds[0]} units weights in {domains[0]} bias {biases[0]}\n"
        f"layer output: {outputs} {kinds[1]} units weights in {domains[1]} bias {biases[1]} }}\n"
        f"minimize {loss}"
    )
    try:
        return bdnnc.compile(text, data=(X, y)).problem
    except UserError:
        assume(False)
        raise


@settings(max_examples=100)
@given(simple_problems(), st.integers(0, 2**32), st.sampled_from([None, 300]))
def test_the_compiled_walk_leads_to_the_same_network(problem: Problem, seed: int, moves: int | None) -> None:
    pytest.importorskip("numba")
    assert is_compiled(120.0)
    _, model = modelled(problem)
    assert is_simple(model)
    assert same(*both(model, seed, Schedule(60, moves=moves)))


@settings(max_examples=100)
@given(problems(), st.integers(0, 2**32))
def test_a_network_there_and_back_does_the_same(problem: Problem, seed: int) -> None:
    formulation, model = modelled(problem)
    parameters = random_parameters(model, np.random.default_rng(seed))
    back = parameters_of(network_of(parameters, model, formulation), model, formulation)
    before, after = State(model, parameters), State(model, back)
    for one, other in zip(before.active, after.active, strict=True):
        assert (one == other).all()


def test_luby_is_the_sequence() -> None:
    assert [luby(k) for k in range(1, 16)] == [1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8]
