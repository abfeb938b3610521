"""One restart as a task: where it begins, how long it goes on, and the seed that everything else follows from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bdnnc.search.anneal import HOTTEST, Annealed, Schedule, anneal, random_parameters
from bdnnc.search.model import SearchModel
from bdnnc.search.state import Parameters

FEWEST_STEPS, MOST_STEPS, STEPS = 200, 3000, 50
"""Steps of the shortest run: ends, and for each parameter. Others are as much longer as Luby's sequence says."""

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
    start = random_parameters(shared.model, random) if restart.start is None else restart.start.copy()
    return anneal(shared.model, start, random, schedule, shared.compiled, shared.on_better, shared.should_stop)


def steps_of(model: SearchModel) -> int:
    """Steps of the shortest run."""
    parameters = sum(int(layer.free.sum()) + len(layer.biases) for layer in model.layers)
    return min(max(STEPS * parameters, FEWEST_STEPS), MOST_STEPS)


def luby(number: int) -> int:
    """1, 1, 2, 1, 1, 2, 4, 1, ..: no schedule of restarts is better than this one by more than a logarithm where nothing is
    known of the running times (Luby, Sinclair, Zuckerman 1993). ``number`` counts from 1."""
    power = number.bit_length()
    if number == (1 << power) - 1:
        return 1 << (power - 1)
    return luby(number - (1 << (power - 1)) + 1)
