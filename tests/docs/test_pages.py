"""Every page of the documentation, read from top to bottom in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, Reader, blocks_of

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
INSTALLATION = 2
"""The README's first blocks install the package and run this suite: CI runs them, not a test."""


def runnable(page: Path) -> list[Block]:
    blocks = list(blocks_of(page))
    return blocks[INSTALLATION:] if page.name == "README.md" else blocks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_the_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    reader = Reader.at(tmp_path)
    for block in runnable(page):
        reader.read(block)


def test_the_readme_opens_with_two_command_lines() -> None:
    first, second = list(blocks_of(ROOT / "README.md"))[:2]
    assert first.language == second.language == "sh"
    assert first.text.count("\n") == second.text.count("\n") == 1
    assert "bdnnc train examples/" in first.text
    assert "pytest" in second.text


def test_ci_takes_its_command_from_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in script
    assert "pytest" not in script


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
