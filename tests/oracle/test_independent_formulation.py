"""The same optima from a second formulation, written in cvxpy's own atoms and sharing nothing with the lowering.

Each spec is a text of the language on random points; beside it stands what it means as a cvxpy problem: `abs`, `max`, `pos`,
`norm1`, `multiply` and boolean variables, every unit with one generous big-M for both of its sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import bdnnc

cp = pytest.importorskip("cvxpy")

BIG = 60.0


@dataclass(frozen=True)
class Points:
    X: np.ndarray
    y: np.ndarray

    @property
    def samples(self) -> int:
        return len(self.X)

    @property
    def inputs(self) -> int:
        return self.X.shape[1]


@dataclass(frozen=True)
class Spec:
    """``network`` and what follows it in the file; ``model``: from the points to the optimum of the last goal."""

    name: str
    network: str
    after: str
    model: Callable[[Points], float]
    classes: int = 2
    seeds: tuple[int, ...] = (0, 1)

    def points(self, seed: int) -> Points:
        rng = np.random.default_rng(seed)
        X = rng.integers(0, 4, (8, 2))
        return Points(X, rng.integers(0, self.classes, 8) if self.classes else rng.integers(-5, 12, 8))


def unit(a: Any, u: Any, up: float, down: float) -> list[Any]:
    """u = 1 where a >= up, 0 where a <= -down."""
    return [cp.max(up - a - BIG * (1 - u)) <= 0, cp.max(a + down - BIG * u) <= 0]


def least(objective: Any, constraints: list[Any], sign: int = 1) -> float:
    problem = cp.Problem(cp.Minimize(objective) if sign > 0 else cp.Maximize(objective), constraints)
    return float(problem.solve(solver=cp.HIGHS if problem.is_mixed_integer() else cp.CLARABEL))


def wrong(u: Any, y: np.ndarray) -> Any:
    return cp.norm1(u - y)


# --- one unit -----------------------------------------------------------------------------------------------------------


def integers(points: Points, reach: int, bias: int) -> tuple[Any, Any, Any, list[Any]]:
    """(weights, bias, activity, constraints) of a unit with integer weights of at most ``reach``."""
    w, b = cp.Variable(points.inputs, integer=True), cp.Variable(integer=True)
    u = cp.Variable(points.samples, boolean=True)
    return w, b, u, [cp.abs(w) <= reach, cp.abs(b) <= bias, *unit(points.X @ w + b, u, 0, 1)]


def ternary(points: Points) -> float:
    _, _, u, rules = integers(points, 1, 4)
    return least(wrong(u, points.y), rules)


def costly_l1(points: Points) -> float:
    w, _, u, rules = integers(points, 3, 6)
    return least(wrong(u, points.y) + 0.25 * cp.norm1(w), rules)


def costly_linf(points: Points) -> float:
    w, _, u, rules = integers(points, 3, 6)
    return least(wrong(u, points.y) + 0.5 * cp.norm_inf(w), rules)


def costly_l2(points: Points) -> float:
    """A square as the largest of its tangents between integers."""
    w, _, u, rules = integers(points, 3, 6)
    tangents = [(2 * k + 1) * w - k * (k + 1) for k in range(-3, 3)]
    return least(wrong(u, points.y) + 0.125 * cp.sum(cp.maximum(*tangents)), rules)


def real_with_margin(points: Points) -> float:
    w, b = cp.Variable(points.inputs), cp.Variable()
    u = cp.Variable(points.samples, boolean=True)
    rules = [cp.abs(w) <= 2, cp.abs(b) <= 6, *unit(points.X @ w + b, u, 0.5, 0.5)]
    return least(wrong(u, points.y) + 0.5 * cp.norm1(w), rules)


def two_bits(points: Points) -> float:
    """Weights -3, -1, 1, 3 from two signs."""
    low, high = (2 * cp.Variable(points.inputs, boolean=True) - 1 for _ in range(2))
    w, b = low + 2 * high, cp.Variable(integer=True)
    u = cp.Variable(points.samples, boolean=True)
    return least(wrong(u, points.y), [cp.abs(b) <= 6, *unit(points.X @ w + b, u, 0, 1)])


def halves(points: Points) -> float:
    """Weights -1, -1/2, 0, 1/2, 1 with an integer bias: sums lie on halves."""
    twice, b = cp.Variable(points.inputs, integer=True), cp.Variable(integer=True)
    u = cp.Variable(points.samples, boolean=True)
    rules = [cp.abs(twice) <= 2, cp.abs(b) <= 3, *unit(points.X @ twice / 2 + b, u, 0, 0.5)]
    return least(wrong(u, points.y), rules)


def one_scale(points: Points) -> float:
    """w = g or -g with one g: twice the part of g that a boolean lets through, less g."""
    g, positive = cp.Variable(), cp.Variable(points.inputs, boolean=True)
    part, b = cp.Variable(points.inputs, nonneg=True), cp.Variable(integer=True)
    u = cp.Variable(points.samples, boolean=True)
    rules = [g >= 0.5, g <= 3, part <= 3 * positive, part <= g, part >= g - 3 * (1 - positive), cp.abs(b) <= 4]
    return least(wrong(u, points.y), [*rules, *unit(points.X @ (2 * part - g) + b, u, 0.25, 0.25)])


def few_connections(points: Points) -> float:
    w, b, present = cp.Variable(points.inputs), cp.Variable(), cp.Variable(points.inputs, boolean=True)
    u = cp.Variable(points.samples, boolean=True)
    rules = [cp.abs(w) <= present, cp.abs(b) <= 4, cp.sum(present) <= 1, *unit(points.X @ w + b, u, 0.1, 0.1)]
    return least(wrong(u, points.y), rules)


def few_of_a_class(points: Points) -> float:
    _, _, u, rules = integers(points, 1, 4)
    return least(wrong(u, points.y), [*rules, cp.sum(cp.multiply(points.y, 1 - u)) <= 0])


def falling(points: Points) -> float:
    w, _, u, rules = integers(points, 2, 6)
    return least(wrong(u, points.y), [*rules, w[0] <= 0])


def bounded_norms(points: Points) -> float:
    w, b, u, rules = integers(points, 3, 6)
    return least(wrong(u, points.y), [*rules, cp.norm1(w) + cp.abs(b) <= 4, cp.norm_inf(w) <= 2])


def widest(points: Points) -> float:
    """The widest margin among the units with the fewest errors."""
    w, b = cp.Variable(points.inputs, integer=True), cp.Variable(integer=True)
    u, t = cp.Variable(points.samples, boolean=True), cp.Variable(nonneg=True)
    a = points.X @ w + b
    sets = [cp.abs(w) <= 2, cp.abs(b) <= 6]
    fewest = least(wrong(u, points.y), [*sets, *unit(a, u, 0, 1)])
    distance = [cp.max(t - a - BIG * (1 - u)) <= 0, cp.max(t + a - BIG * u) <= 0]
    return least(t, [*sets, *unit(a, u, 0, 1), *distance, wrong(u, points.y) <= fewest + 1e-6], sign=-1)


# --- several units ------------------------------------------------------------------------------------------------------


def three_classes(points: Points) -> float:
    """A point is right where no unit is wrong."""
    W, b = cp.Variable((points.inputs, 3), integer=True), cp.Variable((1, 3), integer=True)
    u = cp.Variable((points.samples, 3), boolean=True)
    a = points.X @ W + np.ones((points.samples, 1)) @ b
    failed = cp.max(cp.abs(u - np.eye(3)[points.y]), axis=1)
    return least(cp.sum(failed), [cp.abs(W) <= 1, cp.abs(b) <= 3, *unit(a, u, 0, 1)])


def any_hidden(points: Points) -> float:
    """Two hidden units under an output that is active where one of them is."""
    W, b = cp.Variable((points.inputs, 2), integer=True), cp.Variable((1, 2), integer=True)
    u, shown = cp.Variable((points.samples, 2), boolean=True), cp.Variable(points.samples, boolean=True)
    a = points.X @ W + np.ones((points.samples, 1)) @ b
    output = [shown >= cp.max(u, axis=1), shown <= cp.sum(u, axis=1)]
    return least(wrong(shown, points.y), [cp.abs(W) <= 1, cp.abs(b) <= 4, *unit(a, u, 0, 1), *output])


# --- linear units -------------------------------------------------------------------------------------------------------


def hinge_of_one(points: Points) -> float:
    w, b = cp.Variable(points.inputs), cp.Variable()
    sign = 2 * points.y - 1
    weight = np.where(points.y == 1, 3.0, 1.0)
    losses = cp.multiply(weight, cp.pos(1 - cp.multiply(sign, points.X @ w + b)))
    return least(cp.sum(losses), [cp.abs(w) <= 1, cp.abs(b) <= 2])


def hinge_of_three(points: Points) -> float:
    W, b = cp.Variable((points.inputs, 3)), cp.Variable((1, 3))
    scores = points.X @ W + np.ones((points.samples, 1)) @ b
    true = np.eye(3)[points.y]
    others = cp.max(scores - 1000 * true, axis=1)
    losses = cp.pos(0.5 + others - cp.sum(cp.multiply(true, scores), axis=1))
    return least(cp.sum(losses), [cp.abs(W) <= 1, cp.abs(b) <= 2])


def deviations(points: Points) -> float:
    w, b, present = cp.Variable(points.inputs), cp.Variable(), cp.Variable(points.inputs, boolean=True)
    rules = [cp.abs(w) <= 9 * present, cp.abs(b) <= 9]
    return least(cp.sum(cp.abs(points.X @ w + b - points.y)) + 3 * cp.sum(present), rules)


def on_steps(points: Points) -> float:
    """Deviations of a step of height 2 times an integer, plus an integer."""
    w, b, u, rules = integers(points, 1, 4)
    del w, b
    bias = cp.Variable(integer=True)
    values = {}
    for weight in (-2, -1, 0, 1, 2):
        values[weight] = least(cp.sum(cp.abs(2 * weight * u + bias - points.y)), [*rules, cp.abs(bias) <= 3])
    return min(values.values())


STEP = "layer output: 1 step unit"

SPECS = [
    Spec("ternary", f"{STEP} weights in {{-1..1}} bias in {{-4..4}}", "minimize hamming", ternary),
    Spec("l1", f"{STEP} weights in {{-3..3}} bias in {{-6..6}}", "minimize hamming + 0.25 * l1(output.weights)", costly_l1),
    Spec("linf", f"{STEP} weights in {{-3..3}} bias in {{-6..6}}", "minimize errors + 0.5 * linf(weights)", costly_linf),
    Spec("l2", f"{STEP} weights in {{-3..3}} bias in {{-6..6}}", "minimize hamming + 0.125 * l2(weights)", costly_l2),
    Spec(
        "real weights",
        f"{STEP} weights in [-2, 2] bias in [-6, 6] margin 1",
        "minimize hamming + 0.5 * l1(weights)",
        real_with_margin,
    ),
    Spec("bits", f"{STEP} weights in bits(2) bias in {{-6..6}}", "minimize zero_one", two_bits),
    Spec("fixed point", f"{STEP} weights in fixed(1) bias in {{-3..3}}", "minimize zero_one", halves),
    Spec(
        "scaled", f"{STEP} weights in scaled {{-1, 1}} by [0.5, 3] bias in {{-4..4}} margin 0.5", "minimize errors", one_scale
    ),
    Spec(
        "fan_in",
        f"{STEP} weights in [-1, 1] bias in [-4, 4] margin 0.2",
        "minimize errors subject to { fan_in(output) <= 1 }",
        few_connections,
    ),
    Spec(
        "errors of",
        f"{STEP} weights in {{-1..1}} bias in {{-4..4}}",
        "minimize hamming subject to { errors of 1 <= 0 }",
        few_of_a_class,
    ),
    Spec(
        "monotone",
        f"{STEP} weights in {{-2..2}} bias in {{-6..6}}",
        "minimize hamming subject to { monotone decreasing in 0 }",
        falling,
    ),
    Spec(
        "norms",
        f"{STEP} weights in {{-3..3}} bias in {{-6..6}}",
        "minimize errors subject to { l1(output.weights) + l1(output.bias) <= 4 linf(output.weights) <= 2 }",
        bounded_norms,
    ),
    Spec("margin", f"{STEP} weights in {{-2..2}} bias in {{-6..6}}", "minimize errors then maximize margin", widest),
    Spec(
        "three classes", "layer output: 3 step units weights in {-1..1} bias in {-3..3}", "minimize zero_one", three_classes, 3
    ),
    Spec(
        "hidden units",
        f"layer hidden: 2 step units weights in {{-1..1}} bias in {{-4..4}} {STEP} weights in {{1}} bias in {{-1}}",
        "minimize hamming",
        any_hidden,
    ),
    Spec(
        "hinge",
        "layer output: 1 linear unit weights in [-1, 1] bias in [-2, 2]",
        "minimize hinge(1) weighted [1, 3]",
        hinge_of_one,
        seeds=(0, 1, 2, 3),
    ),
    Spec(
        "hinge of three",
        "layer output: 3 linear units weights in [-1, 1] bias in [-2, 2]",
        "minimize hinge(0.5)",
        hinge_of_three,
        3,
        seeds=(0, 1, 3, 4),
    ),
    Spec(
        "absolute",
        "layer output: 1 linear unit weights in [-9, 9] bias in [-9, 9]",
        "minimize absolute + 3 * l0(output.weights)",
        deviations,
        0,
        seeds=(0, 1, 2, 3),
    ),
    Spec(
        "a step's height",
        "layer hidden: 1 step(2) unit weights in {-1..1} bias in {-4..4} "
        "layer output: 1 linear unit weights in {-2..2} bias in {-3..3}",
        "minimize absolute",
        on_steps,
        0,
    ),
]


@pytest.mark.parametrize(("spec", "seed"), [(s, k) for s in SPECS for k in s.seeds], ids=lambda v: getattr(v, "name", str(v)))
def test_same_optimum(spec: Spec, seed: int) -> None:
    points = spec.points(seed)
    text = f'data {{ from "points.csv" target "y" }} network {{ {spec.network} }} {spec.after}'
    result = bdnnc.compile(text, data=(points.X, points.y)).train(time_limit=60, threads=1)
    assert result.status == "optimal"
    assert float(result.network.training.goals[-1].value) == pytest.approx(spec.model(points), abs=2e-5)
