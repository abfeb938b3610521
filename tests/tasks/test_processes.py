"""Processes: at the same time, alone with their libraries, gone with their parent, and replaced when they are killed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bdnnc.diagnostics import UserError, WorkFailed
from bdnnc.tasks import processes as module
from bdnnc.tasks.executor import Executor
from bdnnc.tasks.factory import executor_of
from bdnnc.tasks.processes import Processes
from tests.cli.conftest import environment
from tests.tasks import work

pytest.importorskip("joblib")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def own() -> Iterator[Processes]:
    """Processes that the test may break."""
    executor = Processes(2)
    yield executor
    executor.close()


def test_two_at_a_time(processes: Executor, tmp_path: Path) -> None:
    assert processes.workers == 2
    assert processes.run(work.meet, str(tmp_path), [0, 1]) == [True, True]


def test_libraries_of_a_worker_have_one_thread(processes: Executor) -> None:
    assert processes.run(work.environment, "OPENBLAS_NUM_THREADS", [0]) == ["1"]


def test_workers_leave_ctrl_c_to_the_parent(processes: Executor) -> None:
    assert processes.run(work.handler, None, [0]) == ["SIG_IGN"]


def test_all_cores() -> None:
    import joblib

    executor = executor_of(-1)
    assert executor.workers == joblib.cpu_count()


def test_a_killed_worker_is_replaced(own: Processes, tmp_path: Path) -> None:
    assert own.run(work.killed_once, str(tmp_path), range(6)) == list(range(6))
    assert (tmp_path / "killed").exists()


def test_tasks_that_kill_their_workers_are_given_up(own: Processes) -> None:
    with pytest.raises(WorkFailed) as error:
        own.run(work.always_killed, None, range(2))
    [found] = error.value.diagnostics
    assert found.code == "E527"
    assert found.message.startswith("workers were lost 4 times: ")
    assert own.run(work.scaled, 2, range(2)) == [0, 2]


def test_stopping_ends_the_processes(own: Processes, tmp_path: Path) -> None:
    assert own.run(work.marked_slow, str(tmp_path), range(2), should_stop=lambda: _count(tmp_path) == 2) == [None, None]
    assert _gone([int(path.name) for path in tmp_path.iterdir()])


def test_an_exception_of_the_caller_ends_the_processes(own: Processes, tmp_path: Path) -> None:
    """A second Ctrl-C comes as one."""

    def stop() -> bool:
        if _count(tmp_path) == 2:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        own.run(work.marked_slow, str(tmp_path), range(2), should_stop=stop)
    assert _gone([int(path.name) for path in tmp_path.iterdir()])


PARENT = """
import sys
from bdnnc.tasks.factory import executor_of
from tests.tasks import work
executor_of(2).run(work.marked_slow, sys.argv[1], range(2))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_nobody_is_left_behind(number: signal.Signals, tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], env=environment(), stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while _count(tmp_path) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        children = [int(path.name) for path in tmp_path.iterdir()]
        assert len(children) == 2
        parent.send_signal(number)
        parent.wait(timeout=30)
    finally:
        parent.kill()
        parent.wait()
    assert _gone(children)


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Functions and values of the script itself go to the workers, which do not run it again."""
    script = tmp_path / "script.py"
    script.write_text(
        "from bdnnc.tasks.factory import executor_of\n"
        "print('begun')\n"
        "class Own:\n    factor = 3\n"
        "def scaled(shared, number):\n    return shared.factor * number\n"
        "executor = executor_of(2)\n"
        "print(executor.run(scaled, Own(), range(3)))\n"
        "executor.close()\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], env=environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "begun\n[0, 3, 6]\n"), done.stderr


def test_without_joblib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "joblib" else find_spec(name))
    for jobs in (2, -1):
        with pytest.raises(UserError, match="E622: several jobs need joblib, which is not installed"):
            executor_of(jobs)


def test_a_full_disk(own: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match=r"E661: cannot write `.*` for the workers: no space left on device"):
        own.run(work.scaled, 2, [1])


def test_calls_from_another_thread(own: Processes) -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.extend(own.run(work.scaled, 2, range(3))))
    thread.start()
    thread.join(timeout=30)
    assert found == [0, 2, 4]


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _gone(processes: list[int]) -> bool:
    """Whether the processes end within some seconds; a zombie has ended."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if not any(_lives(process) for process in processes):
            return True
        time.sleep(0.05)
    return False


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] == "Z")
