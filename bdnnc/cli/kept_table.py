"""A table of results on disk, kept up to date while the work goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bdnnc.cli.common import STDIN, Output
from bdnnc.diagnostics import Diagnostic, UserError, render_concise

if TYPE_CHECKING:
    from collections.abc import Callable

    from bdnnc.report.progress import ProgressReporter

SAVE_EVERY = 2.0
"""Seconds between two tables on disk."""


class Saved(Protocol):
    """Results that write their own table."""

    def save(self, path: str | Path) -> None:
        """Raises ``UserError`` where the file cannot be written."""
        ...


@dataclass(slots=True)
class KeptTable:
    """``path``: None where the table goes to no file."""

    reporter: ProgressReporter
    path: Path | None
    saved: float = 0.0
    has_complained: bool = False

    def save_sometimes(self, so_far: Callable[[], Saved]) -> None:
        """A disk that is full is told once, and tried again."""
        if self.path is None or time.monotonic() - self.saved < SAVE_EVERY:
            return
        try:
            so_far().save(self.path)
        except UserError as trouble:
            if not self.has_complained:
                told = Diagnostic("W661", f"{trouble.diagnostics[0].message}; going on, and trying again later")
                self.reporter.say(render_concise([told]).rstrip())
            self.has_complained = True
        self.saved = time.monotonic()


def file_of(out: str | None) -> Path | None:
    """Where ``-o`` saves; None for standard output and for nothing."""
    return None if out in (None, STDIN) else Path(out)


def check_streams(out: str | None, events: str | None, format: Output) -> None:
    """Raises UserError E648 where two would print on standard output, E644 where events would go there."""
    if out == STDIN and format is Output.JSON:
        help = "leave one of them out"
        raise UserError(Diagnostic("E648", "`-o -` and `--format json` both print on standard output", help=help))
    if events == STDIN:
        help = "name a file; `tail -f FILE.jsonl` shows the events as they come"
        raise UserError(Diagnostic("E644", "events are read again at a `--resume`, which `--events -` cannot be", help=help))
