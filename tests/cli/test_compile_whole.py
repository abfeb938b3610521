"""compile on the whole language: stages of new constructs, passes printed, times, sizes, several goals, the published form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bdnnc.formulation.passes import PASSES
from bdnnc.ir.program_parse import parse_program
from bdnnc.ir.program_text import program_text
from bdnnc.language import read_source
from bdnnc.milp.lower import MEANINGS
from bdnnc.milp.names import Names
from bdnnc.pipeline import Pipeline
from bdnnc.solve.protocol import Stop
from bdnnc.solve.relaxation import RootBound, root_bound, root_text
from tests.cli.conftest import ROOT, Runner

EXPECTED = Path(__file__).parent / "expected"
PASS_NAMES = [item.name for item in PASSES]

POINTS = """\
age,size,kind,class
20,1.5,x,a
30,2.5,y,b
40,0.5,z,c
50,3.5,x,a
60,2.0,y,c
70,1.0,x,b
"""

SPARSE = """\
data {
  from "whole.csv"
  target "class"
  encode ["kind"] onehot
  encode ["age"] thermometer(2)
  scale minmax(0, 1) round 2
}
network {
  layer first: 2 step(0.5) units
    weights in bits(2)
    bias    in {-3..3}
    mask    "mask.csv"
  layer output: classes step units
    weights in fixed(1)
    bias    shared in [-1, 1]
}
minimize errors of "a" + 2 * errors + 0.5 * l0(first.weights) within 1
then maximize margin(output)
then minimize linf(weights) + units(first)
subject to {
  fan_in(first) <= 2
  features_used <= 2
  output.weights[0, 1] + 2 * output.bias[0] <= 1
  monotone increasing in "size" for class "b"
}
"""

REGRESSION = """\
data { from "whole.csv" target "size" features ["age"] scale standard round 2 }
network {
  layer first: 2 sign units
    powers  2
    weights in scaled {-1, 0, 1} by [0.5, 2]
    bias    none
  layer output: 1 linear unit
    weights in [-5, 5]
}
minimize absolute + 0.25 * l1(output.bias)
"""

HINGED = """\
data { from "whole.csv" target "class" features ["age", "size"] scale minmax(-1, 1) round 1 }
network {
  layer output: classes linear units
    weights in {-2..2}
    bias    fixed "bias.npz"
}
minimize hinge(1) weighted balanced
subject to { l1(output.weights) <= 4 }
"""

WHOLE = {"sparse": SPARSE, "regression": REGRESSION, "hinged": HINGED}


@pytest.fixture
def whole(run: Runner, tmp_path: Path) -> Runner:
    """The specs of this file with what they read, in the test's folder."""
    (tmp_path / "whole.csv").write_text(POINTS, encoding="utf-8")
    (tmp_path / "mask.csv").write_text("1,1,1,0,1,1\n0,1,1,1,1,1\n", encoding="utf-8")
    np.savez(tmp_path / "bias.npz", bias=np.array([0.0, 1.0, -1.0]))
    for name, text in WHOLE.items():
        (tmp_path / f"{name}.bdnn").write_text(text, encoding="utf-8")
    return run


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("stage", ["tree", "spec", "problem", "program", "milp"])
def test_text_stages(whole: Runner, golden: Callable[[str, Path], None], name: str, stage: str) -> None:
    done = whole("compile", f"{name}.bdnn", "--emit", stage, "--quiet")
    assert (done.code, done.err) == (0, "")
    if stage in ("problem", "milp"):
        golden(done.out, EXPECTED / f"{name}_{stage}.txt")
    if stage == "program":
        assert program_text(parse_program(done.out)) == done.out


