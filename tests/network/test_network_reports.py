"""What is shown of a network: evaluation, predictions, tables, the summary."""

from __future__ import annotations

import dataclasses
import io
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bdnnc.data.dataset import Samples
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.language.quantities import Loss, Term
from bdnnc.network.evaluation import evaluate, percent, predict_labels, predict_values, short_text, write_predictions
from bdnnc.network.network import Layer, Network
from bdnnc.network.text import network_html, network_text, summary


def and_network(classes: tuple[str, ...] = ("no", "yes")) -> Network:
    one = Fraction(1)
    weights, bias = np.array([[one, one]], dtype=object), np.array([Fraction(-2)], dtype=object)
    return Network((), (Layer("output", "step", weights, bias, np.zeros((1, 2), bool)),), classes)


POINTS = ExactMatrix.from_fractions([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_evaluation_shows_errors_and_accuracy_apart() -> None:
    samples = Samples(POINTS, np.array([0, 1, 0, 1]), np.arange(4))
    report = evaluate(and_network(), samples, [Term(Fraction(1), Loss("hamming", weights=(Fraction(1), Fraction(5, 2))))])
    assert report.text() == (
        "samples                      4\n"
        "loss                         2.5\n"
        "errors, a tie is an error    1\n"
        "accuracy of predict          75.00 % (3 of 4)\n"
        "\n"
        "true class \\ predicted\n"
        "       no  yes\n"
        "  no    2    0\n"
        "  yes   1    1\n"
    )
    assert report.table() == {
        "samples": 4,
        "loss": Fraction(5, 2),
        "errors": 1,
        "accuracy": Fraction(3, 4),
        "classes": ["no", "yes"],
        "confusion": [[2, 0], [1, 1]],
    }


def test_predictions_are_streamed_as_csv() -> None:
    network = and_network(("no, never", 'ye"s'))
    stream = io.StringIO()
    assert write_predictions(network, [POINTS, POINTS.rows(np.array([3]))], stream) == 5
    assert stream.getvalue() == 'class\n"no, never"\n"no, never"\n"no, never"\n"ye""s"\n"ye""s"\n'
    assert predict_labels(network, POINTS) == ["no, never"] * 3 + ['ye"s']


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "- (0 of 0)"),
        (2, 3, "66.66 % (2 of 3)"),
        (99_999, 100_000, "99.99 % (99999 of 100000)"),
        (5, 5, "100.00 % (5 of 5)"),
    ],
)
def test_percent_is_cut(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


def test_text_of_a_network(case: Any) -> None:
    assert network_text(case.network) == (
        "3 inputs -> hidden (2 step) -> output (1 sign) -> 2 classes\n"
        "\n"
        "hidden: 2 step units, margin 0.001, 1 absent connection\n"
        "  unit  age  mass  dose>1  bias\n"
        "     0    1     0      -1  -0.3\n"
        "     1  0.1  -1/3       .  0.05\n"
        "\n"
        "output: 1 sign unit\n"
        "  unit  hidden[0]  hidden[1]  bias\n"
        "     0          1          1  -1.5\n"
    )
    assert repr(case.network) == network_text(case.network)


def test_html_escapes_names(case: Any) -> None:
    html = network_html(case.network)
    assert "<th>dose&gt;1</th>" in html
    assert "<td>-1/3</td>" in html
    assert case.network._repr_html_() == html


def test_large_tables_are_cut_and_long_numbers_say_that_they_are() -> None:
    weights = np.full((30, 40), Fraction(1, 10**17) + 1, dtype=object)
    layer = Layer("output", "step", weights, np.full(30, Fraction(10) ** 400, dtype=object), np.zeros((30, 40), bool))
    inputs = tuple(dataclasses.replace(entry, name=f"x{j}") for j, entry in enumerate([_input()] * 40))
    lines = network_text(Network(inputs, (layer,), tuple(map(str, range(30))))).splitlines()
    assert len(lines) == 2 + 1 + 1 + 20 + 1
    assert lines[4].split() == ["0", *["~1"] * 16, "...", "~inf"]


def _input() -> Any:
    from bdnnc.data.inputs import Input, Scaled

    return Input("x", 0, Scaled())


def test_summary_tree(case: Any) -> None:
    assert summary(case.model, 2.25, "model.json") == (
        "trained, saved as model.json\n"
        "├── feasible (exact, highs 1.16.0) in 2.2 s, 1 cut from acceptance\n"
        "├── minimize 2 * hamming weighted balanced + 1: 121/6, bound 1.5\n"
        "├── sets\n"
        "│   ├── train: 9 errors (a tie is an error), accuracy of predict 55.00 % (11 of 20)\n"
        "│   └── test: 5 errors (a tie is an error), accuracy of predict 44.44 % (4 of 9)\n"
        "└── network\n"
        "    ├── 3 inputs -> hidden (2 step) -> output (1 sign) -> 2 classes\n"
        "    ├── connections of hidden: 4 of 6\n"
        "    ├── smallest margin of hidden: 82/2625\n"
        "    └── smallest margin of output: 0.5\n"
    )


def test_summary_of_regression_goals_and_constraints(regression: Any) -> None:
    assert summary(regression.model) == (
        "trained\n"
        "├── optimal (exact)\n"
        "├── minimize absolute: 1711/30 (1681/30 before the later goals), proved optimal within 1e-6\n"
        "├── then minimize l0(hidden.weights): 5, proved optimal under the goals before\n"
        "├── then maximize 9 - l1(weights): -0.6, proved optimal under the goals before\n"
        "├── 3 constraints kept\n"
        "├── sets\n"
        "│   ├── train: sum of |a - y| 1711/30 over 16 samples, mean 1711/480\n"
        "│   └── validation: sum of |a - y| 1231/60 over 5 samples, mean 1231/300\n"
        "└── network\n"
        "    ├── 6 inputs -> hidden (2 step(1.5)) -> output (1 linear) -> a number\n"
        "    ├── connections of hidden: 5 of 12\n"
        "    └── smallest margin of hidden: 0.09\n"
    )


def test_summary_of_a_goal_that_is_bounded_from_above(case: Any) -> None:
    first = case.model.training.goals[0]
    for goal, text in (
        (dataclasses.replace(first, sense="maximize", bound=Fraction(30)), "121/6, bound 30"),
        (dataclasses.replace(first, bound=None), "121/6, no bound"),
        (dataclasses.replace(first, bound=first.value), "121/6, proved optimal"),
    ):
        training = dataclasses.replace(case.model.training, goals=(goal,))
        lines = summary(dataclasses.replace(case.model, training=training)).splitlines()
        assert lines[2] == f"├── {goal.sense} 2 * hamming weighted balanced + 1: {text}"


def proofs(model: Any, **changes: Any) -> list[str]:
    """What the summary says of the goals of a training with these changes, after their values."""
    training = dataclasses.replace(model.training, **changes)
    lines = summary(dataclasses.replace(model, training=training)).splitlines()[2 : 2 + len(training.goals)]
    return [line.split(", ", 1)[1] for line in lines]


def test_proved_is_said_only_of_what_is_proved(case: Any) -> None:
    """Beside an overall `feasible` a bound within 1e-6 is no proof: on a lattice it isn't one."""
    first = dataclasses.replace(case.model.training.goals[0], bound=case.model.training.goals[0].value)
    near = dataclasses.replace(first, value=Fraction(5, 10**12), bound=Fraction(0))
    far = dataclasses.replace(first, value=Fraction(5), bound=Fraction(4))
    goals = (first, near, far)
    assert proofs(case.model, goals=goals, status="feasible") == [
        "proved optimal",
        "within 1e-6 of its bound under the goals before",
        "bound 4",
    ]
    assert proofs(case.model, goals=goals[:2], status="optimal") == [
        "proved optimal",
        "proved optimal within 1e-6 under the goals before",
    ]
    assert proofs(case.model, goals=(first,), network_class={"margin": "chosen"}) == [
        "proved optimal among networks of the chosen margins"
    ]


@pytest.mark.parametrize(
    ("margin", "sense", "text"),
    [
        ("exact", "minimize", "better than 1.2e-07, which the solver took for the least"),
        ("exact", "maximize", "better than 1.2e-07, which the solver took for the most"),
        ("chosen", "minimize", "better than 1.2e-07, the least with the chosen margins"),
    ],
)
def test_a_network_that_is_better_than_the_optimum_of_its_model(case: Any, margin: str, sense: Any, text: str) -> None:
    goal = dataclasses.replace(case.model.training.goals[0], sense=sense)
    objective = Fraction(12, 10**8)
    found = proofs(case.model, goals=(goal,), model_objective=objective, network_class={"margin": margin})
    assert found == [text]


@pytest.mark.parametrize(
    ("value", "text"), [(Fraction(3, 10**8), "3e-08"), (Fraction(10) ** 20, "1e+20"), (Fraction(10**20, 3), "~3.33333e+19")]
)
def test_a_tilde_marks_digits_that_are_left_out(case: Any, value: Fraction, text: str) -> None:
    goal = dataclasses.replace(case.model.training.goals[0], value=value, bound=None)
    training = dataclasses.replace(case.model.training, goals=(goal,))
    assert f": {text}, no bound" in summary(dataclasses.replace(case.model, training=training))


def values_network(bias: Fraction = Fraction(0)) -> Network:
    weights = np.array([[Fraction(1, 2), Fraction(1, 3)]], dtype=object)
    return Network((), (Layer("output", "linear", weights, np.array([bias], dtype=object), np.zeros((1, 2), bool)),), ())


def test_evaluation_of_values() -> None:
    targets = np.array([Fraction(0), Fraction(1), Fraction(0), Fraction(1, 3)], dtype=object)
    samples = Samples(POINTS, np.zeros(4, dtype=np.int64), np.arange(4), targets)
    report = evaluate(values_network(), samples, [Term(Fraction(3), Loss("absolute"))])
    assert report.text() == (
        "samples                      4\n"
        "loss                         5\n"
        "sum of |a - y|               1.6666666666666667\n"
        "mean of |a - y|              0.41666666666666667\n"
        "largest |a - y|              0.66666666666666667\n"
    )
    assert report.table() == {
        "samples": 4,
        "loss": Fraction(5),
        "absolute": Fraction(5, 3),
        "mean_absolute": Fraction(5, 12),
        "largest_absolute": Fraction(2, 3),
    }
    assert "loss" not in evaluate(values_network(), samples).text()
    with pytest.raises(InternalError, match="must both have classes"):
        evaluate(and_network(), samples)
    with pytest.raises(InternalError, match="must both have classes"):
        evaluate(values_network(), Samples(POINTS, np.zeros(4, dtype=np.int64), np.arange(4)))


def test_predicted_values_are_exact_where_short() -> None:
    stream = io.StringIO()
    assert write_predictions(values_network(), [POINTS], stream) == 4
    assert stream.getvalue() == "value\n0\n0.33333333333333333\n0.5\n0.83333333333333333\n"
    assert predict_values(values_network(), POINTS) == [0, Fraction(1, 3), Fraction(1, 2), Fraction(5, 6)]
    with pytest.raises(InternalError, match="predicts classes"):
        predict_values(and_network(), POINTS)
    with pytest.raises(InternalError, match="predicts values"):
        predict_labels(values_network(), POINTS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(-5, 4), "-1.25"),
        (Fraction("0.1234567890123456"), "0.1234567890123456"),
        (Fraction("1.2345678901234567891"), "1.2345678901234568"),
        (Fraction(10**17 - 1), "99999999999999999"),
        (Fraction(10**17 + 1), "1.0000000000000000E+17"),
        (Fraction(1, 2**100), "7.8886090522101181E-31"),
        (Fraction(-2, 3), "-0.66666666666666667"),
        (Fraction(10) ** 400 / 3, "3.3333333333333333E+399"),
    ],
)
def test_numbers_of_more_than_17_digits_are_rounded(value: Fraction, text: str) -> None:
    assert short_text(value) == text
