"""The layers of a search in integers: weights, biases and inputs on common grids, so that every activation is decided exactly.

Weights are ``W / weight_scale``, inputs ``x / input_scale``, pre-activations and biases ``a / (weight_scale * input_scale)``,
all W, x, a int64. Finite sets stand as they are; an interval is searched on a grid of its own. Where denominators are too large
for 64 bits, inputs and parameters are rounded: what the search finds is then only a proposal, like all that it finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix, fraction_gcd
from bdnnc.formulation.bias import BiasDomain
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import LatticeDomain, ParameterDomain, RealDomain, ScaledDomain

Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

REAL_LEVELS = 1024
"""Steps of the grid that stands for an interval of weights."""

SCALES = 128
"""Steps of the grid that stands for the scales of a scaled set."""

LARGEST_SUM = 2**50
"""Of a pre-activation: below it float64 and int64 are exact, with room for a change of any weight."""

ROUNDED_INPUT = 2**20
ROUNDED_WEIGHT = 2**16
"""Scales that large numbers are rounded at."""


@dataclass(frozen=True, slots=True, eq=False)
class BiasGrid:
    """The thresholds of one unit: biases ``first + step * k`` for k = 0..count, of which ``allowed`` are members (None: all).
    ``is_real``: the set is an interval, and the grid only a choice of its members."""

    first: int
    step: int
    count: int
    allowed: Booleans | None
    is_real: bool

    def nearest(self, bias: int) -> int:
        """The member nearest to a number."""
        place = min(max(round((bias - self.first) / self.step), 0), self.count)
        if self.allowed is not None and not self.allowed[place]:
            members = np.flatnonzero(self.allowed)
            place = int(members[np.argmin(np.abs(members - place))])
        return self.first + self.step * place


@dataclass(frozen=True, slots=True, eq=False)
class GridLayer:
    """One layer. ``levels``: the members of the weight set, ascending, 0 among them where connections may be absent; of a
    scaled set those of its base, which ``scales`` (int64, ascending) multiply. ``constant``: (units, inputs), the weights that
    are not ``free``. ``biases``: one grid a unit, a single one for a shared bias, none for `bias none`. ``on``, ``off``: what a
    unit gives the next layer. ``half_margin``: the distance from 0 that the file demands, 0 for none. ``fan_in``: the most
    connections of a unit."""

    name: str
    unit: str
    weight_scale: int
    input_scale: int
    levels: Integers
    scales: Integers | None
    scale_unit: int
    free: Booleans
    constant: Integers
    sparse: bool
    biases: tuple[BiasGrid, ...]
    is_shared: bool
    on: int
    off: int
    output_scale: int
    half_margin: int
    fan_in: int | None = None
    least: Integers | None = None
    most: Integers | None = None
    """(units, inputs): bounds of each weight, where constraints give some."""

    @property
    def units(self) -> int:
        return int(self.free.shape[0])

    @property
    def scale(self) -> int:
        """Of pre-activations and biases."""
        return self.weight_scale * self.input_scale

    def drawn_in(self, table: Integers, scales: Integers) -> Integers:
        """The weights (units, inputs), those outside their bounds replaced by the members nearest to these. ``scales``:
        (units,), 1 but in scaled sets."""
        if self.least is None or self.most is None:
            return table
        clipped = np.clip(table, self.least, self.most)
        members = [nearest(self.levels * own, row) for own, row in zip(scales.tolist(), clipped, strict=True)]
        return np.where(clipped == table, table, np.array(members))

    def bias_grid(self, unit: int) -> BiasGrid | None:
        """The grid of a unit's bias; None for `bias none`."""
        if not self.biases:
            return None
        return self.biases[0 if self.is_shared else unit]


def grid_inputs(patterns: ExactMatrix) -> tuple[Integers, int]:
    """The inputs of the first layer as integers (inputs, patterns) and their scale: exact where that is no larger than
    `ROUNDED_INPUT` allows, else rounded."""
    common = lcm(*patterns.denominators) if patterns.denominators else 1
    floats = patterns.floats()
    largest = float(np.abs(floats).max(initial=0.0))
    if common <= ROUNDED_INPUT and largest * common < LARGEST_SUM / ROUNDED_WEIGHT:
        numerators, denominator = patterns.over_one_denominator()
        return np.ascontiguousarray(numerators.astype(np.int64).T), denominator
    scale = ROUNDED_INPUT
    while largest * scale > ROUNDED_INPUT and scale > 1:
        scale //= 2
    return np.ascontiguousarray(np.rint(floats * scale).astype(np.int64).T), scale


