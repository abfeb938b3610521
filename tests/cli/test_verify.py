"""``bdnnc verify``: what is printed and written, exit codes, wrong input, resumption after a kill, Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bdnnc
from bdnnc.diagnostics import UserError
from bdnnc.network.document import Model
from bdnnc.network.saving import load
from tests.cli.conftest import Ran, Runner, command, environment, process

SPEC = """\
data { from "ab.csv" target "class" scale minmax(0, 1) hold test 4 stratified }
network { layer hidden: 2 step units weights in {-1, 0, 1} layer output: 1 step unit weights in {-1, 0, 1} }
minimize hamming
"""

THREE = """\
data { from "three.csv" target "class" scale minmax(0, 1) }
network one_vs_one { layer hidden: 2 step units weights in {-1, 0, 1} layer output: 1 step unit weights in {-1, 0, 1} }
minimize hamming
"""


def points(classes: int, rows: int = 20) -> str:
    """Some blobs, rows that are equal among them."""
    dice = random.Random(classes)
    lines = ["a,b,class"]
    for place in range(rows):
        label = place % classes
        lines.append(f"{10 * (label % 2) + dice.randint(0, 9)},{8 * (label // 2) + dice.randint(0, 9)},{'xyz'[label]}")
    return "\n".join([*lines, lines[1], lines[1]]) + "\n"


@pytest.fixture(scope="session")
def verified_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ab.json, of two classes, and three.json, an ensemble."""
    folder = tmp_path_factory.mktemp("verified")
    for name, spec, classes in (("ab", SPEC, 2), ("three", THREE, 3)):
        (folder / f"{name}.csv").write_text(points(classes), encoding="utf-8")
        (folder / f"{name}.bdnn").write_text(spec, encoding="utf-8")
        done = process(["train", f"{name}.bdnn", "-o", f"{name}.json", "--time-limit", "5"], folder)
        assert done.code == 0, done.err
    return folder


@pytest.fixture
def folder(run: Runner, verified_folder: Path, tmp_path: Path) -> Path:
    for path in verified_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


# --- what is right, written here ----------------------------------------------------------------------------------------


def output(layers: list[Any], x: list[Fraction]) -> list[bool]:
    """Which units of the last layer are active, a tie being active."""
    active: list[bool] = []
    for layer in layers:
        rows = zip(layer.weights.tolist(), layer.bias.tolist(), strict=True)
        active = [sum((w * v for w, v in zip(row, x, strict=True)), bias) >= 0 for row, bias in rows]
        x = [Fraction(value) for value in active]
    return active


def predicted(model: Model, x: list[Fraction]) -> str | None:
    """The class of a network with one output, or of a vote; None for a tie of three."""
    network, classes = model.network, model.network.classes
    if not model.members:
        return classes[output(list(network.layers), x)[0]]  # type: ignore[union-attr]
    pairs = [(0, 1), (0, 2), (1, 2)]
    votes = [pair[output(list(net.layers), x)[0]] for pair, net in zip(pairs, network.members, strict=True)]  # type: ignore[union-attr]
    count = [votes.count(place) for place in range(3)]
    best = [place for place in range(3) if count[place] == max(count)]
    if len(best) == 3:
        return None
    return classes[best[0] if len(best) == 1 else votes[pairs.index((best[0], best[1]))]]


def scaled(model: Model, row: dict[str, str]) -> list[Fraction]:
    return [(Fraction(row[given.name]) - given.transform.shift) * given.transform.factor for given in model.network.inputs]  # type: ignore[union-attr]


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def without_seconds(text: str) -> list[str]:
    return [line.rpartition(",")[0] for line in text.splitlines()]


# --- what is printed ----------------------------------------------------------------------------------------------------


def test_text(run: Runner, folder: Path) -> None:
    done = run("verify", "ab.json", "--within", "linf(0.05)")
    assert done.code == 0, done.err
    assert done.err == "note: the points are those of `train`; `--set` takes `test` too\n"
    first, errors, certified, broken, undecided, accuracy, worst, *_ = done.out.splitlines()
    assert first == "train: 18 points, 17 distinct, perturbed by linf(0.05)"
    number = [int(line.split()[-1]) for line in (errors, certified, broken, undecided)]
    assert number[1] + number[2] == 18
    assert number[3] == 0
    share = 10_000 * number[1] // 18
    assert accuracy == f"  certified accuracy   {share // 100}.{share % 100:02d} % ({number[1]} of 18)"
    assert worst.split()[1:] == accuracy.split()[1:]


