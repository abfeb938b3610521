"""Targets that are numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bdnnc.data.load import facts, load, load_arrays
from bdnnc.data.rows import array_rows, builtin_rows, read_rows

TEXT = "a,b,goal\n1,2,0.1\n3,4,-7\n1,2,1e1\n5,6,0.10\n"


def test_targets_are_exact(loaded: Callable[..., Any]) -> None:
    dataset = loaded(TEXT, "goal", regression=True)
    assert dataset.train.targets.tolist() == [Fraction(1, 10), -7, 10, Fraction(1, 10)]
    assert (dataset.classes, dataset.train.y.tolist()) == ((), [0, 0, 0, 0])
    assert dataset.counts.tolist() == [[2], [1], [1]]
    assert dataset.origin.target_name == "goal"


def test_held_and_taken_points_keep_their_targets(build: Any) -> None:
    text = "".join(f"{row},{row * row}\n" for row in range(20))
    holds = (build.hold("test", build.pick(5, "test")), build.hold("validation", build.pick(4, "validation")))
    dataset = load(build.spec(text, 1, regression=True, holds=holds, take=build.pick(6)))
    part: Any
    for part, count in ((dataset.train, 6), (dataset.test, 5), (dataset.validation, 4)):
        assert part.targets.tolist() == [row * row for row in part.rows.tolist()]
        assert len(part.targets) == count


def test_a_held_file_has_targets(build: Any) -> None:
    other = build.source(build.write("9,0.25\n", "other.csv").path, word="other")
    holds = (build.hold("test", other),)
    source = build.source(build.write("1,2\n3,4\n").path, header=False)
    assert load(build.spec(source, 1, regression=True, holds=holds)).test.targets.tolist() == [Fraction(1, 4)]


def test_missing_targets(build: Any, refused: Any, loaded: Callable[..., Any]) -> None:
    refused(lambda: load(build.spec("a,goal\n1,?\n2,3\n", "goal", regression=True)), "E218")
    assert loaded("a,goal\n1,?\n2,3\n", "goal", regression=True, missing="drop").train.targets.tolist() == [3]


def test_targets_of_text_are_refused_with_their_lines(build: Any, refused: Any, pointed: Any) -> None:
    text = "a,goal\n1,low\n2,3\nx,high\n4,inf\n"
    inputs, target, beyond = refused(lambda: load(build.spec(text, "goal", regression=True)), "E219", "E219", "E220")
    assert (pointed(inputs), pointed(target), pointed(beyond)) == ("source", "target", "source")
    assert inputs.notes == ("column `a`: `x` at line 4",)
    assert target.message == "the target `goal` of `data.csv` holds text, but the loss `absolute` needs numbers"
    assert target.notes == ("`low` at line 2, `high` at line 4",)
    assert beyond.notes == ("column `goal`: `inf` at line 5",)


def test_settings_of_classes_are_refused(build: Any, refused: Any, pointed: Any) -> None:
    block = {
        "take": build.pick(2, stratified=True),
        "holds": (build.hold("test", build.pick(1, "test", stratified=True)),),
        "keep": [1, 2],
    }
    found = refused(lambda: load(build.spec(TEXT, "goal", regression=True, **block)), "E232", "E232", "E232")
    assert {pointed(one) for one in found} == {"take", "test", "keep"}
    assert all("speaks of classes" in one.message for one in found)


def test_arrays_and_npz(build: Any, refused: Any) -> None:
    X, y = np.array([[1.5], [2.0]]), np.array([0.1, -2], dtype=np.float32)
    assert load_arrays(X, y, build.spec("", regression=True)).train.targets.tolist() == [Fraction(1, 10), -2]
    buffer = io.BytesIO()
    np.savez(buffer, X=X, y=y)
    source = build.write(buffer.getvalue(), "data.npz")
    assert load(build.spec(source, regression=True)).train.targets.tolist() == [Fraction(1, 10), -2]
    refused(lambda: load_arrays(X, ["low", "high"], build.spec("", regression=True)), "E219")


def test_built_in_sets(build: Any, refused: Any) -> None:
    pytest.importorskip("sklearn")
    dataset = load(build.builtin("diabetes", regression=True, scale=build.scale("minmax", -1, 1), take=build.pick(30, seed=4)))
    assert dataset.train.X.shape == (30, 10)
    assert [given.name for given in dataset.inputs][:3] == ["age", "sex", "bmi"]
    assert all(value.denominator == 1 and 25 <= value <= 346 for value in dataset.train.targets)
    [found] = refused(lambda: load(build.builtin("digits", regression=True)), "E225")
    assert "diabetes" in found.help


def test_facts_of_regression(loaded: Callable[..., Any], build: Any) -> None:
    dataset = loaded(TEXT, "goal", regression=True)
    known = facts(dataset, build.spec(TEXT).span)
    assert (known.samples, known.classes, known.conflicts, known.class_counts) == (4, None, None, ())


# --- points for a trained network -----------------------------------------------------------------------------------


def test_rows_with_targets(build: Any, loaded: Callable[..., Any], refused: Any) -> None:
    inputs = loaded(TEXT, "goal", regression=True).inputs
    path = build.write("goal,b,a\n0.5,4,3\n", "new.csv").path
    found = read_rows(path, inputs, 2, "goal", ())
    assert found.samples().targets.tolist() == [Fraction(1, 2)]
    assert found.samples().y.tolist() == [0]
    assert read_rows(path, inputs, 2, "goal", None).y is None
    assert read_rows(build.write("3,4\n", "less.csv").path, inputs, 2, "goal", ()).targets is None
    refused(lambda: read_rows(build.write("3,4,x\n", "text.csv").path, inputs, 2, "goal", ()), "E219")


def test_arrays_with_targets(loaded: Callable[..., Any]) -> None:
    inputs = loaded(TEXT, "goal", regression=True).inputs
    found = array_rows([[1, 2]], inputs, [0.3])
    assert found.targets is not None
    assert found.targets.tolist() == [Fraction(3, 10)]
    assert array_rows([[1, 2]], inputs).y is None


def test_rows_of_a_built_in_set(build: Any, refused: Any) -> None:
    pytest.importorskip("sklearn")
    spec = build.builtin("diabetes", regression=True)
    dataset = load(spec)
    found = builtin_rows(spec.source, dataset.inputs, "target", ())
    assert found.targets is not None
    assert (found.targets == dataset.train.targets).all()
    assert builtin_rows(spec.source, dataset.inputs).y is None
    refused(lambda: builtin_rows(spec.source, dataset.inputs, "target", ("0", "1")), "E225")
