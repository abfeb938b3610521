"""Ctrl-C, SIGTERM and kill -9 during a training: the best network so far is on disk, loads and certifies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bdnnc.cli.main import main
from bdnnc.network.saving import load
from tests.cli.conftest import command, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def _ended_by(spec: Path, end: Callable[[int], None], goals: int = 1, method: str = "exact") -> tuple[int, str, str, float]:
    """Exit code, outputs, and seconds to the end, of a training that is ended once it has saved a network of so many goals."""
    arguments = command(["train", spec.name, "-o", "hard.json", "--time-limit", "100", "--method", method])
    running = subprocess.Popen(
        arguments, cwd=spec.parent, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while _searched(spec.parent / "hard.json") < goals and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert running.poll() is None, running.communicate()
        assert _searched(spec.parent / "hard.json") == goals
        time.sleep(1)  # the first network is there before the solver is
        began = time.monotonic()
        end(running.pid)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    return running.returncode, out, err, time.monotonic() - began


def _searched(path: Path) -> int:
    """The goals whose search has begun, as the file says; it is whole whenever it is there."""
    return sum(goal.bound is not None for goal in load(path).training.goals) if path.exists() else 0


def _holds(spec: Path) -> str:
    """The status of the model, once it is certified, and nothing else is left in the folder."""
    assert main(["certify", str(spec.parent / "hard.json"), "--quiet"]) == 0
    assert not [path.name for path in spec.parent.iterdir() if path.name not in ("hard.bdnn", "hard.json")]
    return load(spec.parent / "hard.json").training.status


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(hard: Path, number: signal.Signals, code: int) -> None:
    found, out, err, seconds = _ended_by(hard, lambda pid: os.kill(pid, number))
    assert found == code
    assert seconds < 10
    assert out.startswith("trained, saved as hard.json\n├── interrupted")
    assert "interrupted: the best network so far is saved as hard.json" in err
    assert "Traceback" not in err
    assert _holds(hard) == "interrupted"


@pytest.mark.parametrize("method", ["local_search", "split", "search"])
def test_ctrl_c_in_every_other_method(hard: Path, method: str) -> None:
    found, out, err, seconds = _ended_by(hard, lambda pid: os.kill(pid, signal.SIGINT), method=method)
    assert found == 130
    assert seconds < 10
    assert out.startswith("trained, saved as hard.json\n├── interrupted")
    assert "interrupted: the best network so far is saved as hard.json" in err
    assert "Traceback" not in err
    assert _holds(hard) == "interrupted"


def test_ctrl_c_of_a_terminal_reaches_the_solver_too(hard: Path) -> None:
    found, _, err, _ = _ended_by(hard, lambda pid: os.killpg(pid, signal.SIGINT))
    assert found == 130
    assert "Traceback" not in err
    assert _holds(hard) == "interrupted"


def test_kill(hard: Path) -> None:
    found, _, _, _ = _ended_by(hard, lambda pid: os.kill(pid, signal.SIGKILL))
    assert found == -signal.SIGKILL
    assert _holds(hard) == "feasible"


def test_a_second_signal_ends_at_once(hard: Path) -> None:
    def twice(pid: int) -> None:
        os.kill(pid, signal.SIGINT)
        time.sleep(0.02)
        os.kill(pid, signal.SIGINT)

    found, _, err, seconds = _ended_by(hard, twice)
    assert found == 130
    assert seconds < 10
    assert "Traceback" not in err
    assert _holds(hard) in ("feasible", "interrupted")


@pytest.fixture
def two_goals(hard: Path) -> Path:
    """The first goal is proved at once, the second is not solved in a minute."""
    text = hard.read_text(encoding="utf-8")
    goals = "minimize l1(output.weights) within 5\nthen minimize hamming"
    hard.write_text(text.replace("minimize hamming", goals), encoding="utf-8")
    return hard


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGKILL, "feasible"), (signal.SIGINT, "interrupted")], ids=["kill", "interrupt"]
)
def test_the_second_goal_ends_early(two_goals: Path, number: signal.Signals, status: str) -> None:
    _ended_by(two_goals, lambda pid: os.kill(pid, number), goals=2)
    assert _holds(two_goals) == status
    first, second = load(two_goals.parent / "hard.json").training.goals
    assert (first.reached, first.bound) == (0, 0)
    assert first.value <= 5
    assert second.bound is not None
    assert second.bound < second.value
