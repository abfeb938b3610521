"""Constraints against their definitions: a network has a point of the rows iff it keeps the constraint."""

from __future__ import annotations

import operator
from fractions import Fraction

import numpy as np
import pytest

from bdnnc.formulation.builder import Builder, Expression
from bdnnc.formulation.constraints import constrain
from bdnnc.formulation.formulate import express
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Constraint, FanIn, FeaturesUsed, Norm, Parameters, Quantity, Term, UnitsUsed
from tests.formulation.tiny import FINITE, REAL, Parameter, System, builder_of, measured, pick, random_network, random_problem

COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}
ONE_ROW = (
    Norm("l0", "weights", (0, 1)),
    Norm("l0", "bias", (0,)),
    Norm("l1", "weights", (0,)),
    Norm("l1", "bias", (0,)),
    Norm("linf", "weights", (0, 1)),
    Norm("l2", "weights", (1,)),
    UnitsUsed(0),
    FeaturesUsed(),
    Parameters(0, "weights", (1,), (2,)),
)
TWO_ROWS = (FanIn(0), Parameters(0, "bias", (0, 1)), Parameters(0, "weights", (0, 0), (1, 2)))


def sides(chosen: Problem, network: Parameter, terms: tuple[Term, ...], rows: int) -> list[Fraction]:
    """The left side of each row."""
    values = [(term.coefficient, measured(chosen, network, term.quantity)) for term in terms]
    return [sum((c * (v[r] if len(v) > 1 else v[0]) for c, v in values), Fraction(0)) for r in range(rows)]


def check(rng: np.random.Generator, chosen: Problem, terms: tuple[Term, ...], rows: int, sense: str) -> list[bool]:
    near = sides(chosen, random_network(rng, chosen), terms, rows)[0]
    bound = near + pick(rng, (Fraction(0), Fraction(0), Fraction(1, 3), Fraction(-2, 7)))
    constraint = Constraint(terms, sense, bound, rows, "a <= b")
    builder = builder_of(chosen)
    constrain(builder, constraint, 0, express)
    system = System(builder)
    seen = []
    for _ in range(5):
        network = random_network(rng, chosen)
        truth = all(COMPARE[sense](side, bound) for side in sides(chosen, network, terms, rows))
        assert (system.least(np.zeros(system.size), network) is not None) == truth
        seen.append(truth)
    return seen


def placeholder(rows: int) -> Constraint:
    """Gives the problem a statement for the constraint that the test makes."""
    return Constraint((), "<=", Fraction(0), rows, "a <= b")


@pytest.mark.parametrize("sense", COMPARE)
@pytest.mark.parametrize("rows", [1, 2])
def test_networks_that_keep_it_and_no_others(sense: str, rows: int) -> None:
    rng = np.random.default_rng(rows * 10 + len(sense) + ord(sense[0]))
    seen: list[bool] = []
    for _ in range(30):
        quantities = [pick(rng, TWO_ROWS) if rows == 2 else pick(rng, ONE_ROW), pick(rng, ONE_ROW)]
        coefficients = [pick(rng, (Fraction(1), Fraction(-1), Fraction(2, 3), Fraction(-5, 2))) for _ in quantities]
        terms = tuple(Term(c, q) for c, q in zip(coefficients, quantities, strict=True))[: int(rng.integers(1, 3))]
        seen += check(rng, random_problem(rng, FINITE, constraints=[placeholder(rows)]), terms, rows, sense)
    assert 10 < sum(seen) < len(seen) - 10  # both happen


def test_real_sets_bounded_from_above() -> None:
    rng = np.random.default_rng(7)
    seen: list[bool] = []
    for _ in range(20):
        quantities = [pick(rng, ONE_ROW[:5]), pick(rng, ONE_ROW[6:])]
        terms = tuple(Term(Fraction(k + 1, 2), q) for k, q in enumerate(quantities))
        seen += check(rng, random_problem(rng, REAL, constraints=[placeholder(1)]), terms, 1, "<=")
    assert 10 < sum(seen) < len(seen) - 10


@pytest.mark.parametrize(
    ("coefficient", "sense", "exactly"),
    [(1, "<=", False), (1, ">=", True), (1, "==", True), (-1, "<=", True), (-1, ">=", False), (-1, "==", True)],
)
def test_asks_for_exactness_only_where_it_is_pushed_the_wrong_way(coefficient: int, sense: str, exactly: bool) -> None:
    asked: list[bool] = []

    def spy(builder: Builder, quantity: Quantity, exactly: bool) -> Expression:
        asked.append(exactly)
        return express(builder, quantity, exactly)

    constraint = Constraint((Term(Fraction(coefficient), Norm("l0", "weights", (0,))),), sense, Fraction(3), 1, "l0 <= 3")
    builder = builder_of(random_problem(np.random.default_rng(1), FINITE, constraints=[constraint]))
    constrain(builder, constraint, 0, spy)
    assert asked == [exactly]
    rows = builder.rows[-1]
    assert (rows.kind, rows.layer, rows.axes) == ("constraint", "", ("constraint", "row"))
    assert [axis.tolist() for axis in rows.naming] == [[0], [0]]
    assert rows.statement == builder.problem.constraint_statements[0]
    assert rows.note == "l0 <= 3"


@pytest.mark.parametrize(("sense", "side"), [("<=", 5.0), (">=", 6.0)])
def test_bounds_are_rounded_to_what_can_be(sense: str, side: float) -> None:
    constraint = Constraint((Term(Fraction(2), Norm("l0", "weights", (0,))),), sense, Fraction(23, 2), 1, "")
    builder = builder_of(random_problem(np.random.default_rng(3), FINITE, constraints=[constraint]))
    expression = express(builder, Norm("l0", "weights", (0,)), True)
    assert expression.step == 1
    constrain(builder, constraint, 0, express)
    rows = builder.rows[-1]
    constant = 2 * float(expression.constant[0])
    assert (rows.upper if sense == "<=" else rows.lower).tolist() == [2 * side - constant]
