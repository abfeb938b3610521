"""A linear output layer: right and wrong scores, hinge and absolute losses.

hinge, one unit: d >= m - y a; several: d >= m + other - true for each other. absolute: d >= +-(a - y). d >= 0 (docs/
formulations.md, *Losses*). Of a single linear layer in a file with `robust static` the d are worst cases, over the set of each
point, unless the file says `nominal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.exact import fraction_floats
from bdnnc.formulation.builder import Builder, Expression, summed
from bdnnc.formulation.losses import class_costs
from bdnnc.formulation.mentions import hinge_margins
from bdnnc.formulation.worst.cases import over_the_set, worst_cases_of
from bdnnc.ir.problem import Problem
from bdnnc.ir.program import Floats, Implication, Index, Key, Summand, Variable
from bdnnc.language.quantities import Loss

Side = tuple[str, NDArray[np.bool_], Literal[">=", "<="], Floats]


def right_scores(builder: Builder, key: Key, patterns: Index, classes: Index) -> list[Implication]:
    """e = 0 demands the right side of 0 (one unit), or a lead over every other score, by the layer's gap."""
    plan = builder.plans[-1]
    layer, found = plan.layer, plan.thresholds
    rows = patterns if found.active.shape[0] > 1 else np.zeros_like(patterns)
    if layer.units == 1:
        up, down = found.active[rows, 0], -found.inactive[rows, 0]
        sides: tuple[Side, ...] = (("on", classes == 1, ">=", up), ("off", classes == 0, "<=", down))
        return [_one_score(builder, kind, key, 0, where, sense, side, patterns, classes) for kind, where, sense, side in sides]
    member, other = np.nonzero(classes[:, None] != np.arange(layer.units)[None, :])
    gap = found.active[rows[member], 0]
    return [_lead(builder, "lead", key, 0, member, patterns[member], classes[member], other, gap)]


def add_exact_scores(builder: Builder, key: Key) -> None:
    """e = 1 only if the point is wrong: on the other side (one unit), or, by a binary o, not above some other score."""
    plan = builder.plans[-1]
    layer, found = plan.layer, plan.thresholds
    patterns, classes = np.nonzero(builder.problem.counts)
    rows = patterns if found.active.shape[0] > 1 else np.zeros_like(patterns)
    if layer.units == 1:
        up, down = found.active[rows, 0], -found.inactive[rows, 0]
        builder.implications.append(_one_score(builder, "wrong", key, 1, classes == 1, "<=", down, patterns, classes))
        builder.implications.append(_one_score(builder, "wrong_first", key, 1, classes == 0, ">=", up, patterns, classes))
        return
    member, other = np.nonzero(classes[:, None] != np.arange(layer.units)[None, :])
    index = (patterns[member], classes[member], other)
    ones = np.ones(len(member))
    axes = ("sample", "class", "unit")
    beaten = builder.add(Variable("o", layer.name, axes, 0 * ones, ones, True, layer.statement, None, index))
    every = np.arange(len(member))
    zeros = np.zeros(len(member))
    pattern = patterns[member]
    builder.implications.append(
        Implication(
            "wrong", layer.name, beaten, 1, ">=", every, pattern, other, zeros, axes, index, layer.statement, classes[member]
        )
    )
    failed = np.arange(len(patterns))
    summands = (Summand(key, failed, failed, np.ones(len(failed))), Summand(beaten, member, every, -ones))
    note = "a failure needs another score that is at least as large"
    builder.relate(
        "wrong_e", layer.name, axes[:2], (patterns, classes), summands, layer.statement, note, upper=0.0, rows=len(failed)
    )


def _one_score(
    builder: Builder,
    kind: str,
    key: Key,
    value: Literal[0, 1],
    where: NDArray[np.bool_],
    sense: Literal[">=", "<="],
    side: Floats,
    patterns: Index,
    classes: Index,
) -> Implication:
    layer = builder.plans[-1].layer
    literal = np.flatnonzero(where)
    pattern, unit = patterns[literal], np.zeros(len(literal), dtype=np.int64)
    naming, axes = (pattern, classes[literal]), ("sample", "class")
    return Implication(
        kind, layer.name, key, value, sense, literal, pattern, unit, side[literal], axes, naming, layer.statement
    )


def _lead(
    builder: Builder,
    kind: str,
    key: Key,
    value: Literal[0, 1],
    member: Index,
    pattern: Index,
    unit: Index,
    other: Index,
    gap: Floats,
) -> Implication:
    layer = builder.plans[-1].layer
    axes, naming = ("sample", "class", "unit"), (pattern, unit, other)
    return Implication(kind, layer.name, key, value, ">=", member, pattern, unit, gap, axes, naming, layer.statement, other)


def express_hinge(builder: Builder, loss: Loss) -> Expression:
    """The weighted hinge losses, held from below."""
    problem, plan = builder.problem, builder.plans[-1]
    layer = plan.layer
    patterns, classes = np.nonzero(problem.counts)
    suffix = _suffix(builder, loss)
    key = (f"{_symbol(problem, loss)}{suffix}", layer.name)
    margin = float(loss.margin)
    if not builder.has(key):
        box = builder.preactivations[-1]
        span = float(np.maximum(np.abs(box.low), np.abs(box.high)).max(initial=0.0)) * (1 if layer.units == 1 else 2)
        span += _worst_reach(problem, loss)
        zeros = np.zeros(len(patterns))
        statement = builder.asking
        most = zeros + margin + span
        builder.add(Variable(key[0], layer.name, ("sample", "class"), zeros, most, False, statement, None, (patterns, classes)))
        builder.implications += _over_sets(builder, loss, _hinge_rows(builder, key, margin, suffix))
    costs = class_costs(problem, loss)
    of_member = costs.per_class[patterns, classes]
    step = None if len(of_member) else costs.step_of(of_member)
    return summed(key, np.arange(len(patterns)), costs.floats(of_member), costs.total(of_member[:0]), step)


