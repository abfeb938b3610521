"""Waiting for results that come from elsewhere: in rounds, each of which begins anew what the one before has lost."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from bdnnc.diagnostics import Diagnostic, WorkFailed

R = TypeVar("R")

POLL = 0.1
"""Seconds between two questions whether to stop."""

MOST_LOSSES = 3
"""How often workers may be lost in one call before it fails: tasks that end their workers would do so for ever."""


class LostError(Exception):
    """Workers are gone, and with them tasks that can be done again; the text says how they went."""


class Future(Protocol):
    """What the futures of all back ends have in common."""

    def add_done_callback(self, fn: Callable[[Any], None], /) -> Any: ...


class Crew(Protocol):
    """The workers of one call of `Executor.run`."""

    def is_ready(self) -> bool:
        """Whether tasks can be submitted; asked again until it is so. Raises LostError."""
        ...

    @property
    def width(self) -> int:
        """How many tasks may be under way or queued with the workers at a time; at least 1."""
        ...

    def submit(self, place: int) -> Future:
        """Begin task number ``place``, or queue it. Raises LostError."""
        ...

    def result(self, future: Any) -> Any:
        """What a future that is done has come to. Raises LostError, WorkFailed, and what the task raised."""
        ...

    def check(self) -> None:
        """Called while waiting. Raises WorkFailed where nobody is left who could work."""
        ...

    def call_off(self, futures: list[Any]) -> None:
        """Whatever of these is not done is no longer wanted."""
        ...


def gather(crew: Crew, count: int, on_result: Callable[[int, R], None], should_stop: Callable[[], bool]) -> list[R | None]:
    """The results of ``count`` tasks, as `Executor.run` gives them.

    Raises WorkFailed E527 once workers were lost more than ``MOST_LOSSES`` times, and what ``crew`` raises.
    """
    found: list[R | None] = [None] * count
    left = dict.fromkeys(range(count))
    losses = 0
    while left and not should_stop():
        try:
            if not _round(crew, left, found, on_result, should_stop):
                break
        except LostError as lost:
            losses += 1
            if losses > MOST_LOSSES:
                raise _too_many_lost(lost) from lost
    return found


def _round(
    crew: Crew,
    left: dict[int, None],
    found: list[R | None],
    on_result: Callable[[int, R], None],
    should_stop: Callable[[], bool],
) -> bool:
    """Begins all tasks that are left and takes their results out of ``left``; whether it came to its end."""
    done: queue.SimpleQueue[int] = queue.SimpleQueue()
    waiting = deque(left)
    futures: dict[int, Future] = {}
    try:
        while left:
            if should_stop():
                return False
            crew.check()
            while waiting and crew.is_ready() and len(futures) < crew.width:
                place = waiting.popleft()
                futures[place] = future = crew.submit(place)
                future.add_done_callback(lambda _, place=place: done.put(place))
            try:
                place = done.get(timeout=POLL)
            except queue.Empty:
                continue
            found[place] = result = crew.result(futures.pop(place))
            del left[place]
            on_result(place, result)
        return True
    finally:
        if futures:
            crew.call_off(list(futures.values()))


def _too_many_lost(lost: LostError) -> WorkFailed:
    message = f"workers were lost {MOST_LOSSES + 1} times: {lost}"
    help = "they may need more memory than there is: try fewer jobs, or a smaller network"
    return WorkFailed(Diagnostic("E527", message, help=help))
