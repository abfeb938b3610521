"""Ensembles: votes and ties, the document with its members, and a certificate that notices every change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bdnnc
from bdnnc.data.dataset import Samples
from bdnnc.diagnostics import InternalError, UserError
from bdnnc.exact import ExactMatrix
from bdnnc.language.quantities import Errors, Loss, Term
from bdnnc.network.document import Model
from bdnnc.network.ensemble import Ensemble, counted, poll, predicted
from bdnnc.network.ensemble_score import members_loss, score_votes
from bdnnc.network.evaluation import evaluate_votes, predict_labels
from bdnnc.network.reading import model_of_text
from bdnnc.network.text import network_html, network_text, summary
from bdnnc.network.writing import model_text
from bdnnc.pipeline import Pipeline
from bdnnc.training.recheck import recheck
from bdnnc.training.session import train
from bdnnc.training.settings import Request

POINTS = "x,y\n0,a\n1,a\n2,b\n3,b\n4,c\n5,c\n6,c\n2,a\n"
SPEC = """\
data { from "points.csv" target "y" hold test from "test.csv" }
network one_vs_one {
  layer hidden: 1 step unit weights in {-1, 1} bias in {-9..9}
  layer output: 1 step unit weights in {-1, 1} bias in {-1, 0}
}
minimize hamming weighted [1, 2, 1] + 0.01 * l1(hidden.bias) then maximize margin
subject to { errors of "b" <= 1 }  # bdnnc: allow W302
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ensemble")
    (path / "points.csv").write_text(POINTS)
    (path / "test.csv").write_text("x,y\n1,a\n9,c\n4,b\n")
    (path / "spec.bdnn").write_text(SPEC)
    return path


def pipeline(folder: Path) -> Pipeline:
    return Pipeline(bdnnc.diagnostics.Source("spec.bdnn", SPEC), folder)


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return train(pipeline(folder), Request(threads=1), isolated=False).require_network()


# --- votes ------------------------------------------------------------------------------------------------------------


def by_hand(seconds: list[int], classes: int) -> tuple[int, bool]:
    """The rule as the reference has it, for one point."""
    pairs = list(combinations(range(classes), 2))
    voted = {pair: pair[second] for pair, second in zip(pairs, seconds, strict=True)}
    votes = [list(voted.values()).count(place) for place in range(classes)]
    best = [place for place in range(classes) if votes[place] == max(votes)]
    if len(best) == 2:
        return voted[best[0], best[1]], True
    return best[0], len(best) == 1


@given(st.data(), st.integers(2, 6))
def test_votes_are_counted_as_by_hand(data: st.DataObject, classes: int) -> None:
    pairs = classes * (classes - 1) // 2
    rows = data.draw(st.lists(st.lists(st.integers(0, 1), min_size=pairs, max_size=pairs), min_size=1, max_size=8))
    found = counted(np.array(rows), classes)
    assert list(zip(found.chosen.tolist(), found.decided.tolist(), strict=True)) == [by_hand(row, classes) for row in rows]


@pytest.mark.parametrize(
    ("seconds", "classes", "chosen", "decided"),
    [
        ([1], 2, 1, True),
        ([0, 0, 0], 3, 0, True),
        ([0, 1, 0], 3, 0, False),  # a circle: one vote each, the first class
        ([1, 0, 1], 3, 0, False),
        ([0, 0, 0, 0, 0, 0], 4, 0, True),
        ([0, 1, 1, 1, 1, 0], 4, 2, True),  # 2 and 3 have two votes each: their own network is for 2
        ([0, 1, 1, 1, 1, 1], 4, 3, True),
        ([0, 0, 1, 0, 1, 1], 4, 3, True),
    ],
)
def test_ties(seconds: list[int], classes: int, chosen: int, decided: bool) -> None:
    found = counted(np.array([seconds]), classes)
    assert (found.chosen.tolist(), found.decided.tolist()) == ([chosen], [decided])


