"""The margins that can be maximized: smallest distances of pre-activations from 0.

u = 1 => a >= t, u = 0 => -a >= t, 0 <= t <= T for every unit and pattern that the margin speaks of (docs/formulations.md,
*Losses*). One t for `margin`, one a layer for `margin(LAYER)`, one a unit for `margins`, whose t are summed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np

from bdnnc.formulation.builder import Builder, Expression, summed
from bdnnc.formulation.layers import activations
from bdnnc.formulation.mentions import layers_with_margin
from bdnnc.formulation.worst.cases import in_worst_case
from bdnnc.ir.program import Floats, Implication, Index, Key, Summand, Variable
from bdnnc.language.quantities import Margin, Margins


def express_margin(builder: Builder, quantity: Margin) -> Expression:
    """The smallest distance over the layers that the margin speaks of, held from above."""
    places = layers_with_margin(quantity, builder.problem)
    name = "" if quantity.layer is None else builder.problem.layers[quantity.layer].name
    is_apart = quantity.nominal and builder.problem.uncertainty is not None
    key = ("tp" if is_apart else "t", name)
    if not builder.has(key):
        reach = min(float(_reach(builder, place).max(initial=0.0)) for place in places)
        statement = builder.asking
        builder.add(Variable(*key, (), np.zeros(1), np.array([reach]), False, statement, ()))
        for place in places:
            _keep_distance(builder, place, key, np.zeros(builder.problem.layers[place].units, dtype=np.int64), is_apart)
    return summed(key, np.zeros(1, dtype=np.int64), np.ones(1), Fraction(0), None)


def express_margins(builder: Builder, quantity: Margins) -> Expression:
    """The sum over all units of their smallest distances, held from above."""
    parts: list[Summand] = []
    for place in layers_with_margin(quantity, builder.problem):
        layer = builder.problem.layers[place]
        key = ("tu", layer.name)
        units = np.arange(layer.units)
        if not builder.has(key):
            reach = _reach(builder, place).max(axis=0)
            builder.add(Variable("tu", layer.name, ("unit",), 0 * reach, reach, False, builder.asking, (layer.units,)))
            _keep_distance(builder, place, key, units)
        parts.append(Summand(key, 0 * units, units, np.ones(layer.units)))
    return Expression(1, tuple(parts), (Fraction(0),), None)


def _reach(builder: Builder, place: int) -> Floats:
    box = builder.preactivations[place]
    return np.maximum(np.abs(box.low), np.abs(box.high))


def _keep_distance(builder: Builder, place: int, key: Key, member: Index, nominal: bool = False) -> None:
    """The two families of one layer; ``member[i]``: which t of the block unit i keeps."""
    layer = builder.problem.layers[place]
    bits = activations(builder, place)
    shape = (builder.problem.patterns.shape[0], layer.units)
    literal = np.arange(shape[0] * shape[1])
    pattern, unit = np.divmod(literal, layer.units)
    kind = "far_unit" if key[0] == "tu" else "far" if key[1] == "" else "far_layer"
    kind = f"{kind}_point" if nominal else kind
    sides: tuple[tuple[str, Literal[0, 1], Literal[">=", "<="], float], ...] = (("on", 1, ">=", -1.0), ("off", 0, "<=", 1.0))
    for side, value, sense, sign in sides:
        margin = Summand(key, literal, member[unit], np.full(len(literal), sign))
        rule = Implication(
            f"{kind}_{side}", layer.name, bits, value, sense, literal, pattern, unit, np.zeros(len(literal)),
            ("sample", "unit"), shape, layer.statement, None, (margin,),
        )  # fmt: skip
        moves = place == 0 and builder.problem.keeps_patterns and not nominal
        builder.implications.append(in_worst_case(builder, rule) if moves else rule)
