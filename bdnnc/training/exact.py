"""`train exact`: the best network of a goal's program, proved where the limits allow."""

from __future__ import annotations

from bdnnc.training.neighbourhoods import polished
from bdnnc.training.outcome import StageOutcome
from bdnnc.training.stage import StageSearch
from bdnnc.training.work import Work


def solve_exactly(work: Work) -> StageOutcome:
    """The method `exact`. A matrix is made only when a solver is needed."""
    search = begun(work)
    if search.network is not None:
        better = polished(work, [search.network])
        if better is not None:
            search.take_start(better)
    return search.solve()


def begun(work: Work) -> StageSearch:
    """The search of a goal with the first network that there is without it: the start, a constant network, what the declared
    start weights lead to; with none of its own where there is none."""
    means = work.means
    search = StageSearch(work.formulation, means.inputs, means.solver, work.limits, means.watch)
    if work.formulation.stage == 0:
        search.take_constant()
    if work.start is not None:
        search.take_start(work.start)
    elif work.formulation.stage == 0:
        search.take_declared_start()
    return search
