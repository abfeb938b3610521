"""Ensembles from the command line: check, compile, train, certify, evaluate, predict, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bdnnc
from bdnnc.diagnostics import UserError
from bdnnc.network.saving import load
from bdnnc.training import exact
from tests.cli.conftest import Runner, command, environment

IRIS = """\
data {
  from sklearn("iris")
  scale minmax(0, 1) round 2
  hold test 30 stratified seed 1
  take 45 stratified seed 1
}
network one_vs_one {
  layer output: 1 sign unit
    weights in {-2..2}
    bias in {-4..4}
}
minimize hamming weighted balanced then minimize l0(weights)
"""

TOY = """\
data { from "three.csv" target "class" }
network one_vs_one { layer output: 1 step unit weights in {-1, 0, 1} bias in {-9..9} }
minimize errors
"""


@pytest.fixture
def toy(run: Runner, tmp_path: Path) -> Runner:
    (tmp_path / "three.csv").write_text("x,class\n0,a\n1,a\n3,b\n4,c\n5,b\n7,c\n")
    (tmp_path / "three.bdnn").write_text(TOY)
    return run


def test_iris_from_end_to_end(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(exact, "SEARCH_RESTARTS", 1)
    (tmp_path / "iris.bdnn").write_text(IRIS)
    checked = run("check", "iris.bdnn")
    assert checked.out == "iris.bdnn: no problems found, 3 networks, 1 layer, 45 training points, 4 inputs, 3 classes\n"
    assert "note: 3 networks, one for each pair of classes\n" in checked.err
    trained = run("train", "iris.bdnn", "-o", "iris.json")
    assert trained.code == 0, trained.err
    assert "3 classes, 3 networks of two" in trained.out
    assert "pair 3 of 3, `versicolor` against `virginica`" in trained.err
    assert run("certify", "iris.json").code == 0
    assert run("certify", "iris.json", "iris.bdnn").code == 0
    predicted = run("predict", "iris.json", 'sklearn("iris")')
    assert predicted.out.splitlines()[:2] == ["class", "setosa"]
    evaluated = run("evaluate", "iris.json", 'sklearn("iris")', "--format", "json")
    figures = json.loads(evaluated.out)
    classes = predicted.out.splitlines()[1:]
    right = sum(name == figures["classes"][row // 50] for row, name in enumerate(classes))
    assert (figures["samples"], float(bdnnc.exact.Fraction(figures["accuracy"]))) == (150, right / 150)
    assert sum(map(sum, figures["confusion"])) == 150
    assert figures["errors"] >= 150 - right
    assert figures["loss"] is not None


def test_a_lie_is_told_on(toy: Runner, tmp_path: Path) -> None:
    assert toy("train", "three.bdnn", "-o", "three.json", "--method", "local_search").code == 0
    text = (tmp_path / "three.json").read_text()
    (tmp_path / "three.json").write_text(text.replace('"margins": {"output": ', '"margins": {"output": 9'))
    lied = toy("certify", "three.json")
    assert lied.code == 1
    assert "margins.output` is 9" in lied.err


def test_compile_writes_a_model_for_each_pair(toy: Runner, tmp_path: Path) -> None:
    done = toy("compile", "three.bdnn", "-o", "three.mps.gz")
    assert done.code == 0, done.err
    assert sorted(path.name for path in tmp_path.glob("three_*")) == [
        f"three_{pair}{suffix}" for pair in ("0_1", "0_2", "1_2") for suffix in (".map.json", ".mps.gz")
    ]
    assert json.loads((tmp_path / "three_1_2.map.json").read_text())
    assert "wrote three_0_2.mps.gz and three_0_2.map.json" in done.err


def test_compile_prints_each_pair(toy: Runner) -> None:
    problem = toy("compile", "three.bdnn", "--emit", "problem", "--stats")
    heads = [line for line in problem.out.splitlines() if line.startswith("--- ")]
    assert heads == ["--- a against b ---", "--- a against c ---", "--- b against c ---"]
    assert problem.out.count("root LP bound") == 3
    tree = toy("compile", "three.bdnn", "--emit", "tree").out
    assert tree.startswith("File\n")
    assert "--- a against b ---" not in tree
    passes = toy("compile", "three.bdnn", "--print-after", "one_direction", "--time-passes")
    assert passes.out.count("--- program after one_direction ---") == 3
    assert passes.err.count("\none_direction ") == 1
    refused = toy("compile", "three.bdnn", "--emit", "mps")
    assert refused.code == 2
    assert "E648" in refused.err
    assert "`-o model.mps` writes `model_0_1.mps` and so on" in refused.err


def test_a_missed_gap_names_the_pair(toy: Runner) -> None:
    missed = toy("train", "three.bdnn", "--method", "local_search", "--gap", "0", "--time-limit", "2")
    assert missed.code == 1
    assert "for `b` against `c`" in missed.err


def test_an_infeasible_pair(toy: Runner, tmp_path: Path) -> None:
    (tmp_path / "three.bdnn").write_text(TOY + "subject to { errors <= 0 }")
    found = toy("train", "three.bdnn", "-o", "three.json")
    assert found.code == 1
    assert "error[E520]: `b` against `c`: no network of the declared class exists" in found.err


def test_the_library(toy: Runner, tmp_path: Path) -> None:
    compiled = bdnnc.compile(tmp_path / "three.bdnn")
    assert repr(compiled).endswith("three.bdnn': 3 pairs of classes)")
    assert "3 pairs" in compiled._repr_html_()
    assert [pair.milp.name for pair in compiled.pairs] == ["three_0_1", "three_0_2", "three_1_2"]
    for stage in ("problem", "program", "milp"):
        with pytest.raises(UserError) as caught:
            getattr(compiled, stage)
        assert caught.value.diagnostics[0].code == "E391"
    compiled.write(tmp_path / "out.lp")
    assert (tmp_path / "out_1_2.lp").exists()
    result = compiled.train(save=tmp_path / "out.json", time_limit=20)
    assert (result.loss, result.bound, result.status) == (1, 1, "optimal")
    network = bdnnc.load(tmp_path / "out.json")
    assert network.predict([["0"], ["9"]]).tolist() == ["a", "c"]
    report = network.evaluate([["0"], ["9"]], ["a", "b"])
    assert (report.errors, report.samples) == (1, 2)  # type: ignore[union-attr]
    network.save(tmp_path / "again.json")
    assert repr(network) == repr(bdnnc.load(tmp_path / "again.json"))
    assert network._repr_html_() == network.layers._repr_html_()
    assert "summed over 3 pairs" in result._repr_html_()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interruption_saves_a_whole_ensemble(toy: Runner, tmp_path: Path) -> None:
    """Pairs that no solver finishes: the first is interrupted, the others are constant."""
    rows = "".join(f"{(37 * i) % 101},{(53 * i) % 97},{'abc'[(i * i * 7 + i // 3) % 3]}\n" for i in range(120))
    (tmp_path / "three.csv").write_text("x,z,class\n" + rows)
    hard = TOY.replace("layer output", "layer hidden: 4 step units weights in {-9..9} layer output")
    (tmp_path / "three.bdnn").write_text(hard.replace("bias in {-9..9} ", ""))
    running = subprocess.Popen(
        command(["train", "three.bdnn", "-o", "three.json", "--method", "local_search", "--time-limit", "300"]),
        cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert running.stderr is not None
        while not (line := running.stderr.readline()).startswith("incumbent"):
            assert line, running.communicate()
        os.kill(running.pid, signal.SIGINT)
        began = time.monotonic()
        _, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, err
    assert time.monotonic() - began < 30
    assert "pairs were not trained: their networks are the best constant ones" in err
    assert "interrupted: the best network so far is saved as three.json" in err
    assert load(tmp_path / "three.json").training.status == "interrupted"
    assert toy("certify", "three.json").code == 0
