"""Benchmark 5, robust: how much is right in the worst case, of networks trained with and without `robust`.

``python tests/benchmarks/robust.py [INSTANCE..]`` trains each method on each split of each instance and verifies the network at
every size of the set, exactly, each in a process of its own, one after the other; notes each in
``docs/benchmarks/robust.jsonl``, where a later run finds it by file, method, limit and version; prints tables and writes
``docs/benchmarks/robust.md`` of what is noted for this limit, with a plot where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from learn_data import ROOT
from notebook import Notebook, answer_of, line_of
from robust_fits import POINT_TIME, Count, Fit, Key, Program, Training, fit_of
from robust_instances import INSTANCES, MEANINGS, Instance
from robust_page import page, plot, tables

import bdnnc
from bdnnc.network.document import text_sha256

METHODS = tuple(MEANINGS)
PATIENCE = 240.0
"""Seconds beyond the limit, for the verification and all else, after which a fit is given up."""


def version() -> str:
    return f"bdnnc {importlib.metadata.version('bdnnc')}"


def key_of(instance: str, method: str, split: int, seconds: float) -> Key:
    """The key of a fit, by its file and what is asked of the network."""
    entry = INSTANCES[instance]
    judged = "\n".join([entry.spec(method, split, seconds), *map(entry.within, entry.sizes)])
    return Key(instance, text_sha256(judged), method, split, seconds, version())


def fitted(key: Key) -> Fit:
    """The fit, in this process."""
    instance = INSTANCES[key.instance]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instance.write_points(folder)
        (folder / "spec.bdnn").write_text(instance.spec(key.method, key.split, key.seconds), encoding="utf-8")
        compiled = bdnnc.compile(folder / "spec.bdnn")
        A = compiled.milp.A
        events = folder / "events.jsonl"
        result = compiled.train(jobs=1, events=events)
        bound = None if result.bound is None else float(result.bound)
        training = Training(
            *(result.status, float(result.loss), bound, round(result.seconds, 2)), _found(events), instance.trained
        )
        sets = ["train"] if compiled.dataset.test is None else ["train", "test"]
        counts = [count for size in instance.sizes for count in _counts(result, instance, size, sets)]
    return Fit(key, training, Program(*A.shape, A.nnz), tuple(counts))


def _counts(result: bdnnc.Result, instance: Instance, size: str, sets: Sequence[str]) -> list[Count]:
    found = bdnnc.verify(result, instance.within(size), sets=sets, jobs=1, point_time=POINT_TIME)
    return [
        Count(one.name, size, one.points, one.errors, one.certified, one.broken, one.undecided, round(one.seconds, 3))
        for one in found.sets
    ]


def _found(events: Path) -> float:
    """Seconds until the best network was there."""
    noted = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    return max((event["seconds"] for event in noted if event["event"] == "network"), default=0.0)


def in_own_process(key: Key) -> Fit:
    """`fitted` in a process of its own."""
    answer = answer_of(__file__, Fit(key), key.seconds * INSTANCES[key.instance].longer + PATIENCE)
    return fit_of(answer.line) if answer.line else Fit(key, reason=answer.reason)


def keys_of(instances: Sequence[str], methods: Sequence[str], splits: int, seconds: float) -> list[Key]:
    """All fits, split after split, so that a run that is ended has something of everything."""
    return [key_of(name, method, number, seconds) for number in range(splits) for name in instances for method in methods]


def run(keys: Sequence[Key], notebook: Notebook[Key, Fit]) -> None:
    """The fits that are not in the notebook yet. One that failed is told, and not noted."""
    for key in keys:
        if key in notebook.entries:
            continue
        found = in_own_process(key)
        if found.training is None:
            print(f"{key.instance}, {key.method}, split {key.split}: {found.reason}", file=sys.stderr, flush=True)
        else:
            notebook.add(found)


def write(notebook: Notebook[Key, Fit], seconds: float, folder: Path) -> None:
    """The page of what is noted for this limit and the present version and files; its tables go to standard output as well."""
    fits = [
        fit
        for key, fit in notebook.entries.items()
        if key.instance in INSTANCES and key.seconds == seconds and key == key_of(key.instance, key.method, key.split, seconds)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    text = page(fits, METHODS, seconds)
    if plot(fits, METHODS, folder / "robust.svg"):
        text += (
            "\n![certified accuracy against the size of the set: mean over the splits, the worst and the best](robust.svg)\n"
        )
    (folder / "robust.md").write_text(text, encoding="utf-8")
    print(tables(fits, METHODS))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Certified accuracy of networks trained with and without `robust`.")
    parser.add_argument("instances", nargs="*", metavar="INSTANCE", help=f"of {', '.join(INSTANCES)}; all if none is named")
    parser.add_argument("--seconds", type=float, default=10.0, help="limit of a training")
    parser.add_argument("--splits", type=int, default=2, help="repetitions")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), help="what is trained")
    parser.add_argument("--again", nargs="+", choices=METHODS, default=[], help="forget the fits of these")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "benchmarks", help="where fits and page are kept")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        print(line_of(fitted(fit_of(chosen.one).key)))
        return
    unknown = [name for name in chosen.instances if name not in INSTANCES]
    if unknown:
        parser.error(f"there is no instance `{unknown[0]}`; instances are {', '.join(INSTANCES)}")
    notebook = Notebook(chosen.folder / "robust.jsonl", fit_of)
    notebook.forget(chosen.again)
    try:
        run(keys_of(chosen.instances or list(INSTANCES), chosen.methods, chosen.splits, chosen.seconds), notebook)
    finally:
        write(notebook, chosen.seconds, chosen.folder)


if __name__ == "__main__":
    main()
