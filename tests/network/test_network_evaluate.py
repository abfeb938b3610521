"""Evaluation against the plainest reading of the semantics: loops over Fractions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import (
    active_units,
    last_output,
    preactivations,
    predict,
    smallest_margins,
    unit_margins,
)
from bdnnc.network.network import Layer, Network

SMALL = st.integers(-3, 3).map(Fraction)
DECIMAL = st.integers(-(10**17), 10**17).map(lambda n: Fraction(n, 10**17))
HUGE = st.builds(Fraction, st.integers(-(2**200), 2**200), st.integers(1, 2**190))
EXTREME = st.sampled_from(
    [Fraction(10) ** 400, Fraction(1, 10**400), -(Fraction(10) ** 309), Fraction(1, 2**1080), Fraction(0), Fraction(3, 2**1074)]
)
NUMBERS = st.sampled_from([SMALL, DECIMAL, HUGE, EXTREME, st.one_of(SMALL, DECIMAL, HUGE, EXTREME)])


def array(rows: list[list[Fraction]], width: int) -> np.ndarray:
    out = np.empty((len(rows), width), dtype=object)
    for i, row in enumerate(rows):
        out[i] = row
    return out


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, list[list[Fraction]]]:
    """A network, and rows of inputs of which some are made to lie exactly on a unit's threshold."""
    numbers = draw(NUMBERS)
    width = draw(st.integers(1, 4))
    rows = draw(st.lists(st.lists(draw(NUMBERS), min_size=width, max_size=width), min_size=1, max_size=6))
    layers: list[Layer] = []
    depth = draw(st.integers(1, 3))
    for place in range(depth):
        units = draw(st.integers(1, 3))
        weights = array([[draw(numbers) for _ in range(width)] for _ in range(units)], width)
        bias = np.array([draw(numbers) for _ in range(units)], dtype=object)
        if place == 0 and draw(st.booleans()):
            bias[0] = -dot(weights[0], rows[0])  # a tie
        unit = draw(st.sampled_from(["step", "sign", "linear"] if place == depth - 1 else ["step", "sign"]))
        height = draw(st.sampled_from([Fraction(1), Fraction(5, 3), Fraction(10) ** 30])) if unit == "step" else Fraction(1)
        layers.append(Layer(f"layer{place}", unit, weights, bias, np.zeros(weights.shape, bool), Fraction(0), height))  # type: ignore[arg-type]
        width = units
    classes = tuple(str(c) for c in range(max(2, width)))
    return Network((), tuple(layers), classes), rows


def dot(weights: Iterable[Fraction], values: Iterable[Fraction]) -> Fraction:
    return sum((w * x for w, x in zip(weights, values, strict=True)), Fraction(0))


def naive(network: Network, row: list[Fraction]) -> tuple[list[list[Fraction]], list[list[int]]]:
    x, sums, patterns = row, [], []
    for layer in network.layers:
        a = [dot(weights, x) + b for weights, b in zip(layer.weights, layer.bias, strict=True)]
        low = -1 if layer.unit == "sign" else 0
        u = [1 if value >= 0 else low for value in a]
        sums.append(a)
        patterns.append(u)
        x = [value * layer.height for value in u]
    return sums, patterns


