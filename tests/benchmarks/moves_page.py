"""The page of the benchmark "moves"."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass

PACKAGES = ("bdnnc", "numpy", "numba")
INTRODUCTION = """\
A *move* is a changed setting of weights whose loss is computed: of the plain loop one weight or bias changed by chance; of the
search one candidate of a step: the weights as they are, one of them changed or a pair, with the best of all thresholds or one
drawn among them (up to 128 biases are looked at, and count as one move). 463 patterns, 9 inputs, 3 step units, weights -1, 0 or
1, one output; all in one process with one thread, in turns, of several rounds the best.

`plain loop` is simulated annealing as one would write it: a Python loop over numpy arrays, sums kept up to date, Metropolis'
rule. `search, numpy` is ours without the extra `fast`, `search, compiled` with it: both take the same steps.

Written by `python tests/benchmarks/moves.py`."""


@dataclass(frozen=True, slots=True)
class Rate:
    """``moves`` in ``seconds``, and the best loss on the way."""

    name: str
    moves: int
    seconds: float
    best: float

    @property
    def per_second(self) -> float:
        return self.moves / self.seconds


@dataclass(frozen=True, slots=True)
class Large:
    """``ready``: seconds until the program is in memory; ``took``: of the training; ``constant``: the loss of the best constant
    network; ``peak_mb``: of the whole process."""

    patterns: int
    inputs: int
    units: int
    ready: float
    took: float
    loss: float
    constant: float
    peak_mb: float


def table(rates: Sequence[Rate]) -> str:
    """A Markdown table; the first is the yardstick."""
    lines = ["|  | moves a second | x plain loop | best loss |", "| --- | --: | --: | --: |"]
    for rate in rates:
        ratio = rate.per_second / rates[0].per_second
        lines.append(f"| {rate.name} | {rate.per_second:,.0f} | {ratio:.1f} | {rate.best:g} |")
    return "\n".join(lines)


def page(rates: Sequence[Rate], large: Large) -> str:
    """The whole page."""
    text = (
        f"{large.patterns:,} different patterns of 30,000 credit points x {large.inputs} inputs x {large.units} units: "
        f"{large.ready:.1f} s until the program is in memory, then {large.took:.0f} s of search, one process; training loss "
        f"{large.loss:g} (best constant network: {large.constant:g}); peak memory of the process {large.peak_mb:,.0f} MB."
    )
    return "\n".join(["# Moves", "", INTRODUCTION, "", versions(), "", table(rates), "", "## Large data", "", text, ""])


def versions() -> str:
    """Python, cores and packages."""
    found: list[str] = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    return f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {', '.join(found)}."
