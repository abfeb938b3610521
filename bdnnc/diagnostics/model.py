"""The diagnostic as a frozen value, and the exceptions that carry it.

``BdnncError``
├── ``UserError``      one or more diagnostics about input that a user can mend (exit code 2)
├── ``WorkFailed``     the input is right but the work failed: infeasible, no solution in time (exit code 1)
└── ``InternalError``  a bug of bdnnc; the text asks for a report
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A text that spans point into: its display name (usually a path) and its content."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive, 0-based) of a source."""

    source: Source
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Label:
    """A span and what is to be said of it; the text may be empty."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is ``E...`` for an error and ``W...`` for a warning.

    ``message`` is one lower-case sentence without a full stop, with code in backticks. ``primary`` makes sense alone; it is
    None only where no text is to blame (a flag, a full disk). ``notes`` say why, ``help`` says what to do.
    """

    code: str
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")


class BdnncError(Exception):
    """The root of everything that bdnnc raises on purpose."""


class _DiagnosedError(BdnncError):
    def __init__(self, diagnostics: Diagnostic | Sequence[Diagnostic]) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in found))
        self.diagnostics = found

    def __reduce__(self) -> tuple[type[_DiagnosedError], tuple[tuple[Diagnostic, ...]]]:
        """Errors come back from other processes."""
        return type(self), (self.diagnostics,)


class UserError(_DiagnosedError):
    """The input is wrong; exit code 2."""


class WorkFailed(_DiagnosedError):  # noqa: N818  (what happened, not an error of the input)
    """The input is right, the work failed; exit code 1."""


class InternalError(BdnncError):
    """A bug of bdnnc: an invariant that user input can't break was broken."""
