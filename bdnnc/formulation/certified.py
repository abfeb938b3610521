"""Points that count as errors unless they are right over their whole set.

`robust static soft`: a point is right and keeps one first-layer pattern over its set, or it is an error.

One binary c a pattern and class present in it is 0 only if the outputs are the class's and no first-layer unit changes over the
set: c = 0 and u = 1 => a - fall >= t+, c = 0 and u = 0 => a + rise <= -t-. Where the first layer is the last its units
are what the class wants, and one premise is enough.

`robust adaptive` [BK20]: c = 0 demands the outputs of the class at the pattern and at each of its scenarios, whose activations
are their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.builder import Builder, Expression, summed
from bdnnc.formulation.layers import activations
from bdnnc.formulation.linear_output import right_scores
from bdnnc.formulation.losses import class_costs
from bdnnc.formulation.outputs import MEMBER_AXES, at_most_one, impossible, right_bits
from bdnnc.formulation.worst.cases import in_worst_case, over_the_set
from bdnnc.ir.program import Floats, Implication, Index, Key, Premise, Variable
from bdnnc.language.quantities import Errors, Loss

SIDES: tuple[tuple[Literal[0, 1], Literal[">=", "<="]], ...] = ((1, ">="), (0, "<="))


def express_uncertified(builder: Builder, quantity: Loss | Errors) -> Expression:
    """The weighted points that are wrong, or change their pattern."""
    key = certified(builder)
    costs = class_costs(builder.problem, quantity)
    of_member = costs.per_class[np.nonzero(builder.problem.counts)]
    member = np.arange(len(of_member))
    return summed(key, member, costs.floats(of_member), costs.total(of_member[:0]), costs.step_of(of_member))


def certified(builder: Builder) -> Key:
    """The block c, with what c = 0 demands."""
    layer = builder.plans[-1].layer
    if builder.has(("c", layer.name)):
        return "c", layer.name
    patterns, classes = np.nonzero(builder.problem.counts)
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    is_linear = layer.unit == "linear"
    least = np.zeros(len(patterns)) if is_linear else impossible(builder, patterns, classes).astype(np.float64)
    ones = np.ones(len(patterns))
    key = builder.add(
        Variable("c", layer.name, MEMBER_AXES, least, ones, True, uncertainty.statement, None, (patterns, classes))
    )
    rules = _right(builder, key, least > 0, patterns, classes)
    if uncertainty.sense != "adaptive" and len(builder.plans) == 1:
        rules = [moved for rule in rules for moved in over_the_set(builder, rule)]
    elif builder.problem.is_soft:
        _keep_patterns(builder, key)
    builder.implications += [replace(rule, kind=f"sure_{rule.kind}") for rule in rules]
    at_most_one(builder, key, patterns, uncertainty.statement)
    return key


def _right(builder: Builder, key: Key, lost: NDArray[np.bool_], patterns: Index, classes: Index) -> list[Implication]:
    """c = 0 demands the outputs of the class at the pattern, and at each of its scenarios."""
    points = builder.problem.points
    parents = builder.problem.scenarios
    scenario, member = np.nonzero(parents[:, np.newaxis] == patterns[np.newaxis, :])
    members = np.concatenate([np.arange(len(patterns)), member])
    at = np.concatenate([patterns, points + scenario])
    if builder.plans[-1].layer.unit == "linear":
        rules = right_scores(builder, key, at, classes[members])
    else:
        rules = right_bits(builder, key, lost[members], at, classes[members])
    return [replace(rule, literal=members[rule.literal]) for rule in rules]


def _keep_patterns(builder: Builder, key: Key) -> None:
    """Both directions of every first-layer unit at every member of c."""
    plan, problem = builder.plans[0], builder.problem
    layer, found = plan.layer, plan.thresholds
    bits = activations(builder, 0)
    patterns, classes = np.nonzero(problem.counts)
    shape = (problem.patterns.shape[0], layer.units)
    decided = np.broadcast_to(found.decided, shape)[patterns]
    member, unit = np.nonzero(decided < 0)
    pattern = patterns[member]
    thresholds: tuple[Floats, Floats] = (found.active, -found.inactive)
    for (value, sense), table in zip(SIDES, thresholds, strict=True):
        threshold = np.broadcast_to(table, shape)[pattern, unit]
        rule = Implication(
            "keep_on" if value else "keep_off", layer.name, bits, value, sense, pattern * layer.units + unit, pattern, unit,
            threshold, (*MEMBER_AXES, "unit"), (pattern, classes[member], unit), layer.statement, also=Premise(key, 0, member),
        )  # fmt: skip
        builder.implications.append(in_worst_case(builder, rule))
