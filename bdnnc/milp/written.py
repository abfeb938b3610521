"""What the text formats share: the invariants that they rely on, and rows as sense, right-hand side and width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.milp.model import Floats, MilpModel
from bdnnc.milp.names import Names

Bytes = NDArray[np.bytes_]


def checked(model: MilpModel) -> None:
    """Raises InternalError unless the arrays have fitting shapes, finite entries and ordered bounds."""
    rows, columns = model.A.shape
    shapes = [
        (len(model.row_lower) == len(model.row_upper) == len(model.row_names) == rows, "rows"),
        (len(model.c) == len(model.lower) == len(model.upper) == len(model.integrality) == columns, "columns"),
        (len(model.column_names) == columns, "column names"),
    ]
    for fits, what in shapes:
        if not fits:
            raise InternalError(f"the arrays of the {what} of `{model.name}` differ in length")
    for values, what in ((model.A.data, "matrix"), (model.c, "objective"), (model.lower, "bounds"), (model.upper, "bounds")):
        if not np.isfinite(values).all():
            raise InternalError(f"the {what} of `{model.name}` holds a value that is not finite")
    sides_cross = ~(model.row_lower <= model.row_upper) | np.isposinf(model.row_lower) | np.isneginf(model.row_upper)
    if (model.lower > model.upper).any() or sides_cross.any():
        raise InternalError(f"a lower bound of `{model.name}` lies above its upper bound")


@dataclass(frozen=True, slots=True, eq=False)
class WrittenRows:
    """Rows with a finite side, as MPS has them: the arrays and ``A`` have one row a written row.

    ``senses`` are ``E``, ``G`` or ``L``. ``widths`` > 0 where both sides are finite and differ: the row lies between ``right``
    and ``right + width`` (G) or ``right - width`` and ``right`` (L). ``lower`` and ``upper`` are its sides.
    """

    A: Any
    names: Bytes
    lower: Floats
    upper: Floats
    senses: Bytes
    right: Floats
    widths: Floats


def written_rows(model: MilpModel) -> WrittenRows:
    """The rows to write.

    A row without finite sides says nothing and would be read back as a second objective: it is left out.
    """
    kept = np.isfinite(model.row_lower) | np.isfinite(model.row_upper)
    whole = bool(kept.all())
    lower, upper = (model.row_lower, model.row_upper) if whole else (model.row_lower[kept], model.row_upper[kept])
    names = Names.of(model.row_names).bytes_array()
    ranged = np.isfinite(lower) & np.isfinite(upper) & (lower != upper)
    widths = np.zeros(len(lower))
    widths[ranged], from_above = _widths(lower[ranged], upper[ranged])
    at_upper = np.isneginf(lower)
    at_upper[ranged] = from_above
    right = np.where(at_upper, upper, lower)
    right += 0.0  # no -0.0
    return WrittenRows(
        A=model.A if whole else model.A[np.flatnonzero(kept)],
        names=names if whole else names[kept],
        lower=lower,
        upper=upper,
        senses=np.where(lower == upper, b"E", np.where(at_upper, b"L", b"G")),
        right=right,
        widths=widths,
    )


def _widths(lower: Floats, upper: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Widths, and whether they count down from the upper side: chosen so that a reader's sum gives the other side bit by bit.

    Where rounding allows neither, the width of the row counted from below is off by less than one unit in the last place.
    """
    middle = upper - lower
    width, from_above = middle.copy(), np.zeros(len(lower), dtype=bool)
    open_rows = lower + middle != upper
    for candidate in (middle, np.nextafter(middle, np.inf), np.nextafter(middle, 0)):
        for above in (False, True):
            meets = upper - candidate == lower if above else lower + candidate == upper
            found = open_rows & meets
            width[found], from_above[found] = candidate[found], above
            open_rows &= ~found
    return width, from_above


def file_name_safe(name: str) -> bytes:
    """The model's name without blanks and non-ASCII characters, ``model`` if nothing is left."""
    kept = "".join(character if character.isascii() and character.isprintable() else "_" for character in name.strip())
    return kept.replace(" ", "_").encode("ascii") or b"model"
