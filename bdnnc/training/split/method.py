"""`train split`: solve with few sets of points, split the costliest, solve again. [KB21], section 5."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

from bdnnc.diagnostics import Diagnostic, Label, UserError, WorkFailed
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Progress, SolveOptions
from bdnnc.tasks.deadline import deadline_of
from bdnnc.tasks.executor import Serial
from bdnnc.training.exact import begun, solve_exactly
from bdnnc.training.improver import objective_of
from bdnnc.training.outcome import StageOutcome, Watch
from bdnnc.training.reach import seconds_of
from bdnnc.training.split.averaging import average
from bdnnc.training.split.batches import Batch, random_batches, whole
from bdnnc.training.split.diary import Diary, Entry
from bdnnc.training.split.judge import Judge
from bdnnc.training.split.loading import is_loaded, require_scikit_learn
from bdnnc.training.split.losses import right_patterns, set_losses, sides
from bdnnc.training.split.partition import Halver, Partition
from bdnnc.training.split.round import Ground, Solved, Task, infeasible_sets, solve_shared
from bdnnc.training.unproved import unproved_outcome
from bdnnc.training.work import Work

ROUNDS = 20
"""Where the file does not say how many."""

LEAST_SECONDS = 1.0
"""What a round may take at least: in less a solver does not even begin."""


def train_by_splitting(work: Work) -> StageOutcome:
    """The method `split`.

    Raises UserError E622 (no scikit-learn), E639 (a network without hidden layers, or fewer than two different points),
    WorkFailed E529 where no round had a network.
    """
    _require_sets(work)
    require_scikit_learn()
    return _Rounds(work).outcome()


def _require_sets(work: Work) -> None:
    problem = work.formulation.problem
    if len(problem.layers) == 1:
        span = problem.statements[problem.layers[0].statement].span
        message = "`split` shares hidden activations among points, and this network has no hidden layer"
        label = None if span is None else Label(span, "the only layer")
        raise UserError(Diagnostic("E639", message, label, help="add a hidden layer, or use `exact`"))
    if problem.patterns.shape[0] < 2:
        message = "there is nothing to split: all training points are the same to the network"
        raise UserError(Diagnostic("E639", message, help="use `exact`, which needs no sets, or take more points and features"))


@dataclass(eq=False)
class _Rounds:
    """The rounds of one goal. ``last``: the latest network, which says what is split next; ``infeasible``: the sets that have
    to be split first."""

    work: Work
    judge: Judge = field(init=False)
    ground: Ground = field(init=False)
    diary: Diary = field(init=False)
    partition: Partition = field(init=False)
    last: Network | None = None
    infeasible: tuple[int, ...] = ()
    nodes: int = 0
    is_fruitless: bool = True
    """No round had a network so far."""
    overhead: float = field(init=False)
    """Seconds that a round takes beside its solves."""

    def __post_init__(self) -> None:
        formulation, means, limits = self.work.formulation, self.work.means, self.work.limits
        self.judge = Judge(self.work)
        self.diary = Diary(means.journal, self.work.key, formulation, means.inputs)
        self.overhead = seconds_of(formulation.problem)
        self.partition = Partition.coarsest(formulation.problem.patterns.shape[0])
        tolerance = formulation.program.tolerance
        options = SolveOptions(None, limits.gap, limits.node_limit, limits.threads, limits.seed, tolerance, tolerance)
        self.ground = Ground(formulation, means.inputs, means.solver, replace(options, extra=limits.extra))

    # --- the whole -----------------------------------------------------------------------------------------------------

    def outcome(self) -> StageOutcome:
        """All rounds, and what is known in the end."""
        rounds = self.work.means.options.rounds or ROUNDS
        self._begin()
        for number in range(rounds):
            if self._is_over or not self.partition.splittable:
                break
            entry = self.diary.recall(number)
            if entry is not None:
                self._resume(entry)
                continue
            if not self._has_time():
                self.is_fruitless = False  # as far as anybody knows
                break
            self.partition = self.partition.split(self._to_split(), self._halver().halve)
            if self._is_exact:
                return self._finished_exactly()
            self._round(number, rounds)
            if not self._should_stop():  # a round that was cut short is done again
                self.diary.note(number, Entry(self.partition, self.last, self.judge.network, self.infeasible))
        return self._outcome()

    def _begin(self) -> None:
        """The networks that there are before any round. Only what is left in the end is judged, in its order: what is met on
        the way depends on the clock."""
        outer, means = self.work.means.watch, self.work.means
        if means.validation is not None:  # the judge may prefer another one
            outer = replace(outer, on_network=Watch().on_network)
        watch = replace(outer, on_progress=Watch().on_progress)
        limits = replace(self.work.limits, cutoff=None)
        search, pool = begun(replace(self.work, means=replace(means, watch=watch), limits=limits))
        for network in (*pool, *filter(None, [search.network])):
            self.judge.offer(network)
        self.last = search.network

    def _resume(self, entry: Entry) -> None:
        """Take over what an earlier run came to in a round."""
        self.partition, self.infeasible = entry.partition, entry.infeasible
        if entry.best is not None:
            self.judge.offer(entry.best)
        if entry.last is not None:
            self.last, self.is_fruitless = entry.last, False

    def _should_stop(self) -> bool:
        return self.work.means.watch.should_stop()

    @property
    def _is_over(self) -> bool:
        return self.judge.is_proved or self.work.limits.is_late or self._should_stop()

    def _has_time(self) -> bool:
        """Whether a round can be made, solved and read before the time is over; waits for what it needs."""
        remaining = self.work.limits.remaining
        return is_loaded(lambda: self._is_over) and (remaining is None or (self.work.limits.remaining or 0.0) > self.overhead)

    @property
    def _is_exact(self) -> bool:
        """Whether the model of the round is the program of `exact`."""
        return not self.partition.splittable and self.work.means.options.batch is None

    # --- what is split -------------------------------------------------------------------------------------------------

    def _to_split(self) -> tuple[int, ...]:
        """The sets that are infeasible, all of them, or else the one with the largest loss, of equal ones with the most
        samples."""
        splittable, problem = self.partition.splittable, self.work.formulation.problem
        infeasible = tuple(place for place in self.infeasible if place in splittable)
        if infeasible:
            return infeasible
        sets = [self.partition.patterns[place] for place in splittable]
        losses = [Fraction(0)] * len(sets) if self.last is None else set_losses(self.last, problem, tuple(sets))
        samples = [int(problem.counts[members].sum()) for members in sets]
        costliest = max(range(len(sets)), key=lambda place: (losses[place], samples[place], -place))
        return (splittable[costliest],)

    def _halver(self) -> Halver:
        problem = self.work.formulation.problem
        right = right_patterns(self.last, problem)
        return Halver(
            problem.patterns.floats(),
            problem.counts.sum(axis=1),
            self.work.means.options.by,
            self.work.limits.seed,
            lambda members: sides(problem, members, right),
        )

    # --- a round -------------------------------------------------------------------------------------------------------

    def _round(self, number: int, rounds: int) -> None:
        """Solve with the new sets, and find out what has to be split next."""
        began, remaining = time.monotonic(), self.work.limits.remaining
        share = None if remaining is None else min(remaining, max(remaining / (rounds - number), LEAST_SECONDS))
        batches = self._batches(number)
        tasks = self._tasks(batches, share)
        solved = self._solved(tasks)
        self.nodes += sum(found.nodes for found in solved)
        network = self._best_of([found.network for found in solved if found.network is not None])
        if network is not None:
            self.last, self.is_fruitless = network, False
        self.infeasible = ()
        if network is None and any(found.is_infeasible for found in solved):
            left = None if share is None else max(0.0, share - (time.monotonic() - began))
            self.infeasible = infeasible_sets(self.ground, self.partition.patterns, left, self._should_stop)
        points = sum(batch.samples for batch in batches)
        if share is not None:
            self.overhead = max(seconds_of(self.work.formulation.problem), time.monotonic() - began - share)
        self._tell(number, rounds, points, max((found.binaries for found in solved), default=0), network, began)

    def _batches(self, number: int) -> list[Batch]:
        """The points of the round."""
        options, limits, problem = self.work.means.options, self.work.limits, self.work.formulation.problem
        if options.batch is None:
            return [whole(problem)]
        found = random_batches(problem, options.batch, (limits.seed, self.work.formulation.stage, number))
        return found if options.batches == "all" else found[:1]

    def _tasks(self, batches: list[Batch], share: float | None) -> list[Task]:
        """A solve for each batch, from the latest and from the best network. The round's ``share`` of the time is theirs, as
        many at a time as there are workers."""
        workers = min(self.work.means.executor.workers, len(batches))
        seconds = None if share is None else share * workers / len(batches)
        starts = [network for network in (self.last, self.judge.network) if network is not None]
        deadline = deadline_of(self.work.limits.remaining, workers)
        return [Task(batch, self.partition.set_of, tuple(starts), seconds, deadline) for batch in batches]

    def _solved(self, tasks: list[Task]) -> list[Solved]:
        """What came of the tasks that were done. Whatever they found has been offered to the judge."""
        executor = self.work.means.executor
        if isinstance(executor, Serial):
            function = partial(
                solve_shared, on_network=self.judge.offer, on_progress=self._progress, should_stop=self._should_stop
            )
            found = executor.run(function, self.ground, tasks, should_stop=self._should_stop)
        else:
            found = executor.run(solve_shared, self.ground, tasks, self._offer_all, self._should_stop)
        return [solved for solved in found if solved is not None]

    def _offer_all(self, place: int, solved: Solved) -> None:
        for network in (*solved.others, *filter(None, [solved.network])):
            self.judge.offer(network)

    def _best_of(self, networks: list[Network]) -> Network | None:
        """The network of the round: the best on all points, or, if that is better, the average of all (of a single one: its
        average with the best so far)."""
        if not networks:
            return None
        best = min(networks, key=self._order)
        options = self.work.means.options
        if not options.average:
            return best
        several = [best, *(network for network in networks if network is not best)]
        if len(several) == 1 and self.judge.network is not None:
            several.append(self.judge.network)
        mean = average(several, self.work.formulation)
        self.judge.offer(mean)
        return mean if self._order(mean) < self._order(best) else best

    def _order(self, network: Network) -> tuple[bool, Fraction]:
        """Those that keep the constraints first, then by the goal."""
        objective = objective_of(network, self.work.formulation)
        return (True, Fraction(0)) if objective is None else (False, objective)

    # --- what is said --------------------------------------------------------------------------------------------------

    def _progress(self, moment: Progress) -> None:
        """The solver's moment with what is known of the whole goal."""
        judge = self.judge
        incumbent = None if judge.objective is None else float(judge.sign * judge.objective)
        bound = float(judge.sign * judge.shown_bound)
        moment = replace(moment, incumbent=incumbent, bound=bound, nodes=self.nodes + moment.nodes)
        self.work.means.watch.on_progress(moment)

    def _tell(self, number: int, rounds: int, points: int, binaries: int, network: Network | None, began: float) -> None:
        """A line a round, and the same as an event."""
        seconds = time.monotonic() - began
        found = "no network" if network is None else self.judge.figures(network)
        if self.infeasible:
            found = f"{len(self.infeasible)} of the sets cannot share a pattern"
        text = f"round {number + 1} of {rounds}: {self.partition.size} sets, {points:,} points, {binaries:,} binaries, {found}"
        self.work.means.watch.on_note(f"{text}, {seconds:.1f} s")
        self.diary.tell(number, sets=self.partition.size, points=points, binaries=binaries, found=found, took=round(seconds, 3))

    # --- the end -------------------------------------------------------------------------------------------------------

    def _finished_exactly(self) -> StageOutcome:
        """Every set is a single pattern: what is left is the method `exact`, from the best network."""
        judge, watch = self.judge, self.work.means.watch
        own = replace(watch, on_network=self._offer)
        start = judge.network or self.work.start
        limits = replace(self.work.limits, cutoff=None)
        outcome = solve_exactly(replace(self.work, means=replace(self.work.means, watch=own), limits=limits, start=start))
        if outcome.network is not None:
            judge.offer(outcome.network)
        if judge.network is None:
            return outcome
        judge.bound = max(judge.bound, judge.sign * outcome.bound)
        self.nodes += outcome.nodes
        return replace(self._outcome(), tolerance=outcome.tolerance, cuts=outcome.cuts)

    def _offer(self, network: Network, value: Fraction, bound: Fraction) -> None:
        self.judge.offer(network)

    def _outcome(self) -> StageOutcome:
        judge = self.judge
        if judge.network is None and self.is_fruitless and not self._should_stop() and not self.work.limits.is_late:
            raise WorkFailed(_fruitless(self.partition.size))
        formulation, stopped = self.work.formulation, self._should_stop()
        return unproved_outcome(formulation, judge.network, judge.objective, judge.bound, self.nodes, stopped)


def _fruitless(sets: int) -> Diagnostic:
    message = f"no round of `split` had a network: with at most {sets} sets of points, none keeps the constraints"
    help = "allow more sets with `rounds`, leave room in the constraints, or use `exact`, where each point has its own pattern"
    return Diagnostic("E529", message, help=help)
