# pyright: basic
"""Peers of the benchmark "find": solvers on the published formulation, which is theirs before their clock begins.

What they report is not believed: each incumbent is read as a network, which is measured.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from find_curves import Point, improvements
from learn_data import UnavailableError
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.milp.files import write_mps
from bdnnc.milp.lower import lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.decode import decode
from bdnnc.network.measure import Measured
from bdnnc.pipeline import Pipeline
from bdnnc.solve.protocol import SolveOptions
from bdnnc.solve.registry import solver

THREADS = 2
LARGEST_SCALE = 10**7
"""CP-SAT takes integers: a row is multiplied by the least power of ten that makes it integral, and by no more than this."""

LARGEST_SUM = 2**62
"""What CP-SAT can add up."""


class NotApplicableError(Exception):
    """The peer cannot take the model."""


@dataclass(eq=False)
class Incumbents:
    """The points that a solver reported, and when: (seconds, vector)."""

    began: float = field(default_factory=time.monotonic)
    found: list[tuple[float, NDArray[np.float64]]] = field(default_factory=list)

    def __call__(self, x: Any) -> None:
        self.found.append((time.monotonic() - self.began, np.array(x, dtype=np.float64)))


Peer = Callable[[MilpModel, float, Callable[[], Incumbents]], Incumbents]
"""Solves a model within so many seconds; the clock begins when it asks for the incumbents."""


def highs(model: MilpModel, seconds: float, begin: Callable[[], Incumbents]) -> Incumbents:
    """HiGHS through its adapter, in a process of its own."""
    incumbents = begin()

    def on_incumbent(x: NDArray[np.float64], objective: float) -> bool:
        incumbents(x)
        return False

    solver("highs").solve(model, SolveOptions(time_limit=seconds, threads=THREADS), on_incumbent)
    return incumbents


def cpsat(model: MilpModel, seconds: float, begin: Callable[[], Incumbents]) -> Incumbents:
    """CP-SAT with rows scaled to integers. Raises NotApplicableError where a row or a column is not of integers."""
    try:
        from ortools.sat.python import cp_model
    except ImportError as missing:
        raise UnavailableError("ortools is not installed: pip install ortools") from missing
    rows = integral_rows(model)
    made = cp_model.CpModel()
    ends = zip(np.ceil(model.lower - 1e-6).astype(int).tolist(), np.floor(model.upper + 1e-6).astype(int).tolist(), strict=True)
    columns = [made.new_int_var(low, high, "") for low, high in ends]
    for places, numbers, low, high in rows:
        expression = cp_model.LinearExpr.weighted_sum([columns[place] for place in places], numbers)
        made.add_linear_constraint(
            expression, cp_model.INT_MIN if low is None else low, cp_model.INT_MAX if high is None else high
        )
    priced = np.flatnonzero(model.c).tolist()
    made.minimize(cp_model.LinearExpr.weighted_sum([columns[place] for place in priced], _integral_costs(model)))
    engine = cp_model.CpSolver()
    engine.parameters.num_workers = THREADS
    engine.parameters.max_time_in_seconds = seconds
    incumbents = begin()

    class Watch(cp_model.CpSolverSolutionCallback):
        def on_solution_callback(self) -> None:
            incumbents(self.response_proto.solution)

    engine.solve(made, Watch())
    return incumbents


def scip(model: MilpModel, seconds: float, begin: Callable[[], Incumbents]) -> Incumbents:
    """SCIP, which solves with one thread."""
    try:
        from pyscipopt import Eventhdlr, Model
        from pyscipopt.scip import PY_SCIP_EVENTTYPE as EVENT
    except ImportError as missing:
        raise UnavailableError("pyscipopt is not installed: pip install pyscipopt") from missing
    engine = Model()
    engine.hideOutput()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.mps"
        write_mps(model, path)
        engine.readProblem(str(path))
    by_name = {variable.name: variable for variable in engine.getVars()}
    columns = [by_name.get(name) for name in model.column_names]
    fixed = model.lower
    engine.setParam("limits/time", seconds)
    incumbents = begin()

    class Watch(Eventhdlr):
        def eventinit(self) -> None:
            self.model.catchEvent(EVENT.BESTSOLFOUND, self)

        def eventexit(self) -> None:
            self.model.dropEvent(EVENT.BESTSOLFOUND, self)

        def eventexec(self, event: object) -> None:
            best = self.model.getBestSol()
            known = zip(columns, fixed, strict=True)
            incumbents([low if column is None else self.model.getSolVal(best, column) for column, low in known])

    engine.includeEventhdlr(Watch(), "watch", "notes every better solution")
    engine.optimize()
    return incumbents


PEERS: dict[str, tuple[Peer, str]] = {"highs": (highs, "highspy"), "cpsat": (cpsat, "ortools"), "scip": (scip, "pyscipopt")}
"""Each with the package whose version counts."""


def peer_curve(name: str, pipeline: Pipeline, seconds: float) -> tuple[tuple[Point, ...], float | None]:
    """The improvements of a peer, measured as networks, and when it stopped by itself, None where the limit stopped it.

    Raises UnavailableError (its package is not installed), NotApplicableError (it cannot take the model).
    """
    formulation = pipeline.in_form("published").formulation
    incumbents = PEERS[name][0](lower(formulation.program), seconds, Incumbents)
    took = time.monotonic() - incumbents.began
    points = improvements((moment, value_of(x, formulation)) for moment, x in incumbents.found)
    return points, None if took >= seconds else round(took, 3)


def value_of(x: NDArray[np.float64], formulation: Formulation) -> float:
    """The goal of the network that a vector describes, whatever the solver says that it is."""
    return float(Measured(decode(x, formulation), formulation.problem).goal(formulation.goal))


Row = tuple[list[int], list[int], int | None, int | None]
"""Columns, coefficients, and the least and most of their sum."""


def integral_rows(model: MilpModel) -> list[Row]:
    """The rows with integers for all numbers. Raises NotApplicableError where a power of ten does not make them that."""
    if not _are_integers(model):
        raise NotApplicableError("a variable is not integral")
    indptr, indices, data = model.A.indptr, model.A.indices, model.A.data
    finite = [np.where(np.isfinite(ends), ends, 0.0) for ends in (model.row_lower, model.row_upper)]
    scale = np.zeros(len(indptr) - 1)
    power = 1
    while power <= LARGEST_SCALE and (open_rows := scale == 0).any():
        fits = np.abs(data * power - np.rint(data * power)) < 1e-6
        whole = np.logical_and.reduceat(fits, indptr[:-1])
        for ends in finite:
            whole &= np.abs(ends * power - np.rint(ends * power)) < 1e-6
        scale[open_rows & whole] = power
        power *= 10
    if (scale == 0).any():
        raise NotApplicableError("a row is not of integers")
    numbers = np.rint(data * np.repeat(scale, np.diff(indptr)))
    largest = np.maximum(np.abs(model.lower), np.abs(model.upper))
    if np.add.reduceat(np.abs(numbers) * largest[indices], indptr[:-1]).max() > LARGEST_SUM:
        raise NotApplicableError("numbers are too large")
    lows, highs = (np.rint(ends * scale).astype(np.int64) for ends in finite)
    return [
        (
            indices[begin:end].tolist(),
            numbers[begin:end].astype(np.int64).tolist(),
            int(lows[row]) if np.isfinite(model.row_lower[row]) else None,
            int(highs[row]) if np.isfinite(model.row_upper[row]) else None,
        )
        for row, (begin, end) in enumerate(zip(indptr[:-1].tolist(), indptr[1:].tolist(), strict=True))
    ]


def _are_integers(model: MilpModel) -> bool:
    """Whether columns that are not declared integral are so all the same: products of an integer and a binary, or fixed."""
    products = np.zeros(len(model.c), dtype=bool)
    for family in model.column_families:
        if family.symbol == "s":
            products[family.start : family.stop] = True
    is_fixed = (model.lower == model.upper) & (np.rint(model.lower) == model.lower)
    return bool(((model.integrality == 1) | products | is_fixed).all())


def _integral_costs(model: MilpModel) -> list[int]:
    costs = model.c[np.flatnonzero(model.c)]
    if not np.array_equal(costs, np.rint(costs)):
        raise NotApplicableError("the goal is not of integers")
    return costs.astype(np.int64).tolist()
