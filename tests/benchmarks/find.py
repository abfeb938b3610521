"""Benchmark 3, find: the best loss after some seconds, ours and that of solvers on the published formulation.

``python tests/benchmarks/find.py [INSTANCE..]`` runs every method on every instance, each run in a process of its own, one
after the other; notes each in ``docs/benchmarks/find.jsonl``, where a later run finds it by file, data, method and version;
prints a table and writes ``docs/benchmarks/find.md`` of all that is noted, with a plot where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from find_curves import Key, Run, run_of
from find_instances import INSTANCES
from find_own import own_curve
from find_page import OWN, page, plot, rich_table
from find_peers import PEERS, NotApplicableError, peer_curve
from learn_data import ROOT, UnavailableError
from notebook import Notebook, answer_of, line_of

from bdnnc.network.document import text_sha256

METHODS = (OWN, *PEERS)
PATIENCE = 180.0
"""Seconds beyond the limit after which a run is given up: models are built, and solvers look at the clock now and then."""


def version_of(method: str) -> str:
    package = "bdnnc" if method == OWN else PEERS[method][1]
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{package} not installed"


def spec_of(instance: str) -> str:
    """The hash of file and data. Raises UnavailableError where the data are not on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = INSTANCES[instance].pipeline(Path(folder))
        return text_sha256(pipeline.used_text + pipeline.dataset.origin.sha256)


def curve(key: Key, seconds: float) -> Run:
    """The run, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            pipeline = INSTANCES[key.instance].pipeline(Path(folder))
            if key.method == OWN:
                points, ended = own_curve(pipeline, seconds, key.seed)
            else:
                points, ended = peer_curve(key.method, pipeline, seconds)
        except UnavailableError as error:
            return Run(key, 0.0, reason=str(error))
        except NotApplicableError as error:
            return Run(key, seconds, reason=f"not applicable: {error}")
    return Run(key, seconds, points, ended)


def in_own_process(key: Key, seconds: float) -> Run:
    """`curve` in a process of its own."""
    answer = answer_of(__file__, Run(key, seconds), seconds + PATIENCE)
    return run_of(answer.line) if answer.line else Run(key, seconds if answer.is_late else 0.0, reason=answer.reason)


def keys_of(instances: Sequence[str], methods: Sequence[str], seeds: int) -> list[Key]:
    """All runs, instance after instance; those of our seeds first. An instance without data on this machine is left out, and
    named on standard error."""
    keys: list[Key] = []
    for instance in instances:
        try:
            spec = spec_of(instance)
        except UnavailableError as error:
            print(f"{instance}: {error}", file=sys.stderr, flush=True)
            continue
        for method in methods:
            for seed in range(seeds if method == OWN else 1):
                keys.append(Key(instance, spec, method, version_of(method), seed))
    return keys


def run(keys: Sequence[Key], seconds: float, notebook: Notebook[Key, Run]) -> None:
    """The runs that are not noted yet, or were too short. What could not be run is told, and not noted."""
    for key in keys:
        known = notebook.entries.get(key)
        if known is not None and known.reaches(seconds):
            continue
        found = in_own_process(key, seconds)
        if found.seconds:
            notebook.add(found)
        if found.reason:
            print(f"{key.instance}, {key.method}: {found.reason}", file=sys.stderr, flush=True)


def write(notebook: Notebook[Key, Run], keys: Sequence[Key], marks: Sequence[float], folder: Path) -> None:
    """The page of everything that is noted for present versions and specs of all instances, and a table of it."""
    current = {(key.instance, key.spec) for key in keys}
    versions = {method: version_of(method) for method in METHODS}
    runs = [noted for key, noted in notebook.entries.items() if key.version == versions[key.method]]
    others = {key.instance for key in keys}
    runs = [noted for noted in runs if (noted.key.instance, noted.key.spec) in current or noted.key.instance not in others]
    folder.mkdir(parents=True, exist_ok=True)
    text = page(runs, METHODS, marks)
    if plot(runs, METHODS, folder / "find.svg"):
        text += "\n![best loss over time](find.svg)\n"
    (folder / "find.md").write_text(text, encoding="utf-8")
    rich_table(runs, METHODS, marks)


def marks_of(text: str) -> tuple[float, ...]:
    """``10,30,100``: positive seconds, ascending."""
    marks = tuple(sorted({float(part) for part in text.split(",")}))
    if not all(0 < mark < float("inf") for mark in marks):
        raise ValueError("marks are positive")
    return marks


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="The best loss after some seconds, of the search and its peers.")
    parser.add_argument("instances", nargs="*", metavar="INSTANCE", help=f"of {', '.join(INSTANCES)}; all if none is named")
    parser.add_argument("--seconds", type=marks_of, default=(10.0, 30.0, 100.0), help="marks, with commas between")
    parser.add_argument("--seeds", type=int, default=3, help="runs of ours, whose median counts")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS), help="who searches")
    parser.add_argument("--again", nargs="+", choices=METHODS, default=[], help="forget the runs of these")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "benchmarks", help="where runs and page are kept")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        asked = run_of(chosen.one)
        print(line_of(curve(asked.key, asked.seconds)))
        return
    unknown = [name for name in chosen.instances if name not in INSTANCES]
    if unknown:
        parser.error(f"there is no instance `{unknown[0]}`; instances are {', '.join(INSTANCES)}")
    notebook = Notebook(chosen.folder / "find.jsonl", run_of)
    notebook.forget(chosen.again)
    keys = keys_of(chosen.instances or list(INSTANCES), chosen.methods, chosen.seeds)
    try:
        run(keys, max(chosen.seconds), notebook)
    finally:
        write(notebook, keys, chosen.seconds, chosen.folder)


if __name__ == "__main__":
    main()
