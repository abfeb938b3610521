"""Tiny networks, sets of perturbations, and an evaluation of its own, for the tests of verification."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bdnnc.exact import ExactMatrix
from bdnnc.network.network import Layer, Network
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope

Point = tuple[Fraction, ...]


def layer(unit: Any, weights: Sequence[Sequence[Any]], bias: Sequence[Any]) -> Layer:
    table = np.zeros((len(weights), len(weights[0])), dtype=object)
    for place, row in enumerate(weights):
        table[place] = [Fraction(value) for value in row]
    offsets = np.zeros(len(bias), dtype=object)
    offsets[:] = [Fraction(value) for value in bias]
    return Layer("layer", unit, table, offsets, np.zeros(table.shape, dtype=bool))


def network(*layers: Layer) -> Network:
    return Network((), tuple(layers), ())


def point(x: Sequence[Any]) -> ExactMatrix:
    return ExactMatrix.from_fractions([[Fraction(value) for value in x]])


def is_right(net: Network, x: Sequence[Fraction], label: int) -> bool:
    """Evaluated here: a tie is active; one unit speaks for class 1, several each for their own."""
    values = list(x)
    for one in net.layers:
        sums = [
            sum((w * v for w, v in zip(row, values, strict=True)), b)
            for row, b in zip(one.weights.tolist(), one.bias, strict=True)
        ]
        if one.unit == "linear":
            if len(sums) == 1:
                return (sums[0] >= 0) == (label == 1)
            return all(value < sums[label] for unit, value in enumerate(sums) if unit != label)
        off = Fraction(-1 if one.unit == "sign" else 0)
        values = [Fraction(one.height) if a >= 0 and one.unit == "step" else Fraction(1) if a >= 0 else off for a in sums]
    active = [value > 0 for value in values]
    if len(active) == 1:
        return active[0] == (label == 1)
    return active == [unit == label for unit in range(len(active))]


def moved(x: Sequence[Fraction], delta: Sequence[Fraction]) -> list[Fraction]:
    return [a + d for a, d in zip(x, delta, strict=True)]


def is_member(moves: Moves, delta: Sequence[Fraction]) -> bool:
    """Whether a perturbation is one, again written here."""
    low = [moves.low.fraction(0, j) for j in range(len(delta))]
    high = [moves.high.fraction(0, j) for j in range(len(delta))]
    if not all(a <= d <= b for a, d, b in zip(low, delta, high, strict=True)):
        return False
    if moves.step == "ends" and not all(d in (a, 0, b) for a, d, b in zip(low, delta, high, strict=True)):
        return False
    if isinstance(moves.step, Fraction) and any(d % moves.step for d in delta):
        return False
    match moves.coupling:
        case L1(radius):
            return sum(abs(d) for d in delta) <= radius
        case L2(radius):
            return sum(d * d for d in delta) <= radius**2
        case AtMost(count):
            return sum(d != 0 for d in delta) <= count
        case Polytope(matrix, side):
            return all(sum(a * d for a, d in zip(row, delta, strict=True)) <= b for row, b in zip(matrix, side, strict=True))
        case _:
            return True


def grid(moves: Moves, step: Fraction) -> list[Point]:
    """The multiples of ``step`` that are perturbations."""
    ranges = [
        [step * k for k in range(-int(-moves.low.fraction(0, j) / step), int(moves.high.fraction(0, j) / step) + 1)]
        for j in range(len(moves.inputs))
    ]
    return [delta for delta in product(*ranges) if is_member(moves, delta)]


small = st.integers(-2, 2)


@st.composite
def networks(draw: st.DrawFn, inputs: int) -> Network:
    """1 to 3 units in 0 to 2 hidden layers, then 1 to 3 outputs; small weights, so that there are ties."""
    layers: list[Layer] = []
    width = inputs
    for _ in range(draw(st.integers(0, 2))):
        units = draw(st.integers(1, 3))
        layers.append(draw(_layers(st.sampled_from(["step", "sign"]), units, width)))
        width = units
    layers.append(draw(_layers(st.sampled_from(["step", "sign", "linear"]), draw(st.integers(1, 3)), width)))
    return network(*layers)


@st.composite
def _layers(draw: st.DrawFn, units: st.SearchStrategy[str], count: int, width: int) -> Layer:
    weights = draw(st.lists(st.lists(small, min_size=width, max_size=width), min_size=count, max_size=count))
    bias = draw(st.lists(st.builds(Fraction, st.integers(-3, 3), st.sampled_from([1, 2])), min_size=count, max_size=count))
    return layer(draw(units), weights, bias)


@st.composite
def sets(draw: st.DrawFn, inputs: int, finite: bool) -> Moves:
    """All inputs in a box with each form of coupling, on a grid or not."""
    amount = st.builds(Fraction, st.integers(0, 4), st.sampled_from([1, 2]))
    low = [-draw(amount) for _ in range(inputs)]
    high = [draw(amount) for _ in range(inputs)]
    radius = draw(amount)
    rows = st.lists(st.tuples(*(st.builds(Fraction, small),) * inputs), min_size=1, max_size=2)
    kind = draw(st.sampled_from(["box", "l1", "l2", "budget", "polytope", *(["flips"] if finite else [])]))
    step: Any = Fraction(1, 2) if finite else None
    coupling: Any = None
    if kind == "flips":
        step, coupling = "ends", AtMost(draw(st.integers(0, inputs)))
        low = [a if draw(st.booleans()) else Fraction(0) for a in low]
        high = [b if a == 0 else Fraction(0) for a, b in zip(low, high, strict=True)]
    elif kind == "polytope":
        matrix = tuple(draw(rows))
        coupling = Polytope(matrix, tuple(draw(amount) for _ in matrix))
    elif kind != "box":
        coupling = {"l1": L1(radius), "l2": L2(radius), "budget": AtMost(draw(st.integers(0, inputs)))}[kind]
    box = (ExactMatrix.from_fractions([low]), ExactMatrix.from_fractions([high]))
    return Moves(tuple(range(inputs)), *box, coupling, step, clipped=True)


@st.composite
def questions(draw: st.DrawFn, finite: bool) -> tuple[Network, Point, Moves, int]:
    inputs = draw(st.integers(2, 3))
    net = draw(networks(inputs))
    x = tuple(Fraction(draw(st.integers(-3, 3)), 2) for _ in range(inputs))
    label = draw(st.integers(0, max(1, len(net.layers[-1].bias) - 1)))
    if draw(st.integers(0, 3)):  # mostly the class that the point has, if it has one
        label = next((c for c in range(max(2, len(net.layers[-1].bias))) if is_right(net, x, c)), label)
    return net, x, draw(sets(inputs, finite)), label
