"""Layers, goals and constraints of the whole language, resolved to numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    UnitsUsed,
)
from bdnnc.language.spec import ArrayFile, Bits, Conflicts, DataSpec, FiniteSet, Interval, ModelSpec, ScaledSet
from bdnnc.language.spec_text import spec_text
from tests.language.support import GOOD, Data, check_example, check_text

F = Fraction
DATA = 'data { from "points.csv" target "class" }\n'
NETWORK = """network {
  layer hidden: 3 step units
    weights in {-1, 0, 1}
  layer second: 2 step units
    weights in {-1, 1}
  layer output: 1 step unit
    weights in {-1, 0, 1}
}
"""


def example(name: str) -> tuple[DataSpec, ModelSpec]:
    checked = check_example(next(path for path in GOOD if path.stem == name))
    assert checked.data is not None
    assert checked.model is not None
    return checked.data, checked.model


def parts(statement: Goal | Constraint) -> list[tuple[Fraction, Quantity]]:
    return [(term.coefficient, term.quantity) for term in statement.terms]


def goals(text: str, classes: tuple[str, ...] = ("a", "b")) -> tuple[Goal, ...]:
    checked = check_text(DATA + NETWORK + text, classes=classes)
    assert checked.model is not None, checked.codes
    return checked.model.goals


def constraint(text: str, allow: str = "") -> Constraint:
    checked = check_text(DATA + NETWORK + f"minimize hamming\nsubject to {{ {text} {allow}\n}}", classes=("a", "b"))
    assert checked.model is not None, checked.codes
    return checked.model.constraints[0]


# --- layers and data ------------------------------------------------------------------------------------------------


def test_layers_of_whole() -> None:
    _, model = example("whole")
    first, second, third, output = model.layers
    assert (first.unit, first.height, first.powers, first.weights) == ("step", F(5, 2), 2, Bits(2))
    assert first.start is not None
    assert first.start.path == Path("folder/start.npz")
    assert first.bias.kind == "fixed"
    assert isinstance(first.bias.file, ArrayFile)
    assert first.bias.file.text == "bias.npz"
    assert second.weights == ScaledSet(FiniteSet((F(-1), F(0), F(1))), F(1, 100), F(10))
    assert third.weights == FiniteSet(tuple(F(part, 4) for part in range(-4, 5)))
    assert third.bias.domain == Bits(3)
    assert (output.units, output.weights, output.height, output.powers) == (2, Interval(F(-100), F(100)), 1, 1)


def test_encodes_of_whole() -> None:
    data, _ = example("whole")
    first, second = data.encodes
    assert ([column.value for column in first.columns], first.kind, first.levels) == (["sex"], "onehot", None)
    assert ([column.value for column in second.columns], second.kind, second.levels) == ([2], "thermometer", 2)
    assert not data.regression


def test_regression_is_what_the_goals_say() -> None:
    data, model = example("regression")
    assert data.regression
    assert model.layers[1].unit == "linear"
    assert parts(model.goals[0])[0] == (1, Loss("absolute"))


@pytest.mark.parametrize("places", [0, 1, 15])
def test_fixed_point(places: int) -> None:
    layer = f"  layer output: 1 step unit\n    weights in fixed({places})\n"
    model = check_text(f"{DATA}network {{\n{layer}}}\nminimize hamming", classes=("a", "b")).model
    assert model is not None
    values = model.layers[0].weights
    assert isinstance(values, FiniteSet)
    assert len(values.values) == 2 ** (places + 1) + 1
    assert (values.values[0], values.values[1], values.values[-1]) == (-1, F(1, 2**places) - 1, 1)


# --- goals ----------------------------------------------------------------------------------------------------------


def test_goals_of_whole() -> None:
    _, model = example("whole")
    first, second, third, fourth, fifth = model.goals
    assert [goal.sense for goal in model.goals] == ["minimize", "minimize", "maximize", "maximize", "minimize"]
    assert [goal.within for goal in model.goals] == [2, 0, 0, 0, 0]
    assert parts(first) == [
        (2, Loss("hamming", F(0), (F(1), F(4)))),
        (F(1, 2), Norm("l1", "weights", (3,))),
        (F(1, 10), UnitsUsed(0)),
    ]
    assert parts(second) == [(1, Errors(0)), (1, Errors()), (1, FeaturesUsed())]
    assert second.constant == 1
    assert parts(third) == [(1, Margin()), (F(-1, 100), Norm("l2", "weights", (2,)))]
    assert parts(fourth) == [(1, Margin(1)), (2, Margins()), (-1, Norm("linf", "weights", (0, 1, 2, 3)))]
    assert parts(fifth) == [
        (1, Norm("l0", "bias", (2,))),
        (1, Parameters(2, "weights", (0,), (1,))),
        (F(-1, 4), Parameters(3, "bias", (1,))),
    ]
    assert second.text == "errors of who + nominal errors + features_used + 1"


def test_hinge_and_labels_that_are_numbers() -> None:
    _, model = example("hinge")
    assert parts(model.goals[0]) == [(1, Loss("hinge", F(1, 2), "balanced")), (1, Errors(1))]
    assert model.monotone == (Monotone(True, (1,), 2, 'monotone increasing in "b" for class 6', model.monotone[0].span),)


def test_none_is_the_constant_0() -> None:
    _, model = example("none")
    assert [(goal.terms, goal.constant) for goal in model.goals] == [((), 0)]
    assert parts(model.constraints[1]) == [(1, Errors(1))]


def test_equal_quantities_are_added_up() -> None:
    (goal,) = goals("minimize hamming + 2 * l0(weights) + errors - l0(weights) + 0 * units(hidden)")
    assert parts(goal) == [(1, Loss("hamming")), (1, Norm("l0", "weights", (0, 1, 2))), (1, Errors())]


def test_a_loss_with_coefficient_0_is_none() -> None:
    (goal,) = goals("minimize 0 * hamming + l0(weights)")
    assert parts(goal) == [(1, Norm("l0", "weights", (0, 1, 2)))]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("minimize hamming - margin", []),
        ("maximize margin - 0.01 * l1(weights) - errors", []),
        ("maximize -hamming", []),
        ("minimize hamming + margin", ["E343"]),
        ("maximize margin + l1(weights)", ["E343"]),
        ("minimize -1 * errors", ["E343"]),
        ("minimize hamming - hidden.weights[0, 0] - hidden.bias[1]", []),
        ("minimize hamming then minimize hamming", ["W305"]),
        ("minimize hamming within 1 then minimize hamming", []),
        ("minimize hamming then maximize -3 * hamming", ["W305"]),
        ("minimize hamming then minimize errors", []),
        ("minimize hamming then minimize l1(second.weights) + l0(hidden.weights)", []),
        ("minimize hamming then minimize l1(second.weights) + margin - margin", ["E323"]),
        ("minimize hamming then minimize l0(second.weights)", []),  # connections may be absent
    ],
)
def test_senses_and_effects(text: str, codes: list[str]) -> None:
    assert check_text(DATA + NETWORK + text, classes=("a", "b")).codes == codes


@pytest.mark.parametrize(
    ("weights", "bias", "margin", "goal", "warned"),
    [
        ("[-1, 1]", "auto", "", "l1(hidden.weights)", True),
        ("[-1, 1]", "auto", "", "linf(hidden.bias)", True),
        ("[-1, 1]", "{0, 1}", "", "l1(hidden.bias)", False),
        ("[-1, 1]", "auto", "", "l0(hidden.weights)", False),
        ("[-100, 100]", "auto", "margin 1", "l1(hidden.weights)", False),
        ("{-1, 1}", "[-1, 1]", "", "l1(hidden.bias)", False),
        ("scaled {-1, 1} by [0.1, 1]", "none", "", "l1(weights)", True),
    ],
)
def test_penalties_that_a_solver_cannot_see(weights: str, bias: str, margin: str, goal: str, warned: bool) -> None:
    bias = bias if bias in ("auto", "none") else f"in {bias}"
    hidden = f"  layer hidden: 2 step units\n    weights in {weights}\n    bias {bias}\n    {margin}\n"
    network = f"network {{\n{hidden}  layer output: 1 step unit\n    weights in {{-1, 0, 1}}\n}}\n"
    codes = check_text(f"{DATA}{network}minimize hamming + {goal}", classes=("a", "b")).codes
    assert codes == (["W302"] if warned else [])
    later = check_text(f"{DATA}{network}minimize hamming then minimize {goal}", classes=("a", "b")).codes
    assert later == []


# --- constraints ----------------------------------------------------------------------------------------------------


def test_constraints_of_whole() -> None:
    _, model = example("whole")
    errors, fan_in, *_ = model.constraints
    assert parts(errors) == [(1, Errors(0)), (2, Errors())]
    assert (errors.sense, errors.bound, errors.rows) == ("<=", 9, 1)
    assert (parts(fan_in), fan_in.rows) == ([(1, FanIn(0))], 4)
    assert [c.rows for c in model.constraints] == [1, 4, 4, 2, 3 + 1, 1, 1, 1]
    starred = model.constraints[2]
    assert parts(starred) == [
        (-2, Parameters(0, "weights", (0, 1, 2, 3), (0, 0, 0, 0))),
        (1, Parameters(0, "weights", (0, 0, 0, 0), (7, 7, 7, 7))),
    ]
    assert (starred.sense, starred.bound) == (">=", -4)
    assert starred.text == '4 >= 2 * first.weights[*, "age"] - first.weights[0, "dose^2"]'


def test_monotone_means_all_powers_of_all_inputs_of_a_column() -> None:
    _, model = example("whole")
    sex, age = model.monotone
    assert (sex.increasing, sex.inputs, sex.output) == (True, (1, 2, 5, 6), None)
    assert (age.increasing, age.inputs, age.output) == (False, (0, 4), 1)


@pytest.mark.parametrize(
    ("text", "increasing"),
    [("increasing", True), ('increasing in "a" for class "b"', True), ('increasing in "a" for class "a"', False)],
)
def test_monotone_of_one_output_unit(text: str, increasing: bool) -> None:
    words = text if " in " in text else f'{text} in "a"'
    checked = check_text(f"{DATA}{NETWORK}minimize hamming subject to {{ monotone {words} }}", classes=("a", "b"))
    assert checked.model is not None
    (monotone,) = checked.model.monotone
    assert (monotone.increasing, monotone.inputs, monotone.output) == (increasing, (0,), None)


@pytest.mark.parametrize(
    ("text", "rows", "units", "inputs"),
    [
        ("hidden.weights[*, 1] <= 0", 3, (0, 1, 2), (1, 1, 1)),
        ("hidden.weights[2, *] <= 0", 2, (2, 2), (0, 1)),
        ("hidden.weights[*, *] <= 0", 6, (0, 0, 1, 1, 2, 2), (0, 1, 0, 1, 0, 1)),
        ("hidden.bias[*] <= 0", 3, (0, 1, 2), ()),
    ],
)
def test_stars_are_rows(text: str, rows: int, units: tuple[int, ...], inputs: tuple[int, ...]) -> None:
    found = constraint(text)
    part = "weights" if inputs else "bias"
    assert (found.rows, parts(found)) == (rows, [(1, Parameters(0, part, units, inputs))])


def test_both_sides_are_linear() -> None:
    found = constraint("2 * errors - 1 <= 3 * (errors + l0(hidden.weights)) / 2 + 4")
    assert parts(found) == [(F(1, 2), Errors()), (F(-3, 2), Norm("l0", "weights", (0,)))]
    assert (found.sense, found.bound) == ("<=", 5)


def test_unit_rows_meet_fan_in_of_one_size() -> None:
    found = constraint("fan_in(hidden) <= second.weights[0, 0] + hidden.bias[*]")
    assert parts(found) == [
        (1, FanIn(0)),
        (-1, Parameters(1, "weights", (0, 0, 0), (0, 0, 0))),
        (-1, Parameters(0, "bias", (0, 1, 2))),
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("errors <= 0", []),
        ("errors >= 100", []),
        ("errors >= 101", ["E350"]),
        ("errors <= 99", []),
        ("errors <= 100", ["W304"]),
        ("l0(second.weights) >= 7", ["E350"]),
        ("l0(second.weights) >= 6", []),
        ("l0(second.weights) >= 1", []),
        ("l1(second.weights) >= 6", ["W304"]),  # nothing makes the layer sparse: always 6
        ("l1(second.weights) == 5", ["E350"]),
        ("l1(second.weights) + fan_in(second) <= 8", []),  # sparse now
        ("linf(second.weights) <= 0", ["E350"]),
        ("second.weights[0, 0] == 0", ["E350"]),
        ("second.weights[0, 0] + 0.5 == 1.5", []),
        ("second.weights[0, 0] == 1.5", ["E350"]),
        ("hidden.weights[*, 0] == 0.5", ["E350"]),
        ("hidden.weights[0, 0] >= 2", ["E350"]),
        ("hidden.weights[0, 0] - hidden.weights[1, 0] >= 2", []),
        ("hidden.bias[0] >= 1000", []),
        ("fan_in(hidden) <= 1", []),
        ("fan_in(hidden) == 3", ["E350"]),
        ("units(hidden) <= 3", ["W304"]),
        ("features_used <= 2", ["W304"]),
        ("features_used >= 3", ["E350"]),
        ("errors == errors", ["W304"]),
        ("errors + 1 <= errors", ["E350"]),
    ],
)
def test_ranges(text: str, codes: list[str]) -> None:
    checked = check_text(f"{DATA}{NETWORK}minimize hamming subject to {{ {text} }}", classes=("a", "b"))
    assert checked.codes == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("errors <= 2", ["E351"]),
        ("errors <= 3", []),
        ("errors >= 3", ["W304"]),
        ("errors >= 4", []),
        ("-1 * errors >= -2", ["E101"]),
        ("10 - 2 * errors >= 5", ["E351"]),
        ("10 - 2 * errors >= 4", []),
        ("errors + l0(hidden.weights) == 2", ["E351"]),
        ('errors of "a" <= 0', []),
        ("errors <= -1", ["E350"]),
    ],
)
def test_unavoidable_errors(text: str, codes: list[str]) -> None:
    facts = Data(conflicts=Conflicts(3, (4, 7, 9, 12)))
    checked = check_text(f"{DATA}{NETWORK}minimize hamming subject to {{ {text} }}", classes=("a", "b"), facts=facts)
    assert checked.codes == codes


def test_a_weight_of_a_sparse_layer_may_be_0() -> None:
    text = f"{DATA}{NETWORK}minimize hamming subject to {{ second.weights[0, 0] == 0 fan_in(second) <= 2 }}"
    assert check_text(text, classes=("a", "b")).codes == []


def test_without_data_what_needs_it_is_left_open() -> None:
    statements = 'hidden.weights[*, 7] >= 0 hidden.weights[0, "x"] >= 0 errors of "x" <= 1 monotone increasing in "x"'
    checked = check_text(f"{DATA}{NETWORK}minimize hamming subject to {{ {statements} second.weights[2, 0] <= 0 }}")
    assert checked.codes == ["E345"]
    assert checked.model is None


def test_features_used_counts_columns_of_the_file() -> None:
    facts = Data(inputs=("sex=1@0", "sex=2@0", "age@1"), columns=("sex", "age", "class"))
    for most, codes in ((2, ["E350"]), (1, [])):
        text = f"{DATA}{NETWORK}minimize hamming subject to {{ features_used >= {most + 1} }}"
        assert check_text(text, classes=("a", "b"), facts=facts).codes == codes


# --- the emitted text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["whole", "regression", "hinge", "none"])
def test_spec_text(name: str, golden: Callable[[str, Path], None]) -> None:
    path = next(path for path in GOOD if path.stem == name)
    golden(spec_text(*example(name)), path.with_suffix(".txt"))
