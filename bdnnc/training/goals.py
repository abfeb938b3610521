"""The goals of a file one after the other, each among the best networks of those before, by any strategy.

Each later goal holds the earlier ones to the values of the accepted incumbent (plus `within`), starts from its network, and has
an equal share of the time that is left, so that unused time carries over. (docs/formulations.md, *Losses and goals*.)
"""

from __future__ import annotations

from dataclasses import replace

from bdnnc.network.network import Network
from bdnnc.training.outcome import Limits, Outcome, StageOutcome
from bdnnc.training.payloads import stage_payload
from bdnnc.training.work import Means, Method, Staged, Work


def train_goals(
    method: Method,
    staged: Staged,
    goals: int,
    means: Means,
    start: Network | None = None,
    done: tuple[StageOutcome, ...] = (),
) -> Outcome:
    """The best network for ``goals`` goals in order, as far as the limits reach.

    ``done``: what came of the first goals in an earlier run. ``start`` is a network of this shape that is as good as they are;
    it counts as the first incumbent of the goal after them with the objective that it has there (None: the network of the last
    of them). A later goal's program is made only while there is time. A goal that is done with is recorded in the journal
    under `goal/N`. Raises what the solver raises for wrong options.
    """
    found = list(done)
    network = done[-1].network if done and start is None else start
    for stage in range(len(done), goals):
        if found and (found[-1].network is None or means.limits.is_late):
            break
        reached = tuple(outcome.value for outcome in found if outcome.value is not None)
        means.watch.on_stage(tuple(found))
        outcome = method(Work(staged(stage, reached), means, _share(means.limits, stage, goals), network))
        found.append(outcome)
        if outcome.status == "interrupted":
            break
        if _is_done(outcome, means.limits):
            means.journal.record(f"goal/{stage}", stage_payload(outcome))
        network = outcome.network
    return Outcome(tuple(found))


def _is_done(outcome: StageOutcome, limits: Limits) -> bool:
    """Whether more time would change nothing, or later goals build upon what came of this one."""
    return outcome.status in ("optimal", "infeasible") or (outcome.network is not None and not limits.is_late)


def _share(limits: Limits, stage: int, goals: int) -> Limits:
    """The limits of one goal: an equal part of the time left for each that is to come; a cutoff is the first goal's."""
    remaining = limits.remaining
    if remaining is None:
        return limits if stage == 0 else replace(limits, cutoff=None)
    elapsed = (limits.time_limit or 0.0) - remaining
    cutoff = limits.cutoff if stage == 0 else None
    return replace(limits, time_limit=elapsed + remaining / (goals - stage), cutoff=cutoff)
