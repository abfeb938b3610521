"""The reference pages leave nothing out: every keyword, option, pass, verb and flag is spoken of where a reader would look."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from bdnnc.cli.main import VERBS, app
from bdnnc.formulation.passes import PASSES
from bdnnc.language.train_checks import COMMON, OWN
from bdnnc.language.words import QUANTITY_WORDS
from bdnnc.network.document import STATUSES

ROOT = Path(__file__).resolve().parents[2]
SELF_EVIDENT = {"--help", "--version"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def keywords() -> set[str]:
    grammar = (ROOT / "grammar" / "bdnn.lark").read_text(encoding="utf-8")
    return set(re.findall(r"^[A-Z_]+\.2: /([a-z_]+)\(\?!", grammar, re.MULTILINE))


def flags() -> list[tuple[str, str]]:
    command: Any = typer.main.get_command(app)
    return [
        (verb, flag)
        for verb in VERBS
        for option in command.commands[verb].params
        for flag in option.opts
        if flag.startswith("--")
    ]


def test_the_language_page_knows_every_keyword() -> None:
    assert len(keywords()) > 60
    assert keywords() - words(page("language.md")) == set()


def test_the_language_page_knows_every_quantity_and_option() -> None:
    options = {*COMMON, *OWN["exact"], *OWN}
    assert (QUANTITY_WORDS | options) - words(page("language.md")) == set()


def test_the_formulations_page_knows_every_pass_and_status() -> None:
    text = page("formulations.md")
    assert [item.name for item in PASSES if f"| `{item.name}` |" not in text] == []
    assert [status for status in STATUSES if f"| `{status}` |" not in text] == []


@pytest.mark.parametrize("verb", VERBS)
def test_the_command_page_knows_every_verb(verb: str) -> None:
    assert re.search(rf"^## .*\b{verb}\b", page("cli.md"), re.MULTILINE)


def test_the_contributing_page_names_files_that_are_there() -> None:
    """Those named in full, and those named after the room that the page speaks of."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[\w.]+/)*\w+\.py)`", text)) - {"bdnnc/formulation/passes/NAME.py"}
    kept = {path.relative_to(ROOT).as_posix() for room in ("bdnnc", "tests") for path in (ROOT / room).rglob("*.py")}
    assert len(named) > 20
    assert [name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in kept)] == []


def test_the_command_page_knows_every_flag() -> None:
    text = page("cli.md")
    assert [(verb, flag) for verb, flag in flags() if flag not in SELF_EVIDENT and flag not in text] == []