@pytest.mark.parametrize("name", ["ab", "three"])
@pytest.mark.parametrize(
    "within", ["linf(0.12)", "l1(0.2)", "l2(0.15)", "raw linf(1)", "budget(0.3, 1)", "box(-0.1, [0.2, 0])"]
)
def test_counter_examples(run: Runner, folder: Path, name: str, within: str) -> None:
    """Each is in the set, wrong in an evaluation written here, and what the columns say of it is so."""
    done = run("verify", f"{name}.json", "--within", within, "-o", "out.csv")
    assert done.code == 0, done.err
    model, data = load(folder / f"{name}.json"), rows_of(folder / f"{name}.csv")
    found = rows_of(folder / "out.csv")
    assert {row["outcome"] for row in found} == {"certified", "broken"}
    for row in found:
        x = scaled(model, data[int(row["row"])])
        assert row["label"] == data[int(row["row"])]["class"]
        assert predicted(model, x) in (row["predicted"], None)
        if row["outcome"] == "certified":
            assert row["predicted"] == row["label"]
            assert row["predicted_at"] == row.get("delta:a", "") == ""
            continue
        delta = [Fraction(row.get(f"delta:{place}") or 0) for place in "ab"]
        at = predicted(model, [value + change for value, change in zip(x, delta, strict=True)])
        assert at != row["label"]
        assert at in (row["predicted_at"], None)
        raw = [change / given.transform.factor for change, given in zip(delta, model.network.inputs, strict=True)]  # type: ignore[union-attr]
        assert {
            "linf(0.12)": max(map(abs, delta)) <= Fraction("0.12"),
            "l1(0.2)": sum(map(abs, delta)) <= Fraction("0.2"),
            "l2(0.15)": sum(change * change for change in delta) <= Fraction("0.15") ** 2,
            "raw linf(1)": max(map(abs, raw)) <= 1,
            "budget(0.3, 1)": sum(change != 0 for change in delta) <= 1 and max(map(abs, delta)) <= Fraction("0.3"),
            "box(-0.1, [0.2, 0])": min(delta) >= Fraction("-0.1") and delta[0] <= Fraction("0.2") and delta[1] <= 0,
        }[within]


@pytest.mark.parametrize("name", ["ab", "three"])
def test_finite_sets_against_enumeration(run: Runner, folder: Path, name: str) -> None:
    done = run(
        "verify", f"{name}.json", "--within", "linf(0.3) step 0.1", "--clip", "-1..2", "--data", f"{name}.csv", "-o", "-"
    )
    assert done.code == 0, done.err
    model, data = load(folder / f"{name}.json"), rows_of(folder / f"{name}.csv")
    steps = [Fraction(k, 10) for k in range(-3, 4)]
    for row, given in zip(table(done.out), data, strict=True):
        x = scaled(model, given)
        near = [[x[0] + p, x[1] + q] for p in steps for q in steps if -1 <= x[0] + p <= 2 and -1 <= x[1] + q <= 2]
        right = all(predicted(model, moved) == given["class"] for moved in near)
        assert row["outcome"] == ("certified" if right else "broken")


