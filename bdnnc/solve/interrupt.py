"""Ctrl-C and SIGTERM as a flag that a solve polls, so that it can end with its incumbent."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

CAUGHT = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """``with Interruption() as interruption: ... on_progress=lambda moment: interruption.requested``.

    The first SIGINT or SIGTERM sets the flag, the second raises KeyboardInterrupt at once. Python delivers signals to the main
    thread only: in any other the flag stays down. The handlers that were there before come back at the end.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._at_once = False

    @contextmanager
    def at_once(self) -> Generator[None]:
        """Around work that polls no flag: the first signal raises KeyboardInterrupt there too."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    @property
    def requested(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """128 + the signal's number, as shells have it: 130 after SIGINT, 143 after SIGTERM; 0 without a signal."""
        return 0 if self.signal is None else 128 + int(self.signal)

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = {caught: signal.signal(caught, self._handle) for caught in CAUGHT}
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        for caught, handler in self._before.items():
            # None: a handler that was not set from Python, which can't be set from Python either
            signal.signal(caught, handler if handler is not None else signal.SIG_DFL)
        self._before = {}

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_first = self.signal is None
        if is_first:
            self.signal = signal.Signals(number)
        if self._at_once or not is_first:
            raise KeyboardInterrupt
