"""Sweeps of tiny specs through the library: rows, folds, front, tables, what may go wrong at a point, and resuming."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bdnnc
from bdnnc.data.folds import Fold
from bdnnc.diagnostics import Source, UserError, WorkFailed
from bdnnc.language import parse
from bdnnc.language.swept import SweptValue
from bdnnc.network.document import Model, SetRecord
from bdnnc.network.figures import set_record
from bdnnc.network.network import Network
from bdnnc.pipeline import Pipeline
from bdnnc.sweeping.measurement import Measurement
from bdnnc.sweeping.penalty import named_penalty
from bdnnc.sweeping.plot import figure_of
from bdnnc.sweeping.row import Row, Spread, with_front
from bdnnc.training import session

DATA = "a,b,class\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n2,0,yes\n2,1,yes\n0,2,no\n2,2,no\n"
SPEC = """\
param width = 2
param lam = 0
param least = 0

data { from "toy.csv" target "class" }
network {
  layer hidden: width step units weights in {-1, 0, 1}
  layer output: 1 step unit weights in {-1, 0, 1}
}
minimize hamming + lam * l0(hidden.weights)
subject to { l0(output.weights) >= least }
"""
REGRESSION = """\
param high = 2
data { from "numbers.csv" target "y" }
network { layer hidden: 1 step unit weights in {-1, 0, 1} layer output: 1 linear unit weights in {-9..9} bias in {0..high} }
minimize absolute
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "toy.csv").write_text(DATA, encoding="utf-8")
    (tmp_path / "toy.bdnn").write_text(SPEC, encoding="utf-8")
    (tmp_path / "numbers.csv").write_text("x,y\n0,1\n1,2\n2,8\n3,9\n4,9\n5,8\n", encoding="utf-8")
    (tmp_path / "numbers.bdnn").write_text(REGRESSION, encoding="utf-8")
    return tmp_path / "toy.bdnn"


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> list[Model]:
    """The models of all trainings so far that had one."""
    found: list[Model] = []
    original = session.train

    def remembering(*arguments: Any, **named: Any) -> session.Trained:
        done = original(*arguments, **named)
        found.append(done.require_network())
        return done

    monkeypatch.setattr(session, "train", remembering)
    return found


def test_rows_are_what_the_trainings_gave(spec: Path, models: list[Model]) -> None:
    found = bdnnc.sweep(spec, {"width": 1, "lam": [0, 0.5]}, cv=2, seed=5)
    assert [(row.params["width"].text, row.params["lam"].text) for row in found.rows] == [("1", "0"), ("1", "0.5")]
    for row, (model, *without) in zip(found.rows, (models[:3], models[3:]), strict=True):
        assert row.whole is not None
        assert model.training.options["time_limit"] == 300
        assert (row.whole.status, row.whole.loss, row.whole.gap) == ("optimal", model.training.loss, 0)
        assert [(goal.value, goal.bound) for goal in row.whole.goals] == [(model.training.objective, model.training.bound)]
        assert row.whole.train == model.sets.train
        for number, (fold, of_fold) in enumerate(zip(row.folds, without, strict=True)):
            pipeline = Pipeline(Source("toy.bdnn", of_fold.spec), spec.parent).holding(Fold(number, 2, 5))
            assert fold is not None
            assert fold.goals[0].value == of_fold.training.objective
            assert of_fold.training.samples == 4
            assert pipeline.dataset.test is not None
            assert fold.test == set_record(of_fold.network, pipeline.dataset.test)


def test_mean_and_deviation_over_the_folds(spec: Path) -> None:
    (row,) = bdnnc.sweep(spec, cv=4).rows
    sets = [fold.test for fold in row.folds if fold is not None and fold.test is not None]
    assert len(sets) == 4
    accuracies = [float(record.accuracy or 0) for record in sets]
    errors = [record.errors for record in sets]
    assert float(row.held_out["accuracy"].mean) == pytest.approx(np.mean(accuracies))
    assert float(row.held_out["accuracy"].deviation) == pytest.approx(np.std(accuracies))
    assert float(row.held_out["errors"].mean) == pytest.approx(np.mean(errors))
    assert float(row.held_out["errors"].deviation) == pytest.approx(np.std(errors))


def test_a_spread_is_exact() -> None:
    assert Spread.of([Fraction(1, 3), Fraction(1, 3)]) == Spread(Fraction(1, 3), Fraction(0))
    assert Spread.of([Fraction(0), Fraction(1)]) == Spread(Fraction(1, 2), Fraction(1, 2))


