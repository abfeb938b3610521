"""Right and wrong: hamming, zero_one and errors as expressions of the output layer's binaries.

One step or sign unit: the binary u says it all. Several: hamming counts bits; for points, one binary e a pattern and class
present in it is 0 only if exactly the class's unit is active. Linear units: e is 0 only if the score (or its lead over each
other score) is on the right side by the layer's gap. At most one e of a pattern is 0.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from bdnnc.formulation.builder import Builder, Expression, summed
from bdnnc.formulation.layers import activations
from bdnnc.formulation.linear_output import add_exact_scores, right_scores
from bdnnc.formulation.losses import bit_costs, class_costs, wanted
from bdnnc.ir.program import Floats, Implication, Index, Key, Summand, Variable
from bdnnc.language.quantities import Errors, Loss

MEMBER_AXES = ("sample", "class")


def express_hamming(builder: Builder, loss: Loss) -> Expression:
    """The weighted wrong bits, exact in both directions as far as the binaries are."""
    costs = class_costs(builder.problem, loss)
    on, off = bit_costs(builder.problem, costs)
    key = activations(builder, len(builder.plans) - 1)
    difference = on - off
    return summed(key, np.arange(difference.size), costs.floats(difference), costs.total(off), costs.step_of(difference))


def express_errors(builder: Builder, quantity: Loss | Errors, exactly: bool) -> Expression:
    """The weighted wrong points."""
    layer = builder.plans[-1].layer
    if layer.unit != "linear" and layer.units == 1:
        costs = class_costs(builder.problem, quantity)
        on, off = bit_costs(builder.problem, costs)
        key = activations(builder, len(builder.plans) - 1)
        return summed(key, np.arange(on.size), costs.floats(on - off), costs.total(off), costs.step_of(on - off))
    key = failures(builder)
    if exactly:
        _add_exact_failures(builder)
    costs = class_costs(builder.problem, quantity)
    of_member = costs.per_class[np.nonzero(builder.problem.counts)]
    member = np.arange(len(of_member))
    return summed(key, member, costs.floats(of_member), costs.total(of_member[:0]), costs.step_of(of_member))


def failures(builder: Builder) -> Key:
    """The block e of the output layer, with what e = 0 demands."""
    layer = builder.plans[-1].layer
    if builder.has(("e", layer.name)):
        return "e", layer.name
    patterns, classes = np.nonzero(builder.problem.counts)
    statement = builder.asking
    least = np.zeros(len(patterns)) if layer.unit == "linear" else impossible(builder, patterns, classes).astype(np.float64)
    ones = np.ones(len(patterns))
    member = Variable("e", layer.name, MEMBER_AXES, least, ones, True, statement, None, (patterns, classes))
    key = builder.add(member)
    if layer.unit == "linear":
        builder.implications += right_scores(builder, key, patterns, classes)
    else:
        builder.implications += right_bits(builder, key, least > 0, patterns, classes)
    at_most_one(builder, key, patterns, statement)
    return key


def impossible(builder: Builder, patterns: Index, classes: Index) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Members (pattern, class) whose bits constants rule out."""
    shall = wanted(builder.problem)[classes]
    found = builder.plans[-1].thresholds
    decided = np.broadcast_to(found.decided, (builder.problem.patterns.shape[0], shall.shape[1]))[patterns]
    return ((decided >= 0) & (decided != shall)).any(axis=1)


def right_bits(
    builder: Builder, key: Key, lost: np.ndarray[tuple[int], np.dtype[np.bool_]], patterns: Index, classes: Index
) -> list[Implication]:
    """Each 0 of the block demands every bit of its class at its pattern, unless it is a constant. ``lost``: members that are 1
    anyhow."""
    plan = builder.plans[-1]
    layer, found = plan.layer, plan.thresholds
    shape = (builder.problem.patterns.shape[0], layer.units)
    shall = wanted(builder.problem)[classes]
    decided = np.broadcast_to(found.decided, shape)[patterns]
    sides: tuple[tuple[str, int, Literal[">=", "<="], Floats], ...] = (
        ("on", 1, ">=", found.active),
        ("off", 0, "<=", -found.inactive),
    )
    rules: list[Implication] = []
    for kind, value, sense, side in sides:
        literal, unit = np.nonzero((shall == value) & (decided < 0) & ~lost[:, None])
        pattern = patterns[literal]
        threshold = np.broadcast_to(side, shape)[pattern, unit]
        naming = (pattern, classes[literal], unit)
        axes = (*MEMBER_AXES, "unit")
        rules.append(
            Implication(kind, layer.name, key, 0, sense, literal, pattern, unit, threshold, axes, naming, layer.statement)
        )
    return rules


def at_most_one(builder: Builder, key: Key, patterns: Index, statement: int) -> None:
    """A pattern can be right for one of its classes at most: the sum of the block >= classes present - 1."""
    present = np.bincount(patterns, minlength=builder.problem.patterns.shape[0])
    several = np.flatnonzero(present > 1)
    group = np.full(len(present), -1)
    group[several] = np.arange(len(several))
    inside = np.flatnonzero(group[patterns] >= 0)
    summand = Summand(key, group[patterns[inside]], inside, np.ones(len(inside)))
    demand = (present[several] - 1).astype(np.float64)
    note = "a pattern can be right for one of its classes at most"
    kind = f"some_{key[0]}"
    if len(several):
        builder.relate(kind, key[1], ("sample",), (several,), (summand,), statement, note, lower=demand, rows=len(several))


def _add_exact_failures(builder: Builder) -> None:
    """e = 1 only if the point is wrong: e <= number of wrong bits, or some other score is at least as large."""
    layer = builder.plans[-1].layer
    if any(rows.kind == "wrong_e" for rows in builder.rows) or any(rule.kind == "wrong" for rule in builder.implications):
        return
    if layer.unit == "linear":
        add_exact_scores(builder, ("e", layer.name))
        return
    bits = activations(builder, len(builder.plans) - 1)
    patterns, classes = np.nonzero(builder.problem.counts)
    shall = wanted(builder.problem)[classes]
    member, unit = (axis.ravel() for axis in np.indices(shall.shape))
    sign = np.where(shall == 1, 1.0, -1.0).ravel()
    every = np.arange(len(patterns))
    summands = (
        Summand(("e", layer.name), every, every, np.ones(len(every))),
        Summand(bits, member, patterns[member] * layer.units + unit, sign),
    )
    note = "a failure needs a wrong bit"
    builder.relate(
        "wrong_e", layer.name, MEMBER_AXES, (patterns, classes), summands, layer.statement, note, upper=1.0, rows=len(every)
    )
