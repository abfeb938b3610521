"""What a solver adapter offers, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import MilpModel

Floats = NDArray[np.float64]


class Stop(Enum):
    """Why the solver stopped: what the solver did, not what is known."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIME_LIMIT = "time limit"
    NODE_LIMIT = "node limit"
    INTERRUPTED = "interrupted"
    TARGET = "target"  # an objective target, cutoff or a gap limit was reached
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a solve. ``bound`` and ``incumbent`` in the model's objective; None where nothing is known."""

    seconds: float
    incumbent: float | None
    bound: float | None
    nodes: int


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """Limits and tolerances. ``time_limit`` in seconds (None: none), ``gap`` relative, ``extra`` solver options by name.

    ``offers`` is asked now and then, while solving, in the thread that called ``solve``, for a point (columns,) of the model
    that somebody else has found; None: nothing new. Solvers with the feature "offers" take what is feasible.
    """

    time_limit: float | None = None
    gap: float | None = None
    node_limit: int | None = None
    threads: int | None = None
    seed: int = 0
    feasibility_tolerance: float = 1e-7
    integrality_tolerance: float = 1e-7
    start: Floats | None = None
    extra: Mapping[str, str | float | int | bool] = field(default_factory=dict[str, "str | float | int | bool"])
    offers: Callable[[], Floats | None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """``x`` is the best point that the solver claims (None: none); ``bound`` a lower bound of the model's optimum (None:
    none)."""

    stop: Stop
    x: Floats | None
    objective: float | None
    bound: float | None
    nodes: int
    seconds: float
    message: str = ""


class Solver(Protocol):
    """One adapter a solver. ``on_incumbent(x, objective)`` and ``on_progress`` are called while solving; returning True asks to
    stop. Both run in the thread that called ``solve``."""

    name: str
    features: frozenset[str]

    def version(self) -> str: ...

    def check_options(self, options: Mapping[str, object]) -> list[tuple[str, str]]:
        """Names that the solver doesn't take or whose value is wrong, each with the reason and a nearest name."""
        ...

    def solve(
        self,
        model: MilpModel,
        options: SolveOptions,
        on_incumbent: Callable[[Floats, float], bool] | None = None,
        on_progress: Callable[[Progress], bool] | None = None,
    ) -> Solution: ...
