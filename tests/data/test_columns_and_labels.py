"""Which columns are used, and how labels become classes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from bdnnc.data.labels import class_names, coded
from bdnnc.data.load import facts, load

TEXT = "age,bmi,sick\n1,2,no\n3,4,yes\n"


@pytest.mark.parametrize("target", ["sick", 2])
def test_target_by_name_or_index(loaded: Callable[..., Any], target: str | int) -> None:
    dataset = loaded(TEXT, target)
    assert (dataset.origin.target_name, dataset.origin.target_column) == ("sick", 2)
    assert [given.name for given in dataset.inputs] == ["age", "bmi"]
    assert dataset.classes == ("no", "yes")


def test_target_in_the_middle_and_features_in_the_order_asked_for(loaded: Callable[..., Any]) -> None:
    dataset = loaded("a,kind,b,c\n1,x,2,3\n4,y,5,6\n", 1, features=["c", 0])
    assert [(given.name, given.column) for given in dataset.inputs] == [("c", 3), ("a", 0)]
    assert dataset.train.X.numerators.tolist() == [[3, 1], [6, 4]]


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        (3, "E216", "`data.csv` has columns 0..2, not 3"),
        (-1, "E216", "`data.csv` has columns 0..2, not -1"),
        ("sickk", "E216", "`data.csv` has no column `sickk`"),
    ],
)
def test_unknown_targets(build: Any, refused: Any, pointed: Any, target: str | int, code: str, said: str) -> None:
    [found] = refused(lambda: load(build.spec(TEXT, target)), code)
    assert (found.message, pointed(found)) == (said, "target")
    if target == "sickk":
        assert found.help == "did you mean `sick`?"
        assert found.notes == ("columns: 0 `age`, 1 `bmi`, 2 `sick`",)


def test_names_without_a_header(build: Any, refused: Any) -> None:
    [found] = refused(lambda: load(build.spec("1,0\n2,1\n", "x1")), "E216")
    assert found.message == "the columns of `data.csv` have no names, so none is called `x1`"
    assert "`header yes`" in found.help


def test_all_wrong_columns_and_scales_are_found(build: Any, refused: Any, pointed: Any) -> None:
    spec = build.spec(TEXT, "sick", features=["agge", 7, "sick", "bmi", 1, 2], scale=build.scale("minmax", 1, 0))
    found = refused(lambda: load(spec), "E216", "E216", "E217", "E228", "E217", "E227")
    assert [pointed(diagnostic) for diagnostic in found] == ["one", "two", "three", "five", "six", "scale"]
    assert found[2].message == "the target, column 2 (`sick`), is among the features"


def test_a_bad_target_does_not_hide_bad_features(build: Any, refused: Any) -> None:
    refused(lambda: load(build.spec(TEXT, "ill", features=["agge"])), "E216", "E216")


def test_names_that_stand_twice(build: Any, refused: Any) -> None:
    text = "a,a,kind\n1,2,x\n3,4,y\n"
    [found] = refused(lambda: load(build.spec(text, "kind")), "E228")
    assert "`a`" in found.message
    [found] = refused(lambda: load(build.spec(text, "kind", features=["a"])), "E228")
    assert found.help == "write an index: 0, 1"
    assert load(build.spec(text, "kind", features=[1])).train.X.numerators.tolist() == [[2], [4]]


def test_a_target_alone(build: Any, refused: Any) -> None:
    refused(lambda: load(build.spec("kind\nx\ny\n", "kind")), "E229")


# --- labels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "2"], ("2", "9", "10")),
        (["1.0", "0", "1", "1e0"], ("0", "1")),
        (["-0", "0.50", "1e1"], ("0", "0.5", "10")),
        (["10", "9", "b"], ("10", "9", "b")),
        (["b", "B", "a", "Ä"], ("B", "a", "b", "Ä")),
        (["1e99999999", "1"], ("1", "1e99999999")),
    ],
)
def test_class_order(labels: list[str], classes: tuple[str, ...]) -> None:
    assert class_names(labels) == classes
    assert (coded(labels, classes) >= 0).all()


def test_numbers_that_are_one_label(loaded: Callable[..., Any]) -> None:
    dataset = loaded("1,1.0\n2,1\n3,0\n4,+1\n", 1)
    assert dataset.classes == ("0", "1")
    assert dataset.train.y.tolist() == [1, 1, 0, 1]


def test_keep_by_number_or_text(loaded: Callable[..., Any]) -> None:
    text = "".join(f"{row},{row % 4}.0\n" for row in range(8))
    for keep in ([3, 1], ["3", "1"], [3, "1.00"]):
        dataset = loaded(text, 1, keep=keep)
        assert dataset.classes == ("1", "3")
        assert dataset.train.rows.tolist() == [1, 3, 5, 7]
        assert dataset.train.y.tolist() == [0, 1, 0, 1]
        assert "4 rows of other classes left out" in dataset.notes


def test_unknown_labels_to_keep_are_all_found(build: Any, refused: Any, pointed: Any) -> None:
    spec = build.spec("1,a\n2,b\n3,c\n", 1, keep=["d", "a", 7])
    first, second = refused(lambda: load(spec), "E221", "E221")
    assert (first.message, first.help) == ("no row has the label `d`", "labels: `a`, `b`, `c`")
    assert (pointed(first), pointed(second)) == ("one", "three")


def test_one_class_is_none_to_tell_apart(build: Any, refused: Any, pointed: Any) -> None:
    [found] = refused(lambda: load(build.spec("1,a\n2,a\n", 1)), "E222")
    assert pointed(found) == "source"
    [found] = refused(lambda: load(build.spec("1,a\n2,b\n", 1, keep=["b"])), "E222")
    assert pointed(found) == "keep"
    assert found.message == "a classifier needs at least 2 classes, here is 1: `b`"


def test_classes_without_training_points_are_noted(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded("1,a\n2,b\n3,c\n", 1, take=build.pick(2, stratified=True))
    assert dataset.classes == ("a", "b", "c")
    assert "no training point of class `c`" in dataset.notes


# --- built-in sets --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("iris", (150, 4), ("setosa", "versicolor", "virginica")),
        ("breast_cancer", (569, 30), ("malignant", "benign")),
        ("wine", (178, 13), ("class_0", "class_1", "class_2")),
        ("digits", (1797, 64), tuple("0123456789")),
    ],
)
def test_built_in_sets_keep_their_order(build: Any, name: str, shape: tuple[int, int], classes: tuple[str, ...]) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    dataset = load(build.builtin(name))
    assert (dataset.train.X.shape, dataset.classes) == (shape, classes)
    bunch = getattr(datasets, f"load_{name}")()
    assert (dataset.train.X.floats() == bunch.data).all()
    assert (dataset.train.y == bunch.target).all()
    assert dataset.origin.path is None
    assert len(dataset.origin.sha256) == 64


def test_built_in_sets_with_keep_and_features(build: Any) -> None:
    pytest.importorskip("sklearn")
    dataset = load(build.builtin("digits", keep=[8, 3], features=["pixel_2_3", 0]))
    assert dataset.classes == ("3", "8")
    assert [given.column for given in dataset.inputs] == [19, 0]
    assert dataset.dead.tolist() == [False, True]


def test_unknown_sets(build: Any, refused: Any, pointed: Any) -> None:
    [found] = refused(lambda: load(build.builtin("irs")), "E224")
    assert found.help.startswith("did you mean `iris`?")
    assert pointed(found) == "name"
    refused(lambda: load(build.builtin("iris", library="torch")), "E224")


def test_numbers_are_refused_where_classes_are_needed(build: Any, refused: Any) -> None:
    [found] = refused(lambda: load(build.builtin("diabetes")), "E225")
    assert found.message == "the target of `diabetes` is a number, not a class"


def test_without_scikit_learn(build: Any, refused: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    [found] = refused(lambda: load(build.builtin("iris")), "E622")
    assert found.help == 'pip install "bdnnc[sklearn]"'


def test_target_of_a_built_in_set(build: Any, refused: Any, pointed: Any) -> None:
    pytest.importorskip("sklearn")
    spec = build.spec(build.builtin("iris").source, "class")
    [found] = refused(lambda: load(spec), "E226")
    assert pointed(found) == "target"


def test_facts(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded("a,kind\n1,x\n1,x\n2,y\n", "kind")
    told = facts(dataset, build.spec("1,0\n").span)
    assert (told.samples, told.inputs, told.classes) == (3, ("a",), ("x", "y"))
