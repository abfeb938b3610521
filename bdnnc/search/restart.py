"""One restart as a task: where it begins, how long it goes on, and the seed that everything else follows from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from bdnnc.search.anneal import HOTTEST, Annealed, Schedule, anneal, random_parameters
from bdnnc.search.model import SearchModel
from bdnnc.search.state import Parameters

FEWEST_STEPS, STEPS = 200, 50
"""Steps of the shortest run: at least, and for each parameter. Others are as much longer as Luby's sequence says."""

MOST_STEPS, MOST_WORK, ENOUGH_STEPS = 10_000, 5_000_000, 2000
"""At most so many, or so many divided by the points, but no fewer than the last."""

SAMPLE = 2000
"""Points of the sample that a run from a random network begins with where there are more than three times as many."""

REHEATED = 0.4
"""Where a run begins at a good network: the share of the hottest temperature that it begins with."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What all restarts of a goal have in common. ``seed``: of the run; ``compiled``: whether numba may be used; ``on_better``
    and ``should_stop`` hold in this process only, and are left behind when the rest is sent to another."""

    model: SearchModel
    seed: tuple[int, ...]
    compiled: bool
    on_better: Callable[[Parameters, float], None] | None = None
    should_stop: Callable[[], bool] | None = None

    def __getstate__(self) -> dict[str, object]:
        return replace(self, on_better=None, should_stop=None).__dict__


@dataclass(frozen=True, slots=True, eq=False)
class Restart:
    """Run ``number``, from ``start`` or, without one, from a random network. ``moves``: changes that may be weighed;
    ``seconds``: for the whole run; ``enough``: the goal at which it may stop; None: no limit."""

    number: int
    start: Parameters | None = None
    moves: int | None = None
    seconds: float | None = None
    enough: float | None = None


def run_restart(shared: Shared, restart: Restart) -> Annealed:
    """The task."""
    random = np.random.default_rng([*shared.seed, restart.number])
    schedule = Schedule(
        steps=steps_of(shared.model) * luby(restart.number + 1),
        hottest=HOTTEST if restart.start is None else REHEATED * HOTTEST,
        moves=restart.moves,
        enough=restart.enough,
        deadline=None if restart.seconds is None else time.monotonic() + restart.seconds,
    )
    start, done = restart.start, 0
    if start is None:
        start = random_parameters(shared.model, random)
        if shared.model.X.shape[1] > 3 * SAMPLE:
            sampled = _on_sample(shared, start, random, schedule)
            start, done = sampled.parameters or start, sampled.moves
            moves = None if schedule.moves is None else max(0, schedule.moves - done)
            schedule = replace(schedule, steps=schedule.steps // 4, hottest=REHEATED * HOTTEST, moves=moves)
    found = anneal(shared.model, start.copy(), random, schedule, shared.compiled, shared.on_better, shared.should_stop)
    return replace(found, moves=found.moves + done)


def _on_sample(shared: Shared, start: Parameters, random: Generator, schedule: Schedule) -> Annealed:
    """A first run on some of the points, which costs a fraction of one on all and brings most of the way."""
    patterns = np.sort(random.permutation(shared.model.X.shape[1])[:SAMPLE])
    model = shared.model.sample(patterns)
    return anneal(model, start.copy(), random, replace(schedule, enough=None), shared.compiled, None, shared.should_stop)


def steps_of(model: SearchModel) -> int:
    """Steps of the shortest run."""
    parameters = sum(int(layer.free.sum()) + len(layer.biases) for layer in model.layers)
    points = min(model.X.shape[1], SAMPLE)
    most = min(max(MOST_WORK // max(1, points), ENOUGH_STEPS), MOST_STEPS)
    return min(max(STEPS * parameters, FEWEST_STEPS), most)


def luby(number: int) -> int:
    """1, 1, 2, 1, 1, 2, 4, 1, ..: no schedule of restarts is better than this one by more than a logarithm where nothing is
    known of the running times (Luby, Sinclair, Zuckerman 1993). ``number`` counts from 1."""
    power = number.bit_length()
    if number == (1 << power) - 1:
        return 1 << (power - 1)
    return luby(number - (1 << (power - 1)) + 1)
