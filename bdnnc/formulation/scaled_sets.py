"""Weights from a scaled set: a finite set times one positive scale a unit.

Reformulation: w = g v with v in V and g in [l, h]. One binary q_m a member v_m, and its share p_m of the scale: l q_m <= p_m <=
h q_m, sum of p_m = g, sum of q_m = 1; then w = sum of v_m p_m. This is the convex hull of the disjunction over the members
(Balas), so no big-M is needed. Where the connection may be absent (presence z), the q_m sum to z, and sum of p_m lies between
g - h (1 - z) and g - l (1 - z).
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder, every
from bdnnc.ir.domains import ScaledDomain
from bdnnc.ir.problem import ProblemLayer
from bdnnc.ir.program import Key, Link, Summand, Variable


def scaled_weights(builder: Builder, layer: ProblemLayer, main: Variable, present: Key | None) -> None:
    """Adds w, the scales g, the choice q and the shares p of a layer whose domain is scaled."""
    domain = layer.domain
    assert isinstance(domain, ScaledDomain)
    least, most, base = float(domain.least), float(domain.most), np.array([float(v) for v in domain.base])
    units, inputs = np.nonzero(layer.free)
    owner = np.repeat(np.arange(main.size), len(base))
    place = np.tile(np.arange(len(base)), main.size)
    index = (units[owner], inputs[owner], place)
    axes, statement, name = (*main.axes, "member"), main.statement, layer.name
    ones = np.ones(len(owner))
    builder.add(main)
    scale = builder.add(
        Variable(
            "g", name, ("unit",), np.full(layer.units, least), np.full(layer.units, most), False, statement, (layer.units,)
        )
    )
    choice = builder.add(Variable("q", name, axes, 0 * ones, ones, True, statement, None, index))
    share = builder.add(Variable("p", name, axes, 0 * ones, most * ones, False, statement, None, index))
    builder.links.append(Link(main.key, share, np.zeros(main.size), owner, base[place], False, statement))
    size = len(owner)
    for kind, end, sign, note in (("most", most, 1.0, "p <= h q"), ("least", least, -1.0, "p >= l q")):
        parts = (every(share, size, sign), every(choice, size, -sign * end))
        builder.relate(f"{kind}_p", name, axes, index, parts, statement, note, upper=0.0, rows=size)
    chosen = Summand(choice, owner, np.arange(size), ones)
    shares = (Summand(share, owner, np.arange(size), ones), Summand(scale, np.arange(main.size), units, -np.ones(main.size)))
    where = main.axes, main.naming
    if present is None:
        builder.relate("one_w", name, *where, (chosen,), statement, "one member is chosen", lower=1, upper=1, rows=main.size)
        builder.relate("share_w", name, *where, shares, statement, "shares sum to g", lower=0, upper=0, rows=main.size)
        return
    gone = every(present, main.size, -1.0)
    builder.relate(
        "one_w", name, *where, (chosen, gone), statement, "one member is chosen where present", lower=0, upper=0, rows=main.size
    )
    for kind, end, bound in (("under", least, "upper"), ("over", most, "lower")):  # sum p - g - end z  vs  -end
        parts = (*shares, every(present, main.size, -end))
        limits = {bound: -end}
        note = "shares sum to g where present"
        builder.relate(f"share_{kind}", name, *where, parts, statement, note, rows=main.size, **limits)
