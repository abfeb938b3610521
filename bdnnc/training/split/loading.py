"""scikit-learn, which takes seconds to import on a machine that is busy: nobody waits for it longer than there is time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from bdnnc.diagnostics import Diagnostic, UserError

MODULES = ("sklearn.cluster", "sklearn.svm")

POLL = 0.1
"""Seconds between two questions whether to stop waiting."""


class _Import:
    """The import, in a thread of its own."""

    def __init__(self) -> None:
        self._error: ImportError | None = None
        self._done = threading.Event()
        threading.Thread(target=self._load, name="scikit-learn", daemon=True).start()

    def _load(self) -> None:
        try:
            for name in MODULES:
                import_module(name)
        except ImportError as error:
            self._error = error
        finally:
            self._done.set()

    def is_done(self, should_stop: Callable[[], bool]) -> bool:
        while not self._done.wait(POLL):
            if should_stop():
                return False
        if self._error is not None:
            raise _absent() from self._error
        return True


@cache
def _import() -> _Import:
    return _Import()


def require_scikit_learn() -> None:
    """Raises UserError E622 where scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        raise _absent()


def is_loaded(should_stop: Callable[[], bool]) -> bool:
    """Whether scikit-learn is there, after waiting until it is, or until ``should_stop``. Raises UserError E622 where it cannot
    be imported."""
    return _import().is_done(should_stop)


def _absent() -> UserError:
    message = "`train split` splits sets of points with scikit-learn, which is not installed"
    return UserError(Diagnostic("E622", message, help='pip install "bdnnc[sklearn]"'))
