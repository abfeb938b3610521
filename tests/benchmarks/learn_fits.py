"""Finished fits of the benchmark "learn": a JSON line each, so that a run goes on where one before it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """What a fit was: ``widths`` of the hidden layers, number of the ``split``, limit in ``seconds``, ``version`` of whoever
    fitted."""

    data: str
    method: str
    widths: tuple[int, ...]
    split: int
    seconds: float
    version: str


@dataclass(frozen=True, slots=True)
class Fit:
    """Accuracies in per cent, and the seconds that it took; ``reason``: why there are none."""

    key: Key
    train: float | None = None
    validation: float | None = None
    test: float | None = None
    took: float | None = None
    reason: str = ""


def fit_of(line: str) -> Fit:
    """A line of the notebook."""
    table = json.loads(line)
    key = table.pop("key")
    return Fit(Key(**{**key, "widths": tuple(key["widths"])}), **table)
