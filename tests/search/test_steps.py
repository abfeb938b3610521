"""What a search keeps up to date is what a network computes: totals, steps, kernels, and networks there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import UserError
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.ir.problem import Problem
from bdnnc.network.measure import Measured
from bdnnc.network.planned import declared_margin_checks
from bdnnc.search.anneal import anneal, random_parameters
from bdnnc.search.block import Heat, block_step
from bdnnc.search.forms import narrows
from bdnnc.search.kernels import numpy_kernel
from bdnnc.search.model import SearchModel, search_model
from bdnnc.search.networks import network_of, parameters_of
from bdnnc.search.proposal import is_violated, proposal_steps
from bdnnc.search.restart import luby
from bdnnc.search.state import State
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
        assert not broken and keeps_margins


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
            step = block_step(state, place, unit, HEAT, -np.inf, numpy_kernel, random)
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


@settings(max_examples=60)
@given(problems(), st.integers(0, 2**32))
def test_the_compiled_kernel_leads_to_the_same_network(problem: Problem, seed: int) -> None:
    pytest.importorskip("numba")
    from bdnnc.search.compiled import compiled_kernel

    _, model = modelled(problem)
    found = []
    for kernel in (numpy_kernel, compiled_kernel()):
        random = np.random.default_rng(seed)
        found.append(anneal(model, random_parameters(model, random), 40, random, kernel))
    first, second = found
    assert (first.goal, first.moves) == (second.goal, second.moves)
    assert (first.parameters is None) == (second.parameters is None)
    if first.parameters is not None and second.parameters is not None:
        for one, other in zip(first.parameters.weights, second.parameters.weights, strict=True):
            assert (one == other).all()
        for one, other in zip(first.parameters.biases, second.parameters.biases, strict=True):
            assert (one == other).all()


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