def test_regression(spec: Path) -> None:
    found = bdnnc.sweep(spec.with_name("numbers.bdnn"), {"high": 2}, cv=3)
    assert [row.has_network for row in found.rows] == [True]
    for row in found.rows:
        records = [fold.test for fold in row.folds if fold is not None and fold.test is not None]
        means = [record.absolute / record.samples for record in records if record.absolute is not None]
        assert [record.samples for record in records] == [2, 2, 2]
        assert row.held_out["mean_absolute"].mean == sum(means, Fraction(0)) / 3
    assert "held out mean |a - y|" in found.text()
    assert {"train_absolute", "train_mean_absolute", "cv_mean_absolute_mean"} <= found.table()[0].keys()


def test_a_point_that_fails_is_a_row(spec: Path) -> None:
    found = bdnnc.sweep(spec, {"width": "[0, 1, 2]", "least": "[0, 2]"}, cv=2)
    status = {(row.params["width"].text, row.params["least"].text): row for row in found.rows}
    assert {key: row.whole.status for key, row in status.items() if row.whole is not None} == {
        ("0", "0"): "error",
        ("0", "2"): "error",
        ("1", "0"): "optimal",
        ("1", "2"): "error",
        ("2", "0"): "optimal",
        ("2", "2"): "optimal",
    }
    assert status["0", "0"].message == "E126: a number of units is at least 1, not 0"
    assert "E350" in status["1", "2"].message
    assert status["0", "0"].held_out == {}
    text = found.text()
    assert "width=0 least=0: E126" in text
    table = list(csv.DictReader(io.StringIO(found.csv())))
    assert [line["message"] != "" for line in table] == [True, True, False, True, False, False]
    found.require_network()


def test_infeasible_points(spec: Path) -> None:
    text = spec.read_text().replace("l0(output.weights) >= least", "errors <= 3 - least")
    spec.write_text(text)
    found = bdnnc.sweep(spec, {"width": 1, "least": "[0, 3]"})
    assert [row.whole.status for row in found.rows if row.whole is not None] == ["optimal", "infeasible"]
    assert found.rows[1].message == "no network of the declared class exists"


def test_columns_stand_in_one_order_whichever_row_comes_first(spec: Path) -> None:
    found = bdnnc.sweep(spec, {"width": "[0, 1]"})
    head = found.text().splitlines()[0]
    assert head.index("status") < head.index("minimize") < head.index("train errors") < head.rindex(" s")


def test_ensembles(spec: Path, models: list[Model]) -> None:
    """Figures of an ensemble are sums over its networks, and the votes' errors."""
    data = "".join(f"{a},{b},{'xyz'[max(a, b)]}\n" for a in range(3) for b in range(3))
    (spec.parent / "three.csv").write_text("a,b,class\n" + data, encoding="utf-8")
    text = """param width = 1
        data { from "three.csv" target "class" }
        network one_vs_one { layer output: width step unit weights in {-1, 0, 1} }
        minimize errors then minimize l0(weights)"""
    (spec.parent / "three.bdnn").write_text(text, encoding="utf-8")
    (row,) = bdnnc.sweep(spec.parent / "three.bdnn", {"width": 1}).rows
    (model,) = models
    assert row.whole is not None
    assert [(goal.value, goal.bound) for goal in row.whole.goals] == [(g.value, g.bound) for g in model.training.goals]
    assert row.costs == (model.training.loss, model.training.goals[1].value)
    assert row.whole.train == model.sets.train


def test_all_points_fail(spec: Path) -> None:
    found = bdnnc.sweep(spec, {"width": "-1..0"})
    with pytest.raises(WorkFailed, match="E530") as caught:
        found.require_network()
    assert len(caught.value.diagnostics[0].notes) == 2
    assert found.front == ()


def test_the_front_is_marked(spec: Path) -> None:
    found = bdnnc.sweep(spec, {"width": "1..3", "lam": "0.1"})
    costs = [row.costs for row in found.rows]
    for row in found.rows:
        assert row.costs is not None
        better = [c for c in costs if c is not None and c != row.costs and c[0] <= row.costs[0] and c[1] <= row.costs[1]]
        assert row.on_front == (not better)
    assert found.penalty == "l0(hidden.weights)"
    assert [row.costs for row in found.front] == sorted(row.costs for row in found.rows if row.on_front if row.costs)
    assert len(re.findall(r"[0-9] \* ", found.text())) == len(found.front)


def test_the_penalty_is_that_of_the_network(spec: Path, models: list[Model]) -> None:
    found = bdnnc.sweep(spec, {"width": 2}, pareto="2 * l0(weights) + units(hidden)")
    network = models[0].network
    assert isinstance(network, Network)
    present = [(layer.weights != 0) & ~layer.absent for layer in network.layers]
    whole = found.rows[0].whole
    assert whole is not None
    assert whole.penalty == 2 * sum(int(p.sum()) for p in present) + int(present[1].any(axis=0).sum())


