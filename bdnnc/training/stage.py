"""One goal of `train exact`: solve the program, accept or cut and solve again, until the accepted network meets the bound.

Nothing leaves here that `accept` has not called a network. A rejected optimum gives a clause (activations that no network of
the class has together), the clause is added, counted, and the model solved again from the best accepted network; where nothing
was proved, the solver's tolerances are tightened instead. (docs/formulations.md, *Acceptance*.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.formulation.bounds import least_objective
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.slop import TOLERANCES
from bdnnc.ir.program import Clause
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Accepted, Rejected, accept
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.joint import JointProgram
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Progress, Solution, SolveOptions, Solver, Stop
from bdnnc.solve.units import solve_in_units
from bdnnc.training.companion import Companion
from bdnnc.training.constant import best_constant
from bdnnc.training.cutoff import with_cutoff
from bdnnc.training.declared_start import with_declared_start
from bdnnc.training.outcome import Limits, StageOutcome, StageStatus, Watch
from bdnnc.training.proof import CONTINUOUS_GAP, exact_bound, false_claim, is_beyond, is_within, meets
from bdnnc.training.reach import is_out_of_reach

Floats = NDArray[np.float64]

SAFE_TOLERANCE = 0.99e-7
LARGEST_PLAIN = 1e4
"""Proofs at tighter tolerances, or with larger coefficients, are made twice."""

MOST_ATTEMPTS = 100
"""Solves after rejected optima; each but the last adds a clause or tightens the tolerances."""

DECLARED_START_SHARE = 0.1
"""Of the time: what may be spent on completing the weights to start from."""


BEYOND_CUTOFF = "no better network exists within the cutoff"
BEYOND_CLASS = "no network with the model's margins is as good in the goals before as the one that they found"
OUTSIDE_CLASS = "no network with the model's margins keeps the constraints"
"""A rounded network, or the one to start from, may keep a little less than the margin that the model enforces."""

REACHED = (Stop.OPTIMAL, Stop.TARGET)
"""Where the solver claims what it was asked for: no gap, or one that is small enough."""


@dataclass(eq=False)
class StageSearch:
    """The search for the best network of one formulation. Objectives and bounds are of the goal's minimized form."""

    formulation: Formulation
    inputs: tuple[Input, ...]
    solver: Solver
    limits: Limits
    watch: Watch
    bound: Fraction = field(init=False)
    clauses: list[Clause] = field(default_factory=list[Clause])
    network: Network | None = None
    objective: Fraction | None = None
    nodes: int = 0
    start: Network | None = None
    delicate: bool = False
    """The model being solved has numbers at which HiGHS has been seen to err: what it proves is `claimed` until confirmed."""
    claimed: Fraction = Fraction(0)
    misled: bool = False
    """HiGHS returned its start as optimal under a better value of its own: from now on it gets none."""
    doubtful: bool = False
    """A clause without a proof was added: bounds from then on are none."""
    companion: Companion | None = None
    """Who looks for networks beside the solver."""
    refusal: str = ""
    """Why acceptance last rejected what a solve ended with."""

    def __post_init__(self) -> None:
        self.bound = least_objective(self.formulation)

    @property
    def sign(self) -> int:
        return sign_of(self.formulation.goal)

    @cached_property
    def model(self) -> MilpModel:
        """The program's matrix, without clauses; made once."""
        return lower(self.formulation.program)

    @cached_property
    def joint(self) -> JointProgram | None:
        """What coupled parameters are re-chosen with; made once."""
        return JointProgram(self.formulation, self.model) if self.formulation.coupled else None

    def take_constant(self) -> None:
        """The best constant network is there before any solver; it is no MIP start, which would only narrow the search."""
        found = best_constant(self.formulation)
        if found is not None and self._is_within_cutoff(found[1]):
            self._keep(replace(found[0], inputs=self.inputs), found[1])

    def take_start(self, start: Network) -> None:
        """A network of the class as the first incumbent and as MIP start. One that breaks a constraint is not kept."""
        known = self.network
        self.take_found(start)
        if self.network is not known:
            self.start = self.network

    def take_found(self, found: Network) -> None:
        """A network of the class as an incumbent alone. HiGHS 1.16 was seen to prove within 14 s without a start what it did
        not in 40 s with the optimum as one (four seeds of the breast cancer example)."""
        problem = self.formulation.problem
        network = replace(canonicalise(found, self.formulation), inputs=self.inputs, classes=problem.classes)
        measured = Measured(network, problem)
        objective = self.sign * measured.goal(self.formulation.goal)
        if not measured.violated() and self._is_within_cutoff(objective):
            self._keep(network, objective)

    def take_declared_start(self) -> None:
        """The network that `weights start` leads to, as the first incumbent; nothing where there is none in time."""
        if all(layer.start is None for layer in self.formulation.problem.layers) or self.is_proved:
            return
        known = self.network
        model = with_declared_start(self.model, self.formulation)
        remaining = self.limits.remaining
        share = None if remaining is None else DECLARED_START_SHARE * remaining
        options = replace(self._options(self.formulation.program.tolerance), time_limit=share)
        solution = solve_in_units(self.solver, model, options, self._on_start, lambda moment: self.watch.should_stop())
        if solution.x is not None:
            self._on_start(solution.x, 0.0)
        if self.network is not known:
            self.start = self.network

    def _on_start(self, x: Floats, objective: float) -> bool:
        verdict = self._accepted(x, widen=True)
        if isinstance(verdict, Accepted) and self._is_within_cutoff(verdict.objective):
            self._keep(verdict.network, verdict.objective)
        return self.watch.should_stop()

    def _is_within_cutoff(self, objective: Fraction) -> bool:
        return self.limits.cutoff is None or objective <= self.limits.cutoff

    def _accepted(self, x: Floats, widen: bool) -> Accepted | Rejected:
        return accept(x, self.formulation, self.inputs, widen, self.joint, self.limits.patience)

    def solve(self) -> StageOutcome:
        """The best network of the formulation, as far as the limits reach."""
        program, tolerance = self.formulation.program, self.formulation.program.tolerance
        if self.is_proved or self.watch.should_stop():
            return self._outcome(Solution(Stop.INTERRUPTED, None, None, None, 0, 0.0), tolerance)
        if self.limits.is_late or ("model" not in self.__dict__ and is_out_of_reach(self.formulation.problem, self.limits)):
            return self._outcome(Solution(Stop.TIME_LIMIT, None, None, None, 0, 0.0), tolerance)
        attempts, model = 0, self.model
        while True:
            attempts += 1
            solution = self._solve_once(model, tolerance)
            verdict = self._judge(solution)
            if self._is_misled(solution):
                self.misled = True
                continue
            inexact = self._is_inexact(solution, tolerance)
            if not isinstance(verdict, Rejected) and not inexact:
                return self._outcome(self._confirmed(solution, model, tolerance), tolerance)
            refused = isinstance(verdict, Rejected) and solution.x is not None
            if isinstance(verdict, Rejected) and refused:
                self.refusal = verdict.reason
            if attempts == MOST_ATTEMPTS:
                given_up = replace(solution, stop=Stop.FAILED, message="too many solutions were rejected")
                return self._outcome(given_up, tolerance, refused)
            self.start = self.network  # from now on the best one known
            if not isinstance(verdict, Rejected) or (not verdict.proved and tolerance > TOLERANCES[-1]):
                tolerance = max(tolerance / 10, TOLERANCES[-1])
            elif verdict.clause is not None:
                self.doubtful |= not verdict.proved
                self.clauses.append(verdict.clause)
                model = lower(replace(program, clauses=tuple(self.clauses)))
            else:
                return self._outcome(replace(solution, stop=Stop.FAILED, message=verdict.reason), tolerance, refused)

    def _is_misled(self, solution: Solution) -> bool:
        """Whether the solver had a start, claims an optimum, and its point is not as good as what it claims. HiGHS 1.16 can
        score a start wrongly in its presolved model, and stops with it."""
        if self.start is None or self.misled or self.limits.gap is not None or self.limits.is_late:
            return False
        claims = solution.stop in REACHED and self.objective is not None and not self.doubtful
        return (
            claims and self.objective is not None and not meets(self.objective, max(self.bound, self.claimed), self.formulation)
        )

    def _is_inexact(self, solution: Solution, tolerance: float) -> bool:
        """Whether the solver calls its point optimal, but its tolerances hide how much worse the network is."""
        if self.objective is None or self.formulation.objective_lattice is not None or self.limits.gap is not None:
            return False
        is_over = solution.stop not in REACHED or self.limits.is_late or tolerance <= TOLERANCES[-1]
        return not is_over and not meets(self.objective, max(self.bound, self.claimed), self.formulation)

    def _confirmed(self, solution: Solution, model: MilpModel, tolerance: float) -> Solution:
        """What stands of a solve on a delicate model: it is solved again on another path, without a start, and only what both
        prove counts. Any better network is kept. Without numbers of that kind, or a proof to confirm, the solution itself."""
        proves = solution.stop is Stop.INFEASIBLE or (solution.stop in REACHED and self.claimed > self.bound)
        if not (self.delicate and proves):
            return solution
        first, self.start = self.claimed, None
        presolve = "on" if tolerance < SAFE_TOLERANCE else "off"
        second = self._solve_once(model, tolerance, {"presolve": presolve}, self.limits.seed + 1)
        self._judge(second)
        if not self.doubtful:
            self.bound = max(self.bound, min(first, self.claimed))
        return second if solution.stop is Stop.INFEASIBLE else solution

    def _solve_once(
        self, model: MilpModel, tolerance: float, more: Mapping[str, str] | None = None, seed: int | None = None
    ) -> Solution:
        if self.limits.cutoff is not None:
            model = with_cutoff(model, self.limits.cutoff)
        self.delicate = tolerance < SAFE_TOLERANCE or float(np.abs(model.A.data).max(initial=0.0)) > LARGEST_PLAIN
        self.claimed = self.bound
        plain = self._options(tolerance)
        options = replace(
            plain,
            seed=plain.seed if seed is None else seed,
            start=None if self.start is None or self.misled else encode(self.start, self.formulation),
            extra={**plain.extra, **(more or {})},
            offers=None if self.companion is None else self._offered,
        )
        solution = solve_in_units(self.solver, model, options, self._on_incumbent, self._on_progress)
        self.nodes += solution.nodes
        if solution.bound is not None and isfinite(solution.bound):
            self._raise_bound(exact_bound(solution.bound, self.formulation))
        return solution

    def _offered(self) -> Floats | None:
        """A better network that the companion has found, as a point of the program."""
        network = None if self.companion is None or self.misled else self.companion.better_than(self.objective)
        if network is None:
            return None
        self.take_start(network)
        return None if self.start is None else encode(self.start, self.formulation)

    def _options(self, tolerance: float) -> SolveOptions:
        gap = self.limits.gap
        if gap is None and self.formulation.objective_lattice is None:
            gap = CONTINUOUS_GAP
        return SolveOptions(
            time_limit=self.limits.solving,
            gap=gap,
            node_limit=self.limits.node_limit,
            threads=self.limits.threads,
            seed=self.limits.seed,
            feasibility_tolerance=tolerance,
            integrality_tolerance=tolerance,
            extra=self.limits.extra,
        )

    def _on_incumbent(self, x: Floats, objective: float) -> bool:
        if self.objective is None or objective < float(self.objective):
            verdict = self._accepted(x, widen=False)
            if isinstance(verdict, Accepted):
                self._keep(verdict.network, verdict.objective)
        return self.is_proved or self.watch.should_stop()

    def _on_progress(self, moment: Progress) -> bool:
        if moment.bound is not None and isfinite(moment.bound):
            self._raise_bound(exact_bound(moment.bound, self.formulation))
        shown = None if self.objective is None else self.sign * float(self.objective)
        bound = self.bound if self.objective is None else min(self.bound, self.objective)
        self.watch.on_progress(replace(moment, incumbent=shown, bound=self.sign * float(bound)))
        return self.is_proved or self.watch.should_stop()

    @property
    def is_proved(self) -> bool:
        """Whether the accepted network meets the bound, so that there is nothing left to do."""
        return self.objective is not None and meets(self.objective, self.bound, self.formulation)

    def _judge(self, solution: Solution) -> Accepted | Rejected | None:
        """The verdict on the solver's best point; None where there is none to be judged. A failed solve is tried again with
        tighter tolerances, like a point that was rejected without a proof."""
        late = self.limits.is_late
        if solution.x is None:
            return Rejected(solution.message) if solution.stop is Stop.FAILED and not late else None
        verdict = self._accepted(solution.x, widen=not late)
        if isinstance(verdict, Accepted):
            if self.objective is None or verdict.objective <= self.objective:
                self._keep(verdict.network, verdict.objective, always=True)
            return verdict
        return verdict if solution.stop in REACHED and not late and not self._is_near_enough() else None

    def _is_near_enough(self) -> bool:
        """Whether the accepted network is within the gap that was asked for."""
        return self.objective is not None and is_within(self.objective, self.bound, self.limits.gap)

    def _keep(self, network: Network, objective: Fraction, always: bool = False) -> None:
        if always or self.objective is None or objective < self.objective:
            self.network, self.objective = network, objective
            self.watch.on_network(network, self.sign * objective, self.sign * min(self.bound, objective))

    def _raise_bound(self, bound: Fraction) -> None:
        if self.doubtful:
            return
        if self.delicate:
            self.claimed = max(self.claimed, bound)
        else:
            self.bound = max(self.bound, bound)

    def _outcome(self, solution: Solution, tolerance: float, refused: bool = False) -> StageOutcome:
        """``refused``: acceptance's rejection of the solution is what ended the search."""
        bound, objective, model_objective = self.bound, self.objective, None
        status, message = self._status(solution), solution.message
        if objective is not None and is_beyond(bound, objective, self.formulation):
            model_objective = self.sign * bound  # the network is outside the model's class, by the margin alone
        if objective is not None:
            bound = min(bound, objective)
        if status == "feasible" and solution.stop is Stop.INFEASIBLE:
            beyond = BEYOND_CLASS if self.formulation.stage else OUTSIDE_CLASS
            message = beyond if self.limits.cutoff is None else BEYOND_CUTOFF
        message = message or false_claim(solution, objective, self.formulation)
        own = None if objective is None else self.sign * objective
        refused |= solution.stop is Stop.INFEASIBLE and self.doubtful  # what is left was excluded without a proof
        return StageOutcome(
            status,
            self.network,
            own,
            self.sign * bound,
            len(self.clauses),
            self.nodes,
            tolerance,
            message,
            model_objective,
            self.refusal if refused and self.network is None else "",
        )

    def _status(self, solution: Solution) -> StageStatus:
        """What is known, not what the solver did: optimal only where the accepted network meets the bound."""
        if self.is_proved:
            return "optimal"
        if solution.stop is Stop.INTERRUPTED or self.watch.should_stop():
            return "interrupted"
        if self.network is not None:
            return "feasible"
        return "infeasible" if solution.stop is Stop.INFEASIBLE and not self.doubtful else "no_solution"
