"""HiGHS in a child process: killable, so a time limit holds, and a crash of the solver costs neither us nor the incumbent.

HiGHS looks at the clock between long steps only: on a model with 500,000 rows a limit of 20 s was seen to take 143 s.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from typing import IO

import numpy as np

from bdnnc.solve import frames
from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.outcome import NotStartedError, OnIncumbent, OnProgress, Outcome, RefusedBySolverError
from bdnnc.solve.protocol import Floats, Progress, SolveOptions, Stop

GRACE = 1.0  # seconds that the child has to answer once it is asked to stop, or once the limit is over
POLL = 0.2  # seconds; an interruption is noticed this fast even where the solver is silent
KEPT_LINES = 20  # of what a crashing child says

# The child must import the same bdnnc and highspy as we do, wherever they were found.
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from bdnnc.solve.worker import main; main()"


class _Child:
    """The process, and two threads that read what it says."""

    def __init__(self, echo: bool) -> None:
        command = [sys.executable, "-c", _BOOT, json.dumps([str(entry) for entry in sys.path])]
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except OSError as failed:
            raise NotStartedError(str(failed)) from failed
        self.events: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=KEPT_LINES)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._commands: IO[bytes] = self.process.stdin
        self._readers = (
            threading.Thread(target=self._read_events, args=(self.process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self.process.stderr, echo), daemon=True),
        )
        for reader in self._readers:
            reader.start()

    def _read_events(self, stream: IO[bytes]) -> None:
        while (frame := frames.read_frame(stream)) is not None:
            self.events.put(frame)
        self.events.put(None)

    def _read_errors(self, stream: IO[bytes], echo: bool) -> None:
        for line in stream:
            text = line.decode(errors="replace")
            self._said.append(text.strip())
            if echo:
                sys.stderr.write(text)

    def send(self, arrays: MatrixArrays, options: SolveOptions) -> None:
        """Hands over the job. A child that is already gone shows by the end of its events, not here."""
        try:
            frames.write_job(self._commands, arrays, options)
        except BrokenPipeError:
            return

    def ask_to_stop(self) -> None:
        self._tell(frames.STOP)

    def offer(self, x: Floats) -> None:
        self._tell(frames.OFFER, np.ascontiguousarray(x))

    def _tell(self, kind: bytes, *parts: Floats) -> None:
        try:
            frames.write_frame(self._commands, kind, *parts)
        except BrokenPipeError:
            return

    def last_words(self) -> str:
        """How the child ended, for an error message."""
        code = self.process.wait()
        self._readers[1].join(timeout=GRACE)
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        said = next((line for line in reversed(self._said) if line), "")
        return f"the solver's process {how}" + (f": {said}" if said else "")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(timeout=GRACE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        try:
            self._commands.close()
        except BrokenPipeError:  # what was left in the buffer has no reader any more
            return


class _Watch:
    """The loop of the caller's thread: events in, callbacks out, an eye on the clock."""

    def __init__(self, child: _Child, options: SolveOptions, on_incumbent: OnIncumbent, on_progress: OnProgress) -> None:
        limit = options.time_limit
        self._child = child
        self._offers = options.offers
        self._on_incumbent = on_incumbent
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._deadline = None if limit is None else self._started + limit
        self._latest = Progress(0.0, None, None, 0)
        self._reason: Stop | None = None
        self._kill_at: float | None = None

    def run(self) -> Outcome:
        while True:
            try:
                event = self._child.events.get(timeout=self._patience())
            except queue.Empty:
                self._tell_progress(replace(self._latest, seconds=time.monotonic() - self._started))
            else:
                outcome = self._crashed() if event is None else self._taken(*event)
                if outcome is not None:
                    return outcome
            offered = None if self._offers is None else self._offers()
            if offered is not None:
                self._child.offer(offered)
            if self._is_overdue():
                return self._cut_short()

    def _patience(self) -> float:
        """Seconds to wait for an event: not past the moment when the clock wants something."""
        due = self._kill_at if self._kill_at is not None else self._deadline
        return POLL if due is None else min(POLL, max(0.0, due - time.monotonic()))

    def _taken(self, kind: bytes, payload: bytes) -> Outcome | None:
        if kind == frames.RESULT:
            outcome = frames.read_result(payload)
            # Asked to stop at the limit, HiGHS says "interrupted".
            return replace(outcome, stop=self._reason) if self._reason and outcome.stop is Stop.INTERRUPTED else outcome
        if kind == frames.REFUSED:
            raise RefusedBySolverError(payload.decode())
        if kind == frames.INCUMBENT:
            if self._on_incumbent(*frames.unpack_incumbent(payload)):
                self._stop(Stop.INTERRUPTED)
        else:
            self._tell_progress(frames.unpack_progress(payload))
        return None

    def _tell_progress(self, moment: Progress) -> None:
        self._latest = moment
        if self._on_progress(moment):
            self._stop(Stop.INTERRUPTED)

    def _stop(self, reason: Stop) -> None:
        if self._reason is None:
            self._reason = reason
            self._kill_at = time.monotonic() + GRACE
            self._child.ask_to_stop()

    def _is_overdue(self) -> bool:
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._stop(Stop.TIME_LIMIT)
        return self._kill_at is not None and now >= self._kill_at

    def _cut_short(self) -> Outcome:
        assert self._reason is not None
        message = f"HiGHS did not answer within {GRACE:g} s and was ended"
        return Outcome(self._reason, None, self._latest.bound, self._latest.nodes, message)

    def _crashed(self) -> Outcome:
        said = self._child.last_words()
        # Whoever wants to stop may have stopped the child as well: ask once more before it is called a crash.
        wanted = self._reason or (Stop.INTERRUPTED if self._on_progress(self._latest) else None)
        return Outcome(wanted or Stop.FAILED, None, self._latest.bound, self._latest.nodes, said)


def solve_isolated(
    arrays: MatrixArrays, options: SolveOptions, on_incumbent: OnIncumbent, on_progress: OnProgress, echo: bool = False
) -> Outcome:
    """As ``solve_arrays``, in a child process; the callbacks run in this thread, ``on_progress`` at least every 0.2 s.

    Returns at the latest ``GRACE`` seconds after the time limit or after a callback asked to stop. Where HiGHS had to be ended,
    or crashed, the outcome has no ``x`` (the incumbents were called back) and the last bound known. ``echo``: pass on HiGHS's
    log to standard error. Raises RefusedBySolverError where HiGHS refuses the arrays or an option, NotStartedError where no
    process can be started.
    """
    child = _Child(echo)
    try:
        watch = _Watch(child, options, on_incumbent, on_progress)
        child.send(arrays, options)
        return watch.run()
    finally:
        child.close()
