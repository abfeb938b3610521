"""Scaling against the formulas in Fractions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.data.inputs import Above, Input, Scaled
from bdnnc.data.numbers import ExactColumn, reduced
from bdnnc.data.scaling import fit, standard_factor, transformed
from bdnnc.data.sources import column_name
from bdnnc.diagnostics import Source, Span
from bdnnc.exact import ExactMatrix
from bdnnc.language.spec import Scale

HERE = Span(Source("here", ""), 0, 0)
VALUES = st.one_of(
    st.integers(-(10**6), 10**6).map(Fraction),
    st.decimals(-1000, 1000, places=6).map(Fraction),
    st.decimals(-10, 10, places=17).map(Fraction),
    st.integers(-(10**25), 10**25).map(Fraction),
)
COLUMN = st.lists(VALUES, min_size=1, max_size=10)


def column(values: list[Fraction]) -> ExactColumn:
    matrix = ExactMatrix.from_fractions([[value] for value in values])
    return reduced(matrix.numerators[:, 0], matrix.denominators[0])


def scaled(values: list[Fraction], scale: Scale, also: list[Fraction] | None = None) -> list[Fraction]:
    """The column (or others) as scaled by what was fitted on ``values``."""
    fitted = fit([column(values)], ["x"], [0], scale, HERE)
    out = transformed([column(also or values)], fitted, [0], len(also or values))
    return [out.fraction(row, 0) for row in range(out.shape[0])]


def halves_to_even(value: Fraction, digits: int) -> Fraction:
    return Fraction(round(value * 10**digits), 10**digits)


@settings(max_examples=200, deadline=None)
@given(COLUMN, COLUMN, st.integers(-5, 5), st.integers(1, 9), st.one_of(st.none(), st.integers(0, 6)))
def test_minmax(values: list[Fraction], others: list[Fraction], a: int, width: int, digits: int | None) -> None:
    b, low, high = a + width, min(values), max(values)
    slope = Fraction(b - a) / (high - low) if low < high else Fraction(1)
    exact = [a + (value - low) * slope for value in others]
    expected = exact if digits is None else [halves_to_even(value, digits) for value in exact]
    assert scaled(values, Scale("minmax", Fraction(a), Fraction(b), digits=digits), others) == expected
    if digits is None:
        own = scaled(values, Scale("minmax", Fraction(a), Fraction(b)))
        assert min(own) == a
        assert max(own) == (b if low < high else a)


def deviation_factor(values: list[Fraction]) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / len(values)
    with localcontext() as context:
        context.prec = 200
        root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
        return Fraction((1 / root).quantize(Decimal("1e-12"), rounding=ROUND_HALF_EVEN))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.integers(-1000, 1000).map(Fraction), st.decimals(-9, 9, places=17).map(Fraction)), min_size=2, max_size=9
    )
)
def test_standard(values: list[Fraction]) -> None:
    mean = sum(values, Fraction(0)) / len(values)
    if min(values) == max(values):
        assert scaled(values, Scale("standard")) == [Fraction(0)] * len(values)
        return
    factor = deviation_factor(values)
    assert scaled(values, Scale("standard")) == [(value - mean) * factor for value in values]
    assert scaled(values, Scale("standard", digits=2)) == [halves_to_even((value - mean) * factor, 2) for value in values]


def test_the_factor_is_rounded_half_to_even() -> None:
    # deviation sqrt(squares) / count; 1 / deviation = k / (2 10^12) exactly at the middle of two decimals
    for k in (3, 5, 7):
        assert standard_factor(k, (2 * 10**12) ** 2) == Fraction(2 * round(Fraction(k, 2)), 2 * 10**12)


def test_a_deviation_beyond_twelve_decimals_is_refused(refused: Any) -> None:
    data = column([Fraction(0), Fraction(10**30)])
    [found] = refused(lambda: fit([data], ["salary"], [0], Scale("standard"), HERE), "E227")
    assert "`salary`" in found.message


@settings(max_examples=150, deadline=None)
@given(COLUMN, VALUES, st.booleans())
def test_binarize(values: list[Fraction], threshold: Fraction, signed: bool) -> None:
    low = -1 if signed else 0
    for cut in (threshold, values[0]):
        expected = [Fraction(1 if value > cut else low) for value in values]
        assert scaled(values, Scale("binarize", cut, signed=signed)) == expected


@settings(max_examples=150, deadline=None)
@given(COLUMN, st.integers(0, 8))
def test_round_alone(values: list[Fraction], digits: int) -> None:
    assert scaled(values, Scale("none", digits=digits)) == [halves_to_even(value, digits) for value in values]


def test_rounding_is_half_to_even() -> None:
    values = [Fraction(text) for text in ("0.5", "1.5", "2.5", "-0.5", "-1.5", "0.51")]
    assert scaled(values, Scale("none", digits=0)) == [0, 2, 2, 0, -2, 1]


def test_the_scale_is_fitted_on_the_taken_points_and_applied_everywhere(loaded: Callable[..., Any], build: Any) -> None:
    text = "".join(f"{value},{value % 2}\n" for value in (0, 10, 20, 30, 40, 50, 60, 70, 81, 91))
    holds = (build.hold("test", build.pick(3, "test", seed=4)), build.hold("validation", build.pick(2, "validation", seed=4)))
    dataset = loaded(text, 1, holds=holds, take=build.pick(4, seed=4, stratified=True), scale=build.scale("minmax"))
    raw = [0, 10, 20, 30, 40, 50, 60, 70, 81, 91]
    taken: list[int] = [raw[row] for row in dataset.train.rows.tolist()]
    low, high = min(taken), max(taken)
    assert (low, high) != (0, 91)  # else this test would not tell the taken points from the others
    part: Any
    for part in (dataset.train, dataset.test, dataset.validation):
        rows: list[int] = part.rows.tolist()
        values = [part.X.fraction(place, 0) for place in range(len(rows))]
        assert values == [Fraction(raw[row] - low, high - low) for row in rows]


def test_constant_columns_go_to_a_or_to_zero(loaded: Callable[..., Any], build: Any) -> None:
    text = "7,1,0\n7,2,1\n7,3,1\n"
    assert loaded(text, 2, scale=build.scale("minmax", -1, 1)).train.X.fraction(0, 0) == -1
    standard = loaded(text, 2, scale=build.scale("standard"))
    assert standard.train.X.fraction(0, 0) == 0
    assert standard.dead.tolist() == [True, False]


def test_inputs_say_how_they_are_made(loaded: Callable[..., Any], build: Any) -> None:
    text = "age,bmi,sick\n10,1,0\n20,3,1\n"
    age, bmi = loaded(text, "sick", scale=build.scale("minmax", 0, 1, digits=3)).inputs
    assert age == Input("age", 0, Scaled(Fraction(10), Fraction(1, 10), 3))
    assert bmi == Input("bmi", 1, Scaled(Fraction(1), Fraction(1, 2), 3))
    above = loaded(text, "sick", scale=build.scale("binarize", "2.5", signed=True)).inputs
    assert above == (Input("age>2.5", 0, Above(Fraction(5, 2), True)), Input("bmi>2.5", 1, Above(Fraction(5, 2), True)))
    assert [column_name(given) for given in above] == ["age", "bmi"]


@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        ("minmax", {"a": 1, "b": 1}),
        ("minmax", {"a": 2, "b": 1}),
        ("none", {"digits": -1}),
        ("standard", {"digits": 101}),
        ("binarize", {"digits": 2}),
        ("standard", {"signed": True}),
    ],
)
def test_scales_that_are_not_defined(build: Any, refused: Any, pointed: Any, kind: str, rest: dict[str, Any]) -> None:
    from bdnnc.data.load import load

    [found] = refused(lambda: load(build.spec("1,0\n2,1\n", 1, scale=build.scale(kind, **rest))), "E227")
    assert pointed(found) == "scale"


def test_scaled_numbers_stay_within_what_floats_can_say(refused: Any) -> None:
    tiny = column([Fraction(0), Fraction(1, 10**200)])
    fitted = fit([tiny], ["x"], [0], Scale("minmax"), HERE)
    huge = column([Fraction(10**200)])
    refused(lambda: transformed([huge], fitted, [0], 1), "E220")


def test_large_integers_do_not_overflow() -> None:
    values = [Fraction(value) for value in (-(2**33), 2**33, 2**32 + 1)]
    out = scaled(values, Scale("standard", digits=20))
    mean = sum(values, Fraction(0)) / 3
    factor = deviation_factor(values)
    assert out == [halves_to_even((value - mean) * factor, 20) for value in values]
    assert np.isfinite([float(value) for value in out]).all()
