"""Random small problems over everything that the language can say, and networks at the edges of their domains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bdnnc.formulation.plan import plan
from bdnnc.ir.domains import BitsDomain, ContinuousDomain, RealDomain, ScaledDomain
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from tests.oracle.laws import network_of
from tests.oracle.problems import finite, interval, layer, problem
from tests.oracle.statements import Statements, statements

FINITE = [(-1, 0, 1), (-1, 1), (0, 1), (-2, -1, 0, 1, 2), (-1, "1/2", 3), ("-1/2", 0, "1/2"), (1, 3), (-3, 0, 1)]
SMALL = FINITE[:3] + FINITE[4:]
INTERVALS = [(-1, 1), (0, 1), ("-1/2", 2)]
SCALED = [(-1, 1), (-1, 0, 2), (1, 2)]
BIAS_FINITE = [(-2, -1, 0, 1), (0,), (-1, 1), (-3, "1/2", 2), ("-1/2", "1/2")]
BIAS_REAL = [(-1, 1), (0, 2), ("-3/2", "1/2"), (-3, -1)]
COORDINATES = [[0, 1], [0, 1, 2, 3], [-1, 1], [Fraction(1, 4), Fraction(1, 2), 1], [-2, 0, Fraction(3, 2)], [0]]


@dataclass(frozen=True)
class Shape:
    """``outputs``: units of the last layer; ``classes`` 0 for regression."""

    inputs: int
    widths: tuple[int, ...]
    classes: int
    output: str

    @property
    def depth(self) -> int:
        return len(self.widths)

    def fan(self, place: int) -> int:
        return self.inputs if place == 0 else self.widths[place - 1]


@st.composite
def shapes(draw: st.DrawFn, brute: bool, plain: bool) -> Shape:
    inputs = draw(st.integers(1, 2))
    depth = draw(st.integers(1, 2 if brute else 3))
    output = draw(st.sampled_from(["step", "sign"] if plain else ["step", "sign", "linear", "numbers"]))
    classes = 0 if output == "numbers" else draw(st.sampled_from([2, 2, 3]))
    single = classes == 0 or (classes == 2 and draw(st.booleans()))
    widths = [draw(st.integers(1, 2)) for _ in range(depth - 1)] + [1 if single else classes]
    return Shape(inputs, tuple(widths), classes, "linear" if output == "numbers" else output)


@st.composite
def problems(draw: st.DrawFn, brute: bool = False, plain: bool = False) -> Problem:
    """Depth 1 to 3, all units, domains, biases, losses, penalties, goals and constraints; duplicated and conflicting points.
    ``brute``: small enough to enumerate. ``plain``: step and sign units, finite and real sets, one loss as the only goal."""
    shape = draw(shapes(brute, plain))
    domains = [draw(_domains(shape, place, brute, plain)) for place in range(shape.depth)]
    if brute and any(isinstance(domain, ContinuousDomain) for domain in domains):
        shape = replace(shape, widths=(*(1 for _ in shape.widths[1:]), shape.widths[-1]))
    biases = [draw(_biases(shape, place, domains[place], brute, plain)) for place in range(shape.depth)]
    said = draw(statements(shape, domains, biases, plain))
    layers = [draw(_layers(shape, place, domains[place], biases[place], said, plain)) for place in range(shape.depth)]
    size = draw(st.integers(2, 3 if brute and not plain else 4 if brute else 5))
    coordinates = draw(st.lists(st.sampled_from(COORDINATES), min_size=shape.inputs, max_size=shape.inputs))
    points = draw(st.lists(st.tuples(*(st.sampled_from(c) for c in coordinates)), min_size=size, max_size=size))
    points += points[: draw(st.integers(0, 2))]  # duplicates, often with another label
    labels = st.integers(0, shape.classes - 1) if shape.classes else st.sampled_from([Fraction(-1), Fraction(1, 2), 0, 2, 3])
    drawn = draw(st.lists(labels, min_size=len(points), max_size=len(points)))
    columns = draw(st.sampled_from([None, [0] * shape.inputs])) if not plain else None
    return problem(
        points,
        drawn,
        layers,
        classes=shape.classes,
        goals=said.goals,
        constraints=said.constraints,
        monotone=said.monotone,
        columns=columns,
    )


@st.composite
def _domains(draw: st.DrawFn, shape: Shape, place: int, brute: bool, plain: bool) -> Any:
    kinds = ["finite", "finite", "interval"] if plain else ["finite", "finite", "finite", "interval", "bits", "scaled"]
    kind = draw(st.sampled_from(kinds))
    if kind == "interval":
        return interval(*draw(st.sampled_from(INTERVALS)))
    if kind == "bits":
        return BitsDomain(draw(st.integers(1, 2)))
    if kind == "scaled":
        base = tuple(Fraction(v) for v in draw(st.sampled_from(SCALED)))
        return ScaledDomain(base, *draw(st.sampled_from([(Fraction(1, 2), Fraction(2)), (Fraction(1), Fraction(3))])))
    return finite(*draw(st.sampled_from(SMALL if brute and not plain else FINITE)))


@st.composite
def _biases(draw: st.DrawFn, shape: Shape, place: int, domain: Any, brute: bool, plain: bool) -> BiasRule:
    real = isinstance(domain, ContinuousDomain)
    kinds = ["auto", "none", "in_finite", "in_real"] + ([] if brute and real else ["shared_finite", "shared_real"])
    kind = draw(st.sampled_from(kinds if plain else [*kinds, "fixed"]))
    if kind == "fixed":
        return BiasRule("fixed", values=tuple(Fraction(draw(st.sampled_from([-1, 0, 1]))) for _ in range(shape.widths[place])))
    if kind.endswith("finite"):
        return BiasRule(kind.split("_")[0], finite(*draw(st.sampled_from(BIAS_FINITE))))
    if kind.endswith("real"):
        return BiasRule(kind.split("_")[0], interval(*draw(st.sampled_from(BIAS_REAL))))
    return BiasRule(kind)


@st.composite
def _layers(
    draw: st.DrawFn, shape: Shape, place: int, domain: Any, bias: BiasRule, said: Statements, plain: bool
) -> ProblemLayer:
    width, fan = shape.widths[place], shape.fan(place)
    mask = np.array(draw(st.lists(st.sampled_from([True, True, True, False]), min_size=width * fan, max_size=width * fan)))
    fixed: dict[tuple[int, int], Fraction] = {}
    sparse = place in said.sparse
    if draw(st.integers(0, 3)) == 0 and not isinstance(domain, ScaledDomain):
        value = draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(-3, 2)]))
        mask[0] = not (sparse and value == 0)
        fixed = {(0, 0): value} if mask[0] else {}
    is_output = place == shape.depth - 1
    unit = shape.output if is_output else draw(st.sampled_from(["step", "sign"]))
    height = (
        Fraction(1)
        if plain or is_output or unit == "sign"
        else draw(st.sampled_from([Fraction(1), Fraction(1), Fraction(3, 2)]))
    )
    margins = [None, None, None] if plain or unit == "linear" else [None, None, None, None, Fraction(1, 2), Fraction(2)]
    return layer(
        f"layer{place}", width, fan, domain, bias, unit, draw(st.sampled_from(margins)),
        mask=mask.reshape(width, fan), fixed=fixed, statement=place, height=height, sparse=sparse,
    )  # fmt: skip


@st.composite
def networks(draw: st.DrawFn, of: Problem) -> Network:
    """A network of the problem's domains, mostly at their edges: biases at both ends, zero rows, all units off."""
    weights, biases = [], []
    for layer_plan in plan(of):
        posed, bias = layer_plan.layer, layer_plan.thresholds.bias
        table = posed.constant.copy()
        for unit in range(posed.units):
            members = draw(_members_of_unit(posed))
            for j in np.flatnonzero(posed.free[unit]):
                table[unit, j] = draw(st.sampled_from(members))
        weights.append(table)
        if bias.kind == "none":
            biases.append([Fraction(0)] * posed.units)
        else:
            found = [draw(st.sampled_from(_members(domain))) for domain in bias.domains]
            biases.append(found * posed.units if bias.kind == "shared" else found)
    return network_of(of, weights, biases)


