"""Tasks for executors; other processes import them from here."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from bdnnc.diagnostics import Diagnostic, Label, Source, Span, UserError, WorkFailed


def scaled(factor: int, number: int) -> int:
    return factor * number


def slow(seconds: float, number: int) -> int:
    time.sleep(seconds)
    return number


def who(folder: str, number: int) -> int:
    """The process of a task, which also leaves a file there."""
    (Path(folder) / f"{number}.{os.getpid()}").touch()
    time.sleep(0.3)
    return os.getpid()


def slow_after_first(shared: None, number: int) -> int:
    if number:
        time.sleep(60 if os.getpid() != MAIN else 0)
    return number


def meet(name: str, number: int) -> bool:
    """Whether another process came to the same place."""
    folder = Path(tempfile.gettempdir())
    (folder / f"bdnnc-meet-{name}-{number}").touch()
    until = time.monotonic() + 20
    other = folder / f"bdnnc-meet-{name}-{1 - number}"
    while not other.exists() and time.monotonic() < until:
        time.sleep(0.01)
    return other.exists()


def wrong(shared: None, number: int) -> int:
    if number != 1:
        time.sleep(30)
    source = Source("a.bdnn", "minimize nothing")
    raise UserError(Diagnostic("E112", f"number {number}", Label(Span(source, 9, 16)), help="another"))


def failed(shared: None, number: int) -> int:
    raise WorkFailed(Diagnostic("E520", f"number {number}"))


def broken(shared: None, number: int) -> int:
    raise ZeroDivisionError(f"number {number}")


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
