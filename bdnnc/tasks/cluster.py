"""The workers of a Dask cluster, on whatever machines they are."""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, final

from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed
from bdnnc.tasks.executor import ignore, never
from bdnnc.tasks.pulse import Pulse
from bdnnc.tasks.rounds import LostError, gather

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")

LOG = logging.getLogger("distributed.client")

CONNECT = 5.0
"""Seconds for the scheduler to answer, and then for a first worker to be there."""

LEAST_CONNECT = 0.5
"""Less than this is not worth asking, however little time there is."""

ANSWER = 10.0
"""Seconds that a scheduler which was there may be silent."""

ALONE = 30.0
"""Seconds without any worker: they may be on their way back."""

DELIVERY = 120.0
"""Seconds for what all tasks share to reach the workers, and for a result to come back."""

COURIERS = 4
"""Results that are fetched at a time."""

WITHOUT = "look at what the scheduler and its workers say; without `--cluster` the work is done on this machine"


@final
class Cluster:
    """The Dask scheduler at ``tcp://host:port`` and all its workers; ``workers`` counts their threads at the beginning.

    The scheduler gives the tasks of a lost worker to others. Tasks that are called off while they run go on to their end, since
    a thread cannot be ended; nobody waits for them.
    """

    def __init__(self, address: str, seconds: float | None = None) -> None:
        """Connects. Raises UserError E622 where Dask is not installed, E656 for a wrong address, where no scheduler or no
        worker is there within ``seconds`` (`CONNECT` at most), and where the workers have another bdnnc."""
        until = None if seconds is None else time.monotonic() + seconds
        check_address(address)
        self.address = address
        self._client = _connected(address, until)
        self._log_level = LOG.level
        LOG.setLevel(logging.CRITICAL)  # what it would say of a lost connection is told as an error
        try:
            self._workers = _met(self._client, address, _patience(until))
        except BaseException:
            self.close()
            raise

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
        """As `Executor.run`. Raises WorkFailed E527 where workers are lost again and again or none is left, E528 where the
        scheduler is gone."""
        crew = _Crew(self._client, self.address, function, shared, tasks)
        try:
            return gather(crew, len(tasks), on_result, should_stop)
        finally:
            crew.close()

    def warm_up(self, function: Callable[[], object]) -> Callable[[], bool]:
        futures = [self._client.submit(function, pure=False) for _ in range(self._workers)]
        return lambda: all(future.done() for future in futures)

    def close(self) -> None:
        """Ends the connection; the cluster stays."""
        self._client.close(timeout=CONNECT)
        LOG.setLevel(self._log_level)


@final
@dataclass(frozen=True, slots=True)
class _Shared:
    """What all tasks of a call get; in a box, since Dask takes lists and tables apart."""

    value: Any


@final
class _Crew:
    """The cluster at work on the tasks of one call."""

    def __init__(
        self, client: Any, address: str, function: Callable[[Any, Any], Any], shared: object, tasks: Sequence[Any]
    ) -> None:
        self.client, self.address, self.function, self.tasks = client, address, function, tasks
        self.box = _Shared(shared)
        self.pulse = Pulse(client)
        self.couriers = ThreadPoolExecutor(COURIERS)
        self.delivery: Future[Any] | None = None
        self.sent: Any = None
        self.begun: dict[Future[Any], Any] = {}
        self.is_over = False

    @property
    def width(self) -> int:
        """As many as there are threads now: Dask would queue more of them with a busy worker while others are idle."""
        return max(1, self.pulse.threads)

    def is_ready(self) -> bool:
        """Whether what the tasks share is with the workers; it is sent once, and again where all that had it were lost."""
        if self.client.status != "running":
            return False
        if self.sent is None and self.delivery is None and self.pulse.threads:
            send = self.client.scatter
            self.delivery = self.couriers.submit(send, self.box, broadcast=True, hash=False, timeout=DELIVERY)
        if self.delivery is not None and self.delivery.done():
            delivery, self.delivery = self.delivery, None
            try:
                self.sent = delivery.result()
            except (OSError, TimeoutError) as error:
                raise LostError("the workers were gone before they had what the work needs") from error
        return self.sent is not None

    def submit(self, place: int) -> Future[Any]:
        """The result, once it has come here: it is fetched aside, since it may be on a worker that is lost."""
        done = self.client.submit(_work, self.function, self.sent, self.tasks[place], pure=False)
        arrival: Future[Any] = Future()
        self.begun[arrival] = done
        done.add_done_callback(self._bring(done, arrival))
        return arrival

    def _bring(self, done: Any, arrival: Future[Any]) -> Callable[[Any], None]:
        def begin(_: Any) -> None:
            if not self.is_over:
                self.couriers.submit(_fetch, done, arrival)

        return begin

    def result(self, future: Future[Any]) -> Any:
        from distributed import KilledWorker

        done = self.begun.pop(future)
        try:
            return future.result()
        except KilledWorker as killed:
            message = "workers were lost again and again on the same part of the work"
            help = "it may need more memory than they have: look at what they say, or try a smaller network"
            raise WorkFailed(Diagnostic("E527", message, help=help)) from killed
        except (OSError, CancelledError) as error:
            if done.status == "error":  # the task's own
                raise
            self.sent = None
            message = "the cluster lost all workers that had a part of the work, or its scheduler for a while"
            raise LostError(message) from error

    def check(self) -> None:
        self.pulse.look()
        if self.pulse.silent > ANSWER or self.client.status == "closed":
            message = f"the Dask scheduler at `{self.address}` no longer answers"
            raise WorkFailed(Diagnostic("E528", message, help=WITHOUT))
        if self.pulse.alone > ALONE:
            message = f"the Dask scheduler at `{self.address}` has had no workers for {ALONE:g} seconds"
            raise WorkFailed(Diagnostic("E527", message, help=WITHOUT))

    def call_off(self, futures: list[Future[Any]]) -> None:
        if self.client.status == "running":
            self.client.cancel([self.begun[future] for future in futures], force=True)

    def close(self) -> None:
        self.is_over = True
        self.couriers.shutdown(wait=False, cancel_futures=True)


