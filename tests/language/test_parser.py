"""Texts of any kind and size: a tree or diagnostics, never an exception."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import Source, UserError, render_concise, render_full, to_lsp
from bdnnc.language import parse, read_source, tree_text
from bdnnc.language.grammar import tables
from bdnnc.language.parser import MAX_ERRORS
from bdnnc.language.starter import starter
from tests.language.support import BAD, GOOD, Checked, check_text

SYMBOLS = [*"{}[](),:.=+-*/", "..", "<=", "==", "\n"]
WORDS = [*tables().keywords, *SYMBOLS, "a", "hidden", "0", "1", "2.5", "1e9", '"s"', ".5", "1.", '"']
EXAMPLES = [path.read_bytes().decode() for path in (*GOOD, *BAD)] + [starter("first")]


def examine(text: str) -> Checked:
    """Checks, renders in all ways, and looks at the invariants."""
    checked = check_text(text, classes=("a", "b"))
    assert (checked.tree is None) <= bool(checked.diagnostics)
    assert len(render_concise(checked.diagnostics).splitlines()) >= len(checked.diagnostics)
    assert len(to_lsp(checked.diagnostics)) == len(checked.diagnostics)
    render_full(checked.diagnostics, color=True)
    is_right = not any(diagnostic.is_error for diagnostic in checked.diagnostics)
    assert is_right == (checked.tree is not None and checked.model is not None and checked.data is not None)
    return checked


@given(st.lists(st.sampled_from(WORDS), max_size=60))
@settings(max_examples=150, deadline=None)
def test_token_soup(words: list[str]) -> None:
    examine(" ".join(words))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_mutated_examples(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXAMPLES))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        middle = data.draw(st.sampled_from([*WORDS, "", " "]) | st.text(max_size=3))
        text = text[:start] + middle + text[end:]
    examine(text)


@given(st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_any_text(text: str) -> None:
    examine(text)


@pytest.mark.parametrize("unit", ["(", "-", "1+(", "- (", "max(", "min(1, "])
def test_deep_nesting_is_a_diagnostic(unit: str) -> None:
    checked = examine("param a = " + unit * 20_000 + "1")
    assert checked.codes == ["E106"]


def test_deep_brackets_elsewhere_are_diagnostics() -> None:
    for text in ("{" * 20_000, "data {" * 5_000, "param a = [" * 5_000, "}" * 20_000):
        assert examine(text).diagnostics


def test_nesting_that_people_write_is_accepted() -> None:
    text = "param a = " + "(" * 100 + "1" + ")" * 100
    assert check_text(text).tree is not None


@pytest.mark.parametrize(("unit", "count"), [("-", 150), ("max(", 60), ("1-(", 30), ("1*-", 60), ("-(", 60)])
def test_deep_trees_are_evaluated_and_printed(unit: str, count: int) -> None:
    value = unit * count + "1" + ")" * count * unit.count("(")
    checked = check_text(f"param a = {value}\nnetwork {{ layer o: 1 step unit }}\nminimize hamming + {value} + {value}*a")
    assert checked.tree is not None
    assert checked.codes == ["E120"]  # no data block, nothing else
    assert len(tree_text(checked.tree).splitlines()) > count


def test_long_sums_and_products_are_one_node() -> None:
    begin = time.perf_counter()
    checked = check_text("param a = " + "+".join(["1"] * 20_000) + "\nparam b = a " + "*1" * 20_000)
    assert checked.tree is not None
    assert time.perf_counter() - begin < 20


def test_long_chains_of_params_are_no_recursion() -> None:
    lines = [f"param p{i} = p{i + 1} + 1" for i in range(3_000)]
    checked = check_text("\n".join([*lines, "param p3000 = 0", "minimize p0 * hamming", "network { layer o: 2 step units }"]))
    assert "E113" not in checked.codes
    assert checked.codes.count("E120") == 1  # no data block, nothing else
    looped = check_text("\n".join([*lines, "param p3000 = p0"]))
    assert looped.codes.count("E113") == 1


def test_many_errors_are_cut_off() -> None:
    checked = check_text("data {\n" + "take 5 5\n" * 500 + "}")
    assert 1 < len(checked.diagnostics) <= MAX_ERRORS


def test_errors_in_several_blocks_are_all_shown() -> None:
    text = "data {\n  from 3\n  take 5 5\n}\nnetwork {\n  layer a 3 step units\n}\nminimize\n"
    lines = [int(line.split(":")[1]) for line in render_concise(check_text(text).diagnostics).splitlines()]
    assert lines == [2, 3, 6, 8]


# --- files ----------------------------------------------------------------------------------------------------------


def code_of(path: Path) -> tuple[str, str]:
    with pytest.raises(UserError) as caught:
        read_source(path)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code, diagnostic.message


def test_a_brace_behind_an_error_closes_its_block() -> None:
    for head in ("robust static", "robust static soft", "robust adaptive", "train exact", "data", "network", "subject to"):
        checked = check_text(f"minimize hamming\n{head} {{\n  inputs [0, 4] withinlinf(1)\n}}\nminimise errors\n")
        assert checked.codes[-1] == "E101"
        assert len(checked.codes) >= 2
    assert "E105" not in check_text("robust static soft { }").codes


def test_reading_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.bdnn"
    path.write_bytes(b"minimize hamming\r\n# \xc3\xa9")
    assert read_source(path) == Source(str(path), "minimize hamming\r\n# \u00e9")


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.bdnn"
    path.write_bytes(b"\xef\xbb\xbfparam a = 1")
    tree, found = parse(read_source(path))
    assert tree is not None
    assert not found


def test_files_that_are_no_text(tmp_path: Path) -> None:
    latin, binary, other = tmp_path / "latin.bdnn", tmp_path / "binary.bdnn", tmp_path / "a.txt"
    latin.write_bytes("# \u00e9".encode("latin-1"))
    binary.write_bytes(b"ab\0cd")
    other.write_text("x")
    assert code_of(latin) == ("E107", f"`{latin}` is not UTF-8: byte 0xe9 at offset 2")
    assert code_of(binary) == ("E108", f"`{binary}` is not text: NUL byte at offset 2")
    assert code_of(other)[0] == "E603"
    assert code_of(tmp_path / "none.bdnn")[0] == "E601"
    assert code_of(tmp_path)[0] == "E602"