@pytest.mark.parametrize("name", WHOLE)
def test_file_stages_are_the_files(whole: Runner, tmp_path: Path, name: str) -> None:
    for stage in ("mps", "lp"):
        done = whole("compile", f"{name}.bdnn", "-o", f"{name}.{stage}", "--emit", stage, "--quiet")
        assert (done.code, done.err) == (0, "")
        assert done.out == (tmp_path / f"{name}.{stage}").read_text(encoding="utf-8")
    emitted = whole("compile", f"{name}.bdnn", "--emit", "map", "--quiet").out
    assert emitted == (tmp_path / f"{name}.map.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WHOLE)
def test_the_map_knows_every_name_and_statement(whole: Runner, tmp_path: Path, name: str) -> None:
    """Every row and column lies in exactly one family, whose statement is one of the file's."""
    table = json.loads(whole("compile", f"{name}.bdnn", "--emit", "map").out)
    model = Pipeline(read_source(tmp_path / f"{name}.bdnn"), tmp_path).milp
    known = {statement["id"] for statement in table["statements"]}
    for key, count in (("rows", model.A.shape[0]), ("columns", model.A.shape[1])):
        ends = [(family["start"], family["stop"]) for family in table[key]]
        assert [start for start, _ in ends] == [0, *(stop for _, stop in ends[:-1])]
        assert ends[-1][1] == count
        assert {family["statement"] for family in table[key]} <= known
        assert all(family["note"] for family in table[key])
    assert len(set(Names.of(model.row_names).bytes_array().tolist())) == model.A.shape[0]
    assert len(set(Names.of(model.column_names).bytes_array().tolist())) == model.A.shape[1]


def test_the_page_knows_every_symbol() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    spoken = set(re.findall(r"[a-z]+", " ".join(re.findall(r"`([^`]*)`", page))))
    assert set(MEANINGS) - spoken == set()


# --- passes and times -----------------------------------------------------------------------------------------------


def test_the_program_after_a_pass(run: Runner) -> None:
    """After the last pass it is the program itself; after an earlier one that of a run without those behind it."""
    first, last = PASS_NAMES[0], PASS_NAMES[-1]
    done = run("compile", "toy.bdnn", "--print-after", last, "--print-after", first)
    assert done.code == 0
    parts = re.split(r"^--- program after (\w+) ---\n", done.out, flags=re.MULTILINE)
    assert (parts[0], parts[1], parts[3]) == ("", first, last)
    others = [flag for name in PASS_NAMES[1:] for flag in ("--without", name)]
    assert parts[2] == run("compile", "toy.bdnn", "--emit", "program", *others).out
    assert parts[4] == run("compile", "toy.bdnn", "--emit", "program").out


def test_stages_are_printed_in_the_order_of_the_pipeline(run: Runner, tmp_path: Path) -> None:
    done = run("compile", "toy.bdnn", "--emit", "problem", "--print-after", PASS_NAMES[0], "-o", "toy.lp", "--stats")
    assert done.code == 0
    places = [done.out.index(text) for text in ("data  8 samples", "--- program after", "model toy\n", "root LP bound")]
    assert places == sorted(places)
    assert (tmp_path / "toy.lp").is_file()


def test_times(whole: Runner) -> None:
    done = whole("compile", "sparse.bdnn", "-o", "sparse.mps", "--time-passes", "--stats")
    table = {line.split()[0]: line for line in done.err.splitlines() if re.search(r" \d+\.\d{3} s\b", line)}
    order = ["parse", "check", "data", "pose", "formulate", *PASS_NAMES, "lower", "write", "root", "total"]
    assert list(table) == order
    assert "statements 4" in table["parse"]
    assert "layers 2, goals 3, constraints 4" in table["check"]
    assert "points 6, patterns 6, inputs 6" in table["data"]
    assert re.search(r"variables \d+, fixed \d+, implications \d+, rows \d+$", table["formulate"])
    assert re.search(r"rows \d+, columns \d+, non-zeros \d+$", table["lower"])
    assert table["write"].endswith("sparse.mps, sparse.map.json")


def test_what_a_pass_changed(run: Runner) -> None:
    """Of the 16 + 8 implications twice, one side of each output row goes."""
    table = run("compile", "toy.bdnn", "--time-passes").err
    assert re.search(r"one_direction .*variables \d+, fixed 0, implications 48 -> 40, rows 0$", table, re.MULTILINE)


def test_times_alone_need_no_output(run: Runner) -> None:
    done = run("compile", "toy.bdnn", "--time-passes")
    assert (done.code, done.out) == (0, "")
    assert re.search(r"^lower +\d", done.err, re.MULTILINE)


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_stats_are_the_table_and_the_root_bound(run: Runner) -> None:
    table = run("compile", "toy.bdnn", "--emit", "milp").out
    assert run("compile", "toy.bdnn", "--stats").out == f"{table}  root LP bound     >= 0\n"
    assert run("compile", "toy.bdnn", "--stats", "--emit", "milp").out == f"{table}  root LP bound     >= 0\n"


BOUNDED = """\
data { from "toy.csv" target "class" }
network { layer output: 1 step unit weights in {-1, 0, 1} margin 1 }
minimize 2 * hamming + 1
"""


def test_a_root_bound_is_rounded_to_the_lattice(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "bounded.bdnn").write_text(BOUNDED, encoding="utf-8")
    said = run("compile", "bounded.bdnn", "--stats").out.splitlines()[-1]
    found = re.fullmatch(r"  root LP bound     >= ([\d.]+), on the lattice of objectives >= (\d+)", said)
    assert found is not None, said
    bound, proved = float(found[1]), float(found[2])
    assert proved % 2 == 1
    assert bound <= proved < bound + 2


def test_a_root_bound_that_takes_too_long(run: Runner, tmp_path: Path) -> None:
    model = Pipeline(read_source(tmp_path / "toy.bdnn"), tmp_path).milp
    assert root_bound(model, time_limit=0.0).value is None
    assert root_text(RootBound(None, 60.02, Stop.TIME_LIMIT), model, "minimize") == "not reached in 60 s"
    assert root_text(RootBound(None, 0.1, Stop.INFEASIBLE), model, "minimize") == "none: infeasible"
    assert root_text(RootBound(-2.5, 0.1, Stop.OPTIMAL), model, "maximize") == "<= 2.5, on the lattice of objectives <= 2"


def test_the_root_bound_of_a_maximized_goal(run: Runner, tmp_path: Path) -> None:
    text = BOUNDED.replace("minimize 2 * hamming + 1", "maximize margin").replace(" margin 1 ", " ")
    (tmp_path / "wide.bdnn").write_text(text, encoding="utf-8")
    said = run("compile", "wide.bdnn", "--stats").out.splitlines()[-1]
    assert re.fullmatch(r"  root LP bound     <= [\d.]+", said), said


# --- goals ----------------------------------------------------------------------------------------------------------


def test_the_model_is_that_of_the_first_goal(whole: Runner) -> None:
    for flags in (["-o", "sparse.mps"], ["--emit", "program"], ["--print-after", PASS_NAMES[0]]):
        said = whole("compile", "sparse.bdnn", *flags).err
        assert '`minimize errors of "a" + 2 * errors + 0.5 * l0(first.weights)`; `train` goes on with ' in said
        assert "`then maximize margin(output)`, `then minimize linf(weights) + units(first)`" in said
    assert "first goal" not in whole("compile", "sparse.bdnn", "--emit", "spec").err
    assert "first goal" not in whole("compile", "toy.bdnn", "--emit", "milp").err
    assert whole("compile", "sparse.bdnn", "-o", "sparse.mps", "--quiet").err == ""


# --- what was chosen for a layer ------------------------------------------------------------------------------------


def notes_of(said: str) -> list[str]:
    return [line.removeprefix("note: ") for line in said.splitlines() if line.startswith("note: layer")]


def test_notes_on_layers(whole: Runner) -> None:
    first, second = notes_of(whole("compile", "sparse.bdnn", "--emit", "program").err)
    assert first.startswith("layer `first`: margin exact ")
    assert first.endswith("bias {-3..3}, height 0.5, connections may be absent")
    assert second.endswith(", bias shared [-1, 1], connections may be absent")
    first, second = notes_of(whole("compile", "regression.bdnn", "--emit", "program").err)
    assert first.startswith("layer `first`: margin chosen 0.0001 (")
    assert second.startswith("layer `output`: margin none (scores are not compared with 0), bias [")
    (only,) = notes_of(whole("compile", "hinged.bdnn", "--emit", "program").err)
    assert only == "layer `output`: margin none (scores are not compared with 0), bias fixed"


def test_a_mask_alone_is_counted(whole: Runner, tmp_path: Path) -> None:
    text = SPARSE[: SPARSE.index("minimize")] + "minimize zero_one\n"
    (tmp_path / "masked.bdnn").write_text(text, encoding="utf-8")
    first, _ = notes_of(whole("compile", "masked.bdnn", "--emit", "program").err)
    assert first.endswith("bias {-3..3}, height 0.5, 2 of 12 connections masked")


# --- flags that do not go together ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "code", "message", "help"),
    [
        ([], "E644", "there is nothing to write", "name a file with `-o model.mps`"),
        (["--emit", "mps", "--stats"], "E648", "`--emit mps` and `--stats` both print on standard output", "with `-o`"),
        (["--emit", "map", "--print-after", "decided_rows"], "E648", "`--emit map` and `--print-after` both", "with `-o`"),
        (["--time-passes", "--quiet"], "E648", "`--time-passes` prints on standard error", "leave one of them out"),
        (["--print-after", "decided_row"], "E645", "there is no pass `decided_row`", "did you mean `decided_rows`?"),
        (["--print-after", "lower"], "E645", "there is no pass `lower`", "passes are"),
        (
            ["--print-after", "decided_rows", "--without", "decided_rows"],
            "E645",
            "`--print-after decided_rows` names a pass that is left out",
            "leave `--without decided_rows` out",
        ),
        (
            ["--formulation", "published", "--without", "decided_rows", "-o", "x.mps"],
            "E648",
            "`--formulation published` runs no passes, and `--without` names one",
            "leave `--without` out",
        ),
        (
            ["--formulation", "published", "--print-after", "decided_rows"],
            "E648",
            "`--formulation published` runs no passes, and `--print-after` names one",
            "leave `--print-after` out",
        ),
        (["--formulation", "papers", "-o", "x.mps"], "E607", "`--formulation`", "see `bdnnc compile --help`"),
    ],
)
def test_flags_that_exclude_each_other(run: Runner, flags: list[str], code: str, message: str, help: str) -> None:
    done = run("compile", "toy.bdnn", *flags)
    assert done.code == 2
    assert done.out == ""
    assert f"error[{code}]: {message}" in done.err
    assert help in done.err