def test_equal_points_are_judged_once(run: Runner, folder: Path) -> None:
    done = run("verify", "ab.json", "--within", "linf(0.05)", "--data", "ab.csv", "--events", "e.jsonl", "-o", "-", "-q")
    found = table(done.out)
    assert len(found) == 22
    assert found[0] | {"row": ""} == found[20] | {"row": ""} == found[21] | {"row": ""}
    events = [json.loads(line) for line in (folder / "e.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events].count("record") < 21


def test_json(run: Runner, folder: Path) -> None:
    done = run(
        "verify", "ab.json", "--within", "linf(0.1)", "--format", "json", "--set", "test", "--set", "train", "--radius", "-q"
    )
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["model"], found["within"], found["interrupted"]) == ("ab.json", "linf(0.1)", False)
    assert [part["set"] for part in found["sets"]] == ["train", "test"]
    for part in found["sets"]:
        own = [point for point in found["points"] if point["set"] == part["set"]]
        assert part["points"] == len(own)
        for outcome in ("certified", "broken", "undecided"):
            assert part[outcome] == sum(point["outcome"] == outcome for point in own)
        assert part["errors"] == sum(point["error"] for point in own)
    for point in found["points"]:
        assert (point["counter_example"] is not None) == (point["outcome"] == "broken")
        assert set(point["first_layer_radius"]) == {"linf", "l1", "l2_squared"}
    moves = [move for point in found["points"] if point["counter_example"] for move in point["counter_example"]["moves"]]
    assert moves
    for move in moves:
        assert {"input", "from", "to", "delta", "file_from", "file_to"} == set(move)
        assert Fraction(str(move["to"])) - Fraction(str(move["from"])) == Fraction(str(move["delta"]))


def test_radius(run: Runner, folder: Path) -> None:
    """Between the certified and the broken radius, and never below the first layer's."""
    done = run("verify", "ab.json", "--within", "linf(0.2)", "--radius", "-o", "-", "-q")
    smaller = {row["row"]: row for row in table(run("verify", "ab.json", "--within", "linf(0.1)", "-o", "-", "-q").out)}
    for row in table(done.out):
        certified, broken = row["radius_certified"], row["radius_broken"]
        if row["outcome"] == "certified":
            assert (certified, broken) == ("0.2", "")
        elif row["predicted"] != row["label"]:
            assert (certified, broken) == ("", "0")
        else:
            assert 0 <= Fraction(certified) < Fraction(broken) <= Fraction(1, 5)
            assert Fraction(broken) - Fraction(certified) <= max(Fraction(broken) / 500, Fraction(1, 10**6))
            assert Fraction(broken) >= Fraction(row["first_layer_linf"])
            assert (smaller[row["row"]]["outcome"] == "certified") >= (Fraction(certified) >= Fraction(1, 10))
    shown = run("verify", "ab.json", "--within", "linf(0.2)", "--radius", "-q").out
    assert "  certified radius     least " in shown
    shares = run("verify", "ab.json", "--within", "box(-0.2, 0.1)", "--radius", "-q").out
    assert "certified share of the set " in shares


def test_several_jobs_say_the_same(run: Runner, folder: Path) -> None:
    pytest.importorskip("joblib")
    flags = ["verify", "three.json", "--within", "linf(0.1)", "--radius", "-q", "-o", "-"]
    one, two = run(*flags, "--jobs", "1"), run(*flags, "--jobs", "2")
    assert one.code == two.code == 0, two.err
    assert without_seconds(one.out) == without_seconds(two.out)


def test_points_of_their_own(run: Runner, folder: Path) -> None:
    """From a file with other columns in another order, and from standard input; `raw` knows their numbers before scaling."""
    text = "class,b,a\n" + "".join(f"{row['class']},{row['b']},{row['a']}\n" for row in rows_of(folder / "ab.csv"))
    (folder / "other.csv").write_text(text, encoding="utf-8")
    flags = ["verify", "ab.json", "--within", 'inputs ["a"] within raw box(-6, 8)', "-o", "-", "-q", "--data"]
    wanted = run(*flags, "ab.csv")
    assert wanted.code == 0, wanted.err
    assert without_seconds(run(*flags, "other.csv").out) == without_seconds(wanted.out)
    assert without_seconds(run(*flags, "-", stdin=text.encode()).out) == without_seconds(wanted.out)
    assert wanted.out.startswith("set,row,label,outcome,predicted,predicted_at,delta:a,first_layer_linf,seconds\ndata,0,")


def test_the_robust_block_of_the_model(run: Runner, folder: Path) -> None:
    model = json.loads((folder / "ab.json").read_text())
    model["spec"] += "robust static soft { inputs within linf(0.05) # here\n  clip 0..1 }\n"
    (folder / "own.json").write_text(json.dumps(model), encoding="utf-8")
    own = run("verify", "own.json", "-o", "-")
    assert own.code == 0, own.err
    typed = run("verify", "ab.json", "--within", "linf(0.05)", "--clip", "0..1", "-o", "-")
    assert without_seconds(own.out) == without_seconds(typed.out)


def test_polytopes_begin_where_the_command_does(run: Runner, folder: Path) -> None:
    (folder / "A.csv").write_text("1,0\n-1,0\n0,1\n0,-1\n")
    (folder / "b.csv").write_text("0.1\n0.1\n0.1\n0.1\n")
    box = run("verify", "ab.json", "--within", "linf(0.1)", "-o", "-", "-q")
    polytope = run("verify", "ab.json", "--within", 'polytope("A.csv", "b.csv")', "-o", "-", "-q")
    assert polytope.code == 0, polytope.err
    assert [row["outcome"] for row in table(polytope.out)] == [row["outcome"] for row in table(box.out)]


# --- what is wrong ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "code", "says"),
    [
        (["--within", "linff(1)"], "E401", "did you mean `linf`?"),
        (["--within", "linf(-1)"], "E126", "--within:1:6"),
        (["--within", "linf(1/0)"], "E118", "--within"),
        (["--within", "linf(width)"], "E112", "unknown name `width`"),
        (["--within", "flips(1)"], "E410", "is not binary"),
        (["--within", "linf(0.1)", "--clip", "0.5..1"], "E411", "--clip:1:1"),
        (["--within", 'polytope("A.csv", "b.csv")'], "E412", "A.csv"),
        (["--within", "box(1, 2)"], "E404", "does not contain 0"),
        (["--within", "linf(0.1)", "--within", "l1(1)"], "E405", "moved by another set"),
        (["--within", 'inputs ["c"] within linf(1)'], "E216", "columns: `a`, `b`, `class`"),
        ([], "E606", "has no `robust` block"),
        (["--clip", "0..1"], "E606", "`--clip` alone moves nothing"),
        (["--within", "linf(1)", "--set", "validation"], "E564", "it has `train` and `test`"),
        (["--within", "linf(1)", "--set", "all"], "E607", "--set"),
        (["--within", "linf(1)", "--set", "test", "--data", "ab.csv"], "E648", "exclude each other"),
        (["--within", "linf(1)", "--data", "gone.csv"], "E620", "gone.csv"),
        (["--within", "flips(1)", "--radius"], "E415", "`flips` has no radius"),
        (["--within", "linf(1)", "--point-time", "0"], "E632", "point_time"),
        (["--within", "linf(1)", "--time-limit", "-3"], "E632", "time_limit"),
        (["--within", "linf(1)", "--jobs", "0"], "E632", "jobs"),
        (["--within", "linf(1)", "-o", "ab.json"], "E647", "would overwrite"),
        (["--within", "linf(1)", "-o", "x.csv", "--events", "x.csv"], "E647", "written twice"),
        (["--within", "linf(1)", "-o", "-", "--format", "json"], "E648", "both print"),
        (["--within", "linf(1)", "--events", "-"], "E644", "name a file"),
        (["--within", "linf(1)", "--resume"], "E655", "nothing to resume from"),
        (["--within", "linf(1)", "-o", "nowhere/x.csv"], "E661", "nowhere"),
    ],
)
def test_wrong_input(run: Runner, folder: Path, flags: list[str], code: str, says: str) -> None:
    done = run("verify", "ab.json", *flags)
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err
    assert says in done.err


