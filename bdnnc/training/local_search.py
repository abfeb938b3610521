"""`train local_search`: searches from several starts, each block after block (see `descent`), and the best of what they find.

Which networks are found depends on the seed and on limits of work alone, as long as no limit of time is reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Any

from bdnnc.formulation.caps import sign_of
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Progress
from bdnnc.tasks.deadline import GRACE, deadline_of
from bdnnc.tasks.executor import Executor, Serial
from bdnnc.training.descent import Descent, Restart, Shared, descend, prepare
from bdnnc.training.exact import begun
from bdnnc.training.improver import objective_of
from bdnnc.training.journal import recalled
from bdnnc.training.neighbourhood import layer_blocks
from bdnnc.training.outcome import StageOutcome, Watch
from bdnnc.training.payloads import network_of_payload, network_payload
from bdnnc.training.proof import is_enough
from bdnnc.training.stage import StageSearch
from bdnnc.training.unproved import unproved_outcome
from bdnnc.training.work import Work

RESTARTS = 10
"""Searches where the file does not say how many."""

SHARE = 0.1
"""Of a goal's time: what one sub-MIP may take."""

LEAST_SECONDS = 1.0
"""What a sub-MIP may take at least."""

FIRST_SHARE = 0.5
"""Of a goal's time: what may be spent on a first network, where constraints leave none that is known beforehand."""


def search_locally(work: Work) -> StageOutcome:
    """The method `local_search`.

    It begins with the best of what `exact` would begin with: the start of the goal, a constant network, those of a short
    stochastic search; where none keeps the constraints, with the first network that a solver finds for the whole program.
    `infeasible` is what that solve has proved, `optimal` what meets a bound that is known without a proof, or that it proved.
    """
    work.means.executor.warm_up(prepare)
    plain = replace(work, limits=replace(work.limits, cutoff=None))  # a cutoff is an option of `exact`
    search, pool = begun(plain)
    first = None if search.network is not None else _first_of_all(search)
    if first is not None and first.network is None and first.status in ("infeasible", "interrupted"):
        return first
    best = _Best(plain, search.bound, search.network, search.objective, search.nodes)
    if not best.is_over:
        _restart(plain, best, pool)
        best.settle(search.network, search.objective)
    outcome = best.outcome()
    if first is None or outcome.network is not None:
        return outcome
    return replace(outcome, message=first.message, refusal=first.refusal)


def _first_of_all(search: StageSearch) -> StageOutcome:
    """The solve of the whole program, which ends with the first network."""
    watch, limits = search.watch, search.limits
    search.watch = replace(watch, should_stop=lambda: search.network is not None or watch.should_stop())
    if limits.time_limit is not None and limits.remaining is not None:
        search.limits = replace(limits, time_limit=limits.time_limit - (1 - FIRST_SHARE) * limits.remaining)
    return search.solve()


