"""What all executors have in common, by the same tests."""

from __future__ import annotations

import time

import pytest

from bdnnc.diagnostics import UserError, WorkFailed
from bdnnc.tasks.executor import Executor
from bdnnc.tasks.factory import executor_of
from tests.tasks import work


def test_results_in_the_order_of_the_tasks(executor: Executor) -> None:
    told: dict[int, int] = {}
    assert executor.run(work.scaled, 3, range(20), told.__setitem__) == [3 * number for number in range(20)]
    assert told == {number: 3 * number for number in range(20)}


def test_what_is_shared_may_change_from_call_to_call(executor: Executor) -> None:
    assert executor.run(work.scaled, 2, [5]) == [10]
    assert executor.run(work.scaled, [1, 2], [2]) == [[1, 2, 1, 2]]
    assert executor.run(work.scaled, {"a": 1}.get("a"), [7]) == [7]


def test_no_tasks(executor: Executor) -> None:
    assert executor.run(work.scaled, 3, []) == []


def test_errors_of_a_user_come_back_whole(executor: Executor) -> None:
    with pytest.raises(UserError) as error:
        executor.run(work.wrong, None, [1, 0, 2])
    [found] = error.value.diagnostics
    assert (found.code, found.message, found.help) == ("E112", "number 1", "another")
    assert found.primary is not None
    span = found.primary.span
    assert span.source.text[span.start : span.end] == "nothing"
    assert executor.run(work.scaled, 3, range(3)) == [0, 3, 6]


def test_failures_and_bugs_come_back(executor: Executor) -> None:
    with pytest.raises(WorkFailed, match="E520: number 0"):
        executor.run(work.failed, None, [0])
    with pytest.raises(ZeroDivisionError, match="number 4"):
        executor.run(work.broken, None, [4])


def test_an_error_of_the_caller_ends_the_call(executor: Executor) -> None:
    def refuse(place: int, result: int) -> None:
        raise KeyError(place)

    with pytest.raises(KeyError):
        executor.run(work.scaled, 3, range(3), refuse)
    assert executor.run(work.scaled, 3, range(3)) == [0, 3, 6]


def test_stopped_before_it_begins(executor: Executor) -> None:
    assert executor.run(work.scaled, 3, range(3), should_stop=lambda: True) == [None] * 3


def test_stopped_after_the_first_result(executor: Executor) -> None:
    """What is done stays, what is not is None."""
    done: list[int] = []
    found = executor.run(work.slow_after_first, 0.5, range(6), lambda place, _: done.append(place), lambda: bool(done))
    assert found[0] == 0
    assert [place for place, result in enumerate(found) if result is not None] == sorted(done)
    assert found[-1] is None


def test_workers_that_are_warmed_up_are_ready_some_time_and_work(executor: Executor) -> None:
    are_ready = executor.warm_up(work.nothing)
    until = time.monotonic() + 60
    while not are_ready() and time.monotonic() < until:
        time.sleep(0.01)
    assert are_ready()
    assert executor.run(work.scaled, 3, range(3)) == [0, 3, 6]
    executor.warm_up(work.dividing_by_nothing)
    assert executor.run(work.scaled, 2, range(3)) == [0, 2, 4]


def test_an_error_that_looks_like_one_of_the_connection(executor: Executor) -> None:
    with pytest.raises(TimeoutError, match="number 2"):
        executor.run(work.timed_out, None, [2])


@pytest.mark.parametrize("jobs", [0, -2, 513, True, 2.5, "2"])
def test_a_wrong_number_of_jobs(jobs: object) -> None:
    with pytest.raises(UserError, match="E632: `jobs` is an integer from 1 to 512, or -1 for all cores, not "):
        executor_of(jobs)  # type: ignore[arg-type]


def test_jobs_and_a_cluster_exclude_each_other() -> None:
    with pytest.raises(UserError, match="E648"):
        executor_of(2, "tcp://127.0.0.1:8786")


def test_one_job_is_this_process() -> None:
    assert type(executor_of(1)) is type(executor_of())
    assert executor_of(1).workers == 1
