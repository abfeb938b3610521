"""The published form, row by row as the papers write it, and what becomes of its answers."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.cli.main import main
from bdnnc.diagnostics import UserError
from bdnnc.formulation.published import EPSILON, formulate_published
from bdnnc.ir.program import Program
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.encode import encode
from bdnnc.network.measure import Measured
from bdnnc.network.network import Layer, Network
from bdnnc.pipeline import Pipeline
from tests.oracle.problems import BiasRule, finite, interval, layer, problem

EPS = 1e-5
X = np.array([[0.5, 2.0], [-1.0, 0.25], [0.0, 0.0]])
Y = ["no", "yes", "yes"]
DATA = 'data { from "none.csv" }\n'

Row = tuple[dict[str, float], float, float]


def pipeline(network: str, goal: str = "minimize hamming", y: list[str] = Y) -> Pipeline:
    compiled = bdnnc.compile(f"{DATA}network {{ {network} }}\n{goal}", data=(X, y), formulation="published")
    return compiled._pipeline


def rows_of(model: MilpModel) -> dict[str, Row]:
    """Each row by its name: coefficients by the names of the columns, and its two sides."""
    A = model.A.toarray()
    columns = list(model.column_names)
    return {
        name: ({columns[j]: A[i, j] for j in np.flatnonzero(A[i])}, model.row_lower[i], model.row_upper[i])
        for i, name in enumerate(model.row_names)
    }


def same(found: Row, expected: Row) -> bool:
    nonzero = {name: value for name, value in expected[0].items() if value != 0}
    return (
        found[0].keys() == nonzero.keys()
        and all(found[0][name] == pytest.approx(value, rel=1e-12) for name, value in nonzero.items())
        and found[1:] == pytest.approx(expected[1:], rel=1e-12, abs=1e-15)
    )


def published_rows(samples: np.ndarray, widths: list[int], weight: list[float], bias: list[float]) -> dict[str, Row]:
    """The papers' rows, one after the other. ``weight``, ``bias``: max|w| and max|b| of each layer; all in [-max, max]."""
    expected: dict[str, Row] = {}
    names = [*["hidden", "second"][: len(widths) - 2], "output"]
    for k, name in enumerate(names):
        inputs, units, W, B = widths[k], widths[k + 1], weight[k], bias[k]
        for p, i in itertools.product(range(len(samples)), range(units)):
            if k == 0:
                a = {f"w({name},{i},{j})": float(samples[p, j]) for j in range(inputs)}
                M = W * float(np.abs(samples[p]).sum()) + B + EPS
            else:
                a = {f"s({name},{p},{i},{j})": 1.0 for j in range(inputs)}
                M = W * inputs + B + EPS
            a[f"b({name},{i})"] = 1.0
            u = f"u({name},{p},{i})"
            expected[f"on({name},{p},{i})"] = ({**a, u: -M}, -M, np.inf)
            expected[f"off({name},{p},{i})"] = ({**a, u: -M}, -np.inf, -EPS)
            for j in range(inputs if k else 0):
                s, w, v = f"s({name},{p},{i},{j})", f"w({name},{i},{j})", f"u({names[k - 1]},{p},{j})"
                expected[f"cap({name},{p},{i},{j})"] = ({s: 1, v: -W}, -np.inf, 0.0)
                expected[f"floor({name},{p},{i},{j})"] = ({s: 1, v: W}, 0.0, np.inf)
                expected[f"under({name},{p},{i},{j})"] = ({s: 1, w: -1, v: W}, -np.inf, W)
                expected[f"over({name},{p},{i},{j})"] = ({s: 1, w: -1, v: -W}, -W, np.inf)
    return expected


DEEP = """
layer hidden: 2 step units weights in [-1, 1]  bias in [-3, 3]
layer second: 3 step units weights in {-2..2}  bias in {-4..4}
layer output: classes step units weights in [-0.5, 0.5] bias in [-1, 1]
"""
SHALLOW = (
    "layer hidden: 2 step units weights in {-3..3} bias in {-2..2} layer output: 1 step unit weights in [-1, 1] bias in [-1, 1]"
)


@pytest.mark.parametrize(
    ("network", "y", "widths", "weight", "bias"),
    [
        (DEEP, ["a", "b", "c"], [2, 2, 3, 3], [1, 2, 0.5], [3, 4, 1]),
        (SHALLOW, Y, [2, 2, 1], [3, 1], [2, 1]),
        ("layer output: 1 step unit weights in [-1, 1] bias in [-7, 7]", Y, [2, 1], [1], [7]),
    ],
    ids=["two hidden layers, three classes", "one hidden layer", "perceptron"],
)
def test_the_rows_are_the_papers(network: str, y: list[str], widths: list[int], weight: list[float], bias: list[float]) -> None:
    model = pipeline(network, y=y).milp
    found, expected = rows_of(model), published_rows(X, widths, weight, bias)
    assert found.keys() == expected.keys()
    assert [name for name in expected if not same(found[name], expected[name])] == []
    binaries = [j for j, name in enumerate(model.column_names) if name.startswith("u(")]
    assert (model.lower[binaries] == 0).all()
    assert (model.upper[binaries] == 1).all()


