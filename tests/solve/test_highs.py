"""The HiGHS adapter in this process: optima, statuses, limits, callbacks, starts."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from bdnnc.diagnostics import UserError
from bdnnc.solve import highs_session, highs_start
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.outcome import Outcome
from bdnnc.solve.protocol import Floats, Progress, SolveOptions, Stop

from .models import enumerated_optimum, is_feasible, market_split, model_of, random_model, split_point

HERE = HighsSolver(isolated=False)
PLAIN = SolveOptions()


@pytest.mark.parametrize("seed", range(60))
def test_random_models_reach_the_enumerated_optimum(seed: int) -> None:
    model = random_model(seed)
    solution = HERE.solve(model, replace(PLAIN, seed=seed))
    optimum = enumerated_optimum(model)
    if optimum is None:
        assert (solution.stop, solution.x, solution.bound) == (Stop.INFEASIBLE, None, None)
        return
    assert solution.stop is Stop.OPTIMAL
    assert solution.x is not None
    assert is_feasible(model, solution.x)
    assert solution.objective == pytest.approx(optimum, abs=1e-6)
    assert solution.bound == pytest.approx(optimum, abs=1e-6)


def test_the_random_models_hold_both_kinds() -> None:
    kinds = {enumerated_optimum(random_model(seed)) is None for seed in range(60)}
    assert kinds == {True, False}


def test_a_model_without_integers_is_solved_as_lp() -> None:
    model = model_of([[1, 1]], [1], [np.inf], [1, 2], [0, 0], [0.75, 1], [0, 0])
    solution = HERE.solve(model, PLAIN)
    assert solution.stop is Stop.OPTIMAL
    assert solution.objective == pytest.approx(1.25)
    assert solution.bound == solution.objective
    assert solution.nodes == 0


def test_a_model_without_rows() -> None:
    model = model_of(np.zeros((0, 2)), [], [], [1, -1], [0, 0], [1, 3], [1, 1])
    solution = HERE.solve(model, PLAIN)
    assert solution.stop is Stop.OPTIMAL
    assert solution.x is not None
    assert solution.x.tolist() == [0, 3]
    assert solution.bound == -3


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    HERE.solve(random_model(0), PLAIN)
    HERE.check_options({"presolve": "off"})
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_tiny_coefficients_count() -> None:
    # 2000 through the tiny coefficient, 10,000 through the other; HiGHS would drop the tiny one by default
    model = model_of([[5e-10, 1]], [1e-6], [np.inf], [1, 1e10], [0, 0], [1e4, 1], [0, 0])
    solution = HERE.solve(model, SolveOptions(feasibility_tolerance=1e-10))
    dropped = HERE.solve(model, SolveOptions(feasibility_tolerance=1e-10, extra={"small_matrix_value": 1e-9}))
    assert solution.objective == pytest.approx(2000, rel=1e-3)
    assert dropped.objective == pytest.approx(10_000, rel=1e-3)


def test_incumbents_are_feasible_points_of_the_model_and_improve() -> None:
    model = market_split(2, 20)
    seen: list[float] = []

    def on_incumbent(x: Floats, objective: float) -> bool:
        assert threading.current_thread() is threading.main_thread()
        assert is_feasible(model, x)
        assert objective == pytest.approx(model.c @ x)
        seen.append(objective)
        return False

    solution = HERE.solve(model, PLAIN, on_incumbent)
    assert seen == sorted(set(seen), reverse=True)
    assert solution.objective == seen[-1]
    assert len(seen) > 1


def test_bounds_stay_below_the_optimum_also_while_a_start_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs_session, "PROGRESS_EVERY", 0.0)
    model = market_split(2, 30)
    start = np.full(len(model.c), np.nan)
    start[:16] = 1  # a bad one: the bounds of its completion are some 60 above the optimum
    for begin in (None, start):
        moments: list[Progress] = []
        solution = HERE.solve(model, replace(PLAIN, start=begin), None, lambda moment: bool(moments.append(moment)))  # noqa: B023
        assert solution.objective == pytest.approx(0)
        bounds = [moment.bound for moment in moments if moment.bound is not None]
        assert max(bounds) <= 1e-6


def test_node_limit_keeps_incumbent_and_bound() -> None:
    solution = HERE.solve(market_split(), SolveOptions(node_limit=20))
    assert solution.stop is Stop.NODE_LIMIT
    assert solution.objective is not None
    assert solution.bound is not None
    assert solution.bound < solution.objective


def test_the_same_node_limit_gives_the_same_answer() -> None:
    first, second = (HERE.solve(market_split(), SolveOptions(node_limit=50, seed=3)) for _ in range(2))
    assert first.x is not None
    assert second.x is not None
    assert first.x.tolist() == second.x.tolist()
    assert first.bound == second.bound


def test_time_limit() -> None:
    solution = HERE.solve(market_split(), SolveOptions(time_limit=0.5))
    assert solution.stop is Stop.TIME_LIMIT
    assert solution.objective is not None
    assert solution.seconds < 60


def test_a_gap_that_is_met_early_is_a_target_not_an_optimum() -> None:
    model = model_of([[3, 5, 7, 11]], [12.5], [np.inf], [3, 5, 7, 11], [0] * 4, [3] * 4, [1] * 4)
    solution = HERE.solve(model, SolveOptions(gap=0.9, extra={"presolve": "off"}))
    assert solution.objective is not None
    assert solution.bound is not None
    assert solution.bound <= 13 <= solution.objective + 1e-9
    closed = solution.objective - solution.bound <= 1e-9 * solution.objective
    assert solution.stop is (Stop.OPTIMAL if closed else Stop.TARGET)
    hard = HERE.solve(market_split(), SolveOptions(gap=1.0))
    assert hard.stop is Stop.TARGET
    assert hard.objective is not None
    assert hard.bound is not None
    assert (hard.objective - hard.bound) / max(1, abs(hard.objective)) <= 1


@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_the_bound_is_rounded_up_to_the_lattice(offset: float) -> None:
    # objective = offset + (0 or more), offset through a column fixed at 1; any lattice point is at most one step above the LP
    model = model_of(
        [[2, 2, 2, 0]], [3], [np.inf], [1, 1, 1, offset], [0, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 0], step=1.0, offset=offset
    )
    solution = HERE.solve(model, SolveOptions(extra={"presolve": "off"}))
    assert (solution.stop, solution.objective, solution.bound) == (Stop.OPTIMAL, 2 + offset, 2 + offset)


def test_progress_shows_incumbent_and_bound_on_the_lattice() -> None:
    moments: list[Progress] = []
    model = replace(market_split(4, 40), objective_step=1.0)  # not solved in this time on any machine
    HERE.solve(model, SolveOptions(time_limit=1.5), None, lambda moment: bool(moments.append(moment)))
    known = [moment for moment in moments if moment.bound is not None and moment.incumbent is not None]
    assert known
    for moment in known:
        assert moment.bound is not None
        assert moment.bound == round(moment.bound)
    seconds = [moment.seconds for moment in moments]
    assert seconds == sorted(seconds)


def test_any_seed_will_do() -> None:
    assert HERE.solve(random_model(0), SolveOptions(seed=2**40)).stop is Stop.OPTIMAL


def test_threads_may_change_between_solves_of_one_process() -> None:
    for threads in (1, 2, 1, None):
        assert HERE.solve(random_model(0), SolveOptions(threads=threads)).stop is Stop.OPTIMAL


def test_callbacks_can_stop_the_solver() -> None:
    seen: list[float] = []

    def stop_at_first(x: Floats, objective: float) -> bool:
        seen.append(objective)
        return True

    solution = HERE.solve(market_split(), SolveOptions(time_limit=60), stop_at_first)
    assert solution.stop is Stop.INTERRUPTED
    assert solution.objective == seen[-1]
    assert len(seen) < 5  # HiGHS stops at its next look, not at once
    assert HERE.solve(market_split(), SolveOptions(time_limit=60), None, lambda _: True).stop is Stop.INTERRUPTED


@pytest.mark.parametrize("kind", [ValueError, OSError, KeyboardInterrupt])
def test_an_exception_of_a_callback_comes_through(kind: type[BaseException]) -> None:
    def failing(x: Floats, objective: float) -> bool:
        raise kind("from the callback")

    with pytest.raises(kind, match="from the callback"):
        HERE.solve(market_split(), SolveOptions(time_limit=60), failing)


def test_a_feasible_start_is_the_first_incumbent() -> None:
    model = market_split()
    start = split_point(model, np.zeros(40))
    seen: list[float] = []
    solution = HERE.solve(model, SolveOptions(node_limit=1, start=start), lambda _, objective: bool(seen.append(objective)))
    assert seen[0] == pytest.approx(model.c @ start)
    assert solution.objective is not None
    assert solution.objective <= seen[0]


def test_a_start_that_is_good_enough_ends_the_solve() -> None:
    model = market_split()
    start = split_point(model, np.zeros(40))
    solution = HERE.solve(model, SolveOptions(start=start), lambda x, objective: True)
    assert (solution.stop, solution.nodes) == (Stop.INTERRUPTED, 0)
    assert solution.objective == pytest.approx(model.c @ start)


@pytest.mark.parametrize(
    ("claim", "words"),
    [(Outcome(Stop.INFEASIBLE, None, None, 0), "infeasible"), (Outcome(Stop.OPTIMAL, None, 4.0, 0), "bound 4")],
)
def test_a_claim_against_a_known_point_is_a_failure(monkeypatch: pytest.MonkeyPatch, claim: Outcome, words: str) -> None:
    def claiming(*_: object) -> Outcome:
        return claim

    monkeypatch.setattr(highs_start, "solve_arrays", claiming)
    model = model_of([[1, 1]], [1], [2], [3, 5], [0, 0], [1, 1], [1, 1])
    solution = HERE.solve(model, SolveOptions(start=np.array([1.0, 0.0])))
    assert (solution.stop, solution.objective, solution.bound) == (Stop.FAILED, 3, None)
    assert words in solution.message


def test_an_optimal_start_survives() -> None:
    model = random_model(0)
    best = HERE.solve(model, PLAIN)
    again = HERE.solve(model, SolveOptions(start=best.x))
    assert again.stop is Stop.OPTIMAL
    assert again.objective == best.objective


def test_a_partial_start_is_completed() -> None:
    model = market_split()
    start = np.full(len(model.c), np.nan)
    start[:40] = np.arange(40) % 2
    expected = float(model.c @ split_point(model, start[:40]))
    seen: list[float] = []
    HERE.solve(model, SolveOptions(node_limit=1, start=start), lambda _, objective: bool(seen.append(objective)))
    assert seen[0] == pytest.approx(expected)


@pytest.mark.parametrize("entries", [np.nan, 0.5, 7.0, -3.0])
def test_a_useless_start_does_no_harm(entries: float) -> None:
    for seed in range(5):
        model = random_model(seed)
        optimum = enumerated_optimum(model)
        solution = HERE.solve(model, SolveOptions(start=np.full(len(model.c), entries)))
        assert solution.objective == (None if optimum is None else pytest.approx(optimum))


def test_a_start_whose_completion_is_infeasible_does_no_harm() -> None:
    model = model_of([[1, 1, 1]], [2], [2], [1, 2, 4], [0, 0, 0], [1, 1, 1], [1, 1, 1])
    solution = HERE.solve(model, SolveOptions(start=np.array([1.0, 1.0, 1.0])))
    assert (solution.stop, solution.objective) == (Stop.OPTIMAL, 3)


def test_an_option_that_highs_refuses_is_a_user_error() -> None:
    with pytest.raises(UserError) as raised:
        HERE.solve(random_model(0), SolveOptions(extra={"presolve": "sometimes"}))
    found = raised.value.diagnostics[0]
    assert (found.code, found.help) == ("E505", "give the option another value, or leave it out")


@pytest.mark.parametrize("solver", [HERE, HighsSolver()])
def test_a_model_that_highs_refuses_says_which_number(solver: HighsSolver) -> None:
    with pytest.raises(UserError) as raised:
        solver.solve(model_of([[1e16, 1]], [0], [1], [1, 1], [0, 0], [1, 1], [1, 1]), PLAIN)
    found = raised.value.diagnostics[0]
    assert found.code == "E505"
    assert found.message == "HiGHS refuses the model: it has a coefficient of 1e+16 and takes none of 1e+15 or more"
    assert "scale minmax(0, 1)" in (found.help or "")


@pytest.mark.parametrize("tolerance", [1e-6, 1e-9, 1e-10])
def test_tolerances_down_to_the_least(tolerance: float) -> None:
    options = SolveOptions(feasibility_tolerance=tolerance, integrality_tolerance=tolerance)
    assert HERE.solve(random_model(0), options).stop is Stop.OPTIMAL
