"""`train exact`: the goals of a file one after the other, each among the best networks of those before.

Each later goal holds the earlier ones to the values of the accepted incumbent (plus `within`), starts from its network, and has
an equal share of the time that is left, so that unused time carries over. (docs/formulations.md, *Losses and goals*.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from bdnnc.data.inputs import Input
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Solver
from bdnnc.training.outcome import Limits, Outcome, StageOutcome, Watch
from bdnnc.training.stage import StageSearch

Staged = Callable[[int, tuple[Fraction, ...]], Formulation]
"""The formulation of goal number k, given the values that the goals before it reached."""


def train_exact(
    staged: Staged,
    goals: int,
    inputs: tuple[Input, ...],
    solver: Solver,
    limits: Limits,
    watch: Watch,
    start: Network | None = None,
) -> Outcome:
    """The best network for ``goals`` goals in order, as far as the limits reach.

    ``start`` is a network of this shape; it counts as the first incumbent with the objective that it has here. A matrix is
    made only when a solver is needed, and a later goal's program only while there is time. Raises what the solver raises for
    wrong options.
    """
    found: list[StageOutcome] = []
    network = start
    for stage in range(goals):
        if stage and limits.is_late:
            break
        reached = tuple(outcome.value for outcome in found if outcome.value is not None)
        watch.on_stage(tuple(found))
        outcome = _search(staged(stage, reached), inputs, solver, _share(limits, stage, goals), watch, network)
        found.append(outcome)
        if outcome.network is None or outcome.status == "interrupted":
            break
        network = outcome.network
    return Outcome(tuple(found))


def _search(
    formulation: Formulation,
    inputs: tuple[Input, ...],
    solver: Solver,
    limits: Limits,
    watch: Watch,
    start: Network | None,
) -> StageOutcome:
    search = StageSearch(formulation, inputs, solver, limits, watch)
    if formulation.stage == 0:
        search.take_constant()
    if start is not None:
        search.take_start(start)
    elif formulation.stage == 0:
        search.take_declared_start()
    return search.solve()


def _share(limits: Limits, stage: int, goals: int) -> Limits:
    """The limits of one goal: an equal part of the time left for each that is to come; a cutoff is the first goal's."""
    remaining = limits.remaining
    if remaining is None:
        return limits if stage == 0 else replace(limits, cutoff=None)
    elapsed = (limits.time_limit or 0.0) - remaining
    cutoff = limits.cutoff if stage == 0 else None
    return replace(limits, time_limit=elapsed + remaining / (goals - stage), cutoff=cutoff)
