"""Goals one after the other: values, bounds, statuses and time; maximizing; what a later goal may take of an earlier one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import bdnnc
from bdnnc.cli.main import main
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Loss, Margin, Norm, Term
from bdnnc.network.document import MET, relative_gap
from bdnnc.network.measure import Measured
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Progress, Solution, Stop
from bdnnc.training.outcome import Limits
from bdnnc.training.record import settled
from tests.oracle.problems import bound, finite, goal, interval, layer, problem
from tests.training.support import FakeSolver, Observed, run

ONES = (Fraction(1), Fraction(1))
HAMMING = Loss("hamming", weights=ONES)
L1 = Norm("l1", "weights", (0,))
POINTS, LABELS = [[0], [1], [2], [3]], [0, 0, 1, 1]


def threshold(*goals, domain=None, bias: BiasRule | None = None, **more) -> Problem:
    """One unit on one input, which has all points right at a weight of 1 and a threshold between 1 and 2."""
    chosen = layer("o", 1, 1, domain or finite(-1, 0, 1), bias or BiasRule("auto"))
    return problem(POINTS, LABELS, [chosen], goals=goals, **more)


def test_a_later_goal_chooses_among_the_best_of_the_earlier() -> None:
    of = threshold(goal(HAMMING), goal(L1))
    outcome, told = run(of)
    assert outcome.status(2) == "optimal"
    assert [(stage.value, stage.bound) for stage in outcome.stages] == [(0, 0), (1, 1)]
    assert [len(done) for done in told.stages] == [0, 1]
    assert told.stages[1][0] is outcome.stages[0]
    alone, _ = run(threshold(goal(L1)))
    assert alone.stages[0].value == 0


@pytest.mark.parametrize(("within", "errors", "weight"), [(0, 0, 1), (1, 0, 1), (2, 2, 0), (3, 2, 0)])
def test_within_gives_way_by_that_and_no_more(within: int, errors: int, weight: int) -> None:
    """Without a weight two points are wrong."""
    of = threshold(goal(HAMMING, within=Fraction(within)), goal(L1), goal(HAMMING))
    outcome, _ = run(of)
    assert outcome.status(3) == "optimal"
    assert outcome.network is not None
    assert [stage.value for stage in outcome.stages] == [0, weight, errors]
    assert Measured(outcome.network, of).value(HAMMING) == errors


def test_maximize_has_its_bound_above_and_its_own_signs() -> None:
    of = threshold(
        goal(HAMMING), goal(Margin(0), sense="maximize"), domain=interval(-1, 1), bias=BiasRule("in", interval(-4, 4))
    )

    class Talking(HighsSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            assert on_progress is not None
            on_progress(Progress(0.1, None, -0.75 if model.objective_step == 0 else 0.0, 0))
            return super().solve(model, options, on_incumbent, on_progress)

    outcome, told = run(of, Talking(isolated=False))
    first, second = outcome.stages
    assert (outcome.status(2), first.value, first.bound) == ("optimal", 0, 0)
    assert second.value is not None
    assert abs(second.value - Fraction(1, 2)) <= Fraction(1, 10**6)
    assert second.value <= second.bound <= second.value + Fraction(1, 10**6)
    margins = [value for stage, _, value, _ in told.networks if stage == 1]
    assert margins == sorted(margins)
    moments = [moment for moment in told.progress if moment[1] is not None]
    assert all(upper <= incumbent for stage, incumbent, upper in moments if stage == 0)
    assert all(upper >= incumbent - 1e-9 for stage, incumbent, upper in moments if stage == 1)
    assert any(stage == 1 and upper == 0.75 for stage, _, upper in moments)


def test_penalties_in_a_maximized_goal() -> None:
    """A margin of 2 w costs w / 2 elsewhere: at 1/8 a unit of weight it is worth its price, at 8 it is not."""
    half = BiasRule("fixed", values=(Fraction(0),))
    for price, best in ((Fraction(1, 8), Fraction(7, 8)), (Fraction(8), Fraction(0))):
        terms = (Term(Fraction(1), Margin(0)), Term(-price, L1))
        of = problem([[1], [2]], [1, 1], [layer("o", 1, 1, interval(-1, 1), half)], goals=[goal(*terms, sense="maximize")])
        outcome, _ = run(of)
        assert outcome.status(1) == "optimal"
        assert abs(outcome.stages[0].value - best) <= Fraction(1, 10**6)


def test_a_cutoff_of_a_maximized_goal() -> None:
    of = threshold(goal(Margin(0), sense="maximize"), domain=interval(-1, 1), bias=BiasRule("in", interval(-4, 4)))
    for least, status in ((3, "optimal"), (5, "infeasible")):  # the point 0 is never further off than the bias
        outcome, _ = run(of, limits=Limits(time_limit=60, cutoff=Fraction(-least)))
        assert outcome.status(1) == status


def test_a_cutoff_holds_the_first_goal_only() -> None:
    of = threshold(goal(HAMMING), goal(L1))
    solver = Observed()
    outcome, _ = run(of, solver, Limits(time_limit=60, cutoff=Fraction(0)))
    assert outcome.status(2) == "optimal"
    families = [[family.kind for family in model.row_families] for model, _ in solver.asked]
    assert "cutoff" in families[0]
    assert "cutoff" not in families[-1]


def test_time_is_shared_and_what_is_not_used_carries_over() -> None:
    of = threshold(goal(HAMMING), goal(L1), goal(Norm("l1", "bias", (0,))))
    solver = Observed()
    outcome, _ = run(of, solver, Limits(time_limit=60, threads=1))
    assert outcome.status(3) == "optimal"
    allowed = [options.time_limit for _, options in solver.asked]
    assert len(allowed) >= 3
    assert 26 < allowed[0] <= 36
    assert 36 < allowed[-1] <= 60
    assert max(allowed) == allowed[-1]


def test_without_time_a_later_goal_is_not_begun() -> None:
    of = threshold(goal(HAMMING), goal(L1))
    outcome, told = run(of, limits=Limits(time_limit=1e-9))
    assert (len(told.stages), len(outcome.stages), outcome.status(2)) == (1, 1, "feasible")
    assert outcome.network is not None


@pytest.mark.parametrize("at", [1, 2])
def test_an_interruption_keeps_the_network_of_the_goals_before(at: int) -> None:
    begun: list[int] = []

    class Counting(HighsSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            begun.append(1)
            if len(begun) > at:
                return Solution(Stop.INTERRUPTED, None, None, None, 0, 0.0)
            return super().solve(model, options, on_incumbent, on_progress)

    of = threshold(goal(HAMMING), goal(L1), goal(Norm("l1", "bias", (0,)), sense="minimize"))
    outcome, _ = run(of, Counting(isolated=False))
    assert outcome.status(3) == "interrupted"
    assert [stage.status for stage in outcome.stages] == ["optimal"] * at + ["interrupted"]
    assert outcome.network is not None
    assert Measured(outcome.network, of).value(HAMMING) == 0


def test_asked_to_stop_before_the_solver_is() -> None:
    solver = FakeSolver(lambda x, model: x)
    outcome, _ = run(threshold(goal(HAMMING), goal(L1)), solver, should_stop=lambda: True)
    assert (solver.calls, outcome.status(2), len(outcome.stages)) == (0, "interrupted", 1)
    assert outcome.network is not None


def test_real_goals_before_others_stay_within_what_is_called_optimal() -> None:
    """The second goal takes what room the first leaves it; both together stay within 1e-6."""
    labels = [Fraction(v, 100) for v in (30, 71, 82, 160)]
    layers = [layer("o", 1, 1, interval(-5, 5), BiasRule("in", interval(-5, 5)), "linear")]
    for first in (goal(Loss("absolute")), goal(Loss("absolute"), Term(Fraction(1, 7), L1))):
        of = problem(POINTS, labels, layers, classes=0, goals=[first, goal(L1), goal(Norm("l1", "bias", (0,)))])
        outcome, _ = run(of)
        assert outcome.status(3) == "optimal"
        assert outcome.network is not None
        measured = Measured(outcome.network, of)
        for found, stage in zip(of.goals, outcome.stages, strict=True):
            gap = relative_gap(measured.goal(found), stage.bound)
            assert gap is not None
            assert gap <= MET


def test_points_that_are_worse_than_claimed_are_looked_for_again_with_tighter_tolerances() -> None:
    """A solver whose loose points hide a millionth and more."""
    labels = [Fraction(v, 100) for v in (30, 71, 82, 160)]
    layers = [layer("o", 1, 1, interval(-5, 5), BiasRule("in", interval(-5, 5)), "linear")]
    of = problem(POINTS, labels, layers, classes=0, goals=[goal(Loss("absolute"))])
    asked: list[float] = []

    class Loose(HighsSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            asked.append(options.feasibility_tolerance)
            found = super().solve(model, options)
            if len(asked) > 1:
                return found
            assert found.objective is not None
            return replace(found, bound=found.objective - 1e-4, stop=Stop.TARGET)

    outcome, _ = run(of, Loose(isolated=False))
    assert outcome.status(1) == "optimal"
    assert asked[1] < asked[0]


def test_a_gap_that_was_asked_for_ends_a_search_but_not_on_a_rejected_point() -> None:
    points, labels = [[0], [1], [2], [3], [4]], [1, 0, 1, 0, 1]
    of = problem(points, labels, [layer("o", 1, 1, interval(-1, 1), BiasRule("auto"))])

    class Wrong(FakeSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            found = super().solve(model, options, on_incumbent)
            return replace(found, stop=Stop.TARGET, bound=0.0)

    def all_right(x, model):
        from bdnnc.milp.lower import column_slices

        x[column_slices(model)["u", "o"]] = labels
        return x

    solver = Wrong(all_right)
    run(of, solver, Limits(time_limit=60, gap=0.25))
    assert solver.calls > 1
    content = Wrong(all_right)
    run(of, content, Limits(time_limit=60, gap=1.0))
    assert content.calls == 1, "the constant network, 2 errors, is near enough to the bound 0"


SPEC = """
data { from "points.csv" target "y" }
network { layer o: 1 step unit weights in {-1, 0, 1} }
GOALS
"""


def spec(folder: Path, goals: str) -> Path:
    (folder / "points.csv").write_text("x,y\n0,no\n1,no\n2,yes\n3,yes\n")
    path = folder / "spec.bdnn"
    path.write_text(SPEC.replace("GOALS", goals))
    return path


def test_the_document_of_several_goals(tmp_path: Path) -> None:
    path = spec(tmp_path, "minimize hamming within 2\nthen minimize l1(weights)\nthen maximize margins")
    result = bdnnc.compile(path).train(time_limit=60, save=tmp_path / "model.json")
    first, second, third = result.network.training.goals
    assert (result.status, first.value, first.bound, first.reached) == ("optimal", 2, 0, 0)
    assert (second.value, second.bound) == (0, 0)
    assert third.value == third.bound
    assert bdnnc.load(tmp_path / "model.json").training == result.network.training


def test_without_time_the_document_has_no_bound_of_later_goals(tmp_path: Path) -> None:
    path = spec(tmp_path, "minimize hamming\nthen minimize l1(weights)")
    result = bdnnc.compile(path).train(time_limit=1e-6)
    assert (result.status, result.network.training.goals[1].bound) == ("feasible", None)


def test_a_cutoff_above_what_can_be_had_says_so(tmp_path: Path) -> None:
    path = spec(tmp_path, "maximize margin\ntrain exact { cutoff 50 }")
    with pytest.raises(bdnnc.WorkFailed) as caught:
        bdnnc.compile(path).train(time_limit=60)
    found = caught.value.diagnostics[0]
    assert found.code == "E526"
    assert "at least 50" in found.message


def test_the_status_of_a_document_is_what_its_goals_say(tmp_path: Path) -> None:
    """A later goal's network may meet the bound that an earlier search has missed, and a bound may be missed in the end."""
    path = spec(tmp_path, "minimize hamming\nthen minimize l1(weights)")
    training = bdnnc.compile(path).train(time_limit=60).network.training
    assert settled(training).status == "optimal"
    assert settled(replace(training, status="feasible")).status == "optimal"
    missed = replace(training.goals[1], bound=training.goals[1].value - 1)
    assert settled(replace(training, goals=(training.goals[0], missed))).status == "feasible"


