"""Implications as rows: the last step, where each row gets its own M from the box of its pre-activation.

    trigger = 1 => a >= t     a - M u >= t - M         trigger = 0 => a >= t     a + M e >= t          M = t - low
    trigger = 0 => a <= t     a - M u <= t             trigger = 1 => a <= t     a + M u <= t + M      M = high - t

(model.md, section 1, with M per row as section 2 demands.) A row whose M is not positive needs no trigger; M is then 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.program import Implication, Key, PreActivation, Program
from bdnnc.milp.names import NameBlock
from bdnnc.milp.rows import Floats, Piece, RowBlock, one_column

SYMBOLS = {">=": ("on", "active"), "<=": ("off", "inactive")}


def implication_rows(rule: Implication, a: PreActivation, program: Program, start: dict[Key, int]) -> RowBlock:
    """The rows of one implication family."""
    rows = len(rule.literal)
    box_row = rule.pattern if a.low.shape[0] > 1 else np.zeros_like(rule.pattern)
    if rule.sense == ">=":
        big = np.maximum(rule.threshold - a.low[box_row, rule.unit], 0.0)
    else:
        big = np.maximum(a.high[box_row, rule.unit] - rule.threshold, 0.0)
    sign = 1.0 if (rule.sense == ">=") == (rule.value == 0) else -1.0
    relaxed = rule.threshold if rule.value == 0 else _when_on(rule, big)
    trigger = one_column(start[rule.trigger] + rule.literal, sign * big)
    offset_row = rule.pattern if a.offset.shape[0] > 1 else np.zeros_like(rule.pattern)
    limit = relaxed - a.offset[offset_row, rule.unit]
    infinite = np.full(rows, np.inf)
    symbol, kind = SYMBOLS[rule.sense]
    return RowBlock(
        kind=kind,
        layer=rule.layer,
        statement=rule.statement,
        rows=rows,
        pieces=[*_preactivation_pieces(rule.pattern, rule.unit, a, program, start), trigger],
        lower=limit if rule.sense == ">=" else -infinite,
        upper=limit if rule.sense == "<=" else infinite,
        names=_names(symbol, rule, program),
        axes=("sample", "unit") if rule.trigger[0] == "u" else ("sample", "class", "unit"),
        note=_note(rule),
    )


def _when_on(rule: Implication, big: Floats) -> Floats:
    """The right-hand side where the trigger is met at 1: t - M for >=, t + M for <=."""
    return rule.threshold - big if rule.sense == ">=" else rule.threshold + big


def _note(rule: Implication) -> str:
    symbol, layer = rule.trigger
    side = "low" if rule.sense == ">=" else "high"
    form = "t - low" if rule.sense == ">=" else "high - t"
    return f"{symbol}({layer}) = {rule.value} => a({rule.layer}) {rule.sense} t, M = {form} of the row, {side} from the boxes of weights and bias"


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


def _preactivation_pieces(
    pattern: NDArray[np.int64], unit: NDArray[np.int64], a: PreActivation, program: Program, start: dict[Key, int]
) -> list[Piece]:
    """The columns of a(pattern, unit): weights or products, binaries behind fixed weights, and the bias."""
    pieces: list[Piece] = []
    counts = np.bincount(a.entry_unit, minlength=a.units)
    width = int(counts.max()) if len(counts) else 0
    if width:
        first = np.concatenate([[0], np.cumsum(counts)[:-1]])
        entries = first[:, None] + np.arange(width)  # (units, width), past the end of a unit's weights where it has fewer
        inside = np.arange(width) < counts[:, None]
        entries = np.where(inside, entries, np.maximum(first + counts - 1, 0)[:, None])
        if a.X is not None:
            pieces.append(_data_piece(pattern, unit, a, entries, inside, start[("w", a.layer)]))
        else:
            pieces += _product_pieces(pattern, unit, a, entries, inside, start)
    if a.below is not None and a.fixed.any():
        below = start[("u", a.below)] + pattern[:, None] * a.fixed.shape[1] + np.arange(a.fixed.shape[1])
        pieces.append(Piece(below, a.fixed[unit], a.fixed.shape[1]))
    if a.bias != "none":
        column = start[("b", a.layer)] + (unit if a.bias == "unit" else np.zeros_like(unit))
        pieces.append(one_column(column, 1.0))
    return pieces


def _data_piece(
    pattern: NDArray[np.int64],
    unit: NDArray[np.int64],
    a: PreActivation,
    entries: NDArray[np.int64],
    inside: NDArray[np.bool_],
    start: int,
) -> Piece:
    if a.X is None:
        raise InternalError("the first layer has data")
    inputs = a.entry_input[entries]
    columns = (start + entries)[unit]
    if inside.all() and (inputs == inputs[0]).all():  # every unit sees the same inputs: one gather of whole rows
        return Piece(columns, a.X[:, inputs[0]][pattern], entries.shape[1])
    return Piece(columns, a.X[pattern[:, None], inputs[unit]] * inside[unit], entries.shape[1])


def _product_pieces(
    pattern: NDArray[np.int64],
    unit: NDArray[np.int64],
    a: PreActivation,
    entries: NDArray[np.int64],
    inside: NDArray[np.bool_],
    start: dict[Key, int],
) -> list[Piece]:
    width = entries.shape[1]
    flat = pattern[:, None] * len(a.entry_unit) + entries[unit]
    pieces = [Piece(start[("s", a.layer)] + flat, a.slope * inside[unit].astype(np.float64), width)]
    if a.shift:
        pieces.append(Piece((start[("w", a.layer)] + entries)[unit], a.shift * inside[unit].astype(np.float64), width))
    return pieces
