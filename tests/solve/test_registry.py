"""Solvers by name, and what is installed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bdnnc.diagnostics import UserError
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.registry import solver, solvers


@pytest.mark.parametrize("name", ["auto", "highs"])
def test_highs_is_the_solver(name: str) -> None:
    found = solver(name, isolated=False)
    assert isinstance(found, HighsSolver)
    assert not found.isolated
    assert found.name == "highs"
    assert found.version().count(".") == 2


@pytest.mark.parametrize("name", ["cpsat", "scip", "gurobi", "cvxpy:SCIP"])
def test_solvers_of_a_later_version_are_refused_by_name(name: str) -> None:
    with pytest.raises(UserError) as raised:
        solver(name)
    [diagnostic] = raised.value.diagnostics
    assert diagnostic.code == "E502"
    assert f"`{name}`" in diagnostic.message


@pytest.mark.parametrize(("name", "hint"), [("higsh", "`highs`"), ("SCIPY", "solvers are"), ("", "solvers are")])
def test_unknown_solvers(name: str, hint: str) -> None:
    with pytest.raises(UserError) as raised:
        solver(name)
    [diagnostic] = raised.value.diagnostics
    assert diagnostic.code == "E501"
    assert hint in (diagnostic.help or "")


def test_the_table() -> None:
    entries = {entry.name: entry for entry in solvers()}
    assert list(entries) == ["highs", "cpsat", "scip", "gurobi", "cvxpy"]
    assert entries["highs"].usable
    assert [name for name, entry in entries.items() if entry.usable] == ["highs"]
    row = json.loads(json.dumps(entries["highs"].as_dict()))
    assert set(row) == {"name", "package", "version", "installed", "usable", "features"}
    assert row["installed"] is True


def test_the_table_imports_no_solver() -> None:
    code = "import sys; from bdnnc.solve.registry import solvers, solver; solvers(); solver(); print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    heavy = {"highspy", "ortools", "pyscipopt", "gurobipy", "cvxpy", "scipy", "rich"}
    assert heavy & set(run.stdout.split()) == set()
