"""Scaling, exactly: fitted on the training points, applied to every row.

A scaled input is (x - shift) factor, then rounded half to even; a binarized one says on which side of a threshold x lies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt

import numpy as np

from bdnnc.data.blame import error, listed
from bdnnc.data.categories import RawColumn, TextColumn
from bdnnc.data.inputs import Above, Equals, Input, Scaled
from bdnnc.data.numbers import ExactColumn, assembled, reduced
from bdnnc.diagnostics import Diagnostic, InternalError, Span, UserError
from bdnnc.exact import INT64_SAFE, ExactMatrix, IntArray, decimal_text
from bdnnc.language.spec import Scale

STANDARD_DIGITS = 12
MOST_DIGITS = 100


def check_scale(scale: Scale, where: Span) -> None:
    """Raises UserError E227 for parameters with which the scale is not defined; ``where`` is blamed if it has no span."""
    refused = _refused(scale, scale.span or where)
    if refused:
        raise UserError(refused)


def fit(
    points: Sequence[ExactColumn], names: Sequence[str], columns: Sequence[int], scale: Scale, where: Span
) -> tuple[Input, ...]:
    """The inputs: name, column of the file and transform of each column of ``points``, the unscaled training points.

    ``where`` is blamed if the scale has no span of its own. A column constant on the training points is only shifted: to a by
    ``minmax(a, b)``, to 0 by ``standard``. Raises UserError E227 where a deviation is too large for a factor of 12 decimals.
    """
    if scale.kind == "binarize":
        above = Above(scale.a, scale.signed)
        mark = f">{decimal_text(scale.a)}"
        return tuple(Input(name + mark, column, above) for name, column in zip(names, columns, strict=True))
    fitted = [_fitted(column.numerators, column.denominator, scale) for column in points]
    lost = [names[j] for j, transform in enumerate(fitted) if transform.factor == 0]
    if lost:
        message = f"the deviation of `{lost[0]}` is so large that 1 / deviation rounds to 0 at {STANDARD_DIGITS} decimals"
        raise UserError(error("E227", message, scale.span or where, help="use `scale minmax(0, 1)`"))
    return tuple(Input(name, column, transform) for name, column, transform in zip(names, columns, fitted, strict=True))


def transformed(
    columns: Sequence[RawColumn], inputs: Sequence[Input], places: Sequence[int], rows: int, span: Span | None = None
) -> ExactMatrix:
    """Points as the first layer sees them, shape (rows, inputs); input j is made of ``columns[places[j]]``, unscaled.

    Raises UserError E220 (a scaled number, or a power of one, out of range).
    """
    made = [_input_column(columns[place], given) for place, given in zip(places, inputs, strict=True)]
    refuse_out_of_range(made, inputs, span)
    return assembled(made, rows)


def unscaled(inputs: Sequence[Input]) -> tuple[Input, ...]:
    """Inputs that give the numbers of their columns as they are; of a one-hot column what it gives."""
    return tuple(given if isinstance(given.transform, Equals) else replace(given, transform=Scaled()) for given in inputs)


def refuse_out_of_range(columns: Sequence[ExactColumn], inputs: Sequence[Input], span: Span | None) -> None:
    """Raises UserError E220 where a value of an input, one column each, is too large."""
    beyond = [given.name for column, given in zip(columns, inputs, strict=True) if column.is_out_of_range()]
    if beyond:
        message = f"values of {listed(beyond)} are out of range: 1e300 or more in magnitude"
        raise UserError(error("E220", message, span, help="scale the columns, for example with `scale minmax(0, 1)`"))


def standard_factor(count: int, squares: int) -> Fraction:
    """1 / deviation rounded half to even at 12 decimals, where deviation = sqrt(squares) / count, squares > 0.

    With N values x over the denominator D, squares = N sum x^2 - (sum x)^2 and count = N D give the population deviation.
    """
    ten = 10**STANDARD_DIGITS
    exact_square = Fraction((ten * count) ** 2, squares)
    below = isqrt(exact_square.numerator // exact_square.denominator)
    middle = Fraction(2 * below + 1, 2) ** 2
    up = exact_square > middle or (exact_square == middle and below % 2 == 1)
    return Fraction(below + up, ten)


def _input_column(column: RawColumn, given: Input) -> ExactColumn:
    transform = given.transform
    if isinstance(column, TextColumn):
        if not isinstance(transform, Equals):
            raise InternalError(f"`{given.name}` needs numbers and was given texts")
        made = column.equals(transform.value)
    elif isinstance(transform, Equals):
        raise InternalError(f"`{given.name}` needs texts and was given numbers")
    elif isinstance(transform, Above):
        made = _above(column.numerators, column.denominator, transform)
    else:
        made = _scaled(column.numerators, column.denominator, transform)
    return made.to_the(given.power)


@dataclass(frozen=True, slots=True)
class _Moments:
    total: int
    squares: int


def _refused(scale: Scale, span: Span) -> Diagnostic | None:
    if scale.kind == "minmax" and scale.a >= scale.b:
        a, b = decimal_text(scale.a), decimal_text(scale.b)
        message = f"`minmax({a}, {b})` needs its first number below its second"
        return error("E227", message, span, help="write for example `minmax(0, 1)`")
    if scale.digits is not None and not 0 <= scale.digits <= MOST_DIGITS:
        message = f"`round {scale.digits}` is not between 0 and {MOST_DIGITS} decimals"
        return error("E227", message, span, help="write for example `round 2`")
    if scale.digits is not None and scale.kind == "binarize":
        return error("E227", "`round` does nothing after `binarize`, whose values are integers", span, help="remove it")
    if scale.signed and scale.kind != "binarize":
        return error("E227", f"`signed` belongs to `binarize`, not to `{scale.kind}`", span, help="remove it")
    return None


def _fitted(numerators: IntArray, denominator: int, scale: Scale) -> Scaled:
    if scale.kind == "none":
        return Scaled(digits=scale.digits)
    count = len(numerators)
    low, high = int(numerators.min()), int(numerators.max())
    if scale.kind == "minmax":
        if low == high:
            return Scaled(Fraction(low, denominator) - scale.a, Fraction(1), scale.digits)
        factor = (scale.b - scale.a) * Fraction(denominator, high - low)
        return Scaled(Fraction(low, denominator) - scale.a / factor, factor, scale.digits)
    if low == high:
        return Scaled(Fraction(low, denominator), Fraction(1), scale.digits)
    moments = _moments(numerators, max(abs(low), abs(high)))
    factor = standard_factor(count * denominator, count * moments.squares - moments.total**2)
    return Scaled(Fraction(moments.total, count * denominator), factor, scale.digits)


def _moments(numerators: IntArray, largest: int) -> _Moments:
    if numerators.dtype == object or largest**2 * len(numerators) >= INT64_SAFE:
        numerators = numerators.astype(object)
    return _Moments(int(numerators.sum()), int((numerators * numerators).sum()))


def _scaled(numerators: IntArray, denominator: int, transform: Scaled) -> ExactColumn:
    # (N/D - p/q) r/s = (N q - p D) r / (D q s)
    shift, factor = transform.shift, transform.factor
    column = _affine(numerators, shift.denominator * factor.numerator, -shift.numerator * denominator * factor.numerator)
    result = reduced(column, denominator * shift.denominator * factor.denominator)
    return result if transform.digits is None else _rounded(result, transform.digits)


def _affine(values: IntArray, factor: int, offset: int) -> IntArray:
    """values factor + offset, in int64 where nothing can overflow."""
    if values.size == 0:
        return values
    largest = max(abs(int(values.max())), abs(int(values.min())))
    if values.dtype == object or largest * abs(factor) + abs(offset) >= INT64_SAFE or abs(factor) >= INT64_SAFE:
        values = values.astype(object)
    return values * factor + offset


def _rounded(column: ExactColumn, digits: int) -> ExactColumn:
    ten = 10**digits
    if ten % column.denominator == 0:  # nothing to round
        return column
    scaled = _affine(column.numerators, ten, 0)
    divisor = column.denominator
    if 2 * divisor >= INT64_SAFE:
        scaled = scaled.astype(object)
    below = scaled // divisor
    twice = 2 * (scaled - below * divisor)
    up = (twice > divisor) | ((twice == divisor) & (below % 2 == 1))
    return reduced(below + up, ten)


def _above(numerators: IntArray, denominator: int, transform: Above) -> ExactColumn:
    # N/D > p/q  <=>  N q - p D > 0
    threshold = transform.threshold
    above = _affine(numerators, threshold.denominator, -threshold.numerator * denominator) > 0
    values = np.asarray(above, dtype=np.bool_).astype(np.int64)
    return ExactColumn(2 * values - 1 if transform.signed else values, 1)
