"""The page of the benchmark "learn": what was fitted, tables of test accuracies and seconds, and a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev

from learn_data import DATA_SETS
from learn_fits import Fit

INTRODUCTION = """\
The protocol of the papers: half of the points to train, a quarter to choose by, a quarter to test, split at random, class by
class; one hidden layer of 100 units or two of 50; a limit of seconds a fit. Weights are -1, 0 or 1, thresholds are free; inputs
are scaled by `standard round 1` for everyone.

- `search`, `local_search`, `split`, `exact`: our strategies, with scores as outputs and the loss `hinge(16)`.
  `search_hamming`: step units as outputs and `hamming`, the loss of the papers. Of all better networks that are found on the
  way the one with the best accuracy on the validation points counts; exact evaluations throughout. A run that ends early, with
  all training points right, is followed by another, up to five. Where a program is too large to be solved in the time,
  `local_search`, `split` and `exact` are the stochastic search.
- `relu`: scikit-learn's `MLPClassifier`, the best on the validation points of three penalties.
- `straight_through`: a binarized network of the same weights and units with scores as outputs, trained by straight-through
  gradients (in numpy, Adam, 300 epochs); of five runs and all epochs the best on the validation points.
- `straight_through_torch`: the same network in torch, which takes about twice as long for an epoch of so small a network.

Figures are mean and deviation of the accuracy on the test points, in per cent, with the number of splits behind them where it
is not that of the others. Who finds nothing within the limit has the best constant network. Below each table stands by how much
`search` is behind `straight_through` in the mean, on the same splits, and which of our other strategies is not.

What is behind has had too little time: above all two hidden layers on large sets. There a gradient moves all weights of a layer
at once, while a step of the search weighs changes of one unit and has to know what they do to every unit above. Both gain by
more time, the search by more of it: on `digits`, 2 x 50, it is level at 20 s. Where all methods end with all training points
right (`wine`), the loss no longer tells networks apart; what is left is the choice by some 45 validation points.