def _is_apart(problem: Problem) -> bool:
    """Whether worst cases of hinges and distances are other numbers than those of the points as they are."""
    return problem.uncertainty is not None and not problem.has_patterns


def _symbol(problem: Problem, loss: Loss) -> str:
    return "dp" if loss.nominal and _is_apart(problem) else "d"


def _worst_reach(problem: Problem, loss: Loss) -> float:
    """How far the worst cases of a loss can take a score, or a lead."""
    if loss.nominal or not _is_apart(problem) or problem.uncertainty is None:
        return 0.0
    return max(float(part.max(initial=0.0)) for part in worst_cases_of(problem.uncertainty, problem.layers[0]).reach())


def _over_sets(builder: Builder, loss: Loss, rules: Sequence[Implication]) -> list[Implication]:
    """The rules of a loss, in the worst case where it is one."""
    if not _is_apart(builder.problem):
        return list(rules)
    if loss.nominal:
        return [replace(rule, kind=f"{rule.kind}_point") for rule in rules]
    return [moved for rule in rules for moved in over_the_set(builder, rule)]


def _suffix(builder: Builder, loss: Loss) -> str:
    """Hinges of several margins have blocks of their own: a number each, none for a single one."""
    margins = hinge_margins(builder.problem)
    return "" if len(margins) == 1 else str(margins.index(loss.margin))


def _hinge_rows(builder: Builder, key: Key, margin: float, suffix: str) -> list[Implication]:
    layer = builder.plans[-1].layer
    patterns, classes = np.nonzero(builder.problem.counts)
    if layer.units == 1:
        second, first = np.flatnonzero(classes == 1), np.flatnonzero(classes == 0)
        return [
            _deviation(builder, f"short{suffix}", key, ">=", second, patterns[second], margin, 1.0, classes),
            _deviation(builder, f"long{suffix}", key, "<=", first, patterns[first], -margin, -1.0, classes),
        ]
    member, other = np.nonzero(classes[:, None] != np.arange(layer.units)[None, :])
    every = np.arange(len(member))
    summand = Summand(key, every, member, np.ones(len(member)))
    pattern, true = patterns[member], classes[member]
    naming, axes = (pattern, true, other), ("sample", "class", "unit")
    side = np.full(len(member), margin)
    nothing = np.zeros(0, dtype=np.int64)
    rule = Implication(
        f"short{suffix}", layer.name, None, 0, ">=", nothing, pattern, true, side, axes, naming, layer.statement, other,
        (summand,),
    )  # fmt: skip
    return [rule]


def express_absolute(builder: Builder, loss: Loss) -> Expression:
    """The sum of |a - y| over the training points, held from below."""
    problem, plan = builder.problem, builder.plans[-1]
    if loss.kind != "absolute" or problem.targets is None:
        raise InternalError(f"{loss.kind} is no absolute loss of a regression")
    targets, layer = problem.targets, plan.layer
    key = (_symbol(problem, loss), layer.name)
    values = fraction_floats(targets.value)
    members = np.arange(len(values))
    if not builder.has(key):
        box = builder.preactivations[-1]
        row = targets.pattern if box.low.shape[0] > 1 else np.zeros_like(targets.pattern)
        most = np.maximum(np.abs(box.high[row, 0] - values), np.abs(box.low[row, 0] - values))
        most = most + _worst_reach(problem, loss)
        index = (targets.pattern, _place_in_pattern(targets.pattern))
        axes, statement = ("sample", "target"), builder.asking
        builder.add(Variable(*key, axes, 0 * most, most, False, statement, None, index))
        rules = [
            _deviation(builder, "short", key, ">=", members, targets.pattern, values, 1.0, index[1], axes),
            _deviation(builder, "long", key, "<=", members, targets.pattern, values, -1.0, index[1], axes),
        ]
        builder.implications += _over_sets(builder, loss, rules)
    cost: NDArray[Any] = targets.count.astype(np.float64)
    return summed(key, members, cost, Fraction(0), None)


def _place_in_pattern(pattern: Index) -> Index:
    """0, 1, .. for the members of each pattern, in their order."""
    order = np.argsort(pattern, kind="stable")
    first = np.searchsorted(pattern[order], pattern[order])
    place = np.empty(len(pattern), dtype=np.int64)
    place[order] = np.arange(len(pattern)) - first
    return place


def _deviation(
    builder: Builder,
    kind: str,
    key: Key,
    sense: Literal[">=", "<="],
    member: Index,
    pattern: Index,
    side: Floats | float,
    sign: float,
    second_index: Index,
    axes: tuple[str, ...] = ("sample", "class"),
) -> Implication:
    """a + sign d ``sense`` side, for the members."""
    layer = builder.plans[-1].layer
    summand = Summand(key, np.arange(len(member)), member, np.full(len(member), sign))
    threshold = np.broadcast_to(np.asarray(side, dtype=np.float64), (len(member),)).copy()
    naming = (pattern, second_index[member])
    nothing, unit = np.zeros(0, dtype=np.int64), np.zeros(len(member), dtype=np.int64)
    return Implication(
        kind, layer.name, None, 0, sense, nothing, pattern, unit, threshold, axes, naming, layer.statement, None, (summand,)
    )
