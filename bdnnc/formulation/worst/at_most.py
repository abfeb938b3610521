"""`budget` and `flips`: at most k coordinates move, so that the k largest gains add up.

max of the k largest gains = min of k t + sum of p_j with t + p_j >= gain_j, t, p >= 0 (Bertsimas and Sim, The price of
robustness, 2004). Gains of a box about 0 that is alike in both directions are the same falling and rising.
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.box import gains_of
from bdnnc.formulation.worst.side import Part, Side, of_sites
from bdnnc.ir.program import Summand, Variable


def at_most_part(builder: Builder, side: Side, count: int) -> Part:
    """k t + sum of p at each site."""
    uncertainty = builder.problem.uncertainty
    assert uncertainty is not None
    statement, layer = uncertainty.statement, side.layer.name
    t, p = (side.named("t"), layer), (side.named("p"), layer)
    reach = np.maximum(side.ahead, side.behind) * side.largest
    most = np.repeat(reach.max(axis=1), side.layer.units)
    entry, site = np.tile(np.arange(side.entries), side.rows), side.site_of_entry()
    (site_axes, site_index), (axes, naming), size = side.site_names(), side.entry_names(), len(entry)
    builder.add(Variable(*t, site_axes, 0 * most, most, False, statement, None, site_index))
    builder.add(Variable(*p, axes, np.zeros(size), side.at_entries(reach), False, statement, None, naming))
    every = np.arange(size)
    gains, constant = gains_of(builder, side, every, entry)
    summands = (
        Summand(t, every, site, np.ones(size)),
        Summand(p, every, every, np.ones(size)),
        *(Summand(gain.block, gain.row, gain.member, -gain.value) for gain in gains),
    )
    note = "what a coordinate gains is paid for, by t if it is among the largest and by p beyond"
    builder.relate(side.named("gain"), layer, axes, naming, summands, statement, note, lower=constant, rows=size)
    return Part((of_sites(t, side, float(count)), Summand(p, site, every, np.ones(size))), np.zeros(side.sites))
