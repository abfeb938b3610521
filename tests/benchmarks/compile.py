"""Benchmark 1, compile: seconds to build the published first layer and to write it as MPS, and peak memory.

``python tests/benchmarks/compile.py`` runs every candidate in a process of its own, one after the other, at 2 and 10 million
non-zeros, prints a table and writes it to ``docs/benchmarks/compile.md``, with a plot where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compile_candidates import CANDIDATES, UnavailableError
from first_layer import Size

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLES, INPUTS = 1000, 100
TIME_LIMIT = 300
PACKAGES = ("numpy", "scipy", "highspy", "polars", "gurobipy", "linopy", "cvxpy", "pyscipopt")


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds, bytes of the file, peak memory of the process and that part of it that imports and data took, in MB."""

    name: str
    nonzeros: int
    build: float | None = None
    write: float | None = None
    file_mb: float | None = None
    peak_mb: float | None = None
    base_mb: float | None = None
    reason: str = ""

    @property
    def total(self) -> float | None:
        return None if self.build is None else self.build + (self.write or 0.0)


def measure(name: str, size: Size) -> Measured:
    """Builds and writes once in this process, after a tiny instance that pays for imports and first calls."""
    candidate, _ = CANDIDATES[name]
    try:
        candidate(Size(50, 10, 2))[0]()
        build, write = candidate(size)
    except UnavailableError as error:
        return Measured(name, size.nonzeros, reason=str(error))
    base = _peak_mb()
    start = time.perf_counter()
    model = build()
    built = time.perf_counter() - start
    if write is None:
        return Measured(name, size.nonzeros, built, peak_mb=_peak_mb(), base_mb=base)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write(model, str(Path(folder) / "model.mps"))
        written = time.perf_counter() - start
        bytes_written = sum(path.stat().st_size for path in Path(folder).iterdir())
    return Measured(name, size.nonzeros, built, written, bytes_written / 1e6, _peak_mb(), base)


def _peak_mb() -> float:
    """The largest resident memory of this process so far. Linux counts it in units of 1024 bytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def in_own_process(name: str, size: Size) -> Measured:
    """The measurement of `measure`, from a fresh process, so that peaks are not mixed."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", name, "--size", str(size.m), str(size.N), str(size.d)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return Measured(name, size.nonzeros, reason=f"not done after {TIME_LIMIT} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Measured(name, size.nonzeros, reason=last)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def best(runs: Sequence[Measured]) -> Measured:
    """The run with the smallest total; a run without one if there is none."""
    timed = [run for run in runs if run.total is not None]
    return min(timed, key=lambda run: run.total or 0.0) if timed else runs[0]


def table(results: Sequence[Measured]) -> str:
    """A Markdown table. ``x numpy`` compares building with the plain numpy blocks, ``x bdnnc`` the total with bdnnc's."""
    numpy_build = next((r.build for r in results if r.name == "plain numpy blocks"), None)
    own_total = next((r.total for r in results if r.name == "bdnnc"), None)
    csr = 12 * results[0].nonzeros / 1e6
    lines = [
        "| candidate | build s | write s | total s | build x numpy | total x bdnnc | file MB | memory MB | memory x CSR |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for r in results:
        if r.build is None:
            lines.append(f"| {r.name} | {r.reason} | | | | | | | |")
            continue
        memory = None if r.peak_mb is None or r.base_mb is None else r.peak_mb - r.base_mb
        cells = [
            _number(r.build), _number(r.write), _number(r.total), _ratio(r.build, numpy_build),
            _ratio(r.total if r.write is not None else None, own_total), _number(r.file_mb, 0), _number(memory, 0),
            _ratio(memory, csr),
        ]  # fmt: skip
        lines.append(f"| {r.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _ratio(value: float | None, unit: float | None) -> str:
    return "" if value is None or not unit else f"{value / unit:.1f}"


def page(by_size: dict[Size, list[Measured]]) -> str:
    """The whole page: what was measured, where, and a table a size."""
    parts = ["# Compile\n", _doc(), f"\n{versions()}\n"]
    for size, results in by_size.items():
        parts.append(f"\n## {size.nonzeros / 1e6:.1f} million non-zeros (m = {size.m}, N = {size.N}, d = {size.d})\n")
        parts.append(table(results) + "\n")
    return "\n".join(parts)


def _doc() -> str:
    return """\
The published first layer: two big-M rows a sample and unit. *Build*: from data in memory to the model's arrays (peers: their
model object). *Write*: to MPS on disk (linopy: LP, its own writer). Each candidate runs in a process of its own; imports are
not timed; the best of several rounds counts. `bdnnc` is the compiler behind the parser: problem, program, matrix, and
names that say sample and unit, where the solvers' writers use short default names. *Memory*: the peak of the process less what
imports and data took; CSR is 12 bytes a non-zero.

Written by `python tests/benchmarks/compile.py`."""


def versions() -> str:
    """Python, cores and the packages that are installed."""
    found: list[str] = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} not installed")
    return f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {', '.join(found)}."


def plot(by_size: dict[Size, list[Measured]], path: Path) -> bool:
    """Bars of build and write, a panel a size; False where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(by_size), figsize=(6 * len(by_size), 4), squeeze=False)
    for axis, (size, results) in zip(axes[0], by_size.items(), strict=True):
        timed: list[Any] = [r for r in results if r.build is not None][::-1]
        names = [r.name for r in timed]
        builds = [r.build for r in timed]
        axis.barh(names, builds, label="build", color="#4477aa")
        axis.barh(names, [r.write or 0.0 for r in timed], left=builds, label="write", color="#ee6677")
        axis.set_title(f"{size.nonzeros / 1e6:.1f} million non-zeros")
        axis.set_xlabel("seconds")
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    return True


def run(sizes: Sequence[Size], names: Sequence[str], folder: Path, repeats: int = 1) -> dict[Size, list[Measured]]:
    """Runs the candidates, prints as it goes, and writes ``compile.md`` and ``compile.svg`` into the folder."""
    by_size: dict[Size, list[Measured]] = {}
    for size in sizes:
        tried = [name for name in names if CANDIDATES[name][1] >= size.nonzeros]
        rounds = [[in_own_process(name, size) for name in tried] for _ in range(repeats)]
        by_size[size] = [best(runs) for runs in zip(*rounds, strict=True)]
        print(f"\n{size.nonzeros / 1e6:.1f} million non-zeros\n\n{table(by_size[size])}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    text = page(by_size)
    if plot(by_size, folder / "compile.svg"):
        text += "\n![seconds](compile.svg)\n"
    (folder / "compile.md").write_text(text, encoding="utf-8")
    return by_size


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory to build and write the published first layer.")
    parser.add_argument("--units", type=int, nargs="+", default=[10, 50], help="d; 10 is 2 million non-zeros, 50 is 10 million")
    parser.add_argument("--only", nargs="+", choices=list(CANDIDATES), default=list(CANDIDATES), help="candidates")
    parser.add_argument("--repeats", type=int, default=3, help="rounds over all candidates; the best of each counts")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "benchmarks", help="where the page is written")
    parser.add_argument("--one", choices=list(CANDIDATES), help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(json.dumps(asdict(measure(chosen.one, Size(*chosen.size)))))
        return
    run([Size(SAMPLES, INPUTS, units) for units in chosen.units], chosen.only, chosen.folder, chosen.repeats)


if __name__ == "__main__":
    main()
