"""Quantities of the parameters alone, of many candidates for one unit at once.

``W`` are the weights of all layers, (units, inputs) floats, 0 where a connection is absent; ``b`` the biases, (units,) floats.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bdnnc.language.quantities import FeaturesUsed, Monotone, Norm, Parameters, UnitsUsed
from bdnnc.search.forms import Structural, UnitFanIn

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def value(quantity: Structural, W: Sequence[Floats], b: Sequence[Floats], columns: Sequence[int]) -> float:
    """The quantity itself. ``columns``: the file's column of each first-layer input."""
    match quantity:
        case Norm(kind, part, layers):
            numbers = np.concatenate([(W if part == "weights" else b)[place].ravel() for place in layers])
            return float(_norm(kind, numbers[np.newaxis])[0])
        case Parameters(layer, "weights", units, inputs):
            return float(W[layer][units[0], inputs[0]])
        case Parameters(layer, _, units):
            return float(b[layer][units[0]])
        case UnitFanIn(layer, unit):
            return float(np.count_nonzero(W[layer][unit]))
        case UnitsUsed(layer):
            return float(np.count_nonzero((W[layer + 1] != 0).any(axis=0)))
        case FeaturesUsed():
            return float(columns_used((W[0] != 0).any(axis=0)[np.newaxis], columns)[0])


def of_rows(
    quantity: Structural, W: Sequence[Floats], columns: Sequence[int], layer: int, unit: int, rows: Floats
) -> Floats | None:
    """The quantity if the weights of one unit were each of ``rows`` (candidates, inputs): (candidates,); None where it does not
    look at the weights of the layer."""
    match quantity:
        case Norm(kind, "weights", layers) if layer in layers:
            others = [W[place].ravel() for place in layers if place != layer]
            rest = np.concatenate([*others, np.delete(W[layer], unit, axis=0).ravel()])
            own, fixed = _norm(kind, rows), _norm(kind, rest[np.newaxis])[0] if rest.size else 0.0
            return np.maximum(own, fixed) if kind == "linf" else own + fixed
        case Parameters(place, "weights", units, inputs) if place == layer and units[0] == unit:
            return rows[:, inputs[0]]
        case UnitFanIn(place, own) if place == layer and own == unit:
            return np.count_nonzero(rows, axis=1).astype(np.float64)
        case UnitsUsed(place) if place + 1 == layer:
            return (_others_present(W[layer], unit) | (rows != 0)).sum(axis=1).astype(np.float64)
        case FeaturesUsed() if layer == 0:
            return columns_used(_others_present(W[0], unit) | (rows != 0), columns)
        case _:
            return None


def of_biases(quantity: Structural, b: Sequence[Floats], layer: int, unit: int, biases: Floats) -> Floats | None:
    """The quantity if the bias of one unit were each of ``biases``: (candidates,); None where it does not look at them."""
    match quantity:
        case Norm(kind, "bias", layers) if layer in layers:
            others = [np.delete(b[place], unit) if place == layer else b[place] for place in layers]
            rest = np.concatenate(others)
            own, fixed = _norm(kind, biases[:, np.newaxis]), _norm(kind, rest[np.newaxis])[0] if rest.size else 0.0
            return np.maximum(own, fixed) if kind == "linf" else own + fixed
        case Parameters(place, "bias", units) if place == layer and units[0] == unit:
            return biases
        case _:
            return None


def looks_at_bias(quantity: Structural, layer: int) -> bool:
    """Whether the quantity is about biases of the layer."""
    match quantity:
        case Norm(_, "bias", layers):
            return layer in layers
        case Parameters(place, "bias"):
            return place == layer
        case _:
            return False


def wrong_paths(statements: Sequence[Monotone], W: Sequence[Floats]) -> float:
    """How many output units are reached by a path of the wrong sign, over all monotone statements."""
    return sum(
        float(_wrong_outputs(statement, *_reached(statement, W, 0, *_at_inputs(statement, W))).sum())
        for statement in statements
    )


def wrong_paths_of_rows(statements: Sequence[Monotone], W: Sequence[Floats], layer: int, unit: int, rows: Floats) -> Floats:
    """The same if the weights of one unit were each of ``rows``: (candidates,)."""
    found = np.zeros(len(rows))
    up, down = rows > 0, rows < 0
    for statement in statements:
        positive, negative = _at_inputs(statement, W)
        for below in W[:layer]:
            positive, negative = _through(below, positive, negative)
        rises = (up & positive | down & negative).any(axis=1)
        falls = (up & negative | down & positive).any(axis=1)
        plain_up, plain_down = _through(W[layer], positive, negative)
        table = np.empty(4)
        for case in range(4):  # the unit is reached by neither sign, the positive, the negative, both
            plain_up[unit], plain_down[unit] = bool(case & 1), bool(case & 2)
            table[case] = _wrong_outputs(statement, *_reached(statement, W, layer + 1, plain_up, plain_down)).sum()
        found += table[rises.astype(np.int64) + 2 * falls.astype(np.int64)]
    return found


def _at_inputs(statement: Monotone, W: Sequence[Floats]) -> tuple[Booleans, Booleans]:
    positive = np.zeros(W[0].shape[1], dtype=np.bool_)
    positive[list(statement.inputs)] = True
    return positive, np.zeros_like(positive)


def _through(weights: Floats, positive: Booleans, negative: Booleans) -> tuple[Booleans, Booleans]:
    """Which units of a layer paths of positive and of negative product reach."""
    up, down = weights > 0, weights < 0
    rises, falls = up & positive | down & negative, up & negative | down & positive
    return np.asarray(rises.any(axis=1), dtype=np.bool_), np.asarray(falls.any(axis=1), dtype=np.bool_)


def _reached(
    statement: Monotone, W: Sequence[Floats], start: int, positive: Booleans, negative: Booleans
) -> tuple[Booleans, Booleans]:
    for weights in W[start:]:
        positive, negative = _through(weights, positive, negative)
    return positive, negative


def _wrong_outputs(statement: Monotone, positive: Booleans, negative: Booleans) -> Booleans:
    wrong = negative if statement.increasing else positive
    return wrong if statement.output is None else wrong[statement.output : statement.output + 1]


def _others_present(weights: Floats, unit: int) -> Booleans:
    """Which inputs a connection into another unit than this one uses."""
    return (np.delete(weights, unit, axis=0) != 0).any(axis=0)


def columns_used(used: Booleans, columns: Sequence[int]) -> Floats:
    """The number of different columns of the inputs used, of each row."""
    _, column = np.unique(np.asarray(columns), return_inverse=True)
    count = np.zeros((len(used), int(column.max()) + 1), dtype=np.bool_)
    for place in range(used.shape[1]):
        count[:, column[place]] |= used[:, place]
    return count.sum(axis=1).astype(np.float64)


def _norm(kind: str, numbers: Floats) -> Floats:
    """Of each row."""
    if kind == "l0":
        return np.count_nonzero(numbers, axis=1).astype(np.float64)
    if kind == "linf":
        return np.abs(numbers).max(axis=1, initial=0.0)
    return (np.abs(numbers) if kind == "l1" else numbers * numbers).sum(axis=1)
