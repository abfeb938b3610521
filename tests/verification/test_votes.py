"""Votes of ensembles: against enumeration on finite sets, by every way that leads to a verdict."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.exact import ExactMatrix
from bdnnc.network.ensemble import Ensemble
from bdnnc.network.evaluate import last_output
from bdnnc.network.network import Layer, Network
from bdnnc.network.verification import votes as module
from bdnnc.network.verification.verdict import Verdict
from bdnnc.network.verification.votes import joint_network, judge_votes
from bdnnc.uncertainty.sets import Moves
from tests.verification.tiny import Point, grid, is_member, is_right, layer, moved, point, sets, small

Question = tuple[Ensemble, Point, Moves, int]


def member(*layers: Layer) -> Network:
    return Network((), layers, ("first", "second"))


def winner(ensemble: Ensemble, x: Point | list[Fraction]) -> int | None:
    """Written here: most votes; of two with the most their own network says which; None of three or more."""
    classes = len(ensemble.classes)
    pairs = list(combinations(range(classes), 2))
    chosen = {pair: pair[is_right(net, x, 1)] for pair, net in zip(pairs, ensemble.members, strict=True)}
    count = [sum(vote == place for vote in chosen.values()) for place in range(classes)]
    best = [place for place in range(classes) if count[place] == max(count)]
    if len(best) > 2:
        return None
    return best[0] if len(best) == 1 else chosen[best[0], best[1]]


def members(moves: Moves) -> list[Point]:
    if moves.step == "ends":
        ends = ({moves.low.fraction(0, j), Fraction(0), moves.high.fraction(0, j)} for j in range(len(moves.inputs)))
        return [delta for delta in product(*ends) if is_member(moves, delta)]
    return grid(moves, Fraction(1, 2))


@st.composite
def questions(draw: st.DrawFn, finite: bool = True) -> Question:
    inputs, classes = 2, draw(st.integers(3, 4))
    shape = draw(st.sampled_from([("step",), ("sign", "step"), ("step", "linear"), ("linear",), ("step", "sign", "step")]))
    bias = st.builds(Fraction, st.integers(-3, 3), st.sampled_from([1, 2]))
    nets: list[Network] = []
    for _ in combinations(range(classes), 2):
        layers, width = [], inputs
        for place, unit in enumerate(shape):
            units = 1 if place == len(shape) - 1 else draw(st.integers(1, 2))
            rows = draw(st.lists(st.lists(small, min_size=width, max_size=width), min_size=units, max_size=units))
            layers.append(layer(unit, rows, draw(st.lists(bias, min_size=units, max_size=units))))
            width = units
        nets.append(member(*layers))
    ensemble = Ensemble(tuple("abcd"[:classes]), tuple(nets))
    x = tuple(Fraction(draw(st.integers(-3, 3)), 2) for _ in range(inputs))
    found = winner(ensemble, x)
    label = found if found is not None and draw(st.integers(0, 5)) else draw(st.integers(0, classes - 1))
    return ensemble, x, draw(sets(inputs, finite)), label


def ask(question: Question, seconds: float | None = None) -> Verdict:
    ensemble, x, moves, label = question
    verdict = judge_votes(ensemble, point(x), [moves], label, seconds)
    assert (verdict.delta is None) == (verdict.outcome != "broken")
    if verdict.delta is not None:
        assert is_member(moves, verdict.delta)
        assert winner(ensemble, moved(x, verdict.delta)) != label
    return verdict


@given(questions())
def test_finite_sets(question: Question) -> None:
    ensemble, x, moves, label = question
    right = all(winner(ensemble, moved(x, delta)) == label for delta in members(moves))
    assert ask(question).outcome == ("certified" if right else "broken")


@given(questions(finite=False))
def test_other_sets(question: Question) -> None:
    ensemble, x, moves, label = question
    if ask(question).outcome == "certified":
        assert all(winner(ensemble, moved(x, delta)) == label for delta in grid(moves, Fraction(1, 4)))


@given(questions())
def test_without_the_joint_network(question: Question) -> None:
    """Counting alone is sound, and says where it does not know."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "JOINT_UNITS", -1)
        verdict = ask(question)
    ensemble, x, moves, label = question
    right = all(winner(ensemble, moved(x, delta)) == label for delta in members(moves))
    assert verdict.outcome in (("certified", "undecided") if right else ("broken", "undecided"))
    assert bool(verdict.reason) == (verdict.outcome == "undecided")


@given(questions())
def test_counting_without_lists(question: Question) -> None:
    """The worst for each rival, where votes are too many to be listed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LISTED_VOTES", -1)
        patch.setattr(module, "JOINT_UNITS", -1)
        verdict = ask(question)
    ensemble, x, moves, label = question
    right = all(winner(ensemble, moved(x, delta)) == label for delta in members(moves))
    assert verdict.outcome in (("certified", "undecided") if right else ("broken", "undecided"))


@given(questions())
def test_the_joint_network_says_what_each_member_says(question: Question) -> None:
    ensemble, x, _, _ = question
    whole = joint_network(ensemble)
    assert whole is not None
    output = last_output(whole, point(x))
    assert not isinstance(output, ExactMatrix)
    assert output[0].tolist() == [is_right(net, x, 1) for net in ensemble.members]


def one(weight: int, bias: int) -> Network:
    return member(layer("step", [[weight]], [bias]))


BOX = Moves((0,), ExactMatrix.from_fractions([[-1]]), ExactMatrix.from_fractions([[1]]))
NEVER, ALWAYS = one(0, -1), one(0, 0)

SAFE = Ensemble(("a", "b", "c", "d"), (one(2, -1), NEVER, NEVER, one(4, -1), ALWAYS, NEVER))
"""From 1/2 on b beats a, but there it has lost to c already: a and c have two votes, and a beats c. Each network alone could
give b enough votes."""


def test_only_together_they_are_safe() -> None:
    verdict = ask((SAFE, (Fraction(0),), BOX, 0))
    assert (verdict.outcome, verdict.reason) == ("certified", "")


def test_units_that_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOINT_UNITS", 1)
    verdict = ask((SAFE, (Fraction(0),), BOX, 0))
    assert verdict.outcome == "undecided"
    wanted = "1 network of the class can lose the vote, and the first layers of all have 2 units that can switch, more than 1"
    assert verdict.reason == wanted


def test_layers_that_differ() -> None:
    deep = member(layer("step", [[2]], [-1]), layer("step", [[1]], [-1]))
    ensemble = Ensemble(SAFE.classes, (deep, *SAFE.members[1:]))
    assert joint_network(ensemble) is None
    verdict = ask((ensemble, (Fraction(0),), BOX, 0))
    assert verdict.outcome == "undecided"
    assert verdict.reason.endswith("the first layers of all are not alike")


def test_no_time() -> None:
    assert judge_votes(SAFE, point([0]), [BOX], 0, seconds=0).outcome == "undecided"


def test_a_tie_of_three_is_an_error() -> None:
    ensemble = Ensemble(("a", "b", "c"), (one(2, -1), NEVER, ALWAYS))
    assert winner(ensemble, (Fraction(1),)) is None
    assert ask((ensemble, (Fraction(0),), BOX, 0)).outcome == "broken"


def test_a_point_that_is_wrong_as_it_is() -> None:
    assert ask((SAFE, (Fraction(0),), BOX, 1)).delta == (0,)
