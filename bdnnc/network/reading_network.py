"""The part of a JSON document that is a network -> `Network`, every key, type, shape and number checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np

from bdnnc.data.inputs import Above, Equals, Input, Scaled
from bdnnc.network.cursor import Cursor
from bdnnc.network.network import Layer, Network

MOST = 100
"""The highest power, and the most decimals that an input is rounded to; more would only fill the memory."""

LAYER_KEYS = ("name", "unit", "weights", "bias", "absent", "margin", "height")


def network_of(root: Cursor) -> Network:
    """The network whose `inputs`, `layers` and `classes` stand at ``root``. Raises UserError E552 to E557."""
    inputs = tuple(_input(entry) for entry in root.at("inputs").items())
    if not inputs:
        root.at("inputs").fail("E556", "is empty, but a network has inputs")
    classes = root.at("classes").optional(classes_of) or ()
    return Network(inputs, layers_of(root.at("layers"), len(inputs), classes), classes)


def layers_of(place: Cursor, inputs: int, classes: Sequence[str]) -> tuple[Layer, ...]:
    """The layers in the list at ``place``, which suit ``inputs`` inputs and the classes. Raises UserError E552 to E557."""
    layers: list[Layer] = []
    width = inputs
    for entry in place.items():
        layers.append(_layer(entry, width))
        width = len(layers[-1].bias)
        if layers[-1].name in [layer.name for layer in layers[:-1]]:
            entry.at("name").fail("E556", "is the name of an earlier layer")
    if not layers:
        place.fail("E556", "is empty, but a network has layers")
    _units_and_order(place, layers, classes)
    return tuple(layers)


def classes_of(place: Cursor) -> tuple[str, ...]:
    """At least two names of classes, all different."""
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
