"""A JSON document -> `Model`: every key, type, shape and number is checked, and a complaint says where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import numpy as np

from bdnnc.data.inputs import Above, Equals, Input, Scaled
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
MOST = 100
"""The highest power, and the most decimals that an input is rounded to; more would only fill the memory."""

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
    regression = not network.classes
    return Model(
        network=network,
        target=_target(root.at("target")),
        dialect=_dialect(root.at("dialect")),
        source=_source(root.at("source")),
        training=_training(root.at("training"), regression),
        sets=_sets(root.at("sets"), regression),
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


def _network(root: Cursor) -> Network:
    inputs = tuple(_input(entry) for entry in root.at("inputs").items())
    if not inputs:
        root.at("inputs").fail("E556", "is empty, but a network has inputs")
    classes = root.at("classes").optional(_classes) or ()
    layers: list[Layer] = []
    width = len(inputs)
    for place in root.at("layers").items():
        layers.append(_layer(place, width))
        width = len(layers[-1].bias)
        if layers[-1].name in [layer.name for layer in layers[:-1]]:
            place.at("name").fail("E556", "is the name of an earlier layer")
    if not layers:
        root.at("layers").fail("E556", "is empty, but a network has layers")
    _units_and_order(root.at("layers"), layers, classes)
    return Network(inputs, tuple(layers), classes)


def _classes(place: Cursor) -> tuple[str, ...]:
    classes = tuple(entry.text() for entry in place.items())
    if len(classes) < 2 or len(set(classes)) < len(classes):
        place.fail("E556", "must list at least two different classes, or be null for regression")
    return classes


def _units_and_order(place: Cursor, layers: Sequence[Layer], classes: Sequence[str]) -> None:
    """That the last layer suits the classes, and that only the last is linear."""
    for number, layer in enumerate(layers[:-1]):
        if layer.unit == "linear":
            Cursor("linear", f"{place.path}[{number}].unit", place.file).fail("E556", "is `linear`, which only the last may be")
    width, unit = len(layers[-1].bias), layers[-1].unit
    if not classes and (width, unit) != (1, "linear"):
        place.fail("E556", f"ends with {width} {unit} units, but a network without classes has one linear unit")
    if classes and width != len(classes) and (width, len(classes)) != (1, 2):
        place.fail("E556", f"ends with {width} units, which does not fit {len(classes)} classes")


def _input(place: Cursor) -> Input:
    kind = next((key for key in ("above", "equals") if place.has(key)), "scale")
    more = ("signed",) if kind == "above" else ()
    place.table(("name", "column", kind, *more), ("power",))
    power = place.at("power").integer(1, MOST) if place.has("power") else 1
    return Input(place.at("name").text(), place.at("column").integer(), _transform(place, kind), power)


def _transform(place: Cursor, kind: str) -> Scaled | Above | Equals:
    if kind == "above":
        return Above(place.at("above").number(), place.at("signed").truth())
    if kind == "equals":
        return Equals(place.at("equals").text())
    scale = place.at("scale")
    scale.table(("shift", "factor"), ("round",))
    digits = scale.at("round").optional(lambda at: at.integer(0, MOST))
    return Scaled(scale.at("shift").number(), scale.at("factor").number(), digits)


def _layer(place: Cursor, width: int) -> Layer:
    place.table(LAYER_KEYS)
    unit = cast('Literal["step", "sign", "linear"]', place.at("unit").word(("step", "sign", "linear")))
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
    if unit != "step" and height != 1:
        place.at("height").fail("E555", f"must be 1: {unit} units have no height")
    return Layer(place.at("name").text(), unit, weights, bias, absent, margin, height)


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


def _training(place: Cursor, regression: bool) -> TrainingRecord:
    place.table(TRAINING_KEYS, ("model_objective",))
    return TrainingRecord(
        method=place.at("method").text(),
        solver=place.at("solver").optional(Cursor.text),
        status=cast("Status", place.at("status").word(STATUSES)),
        loss=place.at("loss").number(),
        objective=place.at("objective").number(),
        bound=place.at("bound").optional(Cursor.number),
        gap=place.at("gap").optional(Cursor.number),
        errors=_counted(place.at("errors"), regression),
        nominal_errors=_counted(place.at("nominal_errors"), regression),
        cuts=place.at("cuts").integer(),
        samples=place.at("samples").integer(),
        seed=place.at("seed").integer(),
        goals=tuple(_goal(goal) for goal in place.at("goals").items()),
        options=_scalars(place.at("options")),
        network_class=_scalars(place.at("class")),
        model_objective=place.at("model_objective").optional(Cursor.number),
    )


def _counted(place: Cursor, regression: bool) -> int | None:
    """A number of errors, null for regression."""
    if regression and place.value is not None:
        place.fail("E554", "must be null: a network without classes makes no errors")
    return None if regression else place.integer()


def _goal(place: Cursor) -> GoalRecord:
    place.table(("sense", "text", "value", "bound"), ("within", "reached"))
    sense = cast('Literal["minimize", "maximize"]', place.at("sense").word(("minimize", "maximize")))
    value, bound = place.at("value").number(), place.at("bound").optional(Cursor.number)
    if not place.has("within") and not place.has("reached"):
        return GoalRecord(sense, place.at("text").text(), value, bound)
    place.table(("sense", "text", "value", "bound", "within", "reached"))
    within, reached = place.at("within").positive(), place.at("reached").optional(Cursor.number)
    return GoalRecord(sense, place.at("text").text(), value, bound, within, reached)


def _sets(place: Cursor, regression: bool) -> SetRecords:
    place.table(("train", "validation", "test"))
    read = _regression_set if regression else _set
    return SetRecords(read(place.at("train")), place.at("validation").optional(read), place.at("test").optional(read))


def _set(place: Cursor) -> SetRecord:
    place.table(("samples", "errors", "accuracy"))
    samples, errors, accuracy = place.at("samples").integer(), place.at("errors").integer(), place.at("accuracy").number()
    if errors > samples:
        place.at("errors").fail("E555", f"is above the {samples} samples")
    if not 0 <= accuracy <= 1:
        place.at("accuracy").fail("E555", "must lie between 0 and 1")
    return SetRecord(samples, errors, accuracy)


def _regression_set(place: Cursor) -> SetRecord:
    place.table(("samples", "errors", "accuracy", "absolute"))
    _counted(place.at("errors"), regression=True)
    _counted(place.at("accuracy"), regression=True)
    absolute = place.at("absolute").number()
    if absolute < 0:
        place.at("absolute").fail("E555", "must not be below 0")
    return SetRecord(place.at("samples").integer(), None, None, absolute)


def _certificate(place: Cursor, network: Network) -> Certificate:
    place.table(("recomputable", "claims", "sha256"))
    figures, digests = place.at("recomputable"), place.at("sha256")
    figures.table(("loss", "objective", "errors", "margins"), ("constraints",))
    digests.table(("spec", "data"))
    margins = figures.at("margins")
    margins.table(tuple(layer.name for layer in network.layers if layer.unit != "linear"))
    recomputable = Recomputable(
        loss=figures.at("loss").number(),
        objective=figures.at("objective").number(),
        errors=_counted(figures.at("errors"), not network.classes),
        margins={key: entry.number() for key, entry in margins.entries()},
        constraints=figures.at("constraints").integer(1) if figures.has("constraints") else 0,
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
