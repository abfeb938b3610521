"""The value of every block of a program at a network: what the block's symbol means, computed from the network alone.

The table `VALUES` is the counterpart of `MEANINGS` in the MILP: a symbol that stands in one and not in the other is a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property
from math import floor

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.losses import wanted
from bdnnc.formulation.mentions import hinge_margins
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Index, Link, Variable
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.measure import path_signs
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.scales import scale_of
from bdnnc.network.sums import exact_sums

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


class Point:
    """A network on the patterns of a formulation: exact pre-activations and activity of its layers, computed once."""

    def __init__(self, network: Network, formulation: Formulation) -> None:
        self.network = network
        self.formulation = formulation
        self.problem = formulation.problem
        self.layers = {layer.name: place for place, layer in enumerate(network.layers)}
        self.links = {link.digit: link for link in formulation.program.links}

    def values(self, variable: Variable) -> Floats:
        """The values of a block, (size,)."""
        symbol = variable.symbol.rstrip("0123456789") if variable.symbol[:1] in "du" else variable.symbol
        maker = VALUES.get(symbol)
        if maker is None:
            raise InternalError(f"nobody knows what `{variable.symbol}` means")
        return maker(self, variable)

    # --- the network, layer by layer --------------------------------------------------------------------------------

    def place(self, variable: Variable) -> int:
        return self.layers[variable.layer]

    def layer(self, variable: Variable) -> Layer:
        return self.network.layers[self.place(variable)]

    def plan(self, variable: Variable) -> LayerPlan:
        return self.formulation.plans[self.place(variable)]

    @cached_property
    def sums(self) -> list[ExactMatrix]:
        """The exact pre-activations of every layer, (patterns, units)."""
        return [exact_sums(layer, below) for layer, below in zip(self.network.layers, self.inputs, strict=True)]

    @cached_property
    def inputs(self) -> list[ExactMatrix]:
        """What every layer receives."""
        below = [self.problem.patterns]
        for layer, active in zip(self.network.layers[:-1], self.active, strict=False):
            below.append(layer_output(layer, active))
        return below

    @cached_property
    def active(self) -> list[Booleans]:
        """Which units of every layer are active; of a linear layer, whose scores are not negative."""
        found: list[Booleans] = []
        below = self.problem.patterns
        for layer in self.network.layers:
            found.append(layer_activity(layer, below))
            if layer is not self.network.layers[-1]:
                below = layer_output(layer, found[-1])
        return found

    def free_weights(self, variable: Variable) -> FractionArray:
        """The weights that the problem leaves free, in the order of the block."""
        return self.layer(variable).weights[self.plan(variable).layer.free]

    def biases(self, variable: Variable) -> FractionArray:
        bias = self.layer(variable).bias
        return bias[:1] if self.plan(variable).thresholds.bias.kind == "shared" else bias


def axes_of(variable: Variable) -> tuple[Index, ...]:
    """One index array an axis, each (size,)."""
    if variable.index is not None:
        return variable.index
    found: tuple[Index, ...] = ()
    return np.unravel_index(np.arange(variable.size), variable.shape) if variable.shape else found


# --- parameters and their encodings -------------------------------------------------------------------------------------


def _weights(point: Point, variable: Variable) -> Floats:
    return point.free_weights(variable).astype(np.float64)


def _internal_biases(point: Point, variable: Variable) -> Floats:
    """Biases as the program knows them: on a lattice of sums the largest lattice value below the bias."""
    lattices = point.plan(variable).thresholds.bias.lattices
    internal = [
        value if lattice is None else floor((value + lattice[0]) / lattice[1]) * lattice[1] - lattice[0]
        for value, lattice in zip(point.biases(variable), lattices, strict=True)
    ]
    return np.array(internal, dtype=object).astype(np.float64)


def _weight_digits(point: Point, variable: Variable) -> Floats:
    if isinstance(point.plan(variable).layer.domain, ScaledDomain):
        return _chosen_members(point, variable).astype(np.float64)
    return _digits(point.links[variable.key], point.free_weights(variable).astype(np.float64), variable)


def _bias_digits(point: Point, variable: Variable) -> Floats:
    return _digits(point.links[variable.key], _internal_biases(point, variable), variable)


def _digits(link: Link, target: Floats, variable: Variable) -> Floats:
    """One-hot, bits of an integer, or the integer itself; all 0 where the parameter is absent."""
    gone = (target == 0)[link.owner] if link.present is not None else np.zeros(len(link.owner), dtype=np.bool_)
    if link.choose_one:
        return np.where(gone, 0.0, _nearest(link, target))
    left = (target - link.origin)[link.owner]
    if variable.axes[-1:] == ("bit",):
        return np.where(gone, 0.0, np.floor(np.round(left) / link.value) % 2)
    return np.where(gone, 0.0, np.round(left / link.value))


def _nearest(link: Link, target: Floats) -> Floats:
    nearest = np.full(len(link.origin), np.inf)
    distance = np.abs(link.value - target[link.owner])
    np.minimum.at(nearest, link.owner, distance)
    return (distance == nearest[link.owner]).astype(np.float64)


def _scales(point: Point, variable: Variable) -> Floats:
    layer, domain = point.layer(variable), point.plan(variable).layer.domain
    assert isinstance(domain, ScaledDomain)
    free = point.plan(variable).layer.free
    return np.array([float(scale_of(layer.weights[i][free[i]], domain)) for i in range(len(free))])


def _chosen_members(point: Point, variable: Variable) -> Booleans:
    """Which (unit, input, member) is the weight's: weight = scale times member."""
    plan = point.plan(variable).layer
    domain = plan.domain
    assert isinstance(domain, ScaledDomain)
    weights = point.layer(variable).weights
    scales = [scale_of(weights[i][plan.free[i]], domain) for i in range(plan.units)]
    units, inputs, members = axes_of(variable)
    expected = np.array(scales, dtype=object)[units] * np.array(domain.base, dtype=object)[members]
    chosen = np.asarray(weights[units, inputs] == expected, dtype=np.bool_)
    return chosen & ~(plan.sparse & np.asarray(weights[units, inputs] == 0, dtype=np.bool_))