@pytest.mark.parametrize(
    ("objective", "penalty"),
    [
        ("minimize hamming", None),
        ("minimize hamming + lam * l0(a.weights) + units(a)", "l0(a.weights)"),
        ("minimize hinge(m) + lam * units ( a )", "units ( a )"),
        (
            "minimize errors then maximize margin then minimize l0(weights) + 2 * features_used",
            "l0(weights) + 2 * features_used",
        ),
        ("minimize errors then minimize a.weights[0, 1] then minimize l1(a.bias) # so", "l1(a.bias)"),
        ('minimize errors then minimize errors of "x"', None),
        ("", None),
    ],
)
def test_the_penalty_that_a_file_names(objective: str, penalty: str | None) -> None:
    file, _ = parse(Source("t", objective))
    assert file is not None
    assert named_penalty(file) == penalty


def test_tables(spec: Path, tmp_path: Path) -> None:
    found = bdnnc.sweep(spec, {"width": [1, 2]}, cv=2)
    found.save(tmp_path / "table.csv")
    lines = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8")))
    assert list(lines[0]) == [
        "width", "status", "loss", "goal_1", "bound_1", "gap", "train_errors", "train_accuracy", "cv_errors_mean",
        "cv_errors_deviation", "cv_accuracy_mean", "cv_accuracy_deviation", "penalty", "front", "seconds", "message",
    ]  # fmt: skip
    for line, row, flat in zip(lines, found.rows, found.table(), strict=True):
        assert row.whole is not None
        assert line["width"] == row.params["width"].text
        assert Fraction(line["loss"]) == row.whole.loss
        assert Fraction(line["cv_accuracy_mean"]) == row.held_out["accuracy"].mean
        assert flat["goal_1"] == row.whole.goals[0].value
        assert flat["front"] is row.on_front
    assert "<pre>" in found._repr_html_()
    assert repr(found) == found.text()


def test_a_param_called_like_a_figure(spec: Path) -> None:
    spec.write_text(spec.read_text().replace("lam", "loss"))
    (row,) = bdnnc.sweep(spec, {"width": 1, "loss": 0.5}).table()
    assert (row["param_loss"], row["loss"], row["width"]) == (0.5, 1, 1)


def made_row(width: int, lam: str, loss: int, penalty: int, accuracies: tuple[Fraction, ...] = ()) -> Row:
    train = SetRecord(8, loss, Fraction(8 - loss, 8))
    whole = Measurement("optimal", 0.5, loss=Fraction(loss), penalty=Fraction(penalty), train=train)
    folds = (Measurement("optimal", 0.5, train=train, test=SetRecord(4, 1, accuracy)) for accuracy in accuracies)
    params = {"width": SweptValue(str(width), Fraction(width)), "lam": SweptValue(lam, Fraction(lam))}
    return Row(params, whole, tuple(folds))


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    half = (Fraction(1, 2), Fraction(1))
    failed = Row(
        {"width": SweptValue("0", Fraction(0)), "lam": SweptValue("0", Fraction(0))}, Measurement("error", 0.0, "E126")
    )
    made = (made_row(2, "0", 3, 2, half), made_row(1, "0", 4, 2, half), made_row(1, "0.5", 5, 1, half), failed)
    found = bdnnc.SweepResult(with_front(made), ("width", "lam"), "l0(weights)")
    loss, held_out, front = figure_of([row for row in found.rows if row.has_network], found.swept, found.penalty).axes
    assert [line.get_label() for line in loss.get_lines()] == ["lam=0", "lam=0.5"]
    assert loss.get_lines()[0].get_xydata().tolist() == [[1, 4], [2, 3]]
    assert [len(bars) for bars in held_out.containers] == [3, 3]
    assert front.get_lines()[0].get_xydata().tolist() == [[1, 5], [2, 3]]
    assert front.get_xlabel() == "l0(weights)"
    found.plot(tmp_path / "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text(encoding="utf-8")
    found.plot(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match="E682"):
        found.plot(tmp_path / "figure.jpgx")


def test_plots_need_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match="E622"):
        bdnnc.SweepResult((), ()).plot(tmp_path / "figure.png")


