"""new: a file that passes check, and never one that was there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Runner


def test_a_new_file_is_good(run: Runner, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    done = run("new", "tumours")
    assert (done.code, done.out) == (0, "tumours.bdnn\n")
    assert "bdnnc train tumours.bdnn -o tumours.json" in done.err
    assert run("check", "tumours.bdnn").code == 0


def test_the_suffix_may_be_written(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert run("new", "sub/tumours.bdnn", "--quiet").err == ""
    assert (tmp_path / "sub" / "tumours.bdnn").is_file()


def test_nothing_is_overwritten(run: Runner, tmp_path: Path) -> None:
    before = (tmp_path / "toy.bdnn").read_bytes()
    done = run("new", "toy")
    assert done.code == 2
    assert "error[E651]" in done.err
    assert (tmp_path / "toy.bdnn").read_bytes() == before


@pytest.mark.parametrize("name", ["", ".", "..", "two words", "a\nb", "x{}", "sub/", "nul\0"])
def test_bad_names(run: Runner, tmp_path: Path, name: str) -> None:
    done = run("new", name)
    assert done.code == 2
    assert "error[E650]" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toy.bdnn", "toy.csv"]


def test_a_folder_that_is_not_there(run: Runner) -> None:
    assert "error[E661]: cannot write `gone/a.bdnn`: no such file or directory" in run("new", "gone/a").err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "error[E661]" in run("new", "locked/a").err
