"""The child process that runs HiGHS: reads a job from standard input, writes events to what was standard output.

It imports numpy and highspy only. It ends when its parent does, for whatever reason: its standard input ends then.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from dataclasses import replace
from typing import IO

import numpy as np

from bdnnc.solve import frames
from bdnnc.solve.highs_start import solve_arrays
from bdnnc.solve.outcome import RefusedBySolverError
from bdnnc.solve.protocol import Floats, Progress


def main() -> None:
    """Runs the one job and ends."""
    for name in (signal.SIGINT, signal.SIGTERM):  # a terminal sends Ctrl-C to both processes; the parent decides
        signal.signal(name, signal.SIG_IGN)
    events = _taken_over_stdout()
    commands = sys.stdin.buffer
    first = frames.read_frame(commands)
    if first is None:
        return
    arrays, options = frames.read_job(first[1])
    asked_to_stop = threading.Event()
    offered: queue.SimpleQueue[Floats] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(commands, asked_to_stop, offered), daemon=True).start()

    def on_incumbent(x: Floats, objective: float) -> bool:
        frames.write_frame(events, frames.INCUMBENT, frames.pack_number(objective), x)
        return asked_to_stop.is_set()

    def on_progress(moment: Progress) -> bool:
        frames.write_frame(events, frames.PROGRESS, frames.pack_progress(moment))
        return asked_to_stop.is_set()

    try:
        outcome = solve_arrays(arrays, replace(options, offers=lambda: _latest(offered)), on_incumbent, on_progress)
    except RefusedBySolverError as refused:
        frames.write_frame(events, frames.REFUSED, str(refused).encode())
    else:
        frames.write_result(events, outcome)
    os._exit(0)  # without HiGHS's and Python's tidying up, which takes its time on a large model


def _taken_over_stdout() -> IO[bytes]:
    """Standard output for events alone: whatever the solver prints goes to standard error."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return events


def _latest(offered: queue.SimpleQueue[Floats]) -> Floats | None:
    """The last point that came, which is the best; None where none did."""
    found = None
    while not offered.empty():
        found = offered.get()
    return found


def _listen(commands: IO[bytes], asked_to_stop: threading.Event, offered: queue.SimpleQueue[Floats]) -> None:
    while (frame := frames.read_frame(commands)) is not None:
        if frame[0] == frames.STOP:
            asked_to_stop.set()
        elif frame[0] == frames.OFFER:
            offered.put(np.frombuffer(frame[1], dtype=np.float64))
    os._exit(1)  # the parent is gone
