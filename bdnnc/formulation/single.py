"""Single weights and biases: the variables themselves, or constants."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.formulation.builder import Builder, Expression
from bdnnc.formulation.parts import Part, magnitude_step, part_of
from bdnnc.ir.program import Index, Summand
from bdnnc.language.quantities import Parameters


def express_parameters(builder: Builder, quantity: Parameters, exactly: bool) -> Expression:
    """One row an entry; exact in both directions. Absent weights, and biases of `bias none`, are 0."""
    part = part_of(builder, quantity.part, quantity.layer)
    member, constants = _places(builder, quantity, part)
    row = np.flatnonzero(member >= 0)
    if part.free is None or not len(row):
        return Expression(len(member), (), constants, Fraction(0))
    step = magnitude_step(tuple(part.free.domains[int(k)] for k in member[row]))
    return Expression(len(member), (Summand(part.free.key, row, member[row], np.ones(len(row))),), constants, step)


def _places(builder: Builder, quantity: Parameters, part: Part) -> tuple[Index, tuple[Fraction, ...]]:
    """``(member, constant)`` of each entry: its place in the block, -1 for a constant; 0 beside a variable."""
    layer = builder.problem.layers[quantity.layer]
    units = np.array(quantity.units, dtype=np.int64)
    if quantity.part == "weights":
        inputs = np.array(quantity.inputs, dtype=np.int64)
        place = np.where(layer.free, np.cumsum(layer.free).reshape(layer.free.shape) - 1, -1)
        values = layer.constant.copy()
        values[layer.free | layer.absent] = Fraction(0)
        return place[units, inputs], tuple(values[units, inputs].tolist())
    if part.free is None:
        values = part.constants or (Fraction(0),) * layer.units
        return np.full(len(units), -1), tuple(values[unit] for unit in quantity.units)
    return (np.zeros_like(units) if part.times > 1 else units), (Fraction(0),) * len(units)
