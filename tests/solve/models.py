"""Small models with optima known by enumeration, and a hard one."""

from __future__ import annotations

import subprocess
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # pyright: ignore[reportMissingTypeStubs]

from bdnnc.milp.model import MilpModel
from bdnnc.solve import isolation

Floats = NDArray[np.float64]


def model_of(
    A: Any,
    row_lower: Any,
    row_upper: Any,
    c: Any,
    lower: Any,
    upper: Any,
    integrality: Any,
    step: float = 0.0,
    offset: float = 0.0,
) -> MilpModel:
    return MilpModel(
        name="test",
        A=csr_matrix(A),
        row_lower=np.asarray(row_lower, dtype=float),
        row_upper=np.asarray(row_upper, dtype=float),
        c=np.asarray(c, dtype=float),
        lower=np.asarray(lower, dtype=float),
        upper=np.asarray(upper, dtype=float),
        integrality=np.asarray(integrality, dtype=np.uint8),
        row_families=(),
        column_families=(),
        column_names=[f"x{j}" for j in range(len(c))],
        row_names=[f"r{i}" for i in range(len(row_lower))],
        objective_step=step,
        objective_offset=offset,
    )


def random_model(seed: int, columns: int = 6, rows: int = 5) -> MilpModel:
    """Integers of -2..2, integral data, so optima are exact; about one in six is infeasible."""
    rng = np.random.default_rng(seed)
    A = rng.integers(-4, 5, (rows, columns)) * (rng.random((rows, columns)) < 0.7)
    centre = A @ rng.integers(-2, 3, columns) + rng.integers(-1, 2, rows)
    row_lower = np.where(rng.random(rows) < 0.6, centre - rng.integers(0, 2, rows), -np.inf)
    row_upper = np.where(rng.random(rows) < 0.6, centre + rng.integers(0, 2, rows), np.inf)
    full = np.full(columns, 2)
    return model_of(A, row_lower, row_upper, rng.integers(-5, 6, columns), -full, full, np.ones(columns), step=1.0)


def enumerated_optimum(model: MilpModel) -> float | None:
    """The optimum of a model of integers only, by trying all points; None if there is none."""
    ranges = [range(int(low), int(up) + 1) for low, up in zip(model.lower, model.upper, strict=True)]
    points = np.array(list(product(*ranges)), dtype=float)
    activity = points @ model.A.toarray().T
    feasible = ((activity >= model.row_lower) & (activity <= model.row_upper)).all(axis=1)
    return float((points[feasible] @ model.c).min()) if feasible.any() else None


def market_split(rows: int = 5, columns: int = 40, seed: int = 1) -> MilpModel:
    """Cornuejols and Dawande's market split: small, every point easily made feasible, an optimum out of reach."""
    rng = np.random.default_rng(seed)
    shares = rng.integers(0, 100, (rows, columns)).astype(float)
    half = np.floor(shares.sum(axis=1) / 2)
    A = np.hstack([shares, np.eye(rows), -np.eye(rows)])
    c = np.concatenate([np.zeros(columns), np.ones(2 * rows)])
    upper = np.concatenate([np.ones(columns), np.full(2 * rows, shares.sum())])
    integrality = np.concatenate([np.ones(columns), np.zeros(2 * rows)])
    return model_of(A, half, half, c, np.zeros_like(c), upper, integrality)


def split_point(model: MilpModel, taken: Floats) -> Floats:
    """The feasible point of a market split with these shares taken."""
    rows, columns = model.A.shape[0], len(taken)
    missing = model.row_lower - model.A[:, :columns] @ taken
    return np.concatenate([taken, np.maximum(missing, 0), np.maximum(-missing, 0)]) if rows else taken


def is_feasible(model: MilpModel, x: Floats, tolerance: float = 1e-6) -> bool:
    activity = model.A @ x
    whole = x[model.integrality == 1]
    return bool(
        (activity >= model.row_lower - tolerance).all()
        and (activity <= model.row_upper + tolerance).all()
        and (x >= model.lower - tolerance).all()
        and (x <= model.upper + tolerance).all()
        and (np.abs(whole - np.rint(whole)) <= tolerance).all()
    )


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The solver processes that the test starts."""
    started: list[subprocess.Popen[bytes]] = []
    launch: Any = subprocess.Popen

    def recording(*arguments: Any, **keywords: Any) -> subprocess.Popen[bytes]:
        started.append(launch(*arguments, **keywords))
        return started[-1]

    monkeypatch.setattr(isolation.subprocess, "Popen", recording)
    return started
