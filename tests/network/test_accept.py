"""Acceptance: what a solver's point becomes, what is refused, and what a refusal teaches."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.ir.domains import ScaledDomain
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.ir.program import Clause
from bdnnc.language.quantities import Errors, Loss, Margin, Norm, Parameters, Term
from bdnnc.milp.lower import column_slices, lower
from bdnnc.network.accept import Accepted, Rejected, accept
from bdnnc.network.encode import encode
from bdnnc.network.equations import with_equations
from bdnnc.network.joint import JointProgram
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.linear import LpSolution
from bdnnc.solve.protocol import SolveOptions, Stop
from tests.oracle.laws import network_of, violation
from tests.oracle.problems import bound, finite, goal, interval, layer, problem

ONES = (Fraction(1), Fraction(1))
HAMMING = Loss("hamming", weights=ONES)
POINTS, LABELS = [[0], [1], [2], [3]], [0, 0, 1, 1]
NUMBERS = [Fraction(v, 100) for v in (30, 71, 82, 160)]
THIRD = Fraction(1, 3)


def formulated(of: Problem, stage: int = 0, reached: tuple[Fraction, ...] = ()) -> Formulation:
    return run_passes(formulate(of, stage=stage, reached=reached))


def line(*constraints, goals=None, domain=None, points=POINTS) -> Problem:
    """Regression on a line, all of whose parameters are coupled."""
    out = layer("o", 1, len(points[0]), domain or interval(-5, 5), BiasRule("in", interval(-5, 5)), "linear")
    return problem(points, NUMBERS, [out], classes=0, goals=goals or [goal(Loss("absolute"))], constraints=constraints)


def solved(formulation: Formulation) -> np.ndarray:
    found = HighsSolver(isolated=False).solve(lower(formulation.program), SolveOptions(time_limit=30, threads=1))
    assert found.stop in (Stop.OPTIMAL, Stop.TARGET)
    assert found.x is not None
    return found.x


def accepted(formulation: Formulation, vector: np.ndarray | None = None) -> Accepted:
    """The verdict, which is a network of the class that keeps every constraint and has the value that is told."""
    verdict = accept(solved(formulation) if vector is None else vector, formulation)
    assert isinstance(verdict, Accepted), verdict
    keeps(verdict, formulation)
    return verdict


def keeps(verdict: Accepted, formulation: Formulation) -> None:
    measured = Measured(verdict.network, formulation.problem)
    assert measured.violated() == ()
    assert all(check.ok for check in planned_checks(formulation)(verdict.network))
    assert verdict.objective == sign_of(formulation.goal) * measured.goal(formulation.goal)
    for earlier, cap in zip(formulation.problem.goals, formulation.caps, strict=False):
        assert sign_of(earlier) * measured.goal(earlier) <= cap


# --- real parameters together ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [THIRD, Fraction(1, 7), Fraction(0)])
def test_short_decimals_stay_inside_a_limit(most: Fraction) -> None:
    formulation = formulated(line(bound(Norm("l1", "weights", (0,)), "<=", most)))
    assert formulation.coupled
    found = accepted(formulation)
    assert most - Fraction(1, 10**5) <= abs(found.network.layers[0].weights[0, 0]) <= most


def test_equations_without_a_decimal_solution_hold_exactly() -> None:
    weight, bias = Parameters(0, "weights", (0,), (0,)), Parameters(0, "bias", (0,))
    found = accepted(formulated(line(bound(weight, "==", THIRD))))
    assert found.network.layers[0].weights[0, 0] == THIRD
    together = bound(weight, "==", Fraction(2, 7))
    together = replace(together, terms=(Term(Fraction(1), weight), Term(Fraction(3), bias)))
    layer_ = accepted(formulated(line(together))).network.layers[0]
    assert layer_.weights[0, 0] + 3 * layer_.bias[0] == Fraction(2, 7)


def test_equations_are_solved_for_as_many_parameters_as_they_determine() -> None:
    """w0 + w1 = 1/3 and w0 - w1 = 1/7: both are given; a third that follows from them takes nothing more."""
    first, second = (Parameters(0, "weights", (0,), (j,)) for j in (0, 1))
    rows = []
    for factor, side in ((1, THIRD), (-1, Fraction(1, 7)), (0, (THIRD + Fraction(1, 7)) / 2)):
        row = bound(first, "==", side)
        rows.append(replace(row, terms=(Term(Fraction(1), first), Term(Fraction(factor), second))))
    of = line(*rows, points=[[0, 1], [1, 0], [2, 2], [3, 1]])
    rough = network_of(of, [np.array([[Fraction(1, 4), Fraction(1, 10)]], dtype=object)], [[Fraction(1, 3)]])
    (exact,) = with_equations(rough.layers, formulate(of))
    assert exact.weights[0].tolist() == [Fraction(5, 21), Fraction(2, 21)]
    assert exact.bias.tolist() == rough.layers[0].bias.tolist()


def test_scaled_weights_are_their_members_times_one_scale() -> None:
    scaled = ScaledDomain((Fraction(-1), Fraction(0), Fraction(1), Fraction(2)), Fraction(1, 10), Fraction(3))
    of = line(bound(Norm("l1", "weights", (0,)), "<=", 1), domain=scaled, points=[[0, 1], [1, 0], [2, 2], [3, 1]])
    accepted(formulated(of))


def test_the_widest_margin_is_met() -> None:
    out = layer("o", 1, 1, interval(-1, 1), BiasRule("in", interval(-4, 4)))
    of = problem(POINTS, LABELS, [out], goals=[goal(HAMMING), goal(Margin(0), sense="maximize")])
    formulation = formulated(of, 1, (Fraction(0),))
    assert abs(accepted(formulation).objective + Fraction(1, 2)) <= Fraction(1, 10**7)


def test_points_that_are_a_little_off_are_put_right() -> None:
    rng = np.random.default_rng(3)
    formulation = formulated(line(bound(Norm("l1", "weights", (0,)), "<=", THIRD)))
    vector = solved(formulation)
    exact = accepted(formulation, vector)
    for _ in range(5):
        noise = rng.uniform(-1e-6, 1e-6, len(vector))
        noise[-1] = 0.0
        assert abs(accepted(formulation, vector + noise).objective - exact.objective) <= Fraction(1, 10**6)


def test_a_later_goal_may_not_take_more_than_its_cap() -> None:
    """Lowering the weight by a little costs the first goal as much: a point that does so is put back."""
    goals = [goal(Loss("absolute")), goal(Norm("l1", "weights", (0,)))]
    of = line(goals=goals)
    best = accepted(formulated(of))
    formulation = formulated(of, 1, (best.objective,))
    vector = solved(formulation)
    vector[column_slices(lower(formulation.program))["w", "o"]] -= 1e-3
    accepted(formulation, vector)


# --- what is refused, and what that teaches ----------------------------------------------------------------------------


def impossible() -> tuple[Formulation, np.ndarray]:
    """Points in the wrong order for one unit, all claimed right; what the weights cost couples them."""
    out = layer("o", 1, 1, interval(-1, 1), BiasRule("in", interval(-4, 4)))
    of = problem(POINTS, [0, 1, 0, 1], [out], goals=[goal(HAMMING, Norm("l1", "weights", (0,)))])
    formulation = formulated(of)
    vector = solved(formulation)
    vector[column_slices(lower(formulation.program))["u", "o"]] = [0, 1, 0, 1]
    return formulation, vector


def holds(clause: Clause, vector: np.ndarray, formulation: Formulation) -> bool:
    """Whether a point keeps the clause: not all of its literals at once."""
    slices = column_slices(lower(formulation.program))
    ones = [vector[slices[key]][where] > 0.5 for key, where in clause.ones]
    zeros = [vector[slices[key]][where] < 0.5 for key, where in clause.zeros]
    return not all(bool(part.all()) for part in (*ones, *zeros))


def test_an_impossible_claim_is_refused_with_a_proved_clause() -> None:
    formulation, vector = impossible()
    verdict = accept(vector, formulation)
    assert isinstance(verdict, Rejected)
    assert verdict.proved
    assert verdict.clause is not None
    assert not holds(verdict.clause, vector, formulation)
    model = lower(replace(formulation.program, clauses=(verdict.clause,)))
    rng = np.random.default_rng(0)
    for _ in range(60):  # every network of the class keeps it
        weights = np.array([[Fraction(int(rng.integers(-8, 9)), 8)]], dtype=object)
        network = network_of(formulation.problem, [weights], [[Fraction(int(rng.integers(-33, 33)) * 2 + 1, 16)]])
        point = encode(network, formulation)
        assert holds(verdict.clause, point, formulation)
        without = violation(lower(formulation.program), point)
        assert violation(model, point) <= max(without, 1e-9)


@pytest.mark.parametrize("ray", [None, 0.0, 1.0], ids=["none", "nothing", "rubbish"])
def test_multipliers_that_prove_nothing_are_not_believed(ray: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A possible claim of which the linear solver says that it is not."""
    out = layer("o", 1, 1, interval(-1, 1), BiasRule("in", interval(-4, 4)))
    of = problem(POINTS, LABELS, [out], goals=[goal(HAMMING, Norm("l1", "weights", (0,)))])
    formulation = formulated(of)
    vector = solved(formulation)

    def lying(arrays, *_, **__) -> LpSolution:
        multipliers = None if ray is None else np.full(arrays.rows, ray)
        return LpSolution(Stop.INFEASIBLE, None, None, None, multipliers)

    monkeypatch.setattr("bdnnc.solve.linear.solve_lp", lying)
    verdict = accept(vector, formulation)
    assert isinstance(verdict, Rejected)
    assert not verdict.proved
    assert (verdict.clause is None) == (not ray), "without literals there is nothing to exclude"


