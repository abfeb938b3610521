"""`robust adaptive`: the least worst case where activations follow the perturbation, between two bounds.

Scenario generation [BK20]: a *master* program has the points and some of their perturbations, the *scenarios*; its optimum is a
bound, since a worst case over some perturbations is no worse than one over all. Its network is judged at every point, exactly;
that is the other bound. Where it is wrong the deepest perturbation that shows it becomes a scenario, at all points at once,
and the master is solved again, from the best network so far. It ends when the bounds meet, when nothing is wrong that is no
scenario yet (on sets without a grid either activity will do at a boundary, so that the bounds may stay apart), or at a limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix, stacked
from bdnnc.formulation.bounds import least_objective
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.ir.problem import Problem
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network import score
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.joint import JointProgram
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import declared_margin_checks
from bdnnc.network.verification.point import deepest
from bdnnc.network.verification.verdict import Verdict, rightness
from bdnnc.solve.protocol import Progress, Solution, SolveOptions, Stop
from bdnnc.solve.units import solve_in_units
from bdnnc.training.constant import best_constant
from bdnnc.training.journal import Journal
from bdnnc.training.outcome import Limits, StageOutcome, StageStatus, Watch
from bdnnc.training.proof import CONTINUOUS_GAP, exact_bound, is_enough, meets
from bdnnc.training.search import NetworkSearch
from bdnnc.training.stage import LARGEST_PLAIN, REACHED, SAFE_TOLERANCE
from bdnnc.training.work import Work
from bdnnc.uncertainty.sets import Moves

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

SEARCH_SHARE = 0.1
"""Of a goal's time: what the stochastic search may take for networks that keep their patterns, and for nominal ones."""

SEARCH_RESTARTS = 2
CANDIDATES = 2
"""Restarts of each of the two searches, and how many of their networks are judged."""

APART = "every perturbation that the network fails at is a scenario already: at a boundary the master allows either activity"


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """A network at all points: ``lost`` (patterns, classes), what is not right over its whole set though it is right as it is,
    and the perturbations ``moved`` that show it, each of the pattern in ``parents``."""

    lost: Booleans
    parents: tuple[int, ...]
    moved: tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What the judges of all points have in common."""

    network: Network
    patterns: ExactMatrix
    moves: tuple[Moves, ...]


@dataclass(frozen=True, eq=False)
class Master:
    """A master's program with its matrix, made once."""

    formulation: Formulation
    model: MilpModel
    joint: JointProgram | None

    @staticmethod
    def of(formulation: Formulation) -> Master:
        model = lower(formulation.program)
        return Master(formulation, model, JointProgram(formulation, model) if formulation.coupled else None)

    @property
    def is_delicate(self) -> bool:
        """Whether it has numbers at which HiGHS has been seen to err (see `stage`)."""
        largest = float(np.abs(self.model.A.data).max(initial=0.0))
        return self.formulation.program.tolerance < SAFE_TOLERANCE or largest > LARGEST_PLAIN


def _bound_of(solution: Solution, master: Master) -> Fraction:
    """What a solve proves; the least that any network has where it proves nothing."""
    if solution.bound is None or not isfinite(solution.bound):
        return least_objective(master.formulation)
    return exact_bound(solution.bound, master.formulation)


def judge_point(shared: Shared, member: tuple[int, int]) -> Verdict:
    """The task: the deepest perturbation of a pattern at which the network is wrong about a class."""
    pattern, label = member
    point = shared.patterns.rows(np.array([pattern]))
    moves = [part.at(pattern) for part in shared.moves]
    return deepest(shared.network, point, moves, rightness(shared.network, label))


def solve_adaptively(work: Work, proves: bool) -> StageOutcome:
    """One goal of a file with `robust adaptive`. Without ``proves`` only what searches find is judged."""
    return AdaptiveSearch(work, proves).run()


