"""The value of every block of a program at a network: what the block's symbol means, computed from the network alone.

The table `VALUES` is the counterpart of `MEANINGS` in the MILP: a symbol that stands in one and not in the other is a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from bdnnc.formulation.worst.cases import worst_cases_of
from bdnnc.ir.domains import ScaledDomain
from bdnnc.ir.program import Index, Link, Variable
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.measure import Measured
from bdnnc.network.network import FractionArray, Layer, Network
from bdnnc.network.penalty_values import (
    axes_of,
    bias_magnitudes,
    bias_present,
    bias_signs,
    columns_used,
    directions,
    largest,
    largest_bias,
    magnitudes,
    present,
    reached,
    signs,
    units_used,
    values_chosen,
)
from bdnnc.network.scales import scale_of
from bdnnc.network.sums import exact_sums
from bdnnc.network.worst_activity import WorstActivity
from bdnnc.network.worst_values import worst_values
from bdnnc.uncertainty.leads import ahead, differences

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
        maker = VALUES.get(variable.symbol.rstrip("0123456789"))
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

    @cached_property
    def worst(self) -> dict[str, Floats]:
        """The blocks of worst cases by symbol."""
        uncertainty, plan = self.problem.uncertainty, self.formulation.plans[0]
        if uncertainty is None:
            raise InternalError("nothing moves")
        cases, weights = worst_cases_of(uncertainty, plan.layer), self.network.layers[0].weights
        directions = weights if cases.of == "unit" else differences(weights)
        return worst_values(cases, directions, self.problem.patterns.shape[0])

    def free_weights(self, variable: Variable) -> FractionArray:
        """The weights that the problem leaves free, in the order of the block."""
        return self.layer(variable).weights[self.plan(variable).layer.free]

    def biases(self, variable: Variable) -> FractionArray:
        bias = self.layer(variable).bias
        return bias[:1] if self.plan(variable).thresholds.bias.kind == "shared" else bias


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


# --- activations, margins, losses ----------------------------------------------------------------------------------------


def _activity(point: Point, variable: Variable) -> Floats:
    return point.active[point.place(variable)].astype(np.float64).ravel()


def _products(point: Point, variable: Variable) -> Floats:
    weights = point.free_weights(variable).astype(np.float64)
    below = point.active[point.place(variable) - 1].astype(np.float64)
    return (below[:, np.nonzero(point.plan(variable).layer.free)[1]] * weights).ravel()


def _distances(point: Point, place: int, nominal: bool = False) -> Floats:
    """The smallest distance of each unit, (units,), in the worst case unless ``nominal``."""
    if place == 0 and not nominal and point.problem.keeps_patterns:
        assert point.problem.uncertainty is not None
        worst = WorstActivity.of(point.network.layers[0], point.problem.patterns, point.problem.uncertainty.moves)
        return np.array([float(distance) for distance in worst.distances()])
    return np.asarray(np.abs(point.sums[place].floats()).min(axis=0), dtype=np.float64)


def _margin(point: Point, variable: Variable) -> Floats:
    places = [point.place(variable)] if variable.layer else range(len(point.network.layers))
    nominal = variable.symbol == "tp"
    found = [_distances(point, k, nominal).min() for k in places if point.network.layers[k].unit != "linear"]
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


def _uncertified(point: Point, variable: Variable) -> Floats:
    """c for each (pattern, class) that occurs: 0 where the outputs are the class's, and the pattern is kept or right at every
    scenario."""
    patterns, classes = axes_of(variable)
    lost = Measured(point.network, point.problem).lost
    assert lost is not None
    return np.maximum(_failures(point, variable), lost[patterns, classes])


def _worst(point: Point, variable: Variable) -> Floats:
    return point.worst[variable.symbol]


def _weight_leads(point: Point, variable: Variable) -> Floats:
    pair, inputs = axes_of(variable)
    return np.asarray(differences(point.layer(variable).weights)[pair, inputs], dtype=np.float64)


def _beaten(point: Point, variable: Variable) -> Floats:
    patterns, classes, others = axes_of(variable)
    scores, _ = point.sums[-1].over_one_denominator()
    return (scores[patterns, others] >= scores[patterns, classes]).astype(np.float64)


def _deviations(point: Point, variable: Variable) -> Floats:
    """d: |a - y| of a number y, or the hinge of a class, in the worst case; dp: of the points as they are."""
    symbol = variable.symbol.rstrip("0123456789")
    moves = symbol == "d" and point.problem.uncertainty is not None and not point.problem.has_patterns
    a = point.sums[-1].floats()
    targets = point.problem.targets
    if targets is not None:
        least, most = _extremes(point, moves)
        values = targets.value.astype(np.float64)
        return np.maximum(most[targets.pattern, 0] - values, values - least[targets.pattern, 0])
    patterns, classes = axes_of(variable)
    margin = float(hinge_margins(point.problem)[int(variable.symbol.removeprefix(symbol) or 0)])
    if a.shape[1] == 1:
        least, most = _extremes(point, moves)
        sides = np.stack([most[patterns, 0], 0.0 - least[patterns, 0]], axis=1)
        return np.maximum(0.0, margin + sides[np.arange(len(patterns)), classes])
    leads = a[patterns] - a[patterns, classes][:, np.newaxis]
    if moves:
        leads = leads + _most_ahead(point, patterns, classes)
    leads[np.arange(len(patterns)), classes] = -np.inf
    return np.maximum(0.0, margin + leads.max(axis=1))


def _extremes(point: Point, moves: bool) -> tuple[Floats, Floats]:
    """The scores of one linear unit, (patterns, 1), or how low and how high they go, as the program knows worst cases."""
    a = point.sums[-1].floats()
    if not moves:
        return a, a
    rise = point.worst["rise"]
    fall = point.worst.get("fall", rise)
    return a - fall[:, np.newaxis], a + rise[:, np.newaxis]


def _most_ahead(point: Point, patterns: Index, classes: Index) -> Floats:
    """How far moves can bring each score ahead of that of the class, (members, units), as the program knows worst cases."""
    units = point.problem.output_units
    pairs = units * (units - 1) // 2
    rise = point.worst["rise"].reshape(-1, pairs)
    fall = rise if "fall" not in point.worst else point.worst["fall"].reshape(-1, pairs)
    row = patterns if len(rise) > 1 else np.zeros_like(patterns)
    return ahead(fall.T, rise.T, units)[classes, :, row]


WORST_SYMBOLS = (
    *("fall", "rise", "wp", "wn", "tw"),
    *(f"{symbol}{way}" for symbol in ("t", "p", "a", "b", "m", "v") for way in ("f", "r")),
    *(f"{symbol}{of}" for symbol in ("h", "o", "x", "y") for of in ("u", "f", "r")),
)
"""Of the duals of worst cases, without the numbers of their sets."""

VALUES: Mapping[str, Callable[[Point, Variable], Floats]] = {
    "w": _weights,
    "q": _weight_digits,
    "b": _internal_biases,
    "r": _bias_digits,
    "g": _scales,
    "p": _shares,
    "z": present,
    "zb": bias_present,
    "n": magnitudes,
    "nb": bias_magnitudes,
    "v": signs,
    "vb": bias_signs,
    "m": largest,
    "mb": largest_bias,
    "k": reached,
    "kb": reached,
    "h": values_chosen,
    "hb": values_chosen,
    "y": units_used,
    "f": columns_used,
    "up": directions,
    "down": directions,
    "u": _activity,
    "s": _products,
    "t": _margin,
    "tp": _margin,
    "tu": _margin_of_units,
    "e": _failures,
    "c": _uncertified,
    "o": _beaten,
    "d": _deviations,
    "dp": _deviations,
    "wd": _weight_leads,
    **dict.fromkeys(WORST_SYMBOLS, _worst),
}

__all__ = ["VALUES", "Point", "axes_of"]
