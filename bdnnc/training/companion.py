"""A stochastic search beside a solver: what it finds is offered to the running solve.

It begins when the solve has gone on for a while, so that whatever is proved sooner depends on no clock, and only where time is
the limit and there is a second core: a search on the solver's own core would be paid for by the proof.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field, replace
from fractions import Fraction

from bdnnc.formulation.caps import sign_of
from bdnnc.network.network import Network
from bdnnc.tasks.executor import Serial
from bdnnc.training.journal import Journal
from bdnnc.training.outcome import Watch
from bdnnc.training.search import NetworkSearch
from bdnnc.training.work import Work

PATIENCE = 10.0
"""Seconds that a solver is left alone."""

LEAST_SECONDS = 20.0
"""A goal with less time than this has no companion."""


def companion_of(work: Work, known: Network | None) -> Companion | None:
    """The companion of a goal's solve; None where it would be of no use. ``known``: the best network so far."""
    limits = work.limits
    patient = limits.remaining is not None and limits.remaining >= LEAST_SECONDS and limits.node_limit is None
    if not patient or not work.means.searches or _cores() < 2:
        return None
    return Companion(work, known)


def _cores() -> int:
    """Those that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(eq=False)
class Companion:
    """``with companion: solve(.., offers=..)``. The thread tells nobody anything; ``better_than`` is for the solver's."""

    work: Work
    known: Network | None
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _best: tuple[Network, Fraction] | None = None

    def __enter__(self) -> Companion:
        self._thread = threading.Thread(target=self._search, name="companion", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def better_than(self, objective: Fraction | None) -> Network | None:
        """A network that is better than ``objective`` (of the goal's minimized form); None where there is none yet."""
        with self._lock:
            if self._best is None or (objective is not None and self._best[1] >= objective):
                return None
            return self._best[0]

    def _search(self) -> None:
        if self._ended.wait(PATIENCE):
            return
        limits = replace(self.work.limits, time_limit=self.work.limits.remaining, started=time.monotonic())
        other = replace(limits, seed=limits.seed + 1)  # than that of the search before the solve
        watch = Watch(on_network=self._take, should_stop=self._ended.is_set)
        means = replace(self.work.means, watch=watch, journal=Journal(), executor=Serial())
        search = NetworkSearch(replace(self.work, means=means), other)
        if self.known is not None:
            search.offer(self.known)
        search.run()

    def _take(self, network: Network, value: Fraction, bound: Fraction) -> None:
        """The search has a better network."""
        with self._lock:
            self._best = network, sign_of(self.work.formulation.goal) * value
