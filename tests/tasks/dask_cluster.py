"""A real Dask scheduler and real workers, as processes on the loopback interface."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import environment

START = 30.0
"""Seconds for a process to begin, on a busy machine."""


class DaskCluster:
    """``scheduler`` and ``workers``, each a process; ``folder``: for their logs, and where the scheduler writes its address.
    ``failures``: workers that a task may end before the scheduler gives it up."""

    def __init__(self, folder: Path, failures: int = 3) -> None:
        self.environment = {**environment(), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(failures)}
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        place = folder / "scheduler.json"
        self.scheduler = self._begin("scheduler", "--port", "0", "--no-show", "--scheduler-file", str(place))
        try:
            self.address = self._address(place)
        except BaseException:  # nobody else knows of the process
            self.close()
            raise

    def add_workers(self, count: int = 1) -> None:
        """Workers of one thread, without nannies that would begin them anew, once the scheduler knows them."""
        known = self._known() + count
        begun = [
            self._begin("worker", self.address, "--nthreads", "1", "--no-nanny", "--death-timeout", "60") for _ in range(count)
        ]
        self.workers += begun
        until = time.monotonic() + START
        while self._known() < known and time.monotonic() < until and all(worker.poll() is None for worker in begun):
            time.sleep(0.05)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
            process.wait()

    def _begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        name, *rest = arguments
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *rest, "--host", "127.0.0.1", "--no-dashboard"]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    def _address(self, place: Path) -> str:
        """What the scheduler writes of itself, once it is written whole."""
        until = time.monotonic() + START
        while time.monotonic() < until and self.scheduler.poll() is None:
            try:
                return json.loads(place.read_text(encoding="utf-8"))["address"]
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.05)
        raise AssertionError((self.folder / "scheduler.log").read_text(encoding="utf-8"))

    def _known(self) -> int:
        """Workers that have told the scheduler of themselves."""
        log = (self.folder / "scheduler.log").read_text(encoding="utf-8")
        return log.count("Register worker")


@contextmanager
def dask_cluster(folder: Path, workers: int = 2, failures: int = 3) -> Iterator[DaskCluster]:
    """A cluster that is gone at the end."""
    cluster = DaskCluster(folder, failures)
    try:
        cluster.add_workers(workers)
        yield cluster
    finally:
        cluster.close()
