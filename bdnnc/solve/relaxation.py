"""The bound that a model's linear relaxation gives before any branching."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np

from bdnnc.milp.model import MilpModel
from bdnnc.solve.protocol import SolveOptions, Stop
from bdnnc.solve.registry import solver

ROOT_SECONDS = 60.0
"""What a root bound may take where nothing else is said."""

TOLERANCE = 1e-7
SLACK = 1e-6
"""Of a step: how far above a value of the lattice a bound must be to prove the next."""


@dataclass(frozen=True, slots=True)
class RootBound:
    """``value``: the least objective without integrality, in the model's minimized form; None where it was not found in
    ``seconds``, or there is none: ``stop`` says why."""

    value: float | None
    seconds: float
    stop: Stop

    def proves(self, model: MilpModel) -> float | None:
        """The least objective of the model's own lattice that is not below the bound; None where it has no lattice."""
        if self.value is None or model.objective_step <= 0:
            return None
        steps = (self.value - model.objective_offset) / model.objective_step
        return model.objective_offset + model.objective_step * ceil(steps - SLACK)


def root_bound(model: MilpModel, time_limit: float = ROOT_SECONDS) -> RootBound:
    """The optimum of the relaxation by HiGHS, in a process of its own, so that ``time_limit`` (seconds) is kept.

    Raises WorkFailed E503 (the process can't be started), E504 (too many non-zeros).
    """
    relaxed = replace(model, integrality=np.zeros(model.A.shape[1], dtype=np.uint8), objective_step=0.0)
    options = SolveOptions(time_limit=time_limit, feasibility_tolerance=TOLERANCE)
    found = solver("highs").solve(relaxed, options)
    return RootBound(found.objective if found.stop is Stop.OPTIMAL else None, found.seconds, found.stop)


def root_text(found: RootBound, model: MilpModel, sense: Literal["minimize", "maximize"]) -> str:
    """``>= 6.02, on the lattice of objectives >= 7``, in the goal's own sense; why there is none, where there is none."""
    if found.value is None:
        return f"not reached in {found.seconds:.0f} s" if found.stop is Stop.TIME_LIMIT else f"none: {found.stop.value}"
    sign, relation = (1, ">=") if sense == "minimize" else (-1, "<=")
    proved = found.proves(model)
    text, rounded = (
        f"{relation} {sign * value + 0.0:.6g}" for value in (found.value, found.value if proved is None else proved)
    )
    return text if rounded == text else f"{text}, on the lattice of objectives {rounded}"