def test_votes_of_no_points_and_of_too_few_pairs() -> None:
    assert counted(np.zeros((0, 3), dtype=np.int64), 3).chosen.shape == (0,)
    with pytest.raises(InternalError, match="2 votes for 3 pairs"):
        counted(np.zeros((1, 2), dtype=np.int64), 3)


def line(*values: int) -> ExactMatrix:
    return ExactMatrix(np.array(values, dtype=np.int64).reshape(-1, 1), (1,))


def test_the_members_vote(model: Model) -> None:
    ensemble = model.network
    assert isinstance(ensemble, Ensemble)
    X = line(*range(-2, 9))
    votes = [[int(predicted(member, X)[row]) for member in ensemble.members] for row in range(11)]
    assert poll(ensemble, X).chosen.tolist() == [by_hand(row, 3)[0] for row in votes]
    assert predict_labels(ensemble, X) == [ensemble.classes[by_hand(row, 3)[0]] for row in votes]


def test_figures_of_votes(model: Model) -> None:
    ensemble = model.network
    assert isinstance(ensemble, Ensemble)
    samples = Samples(line(0, 2, 2, 5), np.array([0, 0, 1, 2]), np.arange(4))
    chosen = poll(ensemble, samples.X).chosen
    found = score_votes(ensemble, samples)
    assert (found.samples, found.right, found.errors) == (4, 3, 1)
    assert found.accuracy == Fraction(3, 4)
    assert found.confusion.sum() == 4
    assert all(found.confusion[c, p] for c, p in zip(samples.y, chosen, strict=True))
    assert evaluate_votes(ensemble, samples).text().splitlines()[1:3] == [
        "errors, a tie is an error    1",
        "accuracy of predict          75.00 % (3 of 4)",
    ]
    none = score_votes(ensemble, Samples(line(), np.zeros(0, dtype=np.int64), np.arange(0)))
    assert (none.errors, none.accuracy, none.confusion.sum()) == (0, 0, 0)


def test_a_circle_is_an_error_and_may_be_right(model: Model) -> None:
    """Members that always vote a > b > c > a: every point is of the first class, by its place alone."""
    ensemble = model.network
    assert isinstance(ensemble, Ensemble)
    always = [_constant(member, second) for member, second in zip(ensemble.members, (0, 1, 0), strict=True)]
    circle = replace(ensemble, members=tuple(always))
    found = score_votes(circle, Samples(line(0, 1), np.array([0, 1]), np.arange(2)))
    assert (found.right, found.errors) == (1, 2)


def _constant(network: Any, second: int) -> Any:
    *hidden, last = network.layers
    zero = np.full(last.weights.shape, Fraction(0), dtype=object)
    bias = np.full(last.bias.shape, Fraction(second - 1), dtype=object)
    return replace(network, layers=(*hidden, replace(last, weights=zero, bias=bias)))


def test_the_loss_is_the_sum_over_the_members(model: Model) -> None:
    ensemble = model.network
    assert isinstance(ensemble, Ensemble)
    samples = Samples(line(9, 0), np.array([0, 2]), np.arange(2))  # both on the wrong side: a in 2 pairs, c in 2 pairs
    of_pairs = [
        (Term(Fraction(3), Loss("hamming", weights=(Fraction(1), Fraction(2)))),),
        (Term(Fraction(1), Errors(0)),),
        (Term(Fraction(1), Errors()),),
    ]
    first, second, third = (predicted(member, samples.X).tolist() for member in ensemble.members)
    expected = 3 * first[0] + second[0] + (third[1] == 0)
    assert members_loss(ensemble, samples, of_pairs) == expected > 0


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_whole_is_the_sum_of_its_members(model: Model) -> None:
    parts = [member.training for member in model.members]
    assert [part.samples for part in parts] == [5, 6, 5]
    assert model.training.samples == 8
    assert model.training.loss == sum(part.loss for part in parts)
    assert [goal.value for goal in model.training.goals] == [
        sum(part.goals[place].value for part in parts) for place in range(2)
    ]
    assert model.certificate.recomputable.constraints == 2  # that of `b` in its two pairs
    assert [member.constraints for member in model.members] == [1, 0, 1]
    assert model.training.errors == model.sets.train.errors
    assert model.sets.test is not None
    assert model.sets.test.samples == 3


