"""Numba compiles for some seconds when it is used for the first time on a machine: beside the search, which goes on in numpy.

Both ways lead to the same networks, so it does not matter which runs have the compiled loops and which have not.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.util import find_spec


class Compilation:
    """The loops being compiled, or loaded from numba's cache, in a thread of their own."""

    def __init__(self) -> None:
        self._done = threading.Event()
        threading.Thread(target=self._compile, name="compilation", daemon=True).start()

    def _compile(self) -> None:
        from bdnnc.search.compiled import warm_up

        warm_up()
        self._done.set()

    def is_done(self, seconds: float = 0.0) -> bool:
        """Whether the loops are ready, after waiting for so long."""
        return self._done.wait(seconds)


@cache
def _compilation() -> Compilation:
    return Compilation()


def is_compiled(seconds: float = 0.0) -> bool:
    """Whether the compiled loops can be used, after waiting for so long; never where numba is not installed. The first call
    begins to compile them."""
    return find_spec("numba") is not None and _compilation().is_done(seconds)
