"""What goals and constraints speak of: the quantities of a network, resolved to numbers of layers, units, inputs and classes.

Values only. Layers count from 0 in the order of the file, inputs of the first layer in the order of MODEL.json (powers
included), classes in class order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bdnnc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss over the training points. ``margin``: the m of `hinge(m)`, else 0. ``weights``: one positive number a class,
    "balanced", or None (1 each; always None for `absolute`). ``nominal``, here and below: of the points as they are, in a file
    with a `robust` block, where the plain quantities are worst cases."""

    kind: Literal["hamming", "zero_one", "hinge", "absolute"]
    margin: Fraction = Fraction(0)
    weights: Literal["balanced"] | tuple[Fraction, ...] | None = None
    nominal: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """The points that `zero_one` counts, unweighted; ``of``: of one class (its index), None of all."""

    of: int | None = None
    nominal: bool = False


@dataclass(frozen=True, slots=True)
class Norm:
    """``l0``: numbers that are not 0 (connections that are present); ``l1``: sum of magnitudes; ``linf``: the largest
    magnitude; ``l2``: sum of squares. Of the weights or biases of ``layers``."""

    kind: Literal["l0", "l1", "linf", "l2"]
    part: Literal["weights", "bias"]
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnitsUsed:
    """`units(LAYER)`: units with an outgoing connection; never of the output layer."""

    layer: int


@dataclass(frozen=True, slots=True)
class FeaturesUsed:
    """`features_used`: columns of the file with at least one present connection into the first layer."""


@dataclass(frozen=True, slots=True)
class Margin:
    """`margin`, `margin(LAYER)`: the smallest distance of a pre-activation from 0 (a of an active, -a of an inactive unit) over
    the training points and the units of ``layer`` (None: of all layers that are not linear)."""

    layer: int | None = None
    nominal: bool = False


@dataclass(frozen=True, slots=True)
class Margins:
    """`margins`: for every unit of every layer that is not linear its smallest distance, summed."""


@dataclass(frozen=True, slots=True)
class FanIn:
    """`fan_in(LAYER)`: present connections into each unit of the layer; one row a unit."""

    layer: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """Single weights or biases, one a row: weight (``units[r]``, ``inputs[r]``), or bias ``units[r]`` (``inputs`` empty)."""

    layer: int
    part: Literal["weights", "bias"]
    units: tuple[int, ...]
    inputs: tuple[int, ...] = ()


Quantity = Loss | Errors | Norm | UnitsUsed | FeaturesUsed | Margin | Margins | FanIn | Parameters


@dataclass(frozen=True, slots=True)
class Term:
    """``coefficient * quantity``."""

    coefficient: Fraction
    quantity: Quantity
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """``sense`` (sum of terms + constant). Coefficients as written: in a minimized goal those of losses and penalties are not
    negative, in a maximized one those of margins are not. ``within``: how far later goals may make it worse. ``text`` is as
    written, without the sense."""

    sense: Literal["minimize", "maximize"]
    terms: tuple[Term, ...]
    constant: Fraction
    text: str
    span: Span | None = None
    within: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Constraint:
    """For each of ``rows`` rows: sum of terms ``sense`` bound. `FanIn` and `Parameters` have a value a row, other quantities
    the same in all."""

    terms: tuple[Term, ...]
    sense: Literal["<=", ">=", "=="]
    bound: Fraction
    rows: int
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Monotone:
    """Every path from one of ``inputs`` (of the first layer) to output unit ``output`` (None: to any) has a non-negative
    product of weights; with ``increasing`` False a non-positive one."""

    increasing: bool
    inputs: tuple[int, ...]
    output: int | None
    text: str
    span: Span | None = None


def sparse_layers(quantities: Iterable[Quantity]) -> frozenset[int]:
    """The layers whose connections are counted by some of the quantities (those of all goals and constraints), so that each may
    be absent: by `fan_in`, by `l0` of weights, by `features_used` (the first layer), by `units` (the layer after).
    """
    found: set[int] = set()
    for quantity in quantities:
        match quantity:
            case FanIn(layer):
                found.add(layer)
            case Norm("l0", "weights", layers):
                found.update(layers)
            case UnitsUsed(layer):
                found.add(layer + 1)
            case FeaturesUsed():
                found.add(0)
            case _:
                pass
    return frozenset(found)
