# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Small linear programs, solved at once in this process with tight tolerances: what acceptance asks for by the thousand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.milp.model import MilpModel
from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.highs_session import STOPS, highs_for, load
from bdnnc.solve.outcome import RefusedBySolverError
from bdnnc.solve.protocol import Floats, Stop

TIGHTEST = 1e-10  # the least tolerance that HiGHS takes


@dataclass(frozen=True, slots=True, eq=False)
class LpSolution:
    """``x`` shape (columns,), ``row_dual`` shape (rows,): the objective's rate of change per unit of a row's active side.

    ``ray`` (infeasible models only, shape (rows,)): row multipliers y such that no x of the box gives y A x what the rows ask
    of it, in floats; None where HiGHS has none. Without an optimum ``x``, ``objective`` and ``row_dual`` are None.
    """

    stop: Stop
    x: Floats | None
    objective: float | None
    row_dual: Floats | None
    ray: Floats | None


def solve_lp(
    model: MilpModel | MatrixArrays, tolerance: float = 1e-9, dual: bool = False, time_limit: float | None = None
) -> LpSolution:
    """The optimum of the model without its integrality, by HiGHS's simplex method.

    ``tolerance`` (least 1e-10) is that of primal and dual feasibility. ``dual``: with ``row_dual``, or ``ray`` where
    infeasible. ``time_limit`` in seconds, as good as HiGHS's own. ``Stop.FAILED`` where HiGHS fails. Raises InternalError where
    HiGHS refuses the arrays.
    """
    arrays = MatrixArrays.of(model) if isinstance(model, MilpModel) else model
    arrays = replace(arrays, integrality=np.zeros(arrays.columns, dtype=np.uint8))
    highs = highs_for(arrays)
    try:
        load(highs, arrays)
    except RefusedBySolverError as refused:
        raise InternalError(str(refused)) from refused
    tight = max(tolerance, TIGHTEST)
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        highs.setOptionValue(name, tight)
    highs.setOptionValue("solver", "simplex")
    if time_limit is not None:
        highs.setOptionValue("time_limit", time_limit)
    highs.run()
    stop = STOPS.get(highs.getModelStatus(), Stop.FAILED)
    if stop is Stop.INFEASIBLE:
        return LpSolution(stop, None, None, None, _ray(highs) if dual else None)
    if stop is not Stop.OPTIMAL:
        return LpSolution(stop, None, None, None, None)
    found = highs.getSolution()
    x = np.array(found.col_value, dtype=np.float64)
    row_dual = np.array(found.row_dual, dtype=np.float64) if dual else None
    return LpSolution(stop, x, float(arrays.c @ x), row_dual, None)


def _ray(highs: highspy.Highs) -> Floats | None:
    _, exists, ray = highs.getDualRay()  # pyright: ignore[reportAttributeAccessIssue]  (not in its stubs)
    return np.array(ray, dtype=np.float64) if exists else None
