"""Held files, points for a trained network, arrays from the library, and merging."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.data.inputs import Input, Scaled
from bdnnc.data.load import load, load_arrays
from bdnnc.data.merging import class_counts, constant_columns, merged
from bdnnc.data.rows import array_rows, read_rows
from bdnnc.diagnostics import InternalError
from bdnnc.exact import ExactMatrix

# --- files held out -------------------------------------------------------------------------------------------------


def held(build: Any, main: str, other: str | bytes, target: str | int, name: str = "other.csv", **rest: Any) -> Any:
    source = build.source(build.write(other, name).path, word="other")
    return load(build.spec(main, target, holds=(build.hold("test", source),), **rest))


def test_a_held_file_is_read_with_the_same_columns_and_scale(build: Any) -> None:
    main, other = "a,b,kind\n0,5,x\n10,6,y\n", "kind;zzz;b;a\ny;?;8;20\nx;word;9;5\n"
    dataset = held(build, main, other, "kind", scale=build.scale("minmax"))
    assert [[dataset.test.X.fraction(i, j) for j in (0, 1)] for i in (0, 1)] == [[2, 3], [Fraction(1, 2), 4]]
    assert dataset.test.y.tolist() == [1, 0]
    assert dataset.test.rows.tolist() == [0, 1]
    assert "`other.csv`: delimiter `;`, a header, 2 rows, 4 columns" in dataset.notes


def test_a_held_file_without_names_is_read_by_index(build: Any) -> None:
    dataset = held(build, "1,0,2\n3,1,4\n", "5,0,6\n7,1,8\n", 1)
    assert dataset.test.X.numerators.tolist() == [[5, 6], [7, 8]]


def test_keep_and_missing_apply_to_a_held_file(build: Any) -> None:
    dataset = held(build, "1,a\n2,b\n3,c\n", "4,c\n?,b\n6,a\n7,b\n", 1, keep=["b", "c"], missing="drop")
    assert dataset.test.rows.tolist() == [0, 3]
    assert dataset.test.y.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("4,a\n5,d\n", "E221"),
        ("4\n5\n", "E216"),
        ("4,?\n5,a\n", "E218"),
        ("4,a\nfive,b\n", "E219"),
        ("", "E212"),
    ],
)
def test_held_files_that_are_refused(build: Any, refused: Any, pointed: Any, other: str, code: str) -> None:
    [found] = refused(lambda: held(build, "1,a\n2,b\n", other, 1), code)
    assert pointed(found) == "other"


def test_a_held_file_with_none_of_the_classes(build: Any, refused: Any) -> None:
    refused(lambda: held(build, "1,a\n2,b\n3,c\n", "4,c\n", 1, keep=["a", "b"]), "E230")


def test_errors_of_the_source_and_of_held_files_are_found_together(build: Any, refused: Any) -> None:
    refused(lambda: held(build, "?,a\n2,b\n", "4,a\nfive,b\n", 1), "E218", "E219")


# --- points for a trained network -----------------------------------------------------------------------------------


@pytest.fixture
def trained(loaded: Callable[..., Any], build: Any) -> Any:
    return loaded("a,kind,b\n0,x,5\n10,y,6\n", "kind", scale=build.scale("minmax"))


def rows(build: Any, model: Any, content: str | bytes, name: str = "new.csv", **rest: Any) -> Any:
    origin = model.origin
    path = build.write(content, name).path
    return read_rows(path, model.inputs, origin.target_column, origin.target_name, model.classes, name=name, **rest)


def values(found: Any) -> list[list[Fraction]]:
    return [[found.X.fraction(i, j) for j in range(found.X.shape[1])] for i in range(found.X.shape[0])]


def test_the_training_file_reads_as_it_was_trained_on(build: Any, trained: Any) -> None:
    found = rows(build, trained, "a,kind,b\n0,x,5\n10,y,6\n")
    assert values(found) == [[0, 0], [1, 1]]
    assert found.y.tolist() == [0, 1]
    assert found.samples().rows.tolist() == [0, 1]
    assert found.notes == ("`new.csv`: delimiter `,`, a header, 2 rows, 3 columns",)


def test_columns_are_found_by_name_and_the_target_may_lack(build: Any, trained: Any) -> None:
    found = rows(build, trained, "b;other;a\n6;word;5\n")
    assert values(found) == [[Fraction(1, 2), 1]]
    assert found.y is None
    with pytest.raises(InternalError):
        found.samples()


def test_without_names_the_columns_are_those_of_the_training_file(build: Any, trained: Any) -> None:
    found = rows(build, trained, "5,y,6\n")
    assert (values(found), found.y.tolist()) == ([[Fraction(1, 2), 1]], [1])


def test_one_column_less_means_that_the_target_lacks(build: Any, trained: Any) -> None:
    found = rows(build, trained, "5,6\n")
    assert values(found) == [[Fraction(1, 2), 1]]
    assert found.y is None


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("a,kind\n0,x\n", "E216", "has no column `b`"),
        ("5\n", "E216", "has 1 column, the network needs at least 3"),
        ("5,z,6\n", "E221", "1 row of `new.csv` has a label that is none of the classes: `z`"),
        ("a,kind,b\n1,x,?\n", "E218", "1 row of `new.csv` has missing values"),
        ("a,kind,b\n1,x,two\n", "E219", "holds text"),
        ("", "E212", "is empty"),
    ],
)
def test_rows_that_are_refused(build: Any, trained: Any, refused: Any, content: str, code: str, said: str) -> None:
    [found] = refused(lambda: rows(build, trained, content), code)
    assert said in found.message
    assert "features" not in (found.help or "")
    assert "missing drop" not in (found.help or "")
    assert found.help or code == "E212"  # what to do about an empty file goes without saying
    assert found.primary is None


def test_missing_rows_can_be_dropped(build: Any, trained: Any) -> None:
    found = rows(build, trained, "a,kind,b\n?,x,1\n10,y,6\n", missing="drop")
    assert (values(found), found.rows.tolist()) == ([[1, 1]], [1])


def test_no_classes_no_labels(build: Any, trained: Any) -> None:
    path = build.write("a,kind,b\n10,unknown,6\n").path
    assert read_rows(path, trained.inputs, 1, "kind", None).y is None
    assert read_rows(path, trained.inputs, None, None, trained.classes).y is None


def test_npz_says_itself_whether_it_has_labels(build: Any, trained: Any) -> None:
    for arrays, y in (({"X": [[5, 6]], "y": ["x"]}, [0]), ({"X": [[5, 6]]}, None)):
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        found = rows(build, trained, buffer.getvalue(), "new.npz")
        assert values(found) == [[Fraction(1, 2), 1]]
        assert (None if found.y is None else found.y.tolist()) == y


def test_a_binarized_input_is_found_by_the_name_of_its_column(build: Any, loaded: Callable[..., Any]) -> None:
    model = loaded("a,kind,b\n0,x,5\n10,y,6\n", "kind", scale=build.scale("binarize", "5.5"))
    assert values(rows(build, model, "b,a\n5,6\n6,5\n")) == [[1, 0], [0, 1]]


def test_array_rows(trained: Any, refused: Any) -> None:
    found = array_rows(np.array([[5, 6.0]]), trained.inputs, ["y"], trained.classes)
    assert (values(found), found.samples().y.tolist()) == ([[Fraction(1, 2), 1]], [1])
    assert array_rows([[5, 6]], trained.inputs).y is None
    refused(lambda: array_rows(np.ones((2, 3)), trained.inputs), "E229")
    refused(lambda: array_rows(np.ones((2, 2)), trained.inputs, ["y", "z"], trained.classes), "E221")


# --- arrays in place of the file ------------------------------------------------------------------------------------


def test_arrays_give_what_their_file_gives(build: Any) -> None:
    rng = np.random.default_rng(0)
    X, y = np.round(rng.normal(size=(40, 3)), 3), rng.integers(0, 3, 40)
    text = "".join(",".join(map(repr, row)) + f",{label}\n" for row, label in zip(X.tolist(), y.tolist(), strict=True))
    block = {"take": build.pick(20, stratified=True, seed=1), "scale": build.scale("standard", digits=2)}
    read = load(build.spec(text, 3, **block))
    given = load_arrays(X, y, build.spec(text, 3, **block))
    assert (read.train.X.numerators == given.train.X.numerators).all()
    assert read.train.X.denominators == given.train.X.denominators
    assert (read.classes, read.inputs) == (given.classes, given.inputs)
    assert (read.train.rows == given.train.rows).all()
    assert given.origin.path is None


def test_arrays_need_no_file(build: Any) -> None:
    spec = build.spec(build.source(build.folder / "absent.csv"), "class")
    dataset = load_arrays([[1, 2], [3, 4]], ["b", "a"], spec, ["u", "v"])
    assert [given.name for given in dataset.inputs] == ["u", "v"]
    assert dataset.train.y.tolist() == [1, 0]
    assert (dataset.origin.target_name, dataset.origin.target_column) == ("y", 2)


def test_data_frames_name_their_columns(build: Any) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"u": [1, 2, None], "v": [0.5, 1.5, 2.5]})
    dataset = load_arrays(frame, [True, False, True], build.spec("", missing="drop"))
    assert [given.name for given in dataset.inputs] == ["u", "v"]
    assert dataset.classes == ("False", "True")
    assert dataset.train.rows.tolist() == [0, 1]


def test_objects_booleans_and_bytes(build: Any) -> None:
    mixed = np.array([[1, "2.5"], [None, 3], [np.float64(0.1), 4]], dtype=object)
    dataset = load_arrays(mixed, [b"a", b"b", b"b"], build.spec("", missing="drop"))
    assert dataset.classes == ("a", "b")
    assert dataset.train.X.fraction(1, 0) == Fraction(1, 10)
    assert load_arrays([[True], [False]], [0, 1], build.spec("")).train.X.numerators.tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("X", "y", "names", "code"),
    [
        ([1, 2], [0, 1], None, "E229"),
        ([[1], [2, 3]], [0, 1], None, "E229"),
        ([[1], [2]], [0, 1, 2], None, "E229"),
        ([[1], [2]], [[0], [1]], None, "E229"),
        ([[1], [2]], [0, 1], ["a", "b"], "E229"),
        (np.ones((0, 2)), [], None, "E212"),
        ([[1], [np.nan]], [0, 1], None, "E218"),
        ([[1], [np.inf]], [0, 1], None, "E220"),
        ([[1], [2]], [0.0, np.nan], None, "E218"),
        ([[1j], [2]], [0, 1], None, "E219"),
        ([["a"], ["b"]], [0, 1], None, "E219"),
        ([[1], [2]], [1, 1], None, "E222"),
    ],
)
def test_arrays_that_are_refused(build: Any, refused: Any, X: Any, y: Any, names: Any, code: str) -> None:
    refused(lambda: load_arrays(X, y, build.spec(""), names), code)


# --- merging --------------------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(st.integers(0, 2), min_size=width, max_size=width), min_size=1))
)
def test_merging_keeps_the_first_of_each_kind(points: list[list[int]]) -> None:
    kinds: list[list[int]] = []
    for point in points:
        if point not in kinds:
            kinds.append(point)
    for offset in (0, 2**61, 2**70):  # int64 twice, and Python integers
        shifted = [[Fraction(value + offset) for value in point] for point in points]
        X = ExactMatrix.from_fractions(shifted)
        first, group = merged(X)
        assert [points[row] for row in first] == kinds
        assert group.tolist() == [kinds.index(point) for point in points]
        assert constant_columns(X).tolist() == [len({point[j] for point in points}) == 1 for j in range(len(points[0]))]


def test_merging_columns_that_are_far_apart() -> None:
    points = [[row, 0] for row in range(5)] + [[0, 2**62 - 1]]  # 4 * 2**62 is 0 in 64 bits
    X = ExactMatrix.from_fractions([[Fraction(value) for value in point] for point in points])
    assert X.numerators.dtype == np.int64
    assert merged(X)[1].tolist() == [0, 1, 2, 3, 4, 5]


def test_counts_by_pattern_and_class(loaded: Callable[..., Any]) -> None:
    dataset = loaded("1,7,a\n2,7,b\n1,7,b\n1,7,a\n", 2)
    assert dataset.patterns.numerators.tolist() == [[1, 7], [2, 7]]
    assert dataset.pattern_of.tolist() == [0, 1, 0, 0]
    assert dataset.counts.tolist() == [[2, 1], [0, 1]]
    assert dataset.dead.tolist() == [False, True]
    assert "4 training points, 2 distinct" in dataset.notes
    assert "constant on the training points: `x1`" in dataset.notes
    assert len(dataset.inputs) == 2


def test_points_are_merged_after_scaling_and_constant_after_it(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded("1,3,a\n2,4,b\n9,5,b\n", 2, scale=build.scale("binarize", "2.5"))
    assert dataset.patterns.numerators.tolist() == [[0, 1], [1, 1]]
    assert dataset.dead.tolist() == [False, True]


def test_class_counts_has_a_place_for_every_class() -> None:
    assert class_counts(np.array([0, 0, 1]), np.array([2, 2, 0]), 2, 4).tolist() == [[0, 0, 2, 0], [1, 0, 0, 0]]


def test_blanks_around_labels_of_arrays_are_meant(build: Any) -> None:
    """Those of a text file are its layout."""
    dataset = load_arrays([[0], [1], [2]], [" a", "a", "a "], build.spec("a,b\n", "b"))
    assert dataset.classes == (" a", "a", "a ")
    assert [int(counts.argmax()) for counts in dataset.counts] == [0, 1, 2]
    of_file = held(build, "x,y\n0,a\n1, a\n2,b\n", "x,y\n5,b\n", "y")
    assert of_file.classes == ("a", "b")
    inputs = (Input("x", 0, Scaled()),)
    assert array_rows([[0], [1], [2]], inputs, ["a ", " a", "b"], ("a", " a", "b")).samples().y.tolist() == [0, 1, 2]
