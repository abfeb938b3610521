"""The whole way from a text to its problem, where data, powers and names of inputs have to meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.diagnostics import UserError
from bdnnc.language.quantities import Monotone, Parameters

TEXT = """
data {
  from "points.csv"
  target "y"
  encode ["sex"] onehot
  encode ["age"] thermometer(2)
  scale minmax(0, 1)
}
network {
  layer hidden: 2 step units
    weights in {-1, 1}
    powers 2
    mask "mask.csv"
  layer output: 1 step unit
    weights in scaled {1, 2} by [1, 3]
}
minimize zero_one weighted balanced then minimize l0(hidden.weights)
subject to {
  hidden.weights[0, "bmi^2"] >= 0
  monotone increasing in "sex"
}
"""
POINTS = "age,sex,bmi,same,y\n10,f,1,7,n\n40,m,2,7,y\n25,f,5,7,y\n"


def test_names_of_inputs_meet_the_data(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(POINTS)
    (tmp_path / "mask.csv").write_text(",".join("1" * 12) + "\n" + ",".join("0" * 2 + "1" * 10) + "\n")
    (tmp_path / "spec.bdnn").write_text(TEXT)
    problem = bdnnc.compile(tmp_path / "spec.bdnn").problem
    plain = ("age>20", "age>30", "sex=f", "sex=m", "bmi", "same")
    assert problem.inputs == plain + tuple(f"{name}^2" for name in plain)
    assert problem.columns == (0, 0, 1, 1, 2, 3) * 2
    [weight] = (term.quantity for constraint in problem.constraints for term in constraint.terms)
    assert weight == Parameters(0, "weights", (0,), (10,))
    [monotone] = problem.monotone
    assert isinstance(monotone, Monotone)
    assert monotone.inputs == (2, 3, 8, 9)
    hidden = problem.layers[0]
    assert hidden.sparse
    dead = np.array([False] * 5 + [True] + [False] * 5 + [True])
    np.testing.assert_array_equal(hidden.free[0], ~dead)
    np.testing.assert_array_equal(hidden.absent[1], dead | (np.arange(12) < 2))
    bmi = [problem.patterns.fraction(row, 4) for row in range(3)]
    assert [problem.patterns.fraction(row, 10) for row in range(3)] == [value**2 for value in bmi]
    titles = [statement.title for statement in problem.statements]
    assert titles[2] == "minimize zero_one weighted balanced"
    assert titles[-1].startswith("monotone increasing")


def test_what_text_and_data_say_alike_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(POINTS)
    lines = ["errors >= 4", 'errors of "n" >= 3', "hidden.weights[2, 0] <= 0", "errors == 0.5", "l0(hidden.weights) <= 1e16"]
    text = TEXT.replace("  monotone", "  " + "\n  ".join(lines) + "\n  monotone")
    (tmp_path / "spec.bdnn").write_text(text)
    with pytest.raises(UserError) as caught:
        _ = bdnnc.compile(tmp_path / "spec.bdnn").problem
    found = [(d.code, d.primary.span.start) for d in caught.value.diagnostics if d.primary is not None]
    assert len(set(found)) == len(found)
    assert [code for code, _ in found] == ["E350", "E350", "E345", "E350", "E304", "W306"]


def test_the_text_is_checked_where_the_data_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "spec.bdnn").write_text(TEXT.replace("  monotone", "  errors == 0.5\n  monotone"))
    with pytest.raises(UserError) as caught:
        _ = bdnnc.compile(tmp_path / "spec.bdnn").problem
    assert [d.code for d in caught.value.diagnostics] == ["E620", "E350"]
