"""The lines of a program's text that are rows one day: implications, plain rows, clauses; and the terms of the goal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from bdnnc.ir.array_parse import Written, written_array
from bdnnc.ir.program import Clause, Floats, Implication, Index, Key, Premise, Rows, Summand
from bdnnc.ir.program_words import Head, Reading, bit, expect_layer, head_of, key_of, members_of, origin, size_of
from bdnnc.ir.text_cursor import Cursor


def implication(cursor: Cursor, reading: Reading) -> Implication:
    """``imp on[..]: u[..] = 1 and c[..] = 0 => a[..] - a[..] + sum(..) >= threshold``."""
    head = head_of(cursor, reading)
    cursor.expect(":")
    trigger, also = _premises(cursor, reading, head)
    pattern, unit = _conclusion(cursor, reading, head)
    other = _other(cursor, reading, head) if cursor.accept("-") else None
    summands: list[Summand] = []
    while cursor.accept("+"):
        summands.append(_summand(cursor, reading))
    sense: Literal[">=", "<="] = ">=" if cursor.one_of(">=", "<=") == ">=" else "<="
    threshold = written_array(cursor, reading.section).floats(head.size)
    value, literal = (1, np.empty(0, np.int64)) if trigger is None else (trigger.value, trigger.literal)
    block = None if trigger is None else trigger.block
    return Implication(
        head.symbol, head.layer, block, value, sense, literal, pattern, unit, threshold, head.axes, head.naming,
        origin(cursor), other, tuple(summands), also,
    )  # fmt: skip


def _premises(cursor: Cursor, reading: Reading, head: Head) -> tuple[Premise | None, Premise | None]:
    """``trigger[..; literals] = value and also[..; literals] = value =>``, where there are such."""
    if not cursor.has("=>"):
        return None, None
    trigger = _premise(cursor, reading, head)
    also = _premise(cursor, reading, head) if cursor.accept("and") else None
    cursor.expect("=>")
    return trigger, also


def _premise(cursor: Cursor, reading: Reading, head: Head) -> Premise:
    """``trigger[..; literals] = value``; without literals 0, 1, 2 and so on."""
    trigger, members = members_of(cursor, reading)
    literal = np.arange(head.size) if members is None else members.index(head.size)
    cursor.expect("=")
    return Premise(trigger, bit(cursor), literal)


def _conclusion(cursor: Cursor, reading: Reading, head: Head) -> tuple[Index, Index]:
    """The patterns and units of ``a[layer; patterns, units]``; without them, all of the layer, pattern by pattern."""
    token = cursor.next
    cursor.expect("a", "[")
    expect_layer(cursor, head.layer)
    if cursor.accept(";"):
        pattern = written_array(cursor, reading.section).index(head.size)
        cursor.expect(",")
        unit = written_array(cursor, reading.section).index(head.size)
        cursor.expect("]")
        return pattern, unit
    cursor.expect("]")
    found = reading.definitions.get(head.layer)
    if found is None or head.size != reading.patterns * found.units:
        cursor.refuse(f"`a[{head.layer}]` does not say which {head.size} of its numbers are meant", token)
    return np.repeat(np.arange(reading.patterns), found.units), np.tile(np.arange(found.units), reading.patterns)


def _other(cursor: Cursor, reading: Reading, head: Head) -> Index:
    """The units of ``a[layer; units]``, which are subtracted."""
    cursor.expect("a", "[")
    expect_layer(cursor, head.layer)
    cursor.expect(";")
    units = written_array(cursor, reading.section).index(head.size)
    cursor.expect("]")
    return units


def rows(cursor: Cursor, reading: Reading) -> Rows:
    """``row kind[..]: lower <= sum(..) + sum(..) <= upper, "note"``, or with one side, or with ``==``."""
    head = head_of(cursor, reading)
    cursor.expect(":")
    lower, upper = np.full(head.size, -np.inf), np.full(head.size, np.inf)
    first = None if cursor.next.text == "sum" else written_array(cursor, reading.section)
    has_lower = first is not None and cursor.accept("<=")
    if first is not None and has_lower:
        lower, first = first.floats(head.size), None
    summands = tuple(_summands(cursor, reading, first))
    sense = cursor.one_of("<=") if has_lower else cursor.one_of("<=", ">=", "==")
    side = written_array(cursor, reading.section).floats(head.size)
    lower, upper = (lower if sense == "<=" else side), (upper if sense == ">=" else side)
    cursor.expect(",")
    note = cursor.string()
    return Rows(head.symbol, head.layer, head.axes, head.naming, summands, lower, upper, origin(cursor), note)


def _summands(cursor: Cursor, reading: Reading, value: Written | None) -> Iterator[Summand]:
    """The left-hand side of rows; ``value`` is what has been read of it."""
    if cursor.accept("sum", "(", ")"):
        return
    yield _summand(cursor, reading, value)
    while cursor.accept("+"):
        yield _summand(cursor, reading)


def _summand(cursor: Cursor, reading: Reading, value: Written | None = None) -> Summand:
    """``value * block[..; member]``, one a row, or ``sum(value * block[..; member] to row)``; without members, the block."""
    is_sum = value is None and cursor.accept("sum", "(")
    value = value or written_array(cursor, reading.section)
    cursor.expect("*")
    token = cursor.next
    block, members = members_of(cursor, reading)
    member = np.arange(size_of(cursor, reading, block, token)) if members is None else members.index(None)
    values, row = value.floats(len(member)), np.arange(len(member))
    if is_sum:
        cursor.expect("to")
        row = written_array(cursor, reading.section).index(len(member))
        cursor.expect(")")
    return Summand(block, row, member, values)


def clause(cursor: Cursor, reading: Reading) -> Clause:
    """``not u[..; members] = 1 and u[..; members] = 0``."""
    groups: tuple[list[tuple[Key, Index]], ...] = ([], [])
    while True:
        token = cursor.next
        key, members = members_of(cursor, reading)
        cursor.expect("=")
        literals = np.arange(size_of(cursor, reading, key, token)) if members is None else members.index(None)
        groups[bit(cursor)].append((key, literals))
        if not cursor.accept("and"):
            return Clause(tuple(groups[1]), tuple(groups[0]))


def cost(cursor: Cursor, reading: Reading) -> tuple[Key, Floats]:
    """``sum(coefficient * block[..])``."""
    cursor.expect("sum", "(")
    coefficient = written_array(cursor, reading.section)
    cursor.expect("*")
    token = cursor.next
    block = key_of(cursor)
    cursor.expect(")")
    return block, coefficient.floats(size_of(cursor, reading, block, token))
