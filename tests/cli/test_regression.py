"""evaluate, predict and certify on a network that predicts numbers: encoded and squared inputs, several goals, constraints."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bdnnc
from bdnnc.network.assemble import Run, Stage, assemble
from bdnnc.network.measure import Measured
from bdnnc.network.network import Layer, Network
from bdnnc.network.planned import network_class
from bdnnc.network.saving import save
from bdnnc.pipeline import Pipeline
from tests.cli.conftest import ROOT, Runner

DATA = "age,sex,gain\n30,f,1.5\n40,m,2\n50,f,2.5\n35,d,0\n"
SPEC = """\
data {
  from   "people.csv"
  target "gain"
  scale  minmax(0, 1) round 2
  encode ["sex"] onehot
}

network {
  layer hidden: 2 step(2) units
    weights in {-1, 0, 1}
    bias    in {-1, 0}
    powers  2
  layer output: 1 linear unit
    weights in [-1, 1]
    bias    in {0..3}
}

minimize absolute + 0.5 * l0(hidden.weights) within 1 then maximize margin

subject to {
  fan_in(hidden) <= 4
  hidden.weights[0, "age^2"] >= 1
  monotone increasing in "age"
}
"""


def people(folder: Path) -> Path:
    """A model whose hidden units are "age is 50" and "sex is m"."""
    (folder / "people.csv").write_text(DATA, encoding="utf-8")
    (folder / "people.bdnn").write_text(SPEC, encoding="utf-8")
    source = bdnnc.language.read_source(folder / "people.bdnn")
    pipeline = Pipeline(source, folder)
    names = [entry.name for entry in pipeline.dataset.inputs]
    weights = np.full((2, len(names)), Fraction(0), dtype=object)
    weights[0, names.index("age^2")] = weights[1, names.index("sex=m")] = Fraction(1)
    margin = pipeline.formulation.plans[0].thresholds.width
    hidden = Layer("hidden", "step", weights, fractions([-1, -1]), weights == 0, margin, Fraction(2))
    last = np.array([fractions([Fraction(1, 3), Fraction(1, 4)])], dtype=object)
    output = Layer("output", "linear", last, fractions([1]), np.zeros((1, 2), dtype=np.bool_))
    network = Network(pipeline.dataset.inputs, (hidden, output), ())
    goals = Measured(network, pipeline.problem)
    stages = tuple(Stage(goals.goal(goal), None) for goal in pipeline.problem.goals)
    run = Run("exact", "feasible", stages, network_class=network_class(pipeline.formulation))
    model = assemble(network, pipeline.dataset, pipeline.problem, run, SPEC, "people.csv")
    save(model, folder / "people.json")
    return folder / "people.json"


def fractions(values: list[object]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    found[:] = [Fraction(value) for value in values]  # type: ignore[arg-type]
    return found


@pytest.fixture
def model(run: Runner, tmp_path: Path) -> Path:
    return people(tmp_path)


def test_predict(run: Runner, model: Path) -> None:
    done = run("predict", "people.json", "people.csv")
    assert done.code == 0, done.err
    assert done.out == "value\n1\n1.5\n1.6666666666666667\n1\n"
    written = run("predict", "people.json", "people.csv", "-o", "out.csv")
    assert "wrote 4 values to out.csv" in written.err
    assert (
        run("predict", "people.json", "-", stdin=b"sex,age\nx,50\nm,60\n").out
        == "value\n1.6666666666666667\n2.1666666666666667\n"
    )


def test_evaluate(run: Runner, model: Path) -> None:
    done = run("evaluate", "people.json", "people.csv")
    assert done.code == 0, done.err
    assert done.out == (
        "samples                      4\n"
        "loss                         2.8333333333333333\n"
        "sum of |a - y|               2.8333333333333333\n"
        "mean of |a - y|              0.70833333333333333\n"
        "largest |a - y|              1\n"
    )
    found = json.loads(run("evaluate", "people.json", "people.csv", "--format", "json").out)
    assert found == {
        "samples": 4,
        "loss": "17/6",
        "absolute": "17/6",
        "mean_absolute": "17/24",
        "largest_absolute": 1,
    }


def test_data_without_numbers(run: Runner, model: Path) -> None:
    done = run("evaluate", "people.json", "-", stdin=b"age,sex\n30,f\n")
    assert done.code == 2
    assert "error[E215]" in done.err
    assert "has no column `gain` with the numbers" in done.err


def test_certify(run: Runner, model: Path) -> None:
    done = run("certify", "people.json")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert any("fan_in(hidden) <= 4" in line for line in lines)
    text = model.read_text(encoding="utf-8")
    assert '"absolute": "17/6"' in text
    model.write_text(text.replace('"absolute": "17/6"', '"absolute": "17/7"'), encoding="utf-8")
    done = run("certify", "people.json")
    assert done.code == 1
    assert "`sets.train.absolute` is 17/7 in the model file, but recomputed it is 17/6" in done.err


def test_the_reader_of_the_documentation_predicts_the_same(run: Runner, model: Path) -> None:
    page = (ROOT / "docs" / "model-file.md").read_text(encoding="utf-8")
    listing = page.split("```python\n")[1].split("with open(")[0]
    names: dict[str, Any] = {}
    exec(compile(listing, "model-file.md", "exec"), names)
    document = json.loads(model.read_text(encoding="utf-8"), parse_float=Decimal)
    rows = [line.split(",") for line in DATA.splitlines()[1:]]
    found = [names["predict"](document, row) for row in rows]
    assert found == [1, Fraction(3, 2), Fraction(5, 3), 1]


def test_from_python(run: Runner, model: Path) -> None:
    network = bdnnc.load(model)
    found = network.predict([["30", "f"], ["50", "m"]])
    assert found.dtype == np.float64
    assert found.tolist() == [1.0, float(Fraction(13, 6))]
    assert network.classes == ()
    report = network.evaluate([["30", "f"], ["50", "m"]], [1, 2])
    assert report.table()["absolute"] == Fraction(1, 6)
