"""A ball or a polytope with a step: its points are listed, and a worst case is no less than at any of them."""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.side import Part, Side, of_sites
from bdnnc.ir.program import Floats, Index, Summand, Variable


def listed_part(builder: Builder, side: Side, row_of: Index, points: Floats) -> Part:
    """The largest of w . delta over the ``points`` (K, n), each of row ``row_of[k]`` of the sites."""
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    statement, layer, units = uncertainty.statement, side.layer.name, side.layer.units
    t = (side.named("t"), layer)
    axes, names = side.site_names()
    most = np.repeat(np.maximum(side.high, side.below).sum(axis=1) * side.largest, units)
    builder.add(Variable(*t, axes, 0 * most, most, False, statement, None, names))
    rows = len(points) * units
    point, unit = np.divmod(np.arange(rows), units)
    site = row_of[point] * units + unit
    at, place = np.divmod(np.arange(rows * side.width), side.width)
    factor = points[point[at], place]
    used = np.flatnonzero(factor)
    weights, constant = side.weights(at[used], unit[at[used]] * side.width + place[used], -side.sign * factor[used])
    lower: Floats = 0.0 - np.bincount(at[used], constant, minlength=rows).astype(np.float64)
    summands = (Summand(t, np.arange(rows), site, np.ones(rows)), *weights)
    note = "a worst case is no less than at any point of the set"
    builder.relate(
        side.named("point"), layer, ("point", side.of), (point, unit), summands, statement, note, lower=lower, rows=rows
    )
    return Part((of_sites(t, side, 1.0),), np.zeros(side.sites))
