"""The limits of time of a verification. Loads nothing, so that the command line can name the default."""

from __future__ import annotations

from bdnnc.diagnostics import Diagnostic, UserError

POINT_TIME = 60.0
"""Seconds for a point where nothing else is asked for."""


def checked_seconds(seconds: float | None, name: str) -> float | None:
    """The limit called ``name``; None for none. Raises UserError E632 where it is not positive."""
    if seconds is not None and not 0 < seconds < float("inf"):
        raise UserError(Diagnostic("E632", f"`{name}` is a positive number of seconds, not {seconds}"))
    return seconds
