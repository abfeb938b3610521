"""Large neighbourhoods for a stochastic search that has come to a stand: a MIP sees changes of many units together.

Only where time is the only limit, since the work of a solver is not counted in moves, and where the program is small enough for
its sub-MIPs to be solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from bdnnc.network.network import Network
from bdnnc.training.journal import recalled
from bdnnc.training.neighbourhoods import Budget, improved
from bdnnc.training.payloads import network_of_payload, network_payload
from bdnnc.training.settings import MOST_ACTIVATIONS
from bdnnc.training.work import Work

PATIENCE = 2
"""Waves that may bring nothing before the first neighbourhoods; twice as many before the next ones, where these brought
nothing either."""

SHARE, LEAST_SECONDS = 0.1, 5.0
"""Of the time that is left: what neighbourhoods may take; and how much must be left for any."""

ROUNDS, NODES = 6, 200
"""Neighbourhoods at a time, and nodes of each."""


@dataclass(eq=False)
class Stagnation:
    """When a search of ``work`` stands still, and what is done then."""

    work: Work
    patience: int = PATIENCE
    idle: int = 0
    known: Fraction | None = None

    def better(self, wave: int, objective: Fraction | None, pool: Sequence[Network]) -> Network | None:
        """A better network than those of the ``pool`` after a wave, None in most cases. ``objective``: the best one so far."""
        self.idle = self.idle + 1 if objective == self.known else 0
        self.known = objective
        remaining = self.work.limits.remaining
        if self.idle < self.patience or not pool or remaining is None or remaining < LEAST_SECONDS or not self.is_small:
            return None
        found = self._found(wave, pool, SHARE * remaining)
        self.idle, self.patience = 0, PATIENCE if found is not None else 2 * self.patience
        return found

    @property
    def is_small(self) -> bool:
        problem = self.work.formulation.problem
        return problem.patterns.shape[0] * sum(layer.units for layer in problem.layers) <= MOST_ACTIVATIONS

    def _waves_network(self, record: Any) -> tuple[Network | None]:
        problem, inputs = self.work.formulation.problem, self.work.means.inputs
        return (None if record["network"] is None else network_of_payload(record["network"], inputs, problem.classes),)

    def _found(self, wave: int, pool: Sequence[Network], seconds: float) -> Network | None:
        """What an earlier run found after this wave, or what is found now."""
        journal, key = self.work.means.journal, f"{self.work.key}/neighbourhoods/{wave}"
        earlier = recalled(journal, key, self._waves_network)
        if earlier is not None:
            return earlier[0]
        other = replace(self.work, limits=replace(self.work.limits, seed=self.work.limits.seed + wave))
        budget = Budget(rounds=ROUNDS, seconds=seconds, share=seconds / 3, nodes=NODES)
        found = improved(other, pool, budget)
        if not self.work.limits.is_late and not self.work.means.watch.should_stop():
            journal.record(key, {"network": None if found is None else network_payload(found)})
        return found
