"""The known name nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The nearest of the known names, compared without regard to case; None if none is near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    matches = get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.65)
    return by_lower[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help line that offers the nearest known name, None if none is near."""
    found = nearest(name, known)
    return None if found is None else f"did you mean `{found}`?"


def known_names(names: Iterable[str], most: int = 12) -> str:
    """``a, b, c`` in backticks, in the given order, cut off after ``most``."""
    listed = list(names)
    shown = ", ".join(f"`{name}`" for name in listed[:most])
    return shown if len(listed) <= most else f"{shown} and {len(listed) - most} more"
