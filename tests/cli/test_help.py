"""Help imports nothing that makes it slow, is complete, and its examples run."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bdnnc.cli.main import VERBS
from tests.cli.conftest import Runner, environment, process


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bdnnc.cli.main import main; main(['--help']); "
        "print(sorted({'numpy', 'scipy', 'highspy', 'lark', 'sklearn', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_has_its_example(run: Runner, verb: str) -> None:
    shown = run(verb, "--help")
    assert shown.code == 0
    assert shown.err == ""
    assert f"  {VERBS[verb][1]}\n" in shown.out


def test_every_example_runs(run: Runner) -> None:
    pytest.importorskip("sklearn")
    for verb, (_, example) in VERBS.items():
        if verb == "bench":
            continue  # it runs in a process of its own, in `test_bench`
        program, *arguments = shlex.split(example)
        assert program == "bdnnc"
        done = run(*arguments)
        assert done.code == 0, f"{example}\n{done.err}"


def test_bench(tmp_path: Path) -> None:
    done = process(shlex.split(VERBS["bench"][1])[1:], tmp_path)
    assert done.code == 0, done.err
    assert "bdnnc" in done.out


def test_bench_that_does_not_exist(run: Runner) -> None:
    done = run("bench", "compil")
    assert (done.code, done.out) == (2, "")
    assert "error[E646]" in done.err
    assert "did you mean `compile`?" in done.err


def test_no_verb_is_help(run: Runner) -> None:
    assert run().out == run("-h").out


def test_version(run: Runner) -> None:
    import bdnnc

    assert run("--version").out == f"bdnnc {bdnnc.__version__}\n"


def test_solvers(run: Runner) -> None:
    import json

    entries = json.loads(run("solvers", "--format", "json").out)["solvers"]
    assert next(entry for entry in entries if entry["name"] == "highs")["usable"]
    assert "highspy" in run("solvers").out
