"""A run from any start: partial, fractional or infeasible starts are completed first, by a run of their own.

HiGHS would complete a start itself, but within the same run: the bounds that it then calls back with are those of the
restricted model, and would be taken for bounds of the model when the run is cut short.
"""

from __future__ import annotations

import time
from dataclasses import replace

from bdnnc.solve.arrays import MatrixArrays
from bdnnc.solve.highs_session import run_highs
from bdnnc.solve.outcome import OnIncumbent, OnProgress, Outcome
from bdnnc.solve.protocol import Progress, SolveOptions, Stop
from bdnnc.solve.starts import fixed_at, is_feasible

COMPLETION_NODES = 500
COMPLETION_SHARE = 0.1  # of the time limit


def solve_arrays(
    arrays: MatrixArrays,
    options: SolveOptions,
    on_incumbent: OnIncumbent | None = None,
    on_progress: OnProgress | None = None,
) -> Outcome:
    """As ``run_highs``, but ``options.start`` may have NaN entries (unknown) or be infeasible: it is completed, or dropped.

    The completion takes at most a tenth of the time limit. Points that it finds are incumbents like any other.
    """
    started = time.monotonic()
    if options.start is not None and not is_feasible(arrays, options.start, options):
        completed = _completion(arrays, options, on_incumbent, on_progress)
        if completed.stop is Stop.INTERRUPTED:
            return replace(completed, bound=None)
        left = None if options.time_limit is None else max(0.0, options.time_limit - (time.monotonic() - started))
        start = completed.x if completed.x is not None and is_feasible(arrays, completed.x, options) else None
        options = replace(options, start=start, time_limit=left)
    return run_highs(arrays, options, on_incumbent, on_progress)


def _completion(
    arrays: MatrixArrays, options: SolveOptions, on_incumbent: OnIncumbent | None, on_progress: OnProgress | None
) -> Outcome:
    assert options.start is not None

    def without_bound(moment: Progress) -> bool:
        return on_progress is not None and on_progress(replace(moment, bound=None))

    limit = None if options.time_limit is None else COMPLETION_SHARE * options.time_limit
    completing = replace(options, start=None, time_limit=limit, node_limit=COMPLETION_NODES)
    return run_highs(fixed_at(arrays, options.start), completing, on_incumbent, without_bound)
