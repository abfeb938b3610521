"""A Dask cluster: addresses, workers that are killed in the middle, and a scheduler that goes away."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bdnnc.diagnostics import UserError, WorkFailed
from bdnnc.tasks import cluster as module
from bdnnc.tasks.executor import Executor, Serial
from bdnnc.tasks.factory import executor_of
from tests.tasks import work
from tests.tasks.dask_cluster import DaskCluster, dask_cluster

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def after_first(end: Callable[[], object]) -> Callable[[int, object], None]:
    """What to hand over as ``on_result``: ``end`` is called at the first result."""
    called = threading.Event()

    def on_result(place: int, result: object) -> None:
        if not called.is_set():
            called.set()
            end()

    return on_result


def test_two_workers(workers: Executor, tmp_path: Path) -> None:
    assert workers.workers == 2
    assert workers.run(work.meet, str(tmp_path), [0, 1]) == [True, True]


def test_a_worker_that_is_killed_in_the_middle(cluster: DaskCluster) -> None:
    with closing(executor_of(cluster=cluster.address)) as executor:
        found = executor.run(work.slow, 0.3, range(6), after_first(cluster.workers[0].kill))
        assert found == Serial().run(work.slow, 0, range(6))
        assert executor.run(work.scaled, 3, range(6)) == [0, 3, 6, 9, 12, 15]


def test_all_workers_are_killed_and_another_comes(cluster: DaskCluster) -> None:
    """What the tasks share was with the lost ones only: it is sent again."""

    def replace() -> None:
        for worker in cluster.workers:
            worker.kill()
        threading.Thread(target=cluster.add_workers).start()

    with closing(executor_of(cluster=cluster.address)) as executor:
        assert executor.run(work.slow, 0.3, range(5), after_first(replace)) == list(range(5))


def test_no_worker_comes_back(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ALONE", 1.0)

    def end() -> None:
        for worker in cluster.workers:
            worker.kill()

    with closing(executor_of(cluster=cluster.address)) as executor, pytest.raises(WorkFailed) as error:
        executor.run(work.slow, 0.3, range(5), after_first(end))
    [found] = error.value.diagnostics
    assert found.code == "E527"
    assert found.message == f"the Dask scheduler at `{cluster.address}` has had no workers for 1 seconds"


def test_the_scheduler_is_killed(
    cluster: DaskCluster, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT", 2.0)
    done: list[int] = []

    def on_result(place: int, result: int) -> None:
        done.append(result)
        cluster.scheduler.kill()

    with closing(executor_of(cluster=cluster.address)) as executor, pytest.raises(WorkFailed) as error:
        executor.run(work.slow, 0.3, range(5), on_result)
    [found] = error.value.diagnostics
    assert (found.code, found.message) == ("E528", f"the Dask scheduler at `{cluster.address}` no longer answers")
    assert done
    assert capfd.readouterr().err == ""


def test_the_scheduler_hangs(cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection stays open, but nobody answers; whoever wants to stop meanwhile can."""
    monkeypatch.setattr(module, "ANSWER", 1.5)
    stop = after_first(lambda: os.kill(cluster.scheduler.pid, signal.SIGSTOP))
    executor = executor_of(cluster=cluster.address)
    with pytest.raises(WorkFailed, match="E528"):
        executor.run(work.slow, 0.3, range(5), stop)
    assert executor.run(work.slow, 0.3, range(5), should_stop=lambda: True) == [None] * 5
    os.kill(cluster.scheduler.pid, signal.SIGCONT)
    executor.close()


def test_a_worker_that_joins_later_works(cluster: DaskCluster, tmp_path: Path) -> None:
    cluster.workers[0].kill()
    with closing(executor_of(cluster=cluster.address)) as executor:
        assert executor.run(work.scaled, 2, range(3)) == [0, 2, 4]
        cluster.add_workers()
        assert executor.run(work.meet, str(tmp_path / "dask"), [0, 1]) == [True, True]


def test_a_task_that_ends_its_workers(tmp_path: Path) -> None:
    with (
        dask_cluster(tmp_path, failures=0) as cluster,
        closing(executor_of(cluster=cluster.address)) as executor,
        pytest.raises(WorkFailed) as error,
    ):
        executor.run(work.always_killed, None, [0])
    [found] = error.value.diagnostics
    assert (found.code, found.message) == ("E527", "workers were lost again and again on the same part of the work")


@pytest.mark.parametrize(
    "address",
    ["", "localhost", "localhost:8786", "tcp://localhost", "tcp://localhost:", "tcp://a b:1", "tcp://localhost:99999",
     "tcp://localhost:0", "http://localhost:8786", "tcp://localhost:8786/x", "ucx://localhost:8786", "tcp://::1:8786"],
)  # fmt: skip
def test_a_text_that_is_no_address(address: str) -> None:
    with pytest.raises(UserError, match=r"E656: `.*` is no address of a cluster"):
        executor_of(cluster=address)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 0.3)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(UserError, match=f"E656: no Dask scheduler answers at `{address}` within 0.3 seconds"):
        executor_of(cluster=address)
    monkeypatch.setattr(module, "LEAST_CONNECT", 0.2)  # no longer than the run has time
    with pytest.raises(UserError, match=f"E656: no Dask scheduler answers at `{address}` within 0.2 seconds"):
        executor_of(cluster=address, seconds=0.0)


def test_somebody_else_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 0.3)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UserError, match="E656: no Dask scheduler answers"):
            executor_of(cluster=f"tcp://127.0.0.1:{other.getsockname()[1]}")


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 0.3)
    with pytest.raises(UserError, match="E656: no Dask scheduler answers"):
        executor_of(cluster="tcp://no-such-host.invalid:8786")


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT", 0.5)
    with dask_cluster(tmp_path, workers=0) as cluster, pytest.raises(UserError) as error:
        executor_of(cluster=cluster.address)
    [found] = error.value.diagnostics
    assert found.message == f"the Dask scheduler at `{cluster.address}` has no workers"
    assert found.help == f"start workers with `dask worker {cluster.address}`"


def test_workers_with_another_version(lasting_cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    import bdnnc

    version = bdnnc.__version__
    monkeypatch.setattr(bdnnc, "__version__", "99.1")
    with pytest.raises(UserError, match=rf"E656: the worker `tcp://.*` has bdnnc {version}, not bdnnc 99\.1"):
        executor_of(cluster=lasting_cluster.address)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match="E622: a cluster needs Dask, which is not installed"):
        executor_of(cluster="tcp://127.0.0.1:8786")
