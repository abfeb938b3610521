"""`bdnnc bench`: which words and flags it takes. The benchmarks have tests of their own."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Runner


def test_an_instance_that_does_not_exist(run: Runner) -> None:
    done = run("bench", "find", "credt")
    assert (done.code, done.out) == (2, "")
    assert "error[E646]: there is no instance `credt`" in done.err
    assert "did you mean `credit`?" in done.err


def test_a_flag_of_another_benchmark(run: Runner) -> None:
    done = run("bench", "find", "--splits", "3")
    assert (done.code, done.out) == (2, "")
    assert "error[E648]: the benchmark `find` has no `--splits`" in done.err
    assert "`learn`" in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("find", "--seconds", "10,x"),
        ("find", "--seconds", "10,-1"),
        ("find", "--seconds", ""),
        ("learn", "--seconds", "10,30"),
        ("learn", "--seconds", "inf"),
        ("learn", "--splits", "0"),
        ("find", "--seeds", "0"),
    ],
)
def test_a_wrong_number(words: tuple[str, ...], run: Runner) -> None:
    done = run("bench", *words)
    assert (done.code, done.out) == (2, "")
    assert f"error[E632]: `{words[1]}` is" in done.err
