"""The largest magnitude, `linf`: m of a layer's weights, m of all weights, mb of a layer's biases.

m >= w and m >= -w for all parameters, and m >= c, the largest constant's magnitude (0 where there are none). Held exactly,
binaries k choose a parameter and a side that m does not exceed, m <= +-w + M (1 - k); m <= c where none is chosen.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.exact import fraction_gcd
from bdnnc.formulation.builder import Builder, Expression, every, summed
from bdnnc.formulation.parts import Free, Part, grouped, least_magnitudes, magnitude_step, part_of
from bdnnc.ir.program import Floats, Index, Key, Summand, Variable
from bdnnc.language.quantities import Norm

UPPER, LOWER = 0, 1
"""The sides of a parameter that can be largest: itself and its negative."""


def express_linf(builder: Builder, quantity: Norm, exactly: bool) -> Expression:
    """The largest magnitude of all parameters of the layers together."""
    parts = [part_of(builder, quantity.part, place) for place in quantity.layers]
    certain = max((abs(value) for part in parts for value in part.constants), default=Fraction(0))
    frees = [part.free for part in parts if part.free is not None]
    if not frees:
        return Expression(1, (), (certain,), Fraction(0))
    key = parts[0].key("m") if len(parts) == 1 else ("m" + parts[0].suffix, "")
    if not builder.has(key):
        _make_largest(builder, key, parts, certain)
    if exactly and not builder.has(("k" + parts[0].suffix, key[1])):
        _make_reached(builder, key, parts, certain)
    steps = [magnitude_step(free.domains) for free in frees]
    known = [step for step in steps if step is not None]
    step = fraction_gcd([*known, certain]) if len(known) == len(steps) else None
    return summed(key, np.zeros(1, dtype=np.int64), np.ones(1), Fraction(0), step)


def _make_largest(builder: Builder, key: Key, parts: list[Part], certain: Fraction) -> None:
    held = [(part, part.free) for part in parts if part.free is not None]
    least = max(float(certain), *(float(least_magnitudes(part, free).max()) for part, free in held))
    most = max(float(certain), *(float(_reach(free).max()) for _, free in held))
    ends = np.array([least]), np.array([most])
    builder.add(Variable(key[0], key[1], (), *ends, False, parts[0].statement, ()))
    for part, free in held:
        block, m = free.variable, np.zeros(free.size, dtype=np.int64)
        above = Summand(key, free.members, m, np.full(free.size, -1.0))
        minus = Summand(key, free.members, m, np.ones(free.size))
        kind = key[0] if key[1] else f"{key[0]}_all"  # a layer's rows for m of all weights, apart from those for its own m
        place = part.layer, block.axes, block.naming
        w = every(free.key, free.size)
        note = "the largest magnitude is not below a parameter"
        builder.relate(f"{kind}_above", *place, [w, above], part.statement, note, upper=0.0, rows=free.size)
        note = "the largest magnitude is not below a parameter's negative"
        builder.relate(f"{kind}_above_minus", *place, [w, minus], part.statement, note, lower=0.0, rows=free.size)


def _make_reached(builder: Builder, key: Key, parts: list[Part], certain: Fraction) -> None:
    """k: chooses one parameter and one side that m does not exceed."""
    held = [part for part in parts if part.free is not None]
    choices = [_sides(part, part.free) for part in held if part.free is not None]
    sizes = [len(member) for member, _, _ in choices]
    axes, index = _naming(held, choices, whole=not key[1])
    symbol, size, statement = "k" + parts[0].suffix, int(sum(sizes)), parts[0].statement
    k = builder.add(Variable(symbol, key[1], axes, np.zeros(size), np.ones(size), True, statement, None, index))
    most = float(builder.variables[key].upper[0])
    reach = most + np.concatenate([gap for _, _, gap in choices])  # M of row k: m - (+-w) is never more
    m = np.zeros(size, dtype=np.int64)
    parameters = [
        Summand(part.free.key, start + np.arange(len(member)), member, np.where(chosen == UPPER, -1.0, 1.0))
        for part, start, (member, chosen, _) in zip(held, np.cumsum([0, *sizes[:-1]]), choices, strict=True)
        if part.free is not None
    ]
    below = [Summand(key, np.arange(size), m, np.ones(size)), *parameters, every(k, size, reach)]
    note = "the largest magnitude is not above the chosen parameter's"
    builder.relate(f"{key[0]}_below", key[1], axes, index, below, statement, note, upper=reach, rows=size)
    chosen = [every(key, 1), grouped(k, m, float(certain) - most)]
    note = "where no parameter is chosen the largest magnitude is not above the constants'"
    builder.relate(f"{key[0]}_reached", key[1], (), (), chosen, statement, note, upper=float(certain), rows=1)


def _reach(free: Free) -> Floats:
    return np.maximum(np.abs(free.variable.lower), np.abs(free.variable.upper))


def _sides(part: Part, free: Free) -> tuple[Index, Index, Floats]:
    """The members and sides that can have a magnitude, and how far the side can be below 0: each (choices,)."""
    low, high = free.variable.lower, free.variable.upper
    upper, lower = np.flatnonzero((high > 0) | (low >= 0)), np.flatnonzero(low < 0)
    member = np.concatenate([upper, lower])
    side = np.repeat([UPPER, LOWER], [len(upper), len(lower)])
    return member, side, np.concatenate([-low[upper], high[lower]])


def _naming(
    held: list[Part], choices: list[tuple[Index, Index, Floats]], *, whole: bool
) -> tuple[tuple[str, ...], tuple[Index, ...]]:
    """Axes and indices of the choices: those of the parameters, the side, and the layer where there are several."""
    columns: list[list[Index]] = []
    axes: tuple[str, ...] = ()
    for part, (member, side, _) in zip(held, choices, strict=True):
        if part.free is None:
            continue
        axes = part.free.variable.axes
        layer = [np.full(len(member), part.place)] if whole else []
        columns.append([*layer, *(index[member] for index in part.free.indices), side])
    index = tuple(np.concatenate(axis) for axis in zip(*columns, strict=True))
    return (("layer",) if whole else ()) + (*axes, "side"), index
