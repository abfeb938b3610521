"""What benchmarks keep of finished work, a JSON line each, so that a run goes on where one before it ended; and the process of
its own in which each piece is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar


class Named(Protocol):
    """A key names the method that did the work."""

    @property
    def method(self) -> str: ...


K = TypeVar("K", bound=Named)


class Keyed(Protocol[K]):
    """A dataclass of what came of the work that its key names."""

    @property
    def key(self) -> K: ...


E = TypeVar("E", bound=Keyed[Any])


@dataclass(eq=False)
class Notebook(Generic[K, E]):
    """The ``entries`` in a file, the latest of each key, as ``read`` makes them of a line; a last line that a kill cut short is
    left out, and overwritten."""

    path: Path
    read: Callable[[str], E]
    entries: dict[K, E] = field(default_factory=dict[K, E])

    def __post_init__(self) -> None:
        if not self.path.is_file():
            return
        text = self.path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            self.path.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            entry = self.read(line)
            self.entries[entry.key] = entry

    def add(self, entry: E) -> None:
        """In the file before anything else is done, in place of one of the same key."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = entry.key not in self.entries
        self.entries[entry.key] = entry
        if is_new:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line_of(entry) + "\n")
        else:
            self._write()

    def forget(self, methods: Iterable[str]) -> None:
        """Leave out the entries of these methods, so that they are done again."""
        unwanted = set(methods)
        kept = {key: entry for key, entry in self.entries.items() if key.method not in unwanted}
        if len(kept) < len(self.entries):
            self.entries = kept
            self._write()

    def _write(self) -> None:
        self.path.write_text("".join(line_of(entry) + "\n" for entry in self.entries.values()), encoding="utf-8")


def line_of(entry: Any) -> str:
    """A dataclass as one line of JSON."""
    return json.dumps(asdict(entry))


@dataclass(frozen=True, slots=True)
class Answer:
    """``line``: the last that was printed; empty where there is none, for this ``reason``."""

    line: str = ""
    reason: str = ""
    is_late: bool = False


def answer_of(script: str, asked: Any, limit: float) -> Answer:
    """What ``script --one ASKED`` says in a fresh process with one thread, which ends whatever happens: after ``limit`` seconds
    at the latest."""
    command = [sys.executable, str(Path(script).resolve()), "--one", line_of(asked)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return Answer(reason=f"not done after {limit:g} s", is_late=True)
    if done.returncode:
        return Answer(reason=(done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return Answer(done.stdout.splitlines()[-1])