@st.composite
def kept(draw: st.DrawFn) -> tuple[Problem, Network]:
    """A problem and a network that keeps its constraints: their bounds are set to what the network has, or a little beside."""
    of = draw(problems())
    network = draw(networks(of))
    measured = Measured(network, of)
    constraints = []
    for constraint in of.constraints:
        sides = [Fraction(0)] * constraint.rows
        for term in constraint.terms:
            value = measured.value(term.quantity)
            rows = [value] * constraint.rows if isinstance(value, Fraction) else list(value)
            sides = [side + term.coefficient * part for side, part in zip(sides, rows, strict=True)]
        if constraint.sense == "==" and len(set(sides)) == 1:
            constraints.append(replace(constraint, bound=sides[0]))
        elif constraint.sense != "==":
            room = draw(st.sampled_from([Fraction(0), Fraction(1, 2)]))
            side = max(sides) + room if constraint.sense == "<=" else min(sides) - room
            constraints.append(replace(constraint, bound=side))
    broken = {finding.text for finding in measured.violated()}
    monotone = tuple(statement for statement in of.monotone if statement.text not in broken)
    ids = of.constraint_statements[: len(constraints)]
    changed = replace(
        of,
        constraints=tuple(constraints),
        constraint_statements=ids,
        monotone=monotone,
        monotone_statements=of.monotone_statements[: len(monotone)],
    )
    return changed, network


@st.composite
def _members_of_unit(draw: st.DrawFn, posed: ProblemLayer) -> list[Fraction]:
    """What the weights of one unit are drawn from: of a scaled set, the members times one scale."""
    domain = posed.domain
    if not isinstance(domain, ScaledDomain):
        return _members(domain) + ([Fraction(0)] if posed.sparse else [])
    scale = draw(st.sampled_from([domain.least, domain.most, (domain.least + domain.most) / 2]))
    return [value * scale for value in domain.base] + ([Fraction(0)] if posed.sparse else [])


def _members(domain: object) -> list[Fraction]:
    """The ends of a domain first, then 0 if it is a member, then some of its inside."""
    if not isinstance(domain, RealDomain):
        values = list(domain.values)
        return [values[0], values[-1], *values]
    lower, upper = domain.lower, domain.upper
    inside = [lower + (upper - lower) * Fraction(k, 8) for k in range(1, 8)]
    return [lower, upper, *([Fraction(0)] if domain.contains(Fraction(0)) else []), *inside]
