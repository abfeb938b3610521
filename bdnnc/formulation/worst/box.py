"""Boxes: every coordinate goes to the end that gains, max of w . delta = sum of w+ high - w- low.

``wp`` and ``wn`` are the positive and the negative part of each weight, w = wp - wn with both not negative; that one of them is
0 need not be said, since both together only make a worst case larger. They are shared by all points and directions.
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.side import Part, Side
from bdnnc.ir.program import Floats, Index, Summand, Variable


def box_part(builder: Builder, side: Side) -> Part:
    """The worst case over a box, with no variables of its own but the parts of the weights."""
    entry = np.tile(np.arange(side.entries), side.rows)
    gains, constant = gains_of(builder, side, side.site_of_entry(), entry)
    fixed = np.bincount(side.site_of_entry(), constant, minlength=side.sites).astype(np.float64)
    return Part(gains, fixed)


def gains_of(builder: Builder, side: Side, rows: Index, entry: Index) -> tuple[list[Summand], Floats]:
    """What entry k, ``entry`` running over all entries of all rows, can gain alone, added to ``rows[k]``: summands, and the
    gains of fixed weights."""
    add_parts(builder, side)
    ahead, behind = side.at_entries(side.ahead), side.at_entries(side.behind)
    free = side.free[entry]
    chosen = np.flatnonzero(free)
    member = _member_of_part(side)[entry[chosen]]
    summands = [
        Summand((symbol, side.layer.name), rows[chosen], member, values[chosen].copy())
        for symbol, values in ((f"wp{side.number}", ahead), (f"wn{side.number}", behind))
    ]
    fixed = side.constant[entry]
    constant = np.where(free, 0.0, np.maximum(fixed, 0.0) * ahead + np.maximum(-fixed, 0.0) * behind)
    return (summands if len(chosen) else []), constant


def add_parts(builder: Builder, side: Side) -> None:
    """The blocks ``wp`` and ``wn`` of the free weights of these inputs, once for both directions."""
    key = (f"wp{side.number}", side.layer.name)
    chosen = np.flatnonzero(side.free)
    if builder.has(key) or not len(chosen):
        return
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    weights = builder.variables[side.weights_key]
    member = side.member[chosen]
    unit, inputs = side.unit[chosen], np.array(side.moves.inputs)[side.place[chosen]]
    axes, count, statement = (side.of, "input"), len(chosen), uncertainty.statement
    high, low = np.maximum(weights.upper[member], 0.0), np.maximum(-weights.lower[member], 0.0)
    other = (f"wn{side.number}", side.layer.name)
    for (symbol, layer), most in ((key, high), (other, low)):
        builder.add(Variable(symbol, layer, axes, np.zeros(count), most, False, statement, None, (unit, inputs)))
    every = np.arange(count)
    summands = (
        Summand(weights.key, every, member, np.ones(count)),
        Summand(key, every, every, -np.ones(count)),
        Summand(other, every, every, np.ones(count)),
    )
    note = "a weight is its positive part less its negative one"
    builder.relate(
        f"parts{side.number}",
        side.layer.name,
        axes,
        (unit, inputs),
        summands,
        statement,
        note,
        lower=0.0,
        upper=0.0,
        rows=count,
    )


def _member_of_part(side: Side) -> Index:
    """The place of each free entry among the parts, (E,)."""
    return np.cumsum(side.free) - 1