def _shares(point: Point, variable: Variable) -> Floats:
    units = axes_of(variable)[0]
    scale = _scales(point, variable)[units]
    return np.where(_chosen_members(point, variable), scale, 0.0)


# --- penalties ----------------------------------------------------------------------------------------------------------


def _present(point: Point, variable: Variable) -> Floats:
    return (point.free_weights(variable) != 0).astype(np.float64)


def _bias_present(point: Point, variable: Variable) -> Floats:
    return (point.biases(variable) != 0).astype(np.float64)


def _magnitudes(point: Point, variable: Variable) -> Floats:
    return np.abs(point.free_weights(variable)).astype(np.float64)


def _bias_magnitudes(point: Point, variable: Variable) -> Floats:
    return np.abs(point.biases(variable)).astype(np.float64)


def _signs(point: Point, variable: Variable) -> Floats:
    return np.clip(point.free_weights(variable) >= 0, variable.lower, variable.upper).astype(np.float64)


def _bias_signs(point: Point, variable: Variable) -> Floats:
    return np.clip(point.biases(variable) >= 0, variable.lower, variable.upper).astype(np.float64)


def _largest(point: Point, variable: Variable) -> Floats:
    layers = [point.layer(variable)] if variable.layer else list(point.network.layers)
    return np.array([max(float(np.abs(layer.weights).max()) for layer in layers)])


def _largest_bias(point: Point, variable: Variable) -> Floats:
    return np.array([float(np.abs(point.layer(variable).bias).max())])


def _reached(point: Point, variable: Variable) -> Floats:
    """1 at the first parameter and side that has the largest magnitude; nowhere if only a constant has it."""
    weights = [layer.weights for layer in point.network.layers]
    axes = axes_of(variable)
    side = np.concatenate(axes[-1:])
    if variable.symbol == "kb":
        biases = point.layer(variable).bias
        units = axes[0] if len(axes) > 1 else np.zeros(variable.size, dtype=np.int64)
        values, most = biases[units], np.abs(biases).max()
    elif variable.layer:
        table = weights[point.place(variable)]
        values, most = table[axes[0], axes[1]], np.abs(table).max()
    else:
        values, most = np.empty(variable.size, dtype=object), max(np.abs(table).max() for table in weights)
        for place, table in enumerate(weights):
            own = axes[0] == place
            values[own] = table[axes[1][own], axes[2][own]]
    sided = np.where(side == 0, values, -values)
    found = np.zeros(variable.size)
    reaching = np.flatnonzero(sided == most)
    found[reaching[:1]] = 1.0
    return found


def _values_chosen(point: Point, variable: Variable) -> Floats:
    """h, hb: 1 at the member of its set that a parameter is."""
    if variable.symbol == "hb":
        owners = axes_of(variable)[0] if len(variable.axes) > 1 else np.zeros(variable.size, dtype=np.int64)
        members = [_members(domain) for domain in point.plan(variable).thresholds.bias.domains]
        places: Index = np.concatenate(axes_of(variable)[-1:])
        listed = np.array([members[i][k] for i, k in zip(owners.tolist(), places.tolist(), strict=True)], dtype=object)
        return np.asarray(point.biases(variable)[owners] == listed).astype(np.float64)
    plan = point.plan(variable).layer
    units, inputs, member = axes_of(variable)
    listed = np.array(_members(plan.domain), dtype=object)
    weights = point.layer(variable).weights[units, inputs]
    chosen = np.asarray(listed[member] == weights)
    return np.where(plan.sparse & (weights == 0), False, chosen).astype(np.float64)