def test_nothing_is_decided_or_dropped() -> None:
    """`bias none`: the third sample is all zeros, which our own form knows to be active."""
    text = "layer output: 1 step unit weights in [-1, 1] bias none"
    own = bdnnc.compile(f"{DATA}network {{ {text} }}\nminimize hamming", data=(X, Y)).milp
    found = pipeline(text).milp
    assert own.lower.tolist() != found.lower.tolist()
    assert len(own.row_lower) < len(found.row_lower) == 2 * len(X)
    zeros = rows_of(found)
    assert same(zeros["on(output,2,0)"], ({"u(output,2,0)": -EPS}, -EPS, np.inf))
    assert same(zeros["off(output,2,0)"], ({"u(output,2,0)": -EPS}, -np.inf, -EPS))


def test_real_biases_on_a_lattice_are_as_declared() -> None:
    """Our own form lets the internal bias begin below its domain."""
    text = "layer output: 1 step unit weights in {-1, 0, 1} bias in [-0.3, 1]"
    model = pipeline(text).milp
    own = bdnnc.compile(f"{DATA}network {{ {text} }}\nminimize hamming", data=(X, Y)).milp
    place = list(model.column_names).index("b(output,0)")
    assert (model.lower[place], model.upper[place]) == (-0.3, 1)
    assert own.lower[list(own.column_names).index("b(output,0)")] < -0.3


def test_a_shared_bias_is_one_column() -> None:
    model = pipeline("layer hidden: 2 step units weights in [-1, 1] bias shared in [-2, 2] layer output: 1 step unit").milp
    row = rows_of(model)["on(hidden,0,1)"]
    assert row[0]["b(hidden)"] == 1
    assert row[0]["u(hidden,0,1)"] == pytest.approx(-(2.5 + 2 + EPS))