def test_constraints_hold_under_every_goal() -> None:
    of = threshold(goal(L1), goal(HAMMING), constraints=[bound(HAMMING, "<=", 1)])
    outcome, _ = run(of)
    assert [(stage.value, stage.status) for stage in outcome.stages] == [(1, "optimal"), (0, "optimal")]


def test_proofs_of_real_goals_on_delicate_numbers_are_made_twice() -> None:
    """A solver stops such a search at a small gap, never at none; what it claims is confirmed all the same."""
    layers = [layer("h", 1, 1, finite(-1, 0, 1), BiasRule("auto"))]
    layers.append(layer("o", 1, 1, interval(-1, 1), BiasRule("in", interval(-5, 5)), "linear", statement=1))
    labels = [Fraction(v, 100) for v in (30, 71, 82, 160)]
    of = problem([[20_000], [40_000], [60_000], [80_000]], labels, layers, classes=0, goals=[goal(Loss("absolute"))])

    class Stopping(Observed):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            found = super().solve(model, options, on_incumbent, on_progress)
            return replace(found, stop=Stop.TARGET) if found.stop is Stop.OPTIMAL else found

    solver = Stopping()
    outcome, _ = run(of, solver)
    assert outcome.status(1) == "optimal"
    assert [options.seed for _, options in solver.asked] == [0, 1]


