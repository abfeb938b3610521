"""A real Dask scheduler and real workers, as processes on the loopback interface."""

from __future__ import annotations

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
    """``scheduler`` and ``workers``, each a process; ``folder``: for their logs, and where the scheduler writes its address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self.nannies: list[subprocess.Popen[bytes]] = []
        place = folder / "scheduler.json"
        self.scheduler = self._begin("scheduler", "--port", "0", "--no-show", "--scheduler-file", str(place))
        until = time.monotonic() + START
        while not place.exists() and time.monotonic() < until and self.scheduler.poll() is None:
            time.sleep(0.05)
        import json

        self.address: str = json.loads(place.read_text(encoding="utf-8"))["address"]

    def add_worker(self, nanny: bool = False) -> subprocess.Popen[bytes]:
        """A worker of one thread, once the scheduler knows it. ``nanny``: with a process that begins it anew when it ends."""
        known = self._known()
        worker = self._begin("worker", self.address, "--nthreads", "1", "--nanny" if nanny else "--no-nanny")
        self.workers.append(worker)
        if nanny:
            self.nannies.append(worker)
        until = time.monotonic() + START
        while self._known() <= known and time.monotonic() < until and worker.poll() is None:
            time.sleep(0.05)
        return worker

    def close(self) -> None:
        """A nanny is asked to end, since it has a child; all others are killed."""
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                os.kill(process.pid, signal.SIGCONT)
                if process in self.nannies:
                    process.terminate()
                else:
                    process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait(timeout=START)

    def _begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        name, *rest = arguments
        command = [sys.executable, "-m", f"distributed.cli.dask_{name}", *rest, "--host", "127.0.0.1", "--no-dashboard"]
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=self.folder, env=environment(), stdout=log, stderr=log)

    def _known(self) -> int:
        """Workers that have told the scheduler of themselves."""
        log = (self.folder / "scheduler.log").read_text(encoding="utf-8")
        return log.count("Register worker")


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[DaskCluster]:
    """A cluster that is gone at the end."""
    cluster = DaskCluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.close()
