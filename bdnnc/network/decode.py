"""Vector -> network: parameters as exact rationals, and what the vector says each unit does on each pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import wanted
from bdnnc.formulation.mentions import asks_for_nominal
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import BitsDomain, LatticeDomain, ListDomain, ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Key
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.rounding import Rounding, drawn_into, rounded_into, shortest
from bdnnc.network.sums import exact_sums
from bdnnc.network.worst_activity import WorstActivity

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """What a vector says: its blocks, and the required activity of each layer, (patterns, units): 1 active, -1 not, 0 open.
    ``kept``: (patterns,), those that have to keep their first-layer pattern over their set."""

    blocks: dict[Key, Floats]
    required: tuple[NDArray[np.int8], ...]
    kept: NDArray[np.bool_]


def read_claim(vector: Floats, formulation: Formulation) -> Claim:
    """Split a vector into blocks and round its binaries."""
    blocks: dict[Key, Floats] = {}
    place = 0
    for variable in formulation.program.variables:
        blocks[variable.key] = vector[place : place + variable.size]
        place += variable.size
    kept = _kept(blocks, formulation)
    required = [_required(plan, blocks, formulation) for plan in formulation.plans]
    if formulation.problem.is_soft and not asks_for_nominal(formulation.problem):
        for activity in required:  # what the binaries say of a point that is given up, nothing stands behind
            activity[~kept] = 0
    if not _scenarios_have_margins(formulation):
        for activity in required:  # at the boundary either activity will do, so that what is said of one need not be true
            activity[formulation.problem.points :] = 0
    return Claim(blocks, tuple(required), kept)


def _scenarios_have_margins(formulation: Formulation) -> bool:
    return not any(((plan.thresholds.active + plan.thresholds.inactive) == 0).any() for plan in formulation.plans)


def _kept(blocks: dict[Key, Floats], formulation: Formulation) -> NDArray[np.bool_]:
    problem = formulation.problem
    if not problem.is_soft:
        return np.full(problem.patterns.shape[0], problem.keeps_patterns)
    patterns, _ = np.nonzero(problem.counts)
    given_up = blocks.get(("c", problem.layers[-1].name))  # not there as long as no goal asks for worst cases
    sure = np.zeros(len(patterns), dtype=np.bool_) if given_up is None else given_up < 0.5
    return np.bincount(patterns[sure], minlength=problem.patterns.shape[0]) > 0


def _required(plan: LayerPlan, blocks: dict[Key, Floats], formulation: Formulation) -> NDArray[np.int8]:
    name = plan.layer.name
    shape = (formulation.problem.patterns.shape[0], plan.layer.units)
    required = np.zeros(shape, dtype=np.int8)
    if plan.layer.unit == "linear":
        return required
    if ("u", name) in blocks:
        claimed = np.where(blocks["u", name] > 0.5, 1, -1).astype(np.int8)
        if plan is formulation.plans[-1]:
            claimed[~_backed(name, claimed, formulation)] = 0
        required = claimed.reshape(shape)
    for symbol in ("e", "c"):
        if (symbol, name) in blocks:
            patterns, classes = np.nonzero(formulation.problem.counts)
            right = blocks[symbol, name] < 0.5
            required[patterns[right]] = 2 * wanted(formulation.problem)[classes[right]] - 1
    return required


def _backed(output: str, claimed: NDArray[np.int8], formulation: Formulation) -> NDArray[np.bool_]:
    """Which output binaries have a row behind their value. Others were paid for, or hold whatever the parameters are."""
    backed = np.zeros(len(claimed), dtype=np.bool_)
    for rule in formulation.program.implications:
        if rule.trigger == ("u", output):
            backed[rule.literal] |= claimed[rule.literal] == (1 if rule.value == 1 else -1)
    return backed


def decode(vector: Floats, formulation: Formulation, inputs: tuple[Input, ...] = ()) -> Network:
    """The network that a vector describes, taken at its word: real parameters as the shortest decimals of their floats, finite
    ones as the nearest member, a continuous bias on a lattice of sums as the middle of its feasible range.

    Whether it does what the vector claims is for `accept` to say.
    """
    claim = read_claim(vector, formulation)
    below = formulation.problem.patterns
    layers: list[Layer] = []
    for plan, required in zip(formulation.plans, claim.required, strict=True):
        layer = decoded_layer(plan, claim, required, below)
        layers.append(layer)
        if layer.unit != "linear":
            below = layer_output(layer, layer_activity(layer, below))
    return Network(inputs, tuple(layers), formulation.problem.classes)


def decoded_layer(
    plan: LayerPlan, claim: Claim, required: NDArray[np.int8], below: ExactMatrix, rounding: Rounding = shortest
) -> Layer:
    """One layer of a claim, given the exact outputs of the layer below on the patterns. In a sparse layer a free weight of 0 is
    an absent connection. ``rounding``: how real parameters are written down."""
    layer = plan.layer
    weights = layer.constant.copy()
    if layer.free.any():
        weights[layer.free] = _free_weights(plan, claim, rounding)
    found = Layer(
        name=layer.name,
        unit=layer.unit,
        weights=weights,
        bias=np.full(layer.units, Fraction(0), dtype=object),
        absent=layer.absent_at(weights),
        margin=plan.margin,
        height=layer.height,
    )
    return replace(found, bias=_biases(plan, claim, found, required, below, rounding))


def _free_weights(plan: LayerPlan, claim: Claim, rounding: Rounding) -> list[Fraction]:
    layer = plan.layer
    floats = claim.blocks["w", layer.name]
    if isinstance(layer.domain, ScaledDomain):
        return scaled_weights(plan, claim, [rounding(value) for value in claim.blocks["g", layer.name]])
    found = [nearest_member(layer.domain, value, rounding) for value in floats]
    if layer.sparse:
        present = claim.blocks["z", layer.name] > 0.5
        return [value if there else Fraction(0) for value, there in zip(found, present.tolist(), strict=True)]
    return found


def scaled_weights(plan: LayerPlan, claim: Claim, scales: Sequence[Fraction]) -> list[Fraction]:
    """The free weights of a scaled layer: the chosen members times the scales, which are drawn into their interval."""
    layer, domain = plan.layer, plan.layer.domain
    assert isinstance(domain, ScaledDomain)
    chosen = claim.blocks["q", layer.name].reshape(-1, len(domain.base))
    members, absent = chosen.argmax(axis=1).tolist(), (chosen.max(axis=1) < 0.5).tolist()
    within = [drawn_into(scale, domain.least, domain.most) for scale in scales]
    units = np.nonzero(layer.free)[0].tolist()
    return [
        Fraction(0) if gone and layer.sparse else within[i] * domain.base[k]
        for i, k, gone in zip(units, members, absent, strict=True)
    ]


def nearest_member(domain: ParameterDomain, value: float, rounding: Rounding = shortest) -> Fraction:
    """The member of a domain nearest to a float. Raises InternalError for a scaled set, whose members need a scale."""
    match domain:
        case RealDomain():
            return rounded_into(domain, value, rounding)
        case LatticeDomain():
            return _lattice_member(domain, value)
        case BitsDomain() | ListDomain():
            return min(domain.values, key=lambda member: abs(float(member) - value))
        case ScaledDomain():
            raise InternalError("a scaled weight is a member times a scale")


def _lattice_member(domain: LatticeDomain, value: float) -> Fraction:
    place = min(max(round((Fraction(float(value)) - domain.origin) / domain.step), 0), domain.count)
    return domain.origin + domain.step * place


def _biases(
    plan: LayerPlan,
    claim: Claim,
    layer: Layer,
    required: NDArray[np.int8],
    below: ExactMatrix,
    rounding: Rounding,
) -> FractionArray:
    bias = plan.thresholds.bias
    if bias.kind == "none":
        return layer.bias
    if bias.kind == "fixed":
        return np.array([domain.lower for domain in bias.domains], dtype=object)
    claimed = claim.blocks["b", layer.name]
    found = [nearest_member(domain, value, rounding) for domain, value in zip(bias.domains, claimed, strict=True)]
    if any(lattice is not None for lattice in bias.lattices):
        lowest, highest = _extremes(plan, claim, layer, below)
        groups = [range(plan.layer.units)] if bias.kind == "shared" else [range(i, i + 1) for i in range(plan.layer.units)]
        for place, (domain, group) in enumerate(zip(bias.domains, groups, strict=True)):
            middle = middle_bias(lowest, highest, required, group, domain)
            found[place] = found[place] if middle is None else middle
    repeated = found * plan.layer.units if bias.kind == "shared" else found
    return np.array(repeated, dtype=object)


def _extremes(plan: LayerPlan, claim: Claim, layer: Layer, below: ExactMatrix) -> tuple[ExactMatrix, ExactMatrix]:
    """The exact pre-activations of a layer with bias 0, at the lowest and at the highest of each point's set where it has to
    keep its pattern."""
    if not plan.moves:
        sums = exact_sums(layer, below)
        return sums, sums
    worst = WorstActivity.of(layer, below, plan.moves, claim.kept)
    return worst.lowest, worst.highest


def middle_bias(
    lowest: ExactMatrix, highest: ExactMatrix, required: NDArray[np.int8], group: range, domain: ParameterDomain
) -> Fraction | None:
    """The middle of the biases within ``domain`` that give the required activity; None if there are none.

    ``lowest``, ``highest``: exact pre-activations with bias 0. Active rows need b >= -lowest, inactive ones b < -highest.
    """
    low, high, open_end = domain.lower, domain.upper, False
    for unit in group:
        active = lowest.numerators[required[:, unit] > 0, unit]
        inactive = highest.numerators[required[:, unit] < 0, unit]
        if len(active):
            low = max(low, Fraction(-int(active.min()), lowest.denominators[unit]))
        if len(inactive):
            end = Fraction(-int(inactive.max()), highest.denominators[unit])
            if end <= high:
                high, open_end = end, True
    if low > high or (open_end and low == high):
        return None
    return (low + high) / 2
