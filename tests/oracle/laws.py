"""The laws that hold a lowering: plain functions that raise AssertionError, so that mutants can be shown to break them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.problem import Problem
from bdnnc.ir.program import Program
from bdnnc.ir.verify import verify
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.decode import decode
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.evaluate import preactivations
from bdnnc.network.joint import JointProgram
from bdnnc.network.measure import Measured
from bdnnc.network.network import Layer, Network
from bdnnc.network.planned import planned_checks
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Solution, SolveOptions, Stop
from tests.oracle.classes import enumerated, is_simple, loses_margins

Passes = Collection[str]

LATER_ROOM = 1e-4
"""What a later goal may gain from the room that earlier goals without a lattice are given (1e-6)."""


def violation(model: MilpModel, x: np.ndarray) -> float:
    """The largest violation of rows, bounds and integrality."""
    activity = model.A @ x
    parts = [model.row_lower - activity, activity - model.row_upper, model.lower - x, x - model.upper]
    integral = model.integrality == 1
    parts.append(np.abs(x[integral] - np.round(x[integral])))
    return max((float(part.max()) for part in parts if part.size), default=0.0)


def is_of_class(network: Network, formulation: Formulation) -> bool:
    """Whether the network keeps the margins and automatic bias ranges that the formulation states (exact layers lose nothing),
    and every constraint."""
    if Measured(network, formulation.problem).violated():
        return False
    if not all(check.ok for check in planned_checks(formulation)(network) if ".bias" in check.name):
        return False
    for sums, plan in zip(preactivations(network, formulation.problem.patterns), formulation.plans, strict=True):
        found = plan.thresholds
        if found.exact:
            continue
        shape = sums.numerators.shape
        a = sums.floats()
        if plan.layer.unit == "linear" and plan.layer.units > 1:
            if not _leads(a, np.broadcast_to(found.active, shape)[:, :1]):
                return False
            continue
        active, inactive = np.broadcast_to(found.active, shape), np.broadcast_to(found.inactive, shape)
        decided = np.broadcast_to(found.decided, shape)
        if not ((decided >= 0) | (a >= active - 1e-12) | (a <= -inactive + 1e-12)).all():
            return False
    return True


def _leads(scores: np.ndarray, gap: np.ndarray) -> bool:
    """Whether any two scores of a row are equal or apart by the gap."""
    apart = np.abs(scores[:, :, None] - scores[:, None, :])
    return bool(((apart == 0) | (apart >= gap[:, :, None] - 1e-12)).all())


def verified(problem: Problem, stage: int, reached: Sequence[Fraction], without: Passes = ()) -> Formulation:
    """The formulation of a goal; its program is verified before the passes, and after each."""
    formulation = formulate(problem, stage=stage, reached=reached)
    _verify(formulation.program)
    return run_passes(formulation, without, lambda name, seconds, program: _verify(program))


def _verify(program: Program) -> None:
    try:
        verify(program)
    except InternalError as broken:
        raise AssertionError(str(broken)) from broken


def stages(problem: Problem, network: Network, without: Passes = ()) -> Iterator[Formulation]:
    """The formulation of every goal, where the goals before it have the values of the network."""
    measured = Measured(network, problem)
    reached = [measured.goal(goal) for goal in problem.goals]
    for stage in range(len(problem.goals)):
        yield verified(problem, stage, reached[:stage], without)


def law_a(problem: Problem, network: Network, without: Passes = ()) -> None:
    """(a) A network of the class encodes to a feasible point whose objective is the goal's value, goal by goal."""
    for formulation in stages(problem, network, without):
        model = lower(formulation.program)
        for candidate in (network, canonicalise(network, formulation)):
            x = encode(candidate, formulation)
            scale = 1.0 + float(np.abs(x).max())
            assert violation(model, x) <= 1e-9 * scale, "a network of the class is cut off"
            value = value_of(candidate, formulation)
            assert abs(float(model.c @ x) - float(value)) <= 1e-9 * (1 + abs(float(value))), "the objective is not the goal"


def value_of(network: Network, formulation: Formulation) -> Fraction:
    """The goal's value, in its minimized form."""
    return sign_of(formulation.goal) * Measured(network, formulation.problem).goal(formulation.goal)


