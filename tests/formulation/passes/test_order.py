"""What passes say of themselves: names, guarantees, and an order that keeps every need."""

from __future__ import annotations

from bdnnc.formulation.passes import GUARANTEES, PASSES


def test_names_are_distinct() -> None:
    names = [item.name for item in PASSES]
    assert len(set(names)) == len(names)


def test_guarantees_are_known() -> None:
    assert {item.guarantee for item in PASSES} <= set(GUARANTEES)


def test_every_pass_runs_after_those_that_it_needs() -> None:
    names = [item.name for item in PASSES]
    for place, item in enumerate(PASSES):
        assert set(item.after) <= set(names[:place]), f"`{item.name}` runs too early"


def test_the_docstring_is_a_page() -> None:
    for item in PASSES:
        text = type(item).__doc__ or ""
        for word in ("Reformulation:", "Source:", "Needs:", "Guarantees:", "Skipped:"):
            assert word in text, f"`{item.name}` does not say its {word}"
