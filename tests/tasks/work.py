"""Tasks for executors; other processes import them from here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from bdnnc.diagnostics import Diagnostic, Label, Source, Span, UserError, WorkFailed


def scaled(factor: Any, number: int) -> Any:
    return factor * number


def nothing() -> None:
    """Only the import of this module."""


def dividing_by_nothing() -> None:
    raise ZeroDivisionError


def slow(seconds: float, number: int) -> int:
    time.sleep(seconds)
    return number


def slow_after_first(seconds: float, number: int) -> int:
    if number:
        time.sleep(seconds)
    return number


def meet(folder: str, number: int) -> bool:
    """Whether the other of two tasks, 0 and 1, is at work at the same time."""
    (Path(folder) / str(number)).touch()
    until = time.monotonic() + 60
    other = Path(folder) / str(1 - number)
    while not other.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return other.exists()


def marked_slow(folder: str, number: int) -> int:
    """Leaves the number of its process in a file, and then takes a minute."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)
    return number


def wrong(shared: None, number: int) -> int:
    if number != 1:
        time.sleep(1)
    source = Source("a.bdnn", "minimize nothing")
    raise UserError(Diagnostic("E112", f"number {number}", Label(Span(source, 9, 16)), help="another"))


def failed(shared: None, number: int) -> int:
    raise WorkFailed(Diagnostic("E520", f"number {number}"))


def broken(shared: None, number: int) -> int:
    raise ZeroDivisionError(f"number {number}")


def timed_out(shared: None, number: int) -> int:
    raise TimeoutError(f"number {number}")


def killed_once(folder: str, number: int) -> int:
    """Task 1 kills its worker the first time that it runs."""
    mark = Path(folder) / "killed"
    if number == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def always_killed(shared: None, number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def environment(name: str, number: int) -> str | None:
    return os.environ.get(name)


def handler(shared: None, number: int) -> str:
    """What the process does at Ctrl-C."""
    found = signal.getsignal(signal.SIGINT)
    return found.name if isinstance(found, signal.Handlers) else str(found)
