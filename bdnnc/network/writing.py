"""`Model` -> the one text of its MODEL.json: fixed order of keys, exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bdnnc.data.inputs import Above, Equals, Input, Scaled
from bdnnc.network.document import (
    Certificate,
    Claims,
    GoalRecord,
    MemberRecord,
    Model,
    Recomputable,
    Scalar,
    SetRecord,
    TrainingRecord,
)
from bdnnc.network.ensemble import Ensemble
from bdnnc.network.exact_json import write
from bdnnc.network.network import Layer, Network
from bdnnc.network.reading import FORMAT, VERSION

Table = dict[str, Any]

OF_THE_WHOLE = ("method", "solver", "seed", "options")
"""What stands in the `training` of an ensemble and not in those of its members."""


def model_text(model: Model) -> str:
    """The text of the model's file, ending with a line break; `reading.model_of_text` gives an equal model back."""
    return write(model_table(model))


def model_table(model: Model) -> Table:
    """The document as nested dicts and lists; numbers are int or Fraction."""
    network = model.network
    if isinstance(network, Ensemble):
        members = zip(network.members, model.members, strict=True)
        inputs: Table = {}
        layers: Table = {"members": [_member(member, record) for member, record in members]}
    else:
        inputs = {"inputs": [_input(entry) for entry in network.inputs]}
        layers = {"layers": [layer_table(layer) for layer in network.layers]}
    return {
        "format": FORMAT,
        "version": VERSION,
        **inputs,
        "target": {"column": model.target.column, "name": model.target.name},
        "dialect": {"delimiter": model.dialect.delimiter, "header": model.dialect.header},
        "source": {"path": model.source.path, "sha256": model.source.sha256},
        **layers,
        "classes": list(network.classes) or None,
        "training": training_table(model.training),
        "sets": {
            "train": set_table(model.sets.train),
            "validation": set_table(model.sets.validation),
            "test": set_table(model.sets.test),
        },
        "certificate": _certificate(model.certificate),
        "spec": model.spec,
    }


def training_table(training: TrainingRecord) -> Table:
    """The `training` object."""
    table: Table = {
        "method": training.method,
        "solver": training.solver,
        "status": training.status,
        "loss": training.loss,
        "objective": training.objective,
        "bound": training.bound,
        "gap": training.gap,
        "errors": training.errors,
        "nominal_errors": training.nominal_errors,
        "cuts": training.cuts,
        "samples": training.samples,
        "seed": training.seed,
        "options": _scalars(training.options),
        "class": _scalars(training.network_class),
        "goals": [_goal(goal) for goal in training.goals],
    }
    if training.model_objective is not None:
        table["model_objective"] = training.model_objective
    return table


def _member(network: Network, record: MemberRecord) -> Table:
    table: Table = {
        "classes": list(network.classes),
        "inputs": [_input(entry) for entry in network.inputs],
        "layers": [layer_table(layer) for layer in network.layers],
        "training": {key: value for key, value in training_table(record.training).items() if key not in OF_THE_WHOLE},
        "margins": dict(record.margins),
    }
    return {**table, "constraints": record.constraints} if record.constraints else table


def set_table(record: SetRecord | None) -> Table | None:
    """The figures of one of the `sets`, null where there is none."""
    if record is None:
        return None
    table: Table = {"samples": record.samples, "errors": record.errors, "accuracy": record.accuracy}
    return table if record.absolute is None else {**table, "absolute": record.absolute}


def _goal(goal: GoalRecord) -> Table:
    table: Table = {"sense": goal.sense, "text": goal.text, "value": goal.value, "bound": goal.bound}
    return {**table, "within": goal.within, "reached": goal.reached} if goal.within else table


def _input(entry: Input) -> Table:
    table: Table = {"name": entry.name, "column": entry.column, **_transform(entry.transform)}
    return table if entry.power == 1 else {**table, "power": entry.power}


def _transform(transform: Scaled | Above | Equals) -> Table:
    if isinstance(transform, Above):
        return {"above": transform.threshold, "signed": transform.signed}
    if isinstance(transform, Equals):
        return {"equals": transform.value}
    scale: Table = {"shift": transform.shift, "factor": transform.factor}
    return {"scale": scale if transform.digits is None else {**scale, "round": transform.digits}}


def layer_table(layer: Layer) -> Table:
    """One of the `layers`."""
    return {
        "name": layer.name,
        "unit": layer.unit,
        "weights": layer.weights.tolist(),
        "bias": layer.bias.tolist(),
        "absent": np.argwhere(layer.absent).tolist(),
        "margin": layer.margin,
        "height": layer.height,
    }


def _certificate(certificate: Certificate) -> Table:
    return {
        "recomputable": _recomputable(certificate.recomputable),
        "claims": _claims(certificate.claims),
        "sha256": {"spec": certificate.spec_sha256, "data": certificate.data_sha256},
    }


def _recomputable(figures: Recomputable) -> Table:
    table: Table = {
        "loss": figures.loss,
        "objective": figures.objective,
        "errors": figures.errors,
        "margins": dict(figures.margins),
    }
    if figures.constraints:
        table["constraints"] = figures.constraints
    if figures.robust is not None:
        robust = figures.robust
        table["robust"] = {"sense": robust.sense, "kept": robust.kept, "certified": robust.certified}
    return table


def _claims(claims: Claims) -> Table:
    return {
        "bound": claims.bound,
        "gap": claims.gap,
        "class": _scalars(claims.network_class),
        "solver": claims.solver,
        "version": claims.version,
        "options": _scalars(claims.options),
        "tolerances": _scalars(claims.tolerances),
        "seed": claims.seed,
        "cases": claims.cases,
    }


def _scalars(table: Mapping[str, Scalar]) -> Table:
    return {key: table[key] for key in sorted(table)}
