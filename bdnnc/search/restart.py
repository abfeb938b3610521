"""One restart as a task: where it begins, how long it goes on, and the seed that everything else follows from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from bdnnc.search.anneal import COLDEST, HOTTEST, Annealed, Schedule, anneal, random_parameters
from bdnnc.search.model import SearchModel
from bdnnc.search.readiness import is_compiled
from bdnnc.search.state import Parameters
from bdnnc.search.straight_through import descend, is_descendable, parameters_in

FEWEST_STEPS, STEPS = 200, 50
"""Steps of the shortest run: at least, and for each parameter. Others are as much longer as Luby's sequence says."""

MOST_STEPS, MOST_WORK, ENOUGH_STEPS = 10_000, 5_000_000, 2000
"""At most so many, or so many divided by the points, but no fewer than the last."""

SAMPLE = 2000
"""Points of the sample that a run from a random network begins with where there are more than three times as many."""

REHEATED = 0.4
"""Where a run begins at a good network: the share of the hottest temperature that it begins with, at most."""

WIDE = 2000
"""Weights and biases from which on the first runs, too, begin with gradients, not only every fourth."""

DESCENT = 0.6
"""Of the time and the moves of a run: what gradients may take."""


LOADING = 5.0
"""Seconds in which compiled loops are loaded, from a cache."""


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
    """Run ``number``, from ``start`` or, without one, from a random network, which ``descends`` by gradients first where that
    is sensible. ``moves``: changes that may be weighed; ``deadline``: when it has to end, as `time.time`; ``enough``: the goal
    at which it may stop; None: no limit."""

    number: int
    start: Parameters | None = None
    descends: bool = False
    moves: int | None = None
    deadline: float | None = None
    enough: float | None = None


def run_restart(shared: Shared, restart: Restart) -> Annealed:
    """The task."""
    random = np.random.default_rng([*shared.seed, restart.number])
    seconds = None if restart.deadline is None else max(0.0, restart.deadline - time.time())
    schedule = Schedule(
        steps=steps_of(shared.model) * luby(restart.number + 1),
        moves=restart.moves,
        enough=restart.enough,
        deadline=None if seconds is None else time.monotonic() + seconds,
    )
    if restart.start is not None:
        share = (COLDEST / (REHEATED * HOTTEST)) ** random.random()
        return _annealed(shared, restart.start, random, replace(schedule, hottest=share * REHEATED * HOTTEST), 0)
    if restart.descends:
        begun = _descended(shared, random, schedule, seconds)
        if begun is not None:
            return begun
    start = random_parameters(shared.model, random)
    if shared.model.X.shape[1] <= 3 * SAMPLE:
        return _annealed(shared, start, random, schedule, 0)
    sampled = _on_sample(shared, start, random, schedule)
    shorter = replace(schedule, steps=schedule.steps // 4, hottest=REHEATED * HOTTEST)
    return _annealed(shared, sampled.parameters or start, random, shorter, sampled.moves)


def prepare() -> None:
    """What takes time before the first task of a process: imports, and loading the loops. They are not waited for where they
    have to be compiled first."""
    is_compiled(LOADING)


def _annealed(shared: Shared, start: Parameters, random: Generator, schedule: Schedule, done: int) -> Annealed:
    """A run on all points, after as many moves as are ``done``."""
    own = schedule if schedule.moves is None else replace(schedule, moves=max(0, schedule.moves - done))
    found = anneal(shared.model, start.copy(), random, own, shared.compiled, shared.on_better, shared.should_stop)
    return replace(found, moves=found.moves + done)


def _descended(shared: Shared, random: Generator, schedule: Schedule, seconds: float | None) -> Annealed | None:
    """A run that begins with gradients and goes on as cold as others end; None where there is no room for gradients."""
    moves = np.inf if schedule.moves is None else DESCENT * schedule.moves
    deadline = None if seconds is None else time.monotonic() + DESCENT * seconds
    found = descend(shared.model, random, moves, deadline, shared.on_better, shared.should_stop)
    if found is None:
        return None
    return _annealed(shared, found.parameters, random, replace(schedule, hottest=COLDEST), found.moves)


def descends(model: SearchModel, number: int) -> bool:
    """Whether a run from a random network begins with gradients: those whose number is 2 more than a multiple of four, of wide
    networks also the others that are even."""
    return is_descendable(model) and (number % 4 == 2 or (number % 4 == 0 and parameters_in(model) >= WIDE))


def _on_sample(shared: Shared, start: Parameters, random: Generator, schedule: Schedule) -> Annealed:
    """A first run on some of the points, which costs a fraction of one on all and brings most of the way."""
    patterns = np.sort(random.permutation(shared.model.X.shape[1])[:SAMPLE])
    model = shared.model.sample(patterns)
    return anneal(model, start.copy(), random, replace(schedule, enough=None), shared.compiled, None, shared.should_stop)


def steps_of(model: SearchModel) -> int:
    """Steps of the shortest run."""
    parameters = parameters_in(model)
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