Written by `python tests/benchmarks/learn.py`; finished fits are in `learn.jsonl`, and a later run goes on from there."""

REFERENCE = "straight_through"
OTHERS = ("search_hamming", "local_search", "split", "exact")


def title_of(widths: Sequence[int]) -> str:
    """``1 x 100``, ``2 x 50``."""
    return f"{len(widths)} x {widths[0]}"


def tested(fits: Sequence[Fit], data: str, method: str, widths: tuple[int, ...]) -> dict[int, float]:
    """Test accuracy by split."""
    own = [fit for fit in fits if (fit.key.data, fit.key.method, fit.key.widths) == (data, method, widths)]
    return {fit.key.split: fit.test for fit in own if fit.test is not None}


def cell(values: Sequence[float], most: int) -> str:
    """``96.9 ± 0.8``; how many they are where others are ``most``."""
    if not values:
        return ""
    spread = f" ± {stdev(values):.1f}" if len(values) > 1 else ""
    return f"{fmean(values):.1f}{spread}" + ("" if len(values) == most else f" ({len(values)})")


def leads(fits: Sequence[Fit], data: str, method: str, widths: tuple[int, ...]) -> list[float]:
    """How far the method is ahead of the straight-through network on each of the splits that both have."""
    own, other = tested(fits, data, method, widths), tested(fits, data, REFERENCE, widths)
    return [own[number] - other[number] for number in own if number in other]


def difference(fits: Sequence[Fit], data: str, method: str, widths: tuple[int, ...]) -> str:
    """How far the method is ahead of the straight-through network on the splits that both have: mean, and the deviation of the
    mean."""
    ahead = leads(fits, data, method, widths)
    if not ahead:
        return ""
    spread = f" ± {stdev(ahead) / len(ahead) ** 0.5:.1f}" if len(ahead) > 1 else ""
    return f"{fmean(ahead):+.1f}{spread}"


def tables(fits: Sequence[Fit], methods: Sequence[str]) -> str:
    """For each limit and architecture a Markdown table of accuracies and one of seconds."""
    parts: list[str] = []
    for seconds, _, widths in sorted({(fit.key.seconds, len(fit.key.widths), fit.key.widths) for fit in fits}):
        own = [fit for fit in fits if (fit.key.seconds, fit.key.widths) == (seconds, widths)]
        shown = [method for method in methods if any(fit.key.method == method for fit in own)]
        names = [name for name in DATA_SETS if any(fit.key.data == name for fit in own)]
        most = max(fit.key.split for fit in own) + 1
        rows: list[list[str]] = []
        for name in names:
            cells = [cell(list(tested(own, name, method, widths).values()), most) for method in shown]
            rows.append([name, *cells, difference(own, name, "search", widths)])
        heading = f"## {title_of(widths)} hidden units, {seconds:g} s, {most} split{'s' if most > 1 else ''}"
        parts += [heading, "", _table(["", *shown, "search - straight_through"], rows), "", *_behind(own, names, widths)]
        parts += ["Seconds of a fit, mean:", ""]
        parts += [_table(["", *shown], [[name, *(_seconds(own, name, method) for method in shown)] for name in names]), ""]
    return "\n".join(parts)


def _behind(fits: Sequence[Fit], names: Sequence[str], widths: tuple[int, ...]) -> list[str]:
    """Where the search is behind in the mean, by how much, and who of ours is not; nothing where it has not been compared."""
    found: list[str] = []
    compared = False
    for name in names:
        lags = {method: _lag(fits, name, method, widths) for method in ("search", *OTHERS)}
        lag = lags["search"]
        compared = compared or lag is not None
        if lag is None or round(lag, 1) <= 0:
            continue
        level = [f"`{method}`" for method in OTHERS if (other := lags[method]) is not None and round(other, 1) <= 0]
        found.append(f"{name} {lag:.1f}" + (f" (not behind: {', '.join(level)})" if level else ""))
    if not compared:
        return []
    return [f"`search` behind `straight_through`, points: {'; '.join(found) or 'nowhere'}.", ""]


def _lag(fits: Sequence[Fit], data: str, method: str, widths: tuple[int, ...]) -> float | None:
    ahead = leads(fits, data, method, widths)
    return -fmean(ahead) if ahead else None


def _seconds(fits: Sequence[Fit], data: str, method: str) -> str:
    own = [fit for fit in fits if (fit.key.data, fit.key.method) == (data, method)]
    took = [fit.took for fit in own if fit.took is not None]
    failed = next((fit.reason for fit in own if fit.took is None), "")
    return f"{fmean(took):.1f}" if took else failed


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---", *("--:" for _ in heads[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(fits: Sequence[Fit], methods: Sequence[str]) -> str:
    """The whole page."""
    versions = "; ".join(sorted({fit.key.version for fit in fits}))
    machine = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; {versions}."
    sets = [f"- {name}: {entry.text}" for name, entry in DATA_SETS.items()]
    return "\n".join(["# Learn", "", INTRODUCTION, "", machine, "", *sets, "", tables(fits, methods)])


def plot(fits: Sequence[Fit], methods: Sequence[str], path: Path) -> bool:
    """Bars of mean and deviation, a panel an architecture; False where there is nothing to show, or matplotlib is not
    installed."""
    if not any(fit.test is not None for fit in fits):
        return False
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    architectures = sorted({fit.key.widths for fit in fits}, key=len)
    figure, axes = pyplot.subplots(len(architectures), 1, figsize=(11, 4 * len(architectures)), squeeze=False)
    names = [name for name in DATA_SETS if any(fit.key.data == name for fit in fits)]
    shown = [method for method in methods if any(fit.key.method == method for fit in fits)]
    for axis, widths in zip(axes[:, 0], architectures, strict=True):
        for place, method in enumerate(shown):
            found = [list(tested(fits, name, method, widths).values()) for name in names]
            places = [number + 0.8 * (place + 0.5) / len(shown) - 0.4 for number, values in enumerate(found) if values]
            means = [fmean(values) for values in found if values]
            spreads = [stdev(values) if len(values) > 1 else 0.0 for values in found if values]
            axis.bar(places, means, 0.8 / len(shown), yerr=spreads, label=method)
        axis.set_xticks(range(len(names)), names)
        axis.set_ylim(0, 101)
        axis.set_ylabel("test accuracy, %")
        axis.set_title(f"{title_of(widths)} hidden units", loc="left")
    axes[0, 0].legend(ncols=len(shown), fontsize="small", loc="lower right", bbox_to_anchor=(1, 1))
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    return True
