"""Verdicts of one point: against enumeration on finite sets, against dense grids on others, and at the edges."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given

from bdnnc.exact import ExactMatrix
from bdnnc.network.network import Network
from bdnnc.network.verification import point as module
from bdnnc.network.verification import reach as reach_module
from bdnnc.network.verification.point import deepest, judge
from bdnnc.network.verification.verdict import Verdict, rightness
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope
from tests.verification.tiny import Point, grid, is_member, is_right, layer, moved, network, point, questions

Question = tuple[Network, Point, Moves, int]


def ask(question: Question, seconds: float | None = None) -> Verdict:
    net, x, moves, label = question
    verdict = judge(net, point(x), [moves], rightness(net, label), seconds)
    check_witness(question, verdict)
    return verdict


def check_witness(question: Question, verdict: Verdict) -> None:
    net, x, moves, label = question
    assert (verdict.delta is None) == (verdict.outcome != "broken")
    if verdict.delta is not None:
        assert is_member(moves, verdict.delta)
        assert not is_right(net, moved(x, verdict.delta), label)


def members(moves: Moves) -> list[Point]:
    if moves.step == "ends":
        ends = ({moves.low.fraction(0, j), Fraction(0), moves.high.fraction(0, j)} for j in range(len(moves.inputs)))
        return [delta for delta in product(*ends) if is_member(moves, delta)]
    return grid(moves, Fraction(1, 2))


@given(questions(finite=True))
def test_finite_sets(question: Question) -> None:
    net, x, moves, label = question
    right = all(is_right(net, moved(x, delta), label) for delta in members(moves))
    assert ask(question).outcome == ("certified" if right else "broken")


@pytest.fixture
def no_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Finite sets are searched by proofs and splits, as large ones are."""
    monkeypatch.setattr(module, "LISTED", 0)
    monkeypatch.setattr(reach_module, "LISTED_AT_ONCE", 1)


@pytest.mark.usefixtures("no_lists")
@given(questions(finite=True))
def test_finite_sets_by_search(question: Question) -> None:
    net, x, moves, label = question
    right = all(is_right(net, moved(x, delta), label) for delta in members(moves))
    assert ask(question).outcome == ("certified" if right else "broken")


@given(questions(finite=False))
def test_continuous_sets(question: Question) -> None:
    net, x, moves, label = question
    verdict = ask(question)
    if verdict.outcome == "certified":
        assert all(is_right(net, moved(x, delta), label) for delta in grid(moves, Fraction(1, 2)))
        assert all(is_right(net, moved(x, delta), label) for delta in grid(moves, Fraction(1, 3)))
    assert verdict.outcome != "undecided" or isinstance(moves.coupling, L2)


@given(questions(finite=True))
def test_the_deepest_of_a_finite_set(question: Question) -> None:
    net, x, moves, label = question
    verdict = deepest(net, point(x), [moves], rightness(net, label))
    check_witness(question, verdict)
    assert verdict.outcome == ask(question).outcome
    if verdict.delta is None or len(net.layers) == 1:
        return
    first = net.layers[0]

    def values(delta: Point) -> list[Fraction]:
        return [
            sum((w * v for w, v in zip(row, moved(x, delta), strict=True)), b)
            for row, b in zip(first.weights.tolist(), first.bias, strict=True)
        ]

    everywhere = [values(delta) for delta in members(moves)]
    units = [unit for unit in range(len(first.bias)) if len({v[unit] >= 0 for v in everywhere}) == 2]
    wrong = [values(delta) for delta in members(moves) if not is_right(net, moved(x, delta), label)]
    if units:
        # units that only the box's hull could switch don't count for the depth here, so that it may be less
        assert verdict.depth is not None
        assert verdict.depth <= max(min(abs(v[unit]) for unit in units) for v in wrong)


@given(questions(finite=False))
def test_deepest_agrees(question: Question) -> None:
    net, x, moves, label = question
    verdict, deeper = ask(question), deepest(net, point(x), [moves], rightness(net, label))
    check_witness(question, deeper)
    assert deeper.outcome == verdict.outcome
    if verdict.depth is not None:
        assert deeper.depth is not None
        assert deeper.depth >= verdict.depth


# --- by hand ----------------------------------------------------------------------------------------------------------


def box(low: list[object], high: list[object], *rest: object) -> Moves:
    ends = [ExactMatrix.from_fractions([[Fraction(v) for v in side]]) for side in (low, high)]  # type: ignore[arg-type]
    return Moves(tuple(range(len(low))), *ends, *rest)  # type: ignore[arg-type]


ONE = network(layer("step", [[1, 0]], [0]))
R = Fraction(1, 10)
FORMS = [None, L1(R), L2(R), AtMost(1), Polytope(((Fraction(-1), Fraction(0)), (Fraction(1), Fraction(0))), (R, R))]


@pytest.mark.parametrize("coupling", FORMS)
@pytest.mark.parametrize(
    ("x", "label", "outcome"),
    [
        ("1/10", 1, "certified"),  # a = 0 at the far end, and a tie is active
        ("999/10000", 1, "broken"),
        ("-1/10", 0, "broken"),  # a = 0 at the far end only
        ("-1001/10000", 0, "certified"),
        ("0", 1, "broken"),
    ],
)
def test_a_boundary_that_is_just_touched(coupling: object, x: str, label: int, outcome: str) -> None:
    moves = box([-R, -R], [R, R], coupling)
    assert ask((ONE, (Fraction(x), Fraction(5)), moves, label)).outcome == outcome


