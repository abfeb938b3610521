"""What is known at the end of a strategy that proves nothing by itself."""

from __future__ import annotations

from fractions import Fraction

from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.training.outcome import StageOutcome, StageStatus
from bdnnc.training.proof import meets


def unproved_outcome(
    formulation: Formulation,
    network: Network | None,
    objective: Fraction | None,
    bound: Fraction,
    nodes: int,
    interrupted: bool,
    message: str = "",
) -> StageOutcome:
    """The best ``network`` with its ``objective`` (of the goal's minimized form, as ``bound``): optimal where it meets a bound
    that was known beforehand, never infeasible."""
    sign = sign_of(formulation.goal)
    value = None if objective is None else sign * objective
    shown = bound if objective is None else min(bound, objective)
    status: StageStatus = "no_solution" if network is None else "feasible"
    if objective is not None and meets(objective, bound, formulation):
        status = "optimal"
    elif interrupted:
        status = "interrupted"
    return StageOutcome(status, network, value, sign * shown, 0, nodes, formulation.program.tolerance, message)
