"""Data that are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.datasets import uniform, write_uniform


def test_rows_cycle_through_the_three_boxes() -> None:
    X, y = uniform(inputs=10, samples=3_000, seed=1)
    assert (X.shape, y.shape, set(y.tolist())) == ((3_000, 10), (3_000,), {0, 1})
    ends = [(X[kind::3].min(), X[kind::3].max()) for kind in range(3)]
    assert np.allclose(ends, [(0, 10), (-10, 0), (-1, 1)], atol=0.01)
    assert np.allclose([X[kind::3].mean() for kind in range(3)], [5, -5, 0], atol=0.1)
    assert [set(y[kind::3].tolist()) for kind in range(3)] == [{1}, {0}, {0, 1}]
    assert abs(y[2::3].mean() - 0.5) < 0.1


def test_a_seed_says_everything() -> None:
    X, y = uniform(3, 6, seed=7)
    again, labels = uniform(np.int64(3), np.int32(6), seed=7)
    assert (again == X).all()
    assert (labels == y).all()
    longer, more = uniform(3, 60, seed=7)
    assert (longer[:6] == X).all()
    assert (more[:6] == y).all()
    assert (uniform(3, 6, seed=8)[0] != X).any()
    assert uniform(1, 1)[0].tolist() == [[5.4881350392732475]], "the stream of a seed is frozen"


def test_the_file_is_like_the_authors_own(tmp_path: Path) -> None:
    write_uniform(tmp_path / "u.csv", 2, 4, seed=1)
    X, y = uniform(2, 4, seed=1)
    rows = [";".join(map(repr, [*row, float(label)])) for row, label in zip(X.tolist(), y.tolist(), strict=True)]
    assert (tmp_path / "u.csv").read_text() == "\n".join(rows) + "\n"


def test_the_authors_own_files_have_that_layout(shared_data: Path) -> None:
    lines = (shared_data / "Uniform_N10_m1000_0.csv").read_text().splitlines()
    cells = [line.split(";") for line in lines]
    X = np.array([row[:-1] for row in cells], dtype=np.float64)
    assert [row[-1] for row in cells[:2]] == ["1.0", "0.0"]
    made, _ = uniform(10, 1_000)
    for kind in range(3):
        assert np.allclose([X[kind::3].min(), X[kind::3].max()], [made[kind::3].min(), made[kind::3].max()], atol=0.05)
    assert {cell for row in cells for cell in row} == {repr(float(cell)) for row in cells for cell in row}


def test_a_spec_reads_the_file(tmp_path: Path) -> None:
    bdnnc.datasets.write_uniform(tmp_path / "u.csv", inputs=3, samples=30, seed=2)
    (tmp_path / "u.bdnn").write_text(
        'data { from "u.csv" target 3 }\nnetwork { layer output: 1 step unit weights in {-1, 0, 1} }\nminimize hamming\n'
    )
    data = bdnnc.compile(tmp_path / "u.bdnn").dataset
    assert data.classes == ("0", "1")
    X, y = uniform(3, 30, seed=2)
    assert (data.train.X.floats() == X).all()
    assert (data.train.y == y).all()


@pytest.mark.parametrize(
    ("inputs", "samples", "seed"),
    [(0, 1, 0), (1, 0, 0), (1, 1, -1), (1, 1, 2**32), (1.0, 1, 0), (1, True, 0), ("3", 1, 0), (1, 1, None)],
)
def test_wrong_sizes_and_seeds_are_refused(inputs: object, samples: object, seed: object) -> None:
    with pytest.raises(bdnnc.UserError) as refused:
        uniform(inputs, samples, seed)  # type: ignore[arg-type]
    assert [(d.code, bool(d.help)) for d in refused.value.diagnostics] == [("E238", True)]


@pytest.mark.parametrize("name", ["missing/u.csv", ".", "a\0b.csv"])
def test_places_that_cannot_be_written_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(bdnnc.UserError) as refused:
        write_uniform(tmp_path / name, 1, 1)
    assert [d.code for d in refused.value.diagnostics] == ["E612"]
