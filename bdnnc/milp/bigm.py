"""Implications as rows: the last step, where each row gets its own M from the box of its pre-activation.

    trigger = 1 => a >= t     a - M u >= t - M         trigger = 0 => a >= t     a + M e >= t          M = t - low
    trigger = 0 => a <= t     a - M u <= t             trigger = 1 => a <= t     a + M u <= t + M      M = high - t

Of two premises each has its own term, with the same M. (docs/formulations.md, *The program*.) A row whose M is not positive
needs no trigger; M is then 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.boxes import conclusion_box
from bdnnc.ir.program import Implication, Key, PreActivation, Premise, Program, Summand, Variable
from bdnnc.milp.names import NameBlock
from bdnnc.milp.rows import ChunkedPiece, Floats, Index, Piece, RowBlock, one_column


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The (pattern, unit) of each row, and the sign of its pre-activation (None: 1). On a full grid pattern and unit are the
    axes themselves, (P, 1) and (units,), to be broadcast."""

    pattern: Index
    unit: Index
    grid: tuple[int, ...]
    sign: Floats | None = None

    def of(self, table: Floats) -> Floats:
        """The entries of a (P or 1, units) table."""
        return table[self.pattern if table.shape[0] > 1 else np.zeros_like(self.pattern), self.unit]

    def beside(self, other: Index) -> tuple[_Rows, _Rows]:
        """a(unit) - a(other) as two signed terms, the unit that comes first in the matrix first: no row has to be sorted."""
        sign = np.where(self.unit < other, 1.0, -1.0)
        first = _Rows(self.pattern, np.minimum(self.unit, other), self.grid, sign)
        return first, _Rows(self.pattern, np.maximum(self.unit, other), self.grid, -sign)

    def lines(self, lines: slice) -> _Rows:
        """Some lines of the grid, along its first axis."""
        is_grid = len(self.grid) == 2
        pattern, unit = self.pattern[lines], self.unit if is_grid else self.unit[lines]
        return _Rows(pattern, unit, (len(pattern), *self.grid[1:]), None if self.sign is None else self.sign[lines])

    def signed(self, values: Floats) -> Floats:
        """(rows, width) values with the signs of the rows."""
        return values if self.sign is None else values * self.sign[..., None]


def implication_rows(rule: Implication, a: PreActivation, program: Program, start: dict[Key, int]) -> RowBlock:
    """The rows of one implication family."""
    where = _rows(rule, a, program)
    threshold = rule.threshold.reshape(where.grid)
    offset = where.of(a.offset)
    if rule.other is not None:
        offset = offset - _Rows(rule.pattern, rule.other, where.grid).of(a.offset)
    pieces = _preactivation_pieces(where, rule.other, a, start)
    pieces += [_summand_piece(part, where, start) for part in rule.summands]
    if rule.trigger is None:
        limit = (threshold - offset).ravel()
    else:
        low, high = _conclusion_box(rule, a, where, program)
        big = np.maximum(threshold - low if rule.sense == ">=" else high - threshold, 0.0)
        premises = [Premise(rule.trigger, rule.value, rule.literal), *(() if rule.also is None else (rule.also,))]
        relaxed = threshold
        for premise in premises:
            sign = 1.0 if (rule.sense == ">=") == (premise.value == 0) else -1.0
            relaxed = relaxed if premise.value == 0 else _when_on(rule.sense, relaxed, big)
            pieces.append(one_column(start[premise.block] + premise.literal.reshape(where.grid), sign * big))
        limit = (relaxed - offset).ravel()
    infinite = np.broadcast_to(np.inf, rule.size)
    return RowBlock(
        kind=rule.kind,
        layer=rule.layer,
        statement=rule.statement,
        grid=where.grid,
        pieces=pieces,
        lower=limit if rule.sense == ">=" else -infinite,
        upper=limit if rule.sense == "<=" else infinite,
        names=NameBlock(rule.kind, rule.layer, rule.naming),
        axes=rule.axes,
        note=_note(rule),
        trigger="" if rule.trigger is None else rule.trigger[0],
    )


def _conclusion_box(rule: Implication, a: PreActivation, where: _Rows, program: Program) -> tuple[Floats, Floats]:
    """Bounds of the conclusion, on the grid of the rows."""
    if rule.other is None and not rule.summands:
        return where.of(a.low), where.of(a.high)
    variables = {part.block: block_of(program, part.block) for part in rule.summands}
    low, high = conclusion_box(rule, a, variables)
    return low.reshape(where.grid), high.reshape(where.grid)


def block_of(program: Program, key: Key) -> Variable:
    """The block of a key. Raises InternalError where there is none."""
    variable = program.variable(*key)
    if variable is None:
        raise InternalError(f"no block {key}")
    return variable


def _rows(rule: Implication, a: PreActivation, program: Program) -> _Rows:
    grid = (program.patterns, a.units)
    place = rule.pattern * a.units + rule.unit
    if rule.other is None and rule.size == prod(grid) and np.array_equal(place, np.arange(rule.size)):
        return _Rows(np.arange(grid[0])[:, None], np.arange(grid[1]), grid)
    return _Rows(rule.pattern, rule.unit, (rule.size,))


