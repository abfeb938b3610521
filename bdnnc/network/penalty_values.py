"""The values of the blocks that penalties and constraints on parameters are made of, at a network."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.domains import ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Index, Variable
from bdnnc.network.measure import path_signs

if TYPE_CHECKING:
    from bdnnc.network.blocks import Point

Floats = NDArray[np.float64]


def axes_of(variable: Variable) -> tuple[Index, ...]:
    """One index array an axis, each (size,)."""
    if variable.index is not None:
        return variable.index
    found: tuple[Index, ...] = ()
    return np.unravel_index(np.arange(variable.size), variable.shape) if variable.shape else found


def present(point: Point, variable: Variable) -> Floats:
    return (point.free_weights(variable) != 0).astype(np.float64)


def bias_present(point: Point, variable: Variable) -> Floats:
    return (point.biases(variable) != 0).astype(np.float64)


def magnitudes(point: Point, variable: Variable) -> Floats:
    return np.abs(point.free_weights(variable)).astype(np.float64)


def bias_magnitudes(point: Point, variable: Variable) -> Floats:
    return np.abs(point.biases(variable)).astype(np.float64)


def signs(point: Point, variable: Variable) -> Floats:
    return np.clip(point.free_weights(variable) >= 0, variable.lower, variable.upper).astype(np.float64)


def bias_signs(point: Point, variable: Variable) -> Floats:
    return np.clip(point.biases(variable) >= 0, variable.lower, variable.upper).astype(np.float64)


def largest(point: Point, variable: Variable) -> Floats:
    layers = [point.layer(variable)] if variable.layer else list(point.network.layers)
    return np.array([max(float(np.abs(layer.weights).max()) for layer in layers)])


def largest_bias(point: Point, variable: Variable) -> Floats:
    return np.array([float(np.abs(point.layer(variable).bias).max())])


def reached(point: Point, variable: Variable) -> Floats:
    """1 at the first parameter and side that has the largest magnitude; nowhere if only a constant has it."""
    weights = [layer.weights for layer in point.network.layers]
    axes = axes_of(variable)
    side = np.concatenate(axes[-1:])
    if variable.symbol == "kb":
        biases = point.layer(variable).bias
        units = axes[0] if len(axes) > 1 else np.zeros(variable.size, dtype=np.int64)
        values, most = biases[units], np.abs(biases).max()
    elif variable.layer:
        table = weights[point.place(variable)]
        values, most = table[axes[0], axes[1]], np.abs(table).max()
    else:
        values, most = np.empty(variable.size, dtype=object), max(np.abs(table).max() for table in weights)
        for place, table in enumerate(weights):
            own = axes[0] == place
            values[own] = table[axes[1][own], axes[2][own]]
    sided = np.where(side == 0, values, -values)
    found = np.zeros(variable.size)
    reaching = np.flatnonzero(sided == most)
    found[reaching[:1]] = 1.0
    return found


def values_chosen(point: Point, variable: Variable) -> Floats:
    """h, hb: 1 at the member of its set that a parameter is."""
    if variable.symbol == "hb":
        owners = axes_of(variable)[0] if len(variable.axes) > 1 else np.zeros(variable.size, dtype=np.int64)
        members = [_members(domain) for domain in point.plan(variable).thresholds.bias.domains]
        places: Index = np.concatenate(axes_of(variable)[-1:])
        listed = np.array([members[i][k] for i, k in zip(owners.tolist(), places.tolist(), strict=True)], dtype=object)
        return np.asarray(point.biases(variable)[owners] == listed).astype(np.float64)
    plan = point.plan(variable).layer
    units, inputs, member = axes_of(variable)
    listed = np.array(_members(plan.domain), dtype=object)
    weights = point.layer(variable).weights[units, inputs]
    chosen = np.asarray(listed[member] == weights)
    return np.where(plan.sparse & (weights == 0), False, chosen).astype(np.float64)


def _members(domain: ParameterDomain) -> tuple[Fraction, ...]:
    if isinstance(domain, RealDomain | ScaledDomain):
        raise InternalError("a continuous set has no members to choose from")
    return domain.values


def units_used(point: Point, variable: Variable) -> Floats:
    outgoing = point.network.layers[point.place(variable) + 1].weights
    return (outgoing != 0).any(axis=0).astype(np.float64)


def columns_used(point: Point, variable: Variable) -> Floats:
    used = (point.network.layers[0].weights != 0).any(axis=0)
    columns = np.array(point.problem.columns)
    return np.array([float(used[columns == column].any()) for column in axes_of(variable)[0]])


def directions(point: Point, variable: Variable) -> Floats:
    """up<k>, down<k>: whether a path of positive, of negative product reaches the unit from the inputs of statement k."""
    rising = variable.symbol.startswith("up")
    statement = point.problem.monotone[int(variable.symbol[2 if rising else 4 :])]
    positive, negative = list(path_signs(point.network, statement.inputs))[point.place(variable)]
    return (positive if rising else negative).astype(np.float64)
