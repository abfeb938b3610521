"""certify with a spec or data of another training says that they do not belong to the model, before anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SPEC, Runner

CITIES = "city,age,class\nrome,1,no\noslo,2,yes\nrome,3,yes\n"


def test_a_spec_of_other_data(run: Runner, trained: Path, tmp_path: Path) -> None:
    """Its columns would not even be read: text in the one that the other calls `a`."""
    (tmp_path / "cities.csv").write_text(CITIES, encoding="utf-8")
    (tmp_path / "cities.bdnn").write_text(SPEC.replace("toy.csv", "cities.csv"), encoding="utf-8")
    done = run("certify", "toy.json", "cities.bdnn")
    assert done.code == 1
    first, *rest = done.err.splitlines()
    assert first == "error[E560]: `cities.bdnn` is not the spec that `toy.json` was trained from"
    assert " --> toy.json:spec:4:3" in rest
    assert "in the model's `spec`" in done.err
    assert '4 |   from   "cities.csv"' in done.err
    assert "`certificate.sha256.spec` is " in done.err
    assert done.out.splitlines()[-1].startswith("WRONG  certificate.sha256.spec")
    assert json.loads(run("certify", "toy.json", "cities.bdnn", "--format", "json").out)["ok"] is False


def test_a_spec_that_is_longer(run: Runner, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "longer.bdnn").write_text(SPEC + "then minimize l1(weights)\n", encoding="utf-8")
    done = run("certify", "toy.json", "longer.bdnn")
    assert done.code == 1
    assert "then minimize l1(weights)" in done.err


def test_data_with_other_columns(run: Runner, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text(CITIES, encoding="utf-8")
    done = run("certify", "toy.json", "--data", "cities.csv")
    assert done.code == 1
    assert done.err.startswith("error[E560]: `cities.csv` is not the data that `toy.json` was trained on\n")
    assert "the network reads `a`, `b`; its target is `class`" in done.err
    assert "`certificate.sha256.data` is " in done.err


def test_a_file_that_contradicts_itself_is_told_first(run: Runner, trained: Path) -> None:
    """Not the spec beside it is to blame where the model's own hash is wrong."""
    text = trained.read_text(encoding="utf-8")
    own = json.loads(text)["certificate"]["sha256"]["spec"]
    trained.write_text(text.replace(own, "0" * 64), encoding="utf-8")
    done = run("certify", "toy.json", "toy.bdnn")
    assert done.code == 1
    assert done.err.startswith("error[E560]: `certificate.sha256.spec` is 000000")


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        ("a,b,class\n0,x,no\n", "E219", "column `b`: `x` at line 2"),
        ("a,b,class\n0,1,no\n0,,no\n?,?,no\n", "E218", "in column `b`: line 3, line 4"),
    ],
)
@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_cells_of_data_that_cannot_be_read(
    run: Runner, trained: Path, tmp_path: Path, verb: str, content: str, code: str, where: str
) -> None:
    """There is no spec to change: the file has to be mended."""
    (tmp_path / "other.csv").write_text(content, encoding="utf-8")
    done = run(verb, "toy.json", "other.csv")
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err
    assert f"note: {where}" in done.err
    assert "help: mend these cells of `other.csv`, or leave their rows out" in done.err
    for advice in ("missing drop", "features", "encode"):
        assert advice not in done.err
