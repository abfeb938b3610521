"""A JSON document -> `Model`: every key, type, shape and number is checked, and a complaint says where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

import numpy as np

from bdnnc.data.inputs import Above, Input, Scaled
from bdnnc.network.cursor import Cursor
from bdnnc.network.document import (
    STATUSES,
    Certificate,
    Claims,
    DataSource,
    Dialect,
    GoalRecord,
    Model,
    Recomputable,
    Scalar,
    SetRecord,
    SetRecords,
    Status,
    Target,
    TrainingRecord,
)
from bdnnc.network.exact_json import read
from bdnnc.network.network import Layer, Network

FORMAT = "bdnnc-network"
VERSION = 1

KEYS = (
    *("format", "version", "inputs", "target", "dialect", "source", "layers", "classes"),
    *("training", "sets", "certificate", "spec"),
)
LAYER_KEYS = ("name", "unit", "weights", "bias", "absent", "margin", "height")
TRAINING_KEYS = (
    *("method", "solver", "status", "loss", "objective", "bound", "gap", "errors", "nominal_errors", "cuts", "samples"),
    *("seed", "options", "class", "goals"),
)
CLAIM_KEYS = ("bound", "gap", "class", "solver", "version", "options", "tolerances", "seed", "cases")


def model_of_text(text: str, name: str) -> Model:
    """The model of a MODEL.json's text; ``name`` is the file's name for messages.

    Raises UserError: E550 no JSON, E551 a doubled, E552 an unknown, E553 a missing key, E554 a wrong type, E555 a number out of
    range, E556 a wrong shape, E557 an unknown word, E558 another format or version, E559 a construct of a later version.
    """
    root = Cursor(read(text, name), "", name)
    _header(root)
    root.table(KEYS)
    network = _network(root)
    return Model(
        network=network,
        target=_target(root.at("target")),
        dialect=_dialect(root.at("dialect")),
        source=_source(root.at("source")),
        training=_training(root.at("training")),
        sets=_sets(root.at("sets")),
        certificate=_certificate(root.at("certificate"), network),
        spec=root.at("spec").text(),
    )


def _header(root: Cursor) -> None:
    """Before anything else is complained of: is this our format, our version, a construct that this version knows?"""
    if "format" not in root.names() or root.at("format").value != FORMAT:
        root.fail("E558", f"has no `format` of `{FORMAT}`: it is no network of bdnnc")
    if not root.has("version") or root.at("version").number() != VERSION:
        root.at("version").fail("E558", f"is not {VERSION}, the version that this bdnnc reads")
    if root.has("members"):
        root.at("members").fail("E559", "belongs to ensembles, which this version does not read")
    if root.has("classes") and root.at("classes").value is None:
        root.at("classes").fail("E559", "is null, as for regression, which this version does not read")


def _network(root: Cursor) -> Network:
    inputs = tuple(_input(entry) for entry in root.at("inputs").items())
    if not inputs:
        root.at("inputs").fail("E556", "is empty, but a network has inputs")
    classes = tuple(entry.text() for entry in root.at("classes").items())
    if len(classes) < 2 or len(set(classes)) < len(classes):
        root.at("classes").fail("E556", "must list at least two different classes")
    layers: list[Layer] = []
    width = len(inputs)
    for place in root.at("layers").items():
        layers.append(_layer(place, width))
        width = len(layers[-1].bias)
        if layers[-1].name in [layer.name for layer in layers[:-1]]:
            place.at("name").fail("E556", "is the name of an earlier layer")
    if not layers:
        root.at("layers").fail("E556", "is empty, but a network has layers")
    if width != len(classes) and (width, len(classes)) != (1, 2):
        root.at("layers").fail("E556", f"ends with {width} units, which does not fit {len(classes)} classes")
    return Network(inputs, tuple(layers), classes)


def _input(place: Cursor) -> Input:
    for later, what in (("equals", "one-hot inputs"), ("power", "powers of inputs")):
        if place.has(later):
            place.at(later).fail("E559", f"belongs to {what}, which this version does not read")
    if place.has("above"):
        place.table(("name", "column", "above", "signed"))
        transform: Scaled | Above = Above(place.at("above").number(), place.at("signed").truth())
    else:
        place.table(("name", "column", "scale"))
        scale = place.at("scale")
        scale.table(("shift", "factor"), ("round",))
        digits = scale.at("round").optional(Cursor.integer)
        transform = Scaled(scale.at("shift").number(), scale.at("factor").number(), digits)
    return Input(place.at("name").text(), place.at("column").integer(), transform)


def _layer(place: Cursor, width: int) -> Layer:
    place.table(LAYER_KEYS)
    unit = place.at("unit").word(("step", "sign", "linear"))
    if unit == "linear":
        place.at("unit").fail("E559", "is `linear`, which this version does not read")
    rows = [[entry.number() for entry in row.items(width, "input of the layer")] for row in place.at("weights").items()]
    if not rows:
        place.at("weights").fail("E556", "is empty, but a layer has units")
    weights = np.empty((len(rows), width), dtype=object)
    weights[:] = rows
    bias = np.empty(len(rows), dtype=object)
    bias[:] = [entry.number() for entry in place.at("bias").items(len(rows), "unit, as `weights` has them")]
    absent = np.zeros(weights.shape, dtype=np.bool_)
    for pair in place.at("absent").items():
        absent[_absent(pair, weights, absent)] = True
    margin = place.at("margin").number()
    if margin < 0:
        place.at("margin").fail("E555", "must not be below 0")
    height = place.at("height").positive()
    if unit == "sign" and height != 1:
        place.at("height").fail("E555", "must be 1: sign units have no height")
    name = place.at("name").text()
    return Layer(name, cast('Literal["step", "sign"]', unit), weights, bias, absent, margin, height)


def _absent(pair: Cursor, weights: np.ndarray, absent: np.ndarray) -> tuple[int, int]:
    at = [entry.integer() for entry in pair.items(2, "unit and input")]
    unit, source = at[0], at[1]
    if unit >= weights.shape[0] or source >= weights.shape[1]:
        pair.fail("E556", f"lies outside {weights.shape[0]} units and {weights.shape[1]} inputs")
    if weights[unit, source] != 0:
        pair.fail("E556", "is absent, but its weight is not 0")
    if absent[unit, source]:
        pair.fail("E556", "is listed before")
    return unit, source


def _target(place: Cursor) -> Target:
    place.table(("column", "name"))
    return Target(place.at("column").integer(-1), place.at("name").text())


def _dialect(place: Cursor) -> Dialect:
    place.table(("delimiter", "header"))
    return Dialect(place.at("delimiter").optional(Cursor.text), place.at("header").optional(Cursor.truth))


def _source(place: Cursor) -> DataSource:
    place.table(("path", "sha256"))
    return DataSource(place.at("path").optional(Cursor.text), place.at("sha256").digest())


def _scalars(place: Cursor) -> Mapping[str, Scalar]:
    return {key: entry.scalar() for key, entry in place.entries()}


def _training(place: Cursor) -> TrainingRecord:
    place.table(TRAINING_KEYS, ("model_objective",))
    return TrainingRecord(
        method=place.at("method").text(),
        solver=place.at("solver").optional(Cursor.text),
        status=cast("Status", place.at("status").word(STATUSES)),
        loss=place.at("loss").number(),
        objective=place.at("objective").number(),
        bound=place.at("bound").optional(Cursor.number),
        gap=place.at("gap").optional(Cursor.number),
        errors=place.at("errors").integer(),
        nominal_errors=place.at("nominal_errors").integer(),
        cuts=place.at("cuts").integer(),
        samples=place.at("samples").integer(),
        seed=place.at("seed").integer(),
        goals=tuple(_goal(goal) for goal in place.at("goals").items()),
        options=_scalars(place.at("options")),
        network_class=_scalars(place.at("class")),
        model_objective=place.at("model_objective").optional(Cursor.number),
    )


def _goal(place: Cursor) -> GoalRecord:
    place.table(("sense", "text", "value", "bound"))
    sense = cast('Literal["minimize", "maximize"]', place.at("sense").word(("minimize", "maximize")))
    bound = place.at("bound").optional(Cursor.number)
    return GoalRecord(sense, place.at("text").text(), place.at("value").number(), bound)


def _sets(place: Cursor) -> SetRecords:
    place.table(("train", "validation", "test"))
    return SetRecords(_set(place.at("train")), place.at("validation").optional(_set), place.at("test").optional(_set))


def _set(place: Cursor) -> SetRecord:
    place.table(("samples", "errors", "accuracy"))
    samples, errors, accuracy = place.at("samples").integer(), place.at("errors").integer(), place.at("accuracy").number()
    if errors > samples:
        place.at("errors").fail("E555", f"is above the {samples} samples")
    if not 0 <= accuracy <= 1:
        place.at("accuracy").fail("E555", "must lie between 0 and 1")
    return SetRecord(samples, errors, accuracy)


def _certificate(place: Cursor, network: Network) -> Certificate:
    place.table(("recomputable", "claims", "sha256"))
    figures, digests = place.at("recomputable"), place.at("sha256")
    figures.table(("loss", "objective", "errors", "margins"))
    digests.table(("spec", "data"))
    margins = figures.at("margins")
    margins.table(tuple(layer.name for layer in network.layers))
    recomputable = Recomputable(
        loss=figures.at("loss").number(),
        objective=figures.at("objective").number(),
        errors=figures.at("errors").integer(),
        margins={key: entry.number() for key, entry in margins.entries()},
    )
    return Certificate(recomputable, _claims(place.at("claims")), digests.at("spec").digest(), digests.at("data").digest())


def _claims(place: Cursor) -> Claims:
    place.table(CLAIM_KEYS)
    return Claims(
        bound=place.at("bound").optional(Cursor.number),
        gap=place.at("gap").optional(Cursor.number),
        network_class=_scalars(place.at("class")),
        solver=place.at("solver").optional(Cursor.text),
        version=place.at("version").optional(Cursor.text),
        options=_scalars(place.at("options")),
        tolerances=_scalars(place.at("tolerances")),
        seed=place.at("seed").integer(),
        cases=place.at("cases").optional(Cursor.integer),
    )
