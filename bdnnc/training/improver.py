"""The best network of a formulation so far, and sub-MIPs that look for a better one in its neighbourhoods.

Nothing is kept that `accept` has not called a network, and nothing that is worse. A sub-MIP that ends at its limits, or fails,
has lost nothing: what it found on the way counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.joint import JointProgram
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import declared_margin_checks
from bdnnc.solve.protocol import Progress, Solution, SolveOptions, Solver, Stop
from bdnnc.solve.units import solve_in_units
from bdnnc.training.fixing import with_fixed
from bdnnc.training.neighbourhood import Neighbourhood, fixed_columns
from bdnnc.training.outcome import Limits, Watch
from bdnnc.training.proof import CONTINUOUS_GAP, is_enough
from bdnnc.training.reach import is_out_of_reach

Floats = NDArray[np.float64]
T = TypeVar("T", int, float)

SETTLED = (Stop.OPTIMAL, Stop.INFEASIBLE, Stop.TARGET)


@dataclass(frozen=True, slots=True)
class Found:
    """What a sub-MIP came to: whether there is a better network, and whether the solver says that this is all there is."""

    better: bool
    settled: bool


@dataclass(eq=False)
class Improver:
    """``network`` and ``objective`` (of the goal's minimized form): the best so far, None before there is one. ``point``: the
    network whose neighbourhoods are searched, and whether it is ``admissible`` itself. ``bound``: no network is better; where
    the best one meets it, or is within ``limits.gap`` of it, there is nothing left to do."""

    formulation: Formulation
    inputs: tuple[Input, ...]
    solver: Solver
    limits: Limits
    bound: Fraction
    watch: Watch = field(default_factory=Watch)
    network: Network | None = None
    objective: Fraction | None = None
    point: Network | None = None
    admissible: bool = False
    nodes: int = 0

    @cached_property
    def model(self) -> MilpModel:
        """The program's matrix; made once."""
        return lower(self.formulation.program)

    @cached_property
    def joint(self) -> JointProgram | None:
        """What coupled parameters are re-chosen with; made once."""
        return JointProgram(self.formulation, self.model) if self.formulation.coupled else None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do, or no time to do it."""
        if self.is_enough or self.limits.is_late or self.watch.should_stop():
            return True
        return "model" not in self.__dict__ and is_out_of_reach(self.formulation.problem, self.limits)

    @property
    def is_enough(self) -> bool:
        """Whether the best network meets the bound, or is as near to it as was asked for."""
        return is_enough(self.objective, self.bound, self.limits.gap, self.formulation)

    def begin(self, network: Network) -> None:
        """Search around this network from now on. Where it is admissible and better than the best one, it becomes that."""
        own = replace(network, inputs=self.inputs, classes=self.formulation.problem.classes)
        objective = objective_of(own, self.formulation)
        self._move_to(own, objective is not None)
        if objective is not None:
            self._keep(own, objective)

    def improve(self, neighbourhood: Neighbourhood, seconds: float | None = None, seed: int = 0) -> Found:
        """Solve the sub-MIP of a neighbourhood of ``point``, for at most ``seconds``. Raises what the solver raises."""
        assert self.point is not None
        known, x = self.objective, encode(self.point, self.formulation)
        fixed = fixed_columns(neighbourhood, self.point, self.formulation)
        model = with_fixed(self.model, x, fixed, hold=self.admissible)
        if self.limits.is_late:  # the matrix has taken what was left
            return Found(False, False)
        options = self._options(x if self.admissible else None, seconds, seed)
        solution = solve_in_units(self.solver, model, options, self._on_incumbent, self._on_progress)
        self.nodes += solution.nodes
        self._judge(solution)
        return Found(self.objective != known, solution.stop in SETTLED)

    def _options(self, start: Floats | None, seconds: float | None, seed: int) -> SolveOptions:
        """One thread, since others may be at work beside."""
        tolerance = self.formulation.program.tolerance
        return SolveOptions(
            time_limit=least(self.limits.solving, seconds),
            gap=CONTINUOUS_GAP if self.formulation.objective_lattice is None else None,
            node_limit=self.limits.node_limit,
            threads=self.limits.threads or 1,
            seed=(self.limits.seed + seed) % 2**31,
            feasibility_tolerance=tolerance,
            integrality_tolerance=tolerance,
            start=start,
            extra=self.limits.extra,
        )

    def _on_incumbent(self, x: Floats, objective: float) -> bool:
        if self.objective is None or objective < float(self.objective):
            self._take(x, widen=False)
        return self.is_enough or self.watch.should_stop()

    def _judge(self, solution: Solution) -> None:
        if solution.x is not None:
            self._take(solution.x, widen=not self.limits.is_late)

    def _take(self, x: Floats, widen: bool) -> None:
        verdict = accept(x, self.formulation, self.inputs, widen, self.joint, self.limits.patience)
        if isinstance(verdict, Accepted):
            self._keep(verdict.network, verdict.objective)

    def _keep(self, network: Network, objective: Fraction) -> None:
        """One that is as good replaces the best one, which says nothing of it: the search goes on from somewhere else."""
        if self.objective is not None and objective > self.objective:
            return
        is_better = self.objective is None or objective < self.objective
        self.network, self.objective = network, objective
        self._move_to(network, True)
        if is_better:
            sign = sign_of(self.formulation.goal)
            self.watch.on_network(network, sign * objective, sign * min(self.bound, objective))

    def _move_to(self, network: Network, admissible: bool) -> None:
        """The representative of its class that has the widest margins is what the model is most likely to know."""
        self.point, self.admissible = canonicalise(network, self.formulation), admissible

    def _on_progress(self, moment: Progress) -> bool:
        """The bound of a sub-MIP holds in its neighbourhood only and is not told."""
        sign = sign_of(self.formulation.goal)
        shown = None if self.objective is None else sign * float(self.objective)
        bound = self.bound if self.objective is None else min(self.bound, self.objective)
        self.watch.on_progress(replace(moment, incumbent=shown, bound=sign * float(bound)))
        return self.is_enough or self.watch.should_stop()


def objective_of(network: Network, formulation: Formulation) -> Fraction | None:
    """The goal's minimized form at a network, exactly; None where the network breaks a constraint, is worse in an earlier goal
    than its cap allows, or misses a declared margin."""
    problem = formulation.problem
    measured = Measured(network, problem)
    if measured.violated() or not all(check.ok for check in declared_margin_checks(network, formulation)):
        return None
    for goal, cap in zip(problem.goals, formulation.caps, strict=False):
        if sign_of(goal) * measured.goal(goal) > cap:
            return None
    return sign_of(formulation.goal) * measured.goal(formulation.goal)


def least(*limits: T | None) -> T | None:
    """The tightest of some limits; None where there is none."""
    return min((limit for limit in limits if limit is not None), default=None)