def test_a_document_is_read_as_it_was_written(model: Model) -> None:
    text = model_text(model)
    again = model_of_text(text, "model.json")
    assert model_text(again) == text
    assert again.members == model.members
    assert again.training == model.training


def test_looks(model: Model) -> None:
    ensemble = model.network
    assert repr(ensemble).startswith("3 classes, 3 networks of two: 1 input -> hidden (1 step) -> output (1 step) -> 2 classes")
    assert "b against c: 1 input" in network_text(ensemble)
    assert network_html(ensemble).count("<table>") == 6
    shown = summary(model)
    assert "summed over 3 pairs, proved optimal in each" in shown
    assert "3 classes, 3 networks of two" in shown


def place_of(document: Any, path: str) -> tuple[Any, Any]:
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        document = document[step]
    return document, last


def put(path: str, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        table, key = place_of(document, path)
        table[key] = value

    return change


def drop(path: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        table, key = place_of(document, path)
        del table[key]

    return change


def both(*changes: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for one in changes:
            one(document)

    return change


def changed(model: Model, change: Callable[[Any], None]) -> Model:
    document = json.loads(model_text(model), parse_float=Decimal)
    change(document)
    return model_of_text(json.dumps(document, default=lambda number: json.loads(str(number))), "model.json")


BAD: list[tuple[Callable[[Any], None], str, str]] = [
    (put("inputs", []), "E552", "`inputs` is not a known key"),
    (put("layers", []), "E552", "`layers` is not a known key"),
    (put("members.0.weights", []), "E552", "`members[0].weights` is not a known key"),
    (put("members.1.training.seed", 0), "E552", "`members[1].training.seed` is not a known key"),
    (put("members.1.training.goals.0.weight", 0), "E552", "`members[1].training.goals[0].weight` is not a known key"),
    (put("members.2.margins.first", 0), "E552", "`members[2].margins.first` is not a known key"),
    (drop("members.2.margins.hidden"), "E553", "`members[2].margins.hidden` is missing"),
    (drop("members.0.inputs"), "E553", "`members[0].inputs` is missing"),
    (drop("members.1.training.status"), "E553", "`members[1].training.status` is missing"),
    (put("members", None), "E554", "`members` must be a list, not null"),
    (put("members.0", 3), "E554", "`members[0]` must be an object, not a number"),
    (put("members.0.training", []), "E554", "`members[0].training` must be an object, not a list"),
    (put("classes", None), "E554", "`classes` must be a list, not null"),
    (put("members.0.constraints", 0), "E555", "`members[0].constraints` must be an integer of at least 1"),
    (drop("members.1"), "E556", "`members` has 2 entries, not 3: one for each pair of `classes`"),
    (put("classes", ["a", "b"]), "E556", "`members` has 3 entries, not 1: one for each pair of `classes`"),
    (put("members.1.classes", ["b", "c"]), "E556", "`members[1].classes` must be `a` and `c`: pairs stand in class order"),
    (put("members.1.classes", ["c", "a"]), "E556", "`members[1].classes` must be `a` and `c`: pairs stand in class order"),
    (
        put("members.1.classes", None),
        "E556",
        "`members[1].layers` ends with 1 step units, but a network without classes has one linear unit",
    ),
    (put("members.2.inputs.0.column", 1), "E556", "`members[2].inputs` differ from those of the first member"),
    (
        put("members.2.layers.0.name", "first"),
        "E556",
        "`members[2].layers` have other names or units than those of the first member",
    ),
    (
        both(put("members.0.layers.1.weights", [[1], [1]]), put("members.0.layers.1.bias", [0, 0])),
        "E556",
        "`members[0].layers` must end with one unit, which tells the two classes apart",
    ),
    (put("members.0.training.status", "done"), "E557", ""),
]


@pytest.mark.parametrize(("change", "code", "message"), BAD, ids=[f"{place}" for place in range(len(BAD))])
def test_a_wrong_document_is_refused(model: Model, change: Callable[[Any], None], code: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        changed(model, change)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message[: len(message)]) == (code, message)


# --- the certificate --------------------------------------------------------------------------------------------------


def test_a_certificate_is_recomputed(model: Model, folder: Path) -> None:
    report = recheck(model, pipeline(folder))
    assert report.difference is None
    assert "members[2].margins.hidden" in report.text()


LIES: list[tuple[str, Any, str]] = [
    ("members.0.layers.0.bias.0", 9, ""),
    ("members.1.layers.1.weights.0.0", 0, "members[1].layers[1].weights[0][0]"),
    ("members.2.layers.0.margin", 2, "members[2].layers[0].margin"),
    ("members.0.training.loss", 7, "training.loss"),
    ("members.0.training.samples", 4, "members[0].training.samples"),
    ("members.0.training.errors", 4, "members[0].training.errors"),
    ("members.0.training.nominal_errors", 4, "members[0].training.nominal_errors"),
    ("members.0.training.gap", 4, "members[0].training.gap"),
    ("members.1.training.bound", 999, "members[1].training.bound"),
    ("members.1.training.status", "feasible", "members[1].training.status"),
    ("members.1.training.cuts", 999, "training.cuts"),
    ("members.1.training.goals.1.value", 99, "members[1].training.goals[1].bound"),
    ("members.1.training.goals.0.text", "errors", "training.goals"),
    ("members.1.training.class", {"margin": "exact"}, "members[1].training.class"),
    ("members.1.training.class", {"margin": "chosen"}, "training.class"),
    ("members.2.margins.hidden", 99, ""),
    ("members.2.constraints", 2, "certificate.recomputable.constraints"),
    ("training.loss", 99, "training.loss"),
    ("training.objective", 99, "training.gap"),
    ("training.bound", -99, "training.gap"),
    ("training.status", "feasible", "training.status"),
    ("training.samples", 9, "training.samples"),
    ("training.errors", 7, "training.errors"),
    ("training.nominal_errors", 7, "training.nominal_errors"),
    ("training.cuts", 7, "training.cuts"),
    ("training.goals.1.value", -1, "training.goals[1].value"),
    ("training.goals.0.text", "errors", "training.goals"),
    ("certificate.recomputable.loss", 7, "certificate.recomputable.loss"),
    ("certificate.recomputable.objective", 7, "certificate.recomputable.objective"),
    ("certificate.recomputable.errors", 7, "certificate.recomputable.errors"),
    ("certificate.recomputable.margins.hidden", 9, "certificate.recomputable.margins.hidden"),
    ("certificate.recomputable.constraints", 1, "certificate.recomputable.constraints"),
    ("certificate.claims.bound", 1, "certificate.claims.bound"),
    ("certificate.claims.class", {}, "certificate.claims.class"),
    ("sets.train.errors", 7, "sets.train.errors"),
    ("sets.train.accuracy", 1, "sets.train.accuracy"),
    ("sets.test.accuracy", 1, "sets.test.accuracy"),
    ("sets.test", None, "sets.test"),
]


@pytest.mark.parametrize(("path", "value", "where"), LIES, ids=[f"{path} {value}" for path, value, _ in LIES])
def test_every_lie_is_noticed(model: Model, folder: Path, path: str, value: Any, where: str) -> None:
    told = changed(model, put(path, value))
    assert model_text(told) != model_text(model)
    difference = recheck(told, pipeline(folder)).difference
    assert difference is not None
    assert not where or difference.name == where