@dataclass(eq=False)
class _Best:
    """The best network of a goal, from whichever search; ``results`` by the number of the restart."""

    work: Work
    bound: Fraction
    network: Network | None
    objective: Fraction | None
    nodes: int
    results: dict[int, Descent] = field(default_factory=dict[int, Descent])

    @property
    def sign(self) -> int:
        return sign_of(self.work.formulation.goal)

    @property
    def watch(self) -> Watch:
        """What a search in this process is watched by: only what is better than all others' is passed on."""
        return Watch(
            on_network=lambda network, value, bound: self.offer(network, self.sign * value),
            on_progress=self._tell,
            should_stop=self.work.means.watch.should_stop,
        )

    def offer(self, network: Network | None, objective: Fraction | None) -> None:
        """Keep it if it is the best."""
        if objective is None or network is None or (self.objective is not None and objective >= self.objective):
            return
        self.network, self.objective = network, objective
        bound = self.sign * min(self.bound, objective)
        self.work.means.watch.on_network(network, self.sign * objective, bound)

    def take(self, number: int, descent: Descent) -> None:
        """The result of a restart."""
        self.results[number] = descent
        self.nodes += descent.nodes
        self.offer(descent.network, descent.objective)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do, or no time. A restart that met the bound counts once those before it are done: which
        network comes out must not depend on who is faster."""
        if self._is_stopped:
            return True
        if not self.results:
            return self._is_enough(self.objective)
        in_turn = self._in_turn()
        return bool(in_turn) and self._is_enough(in_turn[-1].objective)

    def is_over_for(self, executor: Executor) -> bool:
        """The same; what other processes had to end at their deadline is waited for a little longer."""
        limits = self.work.limits
        is_awaited = executor.workers > 1 and limits.is_late and not limits.is_late_by(GRACE)
        return self.is_over and (not is_awaited or self.work.means.watch.should_stop())

    def _in_turn(self) -> list[Descent]:
        """The results of restarts without a gap before them, up to the first one that is enough."""
        found: list[Descent] = []
        for number in range(len(self.results)):
            descent = self.results.get(number)
            if descent is None:
                break
            found.append(descent)
            if self._is_enough(descent.objective):
                break
        return found

    def _is_enough(self, objective: Fraction | None) -> bool:
        return is_enough(objective, self.bound, self.work.limits.gap, self.work.formulation)

    def _tell(self, moment: Progress) -> None:
        shown = None if self.objective is None else self.sign * float(self.objective)
        self.work.means.watch.on_progress(replace(moment, incumbent=shown))

    def settle(self, first: Network | None, objective: Fraction | None) -> None:
        """Of equally good networks the one with which all began, then that of the earliest restart, whichever came first in
        time. Where the time was over, results may be missing, and whatever is best stays."""
        if self._is_stopped:
            return
        self.network, self.objective = first, objective
        for descent in self._in_turn():
            if descent.objective is not None and (self.objective is None or descent.objective < self.objective):
                self.network, self.objective = descent.network, descent.objective

    @property
    def _is_stopped(self) -> bool:
        return self.work.limits.is_late or self.work.means.watch.should_stop()

    def outcome(self) -> StageOutcome:
        """What is known in the end."""
        stopped = self.work.means.watch.should_stop()
        return unproved_outcome(self.work.formulation, self.network, self.objective, self.bound, self.nodes, stopped)


def _restart(work: Work, best: _Best, pool: Sequence[Network]) -> None:
    """All restarts, in this process or in others; with a limit of time as many at once as there are workers, so that what time
    one group leaves goes to the next."""
    means, limits = work.means, work.limits
    starts = [network for network in (best.network, *pool[1:]) if network is not None]
    shared = Shared(
        work.formulation, means.inputs, means.solver, replace(limits, time_limit=None), best.bound, means.options.rounds
    )
    function = partial(descend, watch=best.watch) if isinstance(means.executor, Serial) else descend
    share = _share(work)
    for numbers in _groups(work):
        tasks: list[Restart] = []
        deadline = deadline_of(limits.remaining, means.executor.workers)
        for number in numbers:
            known = _recorded(work, number)
            if known is None:
                tasks.append(Restart(number, _start(number, starts, work), deadline, share))
            else:
                best.take(number, known)
        if best.is_over:
            return

        def keep(place: int, descent: Descent, tasks: Sequence[Restart] = tasks) -> None:
            best.take(tasks[place].number, descent)
            _record(work, tasks[place].number, descent)

        means.executor.run(function, shared, tasks, keep, lambda: best.is_over_for(means.executor))


def _record(work: Work, number: int, descent: Descent) -> None:
    """Note a restart that a later run need not do again: one that ended by itself."""
    if descent.complete:
        network = None if descent.network is None else network_payload(descent.network)
        work.means.journal.record(f"{work.key}/descent/{number}", {"network": network, "nodes": descent.nodes})


def _recorded(work: Work, number: int) -> Descent | None:
    """A restart that an earlier run has done; what it found is measured again. Raises UserError E55x for a broken record."""

    def descent_of(record: Any) -> Descent | None:
        nodes = int(record["nodes"])
        if record["network"] is None:
            return Descent(None, None, nodes, True)
        network = network_of_payload(record["network"], work.means.inputs, work.formulation.problem.classes)
        objective = objective_of(network, work.formulation)
        return None if objective is None else Descent(network, objective, nodes, True)

    return recalled(work.means.journal, f"{work.key}/descent/{number}", descent_of)


def _share(work: Work) -> float | None:
    """The seconds of one sub-MIP; None for no limit but the restart's own. A single block is the whole program."""
    remaining = work.limits.remaining
    if remaining is None or len(layer_blocks(work.formulation)) == 1:
        return None
    return max(SHARE * remaining, LEAST_SECONDS)


def _groups(work: Work) -> Iterator[Sequence[int]]:
    """The numbers of the restarts. Where there is one block only, it is the whole program, wherever a search begins."""
    asked = work.means.options.restarts
    restarts = asked or (RESTARTS if len(layer_blocks(work.formulation)) > 1 else 1)
    size = restarts if work.limits.time_limit is None else work.means.executor.workers
    yield from (range(first, min(first + size, restarts)) for first in range(0, restarts, size))


def _start(number: int, known: Sequence[Network], work: Work) -> Network | None:
    """By turns the next of the networks that are known, the best one first, and a random one (None). Where there are earlier
    goals, which a random network would not keep, known ones only, over and over."""
    if known and work.formulation.stage:
        return known[number % len(known)]
    return known[number // 2] if number % 2 == 0 and number // 2 < len(known) else None
