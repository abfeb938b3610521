"""Each example is compiled, trained to proved optimality within seconds, certified, and found to be what its comments say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.language import read_source
from bdnnc.network.certify import certify
from bdnnc.pipeline import Pipeline

FOLDER = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Expected:
    """The optimum of each goal, the class of margins, and the shape: units of each layer."""

    goals: tuple[float, ...]
    margin: str
    units: tuple[int, ...]


EXPECTED = {
    "breast_cancer": Expected((1,), "exact", (2, 1)),
    "digits": Expected((0,), "exact", (3, 1)),
    "iris": Expected((0,), "exact", (2, 3)),
    "margins": Expected((0, 1.4, 1.75), "chosen", (1,)),
    "monotone": Expected((0,), "exact", (2, 1)),
    "paper_continuous": Expected((0,), "chosen", (2, 1)),
    "paper_heights": Expected((0,), "exact", (2, 2, 1)),
    "paper_no_bias": Expected((3,), "exact", (2, 1)),
    "paper_ternary": Expected((0,), "exact", (2, 1)),
    "perceptron": Expected((2,), "chosen", (1,)),
    "regression": Expected((416,), "exact", (2, 1)),
    "sparse": Expected((0, 2, 2), "exact", (2, 3)),
    "wine": Expected((0,), "exact", (2, 2, 3)),
}


def pipeline_of(name: str) -> Pipeline:
    return Pipeline(read_source(FOLDER / f"{name}.bdnn"), FOLDER)


def test_every_example_has_its_expectation() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_reaches_its_optimum(name: str) -> None:
    pytest.importorskip("sklearn")
    expected = EXPECTED[name]
    pipeline = pipeline_of(name)
    result = bdnnc.Compiled(pipeline).train(time_limit=60)
    assert result.status == "optimal"
    record = result.network.training
    reached = [float(goal.value if goal.reached is None else goal.reached) for goal in record.goals]
    assert reached == pytest.approx(expected.goals, rel=1e-5)
    assert result.loss == round(expected.goals[0])
    assert record.network_class["margin"] == expected.margin
    assert certify(result.network.model, pipeline.dataset, pipeline.problem).ok
    assert tuple(len(layer.bias) for layer in result.network.layers.layers) == expected.units


def test_the_monotone_example_is_monotone() -> None:
    """Along a line in "mean radius" the class never goes back from malignant to benign."""
    pytest.importorskip("sklearn")
    network = bdnnc.Compiled(pipeline_of("monotone")).train(time_limit=60).network
    radii, others = np.linspace(5.0, 30.0, 60), np.array([[18.0, 0.09], [14.0, 0.12], [25.0, 0.07]])
    for texture, smoothness in others:
        points = np.column_stack([radii, np.full_like(radii, texture), np.full_like(radii, smoothness)])
        malignant = np.array(network.predict(points)) == "malignant"
        assert bool((malignant[1:] >= malignant[:-1]).all())


def test_the_sparse_example_keeps_its_word() -> None:
    """Its connections are of the set, and those that are not there weigh 0 though the set lacks it."""
    pytest.importorskip("sklearn")
    network = bdnnc.Compiled(pipeline_of("sparse")).train(time_limit=60).network
    hidden = network.layers.layers[0]
    assert int((~hidden.absent).sum()) == 2
    assert {abs(weight) for weight in hidden.weights[~hidden.absent]} == {Fraction(1)}
    assert not any(hidden.weights[hidden.absent])


def test_the_margin_gives_way_only_as_far_as_it_may() -> None:
    pytest.importorskip("sklearn")
    record = bdnnc.Compiled(pipeline_of("margins")).train(time_limit=60).network.training
    margin = record.goals[1]
    assert margin.reached is not None
    assert margin.within == Fraction(1, 10)
    assert margin.reached - margin.value <= margin.within + Fraction(1, 10**6)
