"""Command lines that are wrong: a code, the nearest name, exit 2, nothing on standard output."""

from __future__ import annotations

import pytest

from bdnnc.diagnostics.catalogue import CATALOGUE
from tests.cli.conftest import Runner

WRONG = [
    (["chek"], "E604", "did you mean `check`?"),
    (["xyzzy"], "E604", "verbs are `new`"),
    (["train"], "E606", "`train` needs `SPEC`"),
    (["train", "toy.bdnn", "--tme-limit", "3"], "E605", "did you mean `--time-limit`?"),
    (["train", "toy.bdnn", "--time-limit", "soon"], "E607", "`--time-limit`"),
    (["train", "toy.bdnn", "--time-limit"], "E607", "`--time-limit`"),
    (["train", "toy.bdnn", "--threads", "2.5"], "E607", "`--threads`"),
    (["train", "toy.bdnn", "--progress", "loud"], "E607", "`plain`"),
    (["train", "toy.bdnn", "other.bdnn"], "E600", "other.bdnn"),
    (["train", "toy.bdnn", "-D", "width"], "E642", "`-D width` is not `NAME=VALUE`"),
    (["train", "toy.bdnn", "-D", "width="], "E642", "`-D width=` is not `NAME=VALUE`"),
    (["train", "toy.bdnn", "-D", "width=1", "-D", "width=2"], "E643", "`width` twice"),
    (["train", "toy.bdnn", "-D", "widht=1"], "E640", "did you mean `width`?"),
    (["train", "toy.bdnn", "-D", "width=(1"], "E641", "width"),
    (["train", "toy.bdnn", "--option", "threads"], "E634", "is not `NAME=VALUE`"),
    (["train", "toy.bdnn", "--option", "no_such=1"], "E633", "no_such"),
    (["train", "toy.bdnn", "--gap", "-1"], "E632", "`gap`"),
    (["train", "toy.bdnn", "--time-limit", "nan"], "E632", "`time_limit`"),
    (["train", "toy.bdnn", "--method", "magic"], "E630", "magic"),
    (["train", "toy.bdnn", "--solver", "hihgs"], "E501", "did you mean `highs`?"),
    (["train", "toy.bdnn", "--start", "gone.json"], "E660", "gone.json"),
    (["train", "gone.bdnn"], "E601", "gone.bdnn"),
    (["train", "toy.csv"], "E603", "toy.csv"),
    (["train", "toy.bdnn", "-o", "toy.bdnn"], "E647", "would overwrite"),
    (["train", "toy.bdnn", "-o", "toy.csv"], "E647", "would overwrite"),
    (["train", "toy.bdnn", "-o", "gone/toy.json"], "E661", "gone/toy.json"),
    (["train", "toy.bdnn", "-o", "toy.csv/toy.json"], "E661", "toy.csv/toy.json"),
    (["compile", "toy.bdnn", "-o", "toy.csv/toy.mps"], "E612", "toy.csv"),
    (["new", "toy.csv/other"], "E661", "toy.csv/other.bdnn"),
    (["check", "."], "E602", "is a folder"),
    (["train", "toy.bdnn", "-o", "."], "E661", "it is a folder"),
    (["train", "toy.bdnn", "-o", "-"], "E644", "name a file"),
    (["compile", "toy.bdnn"], "E644", "--emit program"),
    (["compile", "toy.bdnn", "-o", "-"], "E644", "--emit mps"),
    (["compile", "toy.bdnn", "-o", "toy.txt"], "E611", "`.txt`"),
    (["compile", "toy.bdnn", "-o", "gone/toy.mps"], "E612", "gone"),
    (["compile", "toy.bdnn", "--emit", "matrix"], "E607", "`milp`"),
    (["compile", "toy.bdnn", "--emit", "mps", "--without", "decided_row"], "E645", "did you mean `decided_rows`?"),
    (["evaluate", "gone.json", "toy.csv"], "E660", "gone.json"),
    (["predict", "gone.json", "toy.csv"], "E660", "gone.json"),
    (["certify", "gone.json"], "E660", "gone.json"),
    (["certify", "toy.csv"], "E550", "not JSON"),
]


@pytest.mark.parametrize(("arguments", "code", "text"), WRONG, ids=[" ".join(arguments) for arguments, _, _ in WRONG])
def test_wrong_command_lines(run: Runner, arguments: list[str], code: str, text: str) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert f"error[{code}]" in done.err
    assert text in done.err
    assert "Traceback" not in done.err
    assert code in CATALOGUE


def test_all_that_is_wrong_is_shown(run: Runner) -> None:
    done = run("train", "toy.bdnn", "--gap", "-1", "--threads", "0")
    assert done.err.count("error[E632]") == 2


def test_color(run: Runner) -> None:
    assert "\033[" in run("check", "gone.bdnn", "--color", "always").err
    assert "\033[" not in run("check", "gone.bdnn").err
