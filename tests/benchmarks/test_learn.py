"""The benchmark "learn": splits, what is noted and taken up again, tables, and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import learn
import numpy as np
import pytest
from learn_data import DATA_SETS, Points, UnavailableError, accuracy, split
from learn_fits import Fit, Key, fit_of
from learn_own import HAMMING, HINGE, OWN, fit, pipeline, spec_text, write_parts
from learn_page import cell, difference, page, plot, tables
from learn_peers import best_on_validation, relu
from notebook import Notebook

from bdnnc.cli.bench import BENCHMARKS

KEY = Key("iris", "search", (100,), 0, 20.0, "bdnnc 0")


def toy(points: int = 60, classes: int = 2) -> Points:
    """Points that a line, or two, tell apart."""
    random = np.random.default_rng(1)
    y = np.arange(points) % classes
    return Points(np.column_stack([4.0 * y, np.zeros(points)]) + random.uniform(-1, 1, (points, 2)), y.astype(np.int64))


def test_every_point_is_in_one_part_and_classes_are_shared_out() -> None:
    y = np.repeat([0, 1, 2], [101, 40, 7])
    points = Points(np.arange(148.0)[:, np.newaxis], y)
    parts = split(points, 3)
    sides = (parts.train, parts.validation, parts.test)
    assert sorted(np.concatenate([part.X[:, 0] for part in sides])) == list(range(148))
    assert all((points.y[part.X[:, 0].astype(int)] == part.y).all() for part in sides)
    for label, count in ((0, 101), (1, 40), (2, 7)):
        shares = [int((part.y == label).sum()) for part in sides]
        assert np.abs(np.array(shares) - count * np.array([0.5, 0.25, 0.25])).max() <= 1


def test_splits_follow_their_number() -> None:
    again, other = split(toy(), 0).train.X, split(toy(), 1).train.X
    assert np.array_equal(split(toy(), 0).train.X, again)
    assert not np.array_equal(again, other)


def test_a_run_goes_on_where_the_one_before_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Key] = []

    def pretend(key: Key) -> Fit:
        done.append(key)
        return Fit(key, 99.0, 98.0, 97.0, 0.5)

    monkeypatch.setattr(learn, "in_own_process", pretend)
    keys = learn.keys_of(["iris"], ["search", "relu"], ["1x100"], 2, 5.0)
    file = tmp_path / "learn.jsonl"
    learn.run(keys[:3], Notebook(file, fit_of))
    with file.open("a", encoding="utf-8") as open_file:
        open_file.write('{"key": {"data": "ir')  # killed while it wrote
    learn.run(keys, Notebook(file, fit_of))
    assert done == keys
    assert list(Notebook(file, fit_of).entries) == keys
    longer = learn.keys_of(["iris"], ["search"], ["1x100"], 1, 6.0)
    learn.run(longer, Notebook(file, fit_of))  # another limit is another fit
    assert done[4:] == longer


def test_fits_are_done_again_when_asked(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "learn.jsonl", fit_of)
    notebook.add(Fit(KEY, 1.0, 2.0, 3.0, 4.0))
    notebook.add(Fit(replace(KEY, method="relu"), 1.0, 2.0, 3.0, 4.0))
    notebook.forget(["search"])
    assert [key.method for key in Notebook(notebook.path, fit_of).entries] == ["relu"]


def test_what_is_missing_is_not_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BDNNC_SHARED_DATA", str(tmp_path))
    key = replace(KEY, data="breast_cancer")
    assert "BDNNC_SHARED_DATA" in learn.fitted(key).reason
    monkeypatch.setattr(learn, "in_own_process", learn.fitted)
    learn.run([key], Notebook(tmp_path / "learn.jsonl", fit_of))
    assert not (tmp_path / "learn.jsonl").exists()
    assert "breast_cancer, search, split 0: no breast-cancer-wisconsin.csv here" in capsys.readouterr().err


def test_scikit_learn_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.neural_network", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(UnavailableError, match="pip install scikit-learn"):
        relu((toy(), toy(), toy()), (4,), 1.0, 0)
    with pytest.raises(UnavailableError, match="pip install scikit-learn"):
        DATA_SETS["iris"].load()


def test_the_best_on_validation_counts() -> None:
    parts = (Points(np.zeros((4, 1)), np.array([0, 0, 1, 1])),) * 3

    def fitted(number: int, remaining: float) -> object:
        return lambda X: np.array([0, 0, 1, 1]) if number == 1 else np.zeros(len(X), dtype=np.int64)

    assert best_on_validation(parts, fitted, 3, 60.0) == (100.0, 100.0, 100.0)  # type: ignore[arg-type]
    assert best_on_validation(parts, fitted, 3, 0.0) == (50.0, 50.0, 50.0)  # type: ignore[arg-type]


def test_tables_say_mean_deviation_and_how_many() -> None:
    fits = [
        Fit(replace(KEY, method=method, split=number), 100.0, 100.0, test, 1.5)
        for method, tests in (("search", (96.0, 98.0)), ("straight_through", (95.0, 99.0)), ("exact", (90.0,)))
        for number, test in enumerate(tests)
    ]
    fits.append(Fit(replace(KEY, method="split"), reason="not done after 80 s"))
    text = tables(fits, learn.METHODS)
    assert "## 1 x 100 hidden units, 20 s, 2 splits" in text
    assert "|  | search | split | exact | straight_through | search - straight_through |" in text
    assert "| iris | 97.0 ± 1.4 |  | 90.0 (1) | 97.0 ± 2.8 | +0.0 ± 1.0 |" in text
    assert "| iris | 1.5 | not done after 80 s | 1.5 | 1.5 |" in text
    shorter = [replace(fit, key=replace(fit.key, seconds=5.0)) for fit in fits]
    both = page([*fits, *shorter], learn.METHODS)
    assert [line for line in both.splitlines() if line.startswith("## ")] == [
        "## 1 x 100 hidden units, 5 s, 2 splits",
        "## 1 x 100 hidden units, 20 s, 2 splits",
    ]
    assert cell([], 2) == ""
    assert difference(fits, "iris", "split", (100,)) == ""


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert not plot([Fit(KEY, reason="no network")], learn.METHODS, tmp_path / "none.svg")
    assert plot([Fit(KEY, 100.0, 100.0, 95.0, 1.0)], learn.METHODS, tmp_path / "one.svg")
    assert "<svg" in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_a_strategy_learns_a_toy(tmp_path: Path) -> None:
    write_parts(split(toy(48), 0), tmp_path)
    found = fit("search_hamming", tmp_path, (3,), 2, 60.0, 0)  # ends at once: all points can be right
    assert found is not None
    assert found[0] == 100.0


@pytest.mark.parametrize("method", OWN)
def test_the_choice_is_never_worse_than_a_constant_network(method: str, tmp_path: Path) -> None:
    write_parts(split(toy(48), 0), tmp_path)
    found = fit(method, tmp_path, (3,), 2, 0.3, 0)
    assert found is not None
    assert found[1] >= 50.0


def test_the_specs_are_as_the_page_says(tmp_path: Path) -> None:
    write_parts(split(toy(48, 3), 0), tmp_path)
    text = spec_text((5, 4), 3, HINGE)
    assert "classes linear units" in text
    problem = pipeline(tmp_path, (5, 4), 3, HAMMING).problem
    assert [layer.units for layer in problem.layers] == [5, 4, 3]
    write_parts(split(toy(48), 0), tmp_path)
    assert pipeline(tmp_path, (5,), 2, HAMMING).problem.layers[-1].units == 1


def test_accuracy_is_per_cent() -> None:
    assert accuracy([0, 1, 1, 0], np.array([0, 1, 0, 0])) == 75.0


def test_the_command_knows_the_data_sets() -> None:
    assert set(BENCHMARKS["learn"].data) == set(DATA_SETS)


def test_unknown_data_set() -> None:
    done = subprocess.run([sys.executable, learn.__file__, "irs"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no data set `irs`" in done.stderr


def test_a_fit_in_its_own_process(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    folder = tmp_path / "out"
    arguments = ["iris", "--splits", "1", "--seconds", "0.5", "--widths", "1x100", "--methods", "straight_through"]
    learn.main([*arguments, "--folder", str(folder)])
    (line,) = (folder / "learn.jsonl").read_text(encoding="utf-8").splitlines()
    assert 50 < json.loads(line)["test"] <= 100
    assert "| iris |" in (folder / "learn.md").read_text(encoding="utf-8")
