"""The compile benchmark compares like with like: every candidate writes the same layer."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from compile import measure
from compile_candidates import CANDIDATES, UnavailableError
from compile_page import Measured, best, table
from first_layer import EPS, FirstLayer, numpy_blocks
from scipy.sparse import csr_matrix

SIZE = FirstLayer(m=7, N=4, d=3)


def test_rows_say_what_the_activations_are() -> None:
    a = numpy_blocks(SIZE.floats(), SIZE.d)
    A = csr_matrix((a.values, a.indices, a.indptr), shape=(len(a.row_lower), len(a.lower)))
    generator = np.random.default_rng(3)
    for _ in range(50):
        w, b = generator.uniform(-1, 1, size=(SIZE.d, SIZE.N)), generator.uniform(-2, 2, size=SIZE.d)
        activation = SIZE.floats() @ w.T + b
        u = (activation >= 0).astype(np.float64)
        if (np.abs(activation) < EPS).any():
            continue
        for flipped in (None, 0, SIZE.m * SIZE.d - 1):
            point = np.concatenate([w.ravel(), b, u.ravel(), [1.0]])
            if flipped is not None:
                place = flipped - SIZE.m * SIZE.d - 1
                point[place] = 1 - point[place]
            inside = (A @ point >= a.row_lower).all() and (A @ point <= a.row_upper).all()
            assert bool(inside) == (flipped is None)


@pytest.mark.parametrize("name", [name for name in CANDIDATES if name not in ("plain numpy blocks", "cvxpy")])
def test_every_candidate_writes_the_same_layer(name: str, tmp_path: Path) -> None:
    highspy = pytest.importorskip("highspy")
    try:
        build, write = CANDIDATES[name][0](SIZE)
    except UnavailableError as error:
        pytest.skip(str(error))
    assert write is not None
    write(build(), str(tmp_path / "model.mps"))
    (path,) = tmp_path.iterdir()
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) != highspy.HighsStatus.kError
    found = solver.getLp()
    assert found.num_row_ == 2 * SIZE.m * SIZE.d
    assert len(found.a_matrix_.value_) == SIZE.nonzeros
    assert sum(kind == highspy.HighsVarType.kInteger for kind in found.integrality_) == SIZE.m * SIZE.d


def test_a_measurement_has_all_figures() -> None:
    found = measure("bdnnc", SIZE, FirstLayer(2, 2, 1))
    assert found.nonzeros == SIZE.nonzeros
    assert found.total == (found.build or 0) + (found.write or 0)
    assert found.file_mb is not None
    assert found.file_mb > 0


def test_table_shows_ratios_and_reasons() -> None:
    runs = [
        Measured("plain numpy blocks", 10**6, build=0.5),
        best([Measured("bdnnc", 10**6, 3.0, 3.0, 80, 24.0, 40.0), Measured("bdnnc", 10**6, 1.0, 4.0, 80, 36.0, 36.0)]),
        Measured("gurobipy loops", 10**6, reason="not installed"),
    ]
    assert table(runs).splitlines()[2:] == [
        "| plain numpy blocks | 0.500 |  | 0.500 | 1.0 |  |  |  |  |",
        "| bdnnc | 1.000 | 3.000 | 4.000 | 2.0 | 1.0 | 80 | 2.0 | 3.0 |",
        "| gurobipy loops | not installed | | | | | | | |",
    ]
