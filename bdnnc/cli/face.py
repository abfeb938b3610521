"""What is printed where: results on standard output, diagnostics and remarks on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from bdnnc.diagnostics import Diagnostic, UserError, render_full


@dataclass(slots=True)
class Face:
    """The two streams of a run. ``color``: ``auto`` (on a terminal, unless NO_COLOR is set), ``always`` or ``never``."""

    quiet: bool = False
    color: str = "auto"
    has_shown: bool = False

    def result(self, text: str) -> None:
        """Text on standard output. Raises UserError E661 where it can't be written, BrokenPipeError where nobody reads."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(error) from error

    def json(self, text: str) -> None:
        """JSON on standard output in ASCII, whatever the encoding there: other characters stand in strings only, as escapes."""
        pieces = (c if c.isascii() else json.dumps(c)[1:-1] for c in text)
        self.result("".join(pieces))

    def say(self, text: str) -> None:
        """A line on standard error, unless ``--quiet``."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def notes(self, notes: Iterable[str]) -> None:
        """``note: ..`` lines, unless ``--quiet``."""
        for note in notes:
            self.say(f"note: {note}")

    def show(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Diagnostics in full on standard error; warnings not with ``--quiet``."""
        shown = [d for d in diagnostics if d.is_error or not self.quiet]
        if shown:
            self.write_error("\n" * self.has_shown + render_full(shown, self._colored(sys.stderr)))
            self.has_shown = True

    def write_error(self, text: str) -> None:
        """Text on standard error, quiet or not."""
        print(text, end="", file=sys.stderr, flush=True)

    def _colored(self, stream: TextIO) -> bool:
        if self.color != "auto":
            return self.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def unwritable(error: OSError) -> UserError:
    """E661 for standard output."""
    reason = error.strerror or str(error)
    return UserError(Diagnostic("E661", f"cannot write standard output: {reason[:1].lower()}{reason[1:]}"))
