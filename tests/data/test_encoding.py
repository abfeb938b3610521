"""One-hot and thermometer inputs: what they are, where they stand, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.data.categories import text_column
from bdnnc.data.encoding import Encoding, encoded
from bdnnc.data.inputs import Above, Equals, Input, Scaled
from bdnnc.data.load import load, load_arrays
from bdnnc.data.numbers import ExactColumn, exact_column
from bdnnc.data.rows import array_rows, read_rows
from bdnnc.data.scaling import transformed
from bdnnc.data.sources import column_name, sources
from bdnnc.diagnostics import Source, Span

TEXT = "age,sex,bmi,kind\n10,f,1,x\n20,m,2,y\n40,d,4,x\n40,f,3,y\n"


def values(X: Any) -> list[list[Fraction]]:
    return [[X.fraction(i, j) for j in range(X.shape[1])] for i in range(X.shape[0])]


def names(dataset: Any) -> list[str]:
    return [given.name for given in dataset.inputs]


# --- what it makes --------------------------------------------------------------------------------------------------


def test_an_encoded_column_is_replaced_in_place_and_not_scaled(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded(
        TEXT, "kind", encodes=(build.onehot("sex"), build.thermometer(2, "age")), scale=build.scale("minmax", 5, 8)
    )
    assert dataset.inputs == (
        Input("age>20", 0, Above(Fraction(20))),
        Input("age>30", 0, Above(Fraction(30))),
        Input("sex=d", 1, Equals("d")),
        Input("sex=f", 1, Equals("f")),
        Input("sex=m", 1, Equals("m")),
        Input("bmi", 2, Scaled(Fraction(-4), Fraction(1))),
    )
    assert values(dataset.train.X) == [[0, 0, 0, 1, 0, 5], [0, 0, 0, 0, 1, 6], [1, 1, 1, 0, 0, 8], [1, 1, 0, 1, 0, 7]]
    assert dataset.columns == ("age", "sex", "bmi", "kind")


def test_columns_are_those_of_the_file_in_the_order_of_the_features(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded(TEXT, "kind", features=["bmi", "sex"], encodes=(build.onehot(1),))
    assert names(dataset) == ["bmi", "sex=d", "sex=f", "sex=m"]
    assert [given.column for given in dataset.inputs] == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["10", "9", "2.0", "2"], ["c=2", "c=9", "c=10"]),  # by value, 2.0 is 2
        (["10", "9", "b", " b"], ["c=10", "c=9", "c=b"]),  # by code point
        (["1.0", "1", "a", "1e0"], ["c=1", "c=a"]),  # numbers are one even among texts
        (["inf", "-1", "3", "3"], ["c=-1", "c=3", "c=inf"]),
    ],
)
def test_categories_are_sorted_like_classes(
    loaded: Callable[..., Any], build: Any, cells: list[str], expected: list[str]
) -> None:
    text = "c,kind\n" + "".join(f"{cell},{row % 2}\n" for row, cell in enumerate(cells))
    dataset = loaded(text, "kind", encodes=(build.onehot("c"),))
    assert names(dataset) == expected
    assert (dataset.train.X.numerators.sum(axis=1) == 1).all()


def test_numbers_may_be_one_hot(build: Any) -> None:
    for kind in (np.int64, np.float64, np.float32, object):
        X = np.array([[3, 1], [2, 5], [3, 7]], dtype=kind)
        dataset = load_arrays(X, [0, 1, 1], build.spec("", encodes=(build.onehot(0),)))
        assert names(dataset) == ["x0=2", "x0=3", "x1"]
        assert values(dataset.train.X) == [[0, 1, 1], [1, 0, 5], [0, 1, 7]]


@given(st.lists(st.decimals(-50, 50, places=2), min_size=2, max_size=12), st.integers(1, 6), st.data())
def test_thermometers(numbers: list[Any], levels: int, data: Any) -> None:
    exact = [Fraction(number) for number in numbers]
    if min(exact) == max(exact):
        numbers[0] = numbers[0] + 1
        exact = [Fraction(number) for number in numbers]
    column = exact_column([str(number) for number in numbers])
    assert isinstance(column, ExactColumn)
    inputs = encoded(column, "c", 4, Encoding("thermometer", levels, Span(Source("", ""), 0, 0)))
    low, width = min(exact), max(exact) - min(exact)
    thresholds = [low + width * Fraction(i, levels + 1) for i in range(1, levels + 1)]
    assert [given.transform for given in inputs] == [Above(t) for t in thresholds]
    assert all(column_name(given) == "c" for given in inputs)
    made = values(transformed([column], inputs, [0] * levels, len(exact)))
    assert made == [[int(x > t) for t in thresholds] for x in exact]


@given(st.lists(st.text(max_size=4), min_size=1, max_size=20), st.text(max_size=4))
def test_texts_are_coded_by_what_they_say(cells: list[str], wanted: str) -> None:
    def read(text: str) -> Fraction | str:
        try:
            return Fraction(text.strip()) if text.strip().isascii() and "/" not in text and "_" not in text else text.strip()
        except ValueError:
            return text.strip()

    column = text_column(cells)
    assert (column.codes[:, None] == column.codes[None, :]).tolist() == [[read(a) == read(b) for b in cells] for a in cells]
    assert column.equals(wanted.strip()).numerators.tolist() == [int(read(cell) == read(wanted)) for cell in cells]
    some = np.arange(len(cells)) % 2 == 0
    assert set(column.at(some).categories()) == {column.kinds[code] for code in column.codes[::2].tolist()}


# --- order of the steps ---------------------------------------------------------------------------------------------


def test_what_is_encoded_is_fitted_on_the_taken_points(loaded: Callable[..., Any], build: Any) -> None:
    text = "".join(f"{row},{'abcde'[row % 5]},{row % 2}\n" for row in range(20))
    blocks = {"encodes": (build.onehot(1), build.thermometer(1, 0)), "take": build.pick(3, seed=1)}
    dataset = loaded(text, 2, **blocks, holds=(build.hold("test", build.pick(8, "test", seed=1)),))
    taken = dataset.train.rows.tolist()
    there = sorted({"abcde"[row % 5] for row in taken})
    middle = Fraction(min(taken) + max(taken), 2)
    assert 1 < len(there) < 5
    assert middle != Fraction(19, 2)
    assert [given.transform for given in dataset.inputs] == [Above(middle), *map(Equals, there)]
    for part in (dataset.train, dataset.test):
        rows = part.rows.tolist()
        expected = [[int(row > middle), *(int("abcde"[row % 5] == value) for value in there)] for row in rows]
        assert values(part.X) == expected
    unseen = [row for row in range(dataset.test.X.shape[0]) if not any(values(dataset.test.X)[row][1:])]
    assert unseen  # a category that no training point has is all zeros


def test_a_held_file_is_encoded_alike(build: Any) -> None:
    other = build.source(build.write("kind;bmi;sex;age\nx;7;m;31\ny;8;z;3\n", "other.csv").path, word="other")
    blocks = {"encodes": (build.onehot("sex"), build.thermometer(2, "age")), "holds": (build.hold("test", other),)}
    dataset = load(build.spec(TEXT, "kind", **blocks))
    assert values(dataset.test.X) == [[1, 1, 0, 0, 1, 7], [0, 0, 0, 0, 0, 8]]
    assert "test points: `sex` has categories that no training point has, read as none: `z`" in dataset.notes


def test_missing_texts_count_as_missing(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded("c,kind\na,0\n?,1\nb,1\n", "kind", encodes=(build.onehot("c"),), missing="drop")
    assert dataset.train.rows.tolist() == [0, 2]
    assert names(dataset) == ["c=a", "c=b"]


def test_a_single_category_is_constant_and_noted(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded("c,d,kind\na,1,0\na,2,1\n", "kind", encodes=(build.onehot("c"),))
    assert names(dataset) == ["c=a", "d"]
    assert dataset.dead.tolist() == [True, False]
    assert "constant on the training points: `c=a`" in dataset.notes


def test_a_binarizing_scale_leaves_encoded_columns_alone(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded(TEXT, "kind", encodes=(build.onehot("sex"),), scale=build.scale("binarize", "2.5", signed=True))
    assert names(dataset) == ["age>2.5", "sex=d", "sex=f", "sex=m", "bmi>2.5"]
    assert values(dataset.train.X)[0] == [1, 0, 1, 0, -1]


def test_all_columns_may_be_encoded(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded(TEXT, "kind", features=["sex"], encodes=(build.onehot("sex"),), scale=build.scale("standard"))
    assert dataset.patterns.shape == (3, 3)


# --- what is refused ------------------------------------------------------------------------------------------------


def test_text_that_is_not_encoded_is_offered_it(build: Any, refused: Any) -> None:
    [found] = refused(lambda: load(build.spec(TEXT, "kind")), "E219")
    assert found.help.endswith('`encode ["sex"] onehot`')
    [found] = refused(lambda: load(build.spec("1,a,x\n2,b,y\n", 2)), "E219")
    assert found.help.endswith("`encode [1] onehot`")


def test_columns_that_cannot_be_encoded(build: Any, refused: Any, pointed: Any) -> None:
    twice = (build.onehot("sex", "kind", "bmi"), build.thermometer(2, "sex", "agee"))
    found = refused(
        lambda: load(build.spec(TEXT, "kind", features=["sex", "age"], encodes=twice)), "E233", "E233", "E233", "E216"
    )
    assert [pointed(one) for one in found] == ["two", "three", "four", "five"]
    said = [one.message for one in found]
    assert said[0] == "the target, column 3 (`kind`), cannot be encoded"
    assert said[1] == "column 2 (`bmi`) is encoded, but it is not among the features"
    assert said[2] == "column 1 (`sex`) is encoded twice"


def test_thermometers_need_numbers_that_differ(build: Any, refused: Any, pointed: Any) -> None:
    [found] = refused(lambda: load(build.spec(TEXT, "kind", encodes=(build.thermometer(3, "sex"),))), "E219")
    assert (found.message, pointed(found)) == ("`thermometer` needs numbers, but `sex` of `data.csv` holds text", "four")
    assert found.help == "encode text with `onehot`"
    [found] = refused(lambda: load(build.spec("a,kind\n5,0\n5,1\n", "kind", encodes=(build.thermometer(3, "a"),))), "E235")
    assert (found.message[:3], pointed(found)) == ("`a`", "four")


def test_columns_of_too_many_categories(build: Any, refused: Any, pointed: Any) -> None:
    def block(count: int) -> Any:
        text = "c,kind\n" + "".join(f"{row},{row % 2}\n" for row in range(count))
        return build.spec(text, "kind", encodes=(build.onehot("c"),))

    assert len(load(block(1000)).inputs) == 1000
    [found] = refused(lambda: load(block(1001)), "E234")
    assert pointed(found) == "one"


def test_two_inputs_of_one_name(build: Any, refused: Any) -> None:
    text = "c=1,c,kind\n5,1,x\n6,2,y\n"
    [found] = refused(lambda: load(build.spec(text, "kind", encodes=(build.onehot("c"),))), "E228")
    assert "`c=1`" in found.message


# --- points for a trained network -----------------------------------------------------------------------------------


@pytest.fixture
def trained(loaded: Callable[..., Any], build: Any) -> Any:
    return loaded(TEXT, "kind", encodes=(build.onehot("sex"), build.thermometer(2, "age")), scale=build.scale("minmax", 5, 8))


def test_each_column_is_read_once(trained: Any) -> None:
    columns, places = sources(trained.inputs)
    assert [(column.name, column.column, column.as_text) for column in columns] == [
        ("age", 0, False),
        ("sex", 1, True),
        ("bmi", 2, False),
    ]
    assert places == (0, 0, 1, 1, 1, 2)


def test_a_column_may_be_read_as_text_and_as_number() -> None:
    inputs = (Input("a=1", 3, Equals("1")), Input("b", 1, Scaled()), Input("a", 3, Scaled(factor=Fraction(2))))
    found = array_rows([["1", 5], ["3", 6]], inputs)
    assert values(found.X) == [[1, 5, 2], [0, 6, 6]]


def test_rows_of_a_file(build: Any, trained: Any) -> None:
    path = build.write("bmi,note,sex,age\n4,?,m,25\n1,word,q,20\n", "new.csv").path
    found = read_rows(path, trained.inputs, 3, "kind", trained.classes, name="new.csv")
    assert values(found.X) == [[1, 0, 0, 0, 1, 8], [0, 0, 0, 0, 0, 5]]
    assert found.y is None
    assert found.notes[-1] == "`new.csv`: `sex` has categories that no training point has, read as none: `q`"


def test_the_training_file_gives_the_training_points(build: Any, trained: Any) -> None:
    found = read_rows(build.write(TEXT, "same.csv").path, trained.inputs, 3, "kind", trained.classes)
    assert values(found.X) == values(trained.train.X)
    assert len(found.notes) == 1
    assert found.y is not None
    assert found.y.tolist() == trained.train.y.tolist()


def test_arrays_have_a_column_a_column_of_the_file(trained: Any, refused: Any) -> None:
    found = array_rows(np.array([[25, "m", 4]], dtype=object), trained.inputs, ["y"], trained.classes)
    assert values(found.X) == [[1, 0, 0, 0, 1, 8]]
    [wrong] = refused(lambda: array_rows(np.ones((2, 6)), trained.inputs), "E229")
    assert wrong.message == "`X` has 6 columns, the network is made of 3 columns of the file"


def test_credit_data_with_categories(build: Any, shared_data: Path) -> None:
    source = build.source(shared_data / "default_of_credit_card_clients.csv")
    dataset = load(build.spec(source, 23, encodes=(build.onehot(1, 2, 3),), take=build.pick(400, stratified=True, seed=9)))
    encoded_columns = [given.column for given in dataset.inputs if isinstance(given.transform, Equals)]
    assert set(encoded_columns) == {1, 2, 3}
    assert dataset.train.X.shape == (400, 20 + len(encoded_columns))
    for column in (1, 2, 3):
        places = [j for j, given in enumerate(dataset.inputs) if given.column == column]
        assert (dataset.train.X.numerators[:, places].sum(axis=1) == 1).all()
