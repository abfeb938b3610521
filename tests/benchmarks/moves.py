"""Benchmark "moves": how many changes a second the search weighs, beside a plain Python loop; and what large data take.

``python tests/benchmarks/moves.py`` measures all in one process, in turns, on 463 patterns with 9 inputs and 3 units; then
trains 20 units on 30000 points in a process of its own, whose peak memory it reads; prints both and writes
``docs/benchmarks/moves.md``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from find_instances import Instance
from learn_data import DATA_SETS, ROOT, Points, UnavailableError, of_file
from moves_page import Large, Rate, page
from plain_annealer import PlainAnnealer

from bdnnc.network.measure import Measured
from bdnnc.pipeline import Pipeline
from bdnnc.search.anneal import Schedule, anneal, random_parameters
from bdnnc.search.model import search_model
from bdnnc.search.readiness import is_compiled
from bdnnc.solve.registry import solver
from bdnnc.training.goals import train_goals
from bdnnc.training.methods import METHODS
from bdnnc.training.outcome import Limits, Watch
from bdnnc.training.work import Means

STEPS, PLAIN_MOVES = 10_000, 50_000
"""Of each run from a random network."""

SECONDS = 5.0
"""Of each turn of the small instance."""

LARGE_SECONDS = 60.0
COMPILATION = 120.0
"""Seconds, at most, that numba may take before anything is measured."""


def small() -> Points:
    """The breast-cancer data where they are, else random points of that shape, so that any machine has them."""
    try:
        return DATA_SETS["breast_cancer"].load()
    except UnavailableError:
        random = np.random.default_rng(0)
        X = random.integers(1, 11, (463, 9))
        y = X[:, :3].sum(axis=1) + random.integers(-4, 5, len(X)) > 16
        return Points(X.astype(np.float64), y.astype(np.int64))


def large() -> Points:
    """The credit data where they are, else random points of that shape."""
    try:
        return of_file("default_of_credit_card_clients.csv")
    except UnavailableError:
        random = np.random.default_rng(0)
        X = random.integers(0, 21, (30_000, 23)).astype(np.float64)
        return Points(X, (X[:, 0] + random.normal(0, 6, len(X)) > 15).astype(np.int64))


SMALL = Instance(small, 3, 20, 3, "")
LARGE = Instance(large, 20, 200, 3, "", "minmax(0, 20) round 0")

Turn = Callable[[float], tuple[int, float]]
"""Goes on for so many seconds; how many moves it made, and the best loss."""


def searching(pipeline: Pipeline, compiled: bool) -> Turn:
    """Runs of the search from random networks, one after the other."""
    model = search_model(pipeline.formulation)
    if compiled and not is_compiled(COMPILATION):
        raise UnavailableError("numba is not installed: pip install numba")

    def turn(seconds: float) -> tuple[int, float]:
        random, moves, best, began = np.random.default_rng(0), 0, float("inf"), time.monotonic()
        while (remaining := began + seconds - time.monotonic()) > 0:
            schedule = Schedule(STEPS, deadline=time.monotonic() + remaining)
            found = anneal(model, random_parameters(model, random), random, schedule, compiled)
            moves, best = moves + found.moves, min(best, found.goal)
        return moves, best

    return turn


def looping(pipeline: Pipeline) -> Turn:
    """The plain Python loop, run after run from random networks."""
    problem = pipeline.problem
    X = np.ascontiguousarray(np.rint(problem.patterns.floats()).astype(np.int64).T)
    negative, positive = np.asarray(problem.counts).T.astype(np.int64)

    def turn(seconds: float) -> tuple[int, float]:
        moves, best, began = 0, float("inf"), time.monotonic()
        while time.monotonic() - began < seconds:
            largest = SMALL.bias, SMALL.output_bias
            annealer = PlainAnnealer(X, negative - positive, int(positive.sum()), SMALL.width, largest, seed=moves)
            annealer.run(PLAIN_MOVES)
            moves, best = moves + PLAIN_MOVES, min(best, annealer.best)
        return moves, best

    return turn


def rates(seconds: float, rounds: int) -> list[Rate]:
    """All candidates in turns, in this process; of each the best round counts."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = SMALL.pipeline(Path(folder))
        turns: dict[str, Turn] = {"plain loop": looping(pipeline), "search, numpy": searching(pipeline, compiled=False)}
        try:
            turns["search, compiled"] = searching(pipeline, compiled=True)
        except UnavailableError as missing:
            print(missing, file=sys.stderr)
        measured = [[_rate(name, turn, seconds) for name, turn in turns.items()] for _ in range(rounds)]
    return [max(own, key=lambda rate: rate.moves / rate.seconds) for own in zip(*measured, strict=True)]


def _rate(name: str, turn: Turn, seconds: float) -> Rate:
    began = time.perf_counter()
    moves, best = turn(seconds)
    return Rate(name, moves, time.perf_counter() - began, best)


def trained(seconds: float) -> Large:
    """The search on the large data in this process, whose peak memory counts with everything in it."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        pipeline = LARGE.pipeline(Path(folder))
        problem, _ = pipeline.problem, pipeline.formulation
        ready = time.perf_counter() - began
        means = Means(pipeline.dataset.inputs, solver("auto"), Limits(time_limit=seconds), Watch())
        outcome = train_goals(METHODS["search"], pipeline.staged, 1, means)
    assert outcome.network is not None, "there is always the best constant network"
    loss = float(Measured(outcome.network, problem).goal(problem.goals[0]))
    constant = float(np.asarray(problem.counts).sum(axis=0).min())
    took = time.perf_counter() - began - ready
    return Large(problem.patterns.shape[0], problem.patterns.shape[1], LARGE.width, ready, took, loss, constant, _peak_mb())


def _peak_mb() -> float:
    """The largest resident memory of this process so far. Linux counts it in units of 1024 bytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024)


def in_own_process(seconds: float) -> Large:
    """`trained` in a fresh process. Raises CalledProcessError where it fails."""
    command = [sys.executable, str(Path(__file__).resolve()), "--large-seconds", str(seconds), "--large-only"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Large(**json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Moves a second of the search, and what large data take.")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; the best counts")
    parser.add_argument("--large-seconds", type=float, default=LARGE_SECONDS, help="limit of the training on large data")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "benchmarks", help="where the page is written")
    parser.add_argument("--large-only", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.large_only:
        print(json.dumps(asdict(trained(chosen.large_seconds))))
        return
    text = page(rates(chosen.seconds, chosen.rounds), in_own_process(chosen.large_seconds))
    chosen.folder.mkdir(parents=True, exist_ok=True)
    (chosen.folder / "moves.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
