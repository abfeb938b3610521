"""What checked files say in numbers."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from bdnnc.language.quantities import Loss
from bdnnc.language.spec import ArrayFile, Bias, BuiltinSource, FileSource, FiniteSet, Interval
from bdnnc.language.starter import starter
from tests.language.support import GOOD, Checked, check_example, check_text

F = Fraction
DATA = 'data { from sklearn("iris") }\n'
NETWORK = "network { layer hidden: 2 step units layer output: classes step units }\n"
GOAL = "minimize hamming\n"
THREE = ("a", "b", "c")


def everything() -> Checked:
    return check_example(next(path for path in GOOD if path.stem == "everything"))


def test_data_of_everything() -> None:
    data = everything().data
    assert data is not None
    assert isinstance(data.source, FileSource)
    assert data.source.path == Path("folder/points.csv")
    assert data.source.delimiter is not None
    assert data.source.delimiter.value == ";"
    assert data.source.header is not None
    assert data.source.header.value is False
    assert data.target is not None
    assert data.target.value == "class"
    assert data.features is not None
    assert [column.value for column in data.features] == ["age", 3, 5, 6, 7]
    scale = data.scale
    assert (scale.kind, scale.a, scale.signed, scale.digits) == ("binarize", F(1, 2), True, 2)
    assert data.keep is not None
    assert [label.value for label in data.keep.value] == [0, 1, 2, 5]
    assert data.take is not None
    assert data.take.count is not None
    assert (data.take.count.value, data.take.stratified, data.take.seed) == (60, True, 7)
    assert [hold.kind for hold in data.holds] == ["test", "validation"]
    assert data.missing == "drop"


def test_model_of_everything() -> None:
    path = next(path for path in GOOD if path.stem == "everything")
    model = check_text(path.read_text(), classes=("0", "1", "2", "5")).model
    assert model is not None
    first, second, output = model.layers
    assert (first.units, second.units, output.units) == (4, 2, 4)
    assert (first.unit, second.unit) == ("step", "sign")
    assert first.weights == FiniteSet((F(-1), F(0), F(2), F(3), F(4)))
    assert first.bias.kind == "shared"
    assert first.bias.domain == FiniteSet(tuple(map(F, range(-3, 4))))
    assert first.margin is not None
    assert first.margin.value == "exact"
    assert first.mask is not None
    assert first.mask.path == Path("folder/mask.csv")
    assert isinstance(second.weights, ArrayFile)
    assert second.margin is not None
    assert second.margin.value == F(1, 1000)
    assert output.weights == Interval(F(-1), F(1))
    assert output.bias.kind == "none"
    (goal,) = model.goals
    (term,) = goal.terms
    assert term.coefficient == F(1, 2)
    assert term.quantity == Loss("zero_one", F(0), (F(1), F(2), F(3), F(4)))
    assert goal.constant == 1
    assert goal.text == "2 * zero_one weighted [1, 2, 3, 4] / 4 + 1"
    assert model.train is not None
    options = {name: option.value for name, option in model.train.options.items()}
    assert options["gap"] == F(1, 100)
    assert options["solver"] == "highs"
    assert options["start"] == str(Path("folder/model.json"))
    assert {name: option.value for name, option in model.train.solver_options.items()} == {
        "presolve": "on",
        "mip_rel_gap": F(1, 10),
        "parallel": "off",
    }
    assert model.params == {"width": F(4), "half": F(2), "table": "points.csv"}


def test_defaults() -> None:
    checked = check_text(DATA + NETWORK + GOAL, classes=THREE)
    assert checked.model is not None
    assert checked.data is not None
    hidden, output = checked.model.layers
    assert hidden.weights == Interval(F(-1), F(1))
    assert hidden.bias == Bias()
    assert hidden.margin is None
    assert output.units == 3
    assert isinstance(checked.data.source, BuiltinSource)
    assert (checked.data.target, checked.data.features, checked.data.take, checked.data.holds) == (None, None, None, ())
    assert checked.data.scale.kind == "none"
    assert checked.model.train is None


def test_without_facts_what_depends_on_data_is_left_open() -> None:
    checked = check_text(DATA + NETWORK + GOAL)
    assert checked.diagnostics == []
    assert checked.model is None
    assert checked.data is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 / 2", F(7, 2)),
        ("-2 * -3", F(6)),
        ("1 - 2 - 3", F(-4)),
        ("8 / 2 / 2", F(2)),
        ("2 + 3 * 4", F(14)),
        ("(2 + 3) * 4", F(20)),
        ("--3", F(3)),
        ("0.1 + 0.2", F(3, 10)),
        ("1e-3", F(1, 1000)),
        ("min(3, 1, 2) + max(1)", F(2)),
        ("floor(-5 / 2) + ceil(5 / 2) + abs(-1)", F(1)),
        ("samples / 3 + features", F(106, 3)),
        ("classes * other", F(6)),
        ('"text"', "text"),
    ],
)
def test_constants(text: str, value: Fraction | str) -> None:
    source = f"param value = {text} # bdnnc: allow W101\nparam other = 2 # bdnnc: allow W101\n" + DATA + NETWORK + GOAL
    model = check_text(source, classes=THREE).model
    assert model is not None
    assert model.params["value"] == value


@pytest.mark.parametrize(
    ("overrides", "value"),
    [({}, F(3)), ({"width": "5"}, F(5)), ({"width": "2 * other"}, F(4)), ({"width": "7 - 1"}, F(6))],
)
def test_overrides(overrides: dict[str, str], value: Fraction) -> None:
    text = "param width = 3\nparam other = 2 # bdnnc: allow W101\n" + DATA
    text += "network { layer hidden: width step units layer output: 3 step units }\n" + GOAL
    model = check_text(text, overrides=overrides, classes=THREE).model
    assert model is not None
    assert model.layers[0].units == value


@pytest.mark.parametrize("given", ["other.csv", '"other.csv"'])
def test_overridden_strings_need_no_quotes(given: str) -> None:
    text = 'param file = "points.csv"\ndata { from file }\n' + NETWORK + GOAL
    data = check_text(text, overrides={"file": given}).data
    assert data is not None
    assert isinstance(data.source, FileSource)
    assert data.source.text == "other.csv"


@pytest.mark.parametrize(
    ("goal", "coefficient", "constant"),
    [
        ("hamming", F(1), F(0)),
        ("2 * hamming + 1", F(2), F(1)),
        ("1 - 2 + hamming / 4", F(1, 4), F(-1)),
        ("-(-hamming)", F(1), F(0)),
        ("3 * (hamming - 1) * 2", F(6), F(-6)),
        ("zero_one weighted balanced", F(1), F(0)),
    ],
)
def test_goals(goal: str, coefficient: Fraction, constant: Fraction) -> None:
    model = check_text(DATA + NETWORK + f"minimize {goal}", classes=THREE).model
    assert model is not None
    (term,) = model.goals[0].terms
    assert term.coefficient == coefficient
    assert model.goals[0].constant == constant


@pytest.mark.parametrize(
    ("units", "classes", "fits"), [(1, 2, True), (2, 2, True), (3, 3, True), (1, 3, False), (2, 3, False), (3, 2, False)]
)
def test_output_units(units: int, classes: int, fits: bool) -> None:
    text = DATA + f"network {{ layer output: {units} sign units }}\n" + GOAL
    checked = check_text(text, classes=THREE[:classes])
    assert checked.codes == ([] if fits else ["E203"])
    assert (checked.model is not None) == fits


def test_starter() -> None:
    checked = check_text(starter("first"), classes=("malignant", "benign"))
    assert checked.diagnostics == []
    assert checked.model is not None
    assert "first" in starter("first")


def test_reading_a_spec_imports_no_heavy_library() -> None:
    code = (
        "import sys, bdnnc.language as l; from bdnnc.diagnostics import Source; from pathlib import Path\n"
        "tree, found = l.parse(Source('t', 'minimize hamming')); l.check_file(tree, {}, Path())\n"
        "print(sorted({'lark', 'numpy', 'scipy', 'sklearn', 'highspy', 'rich', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
