"""Every block of a program at a network, against values worked out by hand; and the way back."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.ir.domains import BitsDomain, ScaledDomain
from bdnnc.ir.problem import BiasRule, Problem, Statement
from bdnnc.language.quantities import (
    Errors,
    FeaturesUsed,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    UnitsUsed,
)
from bdnnc.milp.lower import MEANINGS, lower
from bdnnc.network.blocks import VALUES, Point
from bdnnc.network.decode import decode
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.network import Network
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope, Uncertainty
from tests.oracle.laws import network_of
from tests.oracle.problems import bound, finite, goal, interval, layer, problem

ONES = (Fraction(1), Fraction(1))
POINTS = [[0, 0], [2, 1], [1, 3]]
LABELS = [0, 1, 1]
SEEN: set[str] = set()


def network(of: Problem, weights: list, biases: list) -> Network:
    tables = [np.array([[Fraction(value) for value in row] for row in table], dtype=object) for table in weights]
    return network_of(of, tables, [[Fraction(value) for value in row] for row in biases])


def blocks(of: Problem, weights: list, biases: list) -> dict[str, list[float]]:
    """``{"w h": [..]}``, before the passes, which leave out what they can."""
    formulation = formulate(of)
    point = Point(network(of, weights, biases), formulation)
    SEEN.update(variable.symbol.rstrip("0123456789") for variable in formulation.program.variables)
    return {f"{v.symbol} {v.layer}".strip(): point.values(v).tolist() for v in formulation.program.variables}


def check(found: dict[str, list[float]], expected: dict[str, list[float]]) -> None:
    assert {name: found.get(name) for name in expected} == expected


def test_the_symbols_are_those_that_the_matrix_explains() -> None:
    assert VALUES.keys() == MEANINGS.keys()


def two_layers(**more) -> tuple[Problem, list, list]:
    """h1 = x0 - 2 x1 - 1 is -1, -1, -6 on the points; h2 = 2 x1 + 2 is 2, 4, 8; the output is h1 - h2 = -1 on all."""
    hidden = layer("h", 2, 2, finite(-2, -1, 1, 2), BiasRule("in", finite(-3, -1, 0, 2)), sparse=True)
    output = layer("o", 1, 2, finite(-1, 1), BiasRule("in", finite(-2, 0, 1)), statement=1, sparse=True)
    return problem(POINTS, LABELS, [hidden, output], **more), [[[1, -2], [0, 2]], [[1, -1]]], [[-1, 2], [0]]


def test_finite_sparse_layers() -> None:
    quantities = [Norm("l0", "bias", (0,)), Norm("linf", "weights", (0,)), Norm("linf", "bias", (0,))]
    asked = [bound(quantity, "<=", 9) for quantity in (*quantities, UnitsUsed(0), FeaturesUsed())]
    of, weights, biases = two_layers(loss="zero_one", constraints=asked)
    members = [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]  # of -2, -1, 1, 2
    check(
        blocks(of, weights, biases),
        {
            "w h": [1, -2, 0, 2],
            "z h": [1, 1, 0, 1],
            "q h": [chosen for row in members for chosen in row],
            "b h": [-1, 2],
            "r h": [0, 1, 0, 0, 0, 0, 0, 1],
            "u h": [0, 1, 0, 1, 0, 1],
            "w o": [1, -1],
            "z o": [1, 1],
            "s o": [0, -1, 0, -1, 0, -1],
            "u o": [0, 0, 0],
            "m h": [2],
            "mb h": [2],
            "zb h": [1, 1],
            "y h": [1, 1],
            "f": [1, 1],
        },
    )


def test_what_is_held_from_both_sides() -> None:
    """The first of the largest weights is -2, on its negative side; the margin of both layers is 1."""
    both = Norm("linf", "weights", (0, 1))
    quantities = [Norm("linf", "weights", (0,)), both, Norm("linf", "bias", (0,)), Norm("l1", "bias", (0,))]
    asked = [bound(quantity, ">=", 0) for quantity in (*quantities, Margin(0), Margin())]
    rising, falling = Monotone(True, (0,), None, "rising"), Monotone(False, (1,), None, "falling")
    of, weights, biases = two_layers(constraints=asked, monotone=[rising, falling])
    check(
        blocks(of, weights, biases),
        {
            "k h": [0, 0, 0, 1, 0, 0, 0, 0],
            "k": [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
            "m": [2],
            "kb h": [0, 1, 0, 0],
            "up0 h": [1, 0],
            "down0 h": [0, 0],
            "up1 h": [0, 1],
            "down1 h": [1, 0],
            "t h": [1],
            "t": [1],
        },
    )
    biases[0] = [-1, -3]  # h2 = 2 x1 - 3 is -3, -1, 3: the output is 0, 0 and -1
    check(blocks(of, weights, biases), {"kb h": [0, 0, 0, 1], "t": [0], "t h": [1]})


def test_real_magnitudes_and_signs() -> None:
    asked = [bound(Norm("l1", part, (0,)), ">=", 0) for part in ("weights", "bias")]
    of = problem(POINTS, LABELS, [layer("o", 1, 2, interval(-2, 2), BiasRule("in", interval(-4, 4)))], constraints=asked)
    expected = {"w o": [0.5, -1.5], "n o": [0.5, 1.5], "v o": [1, 0], "b o": [-1], "nb o": [1], "vb o": [0]}
    check(blocks(of, [[["1/2", "-3/2"]]], [[-1]]), expected)


def test_members_of_lattices() -> None:
    lattice = finite(-2, -1, 0, 1, 2)
    asked = [bound(Norm("l2", part, (0,)), "<=", 9) for part in ("weights", "bias")]
    of = problem(POINTS, LABELS, [layer("o", 1, 2, lattice, BiasRule("in", lattice))], constraints=asked)
    found = blocks(of, [[[2, -1]]], [[1]])
    check(found, {"h o": [0, 0, 0, 0, 1, 0, 1, 0, 0, 0], "hb o": [0, 0, 0, 1, 0]})


def test_scaled_weights_and_several_scores() -> None:
    """h1 = x0 / 2 - x1 / 2 + 1 is 1, 3/2, 0; h2 = 2 x0 + 2 x1 - 3 is -3, 3, 5; the scores are 1, -1; 3/2, 0; 3/2, 0."""
    scaled = ScaledDomain((Fraction(-1), Fraction(1)), Fraction(1, 2), Fraction(2))
    hidden = layer("h", 2, 2, scaled, BiasRule("in", interval(-4, 4)))
    output = layer("o", 2, 2, interval(-1, 1), BiasRule("none"), "linear", statement=1)
    of = problem(POINTS, LABELS, [hidden, output], goals=[goal(Loss("hinge", Fraction(1), ONES), Errors())])
    check(
        blocks(of, [[["1/2", "-1/2"], [2, 2]], [[1, "1/2"], [-1, 1]]], [[1, -3], [0, 0]]),
        {
            "w h": [0.5, -0.5, 2, 2],
            "g h": [0.5, 2],
            "q h": [0, 1, 1, 0, 0, 1, 0, 1],
            "p h": [0, 0.5, 0.5, 0, 0, 2, 0, 2],
            "u h": [1, 0, 1, 1, 1, 1],
            "s o": [1, 0, -1, 0, 1, 0.5, -1, 1, 1, 0.5, -1, 1],
            "d o": [0, 2.5, 2.5],
            "e o": [0, 1, 1],
        },
    )


def test_scores_that_beat_the_true_one() -> None:
    """Scores x0, x1, 1 on the points: 0, 0, 1; 2, 1, 1; 1, 3, 1. Of classes 2, 0, 0 the last is beaten by the second score and
    a tie with the third."""
    out = layer("o", 3, 2, interval(-1, 1), BiasRule("in", interval(-1, 1)), "linear")
    goals = [goal(Loss("zero_one", weights=(*ONES, Fraction(1))))]
    of = problem(POINTS, [2, 0, 0], [out], classes=3, goals=goals, constraints=[bound(Errors(), ">=", 0)])
    found = blocks(of, [[[1, 0], [0, 1], [0, 0]]], [[0, 0, 1]])
    check(found, {"e o": [0, 0, 1], "o o": [0, 0, 0, 0, 1, 1]})


def test_right_outputs_of_several_units() -> None:
    out = layer("o", 2, 2, finite(-1, 0, 1), BiasRule("in", finite(-1, 0, 1)))
    of = problem(POINTS, LABELS, [out], "zero_one")
    found = blocks(of, [[[-1, 0], [1, 0]]], [[0, -1]])  # -x0 and x0 - 1: on, off; off, on; off, on
    check(found, {"e o": [0, 0, 0]})
    check(blocks(of, [[[1, 0], [1, 0]]], [[0, -1]]), {"e o": [0, 1, 1]})


def test_margins_of_units() -> None:
    hidden = layer("h", 2, 2, interval(-1, 1), BiasRule("in", interval(-4, 4)))
    output = layer("o", 1, 2, finite(-1, 1), BiasRule("none"), statement=1)
    of = problem(POINTS, LABELS, [hidden, output], goals=[goal(Margins(), sense="maximize")])
    found = blocks(of, [[["1/2", "-1/2"], [1, 1]], [[1, 1]]], [[1, -2], [0]])
    check(found, {"tu h": [0, 1], "tu o": [1]})  # 1, 3/2, 0; -2, 1, 2; and 1, 2, 2


def test_numbers_and_bits() -> None:
    """2 x0 - 3 x1 + 1/2 is 1/2, 3/2, -13/2, where 1, 2, 1/2 are wanted."""
    out = layer("o", 1, 2, interval(-3, 3), BiasRule("in", interval(-4, 4)), "linear")
    of = problem(POINTS, [Fraction(1), Fraction(2), Fraction(1, 2)], [out], classes=0, goals=[goal(Loss("absolute"))])
    check(blocks(of, [[[2, -3]]], [["1/2"]]), {"d o": [0.5, 0.5, 7]})
    bits = problem(POINTS, LABELS, [layer("o", 1, 2, BitsDomain(2), BiasRule("auto"))])
    formulation = formulate(bits)
    link = next(link for link in formulation.program.links if link.digit == ("q", "o"))
    for pair in ((-3, 1), (1, 3), (3, -1)):
        digits = np.array(blocks(bits, [[list(pair)]], [[0]])["q o"])
        sums = link.origin + np.bincount(link.owner, weights=digits * link.value, minlength=2)
        assert sums.tolist() == list(pair)


@pytest.mark.parametrize("passes", [False, True], ids=["plain", "passes"])
def test_the_way_back(passes: bool) -> None:
    of, weights, biases = two_layers()
    formulation: Formulation = run_passes(formulate(of)) if passes else formulate(of)
    chosen = canonicalise(network(of, weights, biases), formulation)
    vector = encode(chosen, formulation)
    assert len(vector) == lower(formulation.program).A.shape[1]
    assert vector[-1] == 1
    again = decode(vector, formulation)
    for found, wanted in zip(again.layers, chosen.layers, strict=True):
        assert (found.weights == wanted.weights).all()
        assert (found.bias == wanted.bias).all()
        assert (found.absent == wanted.absent).all()


def moved(sense: str, coupling=None, low=("-1/2", 0), high=("1/4", 1), clipped: bool = False, **more) -> tuple:
    """Two units, w = (1, -2) and (0, 2), whose inputs move within a box and a coupling."""
    hidden = layer("h", 2, 2, finite(-2, -1, 0, 1, 2), BiasRule("in", finite(-3, -1, 0, 2)))
    output = layer("o", 1, 2, finite(-1, 1), BiasRule("in", finite(-2, 0, 1)), statement=1)
    of = problem(POINTS, LABELS, [hidden, output], loss="zero_one", **more)
    box = [ExactMatrix.from_fractions([[Fraction(end) for end in ends]]) for ends in (low, high)]
    if clipped:
        box = [ExactMatrix(np.repeat(part.numerators, 3, axis=0), part.denominators) for part in box]
    moves = (Moves((0, 1), *box, coupling, None, clipped),)
    robust = Statement("robust", None)
    of = replace(of, uncertainty=Uncertainty(sense, moves, "robust", len(of.statements)), statements=(*of.statements, robust))
    return of, [[[1, -2], [0, 2]], [[1, -1]]], [[-1, 2], [0]]


def test_worst_cases_of_boxes() -> None:
    """-w . delta is 1/2 + 2 at most, w . delta 1/4; and 0 and 2."""
    found = blocks(*moved("static"))
    check(found, {"wp0 h": [1, 0, 0, 2], "wn0 h": [0, 2, 0, 0], "fall h": [2.5, 0], "rise h": [0.25, 2]})


def test_worst_cases_of_budgets_and_flips() -> None:
    """One input may move: the larger gain counts, 2 of (1/2, 2), 1/4 of (1/4, 0)."""
    found = blocks(*moved("static", AtMost(1)))
    check(found, {"tf0 h": [0.5, 0], "pf0 h": [0, 1.5, 0, 0], "tr0 h": [0, 0], "pr0 h": [0.25, 0, 0, 2]})
    check(found, {"fall h": [2, 0], "rise h": [0.25, 2]})


def test_worst_cases_of_l1() -> None:
    check(blocks(*moved("static", L1(Fraction(1, 2)), (-1, -1), (1, 1))), {"tw0 h": [2, 2], "rise h": [1, 1]})
    half, quarter = ("-1/2", "-1/4"), ("1/2", "1/8")
    found = blocks(*moved("static", L1(Fraction(1, 2)), half, quarter, clipped=True))
    # falling, (-1, 2): 1/8 at 2, then 3/8 at 1; rising, (1, -2): 1/4 at 2, then 1/4 at 1
    check(found, {"fall h": [0.625, 0.5] * 3, "rise h": [0.75, 0.25] * 3, "tf0 h": [1, 0] * 3, "tr0 h": [1, 0] * 3})
    check(found, {"af0 h": [0, 1, 0, 0] * 3, "bf0 h": [0, 0, 0, 2] * 3, "ar0 h": [0, 0, 0, 2] * 3, "br0 h": [0, 1, 0, 0] * 3})


def test_worst_cases_of_polytopes() -> None:
    """The diamond |d0| + |d1| <= 1."""
    rows = ((1, 1), (-1, -1), (1, -1), (-1, 1))
    diamond = Polytope(tuple(tuple(map(Fraction, row)) for row in rows), (Fraction(1),) * 4)
    found = blocks(*moved("static", diamond, (-1, -1), (1, 1)))
    check(
        found,
        {"fall h": [2, 2], "rise h": [2, 2], "mr0 h": [0, 0.5, 1.5, 0, 1, 0, 0, 1], "mf0 h": [0.5, 0, 0, 1.5, 0, 1, 1, 0]},
    )


def test_worst_cases_of_balls() -> None:
    """Norms are sqrt(5) and 2; a tower says a little less, and its radius is a little more."""
    found = blocks(*moved("static", L2(Fraction(1)), (-1, -1), (1, 1)))
    assert found["rise h"] == pytest.approx([5**0.5, 2], rel=1e-5)
    assert found["rise h"][0] >= 5**0.5
    assert found["rise h"][1] >= 2
    check(found, {"hu0 h": [1, 2, 0, 2]})
    assert found["ou0 h"] == pytest.approx([5**0.5, 2], rel=1e-5)
    assert found["xu0 h"][0] == pytest.approx(5**0.5 * np.cos(np.arctan(2) - np.pi / 4))
    assert found["yu0 h"][0] == pytest.approx(5**0.5 * np.sin(np.arctan(2) - np.pi / 4))
    found = blocks(*moved("static", L2(Fraction(1)), ("-1/2", "-1/2"), (1, 1), clipped=True))
    # rising, (1, -2): the second at -1/2, the first at sqrt(3)/2
    assert found["rise h"][:2] == pytest.approx([1 + 3**0.5 / 2, 2], rel=1e-5)
    assert found["vr0 h"][:2] == pytest.approx([1, -1 / 3**0.5], rel=1e-4)
    assert found["br0 h"][:2] == pytest.approx([0, 2 - 1 / 3**0.5], rel=1e-4)
    assert found["hr0 h"][:2] == pytest.approx([1, 1 / 3**0.5], rel=1e-4)


def test_points_that_are_given_up() -> None:
    """h1 is -1, -1, -6 on the points and falls by 5/2 and rises by 1/4; h2 is 2, 4, 8 and rises. The output is -1, so that the
    first point is right."""
    nominal = replace(goal(Errors(None, True)), sense="minimize")
    far = goal(Margin(None, True), sense="maximize")
    of, weights, biases = moved("soft", goals=[goal(Loss("zero_one", weights=ONES)), nominal, far])
    check(blocks(of, weights, biases), {"c o": [0, 1, 1]})
    formulation = formulate(of, stage=2, reached=(Fraction(2), Fraction(2)))
    point = Point(network(of, weights, biases), formulation)
    SEEN.update(variable.symbol for variable in formulation.program.variables)
    found = {v.symbol: point.values(v).tolist() for v in formulation.program.variables}
    assert found["tp"] == [1]


def test_worst_cases_of_scores() -> None:
    """Of two linear units the lead of the first, w = (1, -4), falls by 1/2 + 4 and rises by 1/4; scores are (-1, 2), (-1, 4),
    (-6, 8), so that the second class leads by 3, 5, 14."""
    of, weights, biases = moved("static")
    only = layer("o", 2, 2, finite(-2, -1, 0, 1, 2), BiasRule("in", finite(-3, -1, 0, 2)), unit="linear")
    losses = [Loss("hinge", Fraction(8), ONES, nominal=nominal) for nominal in (False, True)]
    of = replace(of, layers=(only,), goals=(goal(*losses),))
    found = blocks(of, weights[:1], biases[:1])
    check(found, {"wd o": [1, -4], "wp0 o": [1, 0], "wn0 o": [0, 4], "fall o": [4.5], "rise o": [0.25]})
    leads = {(p, c): lead if c == 0 else -lead for p, lead in enumerate([3, 5, 14]) for c in (0, 1)}
    members = [(int(p), int(c)) for p, c in np.argwhere(of.counts > 0)]
    check(found, {"dp o": [max(0, 8 + leads[member]) for member in members]})
    check(found, {"d o": [max(0, 8 + leads[member] + (4.5 if member[1] == 0 else 0.25)) for member in members]})


CASES = (
    test_worst_cases_of_scores,
    test_worst_cases_of_boxes,
    test_worst_cases_of_budgets_and_flips,
    test_worst_cases_of_l1,
    test_worst_cases_of_polytopes,
    test_worst_cases_of_balls,
    test_points_that_are_given_up,
    test_finite_sparse_layers,
    test_what_is_held_from_both_sides,
    test_real_magnitudes_and_signs,
    test_members_of_lattices,
    test_scaled_weights_and_several_scores,
    test_scores_that_beat_the_true_one,
    test_right_outputs_of_several_units,
    test_margins_of_units,
    test_numbers_and_bits,
)


def test_no_symbol_was_forgotten() -> None:
    for case in CASES:
        case()
    assert VALUES.keys() == {symbol.rstrip("0123456789") for symbol in SEEN}
