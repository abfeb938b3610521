"""A pass is shown by two texts: it makes ``NAME.after.txt`` of ``NAME.before.txt``.

A second pair of the same pass is called ``NAME.CASE.before.txt``. Write the first text by hand, in the form that
``bdnnc compile SPEC --emit program`` prints; ``pytest --bless`` writes the second, to be looked at before it is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bdnnc.formulation.passes import PASSES
from bdnnc.ir.program_parse import parse_program
from bdnnc.ir.program_text import program_text
from bdnnc.ir.verify import verify

HERE = Path(__file__).parent
BEFORE = sorted(HERE.glob("*.before.txt"))


@pytest.mark.parametrize("before", BEFORE, ids=lambda path: path.name.removesuffix(".before.txt"))
def test_a_pass_makes_the_second_text_of_the_first(before: Path, golden: Callable[[str, Path], None]) -> None:
    passes = {item.name: item for item in PASSES}
    program = parse_program(before.read_text(encoding="utf-8"), before.name)
    verify(program)
    after = passes[before.name.split(".")[0]].run(program)
    verify(after)
    golden(program_text(after), before.with_name(before.name.replace(".before.", ".after.")))


def test_every_pass_is_shown_and_does_something() -> None:
    shown = {path.name.split(".")[0] for path in BEFORE}
    assert shown == {item.name for item in PASSES}
    assert {path.name for path in HERE.glob("*.after.txt")} == {path.name.replace(".before.", ".after.") for path in BEFORE}


@pytest.mark.parametrize("before", BEFORE, ids=lambda path: path.name.removesuffix(".before.txt"))
def test_a_pass_run_twice_finds_nothing_more(before: Path) -> None:
    item = {item.name: item for item in PASSES}[before.name.split(".")[0]]
    once = item.run(parse_program(before.read_text(encoding="utf-8")))
    assert program_text(item.run(once)) == program_text(once)
