"""The lines of a program's text that say what there is: variables, links, pre-activations, products."""

from __future__ import annotations

from typing import Literal

import numpy as np

from bdnnc.ir.array_parse import written_array
from bdnnc.ir.program import (
    Floats,
    Index,
    Link,
    PreActivation,
    Product,
    Variable,
)
from bdnnc.ir.program_words import (
    Reading,
    counted,
    expect_layer,
    head_of,
    interval,
    key_of,
    layer_of,
    origin,
    size_of,
)
from bdnnc.ir.text_cursor import LARGEST, Cursor


def integral_variable(cursor: Cursor, reading: Reading) -> Variable:
    """``bin u[..]``, bounds 0 and 1 unless others are written, or ``int w[..] in [.., ..]``."""
    return _variable(cursor, reading, True)


def real_variable(cursor: Cursor, reading: Reading) -> Variable:
    """``var w[..] in [.., ..]``."""
    return _variable(cursor, reading, False)


def _variable(cursor: Cursor, reading: Reading, integral: bool) -> Variable:
    head = head_of(cursor, reading)
    lower, upper = np.zeros(head.size), np.ones(head.size)
    if cursor.accept("in"):
        lower, upper = (side.floats(head.size) for side in interval(cursor, reading))
    if cursor.accept(","):
        token = cursor.next
        count = int((lower == upper).sum())
        if cursor.integer() != count:
            cursor.refuse(f"the bounds fix {count} of them", token)
        cursor.expect("fixed")
    reading.sizes[head.symbol, head.layer] = head.size
    shape = head.shape if head.index is None else None
    return Variable(head.symbol, head.layer, head.axes, lower, upper, integral, origin(cursor), shape, head.index)


def link(cursor: Cursor, reading: Reading) -> Link:
    """``link w[..] = origin * z[..] + sum(value * q[..] to owner), summing to z[..]``."""
    first = cursor.next
    target = key_of(cursor)
    cursor.expect("=")
    start = written_array(cursor, reading.section)
    present = key_of(cursor) if cursor.accept("*") else None
    cursor.expect("+", "sum", "(")
    value = written_array(cursor, reading.section)
    cursor.expect("*")
    token = cursor.next
    digit = key_of(cursor)
    values = value.floats(size_of(cursor, reading, digit, token))
    owner = counted(cursor, reading, len(values))
    cursor.expect(")")
    one = cursor.accept(",", "summing", "to")
    if one:
        token = cursor.next
        same = cursor.integer() == 1 if present is None else key_of(cursor) == present
        if not same:
            cursor.refuse("the digits of a target sum to 1, or to what its origin is multiplied by", token)
    origins = start.floats(size_of(cursor, reading, target, first))
    return Link(target, digit, origins, owner, values, one, origin(cursor), present)


def definition(cursor: Cursor, reading: Reading) -> PreActivation:
    """``def a[..] = X .. . w[..] + b[..] + offset in [.., ..]``, or ``def a[..] of u[..] = sum(s[..]) + F .. . u[..]``."""
    cursor.expect("a", "[")
    layer = cursor.word()
    cursor.expect(";", "unit")
    units = cursor.count()
    cursor.expect("]")
    below = _below(cursor)
    cursor.expect("=")
    data, slope, shift, fixed = None, 1.0, 0.0, np.zeros((units, 0))
    if below is None:
        cursor.expect("X")
        data = written_array(cursor, reading.section).matrix(None)
        cursor.expect(".", "w")
        unit, inputs = _free(cursor, _entries(cursor, reading, layer), units, int(data.shape[1]))
    else:
        slope, entries, shift = _products(cursor, reading, layer)
        fixed = _fixed(cursor, reading, units, below)
        unit, inputs = _free(cursor, entries, units, int(fixed.shape[1]))
    bias = _bias(cursor, layer)
    grid = (1 if data is None else reading.patterns), units
    offset = written_array(cursor, reading.section).matrix(grid) if cursor.accept("+") else np.zeros((1, units))
    cursor.expect("in")
    low, high = (side.matrix(grid) for side in interval(cursor, reading))
    found = PreActivation(
        layer, below, unit, inputs, data, offset, fixed, slope, shift, bias, low, high, origin(cursor)
    )  # fmt: skip
    reading.definitions[layer] = found
    return found


