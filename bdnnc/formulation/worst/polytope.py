"""Polytopes: max of w . delta over A delta <= b is min of b . m with A' m = w, m >= 0; a box around the coordinates adds
a . high - b . low to the cost and a - b to the equation.

A solver wants bounds of m. With z inside the polytope, m . (b - A z) = b . m - w . z is at most the reach of the worst case and
of w . z together, so that each m is at most that over its row's slack at z. Rows without slack anywhere are bounded by a number
of our own, which can only make a worst case larger.
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.side import Part, Side
from bdnnc.ir.program import Floats, Summand, Variable
from bdnnc.uncertainty.sets import Polytope

FLAT = 1e6
"""Per unit of weight: the bound of multipliers of rows that no point of the polytope leaves."""


def polytope_part(builder: Builder, side: Side, polytope: Polytope, inside: Floats) -> Part:
    """b . m at each site. ``inside``: (n,) a point as far from every row as it gets."""
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    statement, layer = uncertainty.statement, side.layer.name
    A = np.array(polytope.matrix, dtype=np.float64)
    b = np.array(polytope.side, dtype=np.float64)
    m = (side.named("m"), layer)
    rows = len(b)
    site_axes, site_index = side.site_names()
    of_row = np.tile(np.arange(rows), side.sites)
    site = np.repeat(np.arange(side.sites), rows)
    naming = (*(axis[site] for axis in site_index), of_row)
    most = _bounds(side, A, b, inside)[of_row]
    builder.add(Variable(*m, (*site_axes, "row"), 0 * most, most, False, statement, None, naming))
    every, size = np.arange(side.rows * side.entries), side.rows * side.entries
    entry = np.tile(np.arange(side.entries), side.rows)
    weights, constant = side.weights(every, entry, -side.sign)
    row_of, member = np.repeat(every, rows), (side.site_of_entry()[:, None] * rows + np.arange(rows)).ravel()
    coefficient = A.T[side.place[entry]].ravel()
    used = np.flatnonzero(coefficient)
    summands = [Summand(m, row_of[used], member[used], coefficient[used]), *weights]
    axes, names = side.entry_names()
    part: list[Summand] = [Summand(m, site, np.arange(len(site)), b[of_row])]
    if side.moves.clipped:
        for symbol, sign, end in (("a", 1.0, side.high), ("b", -1.0, side.below)):
            key = (side.named(symbol), layer)
            bound = np.full(size, side.largest + float(np.abs(A).sum(axis=0).max()) * float(most.max()))
            builder.add(Variable(*key, axes, 0 * bound, bound, False, statement, None, names))
            summands.append(Summand(key, every, every, np.full(size, sign)))
            part.append(Summand(key, side.site_of_entry(), every, side.at_entries(end)))
    note = "the rows' multipliers make up the weight"
    builder.relate(
        side.named("dual"), layer, axes, names, summands, statement, note, lower=-constant, upper=-constant, rows=size
    )
    return Part(part, np.zeros(side.sites))


def _bounds(side: Side, A: Floats, b: Floats, inside: Floats) -> Floats:
    ends = np.maximum(side.high, side.below).max(axis=0)
    reach = side.largest * float((ends + np.abs(inside)).sum())
    slack = b - A @ inside
    flat = FLAT * max(side.largest, 1.0)
    with np.errstate(divide="ignore"):
        return np.where(slack > 1e-9, np.minimum(reach / np.maximum(slack, 1e-9), flat), flat)
