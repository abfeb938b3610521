"""How far a run is on its way: by its steps, and sooner at the end where its deadline comes before them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RECENT = 0.3
"""How much the latest steps say of what a step takes, beside all before."""


@dataclass(eq=False)
class Pace:
    """A run of ``steps`` until ``deadline`` (as `time.monotonic`; None: none). A schedule that a deadline cut short in the
    middle would end with a network that is still hot; so the shares grow by what is left, over the steps that there is time
    for. As long as there is time for all, they depend on no clock."""

    steps: int
    deadline: float | None
    done: int = 0
    share: float = 0.0
    _seconds: float | None = None
    _asked: float = field(default_factory=time.monotonic)
    _size: int = 0

    @property
    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() > self.deadline

    @property
    def left(self) -> int:
        """Steps that have not been asked for."""
        return self.steps - self.done

    def next(self, size: int, at_most: float = np.inf) -> Floats:
        """(size,): the shares, in [0, 1), at which the next steps stand; the ones asked for before are done by now.
        ``at_most``: how many steps another limit leaves."""
        rate = (1 - self.share) / max(size, min(self.left, self._possible(), at_most))
        shares = self.share + rate * np.arange(size, dtype=np.float64)
        self.done, self.share, self._size = self.done + size, self.share + rate * size, size
        return shares

    def _possible(self) -> float:
        """Steps until the deadline, at the speed of those before; no limit before any was timed."""
        now = time.monotonic()
        if self._size:
            latest = (now - self._asked) / self._size
            self._seconds = latest if self._seconds is None else self._seconds + RECENT * (latest - self._seconds)
        self._asked = now
        if self.deadline is None or not self._seconds:
            return np.inf
        return max(0.0, self.deadline - now) / self._seconds
