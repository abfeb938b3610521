"""check: good files, bad files, hostile files, three formats."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import SPEC, Runner


def test_a_good_file(run: Runner) -> None:
    done = run("check", "toy.bdnn")
    assert done.code == 0
    assert [line.split("`")[0] for line in done.err.splitlines()] == ["note: ", "note: layer ", "note: layer "]
    assert run("check", "toy.bdnn", "--quiet").err == ""
    assert done.out == "toy.bdnn: no problems found, 2 layers, 8 training points, 2 inputs, 2 classes\n"


def test_without_data(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "toy.csv").unlink()
    assert run("check", "toy.bdnn").code == 2
    done = run("check", "toy.bdnn", "--no-data")
    assert (done.code, done.out) == (0, "toy.bdnn: no problems found, 2 layers, `toy.csv` not read\n")


def test_standard_input(run: Runner) -> None:
    done = run("check", "-", stdin=SPEC.encode())
    assert (done.code, done.out.split(":")[0]) == (0, "<stdin>")
    assert "error[E107]" in run("check", "-", stdin=b"\xff\xfe").err
    assert "error[E108]" in run("check", "-", stdin=b"a\0b").err


def test_overrides(run: Runner) -> None:
    done = run("check", "toy.bdnn", "-D", "width=0")
    assert done.code == 2
    assert "error[E" in done.err


def test_json_is_one_object_a_file(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "bad.bdnn").write_text(SPEC.replace("step unit\n", "step unit\n    weihgts in {1}\n"), encoding="utf-8")
    done = run("check", "--format", "json", "toy.bdnn", "bad.bdnn")
    good, bad = map(json.loads, done.out.splitlines())
    assert (done.code, done.err) == (2, "")
    assert good == {"uri": "toy.bdnn", "diagnostics": []}
    assert bad["uri"] == "bad.bdnn"
    assert bad["diagnostics"][0]["severity"] == 1
    assert bad["diagnostics"][0]["range"]["start"]["line"] == 11


def test_concise(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "bad.bdnn").write_text(
        SPEC.replace("minimize hamming", "minimize hinge(1) then minimize l9(weights)"), encoding="utf-8"
    )
    done = run("check", "--format", "concise", "bad.bdnn")
    assert done.code == 2
    assert done.out == ""
    assert all(line.startswith("bad.bdnn:15:") for line in done.err.splitlines())
    assert len(done.err.splitlines()) >= 2


def test_warnings(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "warned.bdnn").write_text("param spare = 1\n" + SPEC, encoding="utf-8")
    done = run("check", "warned.bdnn")
    assert done.code == 0
    assert done.out.startswith("warned.bdnn: 1 warning, 2 layers")
    assert "warning[W101]" in done.err
    assert run("check", "--quiet", "warned.bdnn").err == ""
    assert run("check", "--warn-as-error", "warned.bdnn").code == 2


def test_margin_errors_show(run: Runner, tmp_path: Path) -> None:
    text = SPEC.replace("weights in {-1, 0, 1}\n  layer", "weights in [-1, 1]\n    margin exact\n  layer")
    (tmp_path / "real.bdnn").write_text(text, encoding="utf-8")
    done = run("check", "real.bdnn")
    assert done.code == 2
    assert "error[E331]" in done.err
    assert "real.bdnn:11:5" in done.err


def test_training_errors_show(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "options.bdnn").write_text(SPEC + "train exact { options { no_such_option 1 } }\n", encoding="utf-8")
    done = run("check", "options.bdnn")
    assert done.code == 2
    assert "error[E633]" in done.err
    assert "options.bdnn:16:" in done.err


HOSTILE = {
    "empty": (b"", "E120"),
    "binary": (bytes(range(256)) * 20, "E107"),
    "nul": (b"data {\0}", "E108"),
    "parens": (b"param a = " + b"(" * 20_000 + b"1" + b")" * 20_000, "E106"),
    "large set": (SPEC.replace("{-1, 0, 1}", "{0..1000000000000}").encode(), "E302"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(run: Runner, tmp_path: Path, name: str) -> None:
    content, code = HOSTILE[name]
    (tmp_path / "hostile.bdnn").write_bytes(content)
    done = run("check", "hostile.bdnn")
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err
    assert len(done.err) < 5_000


def test_ragged_data(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "toy.csv").write_text("a,b,class\n1,2,x\n3,y\n4,5,x,7\n", encoding="utf-8")
    done = run("check", "toy.bdnn")
    assert done.code == 2
    assert "error[E213]" in done.err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_file(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "toy.bdnn").chmod(0)
    assert "error[E602]" in run("check", "toy.bdnn").err
