"""What a strategy is given and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from bdnnc.network.document import Status
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Progress


@dataclass(frozen=True, slots=True)
class Limits:
    """``time_limit``: seconds (None: none); ``started``: the clock that it counts from, as `time.monotonic`. ``gap``: relative.
    ``cutoff``: only networks with at most this objective are looked for. ``extra``: solver options by name."""

    time_limit: float | None = 300.0
    started: float = field(default_factory=time.monotonic)
    gap: float | None = None
    node_limit: int | None = None
    threads: int | None = None
    seed: int = 0
    cutoff: Fraction | None = None
    extra: Mapping[str, str | float | int | bool] = field(default_factory=dict[str, "str | float | int | bool"])

    @property
    def remaining(self) -> float | None:
        """Seconds left, never negative; None without a limit."""
        return None if self.time_limit is None else max(0.0, self.time_limit - (time.monotonic() - self.started))


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what: every better accepted network, every moment of progress; and whether to stop."""

    on_network: Callable[[Network, Fraction, Fraction], None] = lambda network, objective, bound: None
    on_progress: Callable[[Progress], None] = lambda moment: None
    should_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """``objective`` is recomputed from ``network`` in rationals; ``bound`` holds for the formulation's class of networks.

    ``model_objective``: the optimum of the model where that is above the network's objective. ``cuts``: conflicts learnt from
    rejected solutions. ``message``: why it ended as it did, in words, where the status does not say it.
    """

    status: Status
    network: Network | None
    objective: Fraction | None
    bound: Fraction
    cuts: int
    nodes: int
    tolerance: float
    message: str = ""
    model_objective: Fraction | None = None
