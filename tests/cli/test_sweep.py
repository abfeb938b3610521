"""``bdnnc sweep``: what is printed and written, exit codes, wrong flags, Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import HARD, Runner, command, environment

SPEC = """\
param width = 2
param most = 9
data { from "toy.csv" target "class" hold test 2 stratified }
network {
  layer hidden: width step units weights in {-1, 0, 1}
  layer output: 1 step unit weights in {-1, 0, 1}
}
minimize hamming then minimize l0(hidden.weights)
subject to { errors <= most }
"""


@pytest.fixture
def folder(run: Runner, tmp_path: Path) -> Path:
    (tmp_path / "swept.bdnn").write_text(SPEC, encoding="utf-8")
    return tmp_path


def test_table_and_csv(run: Runner, folder: Path) -> None:
    done = run("sweep", "swept.bdnn", "-D", "width=0..1", "-D", "most=3", "--cv", "2", "-o", "table.csv")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    heads = ["width", "most", "status", "minimize hamming", "minimize l0(hidden.weights)", "test accuracy", "held out accuracy"]
    assert [head for head in heads if head not in lines[0]] == []
    assert lines[2].split() == ["0", "3", "error"]
    assert lines[3].startswith("1       3      optimal")
    assert lines[-1] == "width=0 most=3: E126: a number of units is at least 1, not 0"
    assert "note: 6 trainings for 2 rows" in done.err
    assert "[5 of 6] width=1 most=3, without fold 1 of 2: optimal, hamming" in done.err
    first, second = csv.DictReader((folder / "table.csv").open(encoding="utf-8"))
    assert (first["status"], second["status"]) == ("error", "optimal")
    assert second["goal_2"] == second["bound_2"] == second["penalty"]
    assert {"test_errors", "cv_accuracy_mean"} <= second.keys()


def test_json(run: Runner, folder: Path) -> None:
    done = run("sweep", "swept.bdnn", "-D", "width=[1]", "--cv", "2", "--format", "json", "--quiet", "--seed", "3")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["penalty"], found["interrupted"]) == ("l0(hidden.weights)", False)
    (row,) = found["rows"]
    assert row["params"] == {"width": 1}
    assert [goal["text"] for goal in row["goals"]] == ["hamming", "l0(hidden.weights)"]
    assert row["sets"]["train"]["samples"] == 6
    assert [fold["test"]["samples"] for fold in row["folds"]] == [3, 3]
    assert set(row["cv"]) == {"errors", "accuracy"}


def test_csv_on_standard_output(run: Runner, folder: Path) -> None:
    done = run("sweep", "swept.bdnn", "-o", "-", "-q")
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert (done.code, row["status"]) == (0, "optimal")


def test_spec_from_standard_input(run: Runner, folder: Path) -> None:
    done = run("sweep", "-", "-D", "width=1", "-o", "-", stdin=SPEC.encode())
    assert done.code == 0, done.err
    assert done.out.startswith("width,status,")


def test_all_points_fail(run: Runner, folder: Path) -> None:
    done = run("sweep", "swept.bdnn", "-D", "width=-1..0", "-o", "table.csv")
    assert done.code == 1
    assert "error[E530]: no point of the sweep has a network" in done.err
    assert done.out.count("E126") == 2
    assert (folder / "table.csv").read_text().count("E126") == 2


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["-D", "width=6..2"], "E301"),
        (["-D", "widht=1"], "E640"),
        (["-D", "width"], "E642"),
        (["-D", "width=1", "-D", "width=2"], "E643"),
        (["-D", "width=[1"], "E641"),
        (["-D", "width=1..10001"], "E680"),
        (["--cv", "1"], "E681"),
        (["--cv", "4"], "E236"),
        (["--cv", "x"], "E607"),
        (["--pareto", "l0(none.weights)"], "E112"),
        (["--plot", "figure.txt"], "E682"),
        (["--plot", "nowhere/figure.png"], "E661"),
        (["-o", "nowhere/table.csv"], "E661"),
        (["-o", "swept.bdnn"], "E647"),
        (["-o", "a.png", "--plot", "a.png"], "E647"),
        (["-o", "a.csv", "--events", "a.csv"], "E647"),
        (["-o", "-", "--format", "json"], "E648"),
        (["--events", "-"], "E644"),
        (["--resume"], "E655"),
        (["--jobs", "0"], "E632"),
        (["--jobs", "2", "--cluster", "tcp://127.0.0.1:1"], "E648"),
        (["--time-limit", "-1"], "E632"),
        (["--method", "guess"], "E630"),
    ],
)
def test_wrong_flags(run: Runner, folder: Path, flags: list[str], code: str) -> None:
    pytest.importorskip("matplotlib")
    before = sorted(path.name for path in folder.iterdir())
    done = run("sweep", "swept.bdnn", *flags)
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_broken_file_is_no_table(run: Runner, folder: Path) -> None:
    (folder / "swept.bdnn").write_text(SPEC.replace("minimize hamming", "minimise hamming"), encoding="utf-8")
    done = run("sweep", "swept.bdnn", "-D", "width=1..2")
    assert (done.code, done.out) == (2, "")
    assert "--> swept.bdnn:8" in done.err


def test_resume(run: Runner, folder: Path) -> None:
    assert run("sweep", "swept.bdnn", "-D", "width=1", "--events", "e.jsonl").code == 0
    done = run("sweep", "swept.bdnn", "-D", "width=1..2", "--events", "e.jsonl", "--resume")
    assert done.code == 0, done.err
    assert "resuming from `e.jsonl`: 1 of 2 trainings are done" in done.err
    assert "[2 of 2] width=2: optimal" in done.err
    assert "[1 of 2]" not in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_keeps_the_rows_so_far(tmp_path: Path, number: signal.Signals, code: int) -> None:
    pytest.importorskip("sklearn")
    spec = "param taken = 4\n" + HARD.replace("\n  scale", "\n  take taken stratified\n  scale")
    (tmp_path / "hard.bdnn").write_text(spec, encoding="utf-8")
    arguments = ["sweep", "hard.bdnn", "-D", "taken=[4, 569, 5]", "-o", "table.csv", "--events", "e.jsonl"]
    running = subprocess.Popen(
        command(arguments), cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        events = tmp_path / "e.jsonl"
        deadline = time.monotonic() + 60
        while not (events.exists() and '"record"' in events.read_text()) and time.monotonic() < deadline:
            assert running.poll() is None, running.communicate()
            time.sleep(0.05)
        time.sleep(2)  # the second training is under way
        os.kill(running.pid, number)
        out, err = running.communicate(timeout=30)
    finally:
        running.kill()
    assert running.returncode == code, err
    assert "Traceback" not in err
    assert "interrupted: the rows so far are printed and saved as table.csv" in err
    assert "the sweep was stopped before its end" in out
    rows = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8")))
    assert [(row["taken"], row["status"]) for row in rows] == [("4", "optimal"), ("569", "interrupted")]
    assert events.read_text().count('"event": "record"') == 1
