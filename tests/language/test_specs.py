"""The specs that come with the design, where they are at hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bdnnc.diagnostics import Source
from bdnnc.language import parse, tree_text
from bdnnc.language.spec import Conflicts
from bdnnc.language.spec_text import spec_text
from tests.conftest import ROOT
from tests.language.support import Data, check_text, mistakes

DATA = Path(os.environ.get("BDNNC_SHARED_DATA", ROOT.parent / "shared" / "data"))
SPECS = sorted((DATA.parent / "design" / "specs").glob("*.bdnn"))

pytestmark = pytest.mark.skipif(not SPECS, reason="the design's specs are not here")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_spec_parses(path: Path) -> None:
    tree, found = parse(Source(path.name, path.read_text()))
    assert found == []
    assert tree is not None


FACTS: dict[str, tuple[tuple[str, ...] | None, Data]] = {
    "01": (("a", "b", "c"), Data(30)),
    "02": (("2", "4"), Data(80)),
    "03": (("a", "b", "c"), Data(40, tuple(f"x{i}" for i in range(13)), tuple(f"x{i}" for i in range(14)))),
    "06": (("3", "8"), Data(20)),
    "08": (None, Data(30, ("age", "sex", "bmi", "bp", "s1"), ("age", "sex", "bmi", "bp", "s1", "target"))),
    "09": (("1", "2"), Data(306, ("x0", "x1", "x2"), ("x0", "x1", "x2", "x3"))),
    "12": (("0", "1"), Data(80, tuple(f"x{i}" for i in range(5)), tuple(f"x{i}" for i in range(6)), Conflicts(13, (1, 2)))),
}
"""Classes and data of the specs that need nothing of later versions."""


@pytest.mark.parametrize("number", FACTS)
def test_spec_checks(number: str) -> None:
    path = next(path for path in SPECS if path.name.startswith(number))
    classes, facts = FACTS[number]
    checked = check_text(path.read_text(), path.name, classes=classes, facts=facts)
    assert checked.diagnostics == []
    assert checked.data is not None
    assert checked.model is not None
    assert spec_text(checked.data, checked.model)


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
