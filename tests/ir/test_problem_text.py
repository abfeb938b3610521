"""The Problem as text, with everything that it can hold."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bdnnc.exact import ExactMatrix
from bdnnc.ir.domains import BitsDomain, LatticeDomain, ListDomain, RealDomain, ScaledDomain
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Statement, Targets
from bdnnc.ir.problem_text import problem_text
from bdnnc.ir.quantity_text import quantity_text
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
    Term,
    UnitsUsed,
)

HERE = Path(__file__).parent
ONE, HALF = Fraction(1), Fraction(1, 2)


def layer(name, unit, units, inputs, domain, bias, statement, **more) -> ProblemLayer:
    fields = {
        "free": np.ones((units, inputs), bool),
        "constant": np.full((units, inputs), Fraction(0), dtype=object),
        "absent": np.zeros((units, inputs), bool),
        "margin": None,
        **more,
    }
    return ProblemLayer(name, unit, units, inputs, domain, bias=bias, statement=statement, **fields)


def whole() -> Problem:
    holes = np.array([[True, True, False], [True, False, True]])
    minus = LatticeDomain(Fraction(-1), ONE, 2)
    layers = (
        layer(
            "first", "step", 2, 3, ListDomain((Fraction(-2), HALF, ONE)), BiasRule("auto"), 0, free=holes, absent=~holes,
            sparse=True, height=Fraction(3), margin="exact",
        ),
        layer("second", "sign", 2, 2, BitsDomain(2), BiasRule("in", minus), 1, margin=HALF, start=np.zeros((2, 2))),
        layer("third", "step", 2, 2, RealDomain(-ONE, ONE), BiasRule("shared", RealDomain(-ONE, Fraction(1, 3))), 2),
        layer("fourth", "sign", 1, 2, ScaledDomain((-ONE, ONE), HALF, ONE), BiasRule("none"), 3),
        layer("fifth", "linear", 2, 1, minus, BiasRule("fixed", None, (ONE, -HALF)), 4, free=np.zeros((2, 1), bool)),
    )  # fmt: skip
    hinge = Goal(
        "minimize",
        (
            Term(ONE, Loss("hinge", HALF, (ONE, Fraction(4)))),
            Term(Fraction(1, 100), Norm("l0", "weights", (0, 1))),
        ),
        Fraction(-3),
        "hinge(0.5) weighted [1, 4] + 0.01 * l0(weights) - 3",
        within=HALF,
    )
    return Problem(
        layers=layers,
        patterns=ExactMatrix.from_fractions([[ONE, ONE, HALF], [ONE, HALF, ONE]]),
        counts=np.array([[3, 1], [0, 2]]),
        classes=("no", "yes"),
        inputs=("age", "sex=f", "age^2"),
        columns=(4, 1, 4),
        goals=(hinge, Goal("maximize", (Term(ONE, Margin(0)),), Fraction(0), "margin(first)")),
        goal_statements=(5, 6),
        statements=tuple(Statement(f"statement {number}", None) for number in range(9)),
        constraints=(Constraint((Term(ONE, FanIn(0)),), "<=", Fraction(2), 2, "fan_in(first) <= 2"),),
        constraint_statements=(7,),
        monotone=(Monotone(False, (0, 2), None, 'monotone decreasing in "age"'),),
        monotone_statements=(8,),
    )


def test_the_text_is_as_expected(golden) -> None:
    golden(problem_text(whole()), HERE / "problem.txt")


def test_regression_tells_its_targets(golden) -> None:
    targets = Targets(np.array([0, 1, 1]), np.array([HALF, Fraction(-1, 3), ONE], dtype=object), np.array([1, 2, 3]))
    goal = Goal("minimize", (Term(ONE, Loss("absolute")),), Fraction(0), "absolute")
    monotone = Monotone(True, (1,), 1, 'monotone increasing in "sex"')
    problem = replace(
        whole(), counts=np.array([[4], [2]]), classes=(), targets=targets, goals=(goal,), goal_statements=(5,),
        monotone=(monotone,),
    )  # fmt: skip
    golden(problem_text(problem), HERE / "regression.txt")


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Loss("hamming"), "hamming"),
        (Loss("zero_one", weights="balanced"), "zero_one weighted balanced"),
        (Loss("hamming", weights=(HALF, ONE)), "hamming weighted [0.5, 1]"),
        (Loss("hinge", Fraction(1, 3)), "hinge(1/3)"),
        (Loss("absolute"), "absolute"),
        (Errors(), "errors"),
        (Errors(1), "errors of `yes`"),
        (Norm("l1", "bias", (1,)), "l1(second.bias)"),
        (Norm("linf", "weights", (0, 2)), "linf(first.weights, third.weights)"),
        (UnitsUsed(0), "units(first)"),
        (FeaturesUsed(), "features_used"),
        (Margin(), "margin"),
        (Margin(1), "margin(second)"),
        (Margins(), "margins"),
        (FanIn(2), "fan_in(third)"),
        (Parameters(0, "weights", (0, 1), (0, 1)), "first.weights[0, `age`], first.weights[1, `sex=f`]"),
        (Parameters(1, "weights", (0,), (1,)), "second.weights[0, 1]"),
        (Parameters(1, "bias", (0, 1)), "second.bias[0], second.bias[1]"),
        (Parameters(1, "bias", tuple(range(9))), "second.bias[0] .. second.bias[8]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_quantity_has_words(quantity: Quantity, text: str) -> None:
    assert quantity_text(quantity, whole()) == text