def test_data_in_memory(spec: Path) -> None:
    X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    text = spec.read_text().replace('target "class"', "")
    (row,) = bdnnc.sweep(text, {"width": 1}, data=(X, ["a", "b", "b", "b"])).rows
    assert row.costs == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"cv": 1}, "E681"),
        ({"cv": True}, "E681"),
        ({"cv": 2.0}, "E681"),
        ({"cv": 5}, "E236"),
        ({"grid": {"widht": 1}}, "E640"),
        ({"grid": 3}, "E641"),
        ({"grid": {"width": True}}, "E641"),
        ({"grid": {"width": []}}, "E641"),
        ({"grid": {"width": [[1]]}}, "E641"),
        ({"grid": {"width": ["a\nb"]}}, "E641"),
        ({"grid": {"width": "3..1"}}, "E301"),
        ({"grid": {"width": range(200), "lam": np.linspace(0, 1, 60)}}, "E680"),
        ({"grid": {"width": "many"}}, "E112"),
        ({"method": "guess"}, "E630"),
        ({"time_limit": 0}, "E632"),
        ({"seed": -1}, "E632"),
        ({"solver": "cplex"}, "E501"),
        ({"pareto": "l0(other.weights)"}, "E112"),
        ({"pareto": "margin"}, "E343"),
        ({"pareto": "l0("}, "E105"),
        ({"pareto": '"l0"'}, "E124"),
        ({"pareto": "3"}, "E323"),
        ({"jobs": 0}, "E632"),
        ({"cluster": "nowhere"}, "E656"),
        ({"resume": True}, "E655"),
    ],
)
def test_wrong_arguments(spec: Path, arguments: dict[str, object], code: str) -> None:
    with pytest.raises(UserError) as caught:
        bdnnc.sweep(spec, **{"grid": {"width": 1}, **arguments})  # type: ignore[arg-type]
    assert {d.code for d in caught.value.diagnostics if d.is_error} == {code}


def test_what_is_wrong_with_the_file_at_every_point_is_no_row(spec: Path) -> None:
    spec.write_text(spec.read_text().replace("toy.csv", "gone.csv"))
    with pytest.raises(UserError, match="E620"):
        bdnnc.sweep(spec, {"width": "1..2"})


def test_numpy_values(spec: Path) -> None:
    found = bdnnc.sweep(spec, {"width": np.arange(1, 3), "lam": np.float64(0.5), "least": [np.int64(1)]})
    assert [[value.number for value in row.params.values()] for row in found.rows] == [
        [1, Fraction(1, 2), 1],
        [2, Fraction(1, 2), 1],
    ]


def test_two_jobs_give_the_same(spec: Path) -> None:
    """Which of several best networks is found may depend on the clock; how good they are does not."""
    pytest.importorskip("joblib")
    known = ("width", "status", "loss", "goal_1", "bound_1", "gap", "train_errors", "message")

    def figures(found: bdnnc.SweepResult) -> list[list[object]]:
        of_folds = [[fold.goals for fold in row.folds if fold is not None] for row in found.rows]
        return [[*(row[name] for name in known), folds] for row, folds in zip(found.table(), of_folds, strict=True)]

    grid = {"width": "0..1"}
    assert figures(bdnnc.sweep(spec, grid, cv=2, jobs=2)) == figures(bdnnc.sweep(spec, grid, cv=2))


def test_resume_does_what_is_left(spec: Path, tmp_path: Path, models: list[Model]) -> None:
    events = tmp_path / "sweep.jsonl"
    first = bdnnc.sweep(spec, {"width": "0..1"}, cv=2, events=events)
    assert len(models) == 3
    content = events.read_bytes()
    second = bdnnc.sweep(spec, {"width": "0..2"}, cv=2, events=events, resume=True)
    assert len(models) == 6
    assert [str(row.costs) for row in second.rows[:2]] == [str(row.costs) for row in first.rows]
    assert second.rows[1].folds == first.rows[1].folds

    events.write_bytes(content[: content.rindex(b'"event": "record"') + 30])  # killed while it wrote the last fold
    third = bdnnc.sweep(spec, {"width": "0..1"}, cv=2, events=events, resume=True)
    assert len(models) == 7
    assert third.rows[1].held_out == first.rows[1].held_out


def test_resume_of_another_sweep(spec: Path, tmp_path: Path) -> None:
    events = tmp_path / "sweep.jsonl"
    bdnnc.sweep(spec, {"width": 1}, events=events)
    with pytest.raises(UserError, match="E652"):
        bdnnc.sweep(spec, {"width": 1}, events=events)
    for changed in ({"time_limit": 7}, {"seed": 1}, {"pareto": "l0(weights)"}, {"gap": 0.5}):
        with pytest.raises(UserError, match="E654"):
            bdnnc.sweep(spec, {"width": 1}, events=events, resume=True, **changed)  # type: ignore[arg-type]
    (tmp_path / "toy.csv").write_text(DATA.replace("2,2,no", "2,2,yes"), encoding="utf-8")
    with pytest.raises(UserError, match="E654"):
        bdnnc.sweep(spec, {"width": 1}, events=events, resume=True)


def test_a_measurement_survives_its_payload(spec: Path) -> None:
    found = bdnnc.sweep(spec, {"width": "0..1", "least": 1}, cv=2)
    for row in found.rows:
        for measurement in (row.whole, *row.folds):
            assert measurement is not None
            again = Measurement.of_payload(json.loads(json.dumps(measurement.payload())))
            assert again.payload() == measurement.payload()
            assert (again.goals, again.train, again.test) == (measurement.goals, measurement.train, measurement.test)
