"""The grammar itself, the words at its edges, and the stored tables."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bdnnc.diagnostics import Source
from bdnnc.language import parse, tree_text
from bdnnc.language.build import BUILDERS
from bdnnc.language.grammar import TABLES_NAME, build_lark, build_tables, grammar_text, tables
from bdnnc.language.lexer import tokenize
from bdnnc.language.starter import starter
from tests.language.support import GOOD, mistakes

TEXTS = {path.stem: path.read_bytes().decode() for path in GOOD} | {"starter": starter("first")}


def test_lark_finds_no_conflict_and_no_colliding_terminals() -> None:
    build_lark(grammar_text(), strict=True)


def test_stored_tables_belong_to_the_grammar() -> None:
    stored = (Path(__file__).parents[2] / "bdnnc" / "language" / TABLES_NAME).read_text()
    assert tables().digest in stored, "run python -m bdnnc.language.grammar"


def test_tables_built_anew_say_the_same() -> None:
    built = build_tables(grammar_text())
    assert [tuple(rule) for rule in built["rules"]] == [(rule.origin, rule.name, rule.size) for rule in tables().rules]
    assert built["states"] == list(tables().states)
    assert built["starts"] == {name: list(ends) for name, ends in tables().starts.items()}
    assert built["keywords"] == tables().keywords
    assert [tuple(terminal) for terminal in built["terminals"]] == list(tables().terminals)


def test_no_state_leads_to_state_0() -> None:
    """Its number could not be told from that of a rule."""
    assert all(action != 0 for state in tables().states for action in state.values())
    assert tables().starts["file"][0] == 0
    assert sorted(tables().starts) == ["clauses", "file", "swept", "value"]


def test_an_installed_package_brings_its_grammar(tmp_path: Path) -> None:
    """As in a wheel: the grammar lies inside the package and there is no checkout around it."""
    root = Path(__file__).parents[2]
    for room in ("language", "diagnostics"):
        shutil.copytree(root / "bdnnc" / room, tmp_path / "bdnnc" / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "exact.py"):
        shutil.copy(root / "bdnnc" / name, tmp_path / "bdnnc" / name)
    (tmp_path / "bdnnc" / "grammar").mkdir()
    shutil.copy(root / "grammar" / "bdnn.lark", tmp_path / "bdnnc" / "grammar")
    code = "from bdnnc.language.grammar import *; tables(); print(grammar_text())"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=tmp_path, env=environment, check=True)
    assert done.stdout.decode().strip() == grammar_text().strip()


def test_every_rule_has_a_builder() -> None:
    named = {rule.name for rule in tables().rules if not rule.name.startswith("_")}
    assert named == set(BUILDERS)


def test_every_keyword_ends_at_a_word_boundary() -> None:
    lark = build_lark(grammar_text())
    keywords = [terminal for terminal in lark.terminals if terminal.priority > 0]
    assert len(keywords) == len(tables().keywords)
    for terminal in keywords:
        assert terminal.pattern.value.endswith("(?![A-Za-z0-9_])")


def tree_of(text: str) -> str | None:
    tree, found = parse(Source("t", text))
    assert (tree is None) == bool(found)
    return None if tree is None else tree_text(tree)


@pytest.mark.parametrize("name", TEXTS)
def test_a_deleted_blank_between_words_is_an_error_or_changes_nothing(name: str) -> None:
    text = TEXTS[name]
    bare = "\n".join(re.sub(r"(\s|^)#.*", "", line) for line in text.split("\n"))
    whole = tree_of(bare)
    assert whole == tree_of(text)
    gaps = [match.span() for match in re.finditer(r"(?<=\w)[ \n]+(?=\w)", bare)]
    assert gaps
    for start, end in gaps:
        glued = bare[:start] + bare[end:]
        assert tree_of(glued) in (None, whole) or mistakes(glued)


@pytest.mark.parametrize("name", TEXTS)
def test_line_breaks_mean_nothing(name: str) -> None:
    text = TEXTS[name]
    bare = re.sub(r"(\s|^)#[^\n]*", "", text)
    assert tree_of(re.sub(r"\s+", " ", bare)) == tree_of(text)
    assert tree_of(re.sub(r"[ \n]+", "\r\n", bare)) == tree_of(text)


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("0..8", ["NUMBER", "RANGE", "NUMBER"]),
        ("-3..3", ["MINUS", "NUMBER", "RANGE", "NUMBER"]),
        ("0.5..2.5", ["NUMBER", "RANGE", "NUMBER"]),
        ("1e-3", ["NUMBER"]),
        ("2E+5*x", ["NUMBER", "STAR", "NAME"]),
        ("take takes", ["TAKE", "NAME"]),
        ("a.weights", ["NAME", "DOT", "WEIGHTS"]),
        ("<=>===", ["COMPARISON", "COMPARISON", "COMPARISON"]),
        ('"a \\" b"', ["STRING"]),
        ("x # \u201cany text\u201d", ["NAME"]),
    ],
)
def test_lexing(text: str, types: list[str]) -> None:
    tokens, found = tokenize(Source("t", text), tables())
    assert not found
    assert [token.type for token in tokens] == [*types, "$END"]


@pytest.mark.parametrize(("written", "value"), [('"a"', "a"), ('"a\\"b"', 'a"b'), ('"a\\\\b"', "a\\b"), ('"\\\\\\""', '\\"')])
def test_escapes(written: str, value: str) -> None:
    tree, found = parse(Source("t", f"param a = {written}"))
    assert not found
    assert tree is not None
    assert getattr(tree.statements[0], "value").value == value  # noqa: B009
