"""How a goal begins: what is found first depends neither on other processes, which take seconds to begin, nor on the clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bdnnc.data.dataset import Samples
from bdnnc.network.network import Network
from bdnnc.search.anneal import Annealed
from bdnnc.search.restart import Restart, Shared, run_restart
from bdnnc.solve.highs import HighsSolver
from bdnnc.tasks.deadline import deadline_of
from bdnnc.tasks.executor import Executor, Serial, ignore, never
from bdnnc.training import exact
from bdnnc.training.constant import best_constant
from bdnnc.training.exact import begun
from bdnnc.training.outcome import Limits
from bdnnc.training.random_network import random_network
from bdnnc.training.search import NetworkSearch, search_stochastically
from bdnnc.training.split import method as split_method
from bdnnc.training.split.method import _Rounds
from bdnnc.training.stage import StageSearch
from bdnnc.training.work import Means, MethodOptions, Work
from tests.training.support import Told, formulated
from tests.training.test_local_search import Backwards, Kept, checkers, parameters


class Cold(Backwards):
    """Workers that are ready once they were asked for it so often; None: never."""

    def __init__(self, after: int | None = None) -> None:
        self.after, self.asked, self.tasks = after, 0, 0

    def warm_up(self, function: Callable[[], object]) -> Callable[[], bool]:
        def are_ready() -> bool:
            self.asked += 1
            return self.after is not None and self.asked > self.after

        return are_ready

    def run(self, function, shared, tasks: Sequence[Any], on_result=ignore, should_stop=never) -> list[Any]:
        self.tasks += len(tasks)
        return super().run(function, shared, tasks, on_result, should_stop)


def work_of(
    executor: Executor, limits: Limits | None = None, options: MethodOptions | None = None, **more: Any
) -> tuple[Work, Told]:
    """The first goal of a checkerboard that a search does not solve at once."""
    told = Told(stages=[()])
    limits = limits or Limits(time_limit=600.0, threads=1)
    watch = told.watch(more.pop("should_stop", never))
    means = Means((), HighsSolver(isolated=False), limits, watch, options or MethodOptions(), executor, **more)
    return Work(formulated(checkers(4, 3)), means, limits), told


def test_the_opening_search_needs_no_other_process() -> None:
    """In a short share of the time none would have begun."""
    cold = Cold(0)  # who would be ready, as far as they say
    search, pool = begun(work_of(cold)[0])
    alone, networks = begun(work_of(Serial())[0])
    assert cold.tasks == 0
    assert search.objective == alone.objective
    assert [parameters(network) for network in pool] == [parameters(network) for network in networks]


@pytest.mark.parametrize("options", [MethodOptions(restarts=9), MethodOptions(moves=4000)])
@pytest.mark.parametrize("after", [0, 1, 3, 8, 20, None])
def test_a_search_finds_the_same_whenever_its_workers_are_ready(after: int | None, options: MethodOptions) -> None:
    cold = Cold(after)
    found = search_stochastically(work_of(cold, options=options)[0])
    alone = search_stochastically(work_of(Serial(), options=options)[0])
    assert parameters(found.network) == parameters(alone.network)
    assert (found.value, found.nodes) == (alone.value, alone.nodes)
    assert (cold.tasks == 0) == (after is None)


def test_an_interruption_before_the_workers_are_ready_leaves_what_was_found_here() -> None:
    """They do nothing before the end."""

    class Never(Cold):
        def run(self, function, shared, tasks: Sequence[Any], on_result=ignore, should_stop=never) -> list[Any]:
            assert should_stop()
            return [None] * len(tasks)

    work, told = work_of(Never(), should_stop=lambda: len(told.progress) > 6)
    found = search_stochastically(work)
    constant = best_constant(work.formulation)
    assert constant is not None
    assert found.status == "interrupted"
    assert found.value is not None
    assert found.value < constant[1]


def test_a_shown_incumbent_never_gets_worse() -> None:
    """Not even where the results of a wave are taken once more in their order."""
    for executor in (Serial(), Cold(3), Backwards()):
        work, told = work_of(executor, options=MethodOptions(restarts=8))
        search_stochastically(work)
        shown = [incumbent for _, incumbent, _ in told.progress if incumbent is not None]
        assert shown == sorted(shown, reverse=True)
        values = [value for _, _, value, _ in told.networks]
        assert values == sorted(set(values), reverse=True)


@pytest.mark.parametrize(
    ("limits", "options", "restarts"),
    [
        (Limits(time_limit=600.0), MethodOptions(), 0),
        (Limits(time_limit=600.0, node_limit=5), MethodOptions(), 4),
        (Limits(time_limit=600.0), MethodOptions(rounds=2), 4),
        (Limits(time_limit=600.0), MethodOptions(restarts=2), 4),
    ],
)
def test_no_clock_ends_the_opening_search_of_limited_work(
    limits: Limits, options: MethodOptions, restarts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share of the time is as good as none here."""
    monkeypatch.setattr(exact, "SEARCH_SHARE", 0.0)
    monkeypatch.setattr(exact, "SEARCH_SECONDS", 1e-9)
    journal = Kept()
    begun(work_of(Serial(), replace(limits, started=time.monotonic()), options, journal=journal)[0])
    assert len(journal.payloads) == restarts


