"""The library: compile, train, load, and what their results offer."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bdnnc

SPEC = """
param width = 1
param file = "points.csv"
data {
  from file
  target "y"
}
network {
  layer hidden: width step units
    weights in {-1, 0, 1}
  layer output: 1 step unit
    weights in {-1, 0, 1}
}
minimize hamming
"""
POINTS = "a,b,y\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "points.csv").write_text(POINTS)
    path = tmp_path / "xor.bdnn"
    path.write_text(SPEC)
    return path


def test_params_by_keyword(spec: Path) -> None:
    one, two = bdnnc.compile(spec).train(), bdnnc.compile(str(spec), width=2).train()
    assert (one.status, one.loss, one.bound, one.gap) == ("optimal", 1, 1, 0)
    assert (two.status, two.loss, two.bound) == ("optimal", 0, 0)
    assert two.network.predict([[0, 1], [1, 1]]).tolist() == ["yes", "no"]
    assert two.network.evaluate([[0, 1], [1, 1]], ["yes", "yes"]).errors == 1


def test_data_in_memory_replaces_the_source(spec: Path) -> None:
    X, y = np.array([[0.5, 1.5], [2.5, 0.0], [1.0, 1.0]]), ["p", "q", "p"]
    result = bdnnc.train(spec, data=(X, y), time_limit=20)
    assert result.network.classes == ("p", "q")
    assert result.loss == 0
    assert result.network.predict(X).tolist() == y


def test_the_matrix_is_there(spec: Path) -> None:
    milp = bdnnc.compile(spec).milp
    A, b, c, integrality = milp.standard_form()
    assert A.shape == (len(b), len(c))
    assert len(integrality) == len(milp.column_names)
    assert milp.stats().rows == milp.A.shape[0]


def test_written_models_have_their_map(spec: Path, tmp_path: Path) -> None:
    bdnnc.compile(spec).write(tmp_path / "xor.lp.gz")
    document = json.loads((tmp_path / "xor.map.json").read_text())
    assert document["axes"]["sample"] == [[0], [1], [2], [3]]
    assert document["axes"]["class"] == ["no", "yes"]


def test_saved_from_anywhere_the_data_is_found_again(spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub" / "deeper").mkdir(parents=True)
    bdnnc.compile("xor.bdnn").train().network.save("sub/model.json")
    again = bdnnc.load("sub/model.json")
    assert again.model.source.path == os.path.join("..", "points.csv")
    again.save("sub/deeper/model.json")
    assert bdnnc.load("sub/deeper/model.json").model.source.path == os.path.join("..", "..", "points.csv")


def test_better_networks_are_on_disk_while_training(spec: Path, tmp_path: Path) -> None:
    result = bdnnc.compile(spec).train(save=tmp_path / "model.json")
    loaded = bdnnc.load(tmp_path / "model.json")
    assert loaded.training == result.network.training
    assert loaded.certificate == result.certificate


def test_values_of_params_are_exact(spec: Path) -> None:
    with pytest.raises(bdnnc.UserError) as caught:
        bdnnc.compile(spec, width=1.5)
    assert "1.5" in str(caught.value)
    assert bdnnc.compile(spec, width=2.0).problem.layers[0].units == 2
    assert bdnnc.compile(spec, width=Fraction(2)).problem.layers[0].units == 2
    with pytest.raises(bdnnc.UserError):
        bdnnc.compile(spec, width=True)


def test_texts_for_strings(spec: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(POINTS.replace("yes", "maybe"))
    assert bdnnc.compile(spec, file="other.csv").dataset.classes == ("maybe", "no")


def test_errors_carry_diagnostics_with_spans() -> None:
    with pytest.raises(bdnnc.UserError) as caught:
        bdnnc.compile('data { from sklearn("iriss") }\nnetwork { layer o: 3 step units }\nminimize haming')
    found = caught.value.diagnostics
    assert all(d.primary is not None for d in found)
    assert any("haming" in d.message for d in found)


def test_settings_are_checked(spec: Path) -> None:
    compiled = bdnnc.compile(spec)
    for options in (
        {"time_limit": -1},
        {"time_limit": float("nan")},
        {"gap": -0.1},
        {"threads": 0},
        {"seed": -1},
        {"method": "exacct"},
        {"solver": "gurobi"},
        {"options": {"no_such_option": 1}},
        {"start": "nowhere.json"},
    ):
        with pytest.raises(bdnnc.UserError):
            compiled.train(**options)


def test_a_start_is_the_first_incumbent(spec: Path, tmp_path: Path) -> None:
    best = bdnnc.compile(spec, width=2).train(save=tmp_path / "best.json")
    again = bdnnc.compile(spec, width=2).train(start=tmp_path / "best.json", time_limit=1e-6)
    assert again.loss == best.loss == 0
    with pytest.raises(bdnnc.UserError) as caught:
        bdnnc.compile(spec, width=1).train(start=tmp_path / "best.json")
    assert caught.value.diagnostics[0].code == "E523"


def test_one_seed_one_network(spec: Path) -> None:
    first, second = (bdnnc.compile(spec).train(seed=3, threads=1).network for _ in range(2))
    assert repr(first) == repr(second)


def test_what_is_wrong_in_one_place_hides_nothing_elsewhere(tmp_path: Path) -> None:
    """Text, data, and the one against the other."""
    (tmp_path / "points.csv").write_text(POINTS)
    text = SPEC.replace('target "y"', 'target "z"').replace("param width = 1", "param width = 1.5")
    (tmp_path / "bad.bdnn").write_text(text.replace("hamming", "haming"))
    with pytest.raises(bdnnc.UserError) as caught:
        bdnnc.compile(tmp_path / "bad.bdnn")
    codes = [found.code for found in caught.value.diagnostics]
    assert "E216" in codes, "no column `z`"
    assert len(set(codes)) >= 3


def test_a_comment_in_an_override_stays_out_of_the_stored_text(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(POINTS)
    (tmp_path / "line.bdnn").write_text(" ".join(SPEC.split("\n")))
    compiled = bdnnc.compile(tmp_path / "line.bdnn", width="2 # two")
    result = compiled.train(save=tmp_path / "model.json")
    assert "#" not in result.network.model.spec
    assert (
        bdnnc.compile(result.network.model.spec.replace('"points.csv"', f'"{tmp_path}/points.csv"')).problem.layers[0].units
        == 2
    )


def test_wrong_arguments_are_user_errors(spec: Path) -> None:
    for call in (
        lambda: bdnnc.compile(None),
        lambda: bdnnc.compile(""),
        lambda: bdnnc.compile(spec, width=float("nan")),
        lambda: bdnnc.compile(spec, data=np.zeros((3, 2))),
        lambda: bdnnc.compile(spec).train(time_limit="a"),
        lambda: bdnnc.compile(spec).train(seed=1.5),
    ):
        with pytest.raises(bdnnc.UserError):
            call()


def test_values_show_themselves(spec: Path) -> None:
    compiled = bdnnc.compile(spec)
    result = compiled.train()
    for value in (compiled, compiled.milp, compiled.program, result, result.network):
        assert len(repr(value)) < 1500
        assert value._repr_html_().startswith("<")
    assert compiled.milp.names[-1] == "one"