def test_models_and_data_that_do_not_suit(run: Runner, folder: Path) -> None:
    assert "error[E660]" in run("verify", "gone.json", "--within", "linf(1)").err
    (folder / "ab.csv").write_text(points(2).replace("\n1", "\n2", 1), encoding="utf-8")
    done = run("verify", "ab.json", "--within", "linf(1)")
    assert (done.code, "error[E560]" in done.err) == (2, True)
    (folder / "ab.csv").unlink()
    assert "error[E563]" in run("verify", "ab.json", "--within", "linf(1)").err


def test_data_in_memory(run: Runner, folder: Path) -> None:
    X = np.array([[float(row["a"]), float(row["b"])] for row in rows_of(folder / "ab.csv")])
    y = [row["class"] for row in rows_of(folder / "ab.csv")]
    trained = bdnnc.train(SPEC.replace('target "class"', ""), data=(X, y), time_limit=5)
    trained.network.save(folder / "memory.json")
    done = run("verify", "memory.json", "--within", "linf(0.1)")
    assert (done.code, "error[E562]" in done.err) == (2, True)
    found = bdnnc.verify(trained, "linf(0.1)", data=(X, y))
    again = run("verify", "memory.json", "--within", "linf(0.1)", "--data", "ab.csv", "-o", "-", "-q")
    assert without_seconds(found.csv()) == without_seconds(again.out)


