"""One way to write a diagnostic of the data room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bdnnc.diagnostics import Diagnostic, Label, Span, UserError

SHOWN = 5

T = TypeVar("T")


def error(
    code: str, message: str, span: Span | None, text: str = "", *, notes: Sequence[str] = (), help: str | None = None
) -> Diagnostic:
    """The diagnostic with ``span`` as its primary label; without a span (no text is to blame) it has none."""
    return Diagnostic(code, message, None if span is None else Label(span, text), notes=tuple(notes), help=help)


def failure(
    code: str, message: str, span: Span | None, text: str = "", *, notes: Sequence[str] = (), help: str | None = None
) -> UserError:
    """The same as an exception, for errors after which nothing else can be found."""
    return UserError(error(code, message, span, text, notes=notes, help=help))


def listed(names: Sequence[str], shown: int = SHOWN) -> str:
    """The names in backticks; of a long list the first few and how many more there are."""
    head = ", ".join(f"`{name}`" for name in names[:shown])
    return head if len(names) <= shown else f"{head} and {len(names) - shown} more"


def counted(count: int, noun: str) -> str:
    """``1 row``, ``3 rows``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class Gate:
    """Steps that do not need each other's results: all are tried, and `close` raises the errors of all of them at once."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def attempt(self, step: Callable[[], T]) -> T | None:
        """The result of the step, None where it raised a UserError, which is kept for `close`."""
        try:
            return step()
        except UserError as problem:
            self._found.extend(problem.diagnostics)
            return None

    def close(self) -> None:
        """Raises UserError with everything that was found, if anything was."""
        if self._found:
            raise UserError(self._found)