def _below(cursor: Cursor) -> str | None:
    """``of u[..]``: the layer below, None where there is only the data."""
    if not cursor.accept("of"):
        return None
    cursor.expect("u")
    return layer_of(cursor)


def _fixed(cursor: Cursor, reading: Reading, units: int, below: str) -> Floats:
    """``+ F .. . u[..]``, or zeros where nothing is written."""
    if cursor.accept("+", "F"):
        fixed = written_array(cursor, reading.section).matrix(None)
        cursor.expect(".", "u")
        cursor.expect("[")
        expect_layer(cursor, below)
        cursor.expect("]")
        return fixed
    if below not in reading.definitions:
        cursor.refuse(f"there is no definition of `a[{below}]` before this line")
    return np.zeros((units, reading.definitions[below].units))


def _products(cursor: Cursor, reading: Reading, layer: str) -> tuple[float, tuple[Index, Index] | None, float]:
    """``sum(slope * s[..] + shift * w[..])``."""
    cursor.expect("sum", "(")
    slope, shift = 1.0, 0.0
    if cursor.next.kind == "number":
        slope = cursor.number()
        cursor.expect("*")
    cursor.expect("s")
    entries = _entries(cursor, reading, layer)
    if cursor.accept("+"):
        shift = cursor.number()
        cursor.expect("*", "w")
        cursor.expect("[")
        expect_layer(cursor, layer)
        cursor.expect("]")
    cursor.expect(")")
    return slope, entries, shift


def _entries(cursor: Cursor, reading: Reading, layer: str) -> tuple[Index, Index] | None:
    """``[layer; unit at .., input at ..]``; None for ``[layer; unit, input]``, which are all."""
    cursor.expect("[")
    expect_layer(cursor, layer)
    cursor.expect(";", "unit")
    unit = written_array(cursor, reading.section).index(None) if cursor.accept("at") else None
    cursor.expect(",", "input")
    inputs = None
    if unit is not None:
        cursor.expect("at")
        inputs = written_array(cursor, reading.section).index(len(unit))
    cursor.expect("]")
    return None if unit is None or inputs is None else (unit, inputs)


def _free(cursor: Cursor, entries: tuple[Index, Index] | None, units: int, inputs: int) -> tuple[Index, Index]:
    if entries is not None:
        return entries
    if units * inputs > LARGEST:
        cursor.refuse(f"no layer has {units * inputs:,} weights")
    return np.repeat(np.arange(units), inputs), np.tile(np.arange(inputs), units)


def _bias(cursor: Cursor, layer: str) -> Literal["unit", "shared", "none"]:
    if not cursor.accept("+", "b", "["):
        return "none"
    expect_layer(cursor, layer)
    kind: Literal["unit", "shared"] = "unit" if cursor.accept(";", "unit") else "shared"
    cursor.expect("]")
    return kind


def product(cursor: Cursor, reading: Reading) -> Product:
    """``prod s[..] = w[..] * u[..], w in [.., ..]``; its inputs are those of the definition unless others are written."""
    token = cursor.next
    cursor.expect("s", "[")
    layer = cursor.word()
    cursor.expect(";", "input")
    if cursor.accept("at"):
        inputs = written_array(cursor, reading.section).index(None)
    elif layer in reading.definitions:
        inputs = reading.definitions[layer].entry_input
    else:
        cursor.refuse(f"there is no definition of `a[{layer}]` before this line", token)
    cursor.expect("]", "=", "w")
    cursor.expect("[")
    expect_layer(cursor, layer)
    cursor.expect("]")
    cursor.expect("*", "u", "[")
    below = cursor.word()
    cursor.expect(";", "input", "]", ",", "w", "in", "[")
    lower = cursor.number()
    cursor.expect(",")
    upper = cursor.number()
    cursor.expect("]")
    return Product(layer, below, inputs, lower, upper, origin(cursor))
