"""Implications as rows: the last step, where each row gets its own M from the box of its pre-activation.

    trigger = 1 => a >= t     a - M u >= t - M         trigger = 0 => a >= t     a + M e >= t          M = t - low
    trigger = 0 => a <= t     a - M u <= t             trigger = 1 => a <= t     a + M u <= t + M      M = high - t

(docs/formulations.md, *The program*.) A row whose M is not positive needs no trigger; M is then 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.program import Implication, Key, PreActivation, Program
from bdnnc.milp.names import NameBlock
from bdnnc.milp.rows import Floats, Index, Piece, RowBlock, one_column

SYMBOLS = {">=": ("on", "active"), "<=": ("off", "inactive")}


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The (pattern, unit) of each row. On a full grid both are the axes themselves, (P, 1) and (units,), to be broadcast."""

    pattern: Index
    unit: Index
    grid: tuple[int, ...]

    def of(self, table: Floats) -> Floats:
        """The entries of a (P or 1, units) table."""
        return table[self.pattern if table.shape[0] > 1 else np.zeros_like(self.pattern), self.unit]


def implication_rows(rule: Implication, a: PreActivation, program: Program, start: dict[Key, int]) -> RowBlock:
    """The rows of one implication family."""
    where = _rows(rule, a, program)
    threshold = rule.threshold.reshape(where.grid)
    big = np.maximum(threshold - where.of(a.low) if rule.sense == ">=" else where.of(a.high) - threshold, 0.0)
    sign = 1.0 if (rule.sense == ">=") == (rule.value == 0) else -1.0
    relaxed = threshold if rule.value == 0 else _when_on(rule.sense, threshold, big)
    trigger = one_column(start[rule.trigger] + rule.literal.reshape(where.grid), sign * big)
    limit = (relaxed - where.of(a.offset)).ravel()
    infinite = np.full(len(rule.literal), np.inf)
    symbol, kind = SYMBOLS[rule.sense]
    return RowBlock(
        kind=kind,
        layer=rule.layer,
        statement=rule.statement,
        grid=where.grid,
        pieces=[*_preactivation_pieces(where, a, start), trigger],
        lower=limit if rule.sense == ">=" else -infinite,
        upper=limit if rule.sense == "<=" else infinite,
        names=_names(symbol, rule, program),
        axes=("sample", "unit") if rule.trigger[0] == "u" else ("sample", "class", "unit"),
        note=_note(rule),
    )


def _rows(rule: Implication, a: PreActivation, program: Program) -> _Rows:
    grid = (program.patterns, a.units)
    if len(rule.literal) == grid[0] * grid[1] and _is_dense(rule, program):
        return _Rows(np.arange(grid[0])[:, None], np.arange(grid[1]), grid)
    return _Rows(rule.pattern, rule.unit, (len(rule.literal),))


def _is_dense(rule: Implication, program: Program) -> bool:
    """Whether the trigger is the (pattern, unit) binary itself, so that the literals are all of them, in order."""
    block = program.variable(*rule.trigger)
    return block is not None and block.index is None and block.size == len(rule.literal)


def _when_on(sense: str, threshold: Floats, big: Floats) -> Floats:
    """The right-hand side where the trigger is met at 1: t - M for >=, t + M for <=."""
    return threshold - big if sense == ">=" else threshold + big


def _note(rule: Implication) -> str:
    symbol, layer = rule.trigger
    side = "low" if rule.sense == ">=" else "high"
    form = "t - low" if rule.sense == ">=" else "high - t"
    premise = f"{symbol}({layer}) = {rule.value} => a({rule.layer}) {rule.sense} t"
    return f"{premise}, M = {form} of the row, {side} from the boxes of weights and bias"


def _names(symbol: str, rule: Implication, program: Program) -> NameBlock:
    """Rows are named after (sample, unit), or (sample, class, unit) where a class's binary triggers them."""
    block = program.variable(*rule.trigger)
    if block is None:
        raise InternalError(f"no block {rule.trigger}")
    if block.index is None:
        if block.shape is not None and len(rule.literal) == block.size:
            return NameBlock(symbol, rule.layer, block.shape)
        return NameBlock(symbol, rule.layer, (rule.pattern, rule.unit))
    return NameBlock(symbol, rule.layer, (*(axis[rule.literal] for axis in block.index), rule.unit))


def _preactivation_pieces(where: _Rows, a: PreActivation, start: dict[Key, int]) -> list[Piece]:
    """The columns of a(pattern, unit): weights or products, binaries behind fixed weights, and the bias."""
    pieces: list[Piece] = []
    entries, inside = _entries(a)
    if entries.shape[1]:
        if a.X is not None:
            pieces.append(_data_piece(where, a, a.X, entries, inside, start["w", a.layer]))
        else:
            pieces += _product_pieces(where, a, entries, inside, start)
    if a.below is not None and a.fixed.any():
        width = int(a.fixed.shape[1])
        below = start["u", a.below] + where.pattern[..., None] * width + np.arange(width)
        pieces.append(Piece(below, a.fixed[where.unit], width))
    if a.bias != "none":
        column = start["b", a.layer] + (where.unit if a.bias == "unit" else np.zeros_like(where.unit))
        pieces.append(one_column(column, 1.0))
    return pieces


def _entries(a: PreActivation) -> tuple[Index, NDArray[np.bool_]]:
    """The free weights of each unit, (units, widest): places in the block, and which of them are the unit's own. Past the end
    of a unit's weights its last one is repeated, to be given the value 0."""
    counts = np.bincount(a.entry_unit, minlength=a.units)
    width = int(counts.max()) if len(counts) else 0
    first = np.cumsum(counts) - counts
    inside = np.arange(width) < counts[:, None]
    entries = np.where(inside, first[:, None] + np.arange(width), np.maximum(first + counts - 1, 0)[:, None])
    return entries, inside


def _data_piece(where: _Rows, a: PreActivation, X: Floats, entries: Index, inside: NDArray[np.bool_], start: int) -> Piece:
    inputs = a.entry_input[entries]
    columns = (start + entries)[where.unit]
    if inside.all() and (inputs == inputs[0]).all():  # every unit sees the same inputs: whole rows of X
        seen = X if len(inputs[0]) == X.shape[1] else X[:, inputs[0]]
        values = seen[:, None, :] if len(where.grid) == 2 else seen[where.pattern]
        return Piece(columns, values, entries.shape[1])
    return Piece(columns, X[where.pattern[..., None], inputs[where.unit]] * inside[where.unit], entries.shape[1])


def _product_pieces(
    where: _Rows, a: PreActivation, entries: Index, inside: NDArray[np.bool_], start: dict[Key, int]
) -> list[Piece]:
    width = entries.shape[1]
    own = inside[where.unit].astype(np.float64)
    flat = where.pattern[..., None] * len(a.entry_unit) + entries[where.unit]
    pieces = [Piece(start["s", a.layer] + flat, a.slope * own, width)]
    if a.shift:
        pieces.append(Piece((start["w", a.layer] + entries)[where.unit], a.shift * own, width))
    return pieces
