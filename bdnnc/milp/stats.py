"""The size and the ranges of a model, as numbers and as a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import Floats, MilpModel, RowFamily

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RowStats:
    """One row family: ``coefficients`` and ``big_m`` are (smallest, largest) magnitudes, None where there are none."""

    kind: str
    layer: str
    statement: int
    rows: int
    nonzeros: int
    coefficients: Range | None
    big_m: Range | None


@dataclass(frozen=True, slots=True)
class ColumnStats:
    """One column family: how many columns, and how many of them integral and with bounds 0 and 1."""

    symbol: str
    layer: str
    statement: int
    columns: int
    integer: int
    binary: int


@dataclass(frozen=True, slots=True)
class MilpStats:
    """``integer`` counts all integral columns, ``binary`` those with bounds 0 and 1, ``fixed`` columns with equal bounds.

    The ranges are (smallest, largest) magnitudes of what is not 0, None where there is nothing.
    """

    name: str
    rows: int
    columns: int
    integer: int
    binary: int
    fixed: int
    nonzeros: int
    coefficients: Range | None
    big_m: Range | None
    objective: Range | None
    right_hand_sides: Range | None
    by_rows: tuple[RowStats, ...]
    by_columns: tuple[ColumnStats, ...]


def stats(model: MilpModel) -> MilpStats:
    """Counts and ranges of the model, whole and by family."""
    binary = model.integrality.astype(bool) & (model.lower == 0) & (model.upper == 1)
    by_rows = tuple(_row_stats(model, family, binary) for family in model.row_families)
    sides = np.concatenate([model.row_lower, model.row_upper])
    big_ms = [family.big_m for family in by_rows if family.big_m]
    return MilpStats(
        name=model.name,
        rows=int(model.A.shape[0]),
        columns=int(model.A.shape[1]),
        integer=int(model.integrality.sum()),
        binary=int(binary.sum()),
        fixed=int((model.lower == model.upper).sum()),
        nonzeros=int(model.A.nnz),
        coefficients=_range(model.A.data),
        big_m=(min(low for low, _ in big_ms), max(high for _, high in big_ms)) if big_ms else None,
        objective=_range(model.c),
        right_hand_sides=_range(sides[np.isfinite(sides)]),
        by_rows=by_rows,
        by_columns=tuple(
            ColumnStats(
                family.symbol,
                family.layer,
                family.statement,
                family.stop - family.start,
                int(model.integrality[family.start : family.stop].sum()),
                int(binary[family.start : family.stop].sum()),
            )
            for family in model.column_families
        ),
    )


def _row_stats(model: MilpModel, family: RowFamily, binary: NDArray[np.bool_]) -> RowStats:
    first, last = int(model.A.indptr[family.start]), int(model.A.indptr[family.stop])
    data = model.A.data[first:last]
    big_m = data[_triggers(model, family, binary)[model.A.indices[first:last]]] if family.trigger else data[:0]
    return RowStats(
        family.kind, family.layer, family.statement, family.stop - family.start, last - first, _range(data), _range(big_m)
    )


def _triggers(model: MilpModel, rows: RowFamily, binary: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The binary columns that trigger the implications of a family: a mask over the columns."""
    mask = np.zeros(len(binary), dtype=bool)
    for family in model.column_families:
        if family.layer == rows.layer and family.symbol == rows.trigger:
            mask[family.start : family.stop] = True
    return mask & binary


def _range(values: Floats) -> Range | None:
    magnitudes = np.abs(values)
    magnitudes = magnitudes[magnitudes > 0]
    return (float(magnitudes.min()), float(magnitudes.max())) if magnitudes.size else None


def stats_text(found: MilpStats) -> str:
    """A table by family and the ranges, lines below 100 characters."""
    lines = [
        f"model {found.name}",
        f"  rows {found.rows:,}   columns {found.columns:,}   non-zeros {found.nonzeros:,}",
        f"  integer columns {found.integer:,}, of them binary {found.binary:,}   fixed columns {found.fixed:,}",
        "",
        f"  {'columns':<28}{'count':>12}{'integer':>12}{'binary':>12}",
        *(f"  {_label(c.symbol, c.layer):<28}{c.columns:>12,}{c.integer:>12,}{c.binary:>12,}" for c in found.by_columns),
        "",
        f"  {'rows':<28}{'count':>12}{'non-zeros':>12}  {'coefficients':<24}big-M",
        *(_row_line(family) for family in found.by_rows),
        "",
        f"  coefficients      {_range_text(found.coefficients)}",
        f"  big-M             {_range_text(found.big_m)}",
        f"  objective         {_range_text(found.objective)}",
        f"  right-hand sides  {_range_text(found.right_hand_sides)}",
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _row_line(family: RowStats) -> str:
    counts = f"  {_label(family.kind, family.layer):<28}{family.rows:>12,}{family.nonzeros:>12,}"
    return f"{counts}  {_range_text(family.coefficients):<24}{_range_text(family.big_m)}"


def _label(what: str, layer: str) -> str:
    return f"{what}({layer})" if layer else what


def _range_text(values: Range | None) -> str:
    if values is None:
        return "-"
    low, high = values
    return f"{low:.4g}" if low == high else f"{low:.4g} .. {high:.4g}"
