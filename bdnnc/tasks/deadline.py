"""When tasks that other processes do have to be done: they may begin late, and their results take a while to come back."""

from __future__ import annotations

import time

RETURN, RETURN_SHARE = 0.5, 0.1
"""Seconds for a result to come back, and the share of the time that they are at most."""

GRACE = 0.5
"""Seconds after its deadline in which a result is still waited for."""


def deadline_of(seconds: float | None, workers: int) -> float | None:
    """When a task has to end, as `time.time`, which other machines know, too, for its result to be here within ``seconds``;
    None without a limit. A single worker is this process, where nothing has to come back."""
    if seconds is None:
        return None
    room = 0.0 if workers == 1 else min(RETURN, RETURN_SHARE * seconds)
    return time.time() + seconds - room
