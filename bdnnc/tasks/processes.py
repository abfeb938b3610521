# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
"""Processes of this machine, by joblib's loky: no `if __name__ == "__main__"` is needed, and one that is killed is noticed."""

from __future__ import annotations

import os
import pickle
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, final

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.tasks.executor import always, ignore, never
from bdnnc.tasks.rounds import LostError, gather

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""The environment of a worker: it is one of many, and its libraries leave the other cores alone."""

HANDOVER = 5.0
"""Seconds, at most, for tasks to reach the queue of the processes before these are ended."""

ORPHAN_POLL = 1.0
"""Seconds between two looks whether the process that began us is still there."""


@final
class Processes:
    """``workers`` processes, which begin with the first tasks and stay until `close`.

    Each does one task at a time. Where tasks are called off, by an error or because the caller stops, the processes are ended
    with them and begin anew with the next tasks.
    """

    def __init__(self, workers: int) -> None:
        """Raises UserError E622 where joblib is not installed."""
        require_joblib()
        self._workers = workers
        self._pool: Any = None

    @property
    def workers(self) -> int:
        return self._workers

    def run(
        self,
        function: Callable[[S, T], R],
        shared: S,
        tasks: Sequence[T],
        on_result: Callable[[int, R], None] = ignore,
        should_stop: Callable[[], bool] = never,
    ) -> list[R | None]:
        """As `Executor.run`. Raises WorkFailed E527 where processes are ended from outside again and again, UserError E661
        where the temporary folder has no room for ``shared``."""
        with tempfile.TemporaryDirectory(prefix="bdnnc-") as folder:
            path = _written(shared, Path(folder) / "shared")
            return gather(_Crew(self, function, path, tasks), len(tasks), on_result, should_stop)

    def warm_up(self, function: Callable[[], object]) -> Callable[[], bool]:
        from joblib.externals.loky import BrokenProcessPool

        try:
            futures = [self.pool().submit(function) for _ in range(self._workers)]
        except BrokenProcessPool:  # `run` begins new ones, and says so if these end, too
            self.close()
            return always
        return lambda: all(future.done() for future in futures)

    def pool(self) -> Any:
        """The processes, begun if there are none."""
        if self._pool is None:
            from joblib.externals.loky import ProcessPoolExecutor

            arguments = (os.getpid(),)
            self._pool = ProcessPoolExecutor(self._workers, initializer=_begin_worker, initargs=arguments, env=ONE_THREAD)
        return self._pool

    def close(self) -> None:
        """Ends the processes, whatever they do."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)


@final
class _Crew:
    """The processes at work on the tasks of one call. ``path``: the file with what they share."""

    def __init__(self, owner: Processes, function: Callable[[Any, Any], Any], path: str, tasks: Sequence[Any]) -> None:
        self.owner, self.function, self.path, self.tasks = owner, function, path, tasks

    @property
    def width(self) -> int:
        """One task at work and one that waits for each process, as many as loky's queue has room for."""
        return 2 * self.owner.workers

    def is_ready(self) -> bool:
        return True

    def submit(self, place: int) -> Any:
        from joblib.externals.loky import BrokenProcessPool

        try:
            return self.owner.pool().submit(_work, self.function, self.path, self.tasks[place])
        except BrokenProcessPool as broken:
            raise self._lost() from broken

    def result(self, future: Any) -> Any:
        from joblib.externals.loky import BrokenProcessPool

        try:
            return future.result()
        except BrokenProcessPool as broken:
            raise self._lost() from broken

    def check(self) -> None:
        """A process that ends shows by its future."""

    def call_off(self, futures: list[Any]) -> None:
        """A task that runs ends with its process only. Loky stumbles over a task that is in no queue yet when that happens."""
        until = time.monotonic() + HANDOVER
        while not all(future.running() or future.done() for future in futures) and time.monotonic() < until:
            time.sleep(0.001)
        self.owner.close()

    def _lost(self) -> LostError:
        self.owner.close()
        return LostError("a process that did a part of the work was ended from outside, or crashed")


def require_joblib() -> None:
    """Raises UserError E622 where joblib is not installed."""
    if find_spec("joblib") is None:
        help = 'pip install "bdnnc[distributed]", or leave out `--jobs`'
        raise UserError(Diagnostic("E622", "several jobs need joblib, which is not installed", help=help))


def cores() -> int:
    """How many cores this process may use, limits of containers included. Raises UserError E622 as `require_joblib`."""
    require_joblib()
    from joblib import cpu_count

    return cpu_count()


def _written(shared: object, path: Path) -> str:
    """Where the workers find it. Functions of a script are written whole, so that workers need not import the script."""
    from joblib.externals.loky.backend.reduction import dumps

    try:
        path.write_bytes(dumps(shared, protocol=pickle.HIGHEST_PROTOCOL))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        help = "make room in the temporary folder, or leave out `--jobs`"
        raise UserError(Diagnostic("E661", f"cannot write `{path}` for the workers: {reason}", help=help)) from error
    return str(path)


def _begin_worker(parent: int) -> None:
    """A terminal sends Ctrl-C to all processes: the parent decides. A worker whose parent was killed ends as well."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(ORPHAN_POLL)
    os._exit(1)


_known: dict[str, Any] = {}
"""What this worker has read: the shared value of the latest call, by its file."""


def _work(function: Callable[[Any, Any], Any], path: str, task: Any) -> Any:
    """One task, in a worker."""
    if path not in _known:
        _known.clear()
        _known[path] = pickle.loads(Path(path).read_bytes())
    return function(_known[path], task)
