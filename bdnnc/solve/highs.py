"""The HiGHS adapter."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from math import ceil

from bdnnc.diagnostics import Diagnostic, UserError, WorkFailed
from bdnnc.milp.model import MilpModel
from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.outcome import MODEL_REFUSED, NotStartedError, Outcome, RefusedBySolverError
from bdnnc.solve.protocol import Floats, Progress, Solution, SolveOptions, Stop

LATTICE_SLACK = 1e-6  # of a step: how far above a lattice value a bound must be to be rounded up to the next
RELATIVE_SLACK = 1e-9
CONTRADICTION = 1e-5  # relative: a bound this far above a known objective is false, not inexact
LOG_WORDS = frozenset({"true", "on", "yes", "1", "1.0"})


class _Incumbents:
    """Keeps the best point that was called back, and passes on only what is better than all before."""

    def __init__(self, c: Floats, on_incumbent: Callable[[Floats, float], bool] | None) -> None:
        self._c = c
        self._on_incumbent = on_incumbent
        self.x: Floats | None = None
        self.objective: float | None = None

    def __call__(self, x: Floats, claimed_objective: float) -> bool:
        objective = float(self._c @ x)
        if self.objective is not None and objective >= self.objective:
            return False
        self.x, self.objective = x, objective
        return self._on_incumbent is not None and self._on_incumbent(x, objective)


class HighsSolver:
    """HiGHS, in a child process (``isolated``, the default) or in this one.

    In a child process a time limit is kept to about a second whatever HiGHS does, and a crash keeps the incumbent; it costs
    about 0.15 s a solve. In this process the limit is as good as HiGHS's own (minutes late on very large models), and Ctrl-C
    waits for its next callback: for small models only.
    """

    name: str = "highs"
    features: frozenset[str] = frozenset({"milp", "lp", "bound", "incumbents", "interrupt", "start", "partial start", "offers"})

    def __init__(self, isolated: bool = True) -> None:
        self.isolated = isolated

    def version(self) -> str:
        return version("highspy")

    def check_options(self, options: Mapping[str, object]) -> list[tuple[str, str]]:
        """``(name, reason)`` for every option that HiGHS's own list doesn't have, or whose value it doesn't take."""
        from bdnnc.solve.highs_options import check_highs_options

        return check_highs_options(options)

    def solve(
        self,
        model: MilpModel,
        options: SolveOptions,
        on_incumbent: Callable[[Floats, float], bool] | None = None,
        on_progress: Callable[[Progress], bool] | None = None,
    ) -> Solution:
        """Minimises the model. See ``protocol.Solver`` for the callbacks.

        ``options.start`` (shape (columns,), NaN where not known) may be partial, fractional or infeasible. ``Solution.x`` is
        the best of all points seen. ``Solution.bound`` is rounded up to the objective's lattice where that is known, and never
        above the objective. ``stop`` is ``OPTIMAL`` only if no gap is left, else ``TARGET``. A solver that crashes gives
        ``Stop.FAILED`` with the reason in ``message``.

        Raises UserError E505 (an option or a model that HiGHS refuses), WorkFailed E503 (the child process can't be started),
        E504 (too many non-zeros).
        """
        started = time.monotonic()
        try:
            arrays = MatrixArrays.of(model)
        except OverflowError as too_large:
            raise WorkFailed(Diagnostic("E504", str(too_large), help="take fewer points with `take`")) from None
        incumbents = _Incumbents(arrays.c, on_incumbent)
        outcome = self._outcome(arrays, options, incumbents, on_progress, started)
        return _solution(arrays, outcome, incumbents, options, time.monotonic() - started)

    def _outcome(
        self,
        arrays: MatrixArrays,
        options: SolveOptions,
        incumbents: _Incumbents,
        on_progress: Callable[[Progress], bool] | None,
        started: float,
    ) -> Outcome:
        from bdnnc.solve.starts import is_feasible

        start = options.start
        # A feasible start is known before HiGHS runs: it must survive whatever HiGHS does, and may be all that is wanted.
        if start is not None and is_feasible(arrays, start, options) and incumbents(start, float(arrays.c @ start)):
            return Outcome(Stop.INTERRUPTED, None, None, 0)
        if options.time_limit is not None:
            options = replace(options, time_limit=max(0.0, options.time_limit - (time.monotonic() - started)))
            if options.time_limit == 0:  # a process that begins and reads the model would only be waited for
                return Outcome(Stop.TIME_LIMIT, None, None, 0)

        def tell(moment: Progress) -> bool:
            if on_progress is None:
                return False
            known = incumbents.objective if incumbents.objective is not None else moment.incumbent
            bound = _reported_bound(arrays, moment.bound, known)
            return on_progress(Progress(time.monotonic() - started, known, bound, moment.nodes))

        if options.offers is not None:
            options = replace(options, offers=_known(options.offers, arrays, options, incumbents))
        try:
            if not self.isolated:
                from bdnnc.solve.highs_start import solve_arrays

                return solve_arrays(arrays, options, incumbents, tell)
            from bdnnc.solve.isolation import solve_isolated

            return solve_isolated(arrays, options, incumbents, tell, echo=_wants_log(options))
        except RefusedBySolverError as refused:
            raise UserError(Diagnostic("E505", str(refused), help=_help(str(refused)))) from refused
        except NotStartedError as failed:
            raise WorkFailed(Diagnostic("E503", f"the solver's process could not be started: {failed}")) from failed


