"""evaluate and predict: the same figures and classes as the network gives, from every kind of DATA."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bdnnc.network.saving import load
from tests.cli.conftest import DATA, SPEC, Runner

LABELS = [line.split(",")[2] for line in DATA.splitlines()[1:]]


def test_evaluate(run: Runner, trained: Path) -> None:
    done = run("evaluate", "toy.json", "toy.csv")
    assert done.code == 0
    assert done.out.startswith("samples                      8\nloss                         1\n")
    assert "note: `toy.csv`: delimiter" in done.err


def test_evaluate_json(run: Runner, trained: Path) -> None:
    found = json.loads(run("evaluate", "toy.json", "toy.csv", "--format", "json").out)
    training = load(trained).training
    assert (found["samples"], found["loss"], found["errors"]) == (8, training.loss, training.errors)
    assert found["classes"] == ["no", "yes"]
    assert sum(map(sum, found["confusion"])) == 8


def test_evaluate_from_standard_input(run: Runner, trained: Path) -> None:
    done = run("evaluate", "toy.json", "-", stdin=b"class;b;a\nyes;1;0\nno;0;0\n")
    assert done.code == 0, done.err
    assert "samples                      2\n" in done.out
    assert "`<stdin>`" in done.err


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a,b\n0,1\n", "E215"),
        ("a,b,class\n0,1,maybe\n", "E221"),
        ("a,class\n0,no\n", "E216"),
        ("a,b,class\n0,x,no\n", "E219"),
        ("a,b,class\n0,,no\n", "E218"),
        ("", "E212"),
    ],
)
def test_data_that_does_not_fit(run: Runner, trained: Path, tmp_path: Path, content: str, code: str) -> None:
    (tmp_path / "other.csv").write_text(content, encoding="utf-8")
    done = run("evaluate", "toy.json", "other.csv")
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err


def test_missing_values_as_in_the_training(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "toy.bdnn").write_text(SPEC.replace('target "class"', 'target "class"\n  missing drop'), encoding="utf-8")
    assert run("train", "toy.bdnn", "-o", "toy.json").code == 0
    (tmp_path / "other.csv").write_text("a,b,class\n0,1,yes\n?,1,yes\n", encoding="utf-8")
    assert "samples                      1\n" in run("evaluate", "toy.json", "other.csv").out
    assert "error[E218]" in run("predict", "toy.json", "other.csv").err  # a class for every row, or none


def test_balanced_weights_belong_to_the_training(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "toy.bdnn").write_text(SPEC.replace("minimize hamming", "minimize hamming weighted balanced"), encoding="utf-8")
    assert run("train", "toy.bdnn", "-o", "toy.json").code == 0
    (tmp_path / "one.csv").write_text("a,b,class\n0,1,yes\n", encoding="utf-8")
    figures = json.loads(run("evaluate", "toy.json", "one.csv", "--format", "json").out)
    weight = len(LABELS) / (2 * LABELS.count("yes"))
    assert figures["loss"] == pytest.approx(weight * figures["errors"])
    (tmp_path / "toy.csv").unlink()
    done = run("evaluate", "toy.json", "one.csv")
    assert "loss  " not in done.out
    assert "note: the loss is left out" in done.err


def test_the_dialect_of_the_training_file(run: Runner, tmp_path: Path) -> None:
    """A file without a header whose first row might be one: read as the spec said."""
    (tmp_path / "toy.csv").write_text("0,1,yes\n0,0,no\n1,0,yes\n1,1,no\n", encoding="utf-8")
    (tmp_path / "toy.bdnn").write_text(
        SPEC.replace('"toy.csv"\n  target "class"', '"toy.csv" delimiter "," header yes\n  target 2'), encoding="utf-8"
    )
    assert run("train", "toy.bdnn", "-o", "toy.json").code == 0
    assert "samples                      3\n" in run("evaluate", "toy.json", "toy.csv").out


def test_predict(run: Runner, trained: Path, tmp_path: Path) -> None:
    done = run("predict", "toy.json", "toy.csv")
    assert done.code == 0
    header, *classes = done.out.splitlines()
    assert header == "class"
    assert sum(a != b for a, b in zip(classes, LABELS, strict=True)) == load(trained).training.errors
    written = run("predict", "toy.json", "toy.csv", "-o", "out.csv")
    assert (written.code, written.out) == (0, "")
    assert "wrote 8 classes to out.csv" in written.err
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == done.out


def test_predict_without_classes(run: Runner, trained: Path) -> None:
    whole = run("predict", "toy.json", "toy.csv").out
    points = "\n".join(line.rsplit(",", 1)[0] for line in DATA.splitlines()).encode()
    assert run("predict", "toy.json", "-", stdin=points).out == whole


def test_predict_in_chunks(run: Runner, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run("predict", "toy.json", "toy.csv").out
    monkeypatch.setattr("bdnnc.cli.predict.CHUNK", 3)
    assert run("predict", "toy.json", "toy.csv").out == whole


def test_predict_on_arrays(run: Runner, trained: Path, tmp_path: Path) -> None:
    import numpy as np

    rows = list(csv.reader(DATA.splitlines()[1:]))
    np.savez(tmp_path / "points.npz", X=np.array([[int(a), int(b)] for a, b, _ in rows]))
    assert run("predict", "toy.json", "points.npz").out == run("predict", "toy.json", "toy.csv").out


def test_nothing_is_overwritten(run: Runner, trained: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for out in ("toy.json", "toy.csv", "."):
        assert run("predict", "toy.json", "toy.csv", "-o", out).code == 2
    assert run("predict", "toy.json", "toy.csv", "-o", "gone/out.csv").code == 2
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_built_in_set(run: Runner, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    text = SPEC.replace('"toy.csv"\n  target "class"', 'sklearn("iris")\n  take 12 stratified seed 1')
    (tmp_path / "iris.bdnn").write_text(text.replace("1 step unit", "classes step units"), encoding="utf-8")
    assert run("train", "iris.bdnn", "-o", "iris.json").code == 0
    assert "samples                      150\n" in run("evaluate", "iris.json", "sklearn(iris)").out
    assert len(run("predict", "iris.json", 'sklearn("iris")').out.splitlines()) == 151
    done = run("predict", "iris.json", 'sklearn("irsi")')
    assert done.code == 2
    assert "did you mean `iris`?" in done.err


Damage = Callable[[bytes], bytes]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "cut off": (lambda content: content[: len(content) // 2], "E550"),
    "empty": (lambda content: b"", "E550"),
    "binary": (lambda content: bytes(range(256)), "E550"),
    "a list": (lambda content: b"[]", "E554"),
    "a later version": (lambda content: content.replace(b'"version": 1', b'"version": 2', 1), "E558"),
}


@pytest.mark.parametrize("verb", ["evaluate", "predict", "certify"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_models(run: Runner, trained: Path, verb: str, damage: str) -> None:
    change, code = DAMAGES[damage]
    trained.write_bytes(change(trained.read_bytes()))
    done = run(verb, "toy.json", *(() if verb == "certify" else ("toy.csv",)))
    assert (done.code, done.out) == (2, "")
    assert f"error[{code}]" in done.err
