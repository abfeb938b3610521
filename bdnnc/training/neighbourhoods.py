"""Better networks from good ones: consensus diving, and large neighbourhoods whose choice follows what has paid.

Consensus diving fixes what all networks of a pool agree on, once their units are in one order, and solves the rest; what the
pool agrees on is a guess of what the best networks have in common (the idea of Neural Diving, Nair et al., arXiv 2012.13349,
with networks found in the place of networks learnt; a crossover in the sense of Rothberg, INFORMS J. Computing 19(4), 2007).
A large neighbourhood (Shaw 1998; adaptive: Ropke and Pisinger, Transportation Science 40(4), 2006) frees some units with their
outgoing weights, what the first layer makes of some inputs, or the activations of some points.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.bounds import least_objective
from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.domains import RealDomain, ScaledDomain
from bdnnc.network.evaluate import active_units
from bdnnc.network.network import Network
from bdnnc.training.improver import Found, Improver, least, objective_of
from bdnnc.training.neighbourhood import Neighbourhood, everything, layer_blocks, of_inputs, of_units
from bdnnc.training.outcome import Watch
from bdnnc.training.split.aligning import aligned
from bdnnc.training.work import Work

Booleans = NDArray[np.bool_]

AGREEING = 4
"""How many of the best networks of a pool have to agree."""

GOOD = 0.3
"""How likely the best of the others is to be crossed with, and each next one if not."""

NOTHING = Found(better=False, settled=True)
"""What an empty neighbourhood comes to."""

POINT_SIZES = 10
"""Steps in which the share of points grows whose activations are free, to one half."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``rounds``: large neighbourhoods in all; ``seconds`` for everything, ``share`` of them and ``nodes`` for each sub-MIP;
    None: no limit but the goal's own. ``vain``: how many neighbourhoods of each kind may bring nothing one after the other."""

    rounds: int = 20
    seconds: float | None = None
    share: float | None = None
    nodes: int | None = None
    vain: int = 3


EXACT_SHARE, EXACT_SECONDS = 0.1, 30.0
"""Of a goal's time, and in all: what `exact` gives to the improvement of its first network."""

LEAST_SECONDS = 1.0
"""Less is not worth the beginning of a sub-MIP."""

WORK_SHARE = 0.5
"""The same share where the user limits the work, and nodes and rounds are to end it."""

EXACT_NODES = 500
"""For each of its sub-MIPs."""

SMALL = 150
"""Integers that are not fixed: what has fewer is left to the solver, which is as quick."""


def polished(work: Work, pool: Sequence[Network]) -> Network | None:
    """What `exact` begins with: a better network than all of ``pool``; None where there is none, or the program is small."""
    variables = work.formulation.program.variables
    if sum(int((v.lower < v.upper).sum()) for v in variables if v.integral) < SMALL:
        return None
    remaining = work.limits.remaining
    if remaining is None:
        return improved(work, pool, Budget(nodes=EXACT_NODES))
    seconds = WORK_SHARE * remaining if work.is_limited_by_work else min(EXACT_SHARE * remaining, EXACT_SECONDS)
    if seconds < LEAST_SECONDS:
        return None
    share = None if work.is_limited_by_work else max(seconds / 5, LEAST_SECONDS)
    return improved(work, pool, Budget(seconds=seconds, share=share, nodes=EXACT_NODES))


def improved(work: Work, pool: Sequence[Network], budget: Budget) -> Network | None:
    """A network that is better in the goal than all of ``pool``, or any network where none of these keeps the constraints; None
    where none was found.

    First a consensus dive where the pool holds several networks, then rounds of large neighbourhoods around the best one, until
    the bound is met, nothing comes any more, or the budget is spent. Which network it is depends on the seed and on limits of
    work alone, as long as no limit of time is reached. Better networks are told to the watch of ``work`` as they are found.
    Raises what the solver raises.
    """
    formulation = work.formulation
    known = [(objective, network) for network in pool if (objective := objective_of(network, formulation)) is not None]
    if not known:
        return None
    known.sort(key=lambda pair: pair[0])
    value, best, *others = (known[0][0], *(network for _, network in known))
    improver = _improver(work, budget, best)
    if others:
        _dive(improver, [best, *others[: AGREEING - 1]], budget)
    _go_round(improver, others, budget)
    return improver.network if improver.objective is not None and improver.objective < value else None


def _improver(work: Work, budget: Budget, best: Network) -> Improver:
    """Silent until it knows the best network, which is no news."""
    means, limits = work.means, work.limits
    seconds, nodes = least(limits.remaining, budget.seconds), least(limits.node_limit, budget.nodes)
    own = replace(limits, time_limit=seconds, started=time.monotonic(), node_limit=nodes)
    bound = least_objective(work.formulation)
    improver = Improver(work.formulation, means.inputs, means.solver, own, bound, Watch())
    improver.begin(best)
    improver.watch = means.watch
    return improver


# --- consensus ----------------------------------------------------------------------------------------------------------


def _dive(improver: Improver, pool: Sequence[Network], budget: Budget) -> None:
    """What the pool agrees on is fixed: activations too at first, then, where that brought nothing, parameters alone."""
    assert improver.network is not None
    strict = consensus(pool, improver.network, improver.formulation)
    loose = replace(strict, kept=(None,) * len(strict.kept))
    for neighbourhood in (strict, loose):
        if improver.is_over or neighbourhood.is_empty or improver.improve(neighbourhood, budget.share).better:
            return


