"""`train exact`: the best network of a goal's program, proved where the limits allow.

Before a solver begins there is the best network that can be had without it: the start, a constant network, what the stochastic
search finds in a small share of the time, and what large neighbourhoods make of that where the program is large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bdnnc.network.network import Network
from bdnnc.tasks.executor import Serial
from bdnnc.training.companion import companion_of
from bdnnc.training.neighbourhoods import polished
from bdnnc.training.outcome import Limits, StageOutcome
from bdnnc.training.reach import is_out_of_reach
from bdnnc.training.search import NetworkSearch
from bdnnc.training.stage import StageSearch
from bdnnc.training.work import Work

SEARCH_SHARE, SEARCH_SECONDS, MOST_SHARE = 0.05, 1.0, 0.25
"""Of a goal's time: what the stochastic search may take before the solver begins; at least so many seconds, where these are no
more than the last share."""

SEARCH_RESTARTS = 4
"""Its restarts, so that the same networks are found wherever time is no limit."""

SEARCH_WORK, WORK_SHARE = 500_000_000, 0.5
"""Its moves times the distinct points, and what it may take of a goal's time, where the user limits the work: so that no clock
decides what is found as long as it takes less."""

OUT_OF_REACH = "the program is too large to be solved in the {:.1f} s of this goal, all of which go to the stochastic search"


def solve_exactly(work: Work) -> StageOutcome:
    """The method `exact`. A matrix is made only when a solver is needed."""
    search, pool = begun(work)
    if pool and not search.is_proved and not work.limits.is_late:
        better = polished(work, pool)
        if better is not None:
            search.take_found(better)
    companion = None if search.is_proved or work.limits.is_late else companion_of(work, search.network)
    if companion is None:
        return search.solve()
    with companion:
        search.companion = companion
        return search.solve()


def begun(work: Work) -> tuple[StageSearch, Sequence[Network]]:
    """The search of a goal with the first network that there is without it, and other good ones; none where there is none."""
    means = work.means
    search = StageSearch(work.formulation, means.inputs, means.solver, work.limits, means.watch)
    if work.formulation.stage == 0:
        search.take_constant()
    if work.start is not None:
        search.take_start(work.start)
    elif work.formulation.stage == 0:
        search.take_declared_start()
    known = [] if search.network is None else [search.network]
    if search.is_proved or not means.searches:
        return search, known
    return search, _searched(work, search) or known


def _searched(work: Work, search: StageSearch) -> Sequence[Network]:
    """The pool of a short stochastic search, whose best network is the first incumbent; the solver is not told of it. Where the
    program is too large for a solver to be of use in this time, the search is not short."""
    is_alone = is_out_of_reach(work.formulation.problem, work.limits)
    if is_alone:
        work.means.watch.on_note(OUT_OF_REACH.format(work.limits.remaining or 0.0))
        found = NetworkSearch(work, work.limits)
    else:  # in this process: others take longer to begin than this takes
        found = NetworkSearch(replace(work, means=replace(work.means, executor=Serial())), _share(work))
    found.network, found.objective = search.network, search.objective
    if search.network is not None:
        found.offer(search.network)
    if is_alone:
        found.run()
    else:
        moves = max(SEARCH_RESTARTS, SEARCH_WORK // work.formulation.problem.patterns.shape[0])
        found.run(SEARCH_RESTARTS, moves if work.is_limited_by_work else None)
    if found.network is not None and found.network is not search.network:
        search.take_found(found.network)
    return found.pool.networks


def _share(work: Work) -> Limits:
    limits, remaining = work.limits, work.limits.remaining
    if limits.time_limit is None or remaining is None:
        return limits
    share = max(SEARCH_SHARE * remaining, min(SEARCH_SECONDS, MOST_SHARE * remaining))
    if work.is_limited_by_work:
        share = WORK_SHARE * remaining
    return replace(limits, time_limit=limits.time_limit - remaining + share)
