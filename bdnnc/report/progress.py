"""Live progress of work on standard error: a line that changes on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TextIO, final

from bdnnc.solve.protocol import Progress

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

Mode = Literal["auto", "plain", "none"]

PLAIN_EVERY = 5.0  # seconds between plain lines without an improvement
REFRESHES_PER_SECOND = 5.0


def gap(objective: float, bound: float) -> float:
    """The relative gap, |objective - bound| / max(1, |objective|)."""
    return abs(objective - bound) / max(1.0, abs(objective))


def progress_line(moment: Progress) -> str:
    """``incumbent 14  bound 12.5  gap 10.7 %  nodes 1,204  31.2 s``; a dash where nothing is known."""
    share = "-"
    if moment.incumbent is not None and moment.bound is not None:
        share = f"{100 * gap(moment.incumbent, moment.bound):.1f} %"
    return (
        f"incumbent {_figure(moment.incumbent)}  bound {_figure(moment.bound)}  gap {share}"
        f"  nodes {moment.nodes:,}  {moment.seconds:.1f} s"
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


class ProgressReporter(ABC):
    """``with make_reporter() as reporter: solver.solve(.., on_progress=lambda moment: reporter.update(moment))``.

    ``update`` returns nothing and never asks the solver to stop. ``say`` prints a line that stays.
    """

    def __enter__(self) -> ProgressReporter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @abstractmethod
    def update(self, moment: Progress) -> None:
        """Shows a moment; called often, prints seldom."""

    @abstractmethod
    def say(self, text: str) -> None:
        """A line that stays, such as the start of a phase."""

    def line(self, text: str) -> None:
        """A moment in words, such as how much is done: in place of the one before on a terminal, elsewhere a plain line every
        five seconds; called often. A reporter of solves alone shows none."""
        return

    @abstractmethod
    def close(self) -> None:
        """Leaves the terminal as it should be; a second call does nothing."""


@final
class SilentReporter(ProgressReporter):
    """Shows nothing."""

    def update(self, moment: Progress) -> None:
        return

    def say(self, text: str) -> None:
        return

    def close(self) -> None:
        return


@final
class PlainReporter(ProgressReporter):
    """One line at each better incumbent, and one every five seconds in between; flushed, so that logs are up to date."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._incumbent: float | None = None
        self._printed_at: float | None = None

    def update(self, moment: Progress) -> None:
        improved = moment.incumbent is not None and moment.incumbent != self._incumbent
        now = time.monotonic()
        if self._printed_at is None:  # the wait for the first line begins with the solve
            self._printed_at = now
        if improved or now - self._printed_at >= PLAIN_EVERY:
            self._incumbent = moment.incumbent
            self._printed_at = now
            self.say(progress_line(moment))

    def line(self, text: str) -> None:
        now = time.monotonic()
        if self._printed_at is None:
            self._printed_at = now
        if now - self._printed_at >= PLAIN_EVERY:
            self._printed_at = now
            self.say(text)

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def close(self) -> None:
        self._stream.flush()


@final
class LiveReporter(ProgressReporter):
    """One line that changes in place, and vanishes at the end."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live: Live = Live(
            console=Console(file=stream), refresh_per_second=REFRESHES_PER_SECOND, transient=True, redirect_stdout=False
        )
        self._is_running = False

    def update(self, moment: Progress) -> None:
        self.line(progress_line(moment))

    def line(self, text: str) -> None:
        if not self._is_running:
            self._live.start()
            self._is_running = True
        self._live.update(_one_line(text))

    def say(self, text: str) -> None:
        self._live.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        if self._is_running:
            self._live.stop()
            self._is_running = False


def _one_line(text: str) -> Text:
    from rich.text import Text

    return Text(text, no_wrap=True, overflow="ellipsis")


def make_reporter(mode: Mode = "auto", stream: TextIO | None = None) -> ProgressReporter:
    """The reporter for ``--progress``: ``auto`` is live on a terminal, plain elsewhere. ``stream``: standard error if None."""
    out = sys.stderr if stream is None else stream
    if mode == "none":
        return SilentReporter()
    return LiveReporter(out) if mode == "auto" and out.isatty() else PlainReporter(out)
