"""Random small problems, and networks at the edges of their domains."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.network.network import Network
from tests.oracle.laws import network_of
from tests.oracle.problems import finite, interval, layer, problem

FINITE = [(-1, 0, 1), (-1, 1), (0, 1), (-2, -1, 0, 1, 2), (-1, "1/2", 3), ("-1/2", 0, "1/2"), (1, 3), (-3, 0, 1)]
INTERVALS = [(-1, 1), (0, 1), ("-1/2", 2)]
BIAS_FINITE = [(-2, -1, 0, 1), (0,), (-1, 1), (-3, "1/2", 2), ("-1/2", "1/2")]
BIAS_REAL = [(-1, 1), (0, 2), ("-3/2", "1/2"), (-3, -1)]
COORDINATES = [[0, 1], [0, 1, 2, 3], [-1, 1], [Fraction(1, 4), Fraction(1, 2), 1], [-2, 0, Fraction(3, 2)], [0]]


@st.composite
def problems(draw: st.DrawFn, brute: bool = False) -> Problem:
    """Depth 1 to 3, all domains, biases, units and losses; duplicated and conflicting points. ``brute``: small enough to
    enumerate."""
    inputs = draw(st.integers(1, 2))
    depth = draw(st.integers(1, 2 if brute else 3))
    classes = draw(st.sampled_from([2, 2, 3]))
    outputs = 1 if classes == 2 and draw(st.booleans()) else classes
    coordinates = draw(st.lists(st.sampled_from(COORDINATES), min_size=inputs, max_size=inputs))
    size = draw(st.integers(2, 4 if brute else 6))
    points = draw(st.lists(st.tuples(*(st.sampled_from(c) for c in coordinates)), min_size=size, max_size=size))
    points += points[: draw(st.integers(0, 2))]  # duplicates, often with another label
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=len(points), max_size=len(points)))
    widths = [draw(st.integers(1, 2)) for _ in range(depth - 1)] + [outputs]
    layers = []
    for place, width in enumerate(widths):
        domain = finite(*draw(st.sampled_from(FINITE))) if draw(st.booleans()) else interval(*draw(st.sampled_from(INTERVALS)))
        real = isinstance(domain, RealDomain)
        kinds = ["auto", "none", "in_finite", "in_real"] + ([] if brute and real else ["shared_finite", "shared_real"])
        kind = draw(st.sampled_from(kinds))
        bias = BiasRule(kind.split("_")[0])
        if kind.endswith("finite"):
            bias = BiasRule(bias.kind, finite(*draw(st.sampled_from(BIAS_FINITE))))
        elif kind.endswith("real"):
            bias = BiasRule(bias.kind, interval(*draw(st.sampled_from(BIAS_REAL))))
        fan = inputs if place == 0 else widths[place - 1]
        mask = np.array(draw(st.lists(st.sampled_from([True, True, True, False]), min_size=width * fan, max_size=width * fan)))
        fixed = {}
        if draw(st.integers(0, 3)) == 0:
            fixed = {(0, 0): draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(-3, 2)]))}
            mask[0] = True
        unit = draw(st.sampled_from(["step", "sign"]))
        layers.append(
            layer(f"layer{place}", width, fan, domain, bias, unit, mask=mask.reshape(width, fan), fixed=fixed, statement=place)
        )
    weights = draw(st.sampled_from([None, [1, 4, 2][:classes], [Fraction(1, 3), Fraction(3, 4), 1][:classes]]))
    loss = draw(st.sampled_from(["hamming", "zero_one"]))
    return problem(points, labels, layers, loss, classes, weights)


@st.composite
def networks(draw: st.DrawFn, of: Problem) -> Network:
    """A network of the problem's domains, mostly at their edges: biases at both ends, zero rows, all units off."""
    weights, biases = [], []
    for plan in formulate(of).plans:
        table = plan.layer.constant.copy()
        for place in zip(*np.nonzero(plan.layer.free), strict=True):
            table[place] = draw(st.sampled_from(_members(plan.layer.domain)))
        weights.append(table)
        domains = plan.thresholds.bias.domains
        if plan.thresholds.bias.kind == "none":
            biases.append([Fraction(0)] * plan.layer.units)
        else:
            found = [draw(st.sampled_from(_members(domain))) for domain in domains]
            biases.append(found * plan.layer.units if plan.thresholds.bias.kind == "shared" else found)
    return network_of(of, weights, biases)


def _members(domain: object) -> list[Fraction]:
    """The ends of a domain first, then 0 if it is a member, then some of its inside."""
    if not isinstance(domain, RealDomain):
        values = list(domain.values)
        return [values[0], values[-1], *values]
    lower, upper = domain.lower, domain.upper
    inside = [lower + (upper - lower) * Fraction(k, 8) for k in range(1, 8)]
    return [lower, upper, *([Fraction(0)] if domain.contains(Fraction(0)) else []), *inside]
