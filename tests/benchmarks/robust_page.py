"""The page of the benchmark "robust": certified accuracy by size of the set, what training cost, and a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median, stdev

from robust_fits import POINT_TIME, Count, Fit, Training
from robust_instances import INSTANCES

INTRODUCTION = """\
How much is right in the worst case, of networks that were trained for a set of perturbations and of one that was not. One
hidden layer of step units, the loss `zero_one`, free thresholds, weights -1, 0 or 1 where nothing else is said. All methods
have the same points:

- `nominal`: a file without `robust`.
- `static`: `robust static`. *Every* training point keeps its activations on its whole set, also one that is wrong. Where the
  points lie too densely for that, little more than constant networks is left.
- `soft`: `robust static soft`. A point counts as right if it is and keeps those of the first layer.
- `adaptive`: `robust adaptive`. A point counts as right if it is on its whole set, whatever the activations do. Always by
  `exact`.

Each is trained for one size of the set and judged at all of them by [`verify`](../verify.md), on its training points and on
test points that were held out. Nothing is sampled: a point is *certified* by a proof that the network is right on its whole
set, and *broken* by a perturbation at which exact evaluation shows it wrong. Certified accuracy, per cent, is therefore the
accuracy in the worst case; where points are undecided (after {point:g} seconds each) the cell has both bounds of it. Size 0
is the accuracy on the points as they are, a tie being wrong. Figures are mean and deviation over the splits.

The limit of a training is {limit:g} seconds where nothing else is said, in one process, and most trainings are ended by it:
`found` tells when their network was there. So short a limit does not bring out the best of a method. `s` is the time of a
proof only where all splits are proved to be optimal; it is compared with that of `nominal` where that is one, with `>` where
the method's own is not. Seconds are medians, losses and bounds means. Rows and non-zeros are those of the program that the
method begins with, as multiples of the nominal one; `adaptive` begins with the points as they are and adds perturbations of
them.

Limits of time find other networks in each run, and with two splits differences within the deviations say nothing about the
methods: two whole runs, before and after a change of the search, put `soft` on `digits_3_8` 11 points ahead of `nominal` and
1.5 behind, on the same two splits. The runs of bdnnc 0.1.0 were made while other work shared the two cores, so that seconds
are rough.

