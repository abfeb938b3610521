# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Equalities between columns, by substitution: columns that have to be equal become one.

With x = Z y, where Z has one 1 in each row, `min c x, A x in [l, u]` becomes `min (Z'c) y, A Z y in [l, u]`; the bounds of a
column are the intersection of those of its members. Rows that say the same then are kept once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, final, overload

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import Floats, MilpModel

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """``model`` is the model in which column j of the original is column ``place[j]``."""

    model: MilpModel
    place: Index

    @property
    def is_empty(self) -> bool:
        """Whether the bounds of some members exclude each other, so that there is no point."""
        return bool((self.model.lower > self.model.upper).any())

    @property
    def binaries(self) -> int:
        """The integral columns that are not fixed."""
        return int(((self.model.integrality == 1) & (self.model.lower < self.model.upper)).sum())

    def spread(self, y: Floats) -> Floats:
        """The point of the original model that a point of this one stands for."""
        return y[self.place]

    def gathered(self, x: Floats) -> Floats:
        """The point of this model that one of the original is; NaN where members differ by more than a rounding."""
        size = len(self.model.c)
        low, high = np.full(size, np.inf), np.full(size, -np.inf)
        np.minimum.at(low, self.place, x)
        np.maximum.at(high, self.place, x)
        return np.where(high - low <= 1e-9 * np.maximum(1.0, np.abs(high)), high, np.nan)


def merged(model: MilpModel, labels: Index) -> Merged:
    """The model in which all columns of one label are one. ``labels``: (columns,) integers; the merged columns keep the order,
    and the name, of the first of their members. The families of the columns are those of the first members."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    place, first = rank[inverse.ravel()], first[order]
    size = len(first)
    lower, upper = np.full(size, -np.inf), np.full(size, np.inf)
    np.maximum.at(lower, place, model.lower)
    np.minimum.at(upper, place, model.upper)
    matrix = _with_columns(model.A, place, size)
    kept = _distinct_rows(matrix, model.row_lower, model.row_upper)
    found = replace(
        model,
        A=matrix[kept],
        row_lower=model.row_lower[kept],
        row_upper=model.row_upper[kept],
        c=np.bincount(place, model.c, minlength=size),
        lower=lower,
        upper=upper,
        integrality=model.integrality[first],
        row_families=_families(model.row_families, kept),
        column_families=_families(model.column_families, first),
        column_names=_Chosen(model.column_names, first),
        row_names=_Chosen(model.row_names, kept),
    )
    return Merged(found, place)


def _with_columns(matrix: Any, place: Index, size: int) -> Any:
    """A Z, without the zeros that sums may leave."""
    from scipy.sparse import csr_matrix

    found = csr_matrix((matrix.data.copy(), place[matrix.indices], matrix.indptr.copy()), shape=(matrix.shape[0], size))
    found.sum_duplicates()
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _distinct_rows(matrix: Any, row_lower: Floats, row_upper: Floats) -> Index:
    """The first of all rows that are equal, sides included, in their order. Rows with equal images of a random vector are
    compared entry by entry, so that chance decides nothing."""
    image = matrix @ np.random.default_rng(0).standard_normal(matrix.shape[1])
    order = np.lexsort((row_upper, row_lower, image))
    first = np.zeros(len(order), dtype=np.bool_)  # of its group; equal rows stand in the order of their places
    first[:1] = True
    for keys in (image, row_lower, row_upper):
        ordered = keys[order]
        first[1:] |= ordered[1:] != ordered[:-1]
    model_row = np.empty(len(order), dtype=np.int64)
    model_row[order] = order[np.flatnonzero(first)[np.cumsum(first) - 1]]
    doubles = np.flatnonzero(model_row != np.arange(len(model_row)))
    keep = np.ones(len(model_row), dtype=np.bool_)
    if len(doubles):
        difference = matrix[doubles] - matrix[model_row[doubles]]
        difference.eliminate_zeros()
        keep[doubles[np.diff(difference.indptr) == 0]] = False
    return np.flatnonzero(keep)


def _families(families: tuple[Any, ...], kept: Index) -> tuple[Any, ...]:
    """The families where ``kept`` (ascending) are the members that remain."""
    ends = [np.searchsorted(kept, [family.start, family.stop]).tolist() for family in families]
    return tuple(replace(family, start=start, stop=stop) for family, (start, stop) in zip(families, ends, strict=True))


@final
class _Chosen(Sequence[str]):
    """Some of the names of another model, looked up when they are read."""

    def __init__(self, names: Sequence[str], places: Index) -> None:
        self._names = names
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[str]: ...
    def __getitem__(self, position: int | slice) -> str | Sequence[str]:
        if isinstance(position, slice):
            return _Chosen(self._names, self._places[position])
        return self._names[int(self._places[position])]
