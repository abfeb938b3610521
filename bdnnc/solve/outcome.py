"""What one run of a solver gave, before it is judged; and the shape of the callbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bdnnc.solve.protocol import Floats, Progress, Stop

OnIncumbent = Callable[[Floats, float], bool]
OnProgress = Callable[[Progress], bool]

MODEL_REFUSED = "HiGHS refuses the model"
"""How the text of a `RefusedBySolverError` begins where it is not an option that is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """``bound`` is the solver's own lower bound, None where it has none; ``x`` None where it has no point."""

    stop: Stop
    x: Floats | None
    bound: float | None
    nodes: int
    message: str = ""


class RefusedBySolverError(Exception):
    """The solver does not take the arrays or an option. Never leaves ``solve``, which turns it into a diagnostic."""


class NotStartedError(Exception):
    """The operating system gives no child process. Never leaves ``solve``, which turns it into a diagnostic."""
