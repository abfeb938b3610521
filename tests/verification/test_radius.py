"""How far a point may move."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given

from bdnnc.exact import ExactMatrix
from bdnnc.network.evaluate import active_units
from bdnnc.network.network import Network
from bdnnc.network.verification.radius import first_layer_radius, network_radius
from bdnnc.network.verification.verdict import rightness
from bdnnc.uncertainty.sets import L1, L2, Coupling, Moves
from tests.verification.tiny import Point, grid, is_right, layer, moved, network, point, questions


def ball(norm: str, radius: Fraction, inputs: int) -> Sequence[Moves]:
    ends = [ExactMatrix.from_fractions([[sign * radius] * inputs]) for sign in (-1, 1)]
    coupling: Coupling | None = {"linf": None, "l1": L1(radius), "l2": L2(radius)}[norm]
    return [Moves(tuple(range(inputs)), *ends, coupling)]


NET = network(layer("step", [[3, 4], [0, 0]], [-10, 7]), layer("step", [[1, 0]], [-1]))


@pytest.mark.parametrize(("norm", "expected"), [("linf", Fraction(10, 7)), ("l1", Fraction(10, 4)), ("l2", Fraction(4))])
def test_the_first_layer(norm: str, expected: Fraction) -> None:
    assert first_layer_radius(NET, point([0, 0]), norm) == expected  # type: ignore[arg-type]


def test_a_first_layer_that_never_changes() -> None:
    assert first_layer_radius(network(layer("step", [[0, 0]], [0])), point([0, 0]), "linf") is None


@pytest.mark.parametrize(("norm", "expected"), [("linf", 10 / 7), ("l1", 2.5), ("l2", 2.0)])
@pytest.mark.parametrize("start", [None, Fraction(1), Fraction(10)])
def test_bisection(norm: str, expected: float, start: Fraction | None) -> None:
    found = network_radius(NET, point([0, 0]), rightness(NET, 0), lambda r: ball(norm, r, 2), Fraction(10), start=start)
    assert found.is_complete
    assert found.certified is not None
    assert found.broken is not None
    assert found.certified <= expected <= found.broken
    assert found.broken - found.certified <= Fraction(1, 1000) * found.broken
    assert found.delta is not None
    assert not is_right(NET, found.delta, 0)


def test_the_ends_of_bisection() -> None:
    wrong = network_radius(NET, point([0, 0]), rightness(NET, 1), lambda r: ball("linf", r, 2), Fraction(10))
    assert (wrong.certified, wrong.broken, wrong.delta) == (None, 0, (0, 0))
    safe = network_radius(NET, point([0, 0]), rightness(NET, 0), lambda r: ball("linf", r, 2), Fraction(1))
    assert (safe.certified, safe.broken, safe.is_complete) == (1, None, True)
    tie = network(layer("step", [[1]], [0]))
    found = network_radius(tie, point([0]), rightness(tie, 1), lambda r: ball("linf", r, 1), Fraction(1))
    assert found.certified == 0
    assert found.broken is not None
    assert 0 < found.broken <= Fraction(1, 10**6)
    late = network_radius(NET, point([0, 0]), rightness(NET, 0), lambda r: ball("linf", r, 2), Fraction(10), seconds=0)
    assert not late.is_complete


@given(questions(finite=False))
def test_below_the_first_layers_radius_nothing_changes(question: tuple[Network, Point, Moves, int]) -> None:
    net, x, _, _ = question
    here = active_units(net, point(x))[0]
    for norm, root in (("linf", float), ("l1", float), ("l2", sqrt)):
        radius = first_layer_radius(net, point(x), norm)  # type: ignore[arg-type]
        if not radius:
            continue
        below = Fraction(root(radius) * 0.999999).limit_denominator(10**9)
        for delta in grid(ball(norm, below, len(x))[0], below / 2):
            assert (active_units(net, point(moved(x, delta)))[0] == here).all()
