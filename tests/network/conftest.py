"""A small trained model with everything in it: scaled and thresholded inputs, a mask, held-out points, weighted classes."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from bdnnc.data.dataset import Dataset, Origin, Samples
from bdnnc.data.inputs import Above, Input, Scaled
from bdnnc.diagnostics import Source, Span
from bdnnc.exact import ExactMatrix
from bdnnc.language.spec import Goal, Loss
from bdnnc.network.assemble import Run, assemble
from bdnnc.network.document import Model
from bdnnc.network.network import Layer, Network

SPEC = 'data { from "points.csv" target "class" }\nminimize 2 * hamming weighted balanced + 1  # "quoted" \\ ä\n'
SPAN = Span(Source("points.bdnn", SPEC), 0, 1)


@dataclass(frozen=True)
class Case:
    network: Network
    dataset: Dataset
    goals: tuple[Goal, ...]
    model: Model


def layer(name: str, unit: str, weights: list[list[object]], bias: list[object], **more: object) -> Layer:
    table = np.array([[Fraction(value) for value in row] for row in weights], dtype=object)
    absent = more.pop("absent", np.zeros(table.shape, dtype=np.bool_))
    return Layer(name, unit, table, np.array([Fraction(value) for value in bias], dtype=object), absent, **more)  # type: ignore[arg-type]


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
    loss = Loss("hamming", Fraction(2), "balanced", SPAN)
    goal = Goal("minimize", loss, Fraction(1), "2 * hamming weighted balanced + 1", SPAN)
    run = Run(
        method="exact",
        status="feasible",
        bound=Fraction(3, 2),
        solver="highs",
        version="1.16.0",
        cuts=1,
        seed=7,
        options={"time_limit": Fraction(60), "presolve": "on", "parallel": False, "start": None},
        network_class={"hidden": Fraction("0.001"), "output": "exact"},
        tolerances={"feasibility": Fraction("1e-9")},
    )
    return Case(network, dataset, (goal,), assemble(network, dataset, (goal,), run, SPEC))


@pytest.fixture
def bless_model() -> bool:
    """Set BDNNC_BLESS=1 to write the expected model file anew."""
    return os.environ.get("BDNNC_BLESS") == "1"
