"""A journal in a file: one JSON object a line, each written as soon as it is told."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, final

from bdnnc.diagnostics import BdnncError, Diagnostic, UserError, WorkFailed
from bdnnc.network.exact_json import flat_text
from bdnnc.training.journal import Journal
from bdnnc.training.payloads import natural, plain

PROGRESS_EVERY = 0.5
"""Seconds between two events of progress; those in between are left out."""


@final
class JournalFile(Journal):
    """The events of a run at the end of a file. ``records``: what earlier runs have recorded. ``size``: where the file's last
    whole line ends; what stands behind it is cut off.

    Each event has its name as `event` and the `seconds` since the journal was opened. A line is written whole and at once, so
    that whatever ends the run costs at most the line that is being written. Where there is no room for one, ``on_trouble`` is
    told the first time, the part that was written is taken back, and the run goes on without it.
    """

    def __init__(
        self,
        path: Path,
        on_trouble: Callable[[Diagnostic], None],
        records: Mapping[str, Any] | None = None,
        size: int = 0,
    ) -> None:
        """Raises UserError E661 where the file cannot be written, E657 where another run writes it."""
        self._path, self._on_trouble = path, on_trouble
        self._records = dict(records or {})
        self._opened = time.monotonic()
        self._progress_at = -PROGRESS_EVERY
        self._has_trouble = False
        self._handle = _opened(path)
        self._cut(size)

    def tell(self, event: str, **fields: Any) -> None:
        now = time.monotonic() - self._opened
        if event == "progress":
            if now - self._progress_at < PROGRESS_EVERY:
                return
            self._progress_at = now
        self._write(flat_text(plain({"event": event, "seconds": round(now, 3), **fields})))

    def record(self, key: str, payload: Any) -> None:
        self.tell("record", key=key, payload=payload)

    def recorded(self, key: str) -> Any | None:
        return natural(self._records.get(key))

    def close(self) -> None:
        os.close(self._handle)

    def __enter__(self) -> JournalFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Whatever ends the run is told as well."""
        if isinstance(value, UserError | WorkFailed):
            first = value.diagnostics[0]
            self.tell("error", code=first.code, message=first.message)
        elif isinstance(value, KeyboardInterrupt):
            self.tell("interrupted")
        elif value is not None:
            self.tell("error", code="E900", message=f"{type(value).__name__}: {value}")
        self.close()

    def _write(self, line: str) -> None:
        content = (line + "\n").encode("utf-8", "backslashreplace")  # half a surrogate pair as JSON has it
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError as error:
            self._cut(self._size)
            if not self._has_trouble:
                self._has_trouble = True
                reason = (error.strerror or str(error)).lower()
                message = f"cannot write `{self._path}`: {reason}; going on without the events that have no room"
                self._on_trouble(Diagnostic("W662", message))
        else:
            self._size += len(content)

    def _cut(self, size: int) -> None:
        """Takes back what stands behind ``size``; of a pipe or a device nothing can be taken back."""
        self._size = size
        try:
            os.ftruncate(self._handle, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ESPIPE, errno.ENOTSUP):
                raise


def _opened(path: Path) -> int:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        reason = (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).lower()
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: {reason}")) from error
    try:
        _lock(handle, path)
    except BdnncError:
        os.close(handle)
        raise
    return handle


def _lock(handle: int, path: Path) -> None:
    """Two runs in one file would spoil it. Windows and some network file systems have no such locks."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        help = "wait for it or stop it, or name another file with `--events`"
        raise UserError(Diagnostic("E657", f"`{path}` is being written by another run", help=help)) from busy
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS):
            raise