# --- the published form ---------------------------------------------------------------------------------------------


def test_the_published_form(run: Runner) -> None:
    done = run("compile", "toy.bdnn", "--formulation", "published", "--time-passes", "--emit", "milp")
    assert done.code == 0
    assert "note: layer `hidden`: margin published 0.00001, bias {-5..4}" in done.err
    assert not any(name in done.err for name in PASS_NAMES)
    assert re.search(r"on\(hidden\) +16 ", done.out)


def test_what_the_published_form_lacks(whole: Runner) -> None:
    done = whole("compile", "hinged.bdnn", "--formulation", "published", "-o", "hinged.mps")
    assert done.code == 2
    assert done.err.count("error[E339]") >= 3
    assert "the published formulation knows no loss `hinge`" in done.err
    assert "help: leave `published` out" in done.err


def test_a_network_of_the_published_form(run: Runner, tmp_path: Path) -> None:
    done = run("train", "toy.bdnn", "-o", "toy.json", "--formulation", "published", "--time-limit", "60")
    assert done.code == 0
    record = json.loads((tmp_path / "toy.json").read_text(encoding="utf-8"))["training"]
    assert record["class"]["margin"] == "published"
    assert record["class"]["output.margin"] == "published 0.00001"
    assert run("certify", "toy.json").code == 0
    assert run("certify", "toy.json", "toy.bdnn").code == 0
