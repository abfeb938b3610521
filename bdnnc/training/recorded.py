"""Networks as the JSON of a journal: layers alone, in exact numbers. Inputs and classes are those of the run that reads."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from bdnnc.network.network import Layer, Network


def network_payload(network: Network) -> Any:
    """The layers of a network as lists and texts."""
    return [
        {
            "name": layer.name,
            "unit": layer.unit,
            "weights": [[str(weight) for weight in row] for row in layer.weights.tolist()],
            "bias": [str(value) for value in layer.bias.tolist()],
            "absent": np.argwhere(layer.absent).tolist(),
            "margin": str(layer.margin),
            "height": str(layer.height),
        }
        for layer in network.layers
    ]


def network_of_payload(payload: Any) -> Network:
    """The network of which this is the payload, without inputs and classes."""
    return Network((), tuple(_layer(entry) for entry in payload), ())


def _layer(entry: Any) -> Layer:
    weights = np.array([_fractions(row) for row in entry["weights"]], dtype=object)
    absent = np.zeros(weights.shape, dtype=np.bool_)
    for unit, column in entry["absent"]:
        absent[unit, column] = True
    bias = np.array(_fractions(entry["bias"]), dtype=object)
    return Layer(entry["name"], entry["unit"], weights, bias, absent, Fraction(entry["margin"]), Fraction(entry["height"]))


def _fractions(texts: list[str]) -> list[Fraction]:
    known = {text: Fraction(text) for text in set(texts)}  # few numbers stand many times
    return [known[text] for text in texts]
