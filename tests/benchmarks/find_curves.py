"""What the benchmark "find" keeps of a run: how good the best network was, and when it was there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


def run_of(line: str) -> Run:
    """A line of the notebook."""
    table = json.loads(line)
    points = tuple((float(seconds), float(value)) for seconds, value in table["points"])
    return Run(Key(**table["key"]), table["seconds"], points, table["ended"], table["reason"])
