"""Ctrl-C and SIGTERM as a flag, in this process and with a solve under way in another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bdnnc.solve import interrupt
from bdnnc.solve.interrupt import Interruption

ROOT = Path(interrupt.__file__).parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")

_SOLVE = """
import sys
from tests.solve.models import is_feasible, market_split
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.interrupt import Interruption
from bdnnc.solve.protocol import SolveOptions
model = market_split()
with Interruption() as interruption:
    solution = HighsSolver(isolated=sys.argv[1] == "apart").solve(
        model, SolveOptions(), lambda x, objective: bool(print("incumbent", flush=True)), lambda _: interruption.requested
    )
assert is_feasible(model, solution.x)
print(solution.stop.value, flush=True)
sys.exit(interruption.exit_code)
"""


@posix_only
@pytest.mark.parametrize("where", ["here", "apart"])
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_solve_ends_with_its_incumbent(where: str, sent: signal.Signals, code: int) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _SOLVE, where]
    # A session of its own, and the signal to all of it, as a terminal does: the solver's process gets it too.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, cwd=ROOT, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "incumbent"
        os.killpg(process.pid, sent)
        printed = process.stdout.read().split("\n")
        assert process.wait(timeout=60) == code
    assert printed[-2] == "interrupted"


@posix_only
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_raises_the_flag_the_second_raises_at_once(sent: signal.Signals, code: int) -> None:
    before = signal.getsignal(sent)
    with Interruption() as interruption:
        assert (interruption.requested, interruption.exit_code) == (False, 0)
        signal.raise_signal(sent)
        assert (interruption.requested, interruption.exit_code) == (True, code)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(sent)
    assert signal.getsignal(sent) is before


def test_the_handlers_come_back_after_an_exception() -> None:
    before = [signal.getsignal(caught) for caught in interrupt.CAUGHT]
    with pytest.raises(ZeroDivisionError), Interruption():
        raise ZeroDivisionError
    assert [signal.getsignal(caught) for caught in interrupt.CAUGHT] == before


def test_another_thread_leaves_the_handlers_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def enter() -> None:
        with Interruption() as interruption:
            seen.extend([signal.getsignal(signal.SIGINT), interruption.requested])

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before, False]
