"""The good and different networks that a search keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.problem import Problem
from bdnnc.network.evaluate import last_output
from bdnnc.network.network import Network

SIZE = 16
"""Networks of a pool where nobody says how many."""


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """``said``: what the outputs say of each pattern, as bytes: members of one goal that say the same are one."""

    network: Network
    objective: Fraction
    said: bytes


@dataclass(slots=True, eq=False)
class Pool:
    """At most ``size`` networks with different outputs, the best first; of equally good ones those that came first."""

    problem: Problem
    size: int = SIZE
    members: list[Member] = field(default_factory=list[Member])

    def add(self, network: Network, objective: Fraction) -> bool:
        """Whether the network is now a member. ``objective``: of the goal's minimized form."""
        said = _said(network, self.problem)
        if any(member.said == said and member.objective <= objective for member in self.members):
            return False
        kept = [member for member in self.members if member.said != said]
        place = sum(member.objective <= objective for member in kept)
        if place >= self.size:
            return False
        kept.insert(place, Member(network, objective, said))
        self.members = kept[: self.size]
        return True

    @property
    def networks(self) -> list[Network]:
        return [member.network for member in self.members]


def _said(network: Network, problem: Problem) -> bytes:
    output = last_output(network, problem.patterns)
    values: NDArray[np.generic] = np.packbits(output) if isinstance(output, np.ndarray) else output.floats()
    return values.tobytes()
