"""A trained network: layers of exact rational weights. What it computes stands in ``evaluate.py``."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input

FractionArray = NDArray[Any]  # dtype object, entries Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """``weights``: (units, inputs) Fractions, ``bias``: (units,) Fractions (zeros for `bias none`), ``absent``: (units, inputs)
    bool, True where the connection doesn't exist (weight 0 there). ``margin``: the enforced width between active and inactive
    pre-activations (0: none claimed). ``height``: the v of step(v)."""

    name: str
    unit: Literal["step", "sign", "linear"]
    weights: FractionArray
    bias: FractionArray
    absent: NDArray[np.bool_]
    margin: Fraction = Fraction(0)
    height: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Layers from the inputs to the output. ``inputs`` say how a file's columns become first-layer inputs."""

    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        from bdnnc.network.text import network_text

        return network_text(self)

    def _repr_html_(self) -> str:
        from bdnnc.network.text import network_html

        return network_html(self)