def law_b(problem: Problem, seed: int, without: Passes = (), objectives: int = 3) -> None:
    """(b) What a solver returns decodes to a network that is no worse than its objective says and keeps every constraint: on
    random objectives and the true one, goal by goal, each under the optimum of the goals before."""
    rng = np.random.default_rng(seed)
    reached: list[Fraction] = []
    for stage in range(len(problem.goals)):
        formulation = verified(problem, stage, reached, without)
        model = lower(formulation.program)
        joint = JointProgram.of(formulation) if formulation.coupled else None
        best: Accepted | None = None
        for trial in range(objectives + 1):
            c = model.c if trial == objectives else rng.integers(-3, 4, size=len(model.c)).astype(float)
            points: list[np.ndarray] = []
            solution = solve(_with_costs(model, c), formulation, points)
            if solution.stop is Stop.INFEASIBLE:
                exact = all(plan.thresholds.exact for plan in formulation.plans)
                assert stage == 0 or not exact, "the network of an earlier goal was lost"
                return  # with a chosen margin it may have been better than its class, and out of reach for this one
            assert solution.x is not None
            for x in [*points, solution.x]:
                best = _check_point(x, model, formulation, joint)
        assert best is not None
        reached.append(sign_of(formulation.goal) * best.objective)


def _check_point(x: np.ndarray, model: MilpModel, formulation: Formulation, joint: JointProgram | None) -> Accepted:
    claimed = float(model.c @ x)
    if not formulation.coupled:
        network = decode(x, formulation)
        if not any(_rests_on_acceptance(plan) for plan in formulation.plans):
            value = float(value_of(network, formulation))
            assert value <= claimed + 1e-6 * (1 + abs(claimed)), "a feasible point claims less than its network loses"
        _check_domains(network, formulation, declared_margins=False)  # its floats may miss one by a hair
    accepted = accept(x, formulation, joint=joint)
    assert isinstance(accepted, Accepted), f"a feasible point was rejected: {accepted}"
    assert float(accepted.objective) <= claimed + 1e-6 * (1 + abs(claimed))
    assert Measured(accepted.network, formulation.problem).violated() == ()
    _check_domains(accepted.network, formulation)
    return accepted


def _rests_on_acceptance(plan: LayerPlan) -> bool:
    """Whether a layer's active side is 0 though its weights are real, so that a solver's point may lie a hair below."""
    return not plan.thresholds.exact and bool((plan.thresholds.active == 0).any())


def _check_domains(network: Network, formulation: Formulation, declared_margins: bool = True) -> None:
    for check in planned_checks(formulation)(network):
        told = f"{check.name} is {check.claimed}, not {check.recomputed}"
        assert check.ok or (not declared_margins and "from 0 on every point" in told), told
    for layer, plan in zip(network.layers, formulation.plans, strict=True):
        present = plan.layer.free & ~layer.absent
        assert all(plan.layer.domain.contains(w) for w in layer.weights[present]), "a weight is outside its set"
        assert (layer.weights[layer.absent] == 0).all()
        assert plan.layer.sparse or (layer.absent == plan.layer.absent).all()


def law_optimum(problem: Problem, without: Passes = ()) -> None:
    """(c) The models' optima, goal by goal, are the enumerated ones.

    Where `one_direction` makes the class larger and more than a loss is asked, the pass is left out: which bits need their
    margin then depends on the goal.
    """
    if loses_margins(problem) and not is_simple(problem):
        without = {*without, "one_direction"}
    reached: list[Fraction] = []
    expected = enumerated(problem, without)
    for stage, goal in enumerate(problem.goals):
        formulation = verified(problem, stage, reached, without)
        solution = solve(lower(formulation.program), formulation)
        if expected is None:
            assert solution.stop is Stop.INFEASIBLE, "enumeration finds no network"
            return
        assert solution.stop is Stop.OPTIMAL, f"{solution.stop} {solution.message}"
        assert solution.objective is not None
        value, wanted = sign_of(goal) * solution.objective, float(expected[stage])
        exact = expected[stage]
        room = LATER_ROOM if stage and not isinstance(exact, Fraction) else 1e-6
        assert abs(value - wanted) <= room * max(1.0, abs(wanted)), f"optimum {value}, enumeration says {wanted}"
        reached.append(exact if isinstance(exact, Fraction) else Fraction(exact))


def solve(model: MilpModel, formulation: Formulation, incumbents: list[np.ndarray] | None = None) -> Solution:
    tolerance = formulation.program.tolerance
    options = SolveOptions(time_limit=60, threads=1, feasibility_tolerance=tolerance, integrality_tolerance=tolerance)

    def keep(x: np.ndarray, objective: float) -> bool:
        if incumbents is not None:
            incumbents.append(x.copy())
        return False

    return HighsSolver(isolated=False).solve(model, options, keep)


def _with_costs(model: MilpModel, c: np.ndarray) -> MilpModel:
    from dataclasses import replace

    return replace(model, c=c, objective_step=0.0)


def network_of(problem: Problem, weights: list[np.ndarray], biases: list[list[Fraction]]) -> Network:
    layers = tuple(
        Layer(
            p.name,
            p.unit,
            w,
            np.array(b, dtype=object),
            p.absent | (p.free & (w == 0)) if p.sparse else p.absent,
            height=p.height,
        )
        for p, w, b in zip(problem.layers, weights, biases, strict=True)
    )
    return Network((), layers, problem.classes)
