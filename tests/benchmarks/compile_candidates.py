"""Who builds and writes the models: bdnnc, plain numpy, and, for the first layer, the peers, each as (build, write) on the same
data.

A candidate is a function of the model that returns the callables ``build() -> model`` and ``write(model, path)`` (None
where it cannot write MPS), after importing what it needs: imports are not timed. It raises `UnavailableError` where it
can't run here.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
from arrays import EPS, Arrays, Model
from first_layer import FirstLayer, big_ms, numpy_blocks

HALF = EPS / 2

Build = Callable[[], Any]
Write = Callable[[Any, str], None]
Candidate = Callable[[Any], tuple[Build, Write | None]]


class UnavailableError(Exception):
    """The candidate can't run here; the text says why."""


def _needs(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UnavailableError(f"{name} is not installed") from error


def bdnnc_whole(model: Model) -> tuple[Build, Write]:
    """The whole compiler behind the parser: problem with its data -> program -> passes -> matrix."""
    from bdnnc.formulation.formulate import formulate
    from bdnnc.formulation.passes import run_passes
    from bdnnc.milp.files import write_mps
    from bdnnc.milp.lower import lower

    problem = model.problem()
    return lambda: lower(run_passes(formulate(problem)).program), write_mps


def bdnnc_writer(size: FirstLayer) -> tuple[Build, Write]:
    """bdnnc's writer on the arrays of the plain numpy blocks."""
    from scipy.sparse import csr_matrix

    from bdnnc.milp.files import write_mps
    from bdnnc.milp.model import MilpModel
    from bdnnc.milp.names import NameBlock, Names

    X, m, N, d = size.floats(), size.m, size.N, size.d

    def build() -> MilpModel:
        a = numpy_blocks(X, d)
        units = [NameBlock("b", "hidden", (d,)), NameBlock("u", "hidden", (m, d))]
        columns = [NameBlock("w", "hidden", (d, N)), *units, NameBlock("one")]
        return MilpModel(
            name="first_layer", A=csr_matrix((a.values, a.indices, a.indptr), shape=(2 * m * d, len(a.lower))),
            row_lower=a.row_lower, row_upper=a.row_upper, c=a.c, lower=a.lower, upper=a.upper,
            integrality=a.integrality, row_families=(), column_families=(), column_names=Names(columns),
            row_names=Names([NameBlock("on", "hidden", (m, d)), NameBlock("off", "hidden", (m, d))]),
        )  # fmt: skip

    return build, write_mps


def plain_numpy(model: Model) -> tuple[Build, None]:
    """The yardstick of building: CSR arrays, nothing else."""
    return model.blocks(), None


def polars_columns(size: FirstLayer) -> tuple[Build, Write]:
    """A writer of 30 lines on polars' columns, on the arrays of the plain numpy blocks; the names are bdnnc's."""
    polars: Any = _needs("polars")
    X, m, N, d = size.floats(), size.m, size.N, size.d

    def table(file: Any, **columns: Any) -> None:
        polars.DataFrame(columns).write_csv(file, include_header=False, separator=" ", quote_style="never")

    def write(a: Arrays, path: str) -> None:
        from scipy.sparse import csr_matrix

        rows, columns = len(a.row_lower), len(a.lower)
        row = polars.Series([f"{side}(hidden,{i},{k})" for side in ("on", "off") for i in range(m) for k in range(d)])
        weights = [f" w(hidden,{k},{j})" for k in range(d) for j in range(N)]
        units = [f" b(hidden,{k})" for k in range(d)]
        column = polars.Series([*weights, *units, *(f" u(hidden,{i},{k})" for i in range(m) for k in range(d)), " one"])
        matrix: Any = csr_matrix((a.values, a.indices, a.indptr), shape=(rows, columns)).tocsc()
        down = np.isfinite(a.row_lower)
        integral = int(np.argmax(a.integrality))
        split = int(matrix.indptr[integral])
        owner = np.repeat(np.arange(columns), np.diff(matrix.indptr))
        with open(path, "wb") as file:
            file.write(b"NAME first_layer\nROWS\n N obj\n")
            table(file, sense=np.where(down, " G", " L"), row=row)
            file.write(b"COLUMNS\n")
            for start, stop in ((0, split), (split, len(owner))):
                entries = slice(start, stop)
                table(file, c=column.gather(owner[entries]), r=row.gather(matrix.indices[entries]), v=matrix.data[entries])
                file.write(b" MARKER 'MARKER' 'INTORG'\n" if start == 0 else b" MARKER 'MARKER' 'INTEND'\n")
            file.write(b"RHS\n")
            table(file, s=np.full(rows, " RHS"), row=row, v=np.where(down, a.row_lower, a.row_upper))
            file.write(b"BOUNDS\n")
            table(file, s=np.full(columns, " LO BND"), c=column.str.strip_chars(), v=a.lower)
            table(file, s=np.full(columns, " UP BND"), c=column.str.strip_chars(), v=a.upper)
            file.write(b"ENDATA\n")

    return lambda: numpy_blocks(X, size.d), write


def highs_writer(size: FirstLayer) -> tuple[Build, Write]:
    """The arrays of the plain numpy blocks, handed to HiGHS; its writeModel."""
    highspy: Any = _needs("highspy")
    X = size.floats()

    def build() -> Any:
        a = numpy_blocks(X, size.d)
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = len(a.row_lower), len(a.lower)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = a.c, a.lower, a.upper
        lp.row_lower_, lp.row_upper_ = a.row_lower, a.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = a.indptr, a.indices, a.values
        kinds = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
        lp.integrality_ = [kinds[flag] for flag in a.integrality.tolist()]
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.passModel(lp)
        return solver

    return build, lambda solver, path: solver.writeModel(path)


def gurobi_matrix(size: FirstLayer) -> tuple[Build, Write]:
    """gurobipy's matrix API: one addConstr a unit and side."""
    gurobipy, environment = _gurobi()
    X = size.floats()
    m, N, d = size.m, size.N, size.d
    M = big_ms(X)

    def build() -> Any:
        model = gurobipy.Model(env=environment)
        w = model.addMVar((d, N), lb=-1, ub=1, name="w")
        b = model.addMVar(d, lb=-N - 1, ub=N + 1, name="b")
        u = model.addMVar((m, d), vtype="B", name="u")
        for k in range(d):
            a = X @ w[k] + b[k]
            model.addConstr(a - M * u[:, k] >= HALF - M, name=f"on{k}")
            model.addConstr(a - M * u[:, k] <= -HALF, name=f"off{k}")
        model.update()
        return model

    return build, lambda model, path: model.write(path)


def gurobi_loops(size: FirstLayer) -> tuple[Build, Write]:
    """gurobipy as in the papers' public code: an expression a row."""
    gurobipy, environment = _gurobi()
    X = size.floats().tolist()
    m, N, d = size.m, size.N, size.d
    M = big_ms(size.floats()).tolist()

    def build() -> Any:
        model = gurobipy.Model(env=environment)
        w = [model.addVars(N, lb=-1, ub=1, name=f"w{k}").values() for k in range(d)]
        b = model.addVars(d, lb=-N - 1, ub=N + 1, name="b")
        u = model.addVars(m, d, vtype="B", name="u")
        for i in range(m):
            for k in range(d):
                a = gurobipy.LinExpr(X[i], w[k]) + b[k]
                model.addConstr(a - M[i] * u[i, k] >= HALF - M[i])
                model.addConstr(a - M[i] * u[i, k] <= -HALF)
        model.update()
        return model

    return build, lambda model, path: model.write(path)


def _gurobi() -> tuple[Any, Any]:
    gurobipy: Any = _needs("gurobipy")
    try:
        environment = gurobipy.Env(params={"OutputFlag": 0})
    except gurobipy.GurobiError as error:
        raise UnavailableError(str(error)) from error
    return gurobipy, environment


def linopy_arrays(size: FirstLayer) -> tuple[Build, Write]:
    """linopy on xarray; its own columnar writer writes LP, MPS goes through HiGHS: the LP is timed."""
    linopy: Any = _needs("linopy")
    xarray: Any = _needs("xarray")
    X = xarray.DataArray(size.floats(), dims=("sample", "input"))
    M = xarray.DataArray(big_ms(size.floats()), dims=("sample",))
    m, N, d = size.m, size.N, size.d

    def build() -> Any:
        model = linopy.Model()
        sample, unit, feature = (range(count) for count in (m, d, N))
        w = model.add_variables(-1, 1, coords=[unit, feature], dims=["unit", "input"], name="w")
        b = model.add_variables(-N - 1, N + 1, coords=[unit], dims=["unit"], name="b")
        u = model.add_variables(coords=[sample, unit], dims=["sample", "unit"], name="u", binary=True)
        a = (X * w).sum("input") + b
        model.add_constraints(a - M * u >= HALF - M, name="on")
        model.add_constraints(a - M * u <= -HALF, name="off")
        model.add_objective(0 * u.sum())
        return model

    return build, lambda model, path: model.to_file(path.removesuffix("mps") + "lp", progress=False)


def cvxpy_arrays(size: FirstLayer) -> tuple[Build, None]:
    """cvxpy to its problem data for HiGHS; it writes no files."""
    cvxpy: Any = _needs("cvxpy")
    X = size.floats()
    M = big_ms(X)[:, None]

    def build() -> Any:
        w, b = cvxpy.Variable((size.d, size.N)), cvxpy.Variable((1, size.d))
        u = cvxpy.Variable((size.m, size.d), boolean=True)
        a = X @ w.T + np.ones((size.m, 1)) @ b
        every = np.ones((1, size.d))
        rows = [a >= HALF + cvxpy.multiply(M @ every, u - 1), a <= cvxpy.multiply(M @ every, u) - HALF]
        boxes = [w >= -1, w <= 1, b >= -size.N - 1, b <= size.N + 1]
        return cvxpy.Problem(cvxpy.Minimize(0), [*rows, *boxes]).get_problem_data("HIGHS")

    return build, None


def scip_loops(size: FirstLayer) -> tuple[Build, Write]:
    """PySCIPOpt: an expression a row."""
    pyscipopt: Any = _needs("pyscipopt")
    X = size.floats().tolist()
    M = big_ms(size.floats()).tolist()
    m, N, d = size.m, size.N, size.d

    def build() -> Any:
        model = pyscipopt.Model()
        model.hideOutput()
        w = [[model.addVar(f"w{k}_{j}", lb=-1, ub=1) for j in range(N)] for k in range(d)]
        b = [model.addVar(f"b{k}", lb=-N - 1, ub=N + 1) for k in range(d)]
        for i in range(m):
            for k in range(d):
                u = model.addVar(f"u{i}_{k}", vtype="B")
                a = pyscipopt.quicksum(X[i][j] * w[k][j] for j in range(N)) + b[k]
                model.addCons(a - M[i] * u >= HALF - M[i])
                model.addCons(a - M[i] * u <= -HALF)
        return model

    return build, lambda model, path: model.writeProblem(path)


CANDIDATES: dict[str, tuple[Candidate, int]] = {
    "plain numpy blocks": (plain_numpy, 50_000_000),
    "bdnnc": (bdnnc_whole, 50_000_000),
    "bdnnc writer on the numpy blocks": (bdnnc_writer, 50_000_000),
    "polars columns on the numpy blocks": (polars_columns, 50_000_000),
    "HiGHS writeModel on the numpy blocks": (highs_writer, 50_000_000),
    "gurobipy matrix API": (gurobi_matrix, 50_000_000),
    "linopy (LP)": (linopy_arrays, 50_000_000),
    "cvxpy": (cvxpy_arrays, 11_000_000),
    "gurobipy loops": (gurobi_loops, 3_000_000),
    "PySCIPOpt loops": (scip_loops, 3_000_000),
}
"""Each candidate with the number of non-zeros up to which it is tried."""

ANY_MODEL = ("plain numpy blocks", "bdnnc")
"""The candidates that build every model; the others build the first layer."""
