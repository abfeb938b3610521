"""The mixed-integer linear program as arrays, the one object that writers and solvers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bdnnc.milp.stats import MilpStats

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RowFamily:
    """Rows ``start`` to ``stop`` (exclusive) of the matrix: one family, from one statement.

    ``kind`` is the family's kind (``active``, ``inactive``, ``product``, ``link``, ``cut``, ...), ``layer`` the layer's name or
    "", ``statement`` the id of the statement that it came from. ``note`` says in words what a row means and where M came from.
    ``axes`` names what each index of a row's name counts; ``trigger`` is the symbol of the binaries of the layer that carry a
    big-M in these rows, "" where there is none.
    """

    kind: str
    layer: str
    statement: int
    start: int
    stop: int
    note: str = ""
    axes: tuple[str, ...] = ()
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class ColumnFamily:
    """Columns ``start`` to ``stop``: one block of variables. ``axes`` names what each index of a name counts."""

    symbol: str
    layer: str
    axes: tuple[str, ...]
    statement: int
    start: int
    stop: int
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MilpModel:
    """min c x  s.t.  row_lower <= A x <= row_upper,  lower <= x <= upper,  x[j] integral where integrality[j] == 1.

    ``A`` is CSR without explicit zeros, indices sorted, shape (rows, columns). Infinite row bounds are +-inf; every column has
    both bounds finite. The objective's constant is the coefficient of a column fixed at 1 (named ``one``). ``sense`` is always
    minimisation. ``objective_step`` > 0: every feasible integral point has an objective in ``objective_offset +
    objective_step Z`` (0: not known). Names are unique and free of blanks; large models hold them as `bdnnc.milp.names.Names`.
    """

    name: str
    A: Any  # scipy.sparse.csr_matrix of float64; its stubs are partial, and this module must not import scipy
    row_lower: Floats
    row_upper: Floats
    c: Floats
    lower: Floats
    upper: Floats
    integrality: NDArray[np.uint8]
    row_families: tuple[RowFamily, ...]
    column_families: tuple[ColumnFamily, ...]
    column_names: Sequence[str] = field(repr=False)
    row_names: Sequence[str] = field(repr=False)
    objective_step: float = 0.0
    objective_offset: float = 0.0

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns; those of the rows are ``row_names``."""
        return self.column_names

    def __repr__(self) -> str:
        rows, columns = self.A.shape
        return f"MilpModel({self.name!r}: {rows:,} rows, {columns:,} columns, {self.A.nnz:,} non-zeros)"

    def html(self) -> str:
        """The statistics, for notebooks."""
        from bdnnc.milp.stats import stats_text

        return f"<pre>{escape(stats_text(self.stats()))}</pre>"

    def _repr_html_(self) -> str:
        return self.html()

    def standard_form(self) -> tuple[Any, Floats, Floats, NDArray[np.uint8]]:
        """``A, b, c, integrality`` with min c x s.t. A x <= b: the whole model, bounds and equations included as rows."""
        from bdnnc.milp.standard import standard_form

        return standard_form(self)

    def stats(self) -> MilpStats:
        """Rows, columns and non-zeros by family, ranges of big-M and of coefficients; ``stats_text`` prints them."""
        from bdnnc.milp.stats import stats

        return stats(self)
