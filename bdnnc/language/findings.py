"""What a check has found so far, and the comments that silence warnings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bdnnc.diagnostics import Diagnostic, Label, Span
from bdnnc.diagnostics.positions import lines_of

ALLOW = re.compile(r"#\s*bdnnc:\s*allow\s+((?:W\d{3}[\s,]*)+)$")


@dataclass(slots=True)
class Findings:
    """A list of diagnostics that grows while the tree is walked."""

    found: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: Sequence[Label] = (),
        notes: Sequence[str] = (),
        help: str | None = None,
    ) -> None:
        self.found.append(Diagnostic(code, message, Label(span, label), tuple(secondary), tuple(notes), help))

    def has_errors(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self.found)

    def result(self) -> list[Diagnostic]:
        """In the order of the text, each once, without the warnings that a comment allows."""
        return merged(self.found)


def merged(*lists: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Diagnostics of several checks of one file: in the order of the text, each once, allowed warnings left out."""
    unique = {diagnostic: None for found in lists for diagnostic in found if not _is_allowed(diagnostic)}
    return sorted(unique, key=_order)


def _order(diagnostic: Diagnostic) -> tuple[str, int]:
    if diagnostic.primary is None:
        return "", -1
    return diagnostic.primary.span.source.name, diagnostic.primary.span.start


def _is_allowed(diagnostic: Diagnostic) -> bool:
    if diagnostic.is_error or diagnostic.primary is None:
        return False
    lines = lines_of(diagnostic.primary.span.source)
    line, _ = lines.position(diagnostic.primary.span.start)
    comment = ALLOW.search(lines.texts[line].rstrip())
    return comment is not None and diagnostic.code in comment[1]
