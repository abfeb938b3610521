"""One search of `train local_search`, as a task: from one network, block after block, until none brings anything.

Source: [BK20, section 4] and [KB21, section 5], who alternate between first-layer weights with the activations, and later
weights with the activations fixed. Here a block is the parameters of one layer with whatever depends on them, in a network of
any depth; the parameters of the other layers are fixed at the best network's. Each block is a sub-MIP; one that ends at its
limits counts with what it found, and no step is worse than the one before.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count

import numpy as np

from bdnnc.data.inputs import Input
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Solver
from bdnnc.training.improver import Improver, objective_of
from bdnnc.training.neighbourhood import Neighbourhood, layer_blocks
from bdnnc.training.outcome import Limits, Watch
from bdnnc.training.random_network import random_network

DRAWS = 20
"""How many random networks are drawn before one that breaks a constraint is begun with."""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What all searches of a goal have in common. ``limits``: but for the time, which each task has of its own; ``bound``: no
    network is better (minimized form); ``rounds``: how often a search may go through all blocks, None: as often as it pays."""

    formulation: Formulation
    inputs: tuple[Input, ...]
    solver: Solver
    limits: Limits
    bound: Fraction
    rounds: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Restart:
    """Where a search begins: at ``start``, or, without one, at a random network. All but number 0 go through the blocks in a
    random order. ``deadline``: when the whole search has to end, as `time.time`; ``share``: seconds of one sub-MIP; None: no
    limit."""

    number: int
    start: Network | None
    deadline: float | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Descent:
    """What a search came to: the best network and its objective (of the minimized form), None if it found none.
    ``complete``: it ended by itself, not because the time was over or somebody said so."""

    network: Network | None
    objective: Fraction | None
    nodes: int
    complete: bool


def descend(shared: Shared, restart: Restart, watch: Watch | None = None) -> Descent:
    """The task. ``watch`` is told of every better network of this search, and may end it."""
    seconds = None if restart.deadline is None else max(0.0, restart.deadline - time.time())
    limits = replace(shared.limits, time_limit=seconds, started=time.monotonic())
    formulation = shared.formulation
    rng = np.random.default_rng([limits.seed, formulation.stage, restart.number])
    improver = Improver(formulation, shared.inputs, shared.solver, limits, shared.bound, watch or Watch())
    improver.begin(_random_start(formulation, rng) if restart.start is None else restart.start)
    blocks = layer_blocks(formulation)
    if restart.number:
        blocks = [blocks[int(place)] for place in rng.permutation(len(blocks))]
    _go_round(improver, blocks, shared.rounds, restart)
    complete = not (limits.is_late or improver.watch.should_stop())
    return Descent(improver.network, improver.objective, improver.nodes, complete)


def prepare() -> None:
    """Nothing but the import of this module, which takes a new process some seconds."""


def _go_round(improver: Improver, blocks: list[Neighbourhood], rounds: int | None, restart: Restart) -> None:
    """Block after block, until each has brought nothing since the last change, the rounds are over, or there is nothing left to
    do. A block that was solved to its end has nothing more to bring until another one changes the network."""
    idle, steps = 0, count() if rounds is None else range(rounds * len(blocks))
    for step in steps:
        if idle >= len(blocks) or improver.is_over:
            return
        found = improver.improve(blocks[step % len(blocks)], restart.share, restart.number)
        idle = int(found.settled) if found.better else idle + 1


def _random_start(formulation: Formulation, rng: np.random.Generator) -> Network:
    """A random network, if one of several does, an admissible one."""
    drawn = random_network(formulation, rng)
    for _ in range(DRAWS):
        if objective_of(drawn, formulation) is not None:
            break
        drawn = random_network(formulation, rng)
    return drawn
