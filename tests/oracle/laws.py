"""The laws that hold a lowering: plain functions that raise AssertionError, so that mutants can be shown to break them."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

import numpy as np

from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.losses import exact_objective
from bdnnc.formulation.passes import run_passes
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import Problem
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.decode import decode
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.evaluate import active_units, preactivations
from bdnnc.network.network import Layer, Network
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Solution, SolveOptions, Stop
from tests.oracle import brute

Passes = Collection[str]


def violation(model: MilpModel, x: np.ndarray) -> float:
    """The largest violation of rows, bounds and integrality."""
    activity = model.A @ x
    parts = [model.row_lower - activity, activity - model.row_upper, model.lower - x, x - model.upper]
    integral = model.integrality == 1
    parts.append(np.abs(x[integral] - np.round(x[integral])))
    return max((float(part.max()) for part in parts if part.size), default=0.0)


def is_of_class(network: Network, formulation: Formulation) -> bool:
    """Whether the network keeps the margins that the formulation states (exact layers lose nothing)."""
    for sums, plan in zip(preactivations(network, formulation.problem.patterns), formulation.plans, strict=True):
        found = plan.thresholds
        if found.exact:
            continue
        shape = sums.numerators.shape
        active, inactive = np.broadcast_to(found.active, shape), np.broadcast_to(found.inactive, shape)
        decided = np.broadcast_to(found.decided, shape)
        a = sums.floats()
        if not ((decided >= 0) | (a >= active - 1e-12) | (a <= -inactive + 1e-12)).all():
            return False
    return True


def law_a(problem: Problem, network: Network, without: Passes = ()) -> None:
    """(a) A network of the class encodes to a feasible point whose objective is the network's loss."""
    formulation = run_passes(formulate(problem), without)
    model = lower(formulation.program)
    for candidate in (network, canonicalise(network, formulation)):
        x = encode(candidate, formulation)
        scale = 1.0 + float(np.abs(x).max())
        assert violation(model, x) <= 1e-9 * scale, "a network of the class is cut off"
        loss = exact_objective(problem, active_units(candidate, problem.patterns)[-1])
        assert abs(float(model.c @ x) - float(loss)) <= 1e-9 * (1 + abs(float(loss))), "the objective is not the loss"


def law_b(problem: Problem, seed: int, without: Passes = (), objectives: int = 3) -> None:
    """(b) What a solver returns decodes to a network whose loss is at most its objective: on random objectives and the true
    one."""
    formulation = run_passes(formulate(problem), without)
    model = lower(formulation.program)
    rng = np.random.default_rng(seed)
    for trial in range(objectives + 1):
        c = model.c if trial == objectives else rng.integers(-3, 4, size=len(model.c)).astype(float)
        points: list[np.ndarray] = []
        solution = solve(_with_costs(model, c), formulation, points)
        if solution.stop is Stop.INFEASIBLE:
            continue
        assert solution.x is not None
        for x in [*points, solution.x]:
            _check_point(x, model, formulation)


def _check_point(x: np.ndarray, model: MilpModel, formulation: Formulation) -> None:
    claimed = float(model.c @ x)
    network = decode(x, formulation)
    loss = exact_objective(formulation.problem, active_units(network, formulation.problem.patterns)[-1])
    if not any(_rests_on_acceptance(plan) for plan in formulation.plans):
        assert float(loss) <= claimed + 1e-6 * (1 + abs(claimed)), "a feasible point claims less than its network loses"
    _check_domains(network, formulation)
    accepted = accept(x, formulation)
    assert isinstance(accepted, Accepted), f"a feasible point was rejected: {accepted}"
    assert float(accepted.objective) <= claimed + 1e-6 * (1 + abs(claimed))
    _check_domains(accepted.network, formulation)


def _rests_on_acceptance(plan: LayerPlan) -> bool:
    """Whether a layer's active side is 0 though its weights are real, so that a solver's point may lie a hair below."""
    return not plan.thresholds.exact and bool((plan.thresholds.active == 0).any())


def _check_domains(network: Network, formulation: Formulation) -> None:
    for layer, plan in zip(network.layers, formulation.plans, strict=True):
        assert all(plan.layer.domain.contains(w) for w in layer.weights[plan.layer.free]), "a weight is outside its set"
        assert (layer.weights[~plan.layer.free] == plan.layer.constant[~plan.layer.free]).all()
        if plan.thresholds.bias.kind == "none":
            assert all(b == 0 for b in layer.bias)
        else:
            domains = plan.thresholds.bias.domains
            every = domains * plan.layer.units if plan.thresholds.bias.kind == "shared" else domains
            assert all(d.contains(b) for d, b in zip(every, layer.bias, strict=True)), "a bias is outside its set"


def law_optimum(problem: Problem, without: Passes = ()) -> None:
    """(c) The model's optimum is the enumerated one."""
    formulation = run_passes(formulate(problem), without)
    solution = solve(lower(formulation.program), formulation)
    margins = {
        plan.layer.name: _chosen_sides(plan.thresholds.width, place, formulation)
        for place, plan in enumerate(formulation.plans)
        if isinstance(plan.layer.domain, RealDomain)
    }
    by_class = problem.loss == "zero_one" and problem.output_units > 1
    expected = brute.optimum(problem, margins, wrong_is_free=by_class or "one_direction" not in without)
    assert solution.stop is Stop.OPTIMAL, solution.message
    assert solution.objective is not None
    assert abs(solution.objective - float(expected)) <= 1e-6, f"optimum {solution.objective}, enumeration says {expected}"


def _chosen_sides(width: Fraction, place: int, formulation: Formulation) -> tuple[float, float]:
    """(t+, t-) of a layer with a chosen margin: both half of it, or (0, all) on step units without a continuous bias."""
    if formulation.plans[place].thresholds.exact:  # no real weight has any influence: a strict inequality is all
        return 0.0, 1e-6
    rule = formulation.plans[place].layer.bias
    discrete = rule.kind == "none" or (rule.domain is not None and not isinstance(rule.domain, RealDomain))
    if place and formulation.plans[place - 1].layer.unit == "step" and discrete:
        return 0.0, float(width)
    return float(width) / 2, float(width) / 2


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
        Layer(p.name, p.unit, w, np.array(b, dtype=object), p.absent)
        for p, w, b in zip(problem.layers, weights, biases, strict=True)
    )
    return Network((), layers, problem.classes)
