"""Every bad example says exactly what its `.err` file says; every good one checks, and its tree is what `.tree` says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bdnnc.diagnostics import Diagnostic, render_full
from bdnnc.diagnostics.catalogue import CATALOGUE
from bdnnc.language import tree_text
from bdnnc.language.words import QUANTITY_WORDS
from tests.language.support import BAD, GOOD, check_example, check_text

Golden = Callable[[str, Path], None]
FOLDER = Path(__file__).parents[2] / "bdnnc" / "language"
ELSEWHERE = ("parser.py", "swept.py", "pairs.py")
"""What is wrong with files as such, with values of the command line, and with pairs of classes has its tests elsewhere."""


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_example(path: Path, golden: Golden) -> None:
    found = check_example(path).diagnostics
    if path.stem.endswith("_allowed"):
        assert not found
    else:
        assert found
    golden(render_full(found), path.with_suffix(".err"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_example(path: Path, golden: Golden) -> None:
    checked = check_example(path)
    assert checked.diagnostics == []
    assert checked.tree is not None
    assert checked.data is not None
    golden(tree_text(checked.tree), path.with_suffix(".tree"))


def examples_diagnostics() -> list[Diagnostic]:
    return [diagnostic for path in BAD for diagnostic in check_example(path).diagnostics]


def test_every_code_of_the_checker_has_an_example() -> None:
    raised = set(re.findall(r'"([EW]\d{3})"', "".join(p.read_text() for p in FOLDER.glob("*.py") if p.name not in ELSEWHERE)))
    shown = {diagnostic.code for diagnostic in examples_diagnostics()}
    assert raised - shown == set()
    assert raised <= CATALOGUE.keys()


@pytest.mark.parametrize("path", [path for path in BAD if check_example(path).tree is not None], ids=lambda path: path.stem)
def test_the_check_with_data_says_all_that_the_one_without_says(path: Path) -> None:
    """The pipeline reports the second alone."""

    def said(classes: tuple[str, ...] | None) -> set[tuple[str, int]]:
        checked = check_text(path.read_bytes().decode(), path.name, classes=classes)
        return {(d.code, d.primary.span.start) for d in checked.diagnostics if d.primary is not None}

    assert said(None) <= said(("a", "b"))


def test_no_expected_file_is_left_over() -> None:
    for path in (*BAD[0].parent.iterdir(), *GOOD[0].parent.iterdir()):
        assert path.with_suffix(".bdnn").is_file(), path.name


def test_quantity_words_are_those_of_the_language_page() -> None:
    page = (
        "weights bias errors margin margins samples features classes hamming zero_one hinge absolute none l0 l1 l2 linf units "
        "fan_in features_used nominal all min max abs floor ceil balanced"
    )
    assert frozenset(page.split()) == QUANTITY_WORDS
    for word in page.split():
        for text in (f"param {word} = 1", f"network {{ layer {word}: 1 step unit }}"):
            assert "E111" in check_text(text).codes


def test_wording() -> None:
    for diagnostic in examples_diagnostics():
        message = diagnostic.message
        assert message[0] in '`"' or not message[0].isupper() or message.startswith("U+"), message
        assert not message.endswith("."), message
        assert "illegal" not in message
        assert message.count("`") % 2 == 0, message


def test_every_primary_span_lies_in_its_source() -> None:
    for diagnostic in examples_diagnostics():
        for label in (diagnostic.primary, *diagnostic.secondary):
            assert label is not None
            assert 0 <= label.span.start <= label.span.end <= len(label.span.source.text)
