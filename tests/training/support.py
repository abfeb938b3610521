"""Training runs on problems built by hand, solvers that lie, and what may never come out of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.ir.problem import Problem
from bdnnc.milp.model import MilpModel
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Solution, SolveOptions, Stop
from bdnnc.training.exact import solve_exactly
from bdnnc.training.goals import train_goals
from bdnnc.training.outcome import Limits, Outcome, StageOutcome, Watch
from bdnnc.training.work import Means, Method


class FakeSolver:
    """HiGHS, with its points changed before they are handed on."""

    name = "fake"
    features = frozenset({"milp"})

    def __init__(self, change: Callable[[np.ndarray, MilpModel], np.ndarray], claim: float | None = None) -> None:
        self.change = change
        self.claim = claim
        self.calls = 0

    def version(self) -> str:
        return "0"

    def check_options(self, options: object) -> list[tuple[str, str]]:
        return []

    def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
        self.calls += 1
        found = HighsSolver(isolated=False).solve(model, replace(options, start=None))
        if found.x is None:
            return found
        x = self.change(found.x.copy(), model)
        if on_incumbent is not None:
            on_incumbent(x, float(model.c @ x))
        claim = float(model.c @ x) if self.claim is None else self.claim
        return replace(found, x=x, objective=claim, bound=claim, stop=Stop.OPTIMAL)


class Observed(HighsSolver):
    """HiGHS in this process, with what it was asked."""

    def __init__(self) -> None:
        super().__init__(isolated=False)
        self.asked: list[tuple[MilpModel, SolveOptions]] = []

    def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
        self.asked.append((model, options))
        return super().solve(model, options, on_incumbent, on_progress)


@dataclass
class Told:
    """What a watch was told: ``stages`` are the outcomes at the beginning of each goal, ``networks`` (stage, network, value,
    bound), ``progress`` (stage, incumbent, bound)."""

    stages: list[tuple[StageOutcome, ...]] = field(default_factory=list)
    networks: list[tuple[int, Network, Fraction, Fraction]] = field(default_factory=list)
    progress: list[tuple[int, float | None, float | None]] = field(default_factory=list)

    def watch(self, should_stop: Callable[[], bool] = lambda: False) -> Watch:
        return Watch(
            self.stages.append,
            lambda network, value, bound: self.networks.append((len(self.stages) - 1, network, value, bound)),
            lambda moment: self.progress.append((len(self.stages) - 1, moment.incumbent, moment.bound)),
            should_stop,
        )


def formulated(of: Problem, stage: int = 0, reached: tuple[Fraction, ...] = ()) -> Formulation:
    return run_passes(formulate(of, stage=stage, reached=reached))


def run(
    of: Problem,
    solver: object | None = None,
    limits: Limits | None = None,
    start: Network | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    method: Method = solve_exactly,
    searches: bool = False,
) -> tuple[Outcome, Told]:
    """A run over all goals, in which nothing false was told or returned. ``searches``: whether a search begins it."""
    told = Told()
    solving = solver or HighsSolver(isolated=False)
    settled = limits or Limits(time_limit=60, threads=1)
    means = Means((), solving, settled, told.watch(should_stop), searches=searches)  # type: ignore[arg-type]
    outcome = train_goals(
        method, lambda stage, reached: formulated(of, stage, reached), len(of.goals), means, () if start is None else (start,)
    )
    assert_nothing_false(of, outcome, told)
    return outcome, told


def assert_nothing_false(of: Problem, outcome: Outcome, told: Told) -> None:
    """Every network that was told or returned is of the class, keeps the constraints and has the value that was told of it;
    no bound lies on the wrong side of its value, and `optimal` means that they meet."""
    checks = planned_checks(formulated(of))
    for stage, network, value, bound in told.networks:
        measured = Measured(network, of)
        assert measured.goal(of.goals[stage]) == value
        assert measured.violated() == ()
        assert all(check.ok for check in checks(network))
        assert (value - bound) * sign(of, stage) >= 0
    for stage, found in enumerate(outcome.stages):
        if found.network is None or found.value is None:
            continue
        assert Measured(found.network, of).goal(of.goals[stage]) == found.value
        gap = (found.value - found.bound) * sign(of, stage)
        assert gap >= 0
        if found.status == "optimal":
            assert gap <= Fraction(1, 10**6) * max(1, abs(found.value))
    if outcome.network is not None:
        assert Measured(outcome.network, of).violated() == ()


def sign(of: Problem, stage: int) -> int:
    return 1 if of.goals[stage].sense == "minimize" else -1