def test_two_boundaries_that_meet_in_the_last_corner() -> None:
    """The wrong pattern (both units as they are in the corner) is reached in one point only, or just not."""
    both = layer("step", [[1, 1]], [-2])
    for bias, outcome in ((-1, "broken"), (Fraction(-1001, 1000), "certified")):
        net = network(layer("step", [[1, 0], [0, 1]], [bias, bias]), both)
        assert ask((net, (Fraction(0), Fraction(0)), box([-1, -1], [1, 1]), 0)).outcome == outcome
        on_the_edge = box([-1, -1], [1, 1], L1(Fraction(2)), None, True)
        assert ask((net, (Fraction(0), Fraction(0)), on_the_edge, 0)).outcome == outcome
        assert ask((net, (Fraction(0), Fraction(0)), box([-1, -1], [1, 1], AtMost(1)), 0)).outcome == "certified"


def test_an_inactive_unit_does_not_reach_its_tie() -> None:
    """Unit 0 must stay inactive and unit 1 become active: on x = y only, where both are ties."""
    net = network(layer("step", [[1, -1], [-1, 1]], [0, 0]), layer("step", [[-1, 1], [-1, -1]], [-1, 0]))
    # from x < y: (0, 1) is right for class 0; (1, 0), (1, 1) are not
    question = (net, (Fraction(0), Fraction(1)), box([0, -1], [0, 0]), 0)
    assert ask(question).outcome == "broken"
    assert ask((net, (Fraction(0), Fraction(1)), box([0, Fraction(-99, 100)], [0, 0]), 0)).outcome == "certified"


@pytest.mark.parametrize("coupling", [None, L1(Fraction(0)), L2(Fraction(0)), AtMost(0)])
def test_nothing_moves(coupling: object) -> None:
    for x, label, outcome in ((0, 1, "certified"), (0, 0, "broken"), (-1, 0, "certified")):
        radius = 1 if coupling == AtMost(0) else 0
        moves = box([-radius, -radius], [radius, radius], coupling)
        assert ask((ONE, (Fraction(x), Fraction(0)), moves, label)).outcome == outcome


def test_weights_that_are_all_zero() -> None:
    net = network(layer("step", [[0, 0], [0, 0]], [0, -1]), layer("linear", [[1, 0], [0, 1]], [0, 0]))
    assert ask((net, (Fraction(3), Fraction(3)), box([-9, -9], [9, 9]), 0)).outcome == "certified"
    assert ask((net, (Fraction(3), Fraction(3)), box([-9, -9], [9, 9]), 1)).outcome == "broken"


def test_scores_that_tie_are_wrong() -> None:
    net = network(layer("linear", [[1, 0], [0, 1], [0, 0]], [0, 0, -5]))
    x = (Fraction(1), Fraction(0))
    assert ask((net, x, box(["-1/2", "-1/2"], ["1/2", "1/2"]), 0)).outcome == "broken"
    assert ask((net, x, box(["-1/2", "-49/100"], ["1/2", "49/100"]), 0)).outcome == "certified"


def test_a_point_that_is_wrong_needs_no_perturbation() -> None:
    verdict = ask((ONE, (Fraction(-1), Fraction(0)), box([-1, -1], [1, 1]), 1))
    assert verdict.delta == (0, 0)


def test_several_moves_and_inputs_that_stay() -> None:
    net = network(layer("step", [[1, 5, 1]], [-2]))
    ends = ExactMatrix.from_fractions([[Fraction(-1)]]), ExactMatrix.from_fractions([[Fraction(1)]])
    moves = [Moves((0,), *ends), Moves((2,), *ends)]
    for bias, outcome in ((-2, "broken"), (-3, "certified")):
        net = network(layer("step", [[1, 5, 1]], [bias]))
        verdict = judge(net, point([0, 0, 0]), moves, rightness(net, 0))
        assert (verdict.outcome, verdict.delta) == (outcome, (1, 0, 1) if outcome == "broken" else None)


@pytest.mark.parametrize("coupling", [None, L1(Fraction(1)), L2(Fraction(1)), AtMost(2)])
def test_a_tie_inside_the_set(coupling: object) -> None:
    """Two units are active together on one line only, whose ends in the set no short fractions give; with the second one
    reversed they would both have to be inactive there, and never are."""
    both, neither = layer("step", [[1, 1]], [-2]), layer("step", [[-1, -1]], [0])
    units = layer("step", [[1009, 1013], [-1009, -1013]], [Fraction(-10007, 9973), Fraction(10007, 9973)])
    moves, x = box([-1, -1], [1, 1], coupling), (Fraction(0), Fraction(0))
    assert ask((network(units, both), x, moves, 0)).outcome == "broken"
    assert ask((network(units, neither), x, moves, 0)).outcome == "certified"


def test_no_time_is_no_verdict() -> None:
    net = network(layer("step", [[1, 0], [0, 1]], [-1, -1]), layer("step", [[1, 1]], [-2]))
    moves = box([-1, -1], [1, 1], L1(Fraction(1)))
    assert ask((net, (Fraction(0), Fraction(0)), moves, 0), seconds=0).outcome == "undecided"
    assert ask((net, (Fraction(0), Fraction(0)), moves, 0)).outcome == "certified"


def test_the_deepest_of_a_ball() -> None:
    """x in the unit ball around 0, wrong where x + y >= 1 at weights (3, 4): depth 5 - 1 at (3/5, 4/5)."""
    net = network(layer("step", [[3, 4]], [-1]), layer("step", [[1]], [-1]))
    moves = box([-1, -1], [1, 1], L2(Fraction(1)))
    verdict = deepest(net, point([0, 0]), [moves], rightness(net, 0))
    assert verdict.depth == pytest.approx(4, abs=1e-6)