def _summand_piece(part: Summand, where: _Rows, start: dict[Key, int]) -> Piece:
    """A summand that has one member a row, in the order of the rows."""
    if not np.array_equal(part.row, np.arange(prod(where.grid))):
        raise InternalError(f"a summand of {part.block} in an implication is not one a row")
    return one_column((start[part.block] + part.member).reshape(where.grid), part.value.reshape(where.grid))


def _when_on(sense: str, threshold: Floats, big: Floats) -> Floats:
    """The right-hand side where the trigger is met at 1: t - M for >=, t + M for <=."""
    return threshold - big if sense == ">=" else threshold + big


def _note(rule: Implication) -> str:
    conclusion = f"a({rule.layer})" if rule.other is None else f"a({rule.layer}) - other"
    conclusion += "".join(f" {'-' if (part.value < 0).all() else '+'} {part.block[0]}" for part in rule.summands)
    if rule.trigger is None:
        return f"{conclusion} {rule.sense} t"
    symbol, layer = rule.trigger
    side = "low" if rule.sense == ">=" else "high"
    form = "t - low" if rule.sense == ">=" else "high - t"
    also = "" if rule.also is None else f" and {rule.also.block[0]}({rule.also.block[1]}) = {rule.also.value}"
    premise = f"{symbol}({layer}) = {rule.value}{also} => {conclusion} {rule.sense} t"
    return f"{premise}, M = {form} of the row, {side} from the boxes of weights and bias"


def _preactivation_pieces(
    where: _Rows, other: Index | None, a: PreActivation, start: dict[Key, int]
) -> list[Piece | ChunkedPiece]:
    """The columns of a(pattern, unit) - a(pattern, other): weights or products, binaries behind fixed weights, and the bias."""
    terms = (where,) if other is None else where.beside(other)
    pieces: list[Piece | ChunkedPiece] = []
    if len(a.entry_unit):
        entries, inside = _entries(a)
        for term in terms:
            if a.X is not None:
                pieces.append(_data_piece(term, a, a.X, entries, inside, start["w", a.layer]))
            else:
                pieces += _product_pieces(term, a, entries, inside, start)
    if a.below is not None and a.fixed.any():
        pieces.append(_fixed_piece(where, other, a, start["u", a.below]))
    if a.bias == "unit":
        pieces += [one_column(start["b", a.layer] + term.unit, 1.0 if term.sign is None else term.sign) for term in terms]
    elif a.bias == "shared" and other is None:
        pieces.append(one_column(start["b", a.layer] + np.zeros_like(where.unit), 1.0))
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


def _data_piece(
    where: _Rows, a: PreActivation, X: Floats, entries: Index, inside: NDArray[np.bool_], start: int
) -> Piece | ChunkedPiece:
    inputs, width = a.entry_input[entries], entries.shape[1]
    columns = (start + entries).astype(np.int32)
    whole = bool(inside.all() and (inputs == inputs[0]).all())  # every unit sees the same inputs: whole rows of X
    seen = X if not whole or width == X.shape[1] else X[:, inputs[0]]
    if whole and len(where.grid) == 2:
        return Piece(columns[where.unit], seen[:, None, :], width)
    own = inside.astype(np.float64)

    def part(lines: slice) -> tuple[NDArray[np.int32], Floats]:
        rows = where.lines(lines)
        if whole:
            values = seen[rows.pattern]
        elif len(rows.grid) == 2:
            values = seen[lines].take(inputs.ravel(), axis=1).reshape(-1, *inputs.shape) * own
        else:
            values = seen[rows.pattern[:, None], inputs[rows.unit]] * own[rows.unit]
        return columns[rows.unit], rows.signed(values)

    return ChunkedPiece(part, width, start, not whole or not bool(seen.all()))


def _product_pieces(
    where: _Rows, a: PreActivation, entries: Index, inside: NDArray[np.bool_], start: dict[Key, int]
) -> list[Piece | ChunkedPiece]:
    """slope s + shift w."""
    width, first = entries.shape[1], start["s", a.layer]
    own = np.ones((a.units, 1)) if inside.all() else inside.astype(np.float64)

    def products(lines: slice) -> tuple[Index, Floats]:
        rows = where.lines(lines)
        places = first + rows.pattern[..., None] * len(a.entry_unit) + entries[rows.unit]
        return places, rows.signed(a.slope * own[rows.unit])

    def weights(lines: slice) -> tuple[Index, Floats]:
        rows = where.lines(lines)
        return start["w", a.layer] + entries[rows.unit], rows.signed(a.shift * own[rows.unit])

    pieces: list[Piece | ChunkedPiece] = [ChunkedPiece(products, width, first, not inside.all())]
    if a.shift:
        pieces.append(ChunkedPiece(weights, width, start["w", a.layer], not inside.all()))
    return pieces


def _fixed_piece(where: _Rows, other: Index | None, a: PreActivation, start: int) -> ChunkedPiece:
    """The binaries below, which a unit and the one beside it share."""
    width = int(a.fixed.shape[1])

    def part(lines: slice) -> tuple[Index, Floats]:
        rows = where.lines(lines)
        values = a.fixed[rows.unit] if other is None else a.fixed[rows.unit] - a.fixed[other[lines]]
        return start + rows.pattern[..., None] * width + np.arange(width), values

    return ChunkedPiece(part, width, start, True)