def test_numbers_are_neither_right_nor_wrong(run: Runner, folder: Path) -> None:
    (folder / "line.csv").write_text("x,y\n0,0\n1,1\n2,2\n")
    spec = 'data { from "line.csv" target "y" }\nnetwork { layer output: 1 linear unit weights in {0..2} }\nminimize absolute\n'
    (folder / "line.bdnn").write_text(spec)
    assert run("train", "line.bdnn", "-o", "line.json").code == 0
    done = run("verify", "line.json", "--within", "linf(0.1)")
    assert (done.code, "error[E565]" in done.err) == (2, True)


def test_columns_that_the_network_does_not_read(run: Runner, folder: Path) -> None:
    (folder / "part.bdnn").write_text(SPEC.replace('target "class"', "target 2 features [1]"))
    assert run("train", "part.bdnn", "-o", "part.json").code == 0
    assert "columns: `column 0`, `b`, `class`" in run("verify", "part.json", "--within", 'inputs ["q"] within l1(1)').err
    assert run("verify", "part.json", "--within", 'inputs ["b"] within l1(0.1)').code == 0


def test_one_hot_inputs_that_move_as_numbers(run: Runner, folder: Path) -> None:
    (folder / "hot.csv").write_text("k,n,class\nu,0,p\nv,1,p\nw,2,q\nu,3,q\n")
    spec = SPEC.replace("ab.csv", "hot.csv").replace("hold test 4 stratified", 'encode ["k"] onehot')
    (folder / "hot.bdnn").write_text(spec)
    assert run("train", "hot.bdnn", "-o", "hot.json").code == 0
    done = run("verify", "hot.json", "--within", "linf(0.1)")
    assert done.code == 0
    assert "warning[W402]" in done.err
    assert run("verify", "hot.json", "--within", 'inputs ["k"] within flips(2)').err.count("warning") == 0
    assert "error[E413]" in run("verify", "hot.json", "--within", "raw linf(0.1)").err


def test_linear_outputs(run: Runner, folder: Path) -> None:
    """The winner of three scores; a tie is an error, though predict gives the label."""
    spec = THREE.replace("network one_vs_one", "network").replace("layer hidden: 2 step units weights in {-1, 0, 1}", "")
    spec = spec.replace("1 step unit", "classes linear units").replace("hamming", "zero_one").replace("minmax(0, 1)", "none")
    (folder / "scores.bdnn").write_text(spec)
    assert run("train", "scores.bdnn", "-o", "scores.json", "--time-limit", "5").code == 0
    done = run("verify", "scores.json", "--within", "linf(0.5)", "-o", "-", "-q")
    assert done.code == 0, done.err
    layer = load(folder / "scores.json").network.layers[0]  # type: ignore[union-attr]
    data = rows_of(folder / "three.csv")
    for row in table(done.out):
        given = data[int(row["row"])]
        x = [Fraction(given[name]) + Fraction(row.get(f"delta:{name}") or 0) for name in "ab"]
        scores = [
            sum(w * v for w, v in zip(line, x, strict=True)) + b for line, b in zip(layer.weights, layer.bias, strict=True)
        ]
        own = "xyz".index(row["label"])
        is_right = all(score < scores[own] for place, score in enumerate(scores) if place != own)
        assert is_right == (row["outcome"] == "certified")


# --- limits, kills, Ctrl-C ----------------------------------------------------------------------------------------------


