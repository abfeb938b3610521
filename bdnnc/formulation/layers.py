"""The layers of a program: parameters, products, pre-activations, and the binaries of the units."""

from __future__ import annotations

from typing import Literal

import numpy as np

from bdnnc.formulation.bias import preactivation_box
from bdnnc.formulation.builder import Builder
from bdnnc.formulation.mentions import asks_for_nominal
from bdnnc.formulation.parameters import add_biases, add_weights
from bdnnc.formulation.plan import LayerPlan
from bdnnc.formulation.weights import weight_range
from bdnnc.formulation.worst.cases import in_worst_case
from bdnnc.ir.program import Floats, Implication, Key, PreActivation, Product, Variable


def add_layer(builder: Builder, place: int) -> None:
    """Parameters, products and pre-activation of a layer; of a hidden one also its activations, and of a first one that has to
    keep its patterns."""
    plan = builder.plans[place]
    below = builder.plans[place - 1] if place else None
    add_weights(builder, plan)
    add_biases(builder, plan)
    if below is not None and plan.layer.free.any():
        _add_products(builder, plan, below)
    builder.preactivations.append(_preactivation(builder, plan, below))
    if place < len(builder.plans) - 1 or (place == 0 and builder.problem.keeps_patterns):
        activations(builder, place)


def _add_products(builder: Builder, plan: LayerPlan, below: LayerPlan) -> None:
    layer = plan.layer
    patterns = builder.problem.patterns.shape[0]
    units, inputs = np.nonzero(layer.free)
    lower, upper = (float(end) for end in weight_range(layer))
    builder.products.append(Product(layer.name, below.layer.name, inputs, lower, upper, layer.statement))
    size = patterns * len(units)
    dense = (patterns, layer.units, layer.inputs) if layer.free.all() else None
    index = None if dense else (np.repeat(np.arange(patterns), len(units)), np.tile(units, patterns), np.tile(inputs, patterns))
    low, high = np.full(size, min(0.0, lower)), np.full(size, max(0.0, upper))
    axes = ("sample", "unit", "input")
    builder.add(Variable("s", layer.name, axes, low, high, False, layer.statement, dense, index))


def _preactivation(builder: Builder, plan: LayerPlan, below: LayerPlan | None) -> PreActivation:
    layer, sums = plan.layer, plan.sums
    units, inputs = np.nonzero(layer.free)
    constant = np.zeros(layer.free.shape)
    constant[~layer.free] = layer.constant[~layer.free].astype(np.float64)
    bias = plan.thresholds.bias
    low, high = preactivation_box(sums, bias)
    signed = below is not None and below.layer.unit == "sign"
    slope = 2.0 if signed else 1.0 if below is None else float(below.layer.height)
    X = builder.problem.patterns.floats() if below is None else None
    offset: Floats = np.zeros((1, layer.units))
    if X is not None and constant.any():
        offset = X @ constant.T
    elif signed:
        offset = 0.0 - constant.sum(axis=1)[None, :]  # no -0.0 in texts
    if bias.kind == "fixed":
        offset = offset + np.array([float(value) for value in bias.floors])
    return PreActivation(
        layer=layer.name,
        below=None if below is None else below.layer.name,
        entry_unit=units,
        entry_input=inputs,
        X=X,
        offset=offset,
        fixed=slope * constant if below is not None else np.zeros((layer.units, 0)),
        slope=slope,
        shift=-1.0 if signed else 0.0,
        bias=bias.kind if bias.kind != "fixed" else "none",
        low=low,
        high=high,
        statement=layer.statement,
    )


def activations(builder: Builder, place: int) -> Key:
    """The block u of a layer of step or sign units: one binary a pattern and unit, and its two implications wherever the
    pre-activation is no constant."""
    plan = builder.plans[place]
    layer, found = plan.layer, plan.thresholds
    if builder.has(("u", layer.name)):
        return "u", layer.name
    shape = (builder.problem.patterns.shape[0], layer.units)
    decided = np.broadcast_to(found.decided, shape).ravel()
    lower, upper = (decided == 1).astype(np.float64), (decided != 0).astype(np.float64)
    axes = ("sample", "unit")
    key = builder.add(Variable("u", layer.name, axes, lower, upper, True, layer.statement, shape))
    literal = np.flatnonzero(decided < 0)
    pattern, unit = np.divmod(literal, layer.units)
    naming = shape if len(literal) == len(decided) else (pattern, unit)
    active = np.broadcast_to(found.active, shape).ravel()[literal]
    inactive = np.broadcast_to(found.inactive, shape).ravel()[literal]
    rules: tuple[tuple[str, Literal[0, 1], Literal[">=", "<="], Floats], ...] = (
        ("on", 1, ">=", active),
        ("off", 0, "<=", -inactive),
    )
    if place == 0 and builder.problem.is_soft and not asks_for_nominal(builder.problem):
        return key  # a point that is given up may have any pattern
    keeps = place == 0 and builder.problem.keeps_patterns
    for kind, value, sense, threshold in rules:
        rule = Implication(
            kind, layer.name, key, value, sense, literal, pattern, unit, threshold, axes, naming, layer.statement
        )
        builder.implications.append(in_worst_case(builder, rule) if keeps else rule)
    return key
