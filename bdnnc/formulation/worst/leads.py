"""Leads of one score over another: the directions in which several linear units on the inputs have their worst cases.

A point is right if the score of its class exceeds each other one, wherever it moves:

    a_c - a_o >= gap over the whole set   <=>   (w_c - w_o) . x + b_c - b_o - max over delta of (w_o - w_c) . delta >= gap

so that what the duals are made of is the difference of two units' weights. A *lead layer* has one unit a pair c < o, with the
weights w_c - w_o; the other direction of a pair is its rise.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.weights import weight_range
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import BiasRule, ProblemLayer
from bdnnc.ir.program import Summand, Variable
from bdnnc.uncertainty.leads import ends_of_pairs

SYMBOL = "wd"
"""Of the differences of weights."""


def lead_layer(layer: ProblemLayer) -> ProblemLayer:
    """The layer of the leads: weights that are free where one of the two is, from an interval that holds all differences."""
    first, second = ends_of_pairs(layer.units)
    fixed = layer.constant.copy()
    fixed[layer.free] = Fraction(0)
    free = layer.free[first] | layer.free[second]
    least, most = weight_range(layer)
    numbers: list[Fraction] = [least, most, *fixed.ravel().tolist()]
    reach = max(numbers) - min(numbers)
    constant = fixed[first] - fixed[second]
    constant[free] = Fraction(0)
    return ProblemLayer(
        name=layer.name,
        unit="linear",
        units=len(first),
        inputs=layer.inputs,
        domain=RealDomain(-reach, reach),
        free=free,
        constant=constant,
        absent=layer.absent[first] & layer.absent[second],
        bias=BiasRule("none"),
        margin=None,
        statement=layer.statement,
    )


def add_differences(builder: Builder, layer: ProblemLayer, leads: ProblemLayer, statement: int) -> None:
    """The block ``wd`` of a lead layer's free weights, each the difference of two weights of ``layer``."""
    first, second = ends_of_pairs(layer.units)
    pair, inputs = np.nonzero(leads.free)
    count = len(pair)
    place = np.cumsum(layer.free.ravel()).reshape(layer.free.shape) - 1
    most = np.full(count, float(leads.domain.upper))
    axes, names = ("lead", "input"), (pair, inputs)
    key = builder.add(Variable(SYMBOL, layer.name, axes, -most, most, False, statement, None, names))
    every = np.arange(count)
    summands = [Summand(key, every, every, np.ones(count))]
    side = np.zeros(count)
    for unit, sign in ((first[pair], -1.0), (second[pair], 1.0)):
        chosen = np.flatnonzero(layer.free[unit, inputs])
        member = place[unit[chosen], inputs[chosen]]
        summands.append(Summand(("w", layer.name), chosen, member, np.full(len(chosen), sign)))
        fixed = np.where(layer.free, 0.0, layer.constant)[unit, inputs].astype(np.float64)
        side -= sign * fixed
    note = "how much larger a weight is than that of another unit"
    builder.relate("lead_weight", layer.name, axes, names, summands, statement, note, lower=side, upper=side, rows=count)
