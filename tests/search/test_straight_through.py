"""Starts by gradients: networks of the class whatever the file says, slopes that are slopes, and the same for any threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import bdnnc
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import Problem
from bdnnc.network.measure import Measured
from bdnnc.network.planned import planned_checks
from bdnnc.search.forms import narrows
from bdnnc.search.model import SearchModel, search_model
from bdnnc.search.networks import network_of
from bdnnc.search.state import Parameters
from bdnnc.search.straight_through import descend, is_descendable
from bdnnc.search.wishes import BitWishes, ClassWishes, ValueWishes, Wishes, wishes_of
from tests.oracle.strategies import problems
from tests.search.test_steps import modelled


def model_of(text: str, X: NDArray[np.float64], y: NDArray[np.generic]) -> SearchModel:
    compiled = bdnnc.compile(text, data=(X, y))
    return search_model(formulate(compiled.problem))


def file(hidden: str, output: str, goal: str) -> str:
    return f'data {{ from "x.npz" }}\nnetwork {{\n layer hidden: {hidden}\n layer output: {output}\n}}\nminimize {goal}'


def clouds(classes: int, points: int = 120) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    random = np.random.default_rng(3)
    y = np.arange(points) % classes
    return 8 * np.eye(classes)[y] + random.integers(-2, 3, (points, classes)), y.astype(np.int64)


def test_bounds_on_weights_of_scaled_sets_leave_members() -> None:
    """What a bound cuts off is replaced by a scale times a member, not by a member of the base."""
    X, y = clouds(3)
    weights = "weights in scaled {-1, 1} by [0.5, 2]"
    text = file(
        f"3 step units {weights}", f"classes step units {weights}", "hamming\nsubject to { output.weights[*,*] <= 0.7 }"
    )
    compiled = bdnnc.compile(text, data=(X, y))
    formulation = formulate(compiled.problem)
    model = search_model(formulation)
    for seed in range(5):
        found = descend(model, np.random.default_rng(seed), 3000, None)
        assert found is not None
        for layer, table, scales in zip(model.layers, found.parameters.weights, found.parameters.scales, strict=True):
            assert (np.abs(table) == np.abs(layer.levels[0]) * scales[:, np.newaxis]).all()


@settings(max_examples=80)
@given(problems(), st.integers(0, 2**32))
def test_what_comes_out_is_a_network_of_the_class(of: Problem, seed: int) -> None:
    """A member of every set; with the goal that is said where nothing is broken."""
    formulation, model = modelled(of)
    assume(is_descendable(model))
    found = descend(model, np.random.default_rng(seed), 3000, None)
    assume(found is not None)
    assert found is not None
    for layer, weights, biases, scales in zip(model.layers, *astuple_of(found.parameters), strict=True):
        members = np.isin(weights, layer.levels * scales[:, np.newaxis]) if layer.scales is None else layer.free
        assert (members | ~layer.free).all()
        assert (weights[~layer.free] == layer.constant[~layer.free]).all()
        given_ones = np.count_nonzero(np.where(layer.free, 0, layer.constant), axis=1)
        assert layer.fan_in is None or (np.count_nonzero(weights, axis=1) <= np.maximum(layer.fan_in, given_ones)).all()
        grids = [layer.bias_grid(unit) for unit in range(layer.units)]
        assert all(
            (bias == 0) if grid is None else grid.nearest(bias) == bias for grid, bias in zip(grids, biases, strict=True)
        )
    if found.goal < np.inf:
        network = network_of(found.parameters, model, formulation)
        on_grids = {constraint.text for constraint in of.constraints if narrows(constraint)}
        assert all(finding.text in on_grids for finding in Measured(network, of).violated())
        assert all(check.ok for check in planned_checks(formulation)(network))
        value = float(sign_of(formulation.goal) * Measured(network, of).goal(of.goals[0]))
        assert value == pytest.approx(found.goal, rel=1e-9, abs=1e-6)


def astuple_of(parameters: Parameters) -> tuple[tuple[NDArray[np.int64], ...], ...]:
    return parameters.weights, parameters.biases, parameters.scales


@pytest.mark.parametrize(
    ("hidden", "output", "goal", "classes"),
    [
        ("30 step units weights in {-1, 0, 1}", "1 step unit weights in {-1, 0, 1}", "hamming", 2),
        ("30 sign units weights in bits(2)", "classes sign units weights in {-3..3}", "zero_one", 3),
        ("30 step(2) units weights in [-1, 1]", "classes linear units weights in {-1, 0, 1}", "hinge(4)", 3),
        ("30 step units weights in {0, 2..5, -9} bias shared in {-90..90}", "1 linear unit weights in {-1, 1}", "hinge(1)", 2),
        ("20 sign units weights in scaled {-1, 1} by [0.5, 2]", "classes step units weights in {-1, 0, 1}", "errors", 3),
        ("20 step units weights in {-1, 0, 1}\n layer second: 20 sign units weights in {-1, 0, 1} bias none",
         "classes linear units weights in {-1, 0, 1}", "hinge(2)", 3),
    ],
)  # fmt: skip
def test_it_separates_what_is_apart(hidden: str, output: str, goal: str, classes: int) -> None:
    model = model_of(file(hidden, output, goal), *clouds(classes))
    found = descend(model, np.random.default_rng(0), np.inf, None)
    assert found is not None
    random = descend(model, np.random.default_rng(0), np.inf, 0.0)  # the time is over: what it begins with
    assert random is not None
    assert random.goal > 20
    assert found.goal <= 3


def test_it_fits_values() -> None:
    random = np.random.default_rng(0)
    X = random.integers(-3, 4, (150, 4)).astype(np.float64)
    y = 5.0 * (X[:, 0] > 0) + 3.0 * (X[:, 1] > 1)
    text = file("12 step units weights in {-1, 0, 1}", "1 linear unit weights in [-9, 9] bias in [-9, 9]", "absolute")
    found = descend(model_of(text, X, y), np.random.default_rng(0), np.inf, None)
    assert found is not None
    assert found.goal < 0.25 * np.abs(y - np.median(y)).sum()


def test_it_takes_no_more_moves_than_it_may() -> None:
    model = model_of(file("30 step units weights in {-1, 0, 1}", "1 step unit", "hamming"), *clouds(2))
    assert descend(model, np.random.default_rng(0), 100, None) is None
    found = descend(model, np.random.default_rng(0), 5000, None)
    assert found is not None
    assert 0 < found.moves <= 5000


LOSSES = ["hamming", "zero_one", "hinge(1)", "absolute"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("classes", [2, 3])
def test_slopes_are_differences(loss: str, classes: int) -> None:
    """Of the loss that `wishes` stands for, written down once more."""
    X, y = clouds(classes, 12)
    unit = "step" if loss in LOSSES[:2] else "linear"
    values = loss == "absolute"
    outputs = "1" if values or classes == 2 else "classes"
    data = np.linspace(-3, 4, len(y)) if values else y
    bounds = " weights in [-2, 2] bias in [-2, 2]" if unit == "linear" else ""
    model = model_of(file("4 step units weights in {-1, 1}", f"{outputs} {unit} units{bounds}", loss), X, data)
    wishes = wishes_of(model)
    random = np.random.default_rng(1)
    rows = np.arange(model.X.shape[1])
    normed, spread = random.normal(size=(model.layers[-1].units, len(rows))), np.full((model.layers[-1].units, 1), 1.5)
    heat, step = 1.3, 1e-6
    slope, warmth = wishes.slope(normed, spread, heat, rows)
    scale = spread[0, 0] / model.layers[-1].scale if values else 1.0  # of values the slope is in the value itself
    for unit_of, pattern in np.ndindex(*normed.shape):
        ends = []
        for side in (1, -1):
            moved = normed.copy()
            moved[unit_of, pattern] += side * step
            ends.append(stand_in(wishes, moved * (scale if values else 1.0), heat))
        assert slope[unit_of, pattern] * scale == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-5)
    if not values:
        higher, lower = (stand_in(wishes, normed, heat * np.exp(side * step)) for side in (1, -1))
        assert warmth == pytest.approx((higher - lower) / (2 * step), abs=1e-5)


def stand_in(wishes: Wishes, normed: NDArray[np.float64], heat: float) -> float:
    """The mean smooth loss of all patterns."""
    scores = heat * normed
    if isinstance(wishes, BitWishes):
        on, off = np.log1p(np.exp(-scores)), np.log1p(np.exp(scores))
        return float((wishes.on * on + wishes.off * off).sum() / scores.shape[1])
    if isinstance(wishes, ClassWishes):
        of_class = scores if len(scores) > 1 else np.vstack([np.zeros_like(scores), scores])
        chances = np.exp(of_class) / np.exp(of_class).sum(axis=0)
        return float(-(wishes.for_class * np.log(chances)).sum() / scores.shape[1])
    assert isinstance(wishes, ValueWishes)
    return float((wishes.count * np.abs(normed[0, wishes.pattern] - wishes.value)).sum() / normed.shape[1])


def test_threads_change_nothing() -> None:
    threads = pytest.importorskip("threadpoolctl")
    random = np.random.default_rng(0)
    X = np.round(random.normal(size=(600, 40)), 2)
    y = (X[:, :3].sum(axis=1) > 0).astype(np.int64)
    model = model_of(file("200 step units weights in [-1, 1]", "1 linear unit weights in {-1, 1}", "hinge(3)"), X, y)
    found = []
    for number in (1, 2):
        with threads.threadpool_limits(number):
            found.append(descend(model, np.random.default_rng(0), 30 * 10_000, None))
    assert found[0] is not None
    assert all(
        np.array_equal(one, two) for one, two in zip(found[0].parameters.weights, found[1].parameters.weights, strict=True)
    )
    assert all(
        np.array_equal(one, two) for one, two in zip(found[0].parameters.biases, found[1].parameters.biases, strict=True)
    )
