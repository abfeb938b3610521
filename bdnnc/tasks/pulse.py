"""Whether a Dask scheduler still answers, and how many workers it has; asked on the side, so that nobody waits."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future
from typing import Any, final

LOOK = 0.5
"""Seconds between two questions."""


@final
class Pulse:
    """``threads``: those of all workers at the last answer. ``silent``, ``alone``: seconds since the last answer, and since the
    last answer that spoke of workers; 0 as long as the latest did."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._answer: Future[Any] | None = None
        now = time.monotonic()
        self._asked = self._answered = self._peopled = now
        self.threads = 0
        self._ask()

    @property
    def silent(self) -> float:
        return time.monotonic() - self._answered

    @property
    def alone(self) -> float:
        return 0.0 if self.threads else time.monotonic() - self._peopled

    def look(self) -> None:
        """Takes an answer that has come, and asks again in time. A connection that is broken gives none."""
        now = time.monotonic()
        if self._answer is None:
            if now - self._asked >= LOOK:
                self._ask()
        elif self._answer.done():
            answer, self._answer = self._answer, None
            if answer.cancelled() or answer.exception() is not None:
                return
            self.threads = sum(answer.result().values())
            self._answered = now
            if self.threads:
                self._peopled = now

    def _ask(self) -> None:
        self._asked = time.monotonic()
        if self._client.status == "running":
            question = self._client.scheduler.ncores(workers=None)
            self._answer = asyncio.run_coroutine_threadsafe(question, self._client.loop.asyncio_loop)
