"""Each example is compiled, trained to proved optimality within seconds, certified, and found to be what its comments say."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

import bdnnc
from bdnnc.language import read_source
from bdnnc.network.certify import certify
from bdnnc.pipeline import Pipeline

FOLDER = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Expected:
    """The optimum, its class of margins, and the shape: units of each layer."""

    loss: int
    margin: str
    units: tuple[int, ...]


EXPECTED = {
    "breast_cancer": Expected(1, "exact", (2, 1)),
    "digits": Expected(0, "exact", (3, 1)),
    "iris": Expected(0, "exact", (2, 3)),
    "perceptron": Expected(2, "chosen", (1,)),
    "wine": Expected(0, "exact", (2, 2, 3)),
}


def test_every_example_has_its_expectation() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_reaches_its_optimum(name: str) -> None:
    pytest.importorskip("sklearn")
    expected = EXPECTED[name]
    pipeline = Pipeline(read_source(FOLDER / f"{name}.bdnn"), FOLDER)
    result = bdnnc.Compiled(pipeline).train(time_limit=60)
    assert result.status == "optimal"
    assert result.loss == result.bound == Fraction(expected.loss)
    assert result.network.training.network_class["margin"] == expected.margin
    assert certify(result.network.model, pipeline.dataset, pipeline.problem).ok
    assert tuple(len(layer.bias) for layer in result.network.layers.layers) == expected.units