@dataclass(eq=False)
class AdaptiveSearch:
    """``network``, ``objective``: the best so far and its exact worst case; ``bound``: no network of the class has less. Both
    of the goal's minimized form."""

    work: Work
    proves: bool
    bound: Fraction = field(init=False)
    network: Network | None = None
    objective: Fraction | None = None
    parents: list[int] = field(default_factory=list[int])
    moved: list[tuple[Fraction, ...]] = field(default_factory=list[tuple[Fraction, ...]])
    nodes: int = 0
    seen: Floats | None = None
    """The last point of a master that was judged."""

    def __post_init__(self) -> None:
        self.bound = least_objective(self.formulation)

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def formulation(self) -> Formulation:
        return self.work.formulation

    @property
    def problem(self) -> Problem:
        return self.formulation.problem

    @property
    def limits(self) -> Limits:
        return self.work.limits

    @property
    def is_over(self) -> bool:
        return self._is_enough or self.limits.is_late or self.work.means.watch.should_stop()

    @property
    def _is_enough(self) -> bool:
        return is_enough(self.objective, self.bound, self.limits.gap, self.formulation)

    # --- the run ----------------------------------------------------------------------------------------------------

    def run(self) -> StageOutcome:
        """The two bounds, as near as they get."""
        self._begin()
        message = ""
        solution = Solution(Stop.TIME_LIMIT, None, None, None, 0, 0.0)
        while self.proves and not self.is_over:
            known, master = len(self.parents), Master.of(self._program())
            solution = self._proved(master)
            if solution.stop is Stop.INFEASIBLE or solution.x is None:
                break
            self._take_solution(solution.x, master)
            if len(self.parents) == known and solution.stop in (Stop.OPTIMAL, Stop.TARGET):
                message = "" if self._is_enough else APART
                break
        return self._outcome(solution, message)

    def _begin(self) -> None:
        """The network to start from, the best constant one, and what the searches find."""
        if self.work.start is not None:
            self.take(self.work.start)
        if self.formulation.stage == 0:
            constant = best_constant(self.formulation)
            if constant is not None:
                self.take(constant[0])
        if not self.work.means.searches and self.proves:
            return
        uncertainty = self.problem.uncertainty
        assert uncertainty is not None
        soft = replace(self.problem, uncertainty=replace(uncertainty, sense="soft"))
        for variant in (soft, replace(self.problem, uncertainty=None)):
            if self.is_over:
                return
            for network in self._searched(variant):
                if not self.is_over:
                    self.take(network)

    def _searched(self, variant: Problem) -> Sequence[Network]:
        """Networks for another reading of robustness, which are candidates for this one."""
        found = formulate(variant, self.formulation.program.name, self.formulation.stage, self.formulation.reached)
        means = replace(self.work.means, watch=Watch(should_stop=self.work.means.watch.should_stop), journal=Journal())
        search = NetworkSearch(Work(found, means, self._share(), None), self._share())
        options = self.work.means.options
        search.run(SEARCH_RESTARTS if self.proves else options.restarts, None if self.proves else options.moves)
        return search.pool.networks[:CANDIDATES]

    def _share(self) -> Limits:
        remaining = self.limits.remaining
        if remaining is None or self.limits.time_limit is None:
            return self.limits
        share = SEARCH_SHARE if self.proves else 0.5
        return replace(self.limits, time_limit=self.limits.time_limit - remaining * (1 - share))

    # --- the master -------------------------------------------------------------------------------------------------

    def _program(self) -> Formulation:
        """The program of the points and all scenarios so far."""
        problem = self.problem
        if self.parents:
            rows = ExactMatrix.from_fractions(self.moved)
            points = problem.patterns.rows(np.array(self.parents))
            problem = problem.with_scenarios(_sum(points, rows), np.array(self.parents, dtype=np.int64))
        found = formulate(problem, self.formulation.program.name, self.formulation.stage, self.formulation.reached)
        return run_passes(found)

    def _proved(self, master: Master) -> Solution:
        """A solve of the master, whose bound counts. With numbers at which HiGHS has been seen to err it is solved again on
        another path, and only what both prove counts."""
        solution = self._solve(master, {}, self.limits.seed)
        if not master.is_delicate or solution.stop not in (*REACHED, Stop.INFEASIBLE) or self.is_over:
            self._raise_bound(_bound_of(solution, master))
            return solution
        second = self._solve(master, {"presolve": "off"}, self.limits.seed + 1)
        if second.stop in REACHED or second.stop is Stop.INFEASIBLE:
            self._raise_bound(min(_bound_of(solution, master), _bound_of(second, master)))
        return second if solution.stop is Stop.INFEASIBLE else solution

    def _solve(self, master: Master, more: Mapping[str, str], seed: int) -> Solution:
        watch = self.work.means.watch

        def on_incumbent(x: Floats, objective: float) -> bool:
            if self.objective is None or objective < float(self.objective):
                self._take_solution(x, master)
            return self._is_enough or watch.should_stop()

        def on_progress(moment: Progress) -> bool:
            if moment.bound is not None and isfinite(moment.bound) and not master.is_delicate:
                self._raise_bound(exact_bound(moment.bound, master.formulation))
            self._tell(moment)
            return self._is_enough or watch.should_stop()

        formulation = master.formulation
        tolerance = formulation.program.tolerance
        options = SolveOptions(
            time_limit=self.limits.remaining,
            gap=self.limits.gap if formulation.objective_lattice is not None else self.limits.gap or CONTINUOUS_GAP,
            node_limit=self.limits.node_limit,
            threads=self.limits.threads,
            seed=seed,
            feasibility_tolerance=tolerance,
            integrality_tolerance=tolerance,
            start=self._start_of(master),
            extra={**self.limits.extra, **more},
        )
        solution = solve_in_units(self.work.means.solver, master.model, options, on_incumbent, on_progress)
        self.nodes += solution.nodes
        return solution

    def _start_of(self, master: Master) -> Floats | None:
        """The best network, as a point of the master; none where HiGHS might be misled by it."""
        if self.network is None or master.is_delicate:
            return None
        return encode(canonicalise(self.network, master.formulation), master.formulation)

    def _raise_bound(self, bound: Fraction) -> None:
        self.bound = max(self.bound, bound)

    def _tell(self, moment: Progress) -> None:
        sign = sign_of(self.formulation.goal)
        shown = None if self.objective is None else sign * float(self.objective)
        bound = self.bound if self.objective is None else min(self.bound, self.objective)
        self.work.means.watch.on_progress(replace(moment, incumbent=shown, bound=sign * float(bound)))

    # --- networks ---------------------------------------------------------------------------------------------------

    def _take_solution(self, x: Floats, master: Master) -> None:
        """Judge the network of a master's point, once."""
        if self.seen is not None and np.array_equal(x, self.seen):
            return
        self.seen = x.copy()
        verdict = accept(x, master.formulation, self.work.means.inputs, True, master.joint, self.limits.patience)
        if isinstance(verdict, Accepted):
            self.take(verdict.network)

    def take(self, found: Network) -> None:
        """Judge a network at every point: what it fails at becomes scenarios, and where it keeps everything in the worst case
        and is the best so far it is kept."""
        network = self._of_class(found)
        judgement = self.judged(network)
        known = set(zip(self.parents, self.moved, strict=True))
        for scenario in zip(judgement.parents, judgement.moved, strict=True):
            if scenario not in known:
                self.parents.append(scenario[0])
                self.moved.append(scenario[1])
        measured = Measured(network, self.problem, judgement.lost)
        if measured.violated() or not all(check.ok for check in declared_margin_checks(network, self.formulation)):
            return
        goals = zip(self.problem.goals, self.formulation.caps, strict=False)
        if any(sign_of(goal) * measured.goal(goal) > cap for goal, cap in goals):
            return
        sign = sign_of(self.formulation.goal)
        objective = sign * measured.goal(self.formulation.goal)
        if self.limits.cutoff is not None and objective > self.limits.cutoff:
            return
        if self.objective is None or objective < self.objective:
            self.network, self.objective = network, objective
            self.work.means.watch.on_network(network, sign * objective, sign * min(self.bound, objective))

    def _of_class(self, found: Network) -> Network:
        """The network with the margins that this class claims, which other readings of robustness may have wider."""
        plans = self.formulation.plans
        layers = tuple(replace(layer, margin=plan.margin) for layer, plan in zip(found.layers, plans, strict=True))
        return Network(self.work.means.inputs, layers, self.problem.classes)

    def judged(self, network: Network) -> Judgement:
        """The network at every point that it is right about, in parallel."""
        problem, uncertainty = self.problem, self.problem.uncertainty
        assert uncertainty is not None
        wrong = score.wrong(Measured(network, problem).output)
        members: list[tuple[int, int]] = [(p, c) for p, c in np.argwhere((problem.counts > 0) & ~wrong).tolist()]
        shared = Shared(network, problem.patterns, uncertainty.moves)
        verdicts = self.work.means.executor.run(judge_point, shared, members)
        lost = np.zeros(problem.counts.shape, dtype=np.bool_)
        parents: list[int] = []
        moved: list[tuple[Fraction, ...]] = []
        for (pattern, label), verdict in zip(members, verdicts, strict=True):
            lost[pattern, label] = verdict is None or verdict.outcome != "certified"
            if verdict is not None and verdict.delta is not None:
                parents.append(pattern)
                moved.append(verdict.delta)
        return Judgement(lost, tuple(parents), tuple(moved))

    # --- the end ----------------------------------------------------------------------------------------------------

    def _outcome(self, solution: Solution, message: str) -> StageOutcome:
        sign = sign_of(self.formulation.goal)
        objective = self.objective
        bound = self.bound if objective is None else min(self.bound, objective)
        status: StageStatus = "feasible" if self.network is not None else "no_solution"
        if objective is not None and meets(objective, self.bound, self.formulation):
            status, message = "optimal", ""
        elif self.work.means.watch.should_stop():
            status = "interrupted"
        elif self.network is None and solution.stop is Stop.INFEASIBLE:
            status = "infeasible"
        value = None if objective is None else sign * objective
        tolerance = self.formulation.program.tolerance
        return StageOutcome(status, self.network, value, sign * bound, 0, self.nodes, tolerance, message or solution.message)


def _sum(points: ExactMatrix, moved: ExactMatrix) -> ExactMatrix:
    """The perturbed points, exactly."""
    both = stacked(points, moved)  # over one denominator a column
    rows = points.shape[0]
    return ExactMatrix(both.numerators[:rows] + both.numerators[rows:], both.denominators)
