"""What the benchmark "find" keeps of a run: how good the best network was, and when it was there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

Point = tuple[float, float]
"""Seconds since the beginning, and the loss of a network that was there then."""


@dataclass(frozen=True, slots=True)
class Key:
    """Which run: ``spec`` is the SHA-256 of file and data together, ``version`` that of whoever ran."""

    instance: str
    spec: str
    method: str
    version: str
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """``points``: the improvements in the order of time; ``seconds``: how long it was observed; ``ended``: when it stopped by
    itself; ``reason``: why there is no run at all."""

    key: Key
    seconds: float
    points: tuple[Point, ...] = ()
    ended: float | None = None
    reason: str = ""

    def reaches(self, seconds: float) -> bool:
        """Whether the run tells what was there after so many seconds."""
        return self.seconds >= seconds or self.ended is not None

    def at(self, mark: float) -> float | None:
        """The best loss after so many seconds, None where there was no network yet."""
        return min((value for seconds, value in self.points if seconds <= mark), default=None)


def improvements(points: Iterable[Point]) -> tuple[Point, ...]:
    """Only the points that are better than all before, in the order of time."""
    best, kept = float("inf"), list[Point]()
    for seconds, value in sorted(points):
        if value < best:
            best = value
            kept.append((round(seconds, 3), value))
    return tuple(kept)


def middle(runs: Sequence[Run], mark: float) -> float | None:
    """The median over the runs (no network counts as infinitely bad), None where that is no network or there are no runs."""
    values = [float("inf") if (value := run.at(mark)) is None else value for run in runs]
    found = median(values) if values else float("inf")
    return None if found == float("inf") else found


@dataclass(eq=False)
class Cache:
    """The runs in a file, a JSON line each, the latest of each key; a last line that a kill cut short is left out."""

    path: Path
    runs: dict[Key, Run] = field(default_factory=dict[Key, Run])

    def __post_init__(self) -> None:
        if not self.path.is_file():
            return
        text = self.path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            self.path.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            run = run_of(line)
            self.runs[run.key] = run

    def add(self, run: Run) -> None:
        """In the file before anything else is done, in place of a shorter run of the same key."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = run.key not in self.runs
        self.runs[run.key] = run
        if is_new:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line_of(run) + "\n")
        else:
            self._write()

    def forget(self, methods: Iterable[str]) -> None:
        """Leave out the runs of these methods, so that they are done again."""
        unwanted = set(methods)
        kept = {key: run for key, run in self.runs.items() if key.method not in unwanted}
        if len(kept) < len(self.runs):
            self.runs = kept
            self._write()

    def _write(self) -> None:
        self.path.write_text("".join(line_of(run) + "\n" for run in self.runs.values()), encoding="utf-8")


def line_of(run: Run) -> str:
    """One line of JSON."""
    return json.dumps(asdict(run))


def run_of(line: str) -> Run:
    """What `line_of` wrote."""
    table = json.loads(line)
    points = tuple((float(seconds), float(value)) for seconds, value in table["points"])
    return Run(Key(**table["key"]), table["seconds"], points, table["ended"], table["reason"])