def _fetch(done: Any, arrival: Future[Any]) -> None:
    """Brings the result of Dask's future ``done``, or its error."""
    try:
        arrival.set_result(done.result(timeout=DELIVERY))
    except BaseException as error:
        arrival.set_exception(error)


def _work(function: Callable[[Any, Any], Any], shared: _Shared, task: Any) -> Any:
    """One task, in a worker."""
    return function(shared.value, task)


def check_address(address: str) -> None:
    """Raises UserError E656 where it is none."""
    found = ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[3]) < 2**16:
        message = f"`{address}` is no address of a cluster"
        raise UserError(Diagnostic("E656", message, help="an address is like `tcp://127.0.0.1:8786`"))


def _patience(until: float | None) -> float:
    """Seconds to wait for somebody, where there is time ``until`` then, as `time.monotonic`."""
    return CONNECT if until is None else min(CONNECT, max(until - time.monotonic(), LEAST_CONNECT))


def _connected(address: str, until: float | None) -> Any:
    """A client of the scheduler there, which has to answer ``until`` then."""
    try:
        from distributed import Client
    except ImportError as absent:
        help = 'pip install "bdnnc[distributed]"'
        raise UserError(Diagnostic("E622", "a cluster needs Dask, which is not installed", help=help)) from absent
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    patience = _patience(until)  # what the import has left

    def connect() -> None:
        try:
            answers.put(Client(address, timeout=patience, set_as_default=False))
        except Exception as error:  # whatever answers there may be anything
            answers.put(error)

    # Aside, since a client waits for ever for one who listens and says nothing.
    threading.Thread(target=connect, daemon=True).start()
    try:
        answer = answers.get(timeout=2 * patience)
    except queue.Empty:
        answer = TimeoutError("no answer")
    if isinstance(answer, Exception):
        help = f"start it with `dask scheduler`, and workers with `dask worker {address}`"
        message = f"no Dask scheduler answers at `{address}` within {patience:.3g} seconds"
        raise UserError(Diagnostic("E656", message, notes=(_first_line(answer),), help=help)) from answer
    return answer


def _first_line(error: Exception) -> str:
    """What the error says, or what it is called."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _met(client: Any, address: str, patience: float) -> int:
    """The threads of all workers, once there are some and they have this bdnnc."""
    pulse = Pulse(client)
    while not pulse.threads:
        pulse.look()
        if pulse.alone > patience:
            help = f"start workers with `dask worker {address}`"
            raise UserError(Diagnostic("E656", f"the Dask scheduler at `{address}` has no workers", help=help))
        time.sleep(0.05)
    _check_versions(client)
    return pulse.threads


def _check_versions(client: Any) -> None:
    """Raises UserError E656 where a worker has no bdnnc, or another one than this process."""
    from pydoc import locate  # of the standard library, which every worker can import

    import bdnnc

    versions: dict[str, str | None] = client.run(locate, "bdnnc.__version__")
    for worker, version in versions.items():
        if version != bdnnc.__version__:
            what = "no bdnnc" if version is None else f"bdnnc {version}"
            help = f'pip install "bdnnc[distributed]=={bdnnc.__version__}" where the workers run'
            raise UserError(Diagnostic("E656", f"the worker `{worker}` has {what}, not bdnnc {bdnnc.__version__}", help=help))