@given(networks())
@settings(max_examples=300, deadline=None)
def test_everything_agrees_with_loops_over_fractions(drawn: tuple[Network, list[list[Fraction]]]) -> None:
    network, rows = drawn
    X = ExactMatrix.from_fractions(rows)
    wanted = [naive(network, row) for row in rows]
    sums, active, margins = preactivations(network, X), active_units(network, X), smallest_margins(network, X)
    for k in range(len(network.layers)):
        got = [[sums[k].fraction(i, unit) for unit in range(sums[k].shape[1])] for i in range(len(rows))]
        assert got == [a[k] for a, _ in wanted]
        assert active[k].tolist() == [[value >= 0 for value in a[k]] for a, _ in wanted]
        nearest = tuple(min(abs(a[k][unit]) for a, _ in wanted) for unit in range(sums[k].shape[1]))
        linear = network.layers[k].unit == "linear"
        assert unit_margins(network, X)[k] == (None if linear else nearest)
        assert margins[k] == (None if linear else min(nearest))
    last = [a[-1] if network.layers[-1].unit == "linear" else u[-1] for a, u in wanted]
    output = last_output(network, X)
    if isinstance(output, ExactMatrix):
        assert [[output.fraction(i, unit) for unit in range(output.shape[1])] for i in range(len(rows))] == last
        expected = [int(u[0] >= 0) if len(u) == 1 else u.index(max(u)) for u in last]
    else:
        assert output.tolist() == [[value == 1 for value in u] for u in last]
        expected = [int(u[0] == 1) if len(u) == 1 else u.index(max(u)) for u in last]
    assert predict(network, X).tolist() == expected


@pytest.mark.parametrize("shift", [Fraction(0), Fraction(1, 10**400), -Fraction(1, 10**400)])
@pytest.mark.parametrize("scale", [Fraction(1), Fraction(1, 3**80), Fraction(7**300), Fraction(10) ** -350])
def test_a_tie_is_active_and_the_least_push_below_it_is_not(shift: Fraction, scale: Fraction) -> None:
    # 0.1 + 0.2 - 0.3 is 0 in rationals, and is not in floats
    weights = array([[Fraction("0.1") * scale, Fraction("0.2") * scale]], 2)
    layer = Layer("output", "step", weights, np.array([-Fraction("0.3") * scale + shift], dtype=object), np.zeros((1, 2), bool))
    network = Network((), (layer,), ("0", "1"))
    X = ExactMatrix.from_fractions([[Fraction(1), Fraction(1)]])
    assert last_output(network, X).tolist() == [[int(shift >= 0)]]
    assert smallest_margins(network, X) == (abs(shift),)


def test_many_rows_with_wide_denominators_are_decided_as_by_integers() -> None:
    rng = np.random.default_rng(3)
    numerators = rng.integers(0, 10**6, (3000, 6)).astype(object) * 2**70
    denominators = tuple(int(d) for d in rng.integers(2**61, 2**62, 6))
    X = ExactMatrix(numerators, denominators)
    weights = array([[Fraction(repr(float(w))) for w in row] for row in rng.uniform(-1, 1, (4, 6))], 6)
    bias = np.array([Fraction(0)] * 4, dtype=object)
    for unit in range(4):  # each threshold runs through a sample, and a hair above or below the next
        bias[unit] = -dot(weights[unit], [X.fraction(unit, j) for j in range(6)]) + Fraction(unit - 1, 2**900)
    layer = Layer("output", "step", weights, bias, np.zeros((4, 6), bool))
    network = Network((), (layer,), ("a", "b", "c", "d"))
    exact = preactivations(network, X)[0]
    assert exact.numerators.dtype == object
    assert (active_units(network, X)[0] == (exact.numerators >= 0)).all()
    assert [bool(active_units(network, X)[0][i, i]) for i in range(4)] == [False, True, True, True]
    assert smallest_margins(network, X) == (Fraction(0),)


def test_integers_around_the_limits_of_floats_and_int64() -> None:
    for power in (52, 53, 54, 61, 62, 63, 64):
        edge = 2**power
        for bias in (-edge, -edge - 1, -edge + 1):
            layer = Layer(
                "output",
                "step",
                array([[Fraction(1), Fraction(0)]], 2),
                np.array([Fraction(bias)], dtype=object),
                np.zeros((1, 2), bool),
            )
            network = Network((), (layer,), ("0", "1"))
            X = ExactMatrix.from_fractions([[Fraction(edge), Fraction(2**90)]])
            assert preactivations(network, X)[0].fraction(0, 0) == edge + bias
            assert last_output(network, X).tolist() == [[int(edge + bias >= 0)]]


