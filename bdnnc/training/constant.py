"""The best network that says the same whatever its input: an incumbent before any solver has been asked.

Weights are the smallest members of their sets and biases the ends of theirs, so that every unit is as constant as its domains
allow; the bias of a linear unit is a number that suits the labels. What such a network does on the data is then evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from bdnnc.exact import weighted_median
from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import ParameterDomain, RealDomain, ScaledDomain, smallest_magnitude
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Loss
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.measure import Measured
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.planned import declared_margin_checks


def best_constant(formulation: Formulation) -> tuple[Network, Fraction] | None:
    """The best of the networks with each output bias at either end, or, where outputs have no bias of their own, with their
    weights there; and its objective (of the minimized form). None where all break a constraint or miss a declared margin."""
    plans, problem = formulation.plans, formulation.problem
    hidden = tuple(_layer(plan, _hidden_biases(plan)) for plan in plans[:-1])
    outputs = [_layer(plans[-1], biases) for biases in _output_biases(plans[-1], problem)]
    if hidden and not plans[-1].thresholds.bias.is_chosen:
        outputs += _saturated(plans[-1], outputs[0], _last_hidden(hidden, problem))
    best: tuple[Network, Fraction] | None = None
    for output in outputs:
        network = Network((), (*hidden, output), problem.classes)
        measured = Measured(network, problem)
        objective = sign_of(formulation.goal) * measured.goal(formulation.goal)
        if (best is None or objective < best[1]) and not measured.violated() and _keeps_margins(network, formulation):
            best = network, objective
    return best


def _last_hidden(hidden: tuple[Layer, ...], problem: Problem) -> Sequence[Fraction]:
    """What the last hidden layer gives on the first pattern, which is what it gives on all if it is constant."""
    below = problem.patterns.rows(np.zeros(1, dtype=np.int64))
    for layer in hidden:
        below = layer_output(layer, layer_activity(layer, below))
    return [below.fraction(0, unit) for unit in range(below.shape[1])]


def _saturated(plan: LayerPlan, plain: Layer, below: Sequence[Fraction]) -> list[Layer]:
    """Output layers whose weights, not biases, say which units are active: none, each alone, all."""
    layer, domain = plan.layer, plan.layer.domain
    if isinstance(domain, ScaledDomain):
        return []
    ends = {True: (domain.lower, domain.upper), False: (domain.upper, domain.lower)}
    patterns = [
        np.zeros(layer.units, dtype=np.bool_),
        *np.eye(layer.units, dtype=np.bool_),
        np.ones(layer.units, dtype=np.bool_),
    ]
    found: list[Layer] = []
    for active in patterns:
        weights: FractionArray = plain.weights.copy()
        for unit, column in np.argwhere(layer.free).tolist():
            if below[column] != 0:
                weights[unit, column] = ends[bool(active[unit])][int(below[column] > 0)]
        found.append(replace(plain, weights=weights, absent=layer.absent_at(weights)))
    return found


def _hidden_biases(plan: LayerPlan) -> Sequence[Fraction]:
    return [domain.upper for domain in _domains(plan)]


def _domains(plan: LayerPlan) -> tuple[ParameterDomain, ...]:
    """One domain a unit; none for `bias none`."""
    bias = plan.thresholds.bias
    return tuple(bias.of(unit) for unit in range(plan.layer.units)) if bias.domains else ()


def _output_biases(plan: LayerPlan, problem: Problem) -> Iterator[Sequence[Fraction]]:
    """Which output biases stand at their upper end: none, each alone, all; of linear units also 0, the median target, and those
    that keep the margin of a hinge loss for the points of one class."""
    domains = _domains(plan)
    yield [domain.lower for domain in domains]
    if plan.thresholds.bias.kind == "unit" and len(domains) > 1:
        for unit in range(len(domains)):
            yield [domain.upper if place == unit else domain.lower for place, domain in enumerate(domains)]
    yield [domain.upper for domain in domains]
    if plan.layer.unit == "linear":
        yield [_nearest(domain, Fraction(0)) for domain in domains]
        yield [_nearest(domain, _median(problem)) for domain in domains]
        for margin in _hinge_margins(problem):
            if len(domains) == 1:
                yield from ([_nearest(domains[0], margin)], [_nearest(domains[0], -margin)])
            else:
                for unit in range(len(domains)):
                    yield [_nearest(domain, margin * (place == unit)) for place, domain in enumerate(domains)]


def _hinge_margins(problem: Problem) -> list[Fraction]:
    """Of all goals, ascending."""
    losses = [term.quantity for goal in problem.goals for term in goal.terms if isinstance(term.quantity, Loss)]
    return sorted({loss.margin for loss in losses if loss.kind == "hinge"})


def _median(problem: Problem) -> Fraction:
    """A weighted median of the targets; 0 where there are none."""
    if problem.targets is None:
        return Fraction(0)
    return weighted_median(zip(map(Fraction, problem.targets.value), problem.targets.count.tolist(), strict=True))


def _nearest(domain: ParameterDomain, value: Fraction) -> Fraction:
    if isinstance(domain, RealDomain):
        return min(max(value, domain.lower), domain.upper)
    values: Sequence[Fraction] = getattr(domain, "values", ())
    return min(values, key=lambda member: (abs(member - value), member))


def _layer(plan: LayerPlan, biases: Sequence[Fraction]) -> Layer:
    layer = plan.layer
    weights: FractionArray = layer.constant.copy()
    weights[layer.free] = Fraction(0) if layer.sparse else smallest_magnitude(layer.domain)
    bias = np.full(layer.units, Fraction(0), dtype=object)
    bias[: len(biases)] = biases
    return Layer(layer.name, layer.unit, weights, bias, layer.absent_at(weights), plan.margin, layer.height)


def _keeps_margins(network: Network, formulation: Formulation) -> bool:
    """Whether no pre-activation lies within a declared margin."""
    return all(check.ok for check in declared_margin_checks(network, formulation))
