"""The values of `-D` in a sweep: items, ranges, lists; and the points of a grid."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.diagnostics import Source, UserError
from bdnnc.exact import decimal_text
from bdnnc.language import parse
from bdnnc.language.swept import SweptValue, swept_values
from bdnnc.sweeping.grid import Grid

PARAMS = 'param a = 1\nparam b = 2\nparam name = "x"\n'


def values(**defines: str) -> dict[str, tuple[SweptValue, ...]]:
    file, _ = parse(Source("t.bdnn", PARAMS))
    assert file is not None
    return swept_values(file, defines)


def texts(define: str, name: str = "a") -> list[str]:
    return [value.text for value in values(**{name: define})[name]]


def codes(**defines: str) -> list[str]:
    with pytest.raises(UserError) as caught:
        values(**defines)
    return [d.code for d in caught.value.diagnostics]


@given(st.integers(-200, 200), st.integers(0, 60))
def test_a_range_is_inclusive(low: int, more: int) -> None:
    found = values(a=f"{low}..{low + more}")["a"]
    assert [value.number for value in found] == list(range(low, low + more + 1))
    assert [value.text for value in found] == [str(value.number) for value in found]


@given(st.lists(st.fractions(max_denominator=50), min_size=1, max_size=8))
def test_a_list_keeps_its_order_and_each_value_once(numbers: list[Fraction]) -> None:
    found = values(a=f"[{', '.join(map(decimal_text, numbers))}]")["a"]
    assert [value.number for value in found] == list(dict.fromkeys(numbers))


@given(st.text(alphabet='ab .[]0"\\', max_size=12))
def test_any_text_is_a_value_in_a_list_of_strings(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert values(name=f'["{escaped}"]')["name"] == (SweptValue(f'"{escaped}"', None),)


@pytest.mark.parametrize(
    ("define", "found"),
    [
        ("3", ["3"]),
        ("  3 ", ["3"]),
        ("1/3 + 1", ["1/3 + 1"]),
        ("[0, 0.05, 2..4, 1 + 1]", ["0", "0.05", "2", "3", "4", "1 + 1"]),
        ("[1, 1, 1..2]", ["1", "2"]),
        ("1 + 1..2 * 2", ["2", "3", "4"]),
        ("b", ["b"]),
        ("samples", ["samples"]),
        ('"text"', ['"text"']),
    ],
)
def test_forms(define: str, found: list[str]) -> None:
    assert texts(define) == found


@pytest.mark.parametrize("define", ["toy.csv", "../data/a..b.csv", "2..6", "a, b", "{"])
def test_a_param_that_holds_a_string_needs_no_quotes(define: str) -> None:
    assert texts(define, "name") == [define]


def test_the_number_of_an_expression_is_known_where_it_needs_no_file() -> None:
    found = values(a="[1/3, b, samples]")["a"]
    assert [value.number for value in found] == [Fraction(1, 3), None, None]


@pytest.mark.parametrize(
    ("define", "code"),
    [
        ("6..2", "E301"),
        ("[1, 6..2]", "E301"),
        ("0.5..2", "E117"),
        ('"a"..3', "E641"),
        ("x..3", "E112"),
        ("[]", "E641"),
        ("[1, 2", "E641"),
        ("1,2", "E641"),
        ("{1, 2}", "E641"),
        ("1..", "E641"),
        ("", "E641"),
        ("0..10000", "E680"),
        ("[0..5000, 6000..12000]", "E680"),
        ("0..1e15", "E680"),
        ("0..1e16", "E126"),
        ("0..1e999999", "E119"),
        ("[" * 300, "E641"),
    ],
)
def test_refusals(define: str, code: str) -> None:
    assert codes(a=define) == [code]


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert codes(a="6..2", c="1", b="[") == ["E301", "E640", "E641"]


def test_the_largest_range() -> None:
    assert len(values(a="1..10000")["a"]) == 10_000


def test_the_last_param_changes_fastest() -> None:
    grid = Grid.of(values(a="1..2", b="[5, 6, 7]", name="y"))
    assert [(p["a"].text, p["b"].text, p["name"].text) for p in grid.points] == [
        (a, b, "y") for a in ("1", "2") for b in ("5", "6", "7")
    ]
    assert grid.swept == ("a", "b")


def test_without_params_there_is_one_point() -> None:
    assert Grid.of({}).points == ({},)


def test_a_grid_of_too_many_points() -> None:
    with pytest.raises(UserError, match=r"20,000 points: 200 of `a` x 100 of `b`"):
        Grid.of(values(a="1..200", b="1..100"))
