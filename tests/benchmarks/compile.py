"""Benchmark 1, compile: seconds to build models and to write them as MPS, and peak memory.

``python tests/benchmarks/compile.py`` runs every candidate in a process of its own, one after the other, on every model, prints
tables and writes them to ``docs/benchmarks/compile.md``, with a plot of the first layer where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from arrays import Model
from compile_candidates import ANY_MODEL, CANDIDATES, UnavailableError
from compile_page import Measured, Result, best, page, plot, table
from models import MODELS, scaled

ROOT = Path(__file__).resolve().parent.parent.parent
TIME_LIMIT = 300


def measure(name: str, model: Model, tiny: Model) -> Measured:
    """Builds and writes once in this process, after a tiny instance that pays for imports and first calls."""
    candidate, _ = CANDIDATES[name]
    try:
        candidate(tiny)[0]()
        build, write = candidate(model)
    except UnavailableError as error:
        return Measured(name, model.nonzeros, reason=str(error))
    base = _peak_mb()
    start = time.perf_counter()
    made = build()
    built = time.perf_counter() - start
    grown = _peak_mb() - base
    if write is None:
        return Measured(name, model.nonzeros, built, build_mb=grown)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write(made, str(Path(folder) / "model.mps"))
        written = time.perf_counter() - start
        bytes_written = sum(path.stat().st_size for path in Path(folder).iterdir())
    return Measured(name, model.nonzeros, built, written, bytes_written / 1e6, grown, _peak_mb() - base)


def _peak_mb() -> float:
    """The largest resident memory of this process so far. Linux counts it in units of 1024 bytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def in_own_process(name: str, key: str, place: int, share: float) -> Measured:
    """The measurement of `measure`, from a fresh process, so that peaks are not mixed."""
    chosen = ["--one", name, "--model", key, "--place", str(place), "--share", str(share)]
    command = [sys.executable, str(Path(__file__).resolve()), *chosen]
    nonzeros = _model(key, place, share).nonzeros
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return Measured(name, nonzeros, reason=f"not done after {TIME_LIMIT} s")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        return Measured(name, nonzeros, reason=last)
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def _model(key: str, place: int, share: float) -> Model:
    return scaled(MODELS[key].sizes[place], share)


def run(keys: Sequence[str], names: Sequence[str], folder: Path, repeats: int = 1, share: float = 1.0) -> list[Result]:
    """Runs the candidates, prints as it goes, and writes ``compile.md`` and ``compile.svg`` into the folder."""
    results: list[Result] = []
    for key in keys:
        for place in range(len(MODELS[key].sizes)):
            model = _model(key, place, share)
            fitting = [name for name in names if key == "first_layer" or name in ANY_MODEL]
            tried = [name for name in fitting if CANDIDATES[name][1] >= model.nonzeros]
            rounds = [[in_own_process(name, key, place, share) for name in tried] for _ in range(repeats)]
            result = Result(MODELS[key], model, [best(runs) for runs in zip(*rounds, strict=True)])
            print(f"\n{result.title}\n\n{table(result.runs)}", flush=True)
            results.append(result)
    folder.mkdir(parents=True, exist_ok=True)
    text = page(results)
    if plot([result for result in results if len(result.runs) > len(ANY_MODEL)], folder / "compile.svg"):
        text += "\n![seconds for the first layer](compile.svg)\n"
    (folder / "compile.md").write_text(text, encoding="utf-8")
    return results


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Seconds and memory to build models and to write them as MPS.")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS), help="what is built")
    parser.add_argument("--only", nargs="+", choices=list(CANDIDATES), default=list(CANDIDATES), help="candidates")
    parser.add_argument("--share", type=float, default=1.0, help="this share of the samples")
    parser.add_argument("--repeats", type=int, default=3, help="rounds over all candidates; the best of each counts")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "benchmarks", help="where the page is written")
    parser.add_argument("--one", choices=list(CANDIDATES), help=argparse.SUPPRESS)
    parser.add_argument("--model", choices=list(MODELS), help=argparse.SUPPRESS)
    parser.add_argument("--place", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        found = measure(chosen.one, _model(chosen.model, chosen.place, chosen.share), MODELS[chosen.model].tiny)
        print(json.dumps(asdict(found)))
        return
    run(chosen.models, chosen.only, chosen.folder, chosen.repeats, chosen.share)


if __name__ == "__main__":
    main()
