"""What HiGHS reads back from a file is what was written, array by array; SCIP and Gurobi agree."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from bdnnc.milp.files import write
from bdnnc.milp.model import MilpModel
from bdnnc.milp.written import written_rows

from .random_models import TAME, Read, expected_entries, expected_rows, model_of, models

FORMATS = [".mps", ".mps.gz", ".lp", ".lp.gz"]


def read_back(model: MilpModel, suffix: str) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        write(model, path)
        return Read(path)


def assert_same(model: MilpModel, suffix: str) -> None:
    split = suffix.startswith(".lp")
    found = read_back(model, suffix)
    names = list(model.column_names)
    assert found.columns == dict(zip(names, zip(model.lower.tolist(), model.upper.tolist(), strict=True), strict=True))
    assert found.costs == dict(zip(names, model.c.tolist(), strict=True))
    assert found.integral == {name for name, flag in zip(names, model.integrality.tolist(), strict=True) if flag}
    assert found.offset == 0
    rows = expected_rows(model, split)
    assert list(found.rows) == list(rows)
    for name, sides in rows.items():
        assert_same_sides(found.rows[name], sides)
    assert found.entries == expected_entries(model, rows)
    if not split:
        assert found.order == names


def assert_same_sides(found: tuple[float, float], sides: tuple[float, float]) -> None:
    """A range is written as one side and a width: that side is exact, the other may miss the last bit of the larger one."""
    if not np.isfinite(sides).all():
        assert found == sides
        return
    assert found[0] == sides[0] or found[1] == sides[1]
    assert np.abs(np.subtract(found, sides)).max() <= np.spacing(np.abs(sides).max())


@pytest.mark.parametrize("suffix", FORMATS)
@settings(max_examples=60, deadline=None)
@given(model=models())
def test_highs_reads_what_was_written(suffix: str, model: MilpModel) -> None:
    assert_same(model, suffix)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_extreme_numbers(suffix: str) -> None:
    numbers = np.array([1e-320, -0.0, 5e-324, 1e19, -1e19, 123456789.123456789, 0.1])
    bounds = np.stack([np.minimum(numbers, 0), np.maximum(numbers, 1)], axis=1)
    sides = np.stack([numbers, np.full(7, np.inf)], axis=1)
    assert_same(model_of(np.eye(7), sides, bounds, numbers, np.zeros(7)), suffix)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_every_integrality_pattern(suffix: str) -> None:
    for pattern in ([1, 1, 1], [0, 0, 0], [1, 0, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]):
        assert_same(model_of(np.eye(3), [[0, 5]] * 3, [[-2, 3]] * 3, [1, 0, -1], pattern), suffix)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_without_rows_and_without_objective(suffix: str) -> None:
    assert_same(model_of(np.empty((0, 3)), np.empty((0, 2)), [[0, 1]] * 3, [0, 0, 0], [1, 0, 1]), suffix)
    assert_same(model_of(np.zeros((2, 3)), [[0, 1], [-1, 0]], [[-7, -3]] * 3, [0, 0, 0], [0, 0, 0]), suffix)


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_long_rows_are_wrapped_and_chunks_meet(suffix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    table = generator.integers(-9, 10, size=(40, 300)) / 8
    model = model_of(table, [[0, np.inf]] * 40, [[0, 1]] * 300, np.arange(300), np.arange(300) % 2)
    assert_same(model, suffix)
    write(model, tmp_path / f"whole{suffix}")
    assert max(len(line) for line in (tmp_path / f"whole{suffix}").read_text().splitlines()) < 510
    for function in ("spans_of", "spans_by_weight"):
        monkeypatch.setattr(f"bdnnc.milp.text.{function}.__defaults__", (7,))
    write(model, tmp_path / f"pieces{suffix}")
    assert (tmp_path / f"pieces{suffix}").read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()


def test_ranges_are_read_back_bit_by_bit_from_either_side() -> None:
    generator = np.random.default_rng(2)
    sides = np.sort(generator.normal(size=(2000, 2)) * 10.0 ** generator.integers(-6, 7, size=(2000, 2)), axis=1)
    rows = written_rows(model_of(np.ones((2000, 1)), sides, [[0, 1]], [0], [0]))
    down = rows.senses == b"L"
    other = np.where(down, rows.right - rows.widths, rows.right + rows.widths)
    assert np.array_equal(rows.right, np.where(down, sides[:, 1], sides[:, 0]))
    exact = other == np.where(down, sides[:, 0], sides[:, 1])
    assert down.any()
    assert exact[down].all()
    assert exact.mean() > 0.95


def scip_optimum(path: Path) -> float | None:
    pyscipopt: Any = pytest.importorskip("pyscipopt")
    solver = pyscipopt.Model()
    solver.hideOutput()
    solver.readProblem(str(path))
    assert {variable.name for variable in solver.getVars()} == set(Read(path).order)
    solver.optimize()
    return None if solver.getStatus() == "infeasible" else float(solver.getObjVal())


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
@settings(max_examples=25, deadline=None)
@given(model=models(TAME))
def test_scip_finds_the_same_optimum(suffix: str, model: MilpModel) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        write(model, path)
        expected = Read(path).optimum()
        assert scip_optimum(path) == (None if expected is None else pytest.approx(expected, abs=1e-6))


@pytest.mark.parametrize("suffix", [".mps", ".lp"])
def test_gurobi_reads_the_same_names(suffix: str, tmp_path: Path) -> None:
    gurobipy: Any = pytest.importorskip("gurobipy")
    model = model_of(np.eye(3) * 1.5, [[0, np.inf], [-1, -1], [-np.inf, 4]], [[-2, 3]] * 3, [1, 0, -1], [1, 0, 1])
    path = tmp_path / f"model{suffix}"
    write(model, path)
    with gurobipy.Env(params={"OutputFlag": 0}) as environment, gurobipy.read(str(path), environment) as found:
        assert {v.VarName: (v.LB, v.UB, v.Obj, v.VType) for v in found.getVars()} == {
            "one": (-2, 3, 1, "I"),
            "e(0)": (-2, 3, 0, "C"),
            "e(1)": (-2, 3, -1, "I"),
        }
        assert [(row.ConstrName, row.Sense, row.RHS) for row in found.getConstrs()] == [
            ("active(hidden,0)", ">", 0),
            ("active(hidden,1)", "=", -1),
            ("active(hidden,2)", "<", 4),
        ]
