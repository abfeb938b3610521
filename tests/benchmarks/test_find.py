"""The benchmark "find": curves, what is noted and taken up again, the table, and the command."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import find
import find_own
import numpy as np
import pytest
from find_curves import Key, Run, improvements, middle, run_of
from find_instances import INSTANCES, Instance
from find_own import own_curve
from find_page import behind, page, plot, rows
from learn_data import Points, UnavailableError
from notebook import Notebook, line_of

from bdnnc.cli.bench import BENCHMARKS

KEY = Key("credit", "hash", "search", "bdnnc 0")


def toy() -> Points:
    """Points of integers that a line tells apart but for one in ten."""
    random = np.random.default_rng(1)
    X = random.integers(0, 6, (30, 3))
    y = (X[:, 0] > 2).astype(np.int64)
    return Points(X.astype(np.float64), np.where(np.arange(30) % 10 == 0, 1 - y, y))


TOY = Instance(toy, 2, 10, 2, "a toy")


def test_only_improvements_are_kept() -> None:
    assert improvements([(3.0, 5.0), (1.0, 7.0), (2.0, 9.0), (4.0, 5.0), (5.00049, 2.0)]) == (
        (1.0, 7.0),
        (3.0, 5.0),
        (5.0, 2.0),
    )
    assert improvements([]) == ()


def test_the_loss_at_a_mark() -> None:
    run = Run(KEY, 10.0, ((1.0, 7.0), (3.0, 5.0)))
    assert [run.at(mark) for mark in (0.5, 1.0, 2.9, 10.0)] == [None, 7.0, 7.0, 5.0]
    assert run.reaches(10.0)
    assert not run.reaches(11.0)
    assert replace(run, ended=3.5).reaches(11.0)  # it had nothing left to do


def test_the_median_of_runs_counts() -> None:
    runs = [Run(KEY, 9.0, ((1.0, value),)) for value in (9.0, 4.0, 5.0)]
    assert middle(runs, 2.0) == 5.0
    assert middle(runs, 0.5) is None
    late = Run(KEY, 9.0, ((8.0, 1.0),))
    assert middle([runs[0], runs[1], late], 2.0) == 9.0  # no network counts as infinitely bad
    assert middle([runs[0], late], 2.0) is None
    assert middle([], 2.0) is None


def test_a_run_as_a_line() -> None:
    run = Run(KEY, 9.0, ((1.0, 3.0), (2.0, 1.0)), 2.5, "why")
    assert run_of(line_of(run)) == run


def test_runs_go_on_where_they_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[Key, float]] = []

    def pretend(key: Key, seconds: float) -> Run:
        done.append((key, seconds))
        return Run(key, seconds, ((0.5, 1.0),))

    monkeypatch.setattr(find, "in_own_process", pretend)
    keys = [replace(KEY, seed=seed) for seed in range(3)]
    file = tmp_path / "find.jsonl"
    find.run(keys[:2], 5.0, Notebook(file, run_of))
    with file.open("a", encoding="utf-8") as open_file:
        open_file.write('{"key": {"inst')  # killed while it wrote
    find.run(keys, 5.0, Notebook(file, run_of))
    assert done == [(key, 5.0) for key in keys]
    find.run(keys[:1], 7.0, Notebook(file, run_of))  # for a later mark it is run again, and noted in place of the shorter run
    find.run(keys[:1], 4.0, Notebook(file, run_of))  # for an earlier one it is not
    assert done[3:] == [(keys[0], 7.0)]
    assert [run.seconds for run in Notebook(file, run_of).entries.values()] == [7.0, 5.0, 5.0]
    for other in (replace(KEY, version="bdnnc 1"), replace(KEY, spec="other"), replace(KEY, method="highs")):
        find.run([other], 4.0, Notebook(file, run_of))
    assert len(done) == 7


def test_runs_are_done_again_when_asked(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "find.jsonl", run_of)
    notebook.add(Run(KEY, 1.0))
    notebook.add(Run(replace(KEY, method="scip"), 1.0))
    notebook.forget(["search"])
    assert [key.method for key in Notebook(notebook.path, run_of).entries] == ["scip"]


def test_what_failed_is_told_and_not_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(find, "in_own_process", lambda key, seconds: Run(key, 0.0, reason="ortools is not installed"))
    find.run([KEY], 1.0, Notebook(tmp_path / "find.jsonl", run_of))
    assert not (tmp_path / "find.jsonl").exists()
    assert capsys.readouterr().err == "credit, search: ortools is not installed\n"


def test_data_that_are_missing_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BDNNC_SHARED_DATA", str(tmp_path))
    assert find.keys_of(["breast_cancer_2"], ["search"], 2) == []
    assert "breast_cancer_2: no breast-cancer-wisconsin.csv here" in capsys.readouterr().err
    assert "no breast-cancer" in find.curve(replace(KEY, instance="breast_cancer_2"), 1.0).reason
    with pytest.raises(UnavailableError):
        INSTANCES["credit"].pipeline(tmp_path)


def test_the_hash_is_of_file_and_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def other() -> Points:
        points = toy()
        return Points(points.X, 1 - points.y)

    hashes: list[str] = []
    for instance in (TOY, TOY, replace(TOY, width=3), replace(TOY, load=other)):
        monkeypatch.setitem(INSTANCES, "toy", instance)
        hashes.append(find.spec_of("toy"))
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def runs_of_all() -> list[Run]:
    own = [Run(replace(KEY, seed=seed), 10.0, ((0.5, 20.0), (2.0, value))) for seed, value in enumerate((8.0, 9.0, 10.0))]
    solver = Run(replace(KEY, method="highs"), 10.0, ((0.1, 15.0), (5.0, 9.0)))
    nothing = Run(replace(KEY, method="scip"), 10.0)
    return [*own, solver, nothing, Run(replace(KEY, method="cpsat"), 10.0, reason="not applicable: a row is not of integers")]


def test_the_table() -> None:
    assert rows(runs_of_all(), find.METHODS, (1.0, 10.0, 30.0)) == [
        ["credit", "1", "20", "15", "not applicable: a row is not of integers", "-"],
        ["credit", "10", "9", "9", "not applicable: a row is not of integers", "-"],
        ["credit", "30", "", "", "", ""],
    ]


def test_the_page_says_where_ours_is_behind() -> None:
    marks = (1.0, 10.0)
    assert behind(runs_of_all(), find.METHODS, marks) == ["credit: after 1 s `highs` has 15, ours 20"]
    text = page(runs_of_all(), find.METHODS, marks)
    assert "| credit | 10 | 9 | 9 | not applicable: a row is not of integers | - |" in text
    assert "Behind a peer (2 marks were compared):\n\n- credit: after 1 s" in text
    assert "Ours: 3 seeds. Behind no peer at any of 1 marks." in page(runs_of_all(), find.METHODS, (10.0,))


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert not plot([Run(KEY, 10.0)], find.METHODS, tmp_path / "none.svg")
    assert plot(runs_of_all(), find.METHODS, tmp_path / "some.svg")
    assert "<svg" in (tmp_path / "some.svg").read_text(encoding="utf-8")


def test_our_curve_is_of_measured_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_own, "JOBS", 1)
    pipeline = TOY.pipeline(tmp_path)
    points, ended = own_curve(pipeline, 1.5, 0)
    constant = float(np.asarray(pipeline.problem.counts).sum(axis=0).min())
    assert points == improvements(points)
    assert 0 <= points[-1][1] < constant
    assert ended is None or ended < 1.5


def test_marks() -> None:
    assert find.marks_of("30,10,100") == (10.0, 30.0, 100.0)
    for wrong in ("", "10,x", "0", "-1", "inf", "nan"):
        with pytest.raises(ValueError, match=r"marks are positive|could not convert"):
            find.marks_of(wrong)


@pytest.mark.parametrize(("words", "said"), [(["credt"], "there is no instance `credt`"), (["--seconds", "0"], "--seconds")])
def test_wrong_words(words: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, find.__file__, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_command_knows_the_instances() -> None:
    assert set(BENCHMARKS["find"].data) == set(INSTANCES)


def test_a_whole_run(tmp_path: Path) -> None:
    arguments = ["uniform_100", "--seconds", "0.2,0.4", "--seeds", "1", "--methods", "highs", "--folder", str(tmp_path)]
    find.main(arguments)
    (line,) = (tmp_path / "find.jsonl").read_text(encoding="utf-8").splitlines()
    assert run_of(line).key.version.startswith("highspy ")
    text = (tmp_path / "find.md").read_text(encoding="utf-8")
    assert "| uniform_100 | 0.4 |" in text
