"""Standard output and error: closed pipes, full disks, narrow encodings, and what is a bug."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bdnnc.diagnostics import InternalError
from tests.cli.conftest import SPEC, Ran, Runner, command, environment


def _shell(line: str, folder: Path, **variables: str) -> Ran:
    """A line of sh in which ``bdnnc`` is the command; the exit code is that of its first word."""
    text = line.replace("bdnnc", " ".join(command([])), 1)
    done = subprocess.run(
        ["sh", "-c", text], cwd=folder, env=environment() | variables, capture_output=True, text=True, timeout=60, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("emit", ["mps", "program"])
def test_a_reader_that_leaves(run: Runner, tmp_path: Path, emit: str) -> None:
    large = "x,y,class\n" + "".join(f"{i},{i * i % 97},{i % 2}\n" for i in range(3000))
    (tmp_path / "toy.csv").write_text(large, encoding="utf-8")
    done = _shell(f"( bdnnc compile toy.bdnn --quiet --emit {emit}; echo $? >&2 ) | head -1", tmp_path)
    assert len(done.out.splitlines()) == 1
    assert done.err == "0\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
@pytest.mark.parametrize("arguments", ["--help", "solvers", "compile toy.bdnn --quiet --emit mps", "check toy.bdnn"])
def test_a_full_disk(run: Runner, tmp_path: Path, arguments: str) -> None:
    done = _shell(f"bdnnc {arguments} > /dev/full", tmp_path)
    assert done.code == 2
    assert done.err.splitlines()[-1] == "error[E661]: cannot write standard output: no space left on device"


def test_a_closed_output(run: Runner, tmp_path: Path) -> None:
    assert _shell("bdnnc check toy.bdnn --quiet >&-", tmp_path) == Ran(0, "", "")
    assert _shell("bdnnc check gone.bdnn 2>&-", tmp_path) == Ran(2, "", "")


def test_names_that_are_no_text(run: Runner, tmp_path: Path) -> None:
    done = run("check", os.fsdecode(b"\xff.bdnn"))
    assert done.code == 2
    assert "error[E601]" in done.err


def test_an_encoding_without_the_characters(run: Runner, tmp_path: Path) -> None:
    done = _shell("bdnnc train toy.bdnn --quiet", tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.code == 0, done.err
    assert "optimal" in done.out


def test_results_and_diagnostics_do_not_mix(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "warned.bdnn").write_text("param spare = 1\n" + SPEC, encoding="utf-8")
    done = run("compile", "warned.bdnn", "--emit", "lp")
    assert "warning" not in done.out
    assert "note:" not in done.out
    assert "warning[W101]" in done.err


@pytest.mark.parametrize("trouble", [InternalError("a row without a column"), ValueError("no such thing"), RecursionError()])
def test_a_bug_asks_for_a_report(run: Runner, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
    def fail(*_: object, **__: object) -> object:
        raise trouble

    monkeypatch.setattr("bdnnc.posing.pose", fail)
    done = run("check", "toy.bdnn")
    assert (done.code, done.out) == (2, "")
    assert "error[E900]: this is a bug of bdnnc" in done.err
    assert "command: bdnnc check toy.bdnn" in done.err
    assert "Traceback" not in done.err
    report = Path(done.err.split("what happened inside: ")[1].splitlines()[0])
    text = report.read_text(encoding="utf-8")
    report.unlink()
    assert "Traceback" in text
    assert type(trouble).__name__ in text


@pytest.mark.parametrize(
    ("trouble", "code", "text"),
    [
        (MemoryError(), 1, "error[E670]"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device"), 2, "E661"),
    ],
)
def test_troubles_of_the_machine(
    run: Runner, monkeypatch: pytest.MonkeyPatch, trouble: BaseException, code: int, text: str
) -> None:
    def fail(*_: object, **__: object) -> object:
        raise trouble

    monkeypatch.setattr("bdnnc.posing.pose", fail)
    monkeypatch.setattr("bdnnc.cli.guard._drop_output", lambda: None)
    done = run("check", "toy.bdnn")
    assert (done.code, done.out) == (code, "")
    assert text in done.err


def test_main_is_installed_as_a_script() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["scripts"]["bdnnc"] == "bdnnc.cli.main:main"
    assert sys.modules["bdnnc.cli.main"].main(["--version"]) == 0
