"""Real parameters of all layers re-chosen together, inside the whole constraint system: acceptance where they count for more
than the activations of their own units.

The program is lowered once; for each solution its integral columns are fixed and two linear programs are solved: the best value
of the goal, and then, with the goal held at it, the widest smallest margin. What comes out is written down as decimals as short
as keep every activation, constraint and goal, checked exactly. (docs/formulations.md, *Acceptance*.)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.program import Clause, Implication, Key
from bdnnc.milp.lower import column_slices, implication_slices, lower
from bdnnc.milp.model import MilpModel
from bdnnc.network.conflict import Conflict
from bdnnc.network.decode import decoded_layer, read_claim
from bdnnc.network.evaluate import layer_activity, layer_output
from bdnnc.network.network import Layer
from bdnnc.network.rounding import FRACTIONS, Rounding, decimals, shortest
from bdnnc.solve.arrays import MatrixArrays

if TYPE_CHECKING:
    from bdnnc.solve.linear import LpSolution

Floats = NDArray[np.float64]

ROUNDINGS: tuple[Rounding, ...] = (*(decimals(digits) for digits in (2, 3, 4, 6, 8, 10, 12, 15)), *FRACTIONS, shortest)
"""The ways to write real parameters down, in the order in which they are tried."""

GOAL_ROOM = 1e-7
"""Relative: how much of the goal may be given for a wider margin."""

SHRINK = 1e-8
"""Relative: how far inside its constraints the widest point is looked for, so that it can be rounded."""

ROUNDED_AWAY = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class JointProgram:
    """A formulation with its model: ``settled`` makes candidates of solutions."""

    formulation: Formulation
    model: MilpModel

    @staticmethod
    def of(formulation: Formulation) -> JointProgram:
        return JointProgram(formulation, lower(replace(formulation.program, clauses=())))

    def candidates(self, vector: Floats, seconds: float | None = None) -> Iterator[list[Layer]]:
        """The layers of a solution with their real parameters re-chosen: at the widest margin, then at the best value of the
        goal; each from the shortest decimals to the LP's own floats. Where the linear programs take longer than ``seconds``,
        the solution's own parameters come instead of theirs.

        Raises Conflict where there are no parameters for the solution's integral part at all.
        """
        for x in self._points(vector, None if seconds is None else time.monotonic() + seconds):
            for rounding in ROUNDINGS:
                yield self._layers(x, rounding)

    # --- the linear programs ----------------------------------------------------------------------------------------

    def _points(self, vector: Floats, deadline: float | None) -> Iterator[Floats]:
        """The widest point, and the best one; the solution itself where there is no time for them."""
        from bdnnc.solve.linear import solve_lp
        from bdnnc.solve.protocol import Stop

        def left() -> float | None:
            return None if deadline is None else max(0.0, deadline - time.monotonic())

        arrays = self._fixed(vector)
        best = solve_lp(arrays, dual=True, time_limit=left())
        if best.stop is Stop.TIME_LIMIT:
            yield np.clip(vector[: arrays.columns], arrays.lower, arrays.upper)
            return
        if best.x is None:
            reason = "no real parameters go with what the solver chose"
            raise Conflict(reason, *self._clause(arrays, best.ray))
        widened = self._with_margin(arrays, best)
        for shrink in (SHRINK, 0.0):
            found = solve_lp(self._shrunk(widened, shrink), dual=False, time_limit=left())
            if found.x is not None:
                yield found.x[: arrays.columns]
                break
        yield best.x

    def _fixed(self, vector: Floats) -> MatrixArrays:
        """The model's arrays with the integral columns fixed at the vector's, rounded."""
        arrays = MatrixArrays.of(self.model)
        integral = arrays.integrality == 1
        chosen = np.clip(np.rint(vector[: arrays.columns]), arrays.lower, arrays.upper)
        return arrays.with_bounds(np.where(integral, chosen, arrays.lower), np.where(integral, chosen, arrays.upper))

    def _with_margin(self, arrays: MatrixArrays, best: LpSolution) -> MatrixArrays:
        """A column more, the smallest margin, to be maximized, and a row more: the goal stays what it is."""
        assert best.x is not None
        rows, signs = self._margin_rows(arrays)
        value = float(arrays.c @ best.x)
        goal = np.flatnonzero(arrays.c)
        delta = arrays.columns
        counts = np.diff(arrays.indptr)
        added = np.zeros(arrays.rows, dtype=np.int64)
        added[rows] = 1
        indptr = np.concatenate([[0], np.cumsum(counts + added), [0]])
        indptr[-1] = indptr[-2] + len(goal)
        ends = arrays.indptr[1:][rows]  # the new entry stands at the end of its row
        order = np.argsort(ends, kind="stable")
        indices = np.insert(arrays.indices, ends[order], delta)
        data = np.insert(arrays.data, ends[order], signs[order])
        reach = 1.0 + float(np.abs(arrays.upper).max(initial=0.0))
        c = np.zeros(arrays.columns + 1)
        c[delta] = -1.0
        return replace(
            arrays,
            indptr=indptr.astype(np.int32),
            indices=np.concatenate([indices, goal]).astype(np.int32),
            data=np.concatenate([data, arrays.c[goal]]),
            row_lower=np.append(arrays.row_lower, -np.inf),
            row_upper=np.append(arrays.row_upper, value + GOAL_ROOM * max(float(self.formulation.unit), abs(value))),
            c=c,
            lower=np.append(arrays.lower, -reach),
            upper=np.append(arrays.upper, reach),
            integrality=np.append(arrays.integrality, np.uint8(0)),
        )

    def _margin_rows(self, arrays: MatrixArrays) -> tuple[NDArray[np.int64], Floats]:
        """The rows that a fixed binary enforces on pre-activations with a margin, and the margin's coefficient in each."""
        slices = column_slices(self.model)
        chosen = {plan.layer.name for plan in self.formulation.plans if not plan.thresholds.exact}
        rows: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        signs: list[Floats] = [np.zeros(0)]
        for rule, where in implication_slices(self.formulation.program, self.model):
            if rule.trigger is None or rule.layer not in chosen or not _is_of_worst_cases(rule):
                continue
            met = arrays.lower[slices[rule.trigger]][rule.literal] == rule.value
            if rule.also is not None:
                met &= arrays.lower[slices[rule.also.block]][rule.also.literal] == rule.also.value
            held = np.flatnonzero(met)
            rows.append(where.start + held)
            signs.append(np.full(len(held), -1.0 if rule.sense == ">=" else 1.0))
        return np.concatenate(rows), np.concatenate(signs)

    def _shrunk(self, arrays: MatrixArrays, share: float) -> MatrixArrays:
        """The constraints and earlier goals of the file a little tighter, equations aside."""
        lower, upper = arrays.row_lower.copy(), arrays.row_upper.copy()
        for family in self.model.row_families:
            if family.kind in ("constraint", "goal"):
                rows = np.arange(family.start, family.stop)
                rows = rows[lower[rows] < upper[rows]]
                lower[rows] += share * (1.0 + np.abs(np.where(np.isfinite(lower[rows]), lower[rows], 0.0)))
                upper[rows] -= share * (1.0 + np.abs(np.where(np.isfinite(upper[rows]), upper[rows], 0.0)))
        return replace(arrays, row_lower=lower, row_upper=upper)

    # --- what a conflict teaches ------------------------------------------------------------------------------------

    def _clause(self, arrays: MatrixArrays, ray: Floats | None) -> tuple[Clause | None, bool]:
        """The binaries that the multipliers of an infeasible program touch, and whether they prove it. No clause where other
        integers take part, which have no literal."""
        if ray is None:
            return None, False
        touched = self._combination(arrays, ray)
        columns = np.flatnonzero((np.abs(touched) > ROUNDED_AWAY) & (arrays.integrality == 1))
        original = MatrixArrays.of(self.model)
        open_columns = columns[original.lower[columns] < original.upper[columns]]
        if ((original.lower[open_columns] < 0) | (original.upper[open_columns] > 1)).any():
            return None, False
        unsaid = np.abs(touched) <= ROUNDED_AWAY
        lower, upper = np.where(unsaid, original.lower, arrays.lower), np.where(unsaid, original.upper, arrays.upper)
        proved = self._proves(arrays.with_bounds(lower, upper), ray, touched)
        if not (proved or len(open_columns)):
            return None, False
        ones, zeros = (self._literals(open_columns[arrays.lower[open_columns] == value]) for value in (1.0, 0.0))
        return Clause(ones, zeros), proved

    def _combination(self, arrays: MatrixArrays, ray: Floats) -> Floats:
        """y A, (columns,)."""
        row_of_entry = np.repeat(np.arange(arrays.rows), np.diff(arrays.indptr))
        touched = np.bincount(arrays.indices, weights=arrays.data * ray[row_of_entry], minlength=arrays.columns)
        return touched.astype(np.float64)

    def _proves(self, arrays: MatrixArrays, ray: Floats, touched: Floats) -> bool:
        """Whether no x of the box gives y A x what the rows ask of it, by more than rounding."""
        box = (
            np.minimum(touched * arrays.lower, touched * arrays.upper),
            np.maximum(touched * arrays.lower, touched * arrays.upper),
        )
        used = np.abs(ray) > 0
        y, low, high = ray[used], arrays.row_lower[used], arrays.row_upper[used]
        with np.errstate(invalid="ignore"):
            least = np.where(y > 0, y * low, y * high).sum()
            most = np.where(y > 0, y * high, y * low).sum()
        room = 1e-7 * (1.0 + float(np.maximum(np.abs(box[0]), np.abs(box[1])).sum()))
        return bool(box[1].sum() < least - room or box[0].sum() > most + room)

    def _literals(self, columns: NDArray[np.int64]) -> tuple[tuple[Key, NDArray[np.int64]], ...]:
        found: list[tuple[Key, NDArray[np.int64]]] = []
        for key, where in column_slices(self.model).items():
            inside = columns[(columns >= where.start) & (columns < where.stop)] - where.start
            if len(inside):
                found.append((key, inside))
        return tuple(found)

    # --- from a point to layers -------------------------------------------------------------------------------------

    def _layers(self, x: Floats, rounding: Rounding) -> list[Layer]:
        """The layers of a point with its real parameters rounded."""
        formulation = self.formulation
        claim = read_claim(x, formulation)
        below: ExactMatrix = formulation.problem.patterns
        layers: list[Layer] = []
        for plan, required in zip(formulation.plans, claim.required, strict=True):
            layer = decoded_layer(plan, claim, required, below, rounding)
            layers.append(layer)
            if layer.unit != "linear":
                below = layer_output(layer, layer_activity(layer, below))
        return layers


def _is_of_worst_cases(rule: Implication) -> bool:
    """Whether a row has no summands, or only how far its sum can move: others are those of a margin of its own."""
    return all(part.block[0] in ("fall", "rise") for part in rule.summands)
