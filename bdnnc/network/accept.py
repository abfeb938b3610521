"""Acceptance: no solution is called a network before this has said so.

The binaries of a solution are rounded and fixed; layer by layer the real parameters are then re-chosen so that the smallest
margin is as wide as it can be, written down as short decimals, and checked in exact rationals against the activations that the
solution claims. What cannot be had gives a conflict: activations that no network of the class has together.
(docs/formulations.md, *Acceptance*.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import exact_objective
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.program import Clause, Key
from bdnnc.network.decode import Claim, decoded_layer, exact_sums, read_claim
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.margin_lp import MarginProblem, WidestMargin, widest_margin
from bdnnc.network.network import Layer, Network

Floats = NDArray[np.float64]

NOTHING = 1e-9  # a margin below this is none: what the LP can't tell from 0


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """A network that does, exactly, at least what the solution claimed. ``objective`` is recomputed from it."""

    network: Network
    objective: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Rejected:
    """``clause`` excludes the reason from the next solve, if it can be said in binaries. Only if ``proved`` does it leave every
    network of the class in place; else tolerances should be tightened first."""

    reason: str
    clause: Clause | None = None
    proved: bool = False


class _Conflict(Exception):  # noqa: N818 - what is found, not an error of anybody
    def __init__(self, reason: str, clause: Clause | None = None, proved: bool = False) -> None:
        super().__init__(reason)
        self.clause, self.proved = clause, proved


def accept(vector: Floats, formulation: Formulation, inputs: tuple[Input, ...] = (), widen: bool = True) -> Accepted | Rejected:
    """The network of a solver's vector, re-chosen and checked exactly, or why there is none.

    Without ``widen`` real parameters are taken at their word where they do what is claimed, which is cheaper than widening.
    """
    if not np.isfinite(vector).all():
        return Rejected("the solver returned values that are no numbers")
    claim = read_claim(vector, formulation)
    below = formulation.problem.patterns
    layers: list[Layer] = []
    active: NDArray[np.bool_] = np.zeros((0, 0), dtype=np.bool_)
    try:
        for plan, required in zip(formulation.plans, claim.required, strict=True):
            layer = _layer(plan, claim, required, below, formulation, widen)
            active = layer_activity(layer, below)
            _check_activity(plan, layer, active, required, below)
            layers.append(layer)
            below = layer_output(layer, active)
    except _Conflict as conflict:
        return Rejected(str(conflict), conflict.clause, conflict.proved)
    return Accepted(Network(inputs, tuple(layers), formulation.problem.classes), exact_objective(formulation.problem, active))


def _layer(
    plan: LayerPlan, claim: Claim, required: NDArray[np.int8], below: ExactMatrix, formulation: Formulation, widen: bool
) -> Layer:
    """One layer: finite parameters as claimed, real ones by the margin LP."""
    layer = decoded_layer(plan, claim, required, below)
    if plan.thresholds.exact:  # sums on a lattice: what was rounded is already exact
        return layer
    units = range(plan.layer.units)
    groups = [list(units)] if plan.thresholds.bias.kind == "shared" else [[i] for i in units]
    if not widen and _is_true(plan, layer, required, below):
        return layer
    X = below.floats()
    for group in groups:
        layer = _widened(layer, plan, group, required, X, below, formulation, claim)
    return layer


def _is_true(plan: LayerPlan, layer: Layer, required: NDArray[np.int8], below: ExactMatrix) -> bool:
    """Whether the layer, as it was decoded, does what the solution claims of it."""
    try:
        _check_activity(plan, layer, layer_activity(layer, below), required, below)
    except _Conflict:
        return False
    return True


def _widened(
    layer: Layer,
    plan: LayerPlan,
    group: list[int],
    required: NDArray[np.int8],
    X: Floats,
    below: ExactMatrix,
    formulation: Formulation,
    claim: Claim,
) -> Layer:
    """The layer with the parameters of some units at their widest margin; raises _Conflict where the class has no such
    units."""
    needed = plan.layer.margin / 2 if isinstance(plan.layer.margin, Fraction) else Fraction(0)
    movable = np.where(_movable(plan, group, below), required[:, group], 0).astype(np.int8)
    if not movable.any():
        return layer
    problem = _margin_problem(layer, plan, group, movable, X, relax_bias=False)
    found = widest_margin(problem)
    if found is not None and plan.thresholds.one_sided and found.delta <= NOTHING:
        found = widest_margin(replace(problem, active_at_zero=True))
    if found is not None and found.delta > 0 and found.delta >= float(needed) * (1 - 1e-9):
        settled = _short_decimals(layer, plan, group, movable, found, below, needed)
        if settled is not None:
            return settled
    raise _Conflict(
        f"no network was found that has the claimed activations of layer `{layer.name}`",
        *_clause(layer, plan, group, movable, X, formulation, claim, float(needed)),
    )


def _margin_problem(
    layer: Layer, plan: LayerPlan, group: list[int], required: NDArray[np.int8], X: Floats, relax_bias: bool
) -> MarginProblem:
    """The LP of some units. A bias from a finite set is fixed as claimed, or, with ``relax_bias``, free within the set's
    hull."""
    real = isinstance(plan.layer.domain, RealDomain)
    free = plan.layer.free[group] if real else np.zeros_like(plan.layer.free[group])
    fixed = layer.weights[group].astype(np.float64)
    fixed[free] = 0.0
    domains = plan.thresholds.bias.domains
    bias: Floats | None = None
    if domains:
        members = [0] if plan.thresholds.bias.kind == "shared" else group
        if relax_bias or isinstance(domains[0], RealDomain):
            bias = np.array([[float(domains[i].lower), float(domains[i].upper)] for i in members])
        else:
            bias = np.array([[float(layer.bias[i])] * 2 for i in members])
    return MarginProblem(X, X @ fixed.T, required, free, float(plan.layer.domain.lower), float(plan.layer.domain.upper), bias)


def _short_decimals(
    layer: Layer,
    plan: LayerPlan,
    group: list[int],
    movable: NDArray[np.int8],
    found: WidestMargin,
    below: ExactMatrix,
    needed: Fraction,
) -> Layer | None:
    """The LP's parameters with as few decimals as keep every activation and half of the margin; None if no rounding keeps
    them."""
    for keep in (max(needed, Fraction(found.delta) / 2), needed):
        for digits in (*range(2, 18), None):
            candidate = _rounded(layer, plan, group, found, digits)
            if _keeps(candidate, group, movable, below, keep, plan.thresholds.one_sided):
                return candidate
    return None


def _rounded(layer: Layer, plan: LayerPlan, group: list[int], found: WidestMargin, digits: int | None) -> Layer:
    weights, bias = layer.weights.copy(), layer.bias.copy()
    domain = plan.layer.domain
    for place, unit in enumerate(group):
        if isinstance(domain, RealDomain):
            for j in np.flatnonzero(plan.layer.free[unit]):
                weights[unit, j] = _within(domain, found.weights[place, j], digits)
        bias_domains = plan.thresholds.bias.domains
        if bias_domains:
            of_unit = bias_domains[0 if plan.thresholds.bias.kind == "shared" else unit]
            if isinstance(of_unit, RealDomain):
                bias[unit] = _within(of_unit, found.bias[place], digits)
    return replace(layer, weights=weights, bias=bias)


def _within(domain: RealDomain, value: float, digits: int | None) -> Fraction:
    exact = Fraction(float(value))
    rounded = exact if digits is None else round(exact, digits)
    return min(max(rounded, domain.lower), domain.upper)


def _keeps(
    layer: Layer, group: list[int], movable: NDArray[np.int8], below: ExactMatrix, keep: Fraction, one_sided: bool
) -> bool:
    """Whether, exactly, every required pre-activation is on its side of 0 by at least ``keep``; active ones may be 0 in a
    one-sided layer, and where nothing is to be kept. ``movable``: (patterns, units of the group), +1, -1, or 0 where free."""
    part = Layer(layer.name, layer.unit, layer.weights[group], layer.bias[group], layer.absent[group])
    sums = exact_sums(part, below)
    for place, denominator in enumerate(sums.denominators):
        active, inactive = (sums.numerators[movable[:, place] == side, place] for side in (1, -1))
        if len(active) and Fraction(int(active.min()), denominator) < (0 if one_sided else keep):
            return False
        if len(inactive):
            nearest = -Fraction(int(inactive.max()), denominator)
            if nearest <= 0 or nearest < keep:
                return False
    return True


def _movable(plan: LayerPlan, group: list[int], below: ExactMatrix) -> NDArray[np.bool_]:
    domains = plan.thresholds.bias.domains
    if domains and isinstance(domains[0], RealDomain):
        return np.ones((below.shape[0], len(group)), dtype=np.bool_)
    nonzero = below.numerators != 0
    return (nonzero.astype(np.int64) @ plan.layer.free[group].T.astype(np.int64)) > 0


def _check_activity(
    plan: LayerPlan, layer: Layer, active: NDArray[np.bool_], required: NDArray[np.int8], below: ExactMatrix
) -> None:
    """Raise _Conflict where the network does not do what the solution claims, or not with the margin that the file demands."""
    wrong = (required != 0) & (active != (required > 0))
    if wrong.any():
        raise _Conflict(f"{int(wrong.sum())} activations of layer `{layer.name}` are not what the solver claimed")
    if isinstance(plan.layer.margin, Fraction):
        sums = exact_sums(layer, below)
        for unit, denominator in enumerate(sums.denominators):
            rows = required[:, unit] != 0
            nearest = Fraction(int(np.abs(sums.numerators[rows, unit]).min()), denominator) if rows.any() else None
            if nearest is not None and nearest < plan.layer.margin / 2:
                raise _Conflict(f"layer `{layer.name}` misses its declared margin")


def _clause(
    layer: Layer,
    plan: LayerPlan,
    group: list[int],
    movable: NDArray[np.int8],
    X: Floats,
    formulation: Formulation,
    claim: Claim,
    needed: float,
) -> tuple[Clause | None, bool]:
    """The conflict of the rows that prove the margin too small, with any bias of the class, and True; where they don't prove
    it, the conflict of all rows and False. No clause where finite weights are part of it: integers have no literal."""
    if not isinstance(plan.layer.domain, RealDomain) and plan.layer.free.any():
        return None, False
    problem = _margin_problem(layer, plan, group, movable, X, relax_bias=True)
    found = widest_margin(replace(problem, active_at_zero=plan.thresholds.one_sided))
    proved = found is not None and found.delta < (needed * (1 - 1e-6) if needed > 0 else NOTHING)
    patterns, places = (found.patterns, found.units) if found is not None and proved else np.nonzero(movable)
    return _literals(plan, patterns, np.array(group)[places], movable[patterns, places], formulation, claim), proved


def _literals(
    plan: LayerPlan,
    patterns: NDArray[np.int64],
    units: NDArray[np.int64],
    side: NDArray[np.int8],
    formulation: Formulation,
    claim: Claim,
) -> Clause:
    """The binaries that the rows (patterns, units) rest on: their own activity, and all activity below on these patterns."""
    name = plan.layer.name
    ones: list[tuple[Key, NDArray[np.int64]]] = []
    zeros: list[tuple[Key, NDArray[np.int64]]] = []
    if ("u", name) in claim.blocks:
        flat = patterns * plan.layer.units + units
        on = side > 0
        ones.append((("u", name), np.unique(flat[on])))
        zeros.append((("u", name), np.unique(flat[~on])))
    else:
        holders, _ = np.nonzero(formulation.problem.counts)
        right = (claim.blocks["e", name] < 0.5) & np.isin(holders, patterns)
        zeros.append((("e", name), np.flatnonzero(right)))
    place = next(i for i, other in enumerate(formulation.plans) if other is plan)
    if place:
        lower = formulation.plans[place - 1].layer
        touched = np.unique(patterns)
        flat = (touched[:, None] * lower.units + np.arange(lower.units)).ravel()
        on = claim.blocks["u", lower.name][flat] > 0.5
        ones.append((("u", lower.name), flat[on]))
        zeros.append((("u", lower.name), flat[~on]))
    return Clause(tuple(ones), tuple(zeros))
