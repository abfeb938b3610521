# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""One run of HiGHS in this process: arrays in, outcome out. The adapter and the worker process both stand on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from math import inf, isfinite
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus as Status
from numpy.typing import NDArray

from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.highs_options import OptionValue, converted_value, highs_options
from bdnnc.solve.highs_quiet import QuietHighs
from bdnnc.solve.outcome import MODEL_REFUSED, OnIncumbent, OnProgress, Outcome, RefusedBySolverError
from bdnnc.solve.protocol import Floats, Progress, SolveOptions, Stop

PROGRESS_EVERY = 0.1  # seconds; HiGHS calls back thousands of times a second
DROPPED_BELOW = 1e-9  # HiGHS's default `small_matrix_value`
SMALLEST_COEFFICIENT = 1e-12  # the least that it takes
LARGEST_SEED = 2**31 - 1  # what HiGHS takes
ABSOLUTE_GAP = 2e-7  # of real values: well below 1e-6, which is called optimal, so that later goals have their share
STEP_SHARE = 0.9  # of the objective's step: a smaller gap between incumbent and bound proves the incumbent

STOPS: dict[Status, Stop] = {
    Status.kOptimal: Stop.OPTIMAL,
    Status.kModelEmpty: Stop.OPTIMAL,
    Status.kInfeasible: Stop.INFEASIBLE,
    Status.kUnboundedOrInfeasible: Stop.INFEASIBLE,  # every column of a MilpModel is bounded
    Status.kUnbounded: Stop.UNBOUNDED,
    Status.kTimeLimit: Stop.TIME_LIMIT,
    Status.kSolutionLimit: Stop.NODE_LIMIT,
    Status.kIterationLimit: Stop.NODE_LIMIT,
    Status.kInterrupt: Stop.INTERRUPTED,
    Status.kHighsInterrupt: Stop.INTERRUPTED,  # pyright: ignore[reportAttributeAccessIssue]  (not in its stubs)
    Status.kObjectiveBound: Stop.TARGET,
    Status.kObjectiveTarget: Stop.TARGET,
}


def absolute_gap(step: float, gap: float | None) -> float:
    """The difference between incumbent and bound at which HiGHS may stop.

    With an objective in ``offset + step Z`` anything below the step proves the incumbent. A relative gap ``g`` is
    ``(objective - bound) <= g max(1, |objective|)`` in bdnnc, so ``g`` is the least difference that a goal of ``g`` allows.
    """
    tight = STEP_SHARE * step if step > 0 else ABSOLUTE_GAP
    return max(tight, gap or 0.0)


def highs_for(arrays: MatrixArrays) -> QuietHighs:
    """HiGHS that prints nothing and drops no coefficient of the model down to 1e-12.

    Its own limit is lowered only where the model has coefficients below: a lower limit also keeps the residues of presolve, and
    with them HiGHS 1.16 was seen to prove false optima.
    """
    highs = QuietHighs()
    if arrays.nonzeros and float(np.abs(arrays.data).min()) < DROPPED_BELOW:
        highs.setOptionValue("small_matrix_value", SMALLEST_COEFFICIENT)
    return highs


