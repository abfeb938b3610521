"""What is known of a point under perturbation, and when an output is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.network.evaluate import Booleans, Output
from bdnnc.network.network import Network
from bdnnc.network.score import wrong

Delta = tuple[Fraction, ...]
"""A perturbation of all first-layer inputs, in scaled units; 0 for those that don't move."""

Outcome = Literal["certified", "broken", "undecided"]

Right = Callable[[Output], Booleans]
"""For rows of the last layer's output (rows, units): which are right, (rows,)."""


@dataclass(frozen=True, slots=True)
class Rightness:
    """Right for class ``label`` as `zero_one` has it: of C units exactly the class's own is active, or has the largest value
    (a tie is an error); one unit is active for the second of two classes only."""

    label: int

    def __call__(self, output: Output) -> Booleans:
        return np.asarray(~wrong(output)[:, self.label], dtype=np.bool_)


def rightness(network: Network, label: int) -> Rightness:
    """What `zero_one` asks of a point of class ``label``. Raises InternalError where the last layer has no such class."""
    if not 0 <= label < max(2, len(network.layers[-1].bias)):
        raise InternalError(f"a network of {len(network.layers[-1].bias)} outputs has no class {label}")
    return Rightness(label)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one point: "certified", right for every perturbation; "broken", wrong for ``delta``; "undecided", no one knows.

    ``delta`` is exact, lies in the set, and the network's exact evaluation there is wrong. ``depth``: the least distance of a
    first-layer pre-activation from 0 at ``delta``, over the units that the set can switch; of one linear layer that of a
    difference of scores (None: not broken). ``patterns``: the first-layer patterns, whole or begun, that were looked at.
    ``reason``: why it is undecided, where that is neither the time nor a tie.
    """

    outcome: Outcome
    delta: Delta | None
    seconds: float
    patterns: int
    depth: Fraction | None = None
    reason: str = ""