def one_layer(weights: list[list[Fraction]], bias: list[Fraction]) -> Network:
    width = len(weights[0])
    layer = Layer("output", "step", array(weights, width), np.array(bias, dtype=object), np.zeros((len(bias), width), bool))
    return Network((), (layer,), ("0", "1"))


def test_numbers_that_underflow_are_not_trusted() -> None:
    # in floats 3 - 1 - 1 of the smallest positive number, in truth 2.6 - 1.4 - 1.4; the last weight, of an input that is 0,
    # keeps the sums from being done in small integers
    least = Fraction(1, 2**1074)
    network = one_layer([[Fraction("-1.4") * least, Fraction("-1.4") * least, 2**70 * least]], [Fraction("2.6") * least])
    assert float(network.layers[0].bias[0]) + 2 * float(network.layers[0].weights[0, 0]) > 0
    assert last_output(network, ExactMatrix.from_fractions([[1, 1, 0]])).tolist() == [[0]]


def test_the_smallest_margin_may_be_one_that_floats_hide() -> None:
    # the second unit is exactly 0; its terms cancel so badly that floats put it far above the first unit's margin
    x = [Fraction(1, 3), Fraction(1, 7), Fraction(1, 11), Fraction(0)]
    found = 0
    for place in range(1, 30):
        big = Fraction(10**12 + place, 13)
        weights = [[Fraction(0)] * 4, [big, big, -11 * (big / 3 + big / 7), Fraction(10**30)]]
        margin = Fraction(1, 10**9)
        rough = [float(w) * float(v) for w, v in zip(weights[1], x, strict=True)]
        found += abs(sum(rough)) > 10 * margin
        assert smallest_margins(one_layer(weights, [margin, Fraction(0)]), ExactMatrix.from_fractions([x])) == (0,)
    assert found > 0


def test_no_rows_give_empty_arrays_and_no_margin() -> None:
    layer = Layer("output", "step", array([[Fraction(1)]], 1), np.array([Fraction(0)], dtype=object), np.zeros((1, 1), bool))
    network = Network((), (layer,), ("0", "1"))
    X = ExactMatrix(np.zeros((0, 1), dtype=np.int64), (3,))
    assert predict(network, X).shape == (0,)
    assert active_units(network, X)[0].shape == (0, 1)
    with pytest.raises(InternalError):
        smallest_margins(network, X)


def test_a_matrix_of_another_width_is_refused() -> None:
    layer = Layer("output", "step", array([[Fraction(1)]], 1), np.array([Fraction(0)], dtype=object), np.zeros((1, 1), bool))
    with pytest.raises(InternalError, match="takes 1 inputs, not 2"):
        predict(Network((), (layer,), ("0", "1")), ExactMatrix.from_fractions([[1, 2]]))


def test_a_linear_layer_before_the_last_is_a_bug() -> None:
    first, last = one_layer([[Fraction(1)]], [Fraction(0)]).layers * 2
    network = Network((), (dataclasses.replace(first, unit="linear"), last), ("0", "1"))
    with pytest.raises(InternalError, match="linear, but not the last"):
        predict(network, ExactMatrix.from_fractions([[1]]))


def test_the_class_of_equal_linear_values_is_the_first() -> None:
    # a third of three and one tenth of ten: equal only exactly
    network = one_layer([[Fraction(0)], [Fraction(1, 3)], [Fraction(1, 10)]], [Fraction(-9), Fraction(0), Fraction(7, 30)])
    linear = Network((), (dataclasses.replace(network.layers[0], unit="linear"),), ("a", "b", "c"))
    assert predict(linear, ExactMatrix.from_fractions([[1], [2], [0]])).tolist() == [1, 1, 2]


def test_numbers_are_not_classes() -> None:
    linear = Network((), (dataclasses.replace(one_layer([[Fraction(1)]], [Fraction(0)]).layers[0], unit="linear"),), ())
    with pytest.raises(InternalError, match="predicts values"):
        predict(linear, ExactMatrix.from_fractions([[1]]))
