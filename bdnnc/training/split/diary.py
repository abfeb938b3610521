"""The rounds of a goal in the journal of the run, so that another run can go on after the last of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bdnnc.data.inputs import Input
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.training.journal import Journal, recalled
from bdnnc.training.payloads import network_of_payload, network_payload
from bdnnc.training.split.partition import Partition


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What there is after a round: the ``partition``, the ``last`` network, which says what is split next, the ``best`` one,
    and the sets that are ``infeasible``."""

    partition: Partition
    last: Network | None
    best: Network | None
    infeasible: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Diary:
    """Reads and writes entries under the ``key`` of a goal."""

    journal: Journal
    key: str
    formulation: Formulation
    inputs: tuple[Input, ...]

    def recall(self, number: int) -> Entry | None:
        """What an earlier run noted of a round."""
        return recalled(self.journal, self._path(number), self._entry)

    def _entry(self, payload: Any) -> Entry:
        partition = Partition(np.array(payload["sets"], dtype=np.int64))
        if partition.set_of.shape != (self.formulation.problem.points,):
            raise ValueError("sets of other points")
        return Entry(partition, self._network(payload["last"]), self._network(payload["best"]), tuple(payload["infeasible"]))

    def note(self, number: int, entry: Entry) -> None:
        """Note what there is after a round."""
        payload = {
            "sets": entry.partition.set_of.tolist(),
            "last": None if entry.last is None else network_payload(entry.last),
            "best": None if entry.best is None else network_payload(entry.best),
            "infeasible": list(entry.infeasible),
        }
        self.journal.record(self._path(number), payload)

    def tell(self, number: int, **figures: Any) -> None:
        """Tell of a round."""
        self.journal.tell("round", goal=self.formulation.stage, round=number, **figures)

    def _path(self, number: int) -> str:
        return f"{self.key}/round/{number}"

    def _network(self, payload: Any) -> Network | None:
        return None if payload is None else network_of_payload(payload, self.inputs, self.formulation.problem.classes)