def _known(
    offers: Callable[[], Floats | None], arrays: MatrixArrays, options: SolveOptions, incumbents: _Incumbents
) -> Callable[[], Floats | None]:
    """What is offered, if it is feasible: it is known from then on, like a start, whatever HiGHS makes of it."""
    from bdnnc.solve.starts import is_feasible

    def feasible() -> Floats | None:
        point = offers()
        if point is None or not is_feasible(arrays, point, options):
            return None
        incumbents(point, float(arrays.c @ point))
        return point

    return feasible


def _help(refusal: str) -> str:
    if refusal.startswith(MODEL_REFUSED):
        return "make the numbers of goals, constraints, sets and margins smaller, or scale the data: `scale minmax(0, 1)`"
    return "give the option another value, or leave it out"


def _solution(
    arrays: MatrixArrays, outcome: Outcome, incumbents: _Incumbents, options: SolveOptions, seconds: float
) -> Solution:
    if outcome.x is not None:
        incumbents(outcome.x, float(arrays.c @ outcome.x))
    x, objective = incumbents.x, incumbents.objective
    bound = _reported_bound(arrays, outcome.bound, objective)
    stop = outcome.stop
    if contradiction := _contradiction(outcome, objective):
        return Solution(Stop.FAILED, x, objective, None, outcome.nodes, seconds, contradiction)
    if stop is Stop.OPTIMAL and options.gap and objective is not None and bound is not None:
        stop = Stop.OPTIMAL if objective - bound <= RELATIVE_SLACK * max(1.0, abs(objective)) else Stop.TARGET
    return Solution(stop, x, objective, bound, outcome.nodes, seconds, outcome.message)


def _contradiction(outcome: Outcome, objective: float | None) -> str:
    """What HiGHS claims against a point that it gave itself, or that was checked before; empty if it claims no such thing."""
    if objective is None:
        return ""
    if outcome.stop is Stop.INFEASIBLE:
        return "HiGHS calls the model infeasible, but a feasible point of it is known"
    if outcome.bound is not None and outcome.bound > objective + CONTRADICTION * max(1.0, abs(objective)):
        return f"HiGHS claims the bound {outcome.bound:.9g}, but a point with objective {objective:.9g} is known"
    return ""


def _wants_log(options: SolveOptions) -> bool:
    return str(options.extra.get("output_flag", False)).lower() in LOG_WORDS


def _reported_bound(arrays: MatrixArrays, bound: float | None, objective: float | None) -> float | None:
    """The least value of the objective's lattice (where it has one) that is not below the bound; never above the objective."""
    if bound is None:
        return None
    step, offset = arrays.objective_step, arrays.objective_offset
    if step > 0:
        bound = offset + step * ceil((bound - offset) / step - LATTICE_SLACK)
    return bound if objective is None else min(bound, objective)
