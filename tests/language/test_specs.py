"""The specs that come with the design, where they are at hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bdnnc.diagnostics import Source
from bdnnc.language import parse, tree_text
from tests.conftest import ROOT
from tests.language.support import check_text, mistakes

DATA = Path(os.environ.get("BDNNC_SHARED_DATA", ROOT.parent / "shared" / "data"))
SPECS = sorted((DATA.parent / "design" / "specs").glob("*.bdnn"))

pytestmark = pytest.mark.skipif(not SPECS, reason="the design's specs are not here")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_spec_parses(path: Path) -> None:
    tree, found = parse(Source(path.name, path.read_text()))
    assert found == []
    assert tree is not None


@pytest.mark.parametrize("number", ["01", "02", "09"])
def test_spec_checks(number: str) -> None:
    path = next(path for path in SPECS if path.name.startswith(number))
    classes = ("a", "b", "c") if number == "01" else ("a", "b")
    checked = check_text(path.read_text(), path.name, classes=classes)
    assert checked.diagnostics == []
    assert checked.data is not None
    assert checked.model is not None


def test_other_specs_say_only_what_is_not_supported() -> None:
    for path in SPECS:
        checked = check_text(path.read_text(), path.name)
        assert set(checked.codes) <= {"E390"}, path.name


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_deleted_blank_is_an_error_or_changes_nothing(path: Path) -> None:
    bare = re.sub(r"(\s|^)#[^\n]*", "", path.read_text())
    whole, _ = parse(Source("t", bare))
    assert whole is not None
    for gap in re.finditer(r"(?<=\w)[ \n]+(?=\w)", bare):
        glued = bare[: gap.start()] + bare[gap.end() :]
        tree, _ = parse(Source("t", glued))
        assert tree is None or tree_text(tree) == tree_text(whole) or mistakes(glued)