OUTSIDE = {
    "sign units": ("layer h: 2 sign units weights in {-1, 1} layer output: 1 step unit", "minimize hamming"),
    "linear units": ("layer output: 1 linear unit weights in [-1, 1]", "minimize zero_one"),
    "heights of steps": ("layer h: 2 step(2) units layer output: 1 step unit", "minimize hamming"),
    "declared margins": ("layer output: 1 step unit margin 0.1", "minimize hamming"),
    "scaled sets": ("layer output: 1 step unit weights in scaled {-1, 1} by [0.1, 1]", "minimize hamming"),
    "absent connections": ("layer output: 1 step unit", "minimize hamming + 0.1 * l0(output.weights)"),
    "masks": ('layer output: 1 step unit mask "mask.csv"', "minimize hamming"),
    "fixed weights": ('layer output: 1 step unit weights fixed "given.npz"', "minimize hamming"),
    "fixed biases": ('layer output: 1 step unit bias fixed "given.npz"', "minimize hamming"),
    "loss `zero_one`": ("layer output: 1 step unit", "minimize zero_one"),
    "loss `hinge`": ("layer output: 1 linear unit weights in [-1, 1]", "minimize hinge(1)"),
    "goal but `hamming`": ("layer output: 1 step unit", "minimize hamming + 2 * errors"),
    "second goal": ("layer output: 1 step unit", "minimize hamming then maximize margin"),
    "constraints": ("layer output: 1 step unit", "minimize hamming subject to { errors <= 2 }"),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_what_the_papers_do_not_have_is_refused(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mask.csv").write_text("1,0\n", encoding="utf-8")
    np.savez(tmp_path / "given.npz", weights=np.array([[1.0, -1.0]]), bias=np.array([0.5]))
    made = pipeline(*OUTSIDE[what])
    with pytest.raises(UserError) as caught:
        made.formulation  # noqa: B018
    found = {diagnostic.message: diagnostic for diagnostic in caught.value.diagnostics}
    named = found[f"the published formulation knows no {what}"]
    assert named.code == "E339"
    assert named.primary is not None
    assert named.help is not None


def test_constraints_of_signs_are_refused() -> None:
    with pytest.raises(UserError, match="knows no constraints"):
        pipeline("layer output: 1 step unit", "minimize hamming subject to { monotone increasing in 0 }").formulation  # noqa: B018


def test_an_unknown_formulation() -> None:
    with pytest.raises(UserError) as caught:
        bdnnc.compile(f"{DATA}network {{ layer output: 1 step unit }} minimize hamming", data=(X, Y), formulation="papers")
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [("E649", "there is no formulation `papers`")]


def perceptron(weight: Fraction, bias: Fraction) -> Network:
    weights, biases = np.array([[weight]], dtype=object), np.array([bias], dtype=object)
    return Network((), (Layer("output", "step", weights, biases, np.zeros((1, 1), dtype=bool), EPSILON),), ("0", "1"))


def test_a_true_answer_is_accepted_as_it_claims() -> None:
    posed = problem([[0], [1]], [1, 0], [layer("output", 1, 1, interval(-1, 1), BiasRule("in", interval(-1, 1)))])
    formulation = formulate_published(posed)
    verdict = accept(encode(perceptron(Fraction(-1), Fraction(1, 2)), formulation), formulation)
    assert isinstance(verdict, Accepted)
    assert verdict.objective == 0


def test_a_false_answer_is_taken_at_its_word() -> None:
    """Finite weights: nothing can be re-chosen, so what is claimed of the second sample stays false."""
    posed = problem([[0], [1]], [1, 0], [layer("output", 1, 1, finite(-1, 0, 1), BiasRule("in", finite(-1, 0, 1)))])
    formulation = formulate_published(posed)
    vector = encode(perceptron(Fraction(-1), Fraction(1)), formulation)  # a = 1, 0: both active
    names = list(lower(formulation.program).column_names)
    vector[names.index("u(output,1,0)")] = 0
    verdict = accept(vector, formulation)
    assert isinstance(verdict, Accepted)
    assert verdict.objective == 1
    assert verdict.network.layers[0].weights.tolist() == [[-1]]


FALSE = """
network { layer output: 1 step unit weights in [-1, WIDEST] bias in {-1} }
minimize hamming
"""


def trained(widest: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[bdnnc.TrainedNetwork, str]:
    """The second point needs a weight of 1: where the set ends a hair below, a solver that is given no room for its
    tolerances claims it all the same. Trained by the command line, with what it said."""
    (tmp_path / "points.csv").write_text("a,b,y\n1,0,1\n0,1,0\n0,0,0\n1,1,1\n", encoding="utf-8")
    text = 'data { from "points.csv" target "y" }' + FALSE.replace("WIDEST", widest)
    (tmp_path / "false.bdnn").write_text(text, encoding="utf-8")
    saved = str(tmp_path / "false.json")
    assert main(["train", str(tmp_path / "false.bdnn"), "-o", saved, "--formulation", "published", "--progress", "none"]) == 0
    return bdnnc.load(saved), capsys.readouterr().err


def test_a_false_optimum_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, said = trained("0.99999999", tmp_path, capsys)
    assert "note: the published form's optimum of 0 is no network's: the best that was accepted has 1" in said
    record = network.training
    assert (record.status, record.objective, record.bound, record.cuts) == ("feasible", 1, 0, 0)


def test_a_true_optimum_needs_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network, said = trained("1", tmp_path, capsys)
    assert "published form's optimum" not in said
    assert (network.training.status, network.training.objective, network.training.bound) == ("optimal", 0, 0)


def test_every_network_with_the_margin_is_a_point() -> None:
    """Random networks whose pre-activations are 0, or at least eps from it, keep every row; the objective is their loss."""
    rng = np.random.default_rng(7)
    points = rng.integers(-2, 3, size=(6, 2)).tolist()
    labels = rng.integers(0, 2, size=6).tolist()
    layers = [
        layer("hidden", 2, 2, finite(-1, 0, 1), BiasRule("in", finite(*range(-3, 4)))),
        layer("output", 1, 2, finite(-1, 0, 1), BiasRule("in", finite(-2, -1, 0, 1, 2)), statement=1),
    ]
    formulation = formulate_published(problem(points, labels, layers))
    model = lower(formulation.program)
    for _ in range(60):
        found = []
        for name, units, inputs, reach in (("hidden", 2, 2, 3), ("output", 1, 2, 2)):
            weights = np.vectorize(Fraction, otypes=[object])(rng.integers(-1, 2, size=(units, inputs)))
            bias = np.vectorize(Fraction, otypes=[object])(rng.integers(-reach, reach + 1, size=units))
            found.append(Layer(name, "step", weights, bias, np.zeros((units, inputs), dtype=bool), EPSILON))
        network = Network((), tuple(found), ("0", "1"))
        vector = encode(network, formulation)
        value = model.A @ vector
        assert model.c @ vector == float(Measured(network, formulation.problem).goal(formulation.goal))
        assert (value >= model.row_lower - 1e-9).all()
        assert (value <= model.row_upper + 1e-9).all()


def test_the_optimum_is_that_of_our_own_form(tmp_path: Path) -> None:
    """Integer data and weights: both classes hold every network, so both optima are the same."""
    text = f"""{DATA}
    network {{
      layer hidden: 2 step units weights in {{-1, 0, 1}} bias in {{-2..2}}
      layer output: 1 step unit weights in {{-1, 0, 1}} bias in {{-2..2}}
    }}
    minimize hamming
    """
    points = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1], [2, 2]]
    compiled = bdnnc.compile(text, data=(points, [0, 1, 1, 0, 0, 1]))
    own = compiled.train(time_limit=60)
    published = compiled.train(time_limit=60, formulation="published", save=tmp_path / "published.json")
    assert own.status == "optimal"
    assert published.bound == own.bound == own.loss
    searched = bdnnc.load(tmp_path / "published.json").training.network_class
    assert searched["margin"] == "published"
    assert searched["hidden.margin"] == "published 0.00001"
    assert compiled.program.classes[0].kind == "exact"


def test_the_class_of_a_program_says_so() -> None:
    program: Program = pipeline("layer output: 1 step unit weights in [-1, 1]").program
    assert [(c.kind, c.margin_text, c.reason) for c in program.classes] == [("published", "published 0.00001", "published")]
