"""Where a search begins: constant networks, `weights start`, and networks of model files."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Errors, Loss, Margin, Norm
from bdnnc.milp.lower import column_slices
from bdnnc.training.constant import best_constant
from bdnnc.training.outcome import Limits
from tests.oracle.problems import bound, finite, goal, interval, layer, problem
from tests.training.support import FakeSolver, Observed, formulated, run

ONES = (Fraction(1), Fraction(1))
HAMMING = Loss("hamming", weights=ONES)
XOR, LABELS = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
TERNARY = finite(-1, 0, 1)


def fractions(rows: list[list[int]]) -> np.ndarray:
    return np.array([[Fraction(value) for value in row] for row in rows], dtype=object)


def xor(start: list[list[int]] | None = None, domain=TERNARY, **more) -> Problem:
    hidden = layer("h", 2, 2, domain, BiasRule("auto"))
    if start is not None:
        hidden = replace(hidden, start=fractions(start))
    return problem(XOR, LABELS, [hidden, layer("o", 1, 2, TERNARY, BiasRule("auto"), statement=1)], **more)


# --- weights start -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", [TERNARY, interval(-1, 1)], ids=["ternary", "real"])
def test_a_declared_start_leads_to_the_incumbent(domain) -> None:
    of = xor([[1, -1], [-1, 1]], domain)
    solver = Observed()
    outcome, told = run(of, solver)
    model, options = solver.asked[0]
    where = column_slices(model)["w", "h"]
    assert model.lower[where].tolist() == model.upper[where].tolist() == [1, -1, -1, 1]
    assert options.time_limit is not None
    assert options.time_limit <= 6, "a tenth of the time"
    assert told.networks[-1][2] == 0
    assert outcome.status(1) == "optimal"
    assert len(solver.asked) == 1, "it had no error, which is the bound"


def test_a_start_that_is_no_optimum_is_where_the_search_begins() -> None:
    solver = Observed()
    outcome, told = run(xor([[1, 1], [1, 0]]), solver)
    assert [value for _, _, value, _ in told.networks][:2] == [2, 1], "the constant network, then one from the start"
    assert (outcome.status(1), outcome.stages[0].value) == ("optimal", 0)
    assert len(solver.asked) == 2
    assert solver.asked[1][1].start is not None
    first = solver.asked[1][0]
    where = column_slices(first)["w", "h"]
    assert (first.lower[where] < first.upper[where]).all(), "the start binds its own search only"


def test_an_impossible_start_does_no_harm() -> None:
    """The start breaks a constraint that others keep."""
    start = [[1, 1], [1, 1]]
    limit = bound(Norm("l1", "weights", (0,)), "<=", 3)
    outcome, _ = run(xor(start, constraints=[limit]))
    plain, _ = run(xor(constraints=[limit]))
    assert outcome.status(1) == plain.status(1) == "optimal"
    assert outcome.stages[0].value == plain.stages[0].value


def test_a_start_beyond_the_cutoff_is_none() -> None:
    of = xor([[1, 1], [1, 1]], goals=[goal(HAMMING, Norm("l1", "weights", (0,)))])
    outcome, _ = run(of, limits=Limits(time_limit=60, cutoff=Fraction(1, 2)))
    assert outcome.status(1) == "infeasible"
    assert outcome.network is None


def test_starts_with_scaled_and_sparse_layers() -> None:
    from bdnnc.ir.domains import ScaledDomain

    scaled = ScaledDomain((Fraction(-1), Fraction(1)), Fraction(1, 2), Fraction(2))
    outcome, _ = run(xor([[1, -1], [-1, 1]], scaled))
    assert outcome.stages[0].value == 0
    of = xor([[1, 0], [0, 1]], finite(-1, 1))
    sparse = replace(of, layers=(replace(of.layers[0], sparse=True), of.layers[1]))
    solver = Observed()
    outcome, told = run(sparse, solver)
    assert outcome.status(1) == "optimal"
    assert any(network.layers[0].absent.tolist() == [[False, True], [True, False]] for _, network, _, _ in told.networks)


# --- constant networks -------------------------------------------------------------------------------------------------


def test_the_constant_network_of_regression_is_a_median() -> None:
    values = [Fraction(1), Fraction(2), Fraction(10), Fraction(2)]
    line = layer("o", 1, 1, interval(-1, 1), BiasRule("in", interval(-5, 5)), "linear")
    of = problem([[1], [2], [3], [4]], values, [line], classes=0, goals=[goal(Loss("absolute"))])
    found = best_constant(formulated(of))
    assert found is not None
    network, value = found
    assert (network.layers[0].bias[0], value) == (2, 9)
    _, told = run(of, limits=Limits(time_limit=1e-9))
    assert told.networks[0][2] == 9


def test_the_constant_network_of_a_maximized_goal_is_of_its_minimized_form() -> None:
    of = xor(goals=[goal(Margin(1), sense="maximize")])
    found = best_constant(formulated(of))
    assert found is not None
    assert found[1] < 0
    outcome, told = run(of)
    assert outcome.stages[0].value >= told.networks[0][2] == -found[1]


@pytest.mark.parametrize("outputs", [1, 2])
def test_the_constant_network_of_linear_scores(outputs: int) -> None:
    """A tie is an error: with two scores a bias apart the majority is right."""
    out = layer("o", outputs, 1, interval(-1, 1), BiasRule("in", interval(-1, 1)), "linear")
    of = problem([[1], [2], [3]], [0, 1, 1], [out], goals=[goal(Loss("zero_one", weights=ONES))])
    found = best_constant(formulated(of))
    assert found is not None
    assert found[1] == 1


def test_constraints_choose_among_constant_networks() -> None:
    """All points of the first class must be right: the majority may not be taken."""
    points, labels = [[0], [1], [2]], [0, 1, 1]
    out = layer("o", 1, 1, TERNARY, BiasRule("auto"))
    free = best_constant(formulated(problem(points, labels, [out])))
    held = best_constant(formulated(problem(points, labels, [out], constraints=[bound(Errors(0), "<=", 0)])))
    none = [bound(Norm("l1", "weights", (0,)), ">=", 1)]
    assert free is not None
    assert held is not None
    assert (free[1], held[1]) == (1, 2)
    assert best_constant(formulated(problem(points, labels, [out], constraints=none))) is None


# --- networks of model files -------------------------------------------------------------------------------------------


def test_a_network_that_breaks_a_constraint_is_no_incumbent() -> None:
    of = xor()
    best, _ = run(of)
    assert best.network is not None
    held = xor(constraints=[bound(Norm("l1", "weights", (0, 1)), "<=", 0)])
    outcome, told = run(held, start=best.network)
    assert all(value > 0 for _, _, value, _ in told.networks)
    assert (outcome.status(1), outcome.stages[0].value) == ("optimal", 2)


def test_the_classes_of_a_start_are_those_of_the_problem() -> None:
    of = xor()
    best, _ = run(of)
    assert best.network is not None
    outcome, _ = run(of, FakeSolver(lambda x, model: x), start=replace(best.network, classes=("b", "a")))
    assert outcome.network is not None
    assert outcome.network.classes == of.classes


def test_a_start_stays_where_the_solver_finds_nothing() -> None:
    best, _ = run(xor())
    outcome, _ = run(xor(), start=best.network, limits=Limits(time_limit=1e-9))
    assert outcome.stages[0].value == 0


SPEC = """
data { from "points.csv" target "y" }
network { layer h: 2 step units weights in {-1, 0, 1}
  layer o: 1 step unit weights in {-1, 0, 1} }
minimize hamming
"""


def test_a_file_that_breaks_a_constraint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n")
    (tmp_path / "free.bdnn").write_text(SPEC)
    (tmp_path / "held.bdnn").write_text(SPEC + "subject to { l1(h.weights) <= 1 }\n")
    bdnnc.compile(tmp_path / "free.bdnn").train(save=tmp_path / "free.json")
    with pytest.raises(bdnnc.UserError) as caught:
        bdnnc.compile(tmp_path / "held.bdnn").train(start=tmp_path / "free.json")
    found = caught.value.diagnostics[0]
    assert (found.code, "l1(h.weights) <= 1" in found.message) == ("E523", True)
