"""compile: files, stages, and what it says of the model."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bdnnc.language import read_source
from bdnnc.pipeline import Pipeline
from tests.cli.conftest import SPEC, Runner

EXPECTED = Path(__file__).parent / "expected"


def test_files(run: Runner, tmp_path: Path) -> None:
    done = run("compile", "toy.bdnn", "-o", "toy.mps")
    assert (done.code, done.out) == (0, "")
    assert "wrote toy.mps and toy.map.json" in done.err
    assert "non-zeros" in done.err
    assert "note: `toy.csv`: delimiter `,`" in done.err
    assert "note: layer `hidden`: margin exact 1 (" in done.err
    assert json.loads((tmp_path / "toy.map.json").read_text(encoding="utf-8"))["format"] == "bdnnc-map"
    assert run("compile", "toy.bdnn", "-o", "toy.mps.gz", "--quiet").err == ""
    assert gzip.decompress((tmp_path / "toy.mps.gz").read_bytes()) == (tmp_path / "toy.mps").read_bytes()


def test_mps_on_standard_output_is_that_of_the_file(run: Runner, tmp_path: Path) -> None:
    done = run("compile", "toy.bdnn", "-o", "toy.mps", "--emit", "mps")
    assert done.out == (tmp_path / "toy.mps").read_text(encoding="utf-8")
    assert run("compile", "toy.bdnn", "--emit", "lp").out.startswith("\\ toy\nMinimize\n")
    assert json.loads(run("compile", "toy.bdnn", "--emit", "map").out)["model"] == "toy"


@pytest.mark.parametrize("stage", ["tree", "spec", "problem", "program", "milp"])
def test_stages(run: Runner, golden: Callable[[str, Path], None], stage: str) -> None:
    done = run("compile", "toy.bdnn", "--emit", stage, "--quiet")
    assert (done.code, done.err) == (0, "")
    golden(done.out, EXPECTED / f"{stage}.txt")


OTHER = """\
data { from "toy.csv" delimiter "," header yes target "class" features 0..1 scale minmax(0, 1) round 1
       keep classes ["no", "yes"] hold test 2 stratified seed 3 take all missing drop }
network {
  layer first: 2 sign units weights in [-1, 0.5] bias in [-2, 2] margin 0.125
  layer second: 2 step units weights in {-1, 0, 2} bias shared in {-3..3}
  layer output: classes step units weights in {-1, 1} bias none
}
minimize 2 * zero_one weighted [1, 3] + 1
train exact { time_limit 5 seed 3 options { presolve "on" } }
"""


@pytest.mark.parametrize("stage", ["spec", "problem", "program"])
def test_stages_of_a_file_with_everything(run: Runner, tmp_path: Path, golden: Callable[[str, Path], None], stage: str) -> None:
    (tmp_path / "other.bdnn").write_text(OTHER, encoding="utf-8")
    done = run("compile", "other.bdnn", "--emit", stage, "--quiet")
    assert done.code == 0, done.err
    golden(done.out, EXPECTED / f"other_{stage}.txt")


def test_program_prints_itself(run: Runner, tmp_path: Path) -> None:
    program = Pipeline(read_source(tmp_path / "toy.bdnn"), tmp_path).program
    assert str(program) == run("compile", "toy.bdnn", "--emit", "program").out


def test_passes_can_be_left_out(run: Runner) -> None:
    whole = run("compile", "toy.bdnn", "--emit", "program").out
    without = run("compile", "toy.bdnn", "--emit", "program", "--without", "one_direction").out
    assert without.count("imp ") > 0
    assert without != whole


def test_standard_input(run: Runner) -> None:
    done = run("compile", "-", "--emit", "milp", stdin=SPEC.encode())
    assert done.out.startswith("model _stdin_\n")


def test_the_data_is_not_overwritten(run: Runner, tmp_path: Path) -> None:
    import numpy as np

    np.savez(tmp_path / "toy.npz", X=np.array([[0, 1], [1, 0], [1, 1]]), y=np.array([0, 1, 1]))
    before = (tmp_path / "toy.npz").read_bytes()
    (tmp_path / "arrays.bdnn").write_text(
        SPEC.replace("toy.csv", "toy.npz").replace('  target "class"\n', ""), encoding="utf-8"
    )
    done = run("compile", "arrays.bdnn", "-o", "toy.npz")
    assert done.code == 2
    assert "error[E647]" in done.err
    assert (tmp_path / "toy.npz").read_bytes() == before
