"""A small trained model with everything in it: scaled and thresholded inputs, a mask, held-out points, weighted classes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from bdnnc.data.dataset import Dataset, Origin, Samples
from bdnnc.data.inputs import Above, Equals, Input, Scaled
from bdnnc.diagnostics import Source, Span
from bdnnc.exact import ExactMatrix
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Statement, Targets
from bdnnc.language.quantities import Constraint, Goal, Loss, Monotone, Norm, Parameters, Term
from bdnnc.network.assemble import Run, Stage, assemble
from bdnnc.network.document import Model
from bdnnc.network.measure import goal_value
from bdnnc.network.network import Layer, Network

SPEC = 'data { from "points.csv" target "class" }\nminimize 2 * hamming weighted balanced + 1  # "quoted" \\ ä\n'
SPAN = Span(Source("points.bdnn", SPEC), 0, 1)


@dataclass(frozen=True)
class Case:
    network: Network
    dataset: Dataset
    problem: Problem
    model: Model


def layer(name: str, unit: str, weights: list[list[object]], bias: list[object], **more: object) -> Layer:
    table = np.array([[Fraction(value) for value in row] for row in weights], dtype=object)
    absent = more.pop("absent", np.zeros(table.shape, dtype=np.bool_))
    return Layer(name, unit, table, np.array([Fraction(value) for value in bias], dtype=object), absent, **more)  # type: ignore[arg-type]


def problem_layer(layer: Layer) -> ProblemLayer:
    """The declaration of a layer with all weights free that are not absent."""
    units, inputs = layer.weights.shape
    zeros = np.full((units, inputs), Fraction(0), dtype=object)
    wide = RealDomain(Fraction(-(10**9)), Fraction(10**9))
    bias = BiasRule("in", wide)
    free = ~layer.absent
    return ProblemLayer(
        layer.name, layer.unit, units, inputs, wide, free, zeros, layer.absent, bias, None, 0, height=layer.height
    )


def problem_of(
    network: Network,
    dataset: Dataset,
    goals: tuple[Goal, ...],
    constraints: tuple[Constraint, ...] = (),
    monotone: tuple[Monotone, ...] = (),
) -> Problem:
    """What the network is measured against: the data merged as the data set says."""
    return Problem(
        layers=tuple(problem_layer(layer) for layer in network.layers),
        patterns=dataset.patterns,
        counts=dataset.counts,
        classes=dataset.classes,
        inputs=tuple(entry.name for entry in network.inputs),
        columns=tuple(entry.column for entry in network.inputs),
        goals=goals,
        goal_statements=(0,) * len(goals),
        statements=(Statement("goal", SPAN),),
        targets=targets_of(dataset),
        constraints=constraints,
        constraint_statements=(0,) * len(constraints),
        monotone=monotone,
        monotone_statements=(0,) * len(monotone),
    )


def targets_of(dataset: Dataset) -> Targets | None:
    values = dataset.train.targets
    if values is None:
        return None
    pairs: dict[tuple[int, Fraction], int] = {}
    for pattern, value in zip(dataset.pattern_of.tolist(), values.tolist(), strict=True):
        pairs[pattern, value] = pairs.get((pattern, value), 0) + 1
    patterns, found = np.array([p for p, _ in pairs], dtype=np.int64), np.empty(len(pairs), dtype=object)
    found[:] = [value for _, value in pairs]
    return Targets(patterns, found, np.array(list(pairs.values()), dtype=np.int64))


@pytest.fixture
def case() -> Case:
    inputs = (
        Input("age", 0, Scaled(Fraction(30), Fraction(1, 53), 2)),
        Input("mass", 2, Scaled(Fraction("-0.125"), Fraction(3), None)),
        Input("dose>1", 3, Above(Fraction(1), True)),
    )
    hidden = layer(
        "hidden",
        "step",
        [["1", "0", "-1"], ["0.1", "-1/3", "0"]],
        ["-0.3", "0.05"],
        absent=np.array([[False, False, False], [False, False, True]]),
        margin=Fraction("0.001"),
    )
    network = Network(inputs, (hidden, layer("output", "sign", [[1, 1]], ["-1.5"])), ("no", "yes"))
    rng = np.random.default_rng(5)

    def samples(count: int, first: int) -> Samples:
        numerators = np.column_stack([rng.integers(0, 100, count), rng.integers(-9, 9, count), rng.choice([-1, 1], count)])
        rows = np.arange(first, first + count, dtype=np.int64)
        return Samples(ExactMatrix(numerators, (100, 7, 1)), rng.integers(0, 2, count), rows)

    train = samples(20, 0)
    digest = hashlib.sha256(b"points").hexdigest()
    dataset = Dataset(
        inputs=inputs,
        classes=network.classes,
        train=train,
        validation=None,
        test=samples(9, 20),
        patterns=train.X,
        pattern_of=np.arange(20),
        counts=np.eye(2, dtype=np.int64)[train.y],
        dead=np.zeros(3, dtype=np.bool_),
        origin=Origin("points.csv", "points.csv", digest, "class", 4, ";", False),
    )
    weights = tuple(Fraction(20, 2 * int(size)) for size in dataset.counts.sum(axis=0))
    loss = Term(Fraction(2), Loss("hamming", weights=weights), SPAN)
    goal = Goal("minimize", (loss,), Fraction(1), "2 * hamming weighted balanced + 1", SPAN)
    problem = problem_of(network, dataset, (goal,))
    run = Run(
        method="exact",
        status="feasible",
        goals=(Stage(Fraction(121, 6), Fraction(3, 2)),),
        solver="highs",
        version="1.16.0",
        cuts=1,
        seed=7,
        options={"time_limit": Fraction(60), "presolve": "on", "parallel": False, "start": None},
        network_class={"hidden": Fraction("0.001"), "output": "exact"},
        tolerances={"feasibility": Fraction("1e-9")},
    )
    return Case(network, dataset, problem, assemble(network, dataset, problem, run, SPEC))


@pytest.fixture
def regression() -> Case:
    """Numbers to be met: one-hot, thermometer and squared inputs, a linear output, constraints, three goals, absent
    connections, heights."""
    inputs = (
        Input("bmi", 0, Scaled(Fraction(20), Fraction(1, 10), None)),
        Input("sex=2", 1, Equals("2")),
        Input("age>30", 2, Above(Fraction(30))),
        Input("bmi^2", 0, Scaled(Fraction(20), Fraction(1, 10), None), 2),
        Input("sex=2^2", 1, Equals("2"), 2),
        Input("age>30^2", 2, Above(Fraction(30)), 2),
    )
    hidden = layer(
        "hidden",
        "step",
        [[1, 0, 2, 0, 0, -1], [0, "-0.5", 0, 1, 0, 0]],
        ["-1", "0.25"],
        absent=np.array([[0, 1, 0, 1, 1, 0], [1, 0, 1, 0, 1, 1]], dtype=np.bool_),
        height=Fraction(3, 2),
    )
    network = Network(inputs, (hidden, layer("output", "linear", [[4, "0.1"]], ["1/3"])), ())
    rng = np.random.default_rng(6)

    def samples(count: int, first: int) -> Samples:
        bmi, sex, age = rng.integers(-5, 5, count), rng.integers(0, 2, count), rng.integers(0, 2, count)
        numerators = np.column_stack([bmi, sex, age, bmi**2, sex, age])
        targets = np.empty(count, dtype=object)
        targets[:] = [Fraction(int(value), 4) for value in rng.integers(0, 30, count)]
        X = ExactMatrix(numerators, (10, 1, 1, 100, 1, 1))
        return Samples(X, np.zeros(count, dtype=np.int64), np.arange(first, first + count, dtype=np.int64), targets)

    train = samples(16, 0)
    dataset = Dataset(
        inputs=inputs,
        classes=(),
        train=train,
        validation=samples(5, 16),
        test=None,
        patterns=train.X,
        pattern_of=np.arange(16),
        counts=np.ones((16, 1), dtype=np.int64),
        dead=np.zeros(6, dtype=np.bool_),
        origin=Origin("bmi.csv", "bmi.csv", hashlib.sha256(b"bmi").hexdigest(), "progress", 3, ",", True),
        columns=("bmi", "sex", "age", "progress"),
    )
    l0 = Term(Fraction(1), Norm("l0", "weights", (0,)))
    l1 = Term(Fraction(-1), Norm("l1", "weights", (0, 1)))
    sex = Term(Fraction(1), Parameters(0, "weights", (0, 1), (1, 1)))
    goals = (
        Goal("minimize", (Term(Fraction(1), Loss("absolute")),), Fraction(0), "absolute", SPAN, Fraction(2)),
        Goal("minimize", (l0,), Fraction(0), "l0(hidden.weights)", SPAN),
        Goal("maximize", (l1,), Fraction(9), "9 - l1(weights)", SPAN),
    )
    constraints = (
        Constraint((l0,), "<=", Fraction(5), 1, "l0(hidden.weights) <= 5"),
        Constraint((sex,), "<=", Fraction(0), 2, "hidden.weights[*, 1] <= 0"),
    )
    monotone = (Monotone(False, (1, 4), None, 'monotone decreasing in "sex"'),)
    problem = problem_of(network, dataset, goals, constraints, monotone)
    first = goal_value(goals[0], network, problem)
    run = Run(
        method="exact",
        status="optimal",
        goals=(
            Stage(first - 1, (first - 1) * (1 - Fraction(1, 10**8))),
            Stage(Fraction(5), Fraction(5)),
            Stage(Fraction("-0.6"), Fraction("-0.6")),
        ),
    )
    text = 'data { from "bmi.csv" target "progress" }\nminimize absolute within 2 then minimize l0(hidden.weights)\n'
    return Case(network, dataset, problem, assemble(network, dataset, problem, run, text))


@pytest.fixture
def bless_model() -> bool:
    """Set BDNNC_BLESS=1 to write the expected model file anew."""
    return os.environ.get("BDNNC_BLESS") == "1"
