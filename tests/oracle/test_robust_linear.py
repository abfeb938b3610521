"""The oracle with sets of perturbations on a single linear layer, whose losses are worst cases of scores: (a) and (b), and
optima against enumeration with worst cases that are enumerated too."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Errors, Loss
from bdnnc.milp.lower import lower
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Stop
from tests.oracle.laws import is_of_class, law_a, law_b, solve, verified
from tests.oracle.problems import finite, goal, interval, layer, problem
from tests.oracle.robust import uncertainties, with_uncertainty, worst
from tests.oracle.strategies import networks
from tests.oracle.test_laws import TOGGLED

KINDS = ["linf", "box", "l1", "budget", "polytope", "step", "l2"]
LOSSES = {0: ["absolute"], 2: ["zero_one", "hinge"], 3: ["zero_one", "hinge"]}


@st.composite
def linear_problems(draw: st.DrawFn, kinds: list[str], is_finite: bool = False) -> Problem:
    """One linear unit for numbers or two classes, or one a class; now and then a nominal loss beside the worst-case one."""
    inputs, classes = draw(st.integers(1, 2)), draw(st.sampled_from([0, 2, 3] if not is_finite else [0, 2, 2, 3]))
    units = 1 if classes < 2 else draw(st.sampled_from([1, 2])) if classes == 2 else 3
    sets = [finite(-1, 0, 1), finite(0, 2)] if is_finite else [finite(-1, 0, 1), finite(0, 2, 3), interval(-1, 1)]
    biases = [BiasRule("in", finite(-1, "1/4", 1))] + ([] if is_finite else [BiasRule("auto"), BiasRule("none")])
    fixed = draw(st.sampled_from([None, {(0, 0): Fraction(1, 2)}]))
    only = layer(
        "o", units, inputs, draw(st.sampled_from(sets)), draw(st.sampled_from(biases)), "linear", fixed=fixed,
        sparse=draw(st.booleans()),
    )  # fmt: skip
    numbers = st.sampled_from([Fraction(k, 4) for k in range(-4, 9)])
    points = draw(st.lists(st.tuples(*[numbers] * inputs), min_size=2, max_size=3 if is_finite and units == 3 else 4))
    labels = st.integers(0, classes - 1) if classes else st.sampled_from([Fraction(-1), Fraction(1, 2), Fraction(2)])
    drawn = draw(st.lists(labels, min_size=len(points), max_size=len(points)))
    kind = draw(st.sampled_from(LOSSES[classes]))
    margin, weights = Fraction(kind == "hinge"), (Fraction(1), Fraction(2), Fraction(1))[:classes]
    losses = [Loss(kind, margin, weights if kind != "absolute" else None)]
    if draw(st.booleans()):
        losses.append(Loss(kind, margin, losses[0].weights, nominal=True))
    of = problem(points, drawn, [only], classes=classes, goals=[goal(*losses)])
    sense = "soft" if kind == "zero_one" and draw(st.booleans()) else "static"
    return with_uncertainty(of, draw(uncertainties(of, sense, kinds)))


def is_clear(network: Network, of: Problem) -> bool:
    """Whether every score, and every lead, is in the worst case on the wrong side or beyond the gap of the class."""
    measured, found = Measured(network, of), formulate(of).plans[-1].thresholds
    if not isinstance(measured.seen, tuple) or of.is_regression:
        return True
    shape = measured.output.shape
    active, inactive = (np.broadcast_to(side, shape) for side in (found.active, found.inactive))
    for place, output in enumerate(measured.seen):
        a = output.floats()
        if shape[1] == 1:
            right = a[:, 0] >= active[:, 0] if place else a[:, 0] <= -inactive[:, 0]
            wrong = a[:, 0] < 0 if place else a[:, 0] >= 0
        else:
            lead = a[:, [place]] - np.delete(a, place, axis=1)
            right, wrong = (lead >= active[:, :1]).all(axis=1), (lead <= 0).any(axis=1)
        if not (right | wrong).all():
            return False
    return True


@given(st.data(), TOGGLED)
def test_a_robust_linear_networks_are_feasible_points(data: st.DataObject, without: tuple[str, ...]) -> None:
    of = data.draw(linear_problems(KINDS[:-1]))  # a ball's tower makes sums of worst cases a hair larger than they are
    network = data.draw(networks(of))
    assume(is_of_class(network, formulate(of)) and is_clear(network, of))
    law_a(of, network, without)


@given(st.data(), st.integers(0, 2**16), TOGGLED)
def test_b_feasible_points_decode_to_robust_linear_networks(data: st.DataObject, seed: int, without: tuple[str, ...]) -> None:
    law_b(data.draw(linear_problems(KINDS)), seed, without, objectives=2)


@given(st.data(), TOGGLED)
def test_c_optima_are_the_enumerated_ones(data: st.DataObject, without: tuple[str, ...]) -> None:
    of = data.draw(linear_problems(KINDS, is_finite=True))
    formulation = verified(of, 0, (), without)
    solution = solve(lower(formulation.program), formulation)
    assert solution.stop is Stop.OPTIMAL
    expected = float(enumerated(of))
    assert abs(solution.objective - expected) < 1e-4, f"{solution.objective}, enumeration says {expected}"


def enumerated(of: Problem) -> Fraction | float:
    """The least goal over all weights and biases."""
    only = of.layers[0]
    members = sorted({*only.domain.values, *([Fraction(0)] if only.sparse else [])})
    values = [members if only.free[place] else [only.constant[place]] for place in np.ndindex(only.free.shape)]
    biases = list(itertools.product(only.bias.domain.values, repeat=only.units))
    points = [[of.patterns.fraction(p, j) for j in range(len(of.inputs))] for p in range(of.patterns.shape[0])]
    best = None
    for flat in itertools.product(*values):
        rows = [list(flat[unit * only.inputs : (unit + 1) * only.inputs]) for unit in range(only.units)]
        pairs = itertools.permutations(range(only.units), 2)
        directions = {(c, o): [b - a for a, b in zip(rows[c], rows[o], strict=True)] for c, o in pairs}
        if only.units == 1:
            directions = {(1, 0): [-w for w in rows[0]], (0, 1): rows[0]}
        reaches = {key: [_reach(of, p, direction) for p in range(len(points))] for key, direction in directions.items()}
        for bias in biases:
            scores = [[_dot(row, x) + b for row, b in zip(rows, bias, strict=True)] for x in points]
            value = sum(_cost(of, term.quantity, scores, reaches) for term in of.goals[0].terms)
            best = value if best is None else min(best, value)
    return best


def _dot(w, x):
    return sum((a * b for a, b in zip(w, x, strict=True)), Fraction(0))


def _reach(of: Problem, p: int, direction: list[Fraction]):
    return sum((worst(moves, p, [direction[j] for j in moves.inputs]) for moves in of.uncertainty.moves), Fraction(0))


def _cost(of: Problem, quantity: Loss | Errors, scores: list, reaches: dict):
    if quantity.kind == "absolute":
        total = 0
        for pattern, value, count in zip(of.targets.pattern, of.targets.value, of.targets.count, strict=True):
            a = scores[pattern][0]
            up, down = (0, 0) if quantity.nominal else (reaches[0, 1][pattern], reaches[1, 0][pattern])
            total += int(count) * max(a + up - value, value - a + down)
        return total
    total = 0
    for p, own in enumerate(scores):
        for c, count in enumerate(of.counts[p]):
            lead = _lead(own, reaches, p, c, quantity.nominal)
            if quantity.kind == "hinge":
                cost = max(0, quantity.margin - lead)
            else:
                cost = int(lead < -1e-9 or (abs(lead) <= 1e-9 and (len(own) > 1 or c == 0)))
            total += int(count) * quantity.weights[c] * cost
    return total


def _lead(own: list, reaches: dict, p: int, c: int, nominal: bool):
    """How far the class is ahead, at least, over the set."""
    if len(own) == 1:
        signed = own[0] if c == 1 else -own[0]
        return signed - (0 if nominal else reaches[c, 1 - c][p])
    return min(own[c] - own[o] - (0 if nominal else reaches[c, o][p]) for o in range(len(own)) if o != c)
