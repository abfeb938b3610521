"""The benchmark "robust": files, what is noted and taken up again, what must hold of a run, tables, and the command."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import robust
from notebook import Notebook, line_of
from robust_fits import Count, Fit, Key, Program, Training, fit_of
from robust_instances import INSTANCES
from robust_page import cell, checked, page, plot, tables

from bdnnc.api import source_of
from bdnnc.cli.bench import BENCHMARKS
from bdnnc.pipeline import Pipeline

KEY = Key("iris", "hash", "nominal", 0, 10.0, "bdnnc 0")


def counts(certified: tuple[int, ...], undecided: int = 0, sets: tuple[str, ...] = ("train", "test")) -> tuple[Count, ...]:
    """Of ten points a set, the sizes of iris; those that are right at size 0 are the right ones."""
    sizes = INSTANCES["iris"].sizes
    return tuple(
        Count(name, size, 10, 10 - certified[0], number, 10 - number - undecided, undecided, 0.01)
        for name in sets
        for size, number in zip(sizes, certified, strict=True)
    )


def fit(method: str, certified: tuple[int, ...], loss: float, undecided: int = 0, split: int = 0) -> Fit:
    training = Training("feasible", loss, 0.0, 4.0, 2.0, INSTANCES["iris"].trained)
    key = replace(KEY, method=method, split=split)
    return Fit(key, training, Program(100, 50, 200), counts(certified, undecided))


NOMINAL = fit("nominal", (10, 8, 6, 4, 2, 0), 0.0)


@pytest.mark.parametrize("name", INSTANCES)
@pytest.mark.parametrize("method", robust.METHODS)
def test_every_file_is_right(name: str, method: str, tmp_path: Path) -> None:
    """Sizes ascend from nothing, the trained one is among them, and files of all methods differ in what is robust alone."""
    instance = INSTANCES[name]
    pytest.importorskip("sklearn")
    instance.write_points(tmp_path)
    sizes = [float(size) for size in instance.sizes]
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 0
    assert instance.trained in instance.sizes
    text = instance.spec(method, 3, 2.0)
    model = Pipeline(source_of(text)[0], tmp_path).model_spec
    assert (model.robust is None) == (method == "nominal")
    assert f"time_limit {2 * instance.longer:g} seed 3" in text
    assert text.split("minimize")[0] == instance.spec("nominal", 3, 2.0).split("minimize")[0]


def test_a_fit_as_a_line() -> None:
    for one in (NOMINAL, Fit(KEY, reason="why"), fit("soft", (9, 9, 9, 9, 9, 1), 1.0, 1)):
        assert fit_of(line_of(one)) == one


def test_the_key_follows_file_sizes_and_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [robust.key_of("iris", method, split, 10.0) for method in robust.METHODS for split in range(2)]
    assert len({key.spec for key in keys}) == len(keys)
    monkeypatch.setitem(INSTANCES, "iris", replace(INSTANCES["iris"], sizes=("0", "0.03")))
    assert robust.key_of("iris", "nominal", 0, 10.0) != keys[0]


def test_a_run_goes_on_where_the_one_before_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Key] = []

    def pretend(key: Key) -> Fit:
        done.append(key)
        return replace(NOMINAL, key=key)

    monkeypatch.setattr(robust, "in_own_process", pretend)
    keys = robust.keys_of(["iris"], ["nominal", "soft"], 2, 5.0)
    file = tmp_path / "robust.jsonl"
    robust.run(keys[:3], Notebook(file, fit_of))
    with file.open("a", encoding="utf-8") as open_file:
        open_file.write('{"key": {"inst')  # killed while it wrote
    robust.run(keys, Notebook(file, fit_of))
    assert done == keys
    assert list(Notebook(file, fit_of).entries) == keys
    notebook = Notebook(file, fit_of)
    notebook.forget(["soft"])
    assert {key.method for key in Notebook(file, fit_of).entries} == {"nominal"}


def test_what_failed_is_told_and_not_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(robust, "in_own_process", lambda key: Fit(key, reason="no scikit-learn"))
    robust.run([KEY], Notebook(tmp_path / "robust.jsonl", fit_of))
    assert not (tmp_path / "robust.jsonl").exists()
    assert capsys.readouterr().err == "iris, nominal, split 0: no scikit-learn\n"


def test_what_must_hold() -> None:
    """Trained for the fourth size. A network may be certified at more points than a `soft` or `static` file counts as right, at
    neither more nor fewer than an `adaptive` one does."""
    assert NOMINAL.flaws() == ()
    falling = (9, 9, 9, 8, 3, 1)
    for method, losses in (("soft", (2.0, 3.0)), ("adaptive", (2.0,))):
        assert [fit(method, falling, loss).flaws() for loss in losses] == [()] * len(losses)
    assert fit("static", (8, 8, 8, 8, 3, 1), 2.0).flaws() == ()
    assert any("9 points are right, 8" in flaw for flaw in fit("static", falling, 2.0).flaws())
    assert any("9 points count as right, 8" in flaw for flaw in fit("soft", falling, 1.0).flaws())
    assert any("7 points count as right, 8" in flaw for flaw in fit("adaptive", falling, 3.0).flaws())
    assert fit("adaptive", falling, 1.0, undecided=1).flaws() == ()  # nobody knows
    assert any("size 0.08 is easier" in flaw for flaw in fit("nominal", (9, 8, 7, 6, 5, 6), 0.0).flaws())


def test_cells() -> None:
    split = [fit("soft", (9, 9, 9, number, 3, 1), 3.0).of_set("test")[3] for number in (8, 7)]
    assert cell(split) == "75.0 ± 7.1"
    assert cell(split[:1]) == "80.0"
    assert cell([split[0], replace(split[1], undecided=1, broken=2)]) == "75.0..80.0"
    assert cell([]) == ""


def test_the_page() -> None:
    soft = fit("soft", (9, 9, 9, 8, 3, 1), 2.0)
    slow = replace(soft, training=replace(soft.training, took=10.0, status="optimal"), program=Program(150, 50, 500))
    text = page([NOMINAL, slow], robust.METHODS, 10.0)
    assert "limit of a training is 10 seconds" in text
    assert "## iris, 1 split\n\nTrained for `linf(0.03)`." in text
    assert "| size | nominal, test | soft, test | nominal, train | soft, train |" in text
    assert "| **0.03** | 40.0 | 80.0 | 40.0 | 80.0 |" in text
    assert "Certified test points at size 0.03, per cent more than `nominal`: `soft` +40.0." in text
    assert "| soft | 10.0 |  | 2.0 | 2.0 | 0.0 | 1 of 1 | 1.50 | 2.50 | 1 |" in text
    assert "0 of 240 verdicts are undecided. All hold in 2 runs." in text
    assert max(len(line) for line in text.splitlines() if not line.startswith(("|", "- "))) <= 128
    assert "- iris, soft, split 0: train: size 0.08" in checked([fit("soft", (9, 9, 9, 8, 3, 4), 2.0)])
    assert tables([], robust.METHODS) == ""


def test_seconds_are_compared_with_a_proof_alone() -> None:
    assert NOMINAL.training is not None
    proved = replace(NOMINAL, training=replace(NOMINAL.training, status="optimal", took=2.0))
    soft = fit("soft", (9, 9, 9, 8, 3, 1), 2.0)
    assert "| nominal | 2.0 | 1.0 |" in tables([proved, soft], robust.METHODS)
    assert "| soft | 4.0 | > 2.0 |" in tables([proved, soft], robust.METHODS)


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert not plot([], robust.METHODS, tmp_path / "none.svg")
    others = [fit("soft", (9, 9, 9, 8, 3, 1), 2.0, split=number) for number in range(2)]
    assert plot([NOMINAL, *others], robust.METHODS, tmp_path / "some.svg")
    assert "<svg" in (tmp_path / "some.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "said"), [(["irs"], "there is no instance `irs`"), (["--methods", "soft2"], "--methods")])
def test_wrong_words(words: list[str], said: str) -> None:
    done = subprocess.run([sys.executable, robust.__file__, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_command_knows_the_instances() -> None:
    assert set(BENCHMARKS["robust"].data) == set(INSTANCES)


def test_a_whole_run(tmp_path: Path) -> None:
    """On points that need no package: what is certified is what training says."""
    arguments = ["eleven", "--seconds", "1", "--splits", "1", "--methods", "nominal", "static", "--folder", str(tmp_path)]
    robust.main(arguments)
    fits = [fit_of(line) for line in (tmp_path / "robust.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one.key.method for one in fits] == ["nominal", "static"]
    assert [one.flaws() for one in fits] == [(), ()]
    assert all(len(one.of_set("train")) == 4 and not one.of_set("test") for one in fits)
    assert "| **2** |" in (tmp_path / "robust.md").read_text(encoding="utf-8")
