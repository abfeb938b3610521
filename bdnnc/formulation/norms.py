"""Norms of weights and biases. Here `l1`; see `connections` for `l0`, `largest` for `linf`, `squares` for `l2`.

l1: n >= w and n >= -w for each parameter; held exactly also n <= w where v = 1 and n <= -w where v = 0. Parameters of one known
sign need none of it, nor does a set whose members have binaries: there |w| is the sum of |value| times digit.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.formulation.builder import Builder, Expression, every, summed, total
from bdnnc.formulation.connections import express_connections
from bdnnc.formulation.largest import express_linf
from bdnnc.formulation.parts import Free, Part, has_rows, least_magnitudes, magnitude_step, part_of
from bdnnc.formulation.signs import make_signs
from bdnnc.formulation.squares import express_l2, one_hot_values
from bdnnc.ir.program import Key
from bdnnc.language.quantities import Norm


def express_norm(builder: Builder, quantity: Norm, exactly: bool) -> Expression:
    """Any norm of weights or biases. ``exactly``: `l0`, see there; `l2` always is; `l1` and `linf` on any set."""
    ways = {"l0": express_connections, "l1": express_l1, "linf": express_linf, "l2": express_l2}
    return ways[quantity.kind](builder, quantity, exactly)


def express_l1(builder: Builder, quantity: Norm, exactly: bool) -> Expression:
    """The sum of magnitudes."""
    return total([_sum(builder, part_of(builder, quantity.part, place), exactly) for place in quantity.layers])


def _sum(builder: Builder, part: Part, exactly: bool) -> Expression:
    certain = sum((abs(value) for value in part.constants), Fraction(0))
    free = part.free
    if free is None:
        return Expression(1, (), (certain,), Fraction(0))
    step = magnitude_step(free.domains)
    step = None if step is None else step * part.times
    values = one_hot_values(builder, free)
    if values is not None:
        digits, value = values
        return summed(digits, np.arange(len(value)), np.abs(value) * part.times, certain, step)
    sign = _known_sign(free)
    block = free.key if sign else _magnitudes(builder, part, free, exactly)
    return summed(block, free.members, np.full(free.size, float((sign or 1) * part.times)), certain, step)


def _known_sign(free: Free) -> int:
    """1 or -1 where the magnitude of all parameters is the parameter times that, else 0."""
    if bool((free.variable.lower >= 0).all()):
        return 1
    return -1 if bool((free.variable.upper <= 0).all()) else 0


def _magnitudes(builder: Builder, part: Part, free: Free, exactly: bool) -> Key:
    """n (nb): the magnitudes, from below; from above too where ``exactly``."""
    key, block, size = part.key("n"), free.variable, free.size
    w, n = every(free.key, size), every(key, size)
    minus_n = every(key, size, -1.0)
    if not builder.has(key):
        largest = np.maximum(np.abs(block.lower), np.abs(block.upper))
        builder.add(free.like(key[0], least_magnitudes(part, free), largest, False))
        place = part.layer, block.axes, block.naming
        note = "a magnitude is not below its parameter"
        builder.relate(f"{key[0]}_above", *place, [w, minus_n], part.statement, note, upper=0.0, rows=size)
        note = "a magnitude is not below its parameter's negative"
        builder.relate(f"{key[0]}_above_minus", *place, [w, n], part.statement, note, lower=0.0, rows=size)
    if exactly and not has_rows(builder, f"{key[0]}_below", part.layer):
        signs = make_signs(builder, part, free)
        low, high = np.minimum(block.lower, 0.0), np.maximum(block.upper, 0.0)
        place = part.layer, block.axes, block.naming
        note = "v = 1: a magnitude is not above its parameter"
        up = [n, every(free.key, size, -1.0), every(signs, size, -2 * low)]
        builder.relate(f"{key[0]}_below", *place, up, part.statement, note, upper=-2 * low, rows=size)
        note = "v = 0: a magnitude is not above its parameter's negative"
        down = [n, w, every(signs, size, -2 * high)]
        builder.relate(f"{key[0]}_below_minus", *place, down, part.statement, note, upper=0.0, rows=size)
    return key
