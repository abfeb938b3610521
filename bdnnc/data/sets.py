"""The sets of points: which are trained on, and which are held out of the same file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import Gate, counted, failure
from bdnnc.data.categories import RawColumn
from bdnnc.data.dataset import Samples
from bdnnc.data.inputs import Input
from bdnnc.data.scaling import transformed, unscaled
from bdnnc.data.selection import choose_rows
from bdnnc.diagnostics import Span
from bdnnc.language.spec import DataSpec, Pick


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points as in the file, a column each; class indices (zeros for regression), rows of the file, numbers to be met."""

    columns: tuple[RawColumn, ...]
    y: NDArray[np.int64]
    rows: NDArray[np.int64]
    targets: NDArray[Any] | None = None

    def at(self, where: NDArray[np.bool_]) -> Points:
        """The points where the mask is true."""
        targets = None if self.targets is None else self.targets[where]
        return Points(tuple(column.at(where) for column in self.columns), self.y[where], self.rows[where], targets)

    def samples(self, inputs: Sequence[Input], places: Sequence[int], span: Span, keep_raw: bool = False) -> Samples:
        """The points as the first layer sees them; input j is made of column ``places[j]``. ``keep_raw``: with their numbers
        before scaling."""
        X = transformed(self.columns, inputs, places, len(self.rows), span)
        raw = transformed(self.columns, unscaled(inputs), places, len(self.rows), span) if keep_raw else None
        return Samples(X, self.y, self.rows, self.targets, raw)


def split(points: Points, spec: DataSpec, classes: int) -> dict[str, Points]:
    """``train`` and the sets held out of the same file, test before validation. Raises UserError E223, E230."""
    gate = Gate()
    chosen: dict[str, Points] = {}
    usable, rest = len(points.y), points
    for hold in sorted(spec.holds, key=lambda hold: hold.kind):  # "test" sorts before "validation"
        if isinstance(pick := hold.rows, Pick):
            parts = gate.attempt(partial(_picked, rest, pick, classes, f"`hold {hold.kind}`", usable))
            if parts is not None:
                chosen[hold.kind], rest = parts
    if (take := spec.take) is not None and len(rest.y):
        parts = gate.attempt(lambda: _picked(rest, take, classes, "`take`", usable))
        rest = parts[0] if parts is not None else rest
    gate.close()
    if not len(rest.y):
        note = f"all {counted(usable, 'usable row')} are held out"
        raise failure("E230", "no points are left to train on", spec.holds[-1].span, notes=[note], help="hold out fewer points")
    return chosen | {"train": rest}


def _picked(points: Points, pick: Pick, classes: int, what: str, usable: int) -> tuple[Points, Points]:
    """The points that a choice takes, and the others."""
    there = len(points.y)
    if pick.count is not None and pick.count.value < 1:
        message = f"{what} needs at least 1 point, not {pick.count.value}"
        raise failure("E223", message, pick.count.span, help="write 1 or more")
    if pick.count is not None and pick.count.value > there:
        asked = counted(pick.count.value, "point")
        held = [f"of {counted(usable, 'usable row')} {usable - there} are held out"] if there < usable else []
        message = f"{what} asks for {asked}, but there {'is' if there == 1 else 'are'} {there}"
        raise failure("E223", message, pick.count.span, notes=held, help=f"write at most {there}" if there else "leave it out")
    mask = choose_rows(points.rows, points.y, classes, pick)
    return points.at(mask), points.at(~mask)
