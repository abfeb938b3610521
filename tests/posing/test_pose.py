"""From a file with masks, fixed weights, dead inputs and class weights to the problem that it states."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.diagnostics import UserError

SPEC = """
data {
  from "points.csv"
  target "y"
}
network {
  layer hidden: 2 step units
    CLAUSES
  layer output: 1 step unit
    weights in {-1, 1}
}
minimize hamming WEIGHTED
"""
POINTS = "a,b,same,y\n1,2,7,n\n3,0,7,y\n1,1,7,y\n1,1,7,n\n0,2,7,n\n"


def posed(folder: Path, clauses: str, weighted: str = ""):
    (folder / "points.csv").write_text(POINTS)
    (folder / "spec.bdnn").write_text(SPEC.replace("CLAUSES", clauses).replace("WEIGHTED", weighted))
    return bdnnc.compile(folder / "spec.bdnn").problem


def failing(folder: Path, clauses: str) -> tuple[str, str]:
    with pytest.raises(UserError) as caught:
        posed(folder, clauses)
    found = caught.value.diagnostics[0]
    assert found.primary is not None
    span = found.primary.span
    return found.code, span.source.text[span.start : span.end]


def test_dead_inputs_get_the_smallest_member(tmp_path: Path) -> None:
    for weights, expected in (
        ("{-1, 0, 1}", 0),
        ("{-1, 1}", 1),
        ("{-3, -2}", -2),
        ("[-1, 1]", 0),
        ("[0.5, 1]", Fraction(1, 2)),
    ):
        hidden = posed(tmp_path, f"weights in {weights}").layers[0]
        np.testing.assert_array_equal(hidden.free, [[True, True, False]] * 2)
        assert [hidden.constant[unit, 2] for unit in range(2)] == [expected, expected]


def test_a_mask_makes_connections_absent(tmp_path: Path) -> None:
    (tmp_path / "mask.csv").write_text("1,0,1\n0,1,0\n")
    hidden = posed(tmp_path, 'weights in {-1, 1}\n    mask "mask.csv"').layers[0]
    np.testing.assert_array_equal(hidden.absent, [[False, True, False], [True, False, True]])
    np.testing.assert_array_equal(hidden.free, [[True, False, False], [False, True, False]])
    np.testing.assert_array_equal(
        hidden.constant, [[0, 0, 1], [0, 0, 0]]
    )  # a dead input keeps its weight, an absent one has none


def test_fixed_weights_are_the_decimals_of_the_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", weights=np.array([[0.1, -2.0, 3.5], [0.0, 1.0, 0.0]]))
    hidden = posed(tmp_path, 'weights fixed "w.npz"').layers[0]
    assert not hidden.free.any()
    assert hidden.constant[0].tolist() == [Fraction(1, 10), -2, Fraction(7, 2)]


def test_class_weights(tmp_path: Path) -> None:
    assert posed(tmp_path, "").class_weights == (1, 1)
    assert posed(tmp_path, "", "weighted [1, 0.25]").class_weights == (1, Fraction(1, 4))
    assert posed(tmp_path, "", "weighted balanced").class_weights == (Fraction(5, 6), Fraction(5, 4))  # 3 n, 2 y


def test_equal_points_are_one_pattern_with_counts(tmp_path: Path) -> None:
    stated = posed(tmp_path, "")
    assert stated.patterns.shape == (4, 3)
    assert stated.counts.tolist() == [[1, 0], [0, 1], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("1,0\n0,1\n", "E316"),
        ("1,0,1\n", "E316"),
        ("1,0,1\n0,2,1\n", "E317"),
        ("1,0,1\n0,x,1\n", "E317"),
        ("", "E316"),
        (None, "E315"),
    ],
)
def test_masks_that_do_not_fit(tmp_path: Path, content: str | None, code: str) -> None:
    if content is not None:
        (tmp_path / "mask.csv").write_text(content)
    assert failing(tmp_path, 'mask "mask.csv"') == (code, '"mask.csv"')


@pytest.mark.parametrize(
    ("arrays", "code"),
    [
        ({"weights": np.zeros((2, 2))}, "E316"),
        ({"weights": np.zeros(3)}, "E316"),
        ({"w": np.zeros((2, 3))}, "E315"),
        ({"weights": np.full((2, 3), np.nan)}, "E317"),
        ({"weights": np.full((2, 3), "1")}, "E317"),
    ],
)
def test_fixed_weights_that_do_not_fit(tmp_path: Path, arrays: dict[str, np.ndarray], code: str) -> None:
    np.savez(tmp_path / "w.npz", **arrays)
    assert failing(tmp_path, 'weights fixed "w.npz"') == (code, '"w.npz"')


def test_fixed_weights_that_are_no_archive(tmp_path: Path) -> None:
    (tmp_path / "w.npz").write_bytes(b"\x00not a zip")
    assert failing(tmp_path, 'weights fixed "w.npz"')[0] == "E315"
    assert failing(tmp_path, 'weights fixed "other.npz"')[0] == "E315"