def _members(domain: ParameterDomain) -> tuple[Fraction, ...]:
    if isinstance(domain, RealDomain | ScaledDomain):
        raise InternalError("a continuous set has no members to choose from")
    return domain.values


def _units_used(point: Point, variable: Variable) -> Floats:
    outgoing = point.network.layers[point.place(variable) + 1].weights
    return (outgoing != 0).any(axis=0).astype(np.float64)


def _columns_used(point: Point, variable: Variable) -> Floats:
    used = (point.network.layers[0].weights != 0).any(axis=0)
    columns = np.array(point.problem.columns)
    return np.array([float(used[columns == column].any()) for column in axes_of(variable)[0]])


def _directions(point: Point, variable: Variable) -> Floats:
    """up<k>, down<k>: whether a path of positive, of negative product reaches the unit from the inputs of statement k."""
    rising = variable.symbol.startswith("up")
    statement = point.problem.monotone[int(variable.symbol[2 if rising else 4 :])]
    positive, negative = list(path_signs(point.network, statement.inputs))[point.place(variable)]
    return (positive if rising else negative).astype(np.float64)


# --- activations, margins, losses ----------------------------------------------------------------------------------------


def _activity(point: Point, variable: Variable) -> Floats:
    return point.active[point.place(variable)].astype(np.float64).ravel()


def _products(point: Point, variable: Variable) -> Floats:
    weights = point.free_weights(variable).astype(np.float64)
    below = point.active[point.place(variable) - 1].astype(np.float64)
    return (below[:, np.nonzero(point.plan(variable).layer.free)[1]] * weights).ravel()


def _distances(point: Point, place: int) -> Floats:
    """The smallest distance of each unit, (units,)."""
    return np.asarray(np.abs(point.sums[place].floats()).min(axis=0), dtype=np.float64)


def _margin(point: Point, variable: Variable) -> Floats:
    places = [point.place(variable)] if variable.layer else range(len(point.network.layers))
    found = [_distances(point, k).min() for k in places if point.network.layers[k].unit != "linear"]
    return np.array([min(found)])


def _margin_of_units(point: Point, variable: Variable) -> Floats:
    return _distances(point, point.place(variable))


def _failures(point: Point, variable: Variable) -> Floats:
    """e for each (pattern, class) that occurs: 0 where the outputs are exactly the class's."""
    patterns, classes = axes_of(variable)
    if point.layer(variable).unit != "linear":
        shall = wanted(point.problem)[classes] == 1
        return (point.active[-1][patterns] != shall).any(axis=1).astype(np.float64)
    scores, _ = point.sums[-1].over_one_denominator()
    if scores.shape[1] == 1:
        return ((scores[patterns, 0] >= 0) != (classes == 1)).astype(np.float64)
    rivals = scores[patterns].astype(object)
    rivals[np.arange(len(patterns)), classes] = None
    true = scores[patterns, classes]
    beaten = [any(r is not None and r >= t for r in row) for row, t in zip(rivals, true, strict=True)]
    return np.array(beaten, dtype=np.float64)


def _beaten(point: Point, variable: Variable) -> Floats:
    patterns, classes, others = axes_of(variable)
    scores, _ = point.sums[-1].over_one_denominator()
    return (scores[patterns, others] >= scores[patterns, classes]).astype(np.float64)


def _deviations(point: Point, variable: Variable) -> Floats:
    """d: |a - y| of a number y, or the hinge of a class."""
    a = point.sums[-1].floats()
    targets = point.problem.targets
    if targets is not None:
        return np.abs(a[targets.pattern, 0] - targets.value.astype(np.float64))
    patterns, classes = axes_of(variable)
    margin = float(hinge_margins(point.problem)[int(variable.symbol[1:] or 0)])
    if a.shape[1] == 1:
        return np.maximum(0.0, margin - np.where(classes == 1, 1.0, -1.0) * a[patterns, 0])
    true = a[patterns, classes]
    rivals = a[patterns].copy()
    rivals[np.arange(len(patterns)), classes] = -np.inf
    return np.maximum(0.0, margin + rivals.max(axis=1) - true)


VALUES: Mapping[str, Callable[[Point, Variable], Floats]] = {
    "w": _weights,
    "q": _weight_digits,
    "b": _internal_biases,
    "r": _bias_digits,
    "g": _scales,
    "p": _shares,
    "z": _present,
    "zb": _bias_present,
    "n": _magnitudes,
    "nb": _bias_magnitudes,
    "v": _signs,
    "vb": _bias_signs,
    "m": _largest,
    "mb": _largest_bias,
    "k": _reached,
    "kb": _reached,
    "h": _values_chosen,
    "hb": _values_chosen,
    "y": _units_used,
    "f": _columns_used,
    "up": _directions,
    "down": _directions,
    "u": _activity,
    "s": _products,
    "t": _margin,
    "tu": _margin_of_units,
    "e": _failures,
    "o": _beaten,
    "d": _deviations,
}

__all__ = ["VALUES", "Point", "axes_of"]
