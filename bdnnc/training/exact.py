"""`train exact`: the best network of a goal's program, proved where the limits allow."""

from __future__ import annotations

from bdnnc.training.outcome import StageOutcome
from bdnnc.training.stage import StageSearch
from bdnnc.training.work import Work


def solve_exactly(work: Work) -> StageOutcome:
    """The method `exact`. A matrix is made only when a solver is needed."""
    means = work.means
    search = StageSearch(work.formulation, means.inputs, means.solver, work.limits, means.watch)
    if work.formulation.stage == 0:
        search.take_constant()
    if work.start is not None:
        search.take_start(work.start)
    elif work.formulation.stage == 0:
        search.take_declared_start()
    return search.solve()
