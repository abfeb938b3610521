"""Clauses of a `robust` block as they are typed on the command line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from bdnnc.diagnostics import Source, Span
from bdnnc.language.parser import parse_clauses
from bdnnc.language.robustness import Ball, BoxSet, BudgetSet, Clip, FlipSet, PolytopeSet
from bdnnc.language.spec import Facts
from bdnnc.language.within import WithinText, check_within

SPEC = Source("toy.bdnn", 'data { from "toy.csv" }')
FACTS = Facts(
    samples=4,
    inputs=("a", "b=x", "b=y"),
    classes=("no", "yes"),
    span=Span(SPEC, 7, 21),
    input_columns=(0, 1, 1),
    columns=("a", "b", "class"),
    one_hot=(1, 2),
)


def codes(*texts: str, clip: str | None = None, powers: int = 1) -> list[str]:
    _, found = check_within(WithinText(texts, clip), FACTS, Path(), powers)
    return [d.code for d in found]


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("linf(0.05)", 1),
        ("raw linf(2)", 1),
        ("within l1(1)", 1),
        ("inputs within l1(1)", 1),
        ("budget(0.1, 2) step 0.05 clip 0..1", 2),
        ("clip 0..1 linf(min(1, 2))", 2),
        ('inputs ["a"] within box(-1, 2) inputs ["b"] within flips(1)', 2),
        ("linf(0.1) # a comment", 1),
    ],
)
def test_shapes(text: str, clauses: int) -> None:
    block, found = parse_clauses(Source("--within", text))
    assert found == []
    assert block is not None
    assert len(block.clauses) == clauses


def test_meaning() -> None:
    given = WithinText(('inputs ["a"] within raw box(-1, 2)', "inputs [1] within flips(1)"), "0..1")
    robust, found = check_within(given, FACTS, Path())
    assert found == []
    assert robust is not None
    first, second = robust.perturbations
    assert (first.set, first.inputs, first.raw) == (BoxSet((Fraction(-1),), (Fraction(2),)), (0,), True)
    assert (second.set, second.inputs) == (FlipSet(1), (1, 2))
    assert robust.clip is not None
    assert (robust.clip.low, robust.clip.high) == (0, 1)
    assert robust.text == 'inputs ["a"] within raw box(-1, 2) inputs [1] within flips(1) clip 0..1'
    assert first.span.source.name == "--within"
    assert isinstance(robust.clip, Clip)
    assert robust.clip.span.source == Source("--clip", "clip 0..1")


def test_spans_point_into_what_was_typed() -> None:
    _, found = check_within(WithinText(("  linf(-1)",)), FACTS, Path())
    (negative,) = (d for d in found if d.code == "E126")
    assert negative.primary is not None
    assert negative.primary.span == Span(Source("--within", "  linf(-1)"), 7, 9)


def test_balls_and_budgets() -> None:
    for text, wanted in (("l2(1/2)", Ball("l2", Fraction(1, 2))), ("budget(0.5, 1)", BudgetSet(Fraction(1, 2), 1))):
        robust, _ = check_within(WithinText((text,)), FACTS, Path())
        assert robust is not None
        assert robust.perturbations[0].set == wanted


def test_paths_begin_in_the_folder() -> None:
    robust, _ = check_within(WithinText(('inputs [0] within polytope("A.csv", "b.csv")',)), FACTS, Path("there"))
    assert robust is not None
    given = robust.perturbations[0].set
    assert isinstance(given, PolytopeSet)
    assert given.matrix.path == Path("there/A.csv")


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("",), "E105"),
        (("linf(0.05",), "E105"),
        (("linf",), "E105"),
        (("linf 0.05",), "E101"),
        (("step 3",), "E101"),
        (("linf(0.1); l1(1)",), "E102"),
        (("linff(1)",), "E401"),
        (("linf()",), "E402"),
        (("linf(1, 2)",), "E402"),
        (("linf(width)",), "E112"),
        (("linf(1e400)",), "E304"),
        (("linf(1/0)",), "E118"),
        (("box(1, 2)",), "E404"),
        (("linf(0.1)", "l1(1)"), "E405"),
        (("raw l1(1)",), "E406"),
        (("flips(1) step 1",), "E406"),
        (("clip 0..1",), "E407"),
        (("linf(0.1) clip 0..1", "clip 0..2"), "E115"),
        (('inputs ["c"] within linf(1)',), "E216"),
        (('inputs ["class"] within linf(1)',), "E345"),
        (("inputs [7] within linf(1)",), "E216"),
    ],
)
def test_what_is_wrong(texts: tuple[str, ...], code: str) -> None:
    assert code in codes(*texts)
    assert check_within(WithinText(texts), FACTS, Path())[0] is None


def test_clip_of_its_own_flag() -> None:
    assert codes("linf(1)", clip="1..0") == ["E301", "W402"]
    assert codes("inputs [0] within linf(1)", clip="clip 0..1") == []
    assert codes("linf(1)", clip="0,1") == ["E101"]


def test_warnings_and_powers() -> None:
    assert codes("linf(0.1)") == ["W402"]
    assert codes("inputs [0] within flips(2)") == ["W401"]
    assert "E408" in codes("linf(0.1)", powers=2)
