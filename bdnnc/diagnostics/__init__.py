"""Diagnostics as data: what went wrong, where, why, and how to mend it.

Here live the diagnostic itself, the catalogue of codes, the two exception trees and the renderers (full, concise, JSON).
Nothing here knows the language, the data or any solver.
"""

from bdnnc.diagnostics.lsp import to_lsp
from bdnnc.diagnostics.model import (
    BdnncError,
    Diagnostic,
    InternalError,
    Label,
    Source,
    Span,
    UserError,
    WorkFailed,
)
from bdnnc.diagnostics.render import render_concise, render_full

__all__ = [
    "BdnncError",
    "Diagnostic",
    "InternalError",
    "Label",
    "Source",
    "Span",
    "UserError",
    "WorkFailed",
    "render_concise",
    "render_full",
    "to_lsp",
]
