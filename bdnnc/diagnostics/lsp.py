"""Diagnostics for editors: the `Diagnostic` of the language server protocol."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bdnnc.diagnostics.model import Diagnostic, Span
from bdnnc.diagnostics.positions import lines_of, utf16_length

ERROR, WARNING = 1, 2


def to_lsp(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """LSP diagnostics: positions 0-based, characters in UTF-16 code units.

    ``data`` holds ``notes`` and ``help``; ``relatedInformation`` the secondary labels, their ``uri`` being the source's name.
    """
    return [_diagnostic(diagnostic) for diagnostic in diagnostics]


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    zero = {"line": 0, "character": 0}
    return {
        "range": _range(diagnostic.primary.span) if diagnostic.primary else {"start": zero, "end": dict(zero)},
        "severity": ERROR if diagnostic.is_error else WARNING,
        "code": diagnostic.code,
        "source": "bdnnc",
        "message": diagnostic.message,
        "relatedInformation": [
            {"location": {"uri": label.span.source.name, "range": _range(label.span)}, "message": label.text}
            for label in diagnostic.secondary
        ],
        "data": {"notes": list(diagnostic.notes), "help": diagnostic.help},
    }


def _range(span: Span) -> dict[str, dict[str, int]]:
    return {"start": _position(span, span.start), "end": _position(span, max(span.end, span.start))}


def _position(span: Span, offset: int) -> dict[str, int]:
    lines = lines_of(span.source)
    line, column = lines.position(offset)
    return {"line": line, "character": utf16_length(lines.texts[line][:column])}
