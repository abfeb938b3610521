"""The bare arrays of a model: what crosses to a solver, within a process or between two."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import MilpModel
from bdnnc.solve.protocol import Floats

INDEX_LIMIT = 2**31 - 1

Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class MatrixArrays:
    """A ``MilpModel`` without names and families. CSR: row i has ``data[indptr[i]:indptr[i + 1]]`` in columns
    ``indices[indptr[i]:indptr[i + 1]]``."""

    indptr: Indices
    indices: Indices
    data: Floats
    row_lower: Floats
    row_upper: Floats
    c: Floats
    lower: Floats
    upper: Floats
    integrality: NDArray[np.uint8]
    objective_step: float
    objective_offset: float

    @property
    def rows(self) -> int:
        return len(self.row_lower)

    @property
    def columns(self) -> int:
        return len(self.c)

    @property
    def nonzeros(self) -> int:
        return len(self.data)

    @staticmethod
    def of(model: MilpModel) -> MatrixArrays:
        """The model's arrays, copied only where the type differs. Raises OverflowError past 2**31 - 1 non-zeros."""
        if model.A.nnz > INDEX_LIMIT:
            raise OverflowError(f"{model.A.nnz:,} non-zeros are more than the {INDEX_LIMIT:,} that a solver can count")
        return MatrixArrays(
            indptr=np.ascontiguousarray(model.A.indptr, dtype=np.int32),
            indices=np.ascontiguousarray(model.A.indices, dtype=np.int32),
            data=np.ascontiguousarray(model.A.data, dtype=np.float64),
            row_lower=np.ascontiguousarray(model.row_lower, dtype=np.float64),
            row_upper=np.ascontiguousarray(model.row_upper, dtype=np.float64),
            c=np.ascontiguousarray(model.c, dtype=np.float64),
            lower=np.ascontiguousarray(model.lower, dtype=np.float64),
            upper=np.ascontiguousarray(model.upper, dtype=np.float64),
            integrality=np.ascontiguousarray(model.integrality, dtype=np.uint8),
            objective_step=float(model.objective_step),
            objective_offset=float(model.objective_offset),
        )

    def with_bounds(self, lower: Floats, upper: Floats) -> MatrixArrays:
        return replace(self, lower=lower, upper=upper)

    def activity(self, x: Floats) -> Floats:
        """A x, shape (rows,)."""
        row_of_entry = np.repeat(np.arange(self.rows), np.diff(self.indptr))
        return np.bincount(row_of_entry, weights=self.data * x[self.indices], minlength=self.rows).astype(np.float64)

    def violation(self, x: Floats) -> float:
        """The largest amount by which ``x`` misses a row, a bound or a whole number; 0 where it misses none."""
        activity = self.activity(x)
        whole = x[self.integrality == 1]
        misses = (
            self.row_lower - activity,
            activity - self.row_upper,
            self.lower - x,
            x - self.upper,
            np.abs(whole - np.rint(whole)),
        )
        return max(0.0, *(float(miss.max()) for miss in misses if miss.size))

    def named_arrays(self) -> list[tuple[str, NDArray[np.generic]]]:
        """The array fields by name, in the order of the class."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, value) for name, value in pairs if isinstance(value, np.ndarray)]
