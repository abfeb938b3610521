"""The protocol of everything that splits: restarts, pairs of classes, folds, sweep points, batches.

A task is a function of ``(shared, task)``: a name at the top of a module, so that another process can import it; ``shared`` is
sent to each worker once, ``task`` and the result with every call. What a task computes may depend on nothing else (no clock but
its own, no worker), so that every executor gives the same results for the same tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, final

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


def ignore(place: int, result: object) -> None:
    """For callers who wait for all results."""


def never() -> bool:
    """For callers who don't stop."""
    return False


def always() -> bool:
    """Of workers that have nothing to wait for."""
    return True


class Executor(Protocol):
    """Runs tasks. ``workers``: how many at a time."""

    @property
    def workers(self) -> int: ...

    def run(
        self,
        function: Callable[[S, T], R],
        shared: S,
        tasks: Sequence[T],
        on_result: Callable[[int, R], None] = ignore,
        should_stop: Callable[[], bool] = never,
    ) -> list[R | None]:
        """The results in the order of the tasks; None for those that were not done because ``should_stop`` said so.

        ``on_result(place, result)`` is called in this process as soon as a result is there, in any order; ``should_stop`` is
        asked between results and while waiting. An error of a task is raised here, once the others have been called off.
        """
        ...

    def warm_up(self, function: Callable[[], object]) -> Callable[[], bool]:
        """Have the workers call ``function``, a name at the top of a module, while this process does something else: they
        begin, import that module and what the function imports. The result says whether they are ready. What goes wrong there
        shows when they have something to do."""
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


@final
class Serial:
    """One task after the other, in this process."""

    workers = 1

    def run(
        self,
        function: Callable[[S, T], R],
        shared: S,
        tasks: Sequence[T],
        on_result: Callable[[int, R], None] = ignore,
        should_stop: Callable[[], bool] = never,
    ) -> list[R | None]:
        found: list[R | None] = [None] * len(tasks)
        for place, task in enumerate(tasks):
            if should_stop():
                break
            found[place] = result = function(shared, task)
            on_result(place, result)
        return found

    def warm_up(self, function: Callable[[], object]) -> Callable[[], bool]:
        """This process is always ready."""
        return always

    def close(self) -> None:
        """Nothing to let go of."""
