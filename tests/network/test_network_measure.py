"""Every quantity against a second implementation: plain loops over Fractions, unmerged samples, explicit paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.data.inputs import Input, Scaled
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.ir.problem import Problem, Targets
from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    Term,
    UnitsUsed,
)
from bdnnc.network.measure import Measured, goal_value, quantity_value, violated
from bdnnc.network.network import Layer, Network
from tests.network.conftest import problem_layer

NUMBER = st.one_of(
    st.integers(-2, 2).map(Fraction),
    st.builds(Fraction, st.integers(-9, 9), st.integers(1, 7)),
    st.integers(-(10**17), 10**17).map(lambda n: Fraction(n, 10**17)),
)
ZERO, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Drawn:
    """A network, a problem, and the samples one by one: (row, class) or (row, target)."""

    network: Network
    problem: Problem
    rows: list[list[Fraction]]
    labels: list[Any]


@st.composite
def cases(draw: st.DrawFn) -> Drawn:
    width = draw(st.integers(1, 3))
    depth = draw(st.integers(1, 3))
    regression = draw(st.integers(0, 4)) == 0
    classes = 0 if regression else draw(st.integers(2, 3))
    units = 1 if regression else draw(st.sampled_from([1, 2])) if classes == 2 else classes
    last = "linear" if regression else draw(st.sampled_from(["step", "sign", "linear"]))
    patterns = draw(st.lists(st.lists(NUMBER, min_size=width, max_size=width), min_size=1, max_size=4))
    layers: list[Layer] = []
    before = width
    for place in range(depth):
        unit = last if place == depth - 1 else draw(st.sampled_from(["step", "sign"]))
        layers.append(draw(layer_of(f"layer{place}", unit, units if place == depth - 1 else draw(st.integers(1, 3)), before)))
        before = len(layers[-1].bias)
    columns = tuple(draw(st.integers(0, 2)) for _ in range(width))
    inputs = tuple(Input(f"x{j}", columns[j], Scaled()) for j in range(width))
    network = Network(inputs, tuple(layers), tuple(map(str, range(classes))))
    picks = draw(st.lists(st.integers(0, len(patterns) - 1), min_size=1, max_size=8))
    labels = [draw(NUMBER) if regression else draw(st.integers(0, classes - 1)) for _ in picks]
    counts = np.zeros((len(patterns), max(1, classes)), dtype=np.int64)
    for pick, label in zip(picks, labels, strict=True):
        counts[pick, 0 if regression else label] += 1
    problem = Problem(
        layers=tuple(problem_layer(layer) for layer in layers),
        patterns=ExactMatrix.from_fractions(patterns),
        counts=counts,
        classes=network.classes,
        inputs=tuple(entry.name for entry in inputs),
        columns=columns,
        goals=(),
        goal_statements=(),
        statements=(),
        targets=targets_of(picks, labels) if regression else None,
    )
    return Drawn(network, problem, [patterns[pick] for pick in picks], labels)


@st.composite
def layer_of(draw: st.DrawFn, name: str, unit: str, units: int, inputs: int) -> Layer:
    weights, absent = np.empty((units, inputs), dtype=object), np.zeros((units, inputs), dtype=np.bool_)
    for i, j in product(range(units), range(inputs)):
        absent[i, j] = draw(st.integers(0, 3)) == 0
        weights[i, j] = ZERO if absent[i, j] else draw(NUMBER)
    bias = np.array([draw(NUMBER) for _ in range(units)], dtype=object)
    height = draw(st.sampled_from([ONE, Fraction(5, 3)])) if unit == "step" else ONE
    return Layer(name, unit, weights, bias, absent, ZERO, height)  # type: ignore[arg-type]


def targets_of(picks: list[int], labels: list[Fraction]) -> Targets:
    pairs = sorted(set(zip(picks, labels, strict=True)))
    value = np.empty(len(pairs), dtype=object)
    value[:] = [label for _, label in pairs]
    amounts = [sum(pair == both for both in zip(picks, labels, strict=True)) for pair in pairs]
    return Targets(np.array([pick for pick, _ in pairs]), value, np.array(amounts))


# --- the second implementation --------------------------------------------------------------------------------------


def sums(network: Network, row: list[Fraction]) -> list[list[Fraction]]:
    """Pre-activations of one sample, a list a layer."""
    x, found = row, []
    for layer in network.layers:
        a = []
        for i in range(len(layer.bias)):
            total = layer.bias[i]
            for j, value in enumerate(x):
                total += layer.weights[i, j] * value
            a.append(total)
        found.append(a)
        x = [ONE if value >= 0 else -ONE for value in a] if layer.unit == "sign" else [layer.height * (v >= 0) for v in a]
    return found


def is_error(network: Network, row: list[Fraction], c: int) -> bool:
    a = sums(network, row)[-1]
    if network.layers[-1].unit != "linear":
        wanted = [c == 1] if len(a) == 1 else [c == unit for unit in range(len(a))]
        return [value >= 0 for value in a] != wanted
    if len(a) == 1:
        return (a[0] >= 0) != (c == 1)
    return any(a[c] <= other for k, other in enumerate(a) if k != c)


def loss_of(drawn: Drawn, kind: str, margin: Fraction, weights: list[Fraction]) -> Fraction:
    total = ZERO
    for row, label in zip(drawn.rows, drawn.labels, strict=True):
        a = sums(drawn.network, row)[-1]
        if kind == "absolute":
            total += abs(a[0] - label)
        elif kind == "zero_one":
            total += weights[label] * is_error(drawn.network, row, label)
        elif kind == "hamming":
            wanted = [label == 1] if len(a) == 1 else [label == unit for unit in range(len(a))]
            total += weights[label] * sum((value >= 0) != want for value, want in zip(a, wanted, strict=True))
        elif len(a) == 1:
            total += weights[label] * max(ZERO, margin - (1 if label == 1 else -1) * a[0])
        else:
            total += weights[label] * max(ZERO, margin + max(v for k, v in enumerate(a) if k != label) - a[label])
    return total


def connections(layer: Layer) -> Iterator[tuple[int, int, Fraction]]:
    for i, j in product(range(layer.weights.shape[0]), range(layer.weights.shape[1])):
        if not layer.absent[i, j] and layer.weights[i, j] != 0:
            yield i, j, layer.weights[i, j]


def distances(drawn: Drawn, place: int) -> list[Fraction]:
    """The smallest distance of each unit of a layer."""
    seen = [sums(drawn.network, row)[place] for row in every_pattern(drawn)]
    return [min(abs(a[unit]) for a in seen) for unit in range(len(seen[0]))]


def every_pattern(drawn: Drawn) -> list[list[Fraction]]:
    X = drawn.problem.patterns
    return [[X.fraction(i, j) for j in range(X.shape[1])] for i in range(X.shape[0])]


def products(network: Network, start: int, end: int) -> Iterator[Fraction]:
    """The product of the weights along each path from an input to an output unit."""
    widths = [len(layer.bias) for layer in network.layers[:-1]]
    for way in product(*(range(width) for width in widths)):
        path = [start, *way, end]
        found = ONE
        for layer, here, there in zip(network.layers, path, path[1:], strict=False):
            found *= ZERO if layer.absent[there, here] else layer.weights[there, here]
        yield found


# --- agreement ------------------------------------------------------------------------------------------------------


@given(cases(), st.data())
def test_losses_and_errors(drawn: Drawn, data: st.DataObject) -> None:
    network, problem = drawn.network, drawn.problem
    classes, linear = len(network.classes), network.layers[-1].unit == "linear"
    if problem.is_regression:
        assert quantity_value(Loss("absolute"), network, problem) == loss_of(drawn, "absolute", ZERO, [])
        assert Measured(network, problem).errors() is None
        return
    weights = [data.draw(st.builds(Fraction, st.integers(1, 5), st.integers(1, 3))) for _ in range(classes)]
    margin = abs(data.draw(NUMBER))
    for kind in ("zero_one", "hinge") if linear else ("zero_one", "hamming"):
        loss = Loss(kind, margin if kind == "hinge" else ZERO, tuple(weights))  # type: ignore[arg-type]
        assert quantity_value(loss, network, problem) == loss_of(drawn, kind, margin, weights)
        assert quantity_value(replace(loss, weights=None), network, problem) == loss_of(drawn, kind, margin, [ONE] * classes)
    wrong = [c for row, c in zip(drawn.rows, drawn.labels, strict=True) if is_error(network, row, c)]
    assert quantity_value(Errors(), network, problem) == len(wrong) == Measured(network, problem).errors()
    for c in range(classes):
        assert quantity_value(Errors(c), network, problem) == wrong.count(c)


@given(cases())
def test_norms_and_connections(drawn: Drawn) -> None:
    network, problem, layers = drawn.network, drawn.problem, drawn.network.layers
    groups = [(place,) for place in range(len(layers))] + [tuple(range(len(layers)))]
    for places in groups:
        weights = [abs(w) for place in places for _, _, w in connections(layers[place])]
        biases = [abs(b) for place in places for b in layers[place].bias]
        for part, numbers in (("weights", weights), ("bias", biases)):
            expected = {
                "l0": sum(number != 0 for number in numbers),
                "l1": sum(numbers, ZERO),
                "linf": max(numbers, default=ZERO),
                "l2": sum((number * number for number in numbers), ZERO),
            }
            for kind, value in expected.items():
                assert quantity_value(Norm(kind, part, places), network, problem) == value  # type: ignore[arg-type]
    for place, layer in enumerate(layers):
        into = [0] * len(layer.bias)
        for i, _, _ in connections(layer):
            into[i] += 1
        assert quantity_value(FanIn(place), network, problem) == tuple(into)
        if place + 1 < len(layers):
            assert quantity_value(UnitsUsed(place), network, problem) == len({j for _, j, _ in connections(layers[place + 1])})
        pairs = [(i, j) for i in range(layer.weights.shape[0]) for j in range(layer.weights.shape[1])]
        single = Parameters(place, "weights", tuple(i for i, _ in pairs), tuple(j for _, j in pairs))
        assert quantity_value(single, network, problem) == tuple(layer.weights[i, j] for i, j in pairs)
        biases = Parameters(place, "bias", tuple(reversed(range(len(layer.bias)))))
        assert quantity_value(biases, network, problem) == tuple(layer.bias[::-1])
    used = {problem.columns[j] for _, j, _ in connections(layers[0])}
    assert quantity_value(FeaturesUsed(), network, problem) == len(used)


@given(cases())
def test_margins(drawn: Drawn) -> None:
    network, problem = drawn.network, drawn.problem
    units = {place: distances(drawn, place) for place, layer in enumerate(network.layers) if layer.unit != "linear"}
    for place, found in units.items():
        assert quantity_value(Margin(place), network, problem) == min(found)
    if units:
        assert quantity_value(Margin(), network, problem) == min(min(found) for found in units.values())
        assert quantity_value(Margins(), network, problem) == sum(sum(found) for found in units.values())
    else:
        with pytest.raises(InternalError, match="no margin"):
            quantity_value(Margin(), network, problem)


@given(cases(), st.data())
def test_monotone_by_all_paths(drawn: Drawn, data: st.DataObject) -> None:
    network = drawn.network
    inputs = tuple(data.draw(st.sets(st.integers(0, len(network.inputs) - 1), min_size=1)))
    outputs = range(len(network.layers[-1].bias))
    for increasing in (True, False):
        for output in (None, *outputs):
            ends = outputs if output is None else [output]
            found = [value for start in inputs for end in ends for value in products(network, start, end)]
            holds = all(value >= 0 if increasing else value <= 0 for value in found)
            statement = Monotone(increasing, inputs, output, "monotone")
            problem = replace(drawn.problem, monotone=(statement,))
            assert (violated(network, problem) == ()) == holds


@given(cases(), st.sampled_from(["<=", ">=", "=="]), st.data())
def test_constraints_row_by_row(drawn: Drawn, sense: Any, data: st.DataObject) -> None:
    network, layer = drawn.network, drawn.network.layers[0]
    rows = len(layer.bias)
    factors = [data.draw(NUMBER) for _ in range(3)]
    l0 = quantity_value(Norm("l0", "weights", (0,)), network, drawn.problem)
    fan_in, biases = quantity_value(FanIn(0), network, drawn.problem), tuple(layer.bias)
    assert isinstance(l0, Fraction)
    assert isinstance(fan_in, tuple)
    quantities: list[Quantity] = [FanIn(0), Norm("l0", "weights", (0,)), Parameters(0, "bias", tuple(range(rows)))]
    terms = tuple(Term(factor, quantity) for factor, quantity in zip(factors, quantities, strict=True))
    sides = [factors[0] * fan_in[r] + factors[1] * l0 + factors[2] * biases[r] for r in range(rows)]
    bound = data.draw(st.sampled_from(sides)) + data.draw(st.sampled_from([ZERO, Fraction(1, 10**30), -Fraction(1, 10**30)]))
    problem = replace(drawn.problem, constraints=(Constraint(terms, sense, bound, rows, "text"),))
    off = {"<=": lambda s: s - bound, ">=": lambda s: bound - s, "==": lambda s: abs(s - bound)}[sense]
    (found,) = Measured(network, problem).findings()
    assert found.holds == all(off(side) <= 0 for side in sides)
    assert (found.text, found.sense, found.bound, found.rows) == ("text", sense, bound, rows)
    assert found.value == sides[found.row]
    assert off(sides[found.row]) == max(map(off, sides))
    assert violated(network, problem) == (() if found.holds else (found,))


# --- goals ----------------------------------------------------------------------------------------------------------


def one_unit(unit: str, weights: list[Fraction], bias: Fraction) -> Network:
    table = np.array([weights], dtype=object)
    layer = Layer("output", unit, table, np.array([bias], dtype=object), np.zeros(table.shape, dtype=np.bool_))  # type: ignore[arg-type]
    inputs = tuple(Input(f"x{j}", 0, Scaled()) for j in range(len(weights)))
    return Network(inputs, (layer,), ("no", "yes"))


def small(goal: Goal, network: Network) -> Problem:
    """Points 0, 1, 2 of classes no, yes, yes; the middle one counts three times."""
    return Problem(
        layers=tuple(problem_layer(layer) for layer in network.layers),
        patterns=ExactMatrix.from_fractions([[0], [1], [2]]),
        counts=np.array([[1, 0], [0, 3], [0, 1]]),
        classes=network.classes,
        inputs=("x0",),
        columns=(0,),
        goals=(goal,),
        goal_statements=(0,),
        statements=(),
    )


LOSS, ERRORS = Loss("zero_one", weights=(ONE, Fraction(2))), Errors(1)


@pytest.mark.parametrize(
    ("terms", "value", "loss"),
    [
        ((Term(Fraction(2), LOSS), Term(Fraction(1, 2), Norm("l1", "weights", (0,))), Term(Fraction(9), ERRORS)), "44.75", 12),
        ((Term(Fraction(9), ERRORS), Term(Fraction(-1), Margin())), "32", 27),
        ((Term(Fraction(1), Parameters(0, "bias", (0,))), Term(Fraction(-1), Margins())), "2", 0),
        ((), "5", 0),
    ],
)
def test_a_goal_is_its_terms_and_its_constant_and_has_a_loss(terms: tuple[Term, ...], value: str, loss: int) -> None:
    network = one_unit("step", [Fraction(3, 2)], Fraction(-3))  # -3, -1.5, 0: only the last point is taken for yes
    goal = Goal("minimize", terms, Fraction(5), "text")
    assert goal_value(goal, network, small(goal, network)) == Fraction(value)
    assert Measured(network, small(goal, network)).loss() == loss


def test_several_rows_have_no_single_value() -> None:
    network = one_unit("step", [ONE], ZERO)
    goal = Goal("minimize", (Term(ONE, Parameters(0, "bias", (0, 0))),), ZERO, "text")
    with pytest.raises(InternalError, match="2 values"):
        goal_value(goal, network, small(goal, network))
