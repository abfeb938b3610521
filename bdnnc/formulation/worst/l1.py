"""`l1`: max of w . delta over sum |delta_j| <= r is r max |w_j|; with a box around each coordinate also

min of r t + sum of a_j high_j - b_j low_j   with   t + a_j >= w_j,   t + b_j >= -w_j,   t, a, b >= 0.
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.side import Part, Side, of_sites
from bdnnc.ir.program import Summand, Variable


def l1_part(builder: Builder, side: Side, radius: float) -> Part:
    """r t, and what binding boxes take off it."""
    return _clipped(builder, side, radius) if side.moves.clipped else _plain(builder, side, radius)


def _plain(builder: Builder, side: Side, radius: float) -> Part:
    """One t a unit, the largest magnitude, for all points and both directions."""
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    statement, layer, units = uncertainty.statement, side.layer.name, side.layer.units
    t = (f"tw{side.number}", layer)
    if not builder.has(t):
        fixed = np.zeros(units)
        np.maximum.at(fixed, side.unit, np.abs(side.constant))
        builder.add(Variable(*t, (side.of,), fixed, np.full(units, side.largest), False, statement, (units,)))
        chosen = np.flatnonzero(side.free)
        every = np.arange(len(chosen))
        naming = (side.unit[chosen], np.array(side.moves.inputs)[side.place[chosen]])
        for sign, kind in ((-1.0, "above"), (1.0, "above_minus")):
            weights, _ = side.weights(every, chosen, sign)
            summands = (Summand(t, every, side.unit[chosen], np.ones(len(chosen))), *weights)
            note = "the largest magnitude of a unit's weights"
            builder.relate(
                f"{kind}_tw{side.number}",
                layer,
                (side.of, "input"),
                naming,
                summands,
                statement,
                note,
                lower=0.0,
                rows=len(chosen),
            )
    unit = np.tile(np.arange(units), side.rows)
    return Part((Summand(t, np.arange(side.sites), unit, np.full(side.sites, radius)),), np.zeros(side.sites))


def _clipped(builder: Builder, side: Side, radius: float) -> Part:
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    statement, layer, size = uncertainty.statement, side.layer.name, side.rows * side.entries
    t, a, b = ((side.named(symbol), layer) for symbol in ("t", "a", "b"))
    entry, site = np.tile(np.arange(side.entries), side.rows), side.site_of_entry()
    (site_axes, site_index), (axes, naming) = side.site_names(), side.entry_names()
    largest = np.full(side.sites, side.largest)
    builder.add(Variable(*t, site_axes, 0 * largest, largest, False, statement, None, site_index))
    most, every = np.full(size, side.largest), np.arange(size)
    for key, sign in ((a, 1.0), (b, -1.0)):
        builder.add(Variable(*key, axes, 0 * most, most, False, statement, None, naming))
        weights, constant = side.weights(every, entry, -sign * side.sign)
        summands = (Summand(t, every, site, np.ones(size)), Summand(key, every, every, np.ones(size)), *weights)
        kind = side.named("out" if key == a else "back")
        note = "what a coordinate gains is paid for, by the radius or by its own end"
        builder.relate(kind, layer, axes, naming, summands, statement, note, lower=-constant, rows=size)
    ends = (Summand(a, site, every, side.at_entries(side.high)), Summand(b, site, every, side.at_entries(side.below)))
    return Part((of_sites(t, side, radius), *ends), np.zeros(side.sites))
