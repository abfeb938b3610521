"""train that ends without a network says where, why and what to do."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from bdnnc.diagnostics import Diagnostic
from bdnnc.training.no_network import Declared, no_network
from bdnnc.training.outcome import Outcome, StageOutcome, StageStatus
from tests.cli.conftest import SPEC, Runner

ALL_RIGHT = 'subject to {\n  errors of "yes" <= 0\n  errors of "no" <= 0\n}\n'
"""More than a single hidden unit can do on these points."""


def test_constraints_that_exclude_each_other(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "toy.bdnn").write_text(SPEC + ALL_RIGHT, encoding="utf-8")
    done = run("train", "toy.bdnn", "-q", "-D", "width=1", "-o", "toy.json")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error[E520]: no network of the declared class exists\n"
        "  --> toy.bdnn:16:1\n"
        "   |\n"
        "16 | subject to {\n"
        "   | ^^^^^^^ no network keeps these 2 together\n"
        "   |\n"
        "   = note: it would have to keep 2 constraints\n"
        "   = note: `bias auto` of layer `hidden` is {-5..4}\n"
        "   = note: `bias auto` of layer `output` is {-2..1}\n"
        "   = help: leave out constraints one by one to see which exclude each other, or widen weights and biases\n"
    )
    assert not (tmp_path / "toy.json").exists()


def test_chosen_margins_are_named(run: Runner, tmp_path: Path) -> None:
    real = SPEC.replace("weights in {-1, 0, 1}", "weights in [-1, 1]", 1)
    (tmp_path / "toy.bdnn").write_text(real + ALL_RIGHT, encoding="utf-8")
    done = run("train", "toy.bdnn", "-q", "-D", "width=1")
    assert done.code == 1
    assert "note: it would have to keep 2 constraints, among networks of the chosen margins" in done.err
    assert "or widen weights and biases; a smaller `margin` in the layers allows more networks" in done.err
    assert "\n   = note: margin of layer `hidden` chosen 0.0001\n" in done.err
    assert "note: margin of layer `output`" not in done.err
    assert "note: `bias auto` of layer `hidden` is [-" in done.err


@pytest.mark.parametrize("quantity", ["features_used", "fan_in(hidden)", "l0(hidden.weights)"])
def test_inputs_without_influence_are_named_where_a_constraint_counts(run: Runner, tmp_path: Path, quantity: str) -> None:
    (tmp_path / "toy.csv").write_text("a,b,class\n0,3,no\n1,3,yes\n", encoding="utf-8")
    (tmp_path / "toy.bdnn").write_text(f"{SPEC}subject to {{ errors <= 0\n{quantity} <= 0 }}\n", encoding="utf-8")
    done = run("train", "toy.bdnn", "-q", "-D", "width=1")
    assert done.code == 1
    assert "   = note: constant on the training points: `b`\n" in done.err
    (tmp_path / "toy.bdnn").write_text(SPEC + "subject to { errors <= 0\nl1(hidden.weights) <= 0 }\n", encoding="utf-8")
    other = run("train", "toy.bdnn", "-q")
    assert "error[E520]" in other.err
    assert "constant on" not in other.err


def test_a_margin_that_nothing_keeps(run: Runner, tmp_path: Path) -> None:
    """Without constraints the network block is shown."""
    (tmp_path / "points.csv").write_text("1,0\n3,1\n", encoding="utf-8")
    data = 'data { from "points.csv" header no target 1 }\n'
    text = data + "network { layer o: 1 step unit weights in {1} bias none margin 4 }\nminimize hamming\n"
    (tmp_path / "narrow.bdnn").write_text(text, encoding="utf-8")
    done = run("train", "narrow.bdnn", "-q")
    assert done.code == 1
    assert "--> narrow.bdnn:2:1" in done.err
    assert "note: there are no constraints: its weights, biases and margins exclude each other" in done.err
    assert "help: widen weights and biases, or make margins smaller" in done.err


def told(status: StageStatus, message: str = "", constraints: int = 0) -> Diagnostic:
    stage = StageOutcome(status, None, None, Fraction(0), 0, 0, 1e-6, message)
    return no_network(Outcome((stage,)), Declared(constraints, "exact", None))


@pytest.mark.parametrize(
    ("status", "message", "constraints", "code", "notes"),
    [
        ("no_solution", "", 0, "E521", ()),
        (
            "no_solution",
            "",
            3,
            "E521",
            ("a network has to keep 3 constraints; most of the time may go into finding the first that does",),
        ),
        ("no_solution", "out of memory", 0, "E522", ()),
        ("infeasible", "", 1, "E520", ("it would have to keep 1 constraint",)),
    ],
)
def test_each_end_without_a_network_has_a_way_out(
    status: StageStatus, message: str, constraints: int, code: str, notes: tuple[str, ...]
) -> None:
    found = told(status, message, constraints)
    assert (found.code, found.notes) == (code, notes)
    assert found.help
    assert message in found.message


def test_a_refusal_is_no_failure_of_the_solver() -> None:
    stage = StageOutcome("no_solution", None, None, Fraction(0), 0, 0, 1e-6, "too many", refusal="`errors <= 1` does not hold")
    found = no_network(Outcome((stage,)), Declared(1, "exact", None))
    assert found.code == "E522"
    assert found.message == (
        "no network with exactly what the solver claimed could be written down: `errors <= 1` does not hold"
    )
    assert found.notes
    assert found.help is not None
    assert "`margin`" in found.help
    assert "--seed" not in found.help
    assert "the solver failed" in told("no_solution", "out of memory").message
