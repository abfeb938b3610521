"""certify: finds the data, the spec and every figure that was changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import bdnnc
from tests.cli.conftest import SPEC, Runner


def test_certify(run: Runner, trained: Path) -> None:
    done = run("certify", "toy.json")
    assert (done.code, done.err) == (0, "")
    assert "all recomputable figures recomputed, none differs; the bound is the solver's claim" in done.out.splitlines()[-1]
    assert all(line.startswith("ok ") for line in done.out.splitlines()[:-1])
    assert any("layers[0].bias[0]" in line for line in done.out.splitlines())


def test_json(run: Runner, trained: Path) -> None:
    found = json.loads(run("certify", "toy.json", "--format", "json").out)
    assert found["ok"] is True
    assert {"name", "claimed", "recomputed", "ok"} == set(found["checks"][0])


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('"errors": 1', '"errors": 0', "errors"),
        ('"loss": 1', '"loss": 0', "loss"),
        ('"samples": 8', '"samples": 9', "samples"),
        ("minimize hamming", "minimize  hamming", "spec"),
        ('"unit": "step"', '"unit": "sign"', "layers[0].unit"),
    ],
)
def test_a_changed_figure(run: Runner, trained: Path, old: str, new: str, name: str) -> None:
    text = trained.read_text(encoding="utf-8")
    assert old in text
    trained.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = run("certify", "toy.json")
    assert done.code == 1
    assert "error[E560]" in done.err
    assert name in done.err
    assert "in the model file, but recomputed it is" in done.err
    assert done.out.splitlines()[-1].startswith("WRONG")
    assert json.loads(run("certify", "toy.json", "--format", "json").out)["ok"] is False


def test_changed_data(run: Runner, trained: Path, tmp_path: Path) -> None:
    data = tmp_path / "toy.csv"
    data.write_text(data.read_text(encoding="utf-8").replace("2,2,no", "2,2,yes"), encoding="utf-8")
    done = run("certify", "toy.json")
    assert done.code == 1
    assert "certificate.sha256.data" in done.err


def test_data_that_moved(run: Runner, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shutil.move("toy.csv", "elsewhere/points.csv")
    done = run("certify", "toy.json")
    assert done.code == 2
    assert "error[E563]" in done.err
    assert "--data FILE" in done.err
    assert run("certify", "toy.json", "--data", "elsewhere/points.csv").code == 0
    assert run("certify", "toy.json", "--data", "gone.csv").code == 2
    shutil.copy("elsewhere/points.csv", "elsewhere/toy.csv")
    shutil.copy("toy.bdnn", "elsewhere/toy.bdnn")
    assert run("certify", "toy.json", "elsewhere/toy.bdnn").code == 0  # with the data that this spec names


def test_from_another_folder(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model in one folder, spec, data and mask in another, the shell in a third."""
    for name in ("models", "specs", "elsewhere"):
        (tmp_path / name).mkdir()
    shutil.move("toy.csv", "specs/toy.csv")
    (tmp_path / "specs" / "mask.csv").write_text("1,0\n1,1\n", encoding="utf-8")
    text = SPEC.replace("{-1, 0, 1}\n  layer output", '{-1, 0, 1}\n    mask "mask.csv"\n  layer output')
    (tmp_path / "specs" / "toy.bdnn").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = run("train", "../specs/toy.bdnn", "-o", "../models/toy.json")
    assert done.code == 0, done.err
    done = run("certify", "../models/toy.json")
    assert done.code == 0, done.err
    assert run("certify", "../models/toy.json", "../specs/toy.bdnn").code == 0


def test_against_a_spec(run: Runner, tmp_path: Path) -> None:
    assert run("train", "toy.bdnn", "-o", "toy.json", "-D", "width=1").code == 0
    assert run("certify", "toy.json", "toy.bdnn").code == 0  # with the stored width
    (tmp_path / "other.bdnn").write_text(SPEC.replace("{-1, 0, 1}", "{-1, 1}", 1), encoding="utf-8")
    done = run("certify", "toy.json", "other.bdnn")
    assert done.code == 1
    assert "certificate.sha256.spec" in done.err


def test_data_in_memory(run: Runner, tmp_path: Path) -> None:
    X = [[0, 0], [0, 1], [1, 0], [1, 1]]
    bdnnc.compile(tmp_path / "toy.bdnn", data=(X, ["no", "yes", "yes", "no"])).train().network.save(tmp_path / "toy.json")
    done = run("certify", "toy.json")
    assert done.code == 2
    assert "error[E562]" in done.err