def grid_layer(plan: LayerPlan, inputs: Integers | int, input_scale: int) -> GridLayer:
    """A layer on its grid. ``inputs``: (inputs, patterns) integers, or the largest magnitude that the layer below gives."""
    layer = plan.layer
    base, scales = _members(layer.domain)
    if layer.sparse:
        base = sorted({*base, Fraction(0)})
    constants = [Fraction(value) for value in layer.constant[~layer.free].tolist()]
    bias = plan.thresholds.bias
    domains = bias.domains
    ends = [end for domain in domains for end in _ends(domain)]
    reach = inputs if isinstance(inputs, int) else int(np.abs(inputs).max(initial=0))
    fan = max(1, layer.inputs)
    is_real = any(isinstance(domain, RealDomain) for domain in domains)
    weight_scale, scale_unit = _weight_scale(base, scales, constants, ends, input_scale, reach * fan, is_real)
    factor = weight_scale // scale_unit if scales else weight_scale
    half = layer.margin / 2 if isinstance(layer.margin, Fraction) else Fraction(0)
    full = weight_scale * input_scale
    height = layer.height if layer.unit == "step" else Fraction(1)
    constant = np.zeros(layer.constant.shape, dtype=np.int64)
    constant[~layer.free] = [round(value * weight_scale) for value in constants]
    return GridLayer(
        name=layer.name,
        unit=layer.unit,
        weight_scale=weight_scale,
        input_scale=input_scale,
        levels=np.array(sorted({round(value * factor) for value in base}), dtype=np.int64),
        scales=None if scales is None else np.array([round(value * scale_unit) for value in scales], dtype=np.int64),
        scale_unit=scale_unit,
        free=layer.free,
        constant=constant,
        sparse=layer.sparse,
        biases=tuple(_bias_grid(domain, full) for domain in domains),
        is_shared=bias.kind == "shared",
        on=height.numerator,
        off=-1 if layer.unit == "sign" else 0,
        output_scale=height.denominator,
        half_margin=ceil(half * full),
    )


def nearest(levels: Integers, values: Integers) -> Integers:
    """The nearest of some ascending levels for each value."""
    right = np.clip(np.searchsorted(levels, values), 1, max(1, len(levels) - 1))
    if len(levels) == 1:
        return np.full(values.shape, levels[0])
    low, high = levels[right - 1], levels[right]
    return np.where(values - low <= high - values, low, high)


def _members(domain: ParameterDomain) -> tuple[list[Fraction], list[Fraction] | None]:
    """What a weight may be, and the scales that multiply it, None where there are none."""
    if isinstance(domain, ScaledDomain):
        step = (domain.most - domain.least) / SCALES
        return list(domain.base), [domain.least + step * k for k in range(SCALES + 1)]
    if isinstance(domain, RealDomain):
        step = (domain.upper - domain.lower) / REAL_LEVELS
        found = {domain.lower + step * k for k in range(REAL_LEVELS + 1)}
        if domain.lower < 0 < domain.upper:
            found.add(Fraction(0))
        return sorted(found), None
    return list(domain.values), None


def _ends(domain: BiasDomain) -> tuple[Fraction, ...]:
    """Numbers whose denominators the grid of a bias needs."""
    if isinstance(domain, RealDomain):
        return ()
    if isinstance(domain, LatticeDomain):
        return domain.origin, domain.step
    values = domain.values
    return (values[0], *(fraction_gcd([value - values[0] for value in values[1:]]),)) if len(values) > 1 else values


def _weight_scale(
    base: list[Fraction],
    scales: list[Fraction] | None,
    constants: list[Fraction],
    ends: list[Fraction],
    input_scale: int,
    reach: int,
    is_real_bias: bool,
) -> tuple[int, int]:
    """The scale of the weights and, of a scaled set, that of its scales: the least that makes weights and biases integers, or,
    where sums would be too large, one at which they are rounded."""
    of_base = lcm(*(value.denominator for value in [*base, *constants]))
    of_scales = lcm(*(value.denominator for value in scales)) if scales else 1
    exact = of_base * of_scales
    needed = [(value * exact * input_scale).denominator for value in ends]
    exact *= lcm(*needed) if needed else 1
    if is_real_bias:
        exact *= 2  # the middle between two neighbouring sums is a bias, too
    largest = max([abs(value) for value in [*base, *constants]], default=Fraction(1)) * (scales[-1] if scales else 1)
    if exact * max(1, reach) * max(Fraction(1), largest) < LARGEST_SUM:
        return exact, of_scales
    rounded = ROUNDED_WEIGHT
    while rounded * max(1, reach) * max(Fraction(1), largest) >= LARGEST_SUM and rounded > 1:
        rounded //= 2
    return rounded, 1 if scales is None else max(1, min(rounded, 256))


def _bias_grid(domain: BiasDomain, scale: int) -> BiasGrid:
    if isinstance(domain, RealDomain):
        first, last = ceil(domain.lower * scale), floor(domain.upper * scale)
        return BiasGrid(first, 1, max(0, last - first), None, True)
    if isinstance(domain, LatticeDomain):  # often a long one, whose members need not be listed
        return BiasGrid(round(domain.origin * scale), max(1, round(domain.step * scale)), domain.count, None, False)
    values = domain.values
    first = round(values[0] * scale)
    if len(values) == 1:
        return BiasGrid(first, 1, 0, None, False)
    step = max(1, round(fraction_gcd([value - values[0] for value in values[1:]]) * scale))
    places = np.array([round((value - values[0]) * scale / step) for value in values], dtype=np.int64)
    count = int(places[-1])
    if count + 1 == len(values):
        return BiasGrid(first, step, count, None, False)
    allowed = np.zeros(count + 1, dtype=np.bool_)
    allowed[places] = True
    return BiasGrid(first, step, count, allowed, False)


def product(weights: Integers, below: Integers) -> Integers:
    """The sums of a layer: by floats, which are exact below `LARGEST_SUM` and much faster than integers."""
    return np.rint(weights.astype(np.float64) @ below.astype(np.float64)).astype(np.int64)
