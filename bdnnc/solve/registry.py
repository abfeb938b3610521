"""Solvers by name, and what is installed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.solve.protocol import Solver

AUTO = "auto"
CVXPY_PREFIX = "cvxpy:"

# name, the package that offers it, what its adapter can do; only HiGHS has an adapter so far
_KNOWN: tuple[tuple[str, str, bool], ...] = (
    ("highs", "highspy", True),
    ("cpsat", "ortools", False),
    ("scip", "pyscipopt", False),
    ("gurobi", "gurobipy", False),
    ("cvxpy", "cvxpy", False),
)


@dataclass(frozen=True, slots=True)
class SolverEntry:
    """One line of ``bdnnc solvers``. ``version`` is None where the package is not installed; ``usable``: this version of bdnnc
    has an adapter and the package is there."""

    name: str
    package: str
    version: str | None
    usable: bool
    features: tuple[str, ...]

    @property
    def installed(self) -> bool:
        return self.version is not None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: name, package, version, installed, usable, features."""
        return asdict(self) | {"installed": self.installed, "features": list(self.features)}


def solver(name: str = AUTO, isolated: bool = True) -> Solver:
    """The adapter of that name; ``auto`` is HiGHS. ``isolated``: in a child process (see ``HighsSolver``).

    Raises UserError E501 for an unknown name, E502 for a solver that this version does not drive.
    """
    from bdnnc.solve.highs import HighsSolver

    if name in (AUTO, "highs"):
        return HighsSolver(isolated)
    known = [entry[0] for entry in _KNOWN]
    if name in known or name.startswith(CVXPY_PREFIX):
        raise UserError(
            Diagnostic("E502", f"the solver `{name}` comes with a later version of bdnnc", help="use `highs`, or `auto`")
        )
    near = get_close_matches(name, [AUTO, *known], n=1)
    hint = f"did you mean `{near[0]}`?" if near else f"solvers are {', '.join(f'`{other}`' for other in [AUTO, *known])}"
    raise UserError(Diagnostic("E501", f"there is no solver `{name}`", help=hint))


def solvers() -> tuple[SolverEntry, ...]:
    """All solvers that bdnnc knows of, HiGHS first. Imports none of them."""
    return tuple(_entry(name, package, driven) for name, package, driven in _KNOWN)


def _entry(name: str, package: str, driven: bool) -> SolverEntry:
    from bdnnc.solve.highs import HighsSolver

    try:
        found = version(package)
    except PackageNotFoundError:
        found = None
    features = tuple(sorted(HighsSolver.features)) if driven else ()
    return SolverEntry(name, package, found, driven and found is not None, features)
