"""`train search`: restarts of a stochastic local search, in waves, with a pool of the good networks that they find.

Each wave has the same number of restarts whoever runs them, and begins with the pool that the waves before have left; half of
its restarts begin at random networks, half at members of the pool. So the networks depend on the seed and on limits of work
alone, as long as no limit of time is reached. Everything that a restart finds is measured exactly before it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from time import monotonic, time
from typing import Any

import numpy as np

from bdnnc.formulation.bounds import least_objective
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.search.anneal import Annealed
from bdnnc.search.model import SearchModel, search_model
from bdnnc.search.networks import network_of, parameters_of
from bdnnc.search.restart import Restart, Shared, descends, prepare, run_restart
from bdnnc.search.state import Parameters
from bdnnc.solve.protocol import Progress
from bdnnc.tasks.deadline import GRACE, deadline_of
from bdnnc.tasks.executor import always
from bdnnc.training.constant import best_constant
from bdnnc.training.improver import objective_of
from bdnnc.training.journal import recalled
from bdnnc.training.outcome import Limits, StageOutcome
from bdnnc.training.pool import SIZE, Pool
from bdnnc.training.proof import is_enough
from bdnnc.training.recorded_parameters import parameters_of_record, record_of_parameters
from bdnnc.training.stagnation import Stagnation
from bdnnc.training.unproved import unproved_outcome
from bdnnc.training.work import Work

WAVE = 4
"""Restarts of a wave."""

TOLD_EVERY = 0.25
"""Seconds between two measurements of networks of a running restart."""

NOTHING_FOUND = "the search met no network that keeps the constraints; give it more time, or use `exact`"


def search_stochastically(work: Work) -> StageOutcome:
    """The method `search`. It never proves anything but that a bound known beforehand is met."""
    search = NetworkSearch(work, work.limits)
    search.begin()
    options = work.means.options
    search.run(options.restarts, options.moves, None if options.restarts or options.moves else Stagnation(work))
    return search.outcome()


_Measured = tuple[Network, Fraction]
"""A network that keeps everything, and its objective."""


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    """A restart that is done: its goal in floats, its moves, and its network as it was measured, None where it has none."""

    goal: float
    moves: int
    measured: _Measured | None


@dataclass(eq=False)
class NetworkSearch:
    """The search for one goal. ``network``, ``objective`` (of the goal's minimized form): the best so far."""

    work: Work
    limits: Limits
    pool: Pool = field(init=False)
    bound: Fraction = field(init=False)
    network: Network | None = None
    objective: Fraction | None = None
    moves: int = 0
    told: float = 0.0
    """When a network of a running restart was last measured."""
    shown: Fraction | None = None
    """The best objective that anybody was told of."""
    are_ready: Callable[[], bool] = always
    """Whether the workers have begun; until then restarts are run here."""

    def __post_init__(self) -> None:
        formulation = self.work.formulation
        self.pool = Pool(formulation.problem, self.work.means.options.pool or SIZE)
        self.bound = least_objective(formulation)

    @property
    def formulation(self) -> Formulation:
        return self.work.formulation

    @property
    def sign(self) -> int:
        return sign_of(self.formulation.goal)

    @cached_property
    def model(self) -> SearchModel:
        """Made once, when the first restart needs it."""
        return search_model(self.formulation)

    def begin(self) -> None:
        """Take what is there without a search: the start, and the best constant network."""
        if self.formulation.stage == 0:
            constant = best_constant(self.formulation)
            if constant is not None:
                self.offer(constant[0])
        if self.work.start is not None:
            self.offer(self.work.start)

    def offer(self, network: Network) -> None:
        """Measure a network, and keep it in the pool, and as the best one if it is that."""
        measured = self._measured(network)
        if measured is not None:
            self._keep(*measured)

    def _measured(self, network: Network) -> _Measured | None:
        """The network with its objective; None where it breaks something."""
        own = replace(network, inputs=self.work.means.inputs, classes=self.formulation.problem.classes)
        objective = objective_of(own, self.formulation)
        if objective is None or (self.limits.cutoff is not None and objective > self.limits.cutoff):
            return None
        return own, objective

    def _keep(self, network: Network, objective: Fraction) -> None:
        """In the pool, and as the best one if it is that."""
        self.pool.add(network, objective)
        if self.objective is None or objective < self.objective:
            self.network, self.objective = network, objective
        if self.shown is None or objective < self.shown:
            self.shown = objective
            bound = self.sign * min(self.bound, objective)
            self.work.means.watch.on_network(network, self.sign * objective, bound)
            self._tell()

    def run(self, restarts: int | None = None, moves: int | None = None, stagnation: Stagnation | None = None) -> None:
        """Waves until the bound is met, the time is over, or as many restarts or moves are done as are asked for. What is done
        at a ``stagnation`` brings networks, too."""
        first = 0
        self.are_ready = self.work.means.executor.warm_up(prepare)
        while not self._is_over() and (moves is None or self.moves < moves) and (restarts is None or first < restarts):
            last = first + WAVE if restarts is None else min(first + WAVE, restarts)
            self._wave(range(first, last), None if moves is None else -(-(moves - self.moves) // (last - first)))
            first = last
            if stagnation is not None and not self._is_over():
                better = stagnation.better(first // WAVE, self.objective, self.pool.networks)
                if better is not None:
                    self.offer(better)

    def _wave(self, numbers: range, moves: int | None) -> None:
        """The restarts of a wave, those aside that an earlier run has done."""
        before = self.network, self.objective, list(self.pool.members), self.moves
        starts = [self._start(number) for number in numbers]
        found: dict[int, _Done] = {}
        tasks: list[Restart] = []
        executor = self.work.means.executor
        deadline = deadline_of(self.limits.remaining, executor.workers)
        for number, start in zip(numbers, starts, strict=True):
            known = self._recorded(number)
            if known is None:
                gradients = self.formulation.stage == 0 and descends(self.model, number)
                tasks.append(Restart(number, start, gradients, moves, deadline, self._enough()))
            else:
                found[number] = self._take(known)

        def keep(place: int, annealed: Annealed) -> None:
            found[tasks[place].number] = self._take(annealed)
            if not is_cut_short():  # such a run is not done
                self._record(tasks[place].number, annealed)

        def is_cut_short() -> bool:
            return self._is_stopped() or (deadline is not None and time() >= deadline)

        def is_over() -> bool:
            return self._is_stopped(0.0 if executor.workers == 1 else GRACE) or self._is_settled(numbers, found)

        seed = (self.limits.seed, self.formulation.stage)
        shared = Shared(self.model, seed, True, self._on_better, self._is_stopped)
        here = self._begun_here(shared, tasks, keep, is_over)
        executor.run(run_restart, shared, tasks[here:], lambda place, annealed: keep(place + here, annealed), is_over)
        if not is_cut_short():
            self.network, self.objective, self.pool.members, self.moves = before
            self._take_in_turn(numbers, found)

    def _begun_here(
        self,
        shared: Shared,
        tasks: Sequence[Restart],
        keep: Callable[[int, Annealed], None],
        is_over: Callable[[], bool],
    ) -> int:
        """Runs tasks here, in turn, as long as the workers are not ready, which takes some seconds; how many were done. One
        that is ended for their sake is not, but what it found is told: they do it again and get at least as far."""
        for place, task in enumerate(tasks):
            if self.are_ready() or is_over():
                return place
            annealed = run_restart(replace(shared, should_stop=lambda: self._is_stopped() or self.are_ready()), task)
            if self.are_ready() and not self._is_stopped():
                measured = self._measured_parameters(annealed.parameters)
                if measured is not None:
                    self._keep(*measured)
                return place
            keep(place, annealed)
        return len(tasks)

    def _is_settled(self, numbers: range, found: Mapping[int, _Done]) -> bool:
        """Whether a restart and all before it are done, and it met the bound: who is faster must not decide what is found."""
        for number in numbers:
            if number not in found:
                return False
            if found[number].goal <= self._enough():
                return True
        return True

    def _take_in_turn(self, numbers: range, found: Mapping[int, _Done]) -> None:
        """Take the results of a wave again, in their order, up to the first that met the bound. Nobody is told anew."""
        for number in numbers:
            if number in found:
                self._count(found[number])
                if found[number].goal <= self._enough():
                    return

    def _recorded(self, number: int) -> Annealed | None:
        """What an earlier run has found in this restart."""
        return recalled(self.work.means.journal, f"{self.work.key}/restart/{number}", self._annealed_of)

    def _annealed_of(self, record: Any) -> Annealed:
        goal = float("inf") if record["goal"] is None else float(record["goal"])
        shapes = [layer.free.shape for layer in self.model.layers]
        return Annealed(parameters_of_record(record["parameters"], shapes), goal, int(record["moves"]))

    def _record(self, number: int, found: Annealed) -> None:
        goal = None if found.parameters is None else found.goal
        record = {"parameters": record_of_parameters(found.parameters), "goal": goal, "moves": found.moves}
        self.work.means.journal.record(f"{self.work.key}/restart/{number}", record)

    def _start(self, number: int) -> Parameters | None:
        """Where a restart begins: those with an odd number at a member of the pool, the better the likelier; the others at a
        random network. Where there are earlier goals, which random networks do not keep, it is the other way round."""
        members = self.pool.networks
        if not members or number % 2 == min(self.formulation.stage, 1):
            return None
        random = np.random.default_rng([self.limits.seed, self.formulation.stage, number, 1])
        chosen = members[min(int(random.geometric(0.3)) - 1, len(members) - 1)]
        return parameters_of(chosen, self.model, self.formulation)

    def _take(self, found: Annealed) -> _Done:
        """Measure what a restart has found, and count it."""
        done = _Done(found.goal, found.moves, self._measured_parameters(found.parameters))
        self._count(done)
        return done

    def _count(self, done: _Done) -> None:
        self.moves += done.moves
        if done.measured is not None:
            self._keep(*done.measured)
        self._tell()

    def _on_better(self, parameters: Parameters, goal: float) -> None:
        """A restart in this process has got better: measured now and then, and when it is done."""
        if monotonic() - self.told > TOLD_EVERY:
            measured = self._measured_parameters(parameters)
            if measured is not None:
                self._keep(*measured)
            self.told = monotonic()

    def _measured_parameters(self, parameters: Parameters | None) -> _Measured | None:
        return None if parameters is None else self._measured(network_of(parameters, self.model, self.formulation))

    def _enough(self) -> float:
        """The goal at which a restart may stop, with some room for the rounding of floats."""
        return float(self.bound) + 1e-9 * max(1.0, abs(float(self.bound)))

    def _is_stopped(self, grace: float = 0.0) -> bool:
        """Whether somebody says so, or the time has been over for ``grace`` seconds."""
        return self.limits.is_late_by(grace) or self.work.means.watch.should_stop()

    def _is_over(self) -> bool:
        return self._is_stopped() or self.is_enough

    @property
    def is_enough(self) -> bool:
        """Whether the best network meets the bound, or is as near to it as was asked for."""
        return is_enough(self.objective, self.bound, self.limits.gap, self.formulation)

    def _tell(self) -> None:
        shown = None if self.shown is None else self.sign * float(self.shown)
        bound = self.bound if self.shown is None else min(self.bound, self.shown)
        seconds = monotonic() - self.limits.started
        self.work.means.watch.on_progress(Progress(seconds, shown, self.sign * float(bound), self.moves))

    def outcome(self) -> StageOutcome:
        """What is known in the end. ``nodes`` are moves."""
        message = "" if self.network is not None else NOTHING_FOUND
        stopped = self.work.means.watch.should_stop()
        return unproved_outcome(self.formulation, self.network, self.objective, self.bound, self.moves, stopped, message)
