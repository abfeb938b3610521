"""The page of the compile benchmark: what was measured, a table a model, and a plot."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arrays import Model
from models import Entry

PACKAGES = ("numpy", "scipy", "highspy", "polars", "gurobipy", "linopy", "cvxpy", "pyscipopt")
INTRODUCTION = """\
*Build*: from data in memory to the model's arrays (peers: their model object). *Write*: to MPS on disk (linopy: LP, its own
writer). Each candidate runs in a process of its own; imports are not timed; of several rounds the best time and the smallest
memory count. `bdnnc` is the compiler behind the parser: problem, program, passes, matrix, and names that say sample and unit,
where the solvers' writers use short default names. `plain numpy blocks` are the same arrays (a test compares them), made by
hand for this one model. *Memory*: by how much the peak of the process grows while it builds, and until the file is written,
over 12 bytes a non-zero, which is what CSR takes without the vectors of rows and columns.

Written by `python tests/benchmarks/compile.py`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, bytes of the file, and by how much building, and both together, raised the peak memory of the process."""

    name: str
    nonzeros: int
    build: float | None = None
    write: float | None = None
    file_mb: float | None = None
    build_mb: float | None = None
    peak_mb: float | None = None
    reason: str = ""

    @property
    def total(self) -> float | None:
        return None if self.build is None else self.build + (self.write or 0.0)


@dataclass(frozen=True, slots=True)
class Result:
    """A model and what was measured on it."""

    entry: Entry
    model: Model
    runs: list[Measured]

    @property
    def title(self) -> str:
        return f"{self.entry.title}, {self.model.nonzeros / 1e6:.1f} million non-zeros ({self.model.text})"


def best(runs: Sequence[Measured]) -> Measured:
    """The least of each figure; a run without figures if there is none with them."""
    timed = [run for run in runs if run.build is not None]
    if not timed:
        return runs[0]
    least = {
        field: min((value for run in timed if (value := getattr(run, field)) is not None), default=None)
        for field in ("build", "write", "file_mb", "build_mb", "peak_mb")
    }
    return Measured(timed[0].name, timed[0].nonzeros, **least)


def table(results: Sequence[Measured]) -> str:
    """A Markdown table. ``x numpy`` compares building with the plain numpy blocks, ``x bdnnc`` the total with bdnnc's."""
    numpy_build = next((r.build for r in results if r.name == "plain numpy blocks"), None)
    own_total = next((r.total for r in results if r.name == "bdnnc"), None)
    csr = 12 * results[0].nonzeros / 1e6
    lines = [
        "| candidate | build s | write s | total s | build x numpy | total x bdnnc | file MB | memory x CSR | with file |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for r in results:
        if r.build is None:
            lines.append(f"| {r.name} | {r.reason} | | | | | | | |")
            continue
        cells = [
            _number(r.build, 3), _number(r.write, 3), _number(r.total, 3), _ratio(r.build, numpy_build),
            _ratio(r.total if r.write is not None else None, own_total), _number(r.file_mb, 0), _ratio(r.build_mb, csr),
            _ratio(r.peak_mb, csr),
        ]  # fmt: skip
        lines.append(f"| {r.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _ratio(value: float | None, unit: float | None) -> str:
    return "" if value is None or not unit else f"{value / unit:.1f}"


def page(results: Sequence[Result]) -> str:
    """The whole page: what was measured, where, and a table a model and size."""
    parts = ["# Compile\n", INTRODUCTION, f"\n{versions()}\n"]
    for result in results:
        goal = (
            f"Goal: building within {result.entry.goal} times the plain numpy blocks, its memory within 3 times the CSR arrays."
        )
        parts.append(f"\n## {result.title}\n\n{result.entry.text} {goal}\n")
        parts.append(table(result.runs) + "\n")
    return "\n".join(parts)


def versions() -> str:
    """Python, cores and the packages that are installed."""
    found: list[str] = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    return f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {', '.join(found)}."


def plot(results: Sequence[Result], path: Path) -> bool:
    """Bars of build and write, a panel a result; False where there are none, or matplotlib is not installed."""
    if not results:
        return False
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(results), figsize=(6 * len(results), 4), squeeze=False)
    for axis, result in zip(axes[0], results, strict=True):
        timed: list[Any] = [r for r in result.runs if r.build is not None][::-1]
        names = [r.name for r in timed]
        builds = [r.build for r in timed]
        axis.barh(names, builds, label="build", color="#4477aa")
        axis.barh(names, [r.write or 0.0 for r in timed], left=builds, label="write", color="#ee6677")
        axis.set_title(f"{result.model.nonzeros / 1e6:.1f} million non-zeros")
        axis.set_xlabel("seconds")
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    return True