def test_points_that_are_no_numbers() -> None:
    formulation = formulated(line())
    vector = solved(formulation)
    for value in (np.nan, np.inf):
        vector[0] = value
        assert isinstance(accept(vector, formulation), Rejected)


# --- whatever comes in -------------------------------------------------------------------------------------------------


def varied() -> list[Formulation]:
    """Coupled and not, with constraints and earlier goals, real and finite."""
    real = [layer("h", 2, 1, interval(-1, 1), BiasRule("in", interval(-4, 4)))]
    real.append(layer("o", 1, 2, interval(-1, 1), BiasRule("auto"), statement=1))
    small = [layer("h", 2, 1, finite(-1, 0, 1), BiasRule("auto"), sparse=True)]
    small.append(layer("o", 1, 2, finite(-1, 0, 1), BiasRule("auto"), statement=1, sparse=True))
    l1 = Norm("l1", "weights", (0, 1))
    limits = [bound(l1, "<=", Fraction(5, 3)), bound(Errors(0), "<=", 1)]
    both = [goal(HAMMING, within=Fraction(1)), goal(l1)]
    found: list[Formulation] = []
    for layers in (real, small):
        found.append(formulated(problem(POINTS, [0, 1, 0, 1], layers, constraints=limits)))
        found.append(formulated(problem(POINTS, LABELS, layers, goals=both), 1, (Fraction(0),)))
        found.append(formulated(problem(POINTS, LABELS, layers)))
    found.append(formulated(line(bound(l1_of_line(), "<=", THIRD), bound(l1_of_line(), "<=", 1))))
    return found


def l1_of_line() -> Norm:
    return Norm("l1", "weights", (0,))


VARIED = varied()
SOLVED = [solved(formulation) for formulation in VARIED]
JOINT = [JointProgram.of(formulation) if formulation.coupled else None for formulation in VARIED]


@given(st.integers(0, len(VARIED) - 1), st.integers(0, 2**20), st.sampled_from([1e-7, 1e-3, 0.3, 1.0, None]), st.booleans())
def test_what_is_accepted_keeps_everything(place: int, seed: int, noise: float | None, widen: bool) -> None:
    """Random points of the box, and solutions with noise of any size."""
    formulation, model = VARIED[place], lower(VARIED[place].program)
    rng = np.random.default_rng(seed)
    if noise is None:
        vector = rng.uniform(model.lower, model.upper)
        integral = model.integrality == 1
        vector[integral] = np.rint(vector[integral])
    else:
        vector = np.clip(SOLVED[place] + rng.uniform(-noise, noise, len(model.c)), model.lower, model.upper)
    verdict = accept(vector, formulation, (), widen, JOINT[place])
    if isinstance(verdict, Accepted):
        assert isinstance(verdict.network, Network)
        keeps(verdict, formulation)
