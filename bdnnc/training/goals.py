"""The goals of a file one after the other, each among the best networks of those before, by any strategy.

Each later goal holds the earlier ones to the values of the accepted incumbent (plus `within`), starts from its network, and has
an equal share of the time that is left, so that unused time carries over. (docs/formulations.md, *Losses and goals*.)
"""

from __future__ import annotations

from dataclasses import replace

from bdnnc.network.network import Network
from bdnnc.training.outcome import Limits, Outcome, StageOutcome
from bdnnc.training.work import Means, Method, Staged, Work


def train_goals(method: Method, staged: Staged, goals: int, means: Means, start: Network | None = None) -> Outcome:
    """The best network for ``goals`` goals in order, as far as the limits reach.

    ``start`` is a network of this shape; it counts as the first incumbent with the objective that it has here. A later goal's
    program is made only while there is time. Raises what the solver raises for wrong options.
    """
    found: list[StageOutcome] = []
    network = start
    for stage in range(goals):
        if stage and means.limits.is_late:
            break
        reached = tuple(outcome.value for outcome in found if outcome.value is not None)
        means.watch.on_stage(tuple(found))
        outcome = method(Work(staged(stage, reached), means, _share(means.limits, stage, goals), network))
        found.append(outcome)
        if outcome.network is None or outcome.status == "interrupted":
            break
        network = outcome.network
    return Outcome(tuple(found))


def _share(limits: Limits, stage: int, goals: int) -> Limits:
    """The limits of one goal: an equal part of the time left for each that is to come; a cutoff is the first goal's."""
    remaining = limits.remaining
    if remaining is None:
        return limits if stage == 0 else replace(limits, cutoff=None)
    elapsed = (limits.time_limit or 0.0) - remaining
    cutoff = limits.cutoff if stage == 0 else None
    return replace(limits, time_limit=elapsed + remaining / (goals - stage), cutoff=cutoff)