@pytest.fixture
def slow(run: Runner, tmp_path: Path) -> Path:
    """slow.json: each point takes longer than anybody would wait."""
    dice = random.Random(7)
    width, units = 18, 40
    lines = [",".join([*(f"x{j}" for j in range(width)), "class"])]
    lines += [",".join([*(str(dice.randint(0, 100)) for _ in range(width)), "pq"[place % 2]]) for place in range(12)]
    (tmp_path / "slow.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    spec = SPEC.replace("ab.csv", "slow.csv").replace("hold test 4 stratified", "").replace("2 step units", "1 step unit")
    (tmp_path / "slow.bdnn").write_text(spec, encoding="utf-8")
    assert run("train", "slow.bdnn", "-o", "slow.json", "--time-limit", "2").code == 0
    model = json.loads((tmp_path / "slow.json").read_text())
    hidden, last = model["layers"]
    hidden["weights"] = [[dice.choice((-1, 1)) for _ in range(width)] for _ in range(units)]
    hidden["bias"] = [-sum(row) / 2 + dice.randint(-1, 1) / 8 for row in hidden["weights"]]
    last["weights"], last["bias"] = [[(-1) ** unit for unit in range(units)]], [units // 2 - 3]
    (tmp_path / "slow.json").write_text(json.dumps(model), encoding="utf-8")
    return tmp_path


WITHIN = ["--within", "linf(0.5)"]


def test_limits_leave_points_undecided(run: Runner, slow: Path) -> None:
    done = run("verify", "slow.json", *WITHIN, "--point-time", "0.05", "-o", "out.csv")
    found = rows_of(slow / "out.csv")
    number = {outcome: sum(row["outcome"] == outcome for row in found) for outcome in ("certified", "broken", "undecided")}
    assert number["undecided"] > 0
    assert done.code == 1
    assert f"  undecided            {number['undecided']}\n" in done.out
    assert f"undecided, {number['undecided']}: the time for a point was over" in done.out
    assert f" to {'%'.join(done.out.split(' to ')[1].split('%')[:1])}%" in done.out
    late = run("verify", "slow.json", *WITHIN, "--time-limit", "0.001", "--format", "json", "-q")
    assert late.code == 1
    assert {point["reason"] for point in json.loads(late.out)["points"]} == {"the time of the run was over"}


def test_more_time_asks_undecided_points_again(run: Runner, slow: Path) -> None:
    flags = ["verify", "slow.json", *WITHIN, "--events", "e.jsonl", "--point-time"]
    run(*flags, "0.05")
    records = (slow / "e.jsonl").read_text().count('"record"')
    assert records == 12
    run(*flags, "0.05", "--resume")
    assert (slow / "e.jsonl").read_text().count('"record"') == 12
    again = run(*flags, "0.06", "--resume")
    undecided = (slow / "e.jsonl").read_text().count('"record"') - 12
    assert undecided > 0
    assert again.code == 1


def begun(folder: Path, *flags: str) -> subprocess.Popen[str]:
    """A run in a process of its own, once it has judged two points."""
    arguments = command(["verify", "slow.json", *WITHIN, "--point-time", "0.2", "--events", "e.jsonl", *flags])
    running = subprocess.Popen(
        arguments, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    events = folder / "e.jsonl"
    while time.monotonic() < until and running.poll() is None:
        if events.exists() and events.read_text().count('"record"') >= 2:
            break
        time.sleep(0.02)
    return running


def judged(folder: Path) -> list[str]:
    lines = [line for line in (folder / "e.jsonl").read_text().splitlines() if '"record"' in line]
    return [json.loads(line)["key"] for line in lines]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_resume_after_a_kill(run: Runner, slow: Path, jobs: str) -> None:
    running = begun(slow, "--jobs", jobs)
    running.kill()
    running.communicate()
    with (slow / "e.jsonl").open("a") as file:
        file.write('{"event": "rec')  # what a kill may leave
    before = len(judged(slow)) if running.returncode == -signal.SIGKILL else 12
    assert before >= 2
    done = run("verify", "slow.json", *WITHIN, "--point-time", "0.2", "--events", "e.jsonl", "--resume", "-o", "out.csv")
    assert done.code in (0, 1)
    assert f"resuming from `e.jsonl`: {before} of 12 distinct points are judged" in done.err
    assert sorted(judged(slow)) == sorted(f"point/{place}" for place in range(12))
    assert len(rows_of(slow / "out.csv")) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(slow: Path, number: signal.Signals, code: int) -> None:
    """A point that would take hours is left at once; what is known is printed and saved."""
    flags = ["verify", "slow.json", *WITHIN, "--point-time", "1000", "-o", "out.csv", "--events", "e.jsonl"]
    running = subprocess.Popen(
        command(flags), cwd=slow, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while not (slow / "e.jsonl").exists() and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(1)
    os.kill(running.pid, number)
    out, err = running.communicate(timeout=30)
    assert running.returncode == code, err
    assert "interrupted: the verdicts so far are printed and saved as out.csv" in err
    assert "the run was stopped before its end" in out
    assert len(rows_of(slow / "out.csv")) == 12


def test_resume_is_refused_for_another_run(run: Runner, folder: Path) -> None:
    flags = ["--events", "e.jsonl", "-q"]
    assert run("verify", "ab.json", "--within", "linf(0.1)", *flags).code == 0

    def refused(*other: str) -> Ran:
        done = run("verify", *other, *flags, "--resume")
        assert (done.code, done.out) == (2, "")
        return done

    assert "error[E652]" in run("verify", "ab.json", "--within", "linf(0.1)", *flags).err
    assert "was begun with within `linf(0.1), SHA-256" in refused("ab.json", "--within", "linf(0.2)").err
    assert "the data of `e.jsonl`" in refused("ab.json", "--within", "linf(0.1)", "--set", "test").err
    assert "was begun with radius" in refused("ab.json", "--within", "linf(0.1)", "--radius").err
    model = json.loads((folder / "ab.json").read_text())
    model["layers"][1]["bias"] = [7]
    (folder / "ab.json").write_text(json.dumps(model))
    assert "the network of `e.jsonl`" in refused("ab.json", "--within", "linf(0.1)").err
    assert run("train", "ab.bdnn", "-o", "new.json", "--events", "t.jsonl", "-q").code == 0
    done = run("verify", "new.json", "--within", "linf(0.1)", "--events", "t.jsonl", "--resume")
    assert (done.code, "error[E654]" in done.err) == (2, True)


def test_a_counter_example_that_was_tampered_with(run: Runner, folder: Path) -> None:
    """What the journal calls broken is evaluated again: a false one is never printed."""
    flags = ["verify", "ab.json", "--within", "linf(0.12)", "--events", "e.jsonl", "-q"]
    assert run(*flags).code == 0
    lines = [json.loads(line) for line in (folder / "e.jsonl").read_text().splitlines()]
    for event in lines:
        if event["event"] == "record" and event["payload"]["outcome"] == "certified":
            event["payload"] |= {"outcome": "broken", "delta": {}, "width": 2}
    (folder / "e.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run(*flags, "--resume")
    assert (done.code, "error[E653]" in done.err) == (2, True)


def test_a_side_file_beside_the_table(run: Runner, folder: Path) -> None:
    flags = ["verify", "ab.json", "--within", "linf(0.1)", "-o", "out.csv", "--resume"]
    assert "no events in `out.events.jsonl`: the run begins anew" in run(*flags).err
    first = (folder / "out.csv").read_text()
    assert "17 of 17 distinct points are judged" in run(*flags).err
    assert (folder / "out.csv").read_text() == first


def test_plain_progress(run: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bdnnc.report import progress

    monkeypatch.setattr(progress, "PLAIN_EVERY", 0.0)
    done = run("verify", "ab.json", "--within", "linf(0.1)", "--progress", "plain")
    assert "17 of 17  certified " in done.err
    assert "17 of 17" not in run("verify", "ab.json", "--within", "linf(0.1)", "--progress", "none").err


# --- the library --------------------------------------------------------------------------------------------------------


def test_library(folder: Path) -> None:
    found = bdnnc.verify("ab.json", "linf(0.1)", sets=("train", "test"))
    assert isinstance(found, bdnnc.VerifyResult)
    assert found.certified + found.broken == len(found.points) == 22
    assert found.undecided == 0
    assert found.certified_accuracy == Fraction(found.certified, 22)
    assert "perturbed by linf(0.1)" in repr(found)
    broken = next(point for point in found.points if point.moves)
    assert broken.outcome == "broken"
    assert broken.moves[0].delta == broken.moves[0].to - broken.moves[0].at
    again = bdnnc.verify(bdnnc.load("ab.json"), ["linf(0.1)"], data="ab.csv", clip="-1..2", radius=True)
    assert all(point.radius is not None for point in again.points)
    found.save(folder / "saved.csv")
    assert (folder / "saved.csv").read_text() == found.csv()


@pytest.mark.parametrize(
    ("model", "keywords", "code"),
    [
        (3, {"within": "linf(1)"}, "E660"),
        ("ab.json", {}, "E606"),
        ("ab.json", {"within": "linf(1)", "sets": "al"}, "E564"),
        ("ab.json", {"within": "linf(1)", "data": 3}, "E229"),
        ("ab.json", {"within": "linf(1)", "time_limit": 0}, "E632"),
        ("ab.json", {"within": "linf(1)", "resume": True}, "E655"),
    ],
)
def test_wrong_arguments_of_the_library(folder: Path, model: Any, keywords: Any, code: str) -> None:
    with pytest.raises(UserError) as wrong:
        bdnnc.verify(model, **keywords)
    assert [d.code for d in wrong.value.diagnostics] == [code]