def test_the_moves_of_an_opening_search_of_limited_work_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "SEARCH_WORK", 1600)
    asked: list[int | None] = []

    def run(self: NetworkSearch, restarts: int | None = None, moves: int | None = None, stagnation: object = None) -> None:
        asked.append(moves)

    monkeypatch.setattr(NetworkSearch, "run", run)
    begun(work_of(Serial(), Limits(time_limit=600.0, node_limit=5))[0])
    begun(work_of(Serial())[0])
    assert asked == [100, None]


def test_a_split_judges_only_what_an_opening_search_ends_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks on the way depend on the clock; one of them may even be better on points that were held back."""
    pytest.importorskip("sklearn")
    formulation = formulated(checkers(4, 3))
    random = np.random.default_rng(1)
    passing, *pool = (random_network(formulation, random) for _ in range(4))

    def opening(work: Work) -> tuple[StageSearch, list[Network]]:
        for network in (passing, *pool):
            work.means.watch.on_network(network, 0, 0)  # type: ignore[arg-type]
        search = StageSearch(work.formulation, (), work.means.solver, work.limits, work.means.watch)
        search.network = pool[1]
        return search, pool

    offered: list[Network] = []
    monkeypatch.setattr(split_method, "begun", opening)
    monkeypatch.setattr(split_method.Judge, "offer", lambda self, network: offered.append(network))
    held = Samples(formulation.problem.patterns, np.zeros(16, dtype=np.int64), np.arange(16))
    work, told = work_of(Serial(), validation=held)
    rounds = _Rounds(work)
    rounds._begin()
    assert offered == [*pool, pool[1]]
    assert rounds.last is pool[1]
    assert told.networks == []


def test_a_restart_that_begins_late_ends_in_time() -> None:
    """In a queue its time goes on."""
    work, _ = work_of(Serial())
    search = NetworkSearch(work, work.limits)
    shared = Shared(search.model, (0, 0), False)

    def moves(deadline: float | None) -> int:
        found: Annealed = run_restart(shared, Restart(0, deadline=deadline))
        return found.moves

    assert moves(time.time() - 1.0) < moves(None)


def test_other_processes_end_before_the_time_is_over_so_that_results_come_back() -> None:
    assert deadline_of(None, 2) is None
    now = time.time()
    for seconds, workers, room in ((10.0, 1, 0.0), (10.0, 2, 0.5), (1.0, 2, 0.1)):
        deadline = deadline_of(seconds, workers)
        assert deadline is not None
        assert now + seconds - room <= deadline <= time.time() + seconds - room


def test_a_result_is_waited_for_a_little_longer() -> None:
    limits = replace(Limits(time_limit=10.0), started=time.monotonic() - 10.1)
    assert limits.is_late
    assert not limits.is_late_by(100.0)