Written by `python tests/benchmarks/robust.py`; runs are in `robust.jsonl`, and a later run goes on from there: only what is
new, or of another version, file or limit, is run again."""


def of(fits: Sequence[Fit], instance: str, method: str) -> list[Fit]:
    """The fits of one method on one instance."""
    return [fit for fit in fits if (fit.key.instance, fit.key.method) == (instance, method)]


def counted(fits: Sequence[Fit], instance: str, method: str, name: str, size: str) -> list[Count]:
    """The counts of one set of points at one size, a split each."""
    return [count for fit in of(fits, instance, method) for count in fit.of_set(name) if count.size == size]


def cell(counts: Sequence[Count]) -> str:
    """``91.5 ± 0.8``; the bounds ``91.5..92.0`` where points are undecided."""
    if not counts:
        return ""
    least = [count.accuracy for count in counts]
    if any(count.undecided for count in counts):
        return f"{fmean(least):.1f}..{fmean(count.possible for count in counts):.1f}"
    return f"{fmean(least):.1f}" + (f" ± {stdev(least):.1f}" if len(least) > 1 else "")


def tables(fits: Sequence[Fit], methods: Sequence[str]) -> str:
    """For each instance the accuracies by size, marked where it was trained, and the cost."""
    parts: list[str] = []
    for instance, entry in INSTANCES.items():
        own = [fit for fit in fits if fit.key.instance == instance]
        if not own:
            continue
        shown = [method for method in methods if of(own, instance, method)]
        splits = len({fit.key.split for fit in own})
        parts += [f"## {instance}, {splits} split{'' if splits == 1 else 's'}", ""]
        parts += [f"Trained for `{entry.within(entry.trained)}`.", ""]
        sets = [name for name in ("test", "train") if any(fit.of_set(name) for fit in own)]
        heads = [f"{method}, {name}" for name in sets for method in shown]
        rows: list[list[str]] = []
        for size in entry.sizes:
            cells = [cell(counted(own, instance, method, name, size)) for name in sets for method in shown]
            rows.append([f"**{size}**" if size == entry.trained else size, *cells])
        parts += [_table(["size", *heads], rows), "", *_gains(own, instance, shown, sets), ""]
        parts += [_table(["", *COSTS], [[method, *_costs(own, instance, method)] for method in shown]), ""]
    return "\n".join(parts)


def _gains(fits: Sequence[Fit], instance: str, shown: Sequence[str], sets: Sequence[str]) -> list[str]:
    """How far the robust methods are ahead of the nominal one at the size trained for, a sentence."""
    size, name = INSTANCES[instance].trained, sets[0]
    nominal = {count[0]: count[1] for count in _by_split(fits, instance, "nominal", name, size)}
    said: list[str] = []
    for method in shown:
        ahead = [value - nominal[split] for split, value in _by_split(fits, instance, method, name, size) if split in nominal]
        if method != "nominal" and ahead:
            said.append(f"`{method}` {fmean(ahead):+.1f}")
    kind = {"test": "test", "train": "training"}[name]
    return [f"Certified {kind} points at size {size}, per cent more than `nominal`: {', '.join(said)}."] if said else []


def _by_split(fits: Sequence[Fit], instance: str, method: str, name: str, size: str) -> list[tuple[int, float]]:
    return [
        (fit.key.split, count.accuracy)
        for fit in of(fits, instance, method)
        for count in fit.of_set(name)
        if count.size == size
    ]


COSTS = ("s", "x nominal", "found, s", "loss", "bound", "proved", "rows", "non-zeros", "verify, ms a point")


def _costs(fits: Sequence[Fit], instance: str, method: str) -> list[str]:
    own, nominal = of(fits, instance, method), of(fits, instance, "nominal")
    trainings = [fit.training for fit in own if fit.training is not None]
    seconds = median(training.took for training in trainings)
    bounds = [training.bound for training in trainings if training.bound is not None]
    counts = [count for fit in own for count in fit.counts]
    return [
        f"{seconds:.1f}",
        _times(trainings, [fit.training for fit in nominal if fit.training is not None]),
        f"{median(training.found for training in trainings):.1f}",
        f"{fmean(training.loss for training in trainings):.1f}",
        f"{fmean(bounds):.1f}" if bounds else "",
        f"{sum(training.status == 'optimal' for training in trainings)} of {len(trainings)}",
        _ratio(own, nominal, lambda fit: fit.program.rows if fit.program else 0),
        _ratio(own, nominal, lambda fit: fit.program.nonzeros if fit.program else 0),
        f"{1000 * sum(count.seconds for count in counts) / max(1, sum(count.points for count in counts)):.0f}",
    ]


def _times(own: Sequence[Training], nominal: Sequence[Training]) -> str:
    """How many times as long as the nominal proofs, at least where not all of the own are there; nothing without these."""
    if not nominal or any(training.status != "optimal" for training in nominal):
        return ""
    times = median(training.took for training in own) / median(training.took for training in nominal)
    return ("" if all(training.status == "optimal" for training in own) else "> ") + f"{times:.1f}"


def _ratio(own: Sequence[Fit], nominal: Sequence[Fit], measure: Callable[[Fit], int]) -> str:
    return f"{fmean(map(measure, own)) / fmean(map(measure, nominal)):.2f}" if nominal else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *("--:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def checked(fits: Sequence[Fit]) -> str:
    """What was checked of each run, and where it does not hold."""
    flaws = [f"- {fit.key.instance}, {fit.key.method}, split {fit.key.split}: {flaw}" for fit in fits for flaw in fit.flaws()]
    said = (
        "Checked of each run: larger sets certify no more points; at the size trained for, all right training points of\n"
        "`static` are certified, of `soft` at least those that count as right, of `adaptive` exactly these.\n"
    )
    undecided = sum(count.undecided for fit in fits for count in fit.counts)
    judged = sum(count.points for fit in fits for count in fit.counts)
    said += f"{undecided} of {judged} verdicts are undecided. "
    if not flaws:
        return said + f"All hold in {len(fits)} runs."
    return "\n".join([said + "These do not:", "", *flaws])


def page(fits: Sequence[Fit], methods: Sequence[str], seconds: float) -> str:
    """The whole page."""
    versions = "; ".join(sorted({fit.key.version for fit in fits}))
    machine = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {versions}."
    instances = [f"- {name}: {entry.text}" for name, entry in INSTANCES.items()]
    introduction = INTRODUCTION.format(limit=seconds, point=POINT_TIME)
    return "\n".join(["# Robust", "", introduction, "", machine, "", *instances, "", tables(fits, methods), checked(fits), ""])


def plot(fits: Sequence[Fit], methods: Sequence[str], path: Path) -> bool:
    """Certified accuracy against size, mean and range of the splits, a row an instance that has test points; False where there
    is nothing to show, or matplotlib is not installed."""
    shown = [instance for instance in INSTANCES if any(fit.key.instance == instance and fit.of_set("test") for fit in fits)]
    if not shown:
        return False
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(shown), 2, figsize=(10, 3 * len(shown)), squeeze=False, sharey="row")
    for line, instance in zip(axes, shown, strict=True):
        entry = INSTANCES[instance]
        for axis, name in zip(line, ("test", "train"), strict=True):
            for place, method in enumerate(methods):
                found = [(float(size), counted(fits, instance, method, name, size)) for size in entry.sizes]
                curve = [(size, [count.accuracy for count in counts]) for size, counts in found if counts]
                if curve:
                    sizes, values = [size for size, _ in curve], [fmean(accuracies) for _, accuracies in curve]
                    axis.plot(sizes, values, marker="o", markersize=3, linewidth=1.2, color=f"C{place}", label=method)
                    low, high = [min(accuracies) for _, accuracies in curve], [max(accuracies) for _, accuracies in curve]
                    axis.fill_between(sizes, low, high, color=f"C{place}", alpha=0.12, linewidth=0)
            axis.axvline(float(entry.trained), color="grey", linestyle=":", linewidth=1)
            axis.set_ylim(0, 102)
            axis.set_title(f"{instance}, {'test' if name == 'test' else 'training'} points", loc="left", fontsize="small")
            axis.set_xlabel(f"r of {entry.set.format('r')}; dotted: trained for", fontsize="small")
            axis.set_xticks([float(size) for size in entry.sizes], entry.sizes)
            axis.tick_params(labelsize="small")
        line[0].set_ylabel("certified, %", fontsize="small")
    axes[0, 0].legend(fontsize="x-small", loc="lower left")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True
