"""The page of the benchmark "find": who had which loss when, a plot, and where ours is behind."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from find_curves import Run, middle
from find_instances import INSTANCES

OWN = "search"
INTRODUCTION = """\
The least training loss (`hamming`: wrong output bits) after some seconds. One hidden layer of step units, weights -1, 0 or 1,
integer biases.

- `search`: `train --method search --jobs 2`, the median of the seeds.
- `highs`, `cpsat`, `scip`: these solvers on the published formulation (`--formulation published`), HiGHS and CP-SAT with 2
  threads, SCIP with the one that it has. For CP-SAT rows are multiplied by powers of ten until all numbers are integers.

The clock of each begins when its model is in memory. Nobody's own figures count: whatever a method reports is read as a network
and measured exactly. A method that found no network at all has a dash, even where a constant network would be one; an
empty cell has not been run.

Written by `python tests/benchmarks/find.py`; runs are in `find.jsonl`, and a later run goes on from there: only what is new, or
of another version, file or data, is run again."""


def value(runs: Sequence[Run], instance: str, method: str, mark: float) -> float | None:
    """The method's loss at the mark."""
    return middle(_own(runs, instance, method, mark), mark)


def _own(runs: Sequence[Run], instance: str, method: str, mark: float) -> list[Run]:
    return [run for run in runs if (run.key.instance, run.key.method) == (instance, method) and run.reaches(mark)]


def cell(runs: Sequence[Run], instance: str, method: str, mark: float) -> str:
    """A number, a dash for no network, the reason why the method was not run, or nothing where it has not been run."""
    own = _own(runs, instance, method, mark)
    if not own:
        return ""
    found = middle(own, mark)
    if found is not None:
        return f"{found:g}"
    return next((run.reason for run in own if run.reason), "-")


def rows(runs: Sequence[Run], methods: Sequence[str], marks: Sequence[float]) -> list[list[str]]:
    """A row an instance and mark: names first, then a cell a method."""
    found: list[list[str]] = []
    for instance in INSTANCES:
        if any(run.key.instance == instance for run in runs):
            for mark in marks:
                found.append([instance, f"{mark:g}", *(cell(runs, instance, method, mark) for method in methods)])
    return found


def behind(runs: Sequence[Run], methods: Sequence[str], marks: Sequence[float]) -> list[str]:
    """A sentence for each instance and mark at which a peer had less loss than ours."""
    found: list[str] = []
    for instance in INSTANCES:
        for mark in marks:
            own = value(runs, instance, OWN, mark)
            for method in methods:
                other = value(runs, instance, method, mark)
                if own is not None and other is not None and other < own:
                    found.append(f"{instance}: after {mark:g} s `{method}` has {other:g}, ours {own:g}")
    return found


def summary(runs: Sequence[Run], methods: Sequence[str], marks: Sequence[float]) -> str:
    """At how many marks a peer was compared with ours, and where ours was behind."""
    compared = [
        (instance, mark)
        for instance in INSTANCES
        for mark in marks
        if cell(runs, instance, OWN, mark) and any(cell(runs, instance, method, mark) for method in methods if method != OWN)
    ]
    places = behind(runs, methods, marks)
    if not places:
        return f"Behind no peer at any of {len(compared)} marks."
    return "\n".join([f"Behind a peer ({len(compared)} marks were compared):", "", *(f"- {place}" for place in places)])


def page(runs: Sequence[Run], methods: Sequence[str], marks: Sequence[float]) -> str:
    """The whole page."""
    versions = "; ".join(sorted({run.key.version for run in runs}))
    machine = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {versions}."
    instances = [f"- {name}: {entry.text}" for name, entry in INSTANCES.items()]
    lines = [["instance", "s", *methods], ["---", "--:", *("--:" for _ in methods)], *rows(runs, methods, marks)]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    ours = f"Ours: {_seeds(runs)}. "
    return "\n".join(
        ["# Find", "", INTRODUCTION, "", machine, "", *instances, "", *table, "", ours + summary(runs, methods, marks), ""]
    )


def _seeds(runs: Sequence[Run]) -> str:
    """``3 seeds``; by instance where they differ."""
    seeds: dict[str, set[int]] = {}
    for run in runs:
        if run.key.method == OWN:
            seeds.setdefault(run.key.instance, set()).add(run.key.seed)
    counts = {name: len(found) for name, found in seeds.items()}
    parts: list[str] = []
    for count in sorted(set(counts.values()), reverse=True):
        names = "" if len(set(counts.values())) == 1 else f" of {', '.join(n for n in counts if counts[n] == count)}"
        parts.append(f"{count} seed{'' if count == 1 else 's'}{names}")
    return "; ".join(parts) or "no seed"


def rich_table(runs: Sequence[Run], methods: Sequence[str], marks: Sequence[float]) -> None:
    """The table on standard output."""
    from rich.console import Console
    from rich.table import Table

    table = Table("instance", "s", title="best loss")
    for method in methods:
        table.add_column(method, justify="right")
    for line in rows(runs, methods, marks):
        table.add_row(*line)
    console = Console()
    console.print(table)
    console.print(summary(runs, methods, marks), highlight=False)


def plot(runs: Sequence[Run], methods: Sequence[str], path: Path) -> bool:
    """Losses over time, a panel an instance; False where there is nothing to show, or matplotlib is not installed."""
    shown = [instance for instance in INSTANCES if any(run.key.instance == instance and run.points for run in runs)]
    if not shown:
        return False
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = min(2, len(shown))
    height = -(-len(shown) // columns)
    figure, axes = pyplot.subplots(height, columns, figsize=(5.5 * columns, 3 * height), squeeze=False)
    for axis in axes.flat[len(shown) :]:
        axis.set_axis_off()
    for axis, instance in zip(axes.flat, shown, strict=False):
        for place, method in enumerate(methods):
            own = [run for run in runs if (run.key.instance, run.key.method) == (instance, method)]
            for number, run in enumerate(run for run in own if run.points):
                end = run.seconds, run.points[-1][1]
                moments, losses = zip(*run.points, end, strict=True)
                label = method if number == 0 else None
                axis.step(moments, losses, where="post", color=f"C{place}", label=label, linewidth=1.2, alpha=0.8)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlim(left=0.05)
        axis.set_title(instance, loc="left", fontsize="small")
        axis.set_xlabel("seconds", fontsize="small")
        axis.tick_params(labelsize="small", which="both")
        axis.legend(fontsize="x-small")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True
