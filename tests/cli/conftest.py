"""A folder with a small spec, its data and a model trained from them, and ways to run a command line in it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bdnnc.cli.main import main

ROOT = Path(__file__).resolve().parents[2]

DATA = "a,b,class\n0,0,no\n0,1,yes\n1,0,yes\n1,1,no\n2,0,yes\n2,1,yes\n0,2,no\n2,2,no\n"
SPEC = """\
param width = 2

data {
  from   "toy.csv"
  target "class"
}

network {
  layer hidden: width step units
    weights in {-1, 0, 1}
  layer output: 1 step unit
    weights in {-1, 0, 1}
}

minimize hamming
"""


@dataclass(frozen=True)
class Ran:
    """Exit code and the two outputs of a run."""

    code: int
    out: str
    err: str


Runner = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """``run("check", "toy.bdnn", stdin=b"..")`` in this process, in the test's folder, which holds toy.bdnn and toy.csv."""
    (tmp_path / "toy.bdnn").write_text(SPEC, encoding="utf-8")
    (tmp_path / "toy.csv").write_text(DATA, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def in_process(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(arguments)
        found = capsys.readouterr()
        return Ran(code, found.out, found.err)

    return in_process


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """toy.bdnn, toy.csv and toy.json, trained once with width 2 from the command line."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "toy.bdnn").write_text(SPEC, encoding="utf-8")
    (folder / "toy.csv").write_text(DATA, encoding="utf-8")
    done = process(["train", "toy.bdnn", "-o", "toy.json", "-D", "width=2"], folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def trained(run: Runner, trained_folder: Path, tmp_path: Path) -> Path:
    """The model in the test's own folder."""
    shutil.copy(trained_folder / "toy.json", tmp_path / "toy.json")
    return tmp_path / "toy.json"


def environment() -> dict[str, str]:
    """This process's, with the checkout first on the path."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "bdnnc", *arguments]


def process(arguments: list[str], folder: Path, stdin: str = "") -> Ran:
    """The same in a process of its own."""
    done = subprocess.run(
        command(arguments), cwd=folder, env=environment(), input=stdin, capture_output=True, text=True, timeout=120, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


HARD = """\
data {
  from  sklearn("breast_cancer")
  scale minmax(0, 1) round 3
}

network {
  layer hidden: 5 step units
    weights in {-1, 0, 1}
  layer output: 1 step unit
    weights in {-1, 0, 1}
}

minimize hamming
"""


@pytest.fixture
def hard(tmp_path: Path) -> Path:
    """A spec that is not solved in a minute."""
    pytest.importorskip("sklearn")
    path = tmp_path / "hard.bdnn"
    path.write_text(HARD, encoding="utf-8")
    return path
