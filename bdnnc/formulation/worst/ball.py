"""`l2`: r |w|_2 by a tower of rotations, r multiplied by what the tower can be short: the ball is one of a slightly larger
radius, and a worst case is never underestimated.

With a box around each coordinate the weights are split, w = v + v', where v pays for the ball and v' for the ends of its box:
min of r |v|_2 + sum of v'+ high - v'- low.
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.side import Part, Side
from bdnnc.formulation.worst.tower import Tower, longer
from bdnnc.ir.program import Index, Key, Summand, Variable


def ball_part(builder: Builder, side: Side, radius: float) -> Part:
    """r rho at each site: one norm a unit, or, where the ball is clipped, one a site."""
    return _clipped(builder, side, radius) if side.moves.clipped else _plain(builder, side, radius)


def tower_of(side: Side, statement: int) -> Tower:
    """The tower of a ball: of the weights of each unit, or of the split weights of each site."""
    if side.moves.clipped:
        suffix = f"{'r' if side.way == 'rise' else 'f'}{side.number}"
        return Tower(side.layer.name, suffix, side.width, side.sites, side.site_names(), statement)
    units = side.layer.units
    return Tower(side.layer.name, f"u{side.number}", side.width, units, ((side.of,), (np.arange(units),)), statement)


def _plain(builder: Builder, side: Side, radius: float) -> Part:
    tower = _statement_tower(builder, side)
    if not builder.has(tower.magnitudes):
        tower.build(builder, side.largest)
        entry = np.arange(side.entries)
        for kind, sign in (("over_h", -1.0), ("under_h", 1.0)):
            weights, constant = side.weights(entry, entry, sign)
            summands = (Summand(tower.magnitudes, entry, entry, np.ones(len(entry))), *weights)
            names = (side.unit, np.array(side.moves.inputs)[side.place])
            note = "a component is no less than its weight's magnitude"
            builder.relate(
                f"{kind}{tower.suffix}", tower.layer, (side.of, "input"), names, summands, tower.statement, note,
                lower=-constant, rows=len(entry),
            )  # fmt: skip
    every = np.arange(side.sites)
    unit = np.tile(np.arange(side.layer.units), side.rows)
    return Part((tower.norm(every, unit, np.full(side.sites, radius * longer(side.width))),), np.zeros(side.sites))


def _clipped(builder: Builder, side: Side, radius: float) -> Part:
    tower = _statement_tower(builder, side)
    tower.build(builder, side.largest)
    layer, size = side.layer.name, side.rows * side.entries
    axes, names = side.entry_names()
    v, a, b = ((side.named(symbol), layer) for symbol in ("v", "a", "b"))
    most, every = np.full(size, side.largest), np.arange(size)
    builder.add(Variable(*v, axes, -most, most, False, tower.statement, None, names))
    for key in (a, b):
        builder.add(Variable(*key, axes, 0 * most, 2 * most, False, tower.statement, None, names))
    entry = np.tile(np.arange(side.entries), side.rows)
    weights, constant = side.weights(every, entry, -side.sign)
    split = (*(_times(key, every, sign) for key, sign in ((v, 1.0), (a, 1.0), (b, -1.0))), *weights)
    note = "a weight is what the ball pays for, and what the ends of the box do"
    builder.relate(
        side.named("split"), layer, axes, names, split, tower.statement, note, lower=-constant, upper=-constant, rows=size
    )
    for kind, sign in (("over_h", -1.0), ("under_h", 1.0)):
        summands = (_times(tower.magnitudes, every, 1.0), _times(v, every, sign))
        note = "a component is no less than the magnitude of its part"
        builder.relate(f"{kind}{tower.suffix}", layer, axes, names, summands, tower.statement, note, lower=0.0, rows=size)
    sites, site = np.arange(side.sites), side.site_of_entry()
    norm = tower.norm(sites, sites, np.full(side.sites, radius * longer(side.width)))
    ends = (Summand(a, site, every, side.at_entries(side.high)), Summand(b, site, every, side.at_entries(side.below)))
    return Part((norm, *ends), np.zeros(side.sites))


def _times(key: Key, every: Index, value: float) -> Summand:
    return Summand(key, every, every, np.full(len(every), value))


def _statement_tower(builder: Builder, side: Side) -> Tower:
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    return tower_of(side, uncertainty.statement)