def test_a_certificate_of_real_goals_in_order(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n0,1,0.3\n1,0,0.71\n2,2,0.82\n3,1,1.6\n1,3,0.55\n2,0,1.1\n")
    (tmp_path / "spec.bdnn").write_text(
        'data { from "points.csv" target "y" }\n'
        "network { layer h: 1 step unit weights in {-1, 0, 1}\n"
        "  layer o: 1 linear unit weights in [-5, 5] bias in [-5, 5] }\n"
        "minimize absolute + 0.1 * l1(o.weights)\nthen minimize l1(o.bias)\nthen minimize l1(h.weights)\n"
    )
    result = bdnnc.compile(tmp_path / "spec.bdnn").train(time_limit=60, save=tmp_path / "model.json")
    assert result.status == "optimal"
    assert main(["certify", str(tmp_path / "model.json"), "--quiet"]) == 0


def test_a_later_goal_whose_model_does_not_reach_the_network_before_keeps_it_and_says_why() -> None:
    class Unreached(Observed):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            if self.asked:
                return Solution(Stop.INFEASIBLE, None, None, None, 0, 0.0)
            return super().solve(model, options, on_incumbent, on_progress)

    of = threshold(goal(HAMMING), goal(L1, Norm("l1", "bias", (0,))))
    outcome, _ = run(of, Unreached())
    assert [stage.status for stage in outcome.stages] == ["optimal", "feasible"]
    assert outcome.network is not None
    assert "as good in the goals before" in outcome.message


def test_a_gap_speaks_of_what_the_goal_reached(tmp_path: Path) -> None:
    """`within` lets a later goal take from the first one, which is proved all the same."""
    (tmp_path / "w.csv").write_text("x,y\n0,0\n1,1\n", encoding="utf-8")
    spec = tmp_path / "w.bdnn"
    spec.write_text(
        'data { from "w.csv" target "y" }\n'
        "network { layer o: 1 linear unit weights in [-1, 1] bias in [-1, 1] }\n"
        "minimize absolute within 1 / 2 then minimize l1(o.weights)\n",
        encoding="utf-8",
    )
    model = tmp_path / "w.json"
    assert main(["train", str(spec), "-o", str(model), "--gap", "0.1", "-q"]) == 0
    training = bdnnc.load(model).training
    assert training.status == "optimal"
    assert float(training.objective) == pytest.approx(0.5, abs=1e-5)
    assert training.goals[0].reached is not None
    assert float(training.goals[0].reached) == pytest.approx(0, abs=1e-6)
