"""Connections that are present, and parameters that are not 0: `l0` and `fan_in`.

A connection is present where its z is 1, and then L z <= w <= U z. Held from below, sums of z need no more: a z that is 1 with
a weight of 0 only makes them larger. Held exactly, z = 1 must mean a weight that is not 0: w >= p z or w <= q z, with p the
smallest positive and q the largest negative member of the set; v = 1 chooses the first, v = 0 the second.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.formulation.builder import Builder, Expression, every, total
from bdnnc.formulation.parts import Free, Part, counted, distinct, grouped, has_rows, part_of
from bdnnc.formulation.signs import make_signs
from bdnnc.ir.domains import LatticeDomain, ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Floats
from bdnnc.language.quantities import FanIn, Norm


def express_connections(builder: Builder, quantity: Norm, exactly: bool) -> Expression:
    """The number of connections that are present, or of biases that are not 0. Exactly only on sets apart from 0."""
    return total([_count(builder, part_of(builder, quantity.part, place), exactly) for place in quantity.layers])


def express_fan_in(builder: Builder, quantity: FanIn, exactly: bool) -> Expression:
    """Connections into each unit: one row a unit."""
    layer = builder.problem.layers[quantity.layer]
    part = part_of(builder, "weights", quantity.layer)
    certain = tuple(Fraction(int(count)) for count in layer.certain.sum(axis=1))
    if part.free is None:
        return Expression(layer.units, (), certain, Fraction(0))
    make_present(builder, quantity.layer, exactly)
    return Expression(layer.units, (grouped(part.key("z"), np.nonzero(layer.free)[0], 1.0),), certain, Fraction(1))


def make_present(builder: Builder, place: int, exactly: bool) -> None:
    """Let z of layer ``place`` mean what is asked of it. (The block itself comes with the weights.)"""
    part = part_of(builder, "weights", place)
    if part.free is None:
        return
    if not builder.has(part.key("z")):
        raise InternalError(f"layer {part.layer} has no connection binaries")
    if exactly:
        _keep_apart(builder, part, part.free)


def _count(builder: Builder, part: Part, exactly: bool) -> Expression:
    certain = sum(value != 0 for value in part.constants)
    if part.free is None:
        return Expression(1, (), (Fraction(certain),), Fraction(0))
    if part.suffix == "":
        make_present(builder, part.place, exactly)
    else:
        _make_bias_binaries(builder, part, part.free)
        if exactly:
            _keep_apart(builder, part, part.free)
    return counted(part.key("z"), part.free.size, part.times, certain)


def _make_bias_binaries(builder: Builder, part: Part, free: Free) -> None:
    """zb: 1 where a bias is not 0."""
    key = part.key("z")
    if builder.has(key):
        return
    b = free.variable
    found = {id(domain): not domain.contains(Fraction(0)) for domain in distinct(free.domains)}
    never_zero = np.array([found[id(domain)] for domain in free.domains])
    sometimes = (b.lower != 0) | (b.upper != 0)
    builder.add(free.like(key[0], never_zero.astype(np.float64), sometimes.astype(np.float64), True))
    for kind, bound, sides in (
        ("zb_from_above", np.maximum(b.upper, 0.0), {"upper": 0.0}),
        ("zb_from_below", np.minimum(b.lower, 0.0), {"lower": 0.0}),
    ):
        summands = [every(free.key, free.size), every(key, free.size, -bound)]
        note = "a bias whose zb is 0 is 0"
        builder.relate(kind, part.layer, b.axes, b.naming, summands, part.statement, note, **sides, rows=free.size)


def _keep_apart(builder: Builder, part: Part, free: Free) -> None:
    """z = 1 only where the parameter is not 0."""
    name, present = part.key("apart_z")[0], part.key("z")
    kinds = f"{name}_positive", f"{name}_negative"
    if any(has_rows(builder, kind, part.layer) for kind in kinds):
        return
    block, size = free.variable, free.size
    negative, positive = _next_to_zero(free)
    w = every(free.key, size)
    upward = [w, every(present, size, -positive)]
    downward = [w, every(present, size, -negative)]
    to_positive, to_negative, low, high = np.zeros(size), np.zeros(size), block.lower, block.upper
    both_sides = bool((low < 0).any() and (high > 0).any())
    if both_sides:
        signs = make_signs(builder, part, free)
        to_positive = np.minimum(low, 0.0) - positive
        upward.append(every(signs, size, to_positive))
        to_negative = np.maximum(high, 0.0) - negative
        downward.append(every(signs, size, -to_negative))
    note = "a connection that is present has a weight" if part.suffix == "" else "a bias whose zb is 1 is not 0"
    if both_sides or not (low < 0).any():
        builder.relate(
            kinds[0], part.layer, block.axes, block.naming, upward, part.statement, note, lower=to_positive, rows=size
        )
    if both_sides or (low < 0).any():
        builder.relate(kinds[1], part.layer, block.axes, block.naming, downward, part.statement, note, upper=0.0, rows=size)


def _next_to_zero(free: Free) -> tuple[Floats, Floats]:
    """``(q, p)``: the largest negative and the smallest positive member of each parameter's set, 0 where there is none. A set
    of nothing but 0 has p = 1, so that w >= p z forbids z = 1."""
    found = {id(domain): _neighbours(domain) for domain in distinct(free.domains)}
    pairs = [found[id(domain)] for domain in free.domains]
    return np.array([float(q) for q, _ in pairs]), np.array([float(p) for _, p in pairs])


def _neighbours(domain: ParameterDomain) -> tuple[Fraction, Fraction]:
    if domain.lower == domain.upper == 0:
        return Fraction(0), Fraction(1)
    if isinstance(domain, RealDomain):
        if domain.lower <= 0 <= domain.upper:
            raise InternalError("no smallest number next to 0 in an interval")
        return min(domain.upper, Fraction(0)), max(domain.lower, Fraction(0))
    if isinstance(domain, LatticeDomain):
        return _lattice_neighbours(domain)
    scale = domain.least if isinstance(domain, ScaledDomain) else Fraction(1)
    values = domain.base if isinstance(domain, ScaledDomain) else domain.values
    negative = max((value for value in values if value < 0), default=Fraction(0))
    return negative * scale, min((value for value in values if value > 0), default=Fraction(0)) * scale


def _lattice_neighbours(domain: LatticeDomain) -> tuple[Fraction, Fraction]:
    if domain.lower > 0:
        return Fraction(0), domain.lower
    if domain.upper < 0:
        return domain.upper, Fraction(0)
    first = floor(-domain.origin / domain.step) + 1
    positive = domain.origin + first * domain.step
    negative = positive - domain.step * (2 if positive == domain.step else 1)
    return (negative if negative >= domain.lower else Fraction(0)), (positive if positive <= domain.upper else Fraction(0))
