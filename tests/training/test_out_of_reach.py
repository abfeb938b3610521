"""Programs too large for the time: nobody makes them, and acceptance keeps to its seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from bdnnc.diagnostics import UserError
from bdnnc.ir.problem import BiasRule
from bdnnc.language.quantities import Loss
from bdnnc.milp.lower import lower
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.encode import encode
from bdnnc.network.measure import Measured
from bdnnc.solve import linear
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Stop
from bdnnc.training import exact, reach
from bdnnc.training.exact import solve_exactly
from bdnnc.training.goals import train_goals
from bdnnc.training.improver import Improver
from bdnnc.training.local_search import search_locally
from bdnnc.training.outcome import PATIENCE, Limits, Watch
from bdnnc.training.random_network import random_network
from bdnnc.training.split import loading
from bdnnc.training.split.method import _Rounds, train_by_splitting
from bdnnc.training.stage import StageSearch
from bdnnc.training.work import Means, Method, Work
from tests.oracle.problems import finite, goal, interval, layer, problem
from tests.training.support import Observed, Told, formulated
from tests.training.test_local_search import AUTO, checkers


@pytest.mark.parametrize("method", [solve_exactly, search_locally, train_by_splitting])
def test_a_program_out_of_reach_is_never_made(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search gets the time, nobody lowers anything, and a line says so."""
    pytest.importorskip("sklearn")
    monkeypatch.setattr(reach, "ENTRIES", 0.01)

    def refuse(program: object) -> object:
        raise AssertionError("a matrix was made")

    for module in ("stage", "improver", "split.round"):
        monkeypatch.setattr(f"bdnnc.training.{module}.lower", refuse)
    of, said, told = checkers(4, 2), list[str](), Told()
    means = Means((), HighsSolver(isolated=False), Limits(time_limit=2.0), replace(told.watch(), on_note=said.append))
    began = time.monotonic()
    outcome = train_goals(method, lambda stage, reached: formulated(of, stage, reached), 1, means)
    assert time.monotonic() - began < 4
    [note] = said
    assert note.startswith(exact.OUT_OF_REACH[: exact.OUT_OF_REACH.index("{")])
    assert outcome.network is not None
    assert outcome.stages[0].status == "feasible"
    assert outcome.stages[0].value == told.networks[-1][2]  # told as it was found


def test_entries_are_about_those_of_the_matrix() -> None:
    of = checkers(6, 4)
    numbers = lower(formulated(of).program).A.nnz
    assert numbers / 3 < reach.entries(of) < 3 * numbers


def test_acceptance_takes_a_network_at_its_word_where_there_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Coupled parameters are re-chosen by linear programs; one that runs out of its time says nothing of the network."""
    points = [[0, 0], [0, 1], [1, 0], [1, 1]]
    layers = [
        layer("h", 2, 2, finite(-1, 0, 1), AUTO),
        layer("o", 1, 2, interval(-5, 5), BiasRule("unit", interval(-5, 5), ()), unit="linear", statement=1),
    ]
    hinge = Loss("hinge", margin=Fraction(1), weights=(Fraction(1), Fraction(1)))
    of = problem(points, [0, 1, 1, 1], layers, goals=[goal(hinge)])
    formulation = formulated(of)
    assert formulation.coupled
    network = random_network(formulation, np.random.default_rng(0))
    x = encode(network, formulation)
    asked: list[float | None] = []

    def late(model: object, tolerance: float = 1e-9, dual: bool = False, time_limit: float | None = None) -> linear.LpSolution:
        asked.append(time_limit)
        return linear.LpSolution(Stop.TIME_LIMIT, None, None, None, None)

    monkeypatch.setattr(linear, "solve_lp", late)
    verdict = accept(x, formulation, seconds=0.25)
    assert isinstance(verdict, Accepted)
    assert verdict.objective == Measured(network, of).goal(of.goals[0])
    assert len(asked) == 1
    assert asked[0] is not None
    assert 0 < asked[0] <= 0.25


def test_a_last_network_is_accepted_a_little_late() -> None:
    assert Limits(time_limit=None).patience is None
    assert Limits(time_limit=0.0).patience == PATIENCE
    left = Limits(time_limit=100.0).patience
    assert left is not None
    assert 99 < left <= 100


def test_no_solve_begins_whose_program_could_not_be_read_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there by then is what counts."""
    of = checkers(4, 2)
    monkeypatch.setattr(reach, "ENTRIES", 1.0)
    solver = Observed()
    formulation, limits = formulated(of), Limits(time_limit=5.0)
    search = StageSearch(formulation, (), solver, limits, Watch())
    search.take_constant()
    assert search.solve().status == "feasible"
    improver = Improver(formulation, (), solver, limits, Fraction(0))
    improver.begin(random_network(formulation, np.random.default_rng(0)))
    assert improver.is_over
    assert solver.asked == []
    monkeypatch.setattr(reach, "ENTRIES", 1e9)
    assert not improver.is_over


def test_a_solver_has_to_answer_before_the_time_is_over() -> None:
    assert Limits(time_limit=None).solving is None
    for seconds, room in ((100.0, 0.5), (2.0, 0.1)):
        limits = Limits(time_limit=seconds)
        assert limits.solving is not None
        assert limits.solving <= seconds - room * 0.99


def test_no_round_begins_without_the_time_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    formulation = formulated(checkers(4, 2))
    solver = Observed()
    means = Means((), solver, Limits(time_limit=50.0), Watch(), searches=False)
    rounds = _Rounds(Work(formulation, means, means.limits))
    rounds.overhead = 60.0
    assert rounds.outcome().status == "feasible"
    assert solver.asked == []
    again = _Rounds(Work(formulation, means, means.limits))
    monkeypatch.setattr("bdnnc.training.split.method.is_loaded", lambda should_stop: False)  # not before the time is over
    assert again.outcome().status == "feasible"
    assert solver.asked == []


def test_nobody_waits_longer_for_scikit_learn_than_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = threading.Event(), threading.Event()

    def slow(name: str) -> None:
        begun.set()
        ended.wait(60)

    monkeypatch.setattr(loading, "import_module", slow)
    monkeypatch.setattr(loading, "_import", cache(loading._Import))
    assert not loading.is_loaded(begun.is_set)
    ended.set()
    assert loading.is_loaded(lambda: False)

    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(loading, "import_module", absent)
    monkeypatch.setattr(loading, "_import", cache(loading._Import))
    with pytest.raises(UserError, match="E622"):
        loading.is_loaded(lambda: False)
