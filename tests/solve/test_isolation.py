"""HiGHS in a child process: the same answers, and limits, crashes and a deaf solver survived."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bdnnc.diagnostics import UserError, WorkFailed
from bdnnc.solve import isolation
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Floats, Progress, SolveOptions, Stop

from .models import enumerated_optimum, is_feasible, market_split, random_model, split_point

HERE = HighsSolver(isolated=False)
APART = HighsSolver(isolated=True)
Children = list["subprocess.Popen[bytes]"]
ROOT = Path(isolation.__file__).parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@pytest.mark.parametrize("seed", range(4))
def test_the_same_as_in_this_process(seed: int) -> None:
    model = random_model(seed)
    here, apart = (solver.solve(model, SolveOptions(seed=seed)) for solver in (HERE, APART))
    assert (apart.stop, apart.objective, apart.bound, apart.nodes) == (here.stop, here.objective, here.bound, here.nodes)
    assert apart.objective == enumerated_optimum(model)
    assert (apart.x is None) == (here.x is None)
    if apart.x is not None and here.x is not None:
        assert apart.x.tolist() == here.x.tolist()


def test_callbacks_run_in_the_calling_thread_with_feasible_points() -> None:
    model = market_split(2, 20)
    objectives: list[float] = []
    threads: set[threading.Thread] = set()

    def on_incumbent(x: Floats, objective: float) -> bool:
        threads.add(threading.current_thread())
        assert is_feasible(model, x)
        assert objective == pytest.approx(model.c @ x)
        objectives.append(objective)
        return False

    def on_progress(moment: Progress) -> bool:
        threads.add(threading.current_thread())
        return False

    solution = APART.solve(model, SolveOptions(), on_incumbent, on_progress)
    assert threads == {threading.current_thread()}
    assert objectives == sorted(set(objectives), reverse=True)
    assert (solution.stop, solution.objective) == (Stop.OPTIMAL, objectives[-1])


def test_partial_start_and_options_reach_the_child() -> None:
    model = market_split()
    start = np.full(len(model.c), np.nan)
    start[:40] = np.arange(40) % 2
    seen: list[float] = []
    options = SolveOptions(node_limit=1, start=start, extra={"presolve": "off"}, threads=1)
    solution = APART.solve(model, options, lambda _, objective: bool(seen.append(objective)))
    assert solution.stop is Stop.NODE_LIMIT
    assert seen[0] == pytest.approx(float(model.c @ split_point(model, start[:40])))


def test_a_refused_option_is_a_user_error() -> None:
    with pytest.raises(UserError) as raised:
        APART.solve(random_model(0), SolveOptions(extra={"presolve": "sometimes"}))
    assert raised.value.diagnostics[0].code == "E505"


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    APART.solve(random_model(0), SolveOptions())
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_the_log_goes_to_standard_error_when_asked(capfd: pytest.CaptureFixture[str]) -> None:
    APART.solve(random_model(0), SolveOptions(extra={"output_flag": True}))
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "HiGHS" in printed.err


def test_time_limit_with_incumbent_and_bound() -> None:
    solution = APART.solve(market_split(), SolveOptions(time_limit=1.0))
    assert solution.stop is Stop.TIME_LIMIT
    assert solution.objective is not None
    assert solution.bound is not None
    assert solution.seconds < 30


def test_a_limit_shorter_than_the_start_of_the_child() -> None:
    model = market_split()
    start = split_point(model, np.zeros(40))
    solution = APART.solve(model, SolveOptions(time_limit=0.01, start=start))
    assert solution.stop is Stop.TIME_LIMIT
    assert solution.x is not None
    assert is_feasible(model, solution.x)


@posix_only
def test_a_killed_child_keeps_the_incumbent(children: Children) -> None:
    def kill(x: Floats, objective: float) -> bool:
        children[0].kill()
        return False

    model = market_split()
    solution = APART.solve(model, SolveOptions(time_limit=60), kill)
    assert solution.stop is Stop.FAILED
    assert solution.x is not None
    assert is_feasible(model, solution.x)
    assert "killed by signal 9" in solution.message


@posix_only
def test_a_deaf_child_is_cut_short(children: Children) -> None:
    def silence(x: Floats, objective: float) -> bool:
        children[0].send_signal(signal.SIGSTOP)
        return False

    model = market_split()
    solution = APART.solve(model, SolveOptions(time_limit=2.0), silence)
    assert solution.stop is Stop.TIME_LIMIT
    assert solution.x is not None
    assert is_feasible(model, solution.x)
    assert "did not answer" in solution.message
    assert solution.seconds < 30
    assert children[0].poll() is not None


@posix_only
def test_a_deaf_child_can_be_interrupted(children: Children) -> None:
    def silence(x: Floats, objective: float) -> bool:
        children[0].send_signal(signal.SIGSTOP)
        return False

    asked = time.monotonic() + 1
    solution = APART.solve(market_split(), SolveOptions(), silence, lambda _: time.monotonic() > asked)
    assert solution.stop is Stop.INTERRUPTED
    assert solution.x is not None


@pytest.mark.parametrize("kind", [ValueError, OSError, KeyboardInterrupt])
def test_an_exception_of_a_callback_comes_through_and_ends_the_child(kind: type[BaseException], children: Children) -> None:
    def failing(x: Floats, objective: float) -> bool:
        raise kind("from the callback")

    with pytest.raises(kind, match="from the callback"):
        APART.solve(market_split(), SolveOptions(time_limit=60), failing)
    assert children[0].poll() is not None


def test_a_child_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(WorkFailed) as raised:
        APART.solve(random_model(0), SolveOptions())
    assert raised.value.diagnostics[0].code == "E503"


def test_a_child_that_breaks_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_BOOT", "raise SystemError('no luck today')")
    solution = APART.solve(random_model(0), SolveOptions())
    assert solution.stop is Stop.FAILED
    assert "exit code 1" in solution.message
    assert "no luck today" in solution.message


_ORPHAN = """
import sys
from tests.solve.models import market_split
from bdnnc.solve import isolation
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import SolveOptions
launch = isolation.subprocess.Popen
def telling(*arguments, **keywords):
    child = launch(*arguments, **keywords)
    print(child.pid, flush=True)
    return child
isolation.subprocess.Popen = telling
HighsSolver().solve(market_split(), SolveOptions(), lambda x, objective: bool(print("incumbent", flush=True)))
"""


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@posix_only
def test_the_child_ends_with_its_parent() -> None:
    environment: dict[str, Any] = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _ORPHAN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert parent.stdout.readline().strip() == "incumbent"
        assert _runs(child)
        parent.kill()
    end = time.monotonic() + 30
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)


def test_without_time_no_process_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start is kept all the same."""

    def refuse(*_: object, **more: object) -> None:
        raise AssertionError("a process was begun")

    monkeypatch.setattr(isolation, "solve_isolated", refuse)
    model = market_split(2, 20)
    start = split_point(model, np.zeros(20))
    solution = APART.solve(model, SolveOptions(time_limit=0.0, start=start))
    assert solution.stop is Stop.TIME_LIMIT
    assert solution.x is not None
    assert APART.solve(model, SolveOptions(time_limit=0.0)).x is None
