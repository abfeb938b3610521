"""`ModelSpec` and `Dataset` meet."""

from __future__ import annotations

import numpy as np

from bdnnc.data.dataset import Dataset
from bdnnc.diagnostics import Diagnostic, InternalError, UserError
from bdnnc.ir.problem import Problem, ProblemLayer, Statement
from bdnnc.language.quantities import sparse_layers
from bdnnc.language.spec import ModelSpec
from bdnnc.posing.connections import named_inputs, quantities
from bdnnc.posing.goals import weighted_goal
from bdnnc.posing.layers import pose_layer
from bdnnc.posing.targets import pose_targets
from bdnnc.posing.uncertainty import pose_uncertainty


def pose(model: ModelSpec, dataset: Dataset) -> Problem:
    """The problem that a checked file states on its data, whose inputs have their powers.

    Statements are the layers, the goals, the constraints and the `monotone` ones, in this order. Raises UserError with all of
    E315 to E318 (masks, fixed weights and biases, weights to start from that do not fit).
    """
    if model.layers[0].powers != max(given.power for given in dataset.inputs):
        raise InternalError("the powers of the inputs were not taken")
    statements = [Statement(f"layer {layer.name}", layer.span) for layer in model.layers]
    statements += [Statement(f"{goal.sense} {goal.text}", goal.span) for goal in model.goals]
    statements += [Statement(constraint.text, constraint.span) for constraint in model.constraints]
    statements += [Statement(monotone.text, monotone.span) for monotone in model.monotone]
    last = len(statements)
    if model.robust is not None:
        statements.append(Statement(model.robust.text, model.robust.span))
    first_goal = len(model.layers)
    first_constraint = first_goal + len(model.goals)
    first_monotone = first_constraint + len(model.constraints)
    return Problem(
        layers=_layers(model, dataset),
        patterns=dataset.patterns,
        counts=dataset.counts,
        classes=dataset.classes,
        inputs=tuple(given.name for given in dataset.inputs),
        columns=tuple(given.column for given in dataset.inputs),
        goals=tuple(weighted_goal(goal, dataset) for goal in model.goals),
        goal_statements=tuple(range(first_goal, first_constraint)),
        statements=tuple(statements),
        targets=pose_targets(dataset),
        constraints=model.constraints,
        constraint_statements=tuple(range(first_constraint, first_monotone)),
        monotone=model.monotone,
        monotone_statements=tuple(range(first_monotone, last)),
        uncertainty=None if model.robust is None else pose_uncertainty(model.robust, dataset, last),
    )


def _layers(model: ModelSpec, dataset: Dataset) -> tuple[ProblemLayer, ...]:
    sparse = sparse_layers(quantities(model))
    inputs = tuple(given.name for given in dataset.inputs)
    moved = np.zeros(len(inputs), dtype=np.bool_)
    for perturbation in () if model.robust is None else model.robust.perturbations:
        moved[list(perturbation.inputs)] = True
    idle = dataset.dead & ~named_inputs(model, len(inputs)) & ~moved
    layers: list[ProblemLayer] = []
    wrong: list[Diagnostic] = []
    for place, spec in enumerate(model.layers):
        try:
            layers.append(pose_layer(spec, inputs, idle, place in sparse, statement=place))
        except UserError as fault:
            wrong += fault.diagnostics
        inputs = tuple(f"{spec.name} {unit}" for unit in range(spec.units))
        idle = np.zeros(spec.units, dtype=np.bool_)
    if wrong:
        raise UserError(wrong)
    return tuple(layers)
