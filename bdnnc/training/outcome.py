"""What a strategy is given and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from bdnnc.network.document import Status
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Progress

PATIENCE = 0.5
"""Seconds after the end of the time in which a network may still be accepted."""

ANSWER, ANSWER_SHARE = 0.5, 0.05
"""Seconds for a solver's answer, and the share of the time that is left that they are at most."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``time_limit``: seconds (None: none); ``started``: the clock that it counts from, as `time.monotonic`. ``gap``: relative.
    ``cutoff``: only networks whose first goal, in its minimized form, is at most this are looked for. ``extra``: solver options
    by name."""

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

    @property
    def solving(self) -> float | None:
        """Seconds that a solver may take, so that its answer is here before the time is over; None without a limit."""
        return None if self.remaining is None else self.remaining - min(ANSWER, ANSWER_SHARE * self.remaining)

    @property
    def patience(self) -> float | None:
        """Seconds that the acceptance of a network may take: all that is left, and a little more, so that a solver's last
        network is not lost; None without a limit."""
        return None if self.remaining is None else max(self.remaining, PATIENCE)

    @property
    def is_late(self) -> bool:
        """Whether no time is left."""
        return self.is_late_by(0.0)

    def is_late_by(self, seconds: float) -> bool:
        """Whether the time has been over for so long."""
        return self.time_limit is not None and time.monotonic() - self.started >= self.time_limit + seconds


StageStatus = Literal["optimal", "feasible", "infeasible", "no_solution", "interrupted"]


@dataclass(frozen=True, slots=True, eq=False)
class StageOutcome:
    """What the search for one goal gave. ``value`` is recomputed from ``network`` in rationals; ``bound`` holds for the
    formulation's class of networks; both in the goal's own sense.

    ``model_objective``: the optimum of the model where that is worse than the network's value. ``cuts``: conflicts learnt from
    rejected solutions. ``message``: why it ended as it did, in words, where the status does not say it. ``refusal``: why the
    last solution was no network, where acceptance, not the solver, is why there is none.
    """

    status: StageStatus
    network: Network | None
    value: Fraction | None
    bound: Fraction
    cuts: int
    nodes: int
    tolerance: float
    message: str = ""
    model_objective: Fraction | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what: the beginning of each goal and what came of those before it, every better accepted network (with the
    goal's value and bound in the goal's own sense), every moment of progress; whether to stop; and what a strategy has to say
    in words, a line each."""

    on_stage: Callable[[tuple[StageOutcome, ...]], None] = lambda done: None
    on_network: Callable[[Network, Fraction, Fraction], None] = lambda network, value, bound: None
    on_progress: Callable[[Progress], None] = lambda moment: None
    should_stop: Callable[[], bool] = lambda: False
    on_note: Callable[[str], None] = lambda text: None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The outcomes of the goals that were searched, in order: all of them, unless one found no network or was interrupted, or
    the time was over."""

    stages: tuple[StageOutcome, ...]

    @property
    def network(self) -> Network | None:
        """The last goal's network, or that of the goal before where it has none."""
        return next((stage.network for stage in reversed(self.stages) if stage.network is not None), None)

    def status(self, goals: int) -> Status:
        """Optimal only if every one of ``goals`` goals is."""
        if self.network is None:
            return self.stages[-1].status
        if self.stages[-1].status == "interrupted":
            return "interrupted"
        proved = len(self.stages) == goals and all(stage.status == "optimal" for stage in self.stages)
        return "optimal" if proved else "feasible"

    @property
    def message(self) -> str:
        return "; ".join(dict.fromkeys(stage.message for stage in self.stages if stage.message))

    @property
    def refusal(self) -> str:
        """The last stage's."""
        return self.stages[-1].refusal

    @property
    def cuts(self) -> int:
        return sum(stage.cuts for stage in self.stages)

    @property
    def tolerance(self) -> float:
        """The tightest that was used."""
        return min(stage.tolerance for stage in self.stages)
