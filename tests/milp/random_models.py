"""Random models for property tests, and what HiGHS makes of a file."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names

TAME = st.integers(-5, 5).map(float) | st.sampled_from([0.5, -1.5, 2.25])
"""Numbers on which solvers agree."""

# HiGHS drops matrix entries below 1e-9 and refuses those above 1e15
_ODD = st.sampled_from([1e-8, -3e-7, 1e14, -123456789012.5, 1 / 3, 0.1 + 0.2, -2e-5, 1e9, 2.0**49 + 0.5])
WILD = TAME | _ODD | st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-8)
"""Numbers that a file must hold to the last bit."""


@st.composite
def models(
    draw: st.DrawFn, numbers: st.SearchStrategy[float] = WILD, sides: st.SearchStrategy[float] | None = None
) -> MilpModel:
    """Up to 6 rows and 1 to 7 columns: with empty rows and columns, equations, ranges, free rows, fixed columns."""
    rows, columns = draw(st.integers(0, 6)), draw(st.integers(1, 7))
    table = np.array([[draw(numbers | st.just(0.0)) for _ in range(columns)] for _ in range(rows)]).reshape(rows, columns)
    bounds = np.sort([[draw(numbers), draw(numbers)] for _ in range(columns)], axis=1)
    row_sides = np.sort([_sides(draw, sides or numbers) for _ in range(rows)], axis=1) if rows else np.empty((0, 2))
    integrality = np.array([draw(st.sampled_from([0, 1])) for _ in range(columns)], dtype=np.uint8)
    bounds[integrality == 1] = np.round(bounds[integrality == 1])
    return model_of(table, row_sides, bounds, np.array([draw(numbers) for _ in range(columns)]), integrality)


def _sides(draw: st.DrawFn, numbers: st.SearchStrategy[float]) -> tuple[float, float]:
    first, second = draw(numbers), draw(numbers)
    kind = draw(st.sampled_from(["E", "G", "L", "range", "free"]))
    return {
        "E": (first, first),
        "G": (first, np.inf),
        "L": (-np.inf, first),
        "range": (first, second),
        "free": (-np.inf, np.inf),
    }[kind]


def model_of(table: Any, sides: Any, bounds: Any, c: Any, integrality: Any) -> MilpModel:
    """A model with the names ``active(hidden,i)``, ``one`` and ``e(j)``."""
    rows, columns = np.shape(table)
    A = csr_matrix(np.asarray(table, dtype=np.float64))
    A.eliminate_zeros()
    return MilpModel(
        name="random model",
        A=A,
        row_lower=np.asarray(sides, dtype=np.float64)[:, 0],
        row_upper=np.asarray(sides, dtype=np.float64)[:, 1],
        c=np.asarray(c, dtype=np.float64),
        lower=np.asarray(bounds, dtype=np.float64)[:, 0],
        upper=np.asarray(bounds, dtype=np.float64)[:, 1],
        integrality=np.asarray(integrality, dtype=np.uint8),
        row_families=(RowFamily("active", "hidden", 3, 0, rows, "a >= t", axes=("sample",)),),
        column_families=(ColumnFamily("one", "", (), 1, 0, 1), ColumnFamily("e", "", ("sample",), 2, 1, columns)),
        row_names=Names([NameBlock("active", "hidden", (rows,))]),
        column_names=Names([NameBlock("one"), NameBlock("e", "", (columns - 1,))]),
    )


Table = dict[str, tuple[float, float]]


class Read:
    """A file as HiGHS reads it: columns and rows by name. ``order`` has the columns in the order of HiGHS."""

    def __init__(self, path: Path) -> None:
        import highspy

        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        status = self.solver.readModel(str(path))
        if status == highspy.HighsStatus.kError:
            raise AssertionError(f"HiGHS does not read {path}:\n{path.read_bytes()[:2000]!r}")
        lp = self.solver.getLp()
        self.solver.setOptionValue("mip_rel_gap", 0.0)
        matrix = lp.a_matrix_
        self.order: list[str] = list(lp.col_names_)
        row_names: list[str] = list(lp.row_names_)
        integral = [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_] or [False] * lp.num_col_
        self.columns: Table = dict(zip(self.order, zip(lp.col_lower_, lp.col_upper_, strict=True), strict=True))
        self.costs: dict[str, float] = dict(zip(self.order, list(lp.col_cost_), strict=True))
        self.integral = {name for name, flag in zip(self.order, integral, strict=True) if flag}
        self.rows: Table = dict(zip(row_names, zip(lp.row_lower_, lp.row_upper_, strict=True), strict=True))
        starts, index, values = list(matrix.start_), list(matrix.index_), list(matrix.value_)
        self.entries: dict[tuple[str, str], float] = {
            (row_names[index[k]], name): values[k] for j, name in enumerate(self.order) for k in range(starts[j], starts[j + 1])
        }
        self.offset: float = lp.offset_

    def optimum(self) -> float | None:
        """The optimal value, None if the model is infeasible."""
        import highspy

        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            raise AssertionError(f"HiGHS stopped with {status}")
        return float(self.solver.getInfo().objective_function_value)


def expected_rows(model: MilpModel, split: bool) -> Table:
    """The rows that a file holds, by name; ``split`` as in the LP format, where two sides are two rows."""
    found: Table = {}
    for name, low, high in zip(model.row_names, model.row_lower.tolist(), model.row_upper.tolist(), strict=True):
        if low == -np.inf and high == np.inf:
            continue
        if split and np.isfinite(low) and np.isfinite(high) and low != high:
            found[name], found[f"{name}.upper"] = (low, np.inf), (-np.inf, high)
        else:
            found[name] = (low, high)
    return found


def expected_entries(model: MilpModel, rows: Table) -> dict[tuple[str, str], float]:
    """The non-zeros by names, also of the ``.upper`` rows."""
    columns, names = list(model.column_names), list(model.row_names)
    table = model.A.tocoo()
    found: dict[tuple[str, str], float] = {}
    for i, j, value in zip(table.row.tolist(), table.col.tolist(), table.data.tolist(), strict=True):
        for name in (names[i], f"{names[i]}.upper"):
            if name in rows:
                found[name, columns[j]] = value
    return found
