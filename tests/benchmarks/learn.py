"""Benchmark 4, learn: test accuracy of our strategies, a ReLU network and a straight-through binarized network.

``python tests/benchmarks/learn.py [DATASET..]`` fits every method on every split, each fit in a process of its own, one
after the other; notes each in ``docs/benchmarks/learn.jsonl``, where a later run finds it; prints a table and writes
``docs/benchmarks/learn.md`` of all that is noted, with a plot for these seconds where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from learn_data import DATA_SETS, ROOT, UnavailableError, split
from learn_fits import Fit, Key, fit_of
from learn_own import HINGE, OWN, fit, floats_of, parts_of, pipeline, write_parts
from learn_page import page, plot, tables
from learn_peers import PEERS, WARM_UPS
from notebook import Notebook, answer_of, line_of

METHODS = (*OWN, *PEERS)
WIDTHS: dict[str, tuple[int, ...]] = {"1x100": (100,), "2x50": (50, 50)}
PATIENCE = 60.0
"""Seconds beyond the limit after which a fit is given up."""


def version_of(method: str) -> str:
    """Whoever fits. The straight-through network in numpy is part of this benchmark."""
    package = {"relu": "scikit-learn", "straight_through_torch": "torch"}.get(method, "bdnnc")
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} not installed"


def fitted(key: Key) -> Fit:
    """The fit, in this process. The limit begins when the data are in memory."""
    try:
        points = DATA_SETS[key.data].load()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_parts(split(points, key.split), folder)
            classes = len(np.unique(points.y))
            scaled = parts_of(pipeline(folder, key.widths, classes, HINGE).dataset)
            WARM_UPS.get(key.method, lambda: None)()
            began = time.perf_counter()
            if key.method in OWN:
                found = fit(key.method, folder, key.widths, classes, key.seconds, key.split)
            else:
                train, validation, test = scaled
                parts = (floats_of(train), floats_of(validation), floats_of(test))
                found = PEERS[key.method](parts, key.widths, key.seconds, key.split)
            took = time.perf_counter() - began
    except UnavailableError as error:
        return Fit(key, reason=str(error))
    if found is None:
        return Fit(key, took=took, reason="no network")
    return Fit(key, *found, took)


def in_own_process(key: Key) -> Fit:
    """`fitted` in a process of its own."""
    answer = answer_of(__file__, Fit(key), key.seconds + PATIENCE)
    return fit_of(answer.line) if answer.line else Fit(key, reason=answer.reason)


def keys_of(data: Sequence[str], methods: Sequence[str], widths: Sequence[str], splits: int, seconds: float) -> list[Key]:
    """All fits, split after split, so that a run that is ended has something of everything."""
    return [
        Key(name, method, WIDTHS[width], number, seconds, version_of(method))
        for number in range(splits)
        for name in data
        for width in widths
        for method in methods
    ]


def run(keys: Sequence[Key], notebook: Notebook[Key, Fit]) -> None:
    """The fits that are not in the notebook yet. What could not be fitted for want of a file or package is not noted."""
    for key in keys:
        if key in notebook.entries:
            continue
        found = in_own_process(key)
        if found.took is None and found.reason:
            print(f"{key.data}, {key.method}, split {key.split}: {found.reason}", file=sys.stderr, flush=True)
        if found.took is not None or found.reason.startswith("not done"):
            notebook.add(found)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Test accuracy of our strategies and their peers.")
    parser.add_argument("data", nargs="*", metavar="DATASET", help=f"of {', '.join(DATA_SETS)}; all if none is named")
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of a fit")
    parser.add_argument("--splits", type=int, default=10, help="repetitions")
    parser.add_argument("--widths", nargs="+", choices=list(WIDTHS), default=list(WIDTHS), help="hidden layers")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), help="who fits")
    parser.add_argument("--again", nargs="+", choices=METHODS, default=[], help="forget the finished fits of these")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "benchmarks", help="where fits and page are kept")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(line_of(fitted(fit_of(chosen.one).key)))
        return
    unknown = [name for name in chosen.data if name not in DATA_SETS]
    if unknown:
        parser.error(f"there is no data set `{unknown[0]}`; data sets are {', '.join(DATA_SETS)}")
    notebook = Notebook(chosen.folder / "learn.jsonl", fit_of)
    notebook.forget(chosen.again)
    try:
        run(keys_of(chosen.data or list(DATA_SETS), chosen.methods, chosen.widths, chosen.splits, chosen.seconds), notebook)
    finally:
        write(notebook, chosen.seconds, chosen.folder)


def write(notebook: Notebook[Key, Fit], seconds: float, folder: Path) -> None:
    """The page of everything that is noted, with a plot for this limit, whose tables go to standard output as well."""
    current = {method: version_of(method) for method in METHODS}
    noted = [fit for key, fit in notebook.entries.items() if key.version == current.get(key.method)]
    fits = [fit for fit in noted if fit.key.seconds == seconds]
    folder.mkdir(parents=True, exist_ok=True)
    text = page(noted, METHODS)
    if plot(fits, METHODS, folder / "learn.svg"):
        text += f"\n![test accuracy, at most {seconds:g} s a fit](learn.svg)\n"
    (folder / "learn.md").write_text(text, encoding="utf-8")
    print(tables(fits, METHODS))


if __name__ == "__main__":
    main()
