"""train: what is saved, what is printed where, and every exit code."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bdnnc.diagnostics import UserError
from bdnnc.network.saving import load
from tests.cli.conftest import SPEC, Runner, process


def test_a_training(run: Runner, tmp_path: Path) -> None:
    done = run("train", "toy.bdnn", "-o", "toy.json")
    assert done.code == 0
    assert done.out.startswith("trained, saved as toy.json\n├── optimal (exact, highs ")
    assert "note: `toy.csv`: delimiter `,`, a header, 8 rows, 3 columns\n" in done.err
    assert "note: layer `hidden`: margin exact 1 (" in done.err
    model = load(tmp_path / "toy.json")
    assert model.training.status == "optimal"
    assert model.source.path == "toy.csv"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy.bdnn", "toy.csv", "toy.json"]


def test_json_alone_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "spec.bdnn").write_text(SPEC, encoding="utf-8")
    (tmp_path / "toy.csv").write_bytes(b"a,b,class\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n")
    done = process(["train", "spec.bdnn", "--format", "json", "--option", "log_to_console=true"], tmp_path)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["status"], found["objective"], found["model"]) == ("optimal", 0, None)
    assert found["seconds"] > 0
    assert "the network was not saved" in done.err


def test_quiet(run: Runner) -> None:
    done = run("train", "toy.bdnn", "--quiet")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("trained\n")


def test_overrides_are_stored(run: Runner, tmp_path: Path) -> None:
    assert run("train", "toy.bdnn", "-o", "toy.json", "-D", "width=1").code == 0
    model = load(tmp_path / "toy.json")
    assert len(model.network.layers[0].bias) == 1
    assert "param width = 1\n" in model.spec


def test_standard_input(run: Runner) -> None:
    assert run("train", "-", "--quiet", "--format", "json", stdin=SPEC.encode()).code == 0


def test_start(run: Runner, trained: Path) -> None:
    done = run("train", "toy.bdnn", "--start", "toy.json", "-o", "again.json")
    assert done.code == 0, done.err
    other = run("train", "toy.bdnn", "--start", "toy.json", "-D", "width=3")
    assert other.code == 2
    assert "error[E523]" in other.err


def test_infeasible(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "cut.bdnn").write_text(SPEC.replace("width = 2", "width = 1") + "train exact { cutoff 0 }\n", encoding="utf-8")
    done = run("train", "cut.bdnn", "-o", "cut.json", "--format", "json")
    assert done.code == 1
    assert "error[E526]" in done.err
    found = json.loads(done.out)
    assert (found["status"], found["objective"], found["model"]) == ("infeasible", None, None)
    assert not (tmp_path / "cut.json").exists()


def test_no_time_at_all(run: Runner, tmp_path: Path) -> None:
    done = run("train", "toy.bdnn", "-o", "toy.json", "--time-limit", "0.000001", "--quiet")
    assert (done.code, done.err) == (0, "")  # a constant network is there at once
    (tmp_path / "cut.bdnn").write_text(SPEC + "train exact { cutoff 1 }\n", encoding="utf-8")
    done = run("train", "cut.bdnn", "-o", "cut.json", "--time-limit", "0.000001")
    assert done.code == 1
    assert done.out == ""
    assert "error[E521]" in done.err


def test_a_gap_that_is_missed(run: Runner, hard: Path) -> None:
    done = run("train", str(hard), "-o", "hard.json", "--gap", "0.01", "--time-limit", "3", "--progress", "none")
    assert done.code == 1
    assert "incumbent " not in done.err
    assert "error[E524]: a gap of 0.01 was asked for, but the gap is " in done.err
    assert load("hard.json").training.status == "feasible"


def test_a_limit_is_no_failure(run: Runner, hard: Path) -> None:
    done = run("train", str(hard), "--time-limit", "2", "--format", "json", "--progress", "plain")
    assert done.code == 0
    found = json.loads(done.out)
    assert found["status"] == "feasible"
    assert "\nincumbent " in done.err


def test_a_file_that_is_no_longer_writable_in_the_end(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder vanishes during the training: the network is still somewhere, and the error says where."""
    from bdnnc.training import session

    (tmp_path / "out").mkdir()
    probe = session.probe

    def probe_and_remove(path: Path) -> None:
        probe(path)
        path.parent.rmdir()

    monkeypatch.setattr(session, "probe", probe_and_remove)
    done = run("train", "toy.bdnn", "-o", "out/toy.json")
    assert done.code == 2
    assert "error[E661]" in done.err
    place = done.err.split("the network is safe in `")[1].split("`")[0]
    assert load(place).training.objective == 1
    Path(place).unlink()
    with pytest.raises(UserError):
        load(place)


def full(monkeypatch: pytest.MonkeyPatch, is_full: Callable[[int], bool]) -> list[int]:
    """A disk on which writing number k, from 0, finds no room where ``is_full(k)``; number 0 is the probe before the training.
    The list gets the numbers of the writings."""
    written: list[int] = []
    flush = os.fsync

    def fsync(handle: int) -> None:
        written.append(len(written))
        if is_full(written[-1]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return written


def test_a_disk_that_is_full_on_the_way_is_told_and_tried_again(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = full(monkeypatch, lambda number: number == 1)
    done = run("train", "toy.bdnn", "-o", "toy.json", "--progress", "plain")
    assert done.code == 0
    assert len(written) > 2
    [told] = [line for line in done.err.splitlines() if "W661" in line]
    assert told == ("warning[W661]: cannot write `toy.json`: no space left on device; going on, and trying again at the end")
    assert load(tmp_path / "toy.json").training.status == "optimal"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy.bdnn", "toy.csv", "toy.json"]


def test_a_disk_that_stays_full_is_an_error_in_the_end(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the temporary folder has room."""
    written = full(monkeypatch, lambda number: number > 0)
    done = run("train", "toy.bdnn", "-o", "toy.json", "--progress", "plain")
    assert done.code == 2
    assert done.err.count("warning[W661]: cannot write `toy.json`: no space left on device") == len(written) - 3
    assert "error[E661]: cannot write `toy.json`: no space left on device" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy.bdnn", "toy.csv"]