def consensus(pool: Sequence[Network], reference: Network, formulation: Formulation) -> Neighbourhood:
    """The neighbourhood of ``reference`` in which everything is fixed that all networks of the pool have in common: parameters
    of finite sets, and hidden activations. Real parameters, of which two are never alike, are free."""
    patterns = formulation.problem.patterns
    others = [aligned(network, reference, formulation) for network in pool]
    activity, own = [active_units(other, patterns) for other in others], active_units(reference, patterns)
    free = everything(formulation)
    weights, biases = list(free.weights), list(free.biases)
    kept: list[Booleans | None] = [None] * len(own)
    for place, plan in enumerate(formulation.plans):
        layer, theirs = reference.layers[place], [other.layers[place] for other in others]
        if not isinstance(plan.layer.domain, RealDomain | ScaledDomain):
            weights[place] &= _differing([other.weights for other in theirs], layer.weights)
        if not plan.thresholds.bias.is_real:
            biases[place] &= _differing([other.bias for other in theirs], layer.bias)
        if place < len(own) - 1:
            kept[place] = ~_differing([active[place] for active in activity], own[place])
    return Neighbourhood("consensus", tuple(weights), tuple(biases), tuple(kept))


def _differing(tables: Sequence[NDArray[Any]], own: NDArray[Any]) -> Booleans:
    """Where not all tables say the same as one's own."""
    return np.logical_or.reduce([np.asarray(table != own, dtype=np.bool_) for table in tables])


# --- large neighbourhoods -----------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Kind:
    """A kind of neighbourhood: ``make(size, rng)``, how large it is now and may become, and how often it has paid."""

    make: Callable[[int, np.random.Generator], Neighbourhood]
    largest: int
    size: int = 1
    tries: int = 0
    gains: int = 0

    @property
    def weight(self) -> float:
        return (1 + self.gains) / (1 + self.tries)

    def learn(self, found: Found) -> None:
        """One that is solved to its end in vain was too small, one that is cut short too large."""
        self.tries += 1
        self.gains += found.better
        if not found.better:
            self.size = min(self.size + 1, self.largest) if found.settled else max(self.size - 1, 1)


def _go_round(improver: Improver, others: Sequence[Network], budget: Budget) -> None:
    """Each layer once, if there are several, since that has paid most often; then neighbourhoods of all kinds, those that have
    paid more likely."""
    rng = np.random.default_rng([improver.limits.seed, improver.formulation.stage])
    kinds, blocks = _kinds(improver, others), layer_blocks(improver.formulation)
    layers, idle = blocks if len(blocks) > 1 else [], 0
    for number in range(budget.rounds):
        if improver.is_over or idle >= len(layers) + budget.vain * len(kinds):
            return
        kind = None if number < len(layers) else _drawn(kinds, rng)
        tried = layers[number] if kind is None else kind.make(kind.size, rng)
        found = NOTHING if tried.is_empty else improver.improve(tried, budget.share, number)
        idle = 0 if found.better else idle + 1
        if kind is not None:
            kind.learn(found)


def _drawn(kinds: Sequence[_Kind], rng: np.random.Generator) -> _Kind:
    weights = np.array([kind.weight for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]


def _kinds(improver: Improver, others: Sequence[Network]) -> list[_Kind]:
    """Units of hidden layers (of the only layer where there are none), inputs; points where there are activations to be
    kept; and what the best network does not share with ``others``, where there are any."""
    formulation = improver.formulation
    layers = formulation.problem.layers
    widest = max(layer.units for layer in layers[:-1] or layers)
    kinds = [
        _Kind(partial(_some_units, formulation), max(widest - 1, 1)),
        _Kind(partial(_some_inputs, formulation), layers[0].inputs),
    ]
    if len(layers) > 1:
        kinds.append(_Kind(partial(_some_points, improver), POINT_SIZES))
    if others:
        kinds.append(_Kind(partial(_crossed, improver, others), len(others)))
    return kinds


def _some_units(formulation: Formulation, size: int, rng: np.random.Generator) -> Neighbourhood:
    layers = formulation.problem.layers
    place = int(rng.integers(max(len(layers) - 1, 1)))
    units = rng.permutation(layers[place].units)[:size]
    return of_units(formulation, place, units.tolist())


def _some_inputs(formulation: Formulation, size: int, rng: np.random.Generator) -> Neighbourhood:
    inputs = rng.permutation(formulation.problem.layers[0].inputs)[:size]
    return of_inputs(formulation, inputs.tolist())


def _some_points(improver: Improver, size: int, rng: np.random.Generator) -> Neighbourhood:
    """The hidden activations of a random point and those nearest to it are free, those of all others are kept."""
    formulation = improver.formulation
    assert improver.point is not None
    patterns = formulation.problem.patterns.floats()
    count = max(2, len(patterns) * size // (2 * POINT_SIZES))
    spread = patterns.std(axis=0)
    scaled = patterns / np.where(spread > 0, spread, 1.0)
    distance = np.square(scaled - scaled[rng.integers(len(scaled))]).sum(axis=1)
    far = np.ones(len(patterns), dtype=np.bool_)
    far[np.argsort(distance, kind="stable")[:count]] = False
    layers = formulation.problem.layers
    kept = tuple(np.repeat(far[:, None], layer.units, axis=1) for layer in layers[:-1])
    return replace(everything(formulation), kept=(*kept, None), name=f"{count} points")


def _crossed(improver: Improver, others: Sequence[Network], size: int, rng: np.random.Generator) -> Neighbourhood:
    """What the best network does not share with some others, the better ones more likely than the worse."""
    assert improver.point is not None
    chosen = {int(place) % len(others) for place in rng.geometric(GOOD, size) - 1}
    return consensus([others[place] for place in sorted(chosen)], improver.point, improver.formulation)
