"""Equations between single parameters, kept exactly after rounding.

`hidden.weights[0, 0] == 1 / 3` has no decimal solution. Some real parameters of the equations are solved for, in rationals, and
the others keep their rounded values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import RealDomain
from bdnnc.language.quantities import Constraint, Parameters
from bdnnc.network.measure import Measured
from bdnnc.network.network import Layer, Network

Place = tuple[int, str, int, int]
"""A real parameter: layer, weights or bias, unit, input (0 for a bias)."""

Row = tuple[dict[Place, Fraction], Fraction]
"""Coefficients of real parameters and the right-hand side."""


def with_equations(layers: Sequence[Layer], formulation: Formulation) -> list[Layer]:
    """The layers with as many real parameters changed as the equations of the file determine."""
    equations = [constraint for constraint in formulation.problem.constraints if constraint.sense == "=="]
    if not equations:
        return list(layers)
    measured = Measured(Network((), tuple(layers), formulation.problem.classes), formulation.problem)
    rows = [row for constraint in equations for row in _rows(constraint, measured, formulation.plans)]
    shared = {place for place, plan in enumerate(formulation.plans) if plan.thresholds.bias.kind == "shared"}
    return _placed(layers, _solved([row for row in rows if row[0]], layers), shared)


def _rows(constraint: Constraint, measured: Measured, plans: Sequence[LayerPlan]) -> list[Row]:
    found: list[Row] = [({}, constraint.bound) for _ in range(constraint.rows)]
    for term in constraint.terms:
        value = measured.value(term.quantity)
        values = value if isinstance(value, tuple) else (value,) * constraint.rows
        for number in range(constraint.rows):
            coefficients, side = found[number]
            place = _real_place(term.quantity, number, plans, measured.network.layers)
            if place is None:
                found[number] = coefficients, side - term.coefficient * values[number]
            else:
                coefficients[place] = coefficients.get(place, Fraction(0)) + term.coefficient
    return found


def _real_place(quantity: object, row: int, plans: Sequence[LayerPlan], layers: Sequence[Layer]) -> Place | None:
    """Which real parameter a row of a quantity is, if it is one."""
    if not isinstance(quantity, Parameters):
        return None
    plan, unit = plans[quantity.layer], quantity.units[row]
    if quantity.part == "weights":
        column = quantity.inputs[row]
        free = isinstance(plan.layer.domain, RealDomain) and bool(
            plan.layer.free[unit, column] & ~layers[quantity.layer].absent[unit, column]
        )
        return (quantity.layer, "weights", unit, column) if free else None
    if not plan.thresholds.bias.is_real:
        return None
    return quantity.layer, "bias", 0 if plan.thresholds.bias.kind == "shared" else unit, 0


def _solved(rows: list[Row], layers: Sequence[Layer]) -> dict[Place, Fraction]:
    """Gauss-Jordan elimination: each pivot from the values that the other parameters have."""
    done: list[tuple[Place, dict[Place, Fraction], Fraction]] = []
    for coefficients, side in rows:
        left, right = dict(coefficients), side
        for pivot, others, value in done:
            left, right = _without(pivot, left, right, others, value)
        if not left:
            continue
        pivot = max(left, key=lambda place: (abs(left[place]), place))
        scale = left.pop(pivot)
        others, value = {place: c / scale for place, c in left.items()}, right / scale
        done = [(p, *_without(pivot, o, v, others, value)) for p, o, v in done]
        done.append((pivot, others, value))
    return {
        pivot: value - sum((c * _value(layers, place) for place, c in others.items()), Fraction(0))
        for pivot, others, value in done
    }


def _without(
    pivot: Place, left: dict[Place, Fraction], right: Fraction, others: dict[Place, Fraction], value: Fraction
) -> tuple[dict[Place, Fraction], Fraction]:
    """``left . x = right`` with the pivot replaced by ``value - others . x``."""
    factor = left.get(pivot, Fraction(0))
    if factor == 0:
        return left, right
    merged = {place: c for place, c in left.items() if place != pivot}
    for place, c in others.items():
        merged[place] = merged.get(place, Fraction(0)) - factor * c
    return {place: c for place, c in merged.items() if c != 0}, right - factor * value


def _value(layers: Sequence[Layer], place: Place) -> Fraction:
    layer, part, unit, column = place
    return Fraction(layers[layer].weights[unit, column] if part == "weights" else layers[layer].bias[unit])


def _placed(layers: Sequence[Layer], values: dict[Place, Fraction], shared: set[int]) -> list[Layer]:
    found = [replace(layer, weights=layer.weights.copy(), bias=layer.bias.copy()) for layer in layers]
    for (layer, part, unit, column), value in values.items():
        if part == "weights":
            found[layer].weights[unit, column] = value
        else:
            found[layer].bias[slice(None) if layer in shared else unit] = value
    return found
