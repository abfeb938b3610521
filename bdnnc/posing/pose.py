"""`ModelSpec` and `Dataset` meet."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.data.dataset import Dataset
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.ir.domains import LatticeDomain, from_declared, smallest_magnitude
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Statement
from bdnnc.language.spec import ArrayFile, Goal, LayerSpec, ModelSpec
from bdnnc.posing.arrays import read_mask, read_weights


def pose(model: ModelSpec, dataset: Dataset) -> Problem:
    """The problem that a checked file states on its data.

    Raises UserError E315 to E317 where a mask or a file of fixed weights does not fit.
    """
    statements = [Statement(f"layer {layer.name}", layer.span) for layer in model.layers]
    goal = model.goals[0]
    statements.append(Statement(f"{goal.sense} {goal.text}", goal.span))
    layers: list[ProblemLayer] = []
    wrong: list[Diagnostic] = []
    inputs = len(dataset.inputs)
    for place, spec in enumerate(model.layers):
        dead = dataset.dead if place == 0 else np.zeros(inputs, dtype=np.bool_)
        try:
            layers.append(_pose_layer(spec, inputs, dead, statement=place))
        except UserError as fault:
            wrong += fault.diagnostics
        inputs = spec.units
    if wrong:
        raise UserError(wrong)
    return Problem(
        layers=tuple(layers),
        patterns=dataset.patterns,
        counts=dataset.counts,
        classes=dataset.classes,
        inputs=tuple(column.name for column in dataset.inputs),
        loss=goal.loss.kind,
        class_weights=_class_weights(goal, dataset),
        coefficient=goal.loss.coefficient,
        constant=goal.constant,
        goal_text=goal.text,
        goal_statement=len(statements) - 1,
        statements=tuple(statements),
    )


def _pose_layer(spec: LayerSpec, inputs: int, dead: np.ndarray[tuple[int], np.dtype[np.bool_]], statement: int) -> ProblemLayer:
    shape = (spec.units, inputs)
    constant = np.full(shape, Fraction(0), dtype=object)
    present = read_mask(spec.mask, *shape) if spec.mask else np.ones(shape, dtype=np.bool_)
    if isinstance(spec.weights, ArrayFile):
        free = np.zeros(shape, dtype=np.bool_)
        constant = np.where(present, read_weights(spec.weights, *shape), constant)
        domain = LatticeDomain(Fraction(0), Fraction(1), 0)
    else:
        domain = from_declared(spec.weights)
        single = isinstance(domain, LatticeDomain) and domain.count == 0
        free = present & ~dead & (not single)
        constant[present & ~free] = smallest_magnitude(domain)
    bias_domain = None if spec.bias.domain is None else from_declared(spec.bias.domain)
    return ProblemLayer(
        name=spec.name,
        unit=spec.unit,
        units=spec.units,
        inputs=inputs,
        domain=domain,
        free=free,
        constant=constant,
        absent=~present,
        bias=BiasRule(spec.bias.kind, bias_domain),
        margin=None if spec.margin is None else spec.margin.value,
        statement=statement,
        margin_span=None if spec.margin is None else spec.margin.span,
    )


def _class_weights(goal: Goal, dataset: Dataset) -> tuple[Fraction, ...]:
    """One weight a class: 1, as listed, or N / (C n_c) over the training points before merging."""
    weighting = goal.loss.weighting
    classes = len(dataset.classes)
    if weighting is None:
        return (Fraction(1),) * classes
    if weighting == "balanced":
        per_class = [int(n) for n in dataset.counts.sum(axis=0)]
        return tuple(Fraction(sum(per_class), classes * n) if n else Fraction(0) for n in per_class)
    return tuple(weighting)
