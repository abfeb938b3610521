"""Powers of the inputs, and what the checker learns of the data."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.data.inputs import Scaled
from bdnnc.data.load import facts, load, load_arrays
from bdnnc.data.numbers import ExactColumn, exact_column
from bdnnc.data.powers import with_powers
from bdnnc.data.rows import array_rows, read_rows
from bdnnc.data.sources import column_name
from bdnnc.diagnostics import Source, Span
from bdnnc.language.spec import DataSpec, FileSource

TEXT = "a,b,c,kind\n1,-1,7,x\n2,1,7,y\n0.5,-1,7,y\n1,-1,7,y\n"


def values(X: Any) -> list[list[Fraction]]:
    return [[X.fraction(i, j) for j in range(X.shape[1])] for i in range(X.shape[0])]


def test_all_inputs_then_all_squares_then_all_cubes(loaded: Callable[..., Any]) -> None:
    plain = loaded(TEXT, "kind")
    dataset = with_powers(plain, 3)
    assert [given.name for given in dataset.inputs] == ["a", "b", "c", "a^2", "b^2", "c^2", "a^3", "b^3", "c^3"]
    assert [given.power for given in dataset.inputs] == [1] * 3 + [2] * 3 + [3] * 3
    assert [given.column for given in dataset.inputs] == [0, 1, 2] * 3
    for X, raised in ((plain.train.X, dataset.train.X), (plain.patterns, dataset.patterns)):
        assert values(raised) == [[x**power for power in (1, 2, 3) for x in row] for row in values(X)]
    assert (dataset.counts == plain.counts).all()
    assert (dataset.pattern_of == plain.pattern_of).all()
    assert with_powers(plain, 1) is plain


def test_dead_powers_are_found_and_noted_once(loaded: Callable[..., Any]) -> None:
    dataset = with_powers(loaded(TEXT, "kind"), 2)
    assert dataset.dead.tolist() == [False, False, True, False, True, True]
    assert [note for note in dataset.notes if "constant" in note] == [
        "constant on the training points: `c`",
        "constant on the training points: `b^2`",
    ]


def test_powers_are_taken_of_the_scaled_input_in_all_sets(loaded: Callable[..., Any], build: Any) -> None:
    text = "".join(f"{row},{row % 2}\n" for row in range(10))
    holds = (build.hold("test", build.pick(3, "test")), build.hold("validation", build.pick(3, "validation")))
    dataset = with_powers(loaded(text, 1, holds=holds, scale=build.scale("minmax", 0, 1, digits=2)), 2)
    part: Any
    for part in (dataset.train, dataset.test, dataset.validation):
        assert all(row[1] == row[0] ** 2 for row in values(part.X))
    assert isinstance(dataset.inputs[1].transform, Scaled)


@given(st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=1, max_size=8), st.integers(1, 9))
def test_powers_of_a_column_are_exact(numbers: list[Any], power: int) -> None:
    column = exact_column([str(number) for number in numbers])
    assert isinstance(column, ExactColumn)
    raised = column.to_the(power)
    assert raised.fractions().tolist() == [Fraction(number) ** power for number in numbers]
    assert raised.numerators.dtype == object or int(np.abs(raised.numerators).max()) < 2**62


def test_powers_that_cannot_be(build: Any, refused: Any, pointed: Any) -> None:
    large = load(build.spec(f"{10**200},0\n1,1\n", 1))
    [found] = refused(lambda: with_powers(large, 2, build.span("two")), "E220")
    assert (found.message[:19], pointed(found)) == ("values of `x0^2` ar", "two")
    named = load(build.spec("a,a^2,kind\n1,2,x\n3,4,y\n", "kind"))
    [found] = refused(lambda: with_powers(named, 2, build.span("two")), "E228")
    assert "`a^2`" in found.message


def test_points_for_a_trained_network_with_powers(build: Any, loaded: Callable[..., Any], refused: Any) -> None:
    model = with_powers(loaded("a,kind,b\n0,x,5\n10,y,6\n", "kind", scale=build.scale("minmax")), 2)
    assert [column_name(given) for given in model.inputs] == ["a", "b", "a", "b"]
    path = build.write("b,a\n7,5\n", "new.csv").path
    assert values(read_rows(path, model.inputs, 1, "kind", model.classes).X) == [[Fraction(1, 2), 2, Fraction(1, 4), 4]]
    assert values(array_rows([[5, 7]], model.inputs).X) == [[Fraction(1, 2), 2, Fraction(1, 4), 4]]
    refused(lambda: array_rows([[5, 7, 5, 7]], model.inputs), "E229")


def test_powers_of_encoded_inputs(build: Any, loaded: Callable[..., Any]) -> None:
    model = with_powers(loaded("a,kind\nf,x\nm,y\n", "kind", encodes=(build.onehot("a"),)), 2)
    assert [given.name for given in model.inputs] == ["a=f", "a=m", "a=f^2", "a=m^2"]
    assert [column_name(given) for given in model.inputs] == ["a"] * 4
    assert values(array_rows([["m"]], model.inputs).X) == [[0, 1, 0, 1]]


def test_facts(build: Any, loaded: Callable[..., Any]) -> None:
    text = "a,s,kind\n1,f,x\n2,m,y\n1,f,y\n1,f,y\n2,m,y\n3,f,x\n"
    dataset = loaded(text, "kind", encodes=(build.onehot("s"),))
    here = build.spec("").span
    known = facts(dataset, here)
    assert (known.samples, known.classes, known.span) == (6, ("x", "y"), here)
    assert (known.inputs, known.input_columns) == (("a", "s=f", "s=m"), (0, 1, 1))
    assert known.columns == ("a", "s", "kind")
    assert known.class_counts == (2, 4)
    assert known.conflicts is not None
    assert (known.conflicts.unavoidable, known.conflicts.rows) == (1, (0, 2, 3))
    clean = facts(loaded("1,x\n2,y\n", 1), here).conflicts
    assert clean is not None
    assert (clean.unavoidable, clean.rows) == (0, ())


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=6, max_size=30))
def test_conflicts_against_their_definition(points: list[tuple[int, int]]) -> None:
    here = Span(Source("", ""), 0, 0)
    spec = DataSpec(FileSource(Path("absent.csv"), "absent.csv", here), here)
    points = [*points, (0, 0), (1, 1)]  # two classes at least
    X, y = [[x] for x, _ in points], [label for _, label in points]
    found = facts(load_arrays(X, y, spec), here).conflicts
    assert found is not None
    groups = [[label for x, label in points if x == value] for value in range(3)]
    assert found.unavoidable == sum(len(group) - max(map(group.count, group), default=0) for group in groups)
    assert list(found.rows) == [row for row, (x, _) in enumerate(points) if len(set(groups[x])) > 1]