def load(highs: highspy.Highs, arrays: MatrixArrays) -> None:
    """Passes the model (HiGHS keeps a copy), after the options that decide how it is read. Raises RefusedBySolverError."""
    status = highs.passModel(
        arrays.columns,
        arrays.rows,
        arrays.nonzeros,
        int(highspy.MatrixFormat.kRowwise.value),
        int(highspy.ObjSense.kMinimize.value),
        0.0,
        arrays.c,
        arrays.lower,
        arrays.upper,
        arrays.row_lower,
        arrays.row_upper,
        arrays.indptr,
        arrays.indices,
        arrays.data,
        arrays.integrality.astype(np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise RefusedBySolverError(f"{MODEL_REFUSED}{_why_refused(highs, arrays)}")


def _why_refused(highs: highspy.Highs, arrays: MatrixArrays) -> str:
    """The coefficient that HiGHS finds too large; nothing where there is none."""
    largest = float(np.abs(arrays.data).max(initial=0.0))
    limit = float(highs.getOptionValue("large_matrix_value")[1])
    return f": it has a coefficient of {largest:.3g} and takes none of {limit:.0e} or more" if largest >= limit else ""


PRESOLVE_TOLERANCE = 0.99e-7
"""Below this tolerance HiGHS 1.16 was seen to lose optima in presolve and to call worse ones optimal; without presolve it was
not. See `tests/training/test_exact.py` for an instance."""


def set_options(highs: highspy.Highs, options: SolveOptions, step: float) -> None:
    """All but the time limit, which is set just before the run. Raises RefusedBySolverError where HiGHS refuses a value."""
    values: dict[str, Any] = {
        "primal_feasibility_tolerance": options.feasibility_tolerance,
        "mip_feasibility_tolerance": options.integrality_tolerance,
        "mip_rel_gap": options.gap or 0.0,
        "mip_abs_gap": absolute_gap(step, options.gap),
        "random_seed": options.seed % LARGEST_SEED,
    }
    if options.node_limit is not None:
        values["mip_max_nodes"] = min(options.node_limit, 2**31 - 1)
    if options.threads is not None:
        values["threads"] = options.threads
    if min(options.feasibility_tolerance, options.integrality_tolerance) < PRESOLVE_TOLERANCE:
        values["presolve"] = "off"
    values |= _by_name(options.extra) if options.extra else {}
    if "log_file" in values and "output_flag" not in values:
        values |= {"output_flag": True, "log_to_console": False}
    for name, value in values.items():
        if highs.setOptionValue(name, value) == highspy.HighsStatus.kError:
            raise RefusedBySolverError(f"HiGHS refuses `{value}` for `{name}`")


def _by_name(extra: Mapping[str, OptionValue]) -> dict[str, Any]:
    known = highs_options()
    return {name: converted_value(known[name], value) if name in known else value for name, value in extra.items()}


class _Listener:
    """Receives HiGHS's callbacks. An exception of the caller's must not cross HiGHS, which would call it a solver error."""

    def __init__(
        self,
        is_mip: bool,
        on_incumbent: OnIncumbent | None,
        on_progress: OnProgress | None,
        offers: Callable[[], Floats | None] | None,
    ) -> None:
        self._started = time.monotonic()
        self._is_mip = is_mip
        self._on_incumbent = on_incumbent
        self._on_progress = on_progress
        self._offers = offers
        self._next_progress = 0.0
        self._stop = False
        self.bound = -inf
        self.raised: BaseException | None = None

    def kinds(self) -> list[Any]:
        kinds = highspy.cb.HighsCallbackType
        if self._is_mip:
            own = [] if self._offers is None else [kinds.kCallbackMipUserSolution]
            return [kinds.kCallbackMipImprovingSolution, kinds.kCallbackMipInterrupt, *own]
        return [kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt]

    def __call__(self, kind: Any, message: str, out: Any, into: Any, user: object) -> None:
        try:
            if int(kind) == int(highspy.cb.HighsCallbackType.kCallbackMipImprovingSolution):
                self._incumbent(out)
            elif int(kind) == int(highspy.cb.HighsCallbackType.kCallbackMipUserSolution):
                self._take_offer(into)
            else:
                self._progress(out)
        except BaseException as raised:  # raised again by `run_highs`, in the same thread
            self.raised = raised
            self._stop = True
        if self._stop:
            into.user_interrupt = True

    def _incumbent(self, out: Any) -> None:
        if self._on_incumbent is not None:
            x: NDArray[np.float64] = np.array(out.mip_solution, dtype=np.float64)
            self._stop |= self._on_incumbent(x, float(out.objective_function_value))

    def _take_offer(self, into: Any) -> None:
        """Hands a point over where HiGHS takes one: between the rounds of its heuristics, so it may wait for a while."""
        point = None if self._offers is None else self._offers()
        if point is not None:
            into.setSolution(np.ascontiguousarray(point, dtype=np.float64))

    def _progress(self, out: Any) -> None:
        now = time.monotonic()
        if self._on_progress is None or now < self._next_progress:
            return
        self._next_progress = now + PROGRESS_EVERY
        self._stop |= self._on_progress(self._moment(out, now - self._started))

    def _moment(self, out: Any, seconds: float) -> Progress:
        if not self._is_mip:  # the fields are not set then
            return Progress(seconds, None, None, 0)
        self.bound = max(self.bound, float(out.mip_dual_bound))
        return Progress(seconds, finite(out.mip_primal_bound), finite(self.bound), max(0, int(out.mip_node_count)))


def finite(value: float) -> float | None:
    """None for the infinities by which HiGHS says "nothing known"."""
    return float(value) if isfinite(value) and abs(value) < 1e30 else None


_threads_of_scheduler: list[int] = []


def _fit_scheduler(threads: int | None) -> None:
    """HiGHS keeps one scheduler a process and fails when a run asks for another number of threads than the first."""
    if threads is None:
        return
    if _threads_of_scheduler != [threads]:
        highspy.Highs.resetGlobalScheduler(True)
        _threads_of_scheduler[:] = [threads]


def run_highs(
    arrays: MatrixArrays,
    options: SolveOptions,
    on_incumbent: OnIncumbent | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """One run, in this thread, in which the callbacks run as well.

    ``options.start`` must be complete and feasible here (``solve_arrays`` completes others). ``options.time_limit`` counts from
    the call; HiGHS looks at the clock when it likes, so a large model overshoots. Raises RefusedBySolverError where HiGHS
    refuses the arrays or an option, and whatever a callback raises.
    """
    started = time.monotonic()
    highs = highs_for(arrays)
    set_options(highs, options, arrays.objective_step)
    load(highs, arrays)
    if options.start is not None:
        point = highspy.HighsSolution()
        point.col_value = options.start.tolist()
        highs.setSolution(point)
    is_mip = bool(arrays.integrality.any())
    listener = _Listener(is_mip, on_incumbent, on_progress, options.offers)
    highs.setCallback(listener, None)
    for kind in listener.kinds():
        highs.startCallback(kind)
    _fit_scheduler(options.threads)
    if options.time_limit is not None:
        highs.setOptionValue("time_limit", max(0.0, options.time_limit - (time.monotonic() - started)))
    status = highs.run()
    if listener.raised is not None:
        raise listener.raised
    return _outcome(highs, status, is_mip, listener.bound)


def _outcome(highs: highspy.Highs, status: Any, is_mip: bool, seen_bound: float) -> Outcome:
    model_status = highs.getModelStatus()
    stop = STOPS.get(model_status, Stop.FAILED)
    info = highs.getInfo()
    x = None
    if stop is not Stop.INFEASIBLE and highs.getSolution().value_valid and info.primal_solution_status == 2:
        x = np.array(highs.getSolution().col_value, dtype=np.float64)
    bound = finite(max(float(info.mip_dual_bound), seen_bound)) if is_mip else None
    if not is_mip and stop is Stop.OPTIMAL:
        bound = float(info.objective_function_value)
    if stop is Stop.INFEASIBLE:
        bound = None
    message = "" if stop is not Stop.FAILED else f"HiGHS: {highs.modelStatusToString(model_status)} ({status.name})"
    return Outcome(stop, x, bound, max(0, int(info.mip_node_count)), message)
