"""Renderers, on hand-made diagnostics."""

from __future__ import annotations

import pytest

from bdnnc.diagnostics import Diagnostic, Label, Source, Span, render_concise, render_full, to_lsp
from bdnnc.diagnostics.catalogue import CATALOGUE
from bdnnc.diagnostics.positions import displayed, line_and_column
from bdnnc.diagnostics.suggest import did_you_mean, nearest

CANCER = Source(
    "cancer.bdnn",
    "\n" * 7 + '  from sklearn("breast_cancer")\n' + "\n" * 5 + "  layer output: 3 step units\n",
)


def span(source: Source, text: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def test_the_example_of_the_language_page() -> None:
    found = Diagnostic(
        "E203",
        "layer `output` has 3 units, but the data has 2 classes",
        Label(span(CANCER, "3"), "declared here"),
        (Label(span(CANCER, 'sklearn("breast_cancer")'), "classes counted here: malignant, benign"),),
        help="write `classes` instead of a number to follow the data",
    )
    expected = """\
error[E203]: layer `output` has 3 units, but the data has 2 classes
  --> cancer.bdnn:14:17
   |
 8 |   from sklearn("breast_cancer")
   |        ------------------------ classes counted here: malignant, benign
...
14 |   layer output: 3 step units
   |                 ^ declared here
   |
   = help: write `classes` instead of a number to follow the data
"""
    assert render_full([found]) == expected
    assert render_concise([found]) == "cancer.bdnn:14:17: error[E203]: layer `output` has 3 units, but the data has 2 classes\n"


def test_without_a_place() -> None:
    found = Diagnostic("E612", "the disk is full", notes=("two\nlines",), help="make room")
    assert render_full([found]) == "error[E612]: the disk is full\n  = note: two\n    lines\n  = help: make room\n"
    assert render_concise([found]) == "error[E612]: the disk is full\n"
    assert to_lsp([found])[0]["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


def test_warnings_and_several_diagnostics() -> None:
    source = Source("a.bdnn", "param a = 1\n")
    found = Diagnostic("W101", "never used", Label(span(source, "a", 2)))
    text = render_full([found, found])
    assert text.startswith("warning[W101]: never used\n --> a.bdnn:1:7\n")
    assert text.count("\n\nwarning[W101]") == 1
    assert render_full([]) == ""


def test_tabs_and_wide_characters_keep_the_marks_in_place() -> None:
    source = Source("a.bdnn", "\tfrom \u6570\u636e e\u0301 here\r\n")
    lines = render_full([Diagnostic("E101", "m", Label(span(source, "here")))]).splitlines()
    assert lines[3] == "1 |     from \u6570\u636e e\u0301 here"
    # four columns for the tab, two for each wide character, none for the accent
    assert lines[4] == "  |" + " " * (1 + 4 + len("from ") + 4 + 1 + 1 + 1) + "^^^^"


def test_control_characters_are_not_sent_to_the_terminal() -> None:
    shown, columns = displayed("a\x1b[31mb")
    assert "\x1b" not in shown
    assert columns == [0, 1, 2, 3, 4, 5, 6, 7]


def test_long_lines_are_cut_around_the_mark() -> None:
    source = Source("a.bdnn", "x" * 1000 + "here" + "y" * 1000)
    lines = render_full([Diagnostic("E101", "m", Label(span(source, "here")))]).splitlines()
    assert max(map(len, lines)) < 160
    shown, marks = lines[3], lines[4]
    assert shown[marks.index("^") : marks.index("^") + 4] == "here"
    assert shown.startswith("1 | \u2026")
    assert shown.endswith("\u2026")


def test_spans_of_several_lines() -> None:
    source = Source("a.bdnn", "one {\n  two\n  three\n  four\n  five }\nsix\n")
    whole = Span(source, 4, source.text.index("}") + 1)
    lines = render_full([Diagnostic("E101", "m", Label(whole, "all of it"))]).splitlines()
    assert lines[3:] == ["1 | one {", "  |     ^ from here", "...", "5 |   five }", "  |   ^^^^^^ all of it"]


def test_a_line_between_two_is_shown_rather_than_dots() -> None:
    source = Source("a.bdnn", "one\ntwo\nthree\n")
    found = Diagnostic("E101", "m", Label(span(source, "one")), (Label(span(source, "three"), "other"),))
    assert render_full([found]).splitlines()[3:] == ["1 | one", "  | ^^^", "2 | two", "3 | three", "  | ----- other"]


def test_two_sources() -> None:
    first, second = Source("a.bdnn", "one\n"), Source("-D width", "two")
    found = Diagnostic("E101", "m", Label(span(first, "one")), (Label(span(second, "two"), "other"),))
    assert render_full([found]).splitlines()[3:] == [
        "1 | one",
        "  | ^^^",
        "  |",
        " ::: -D width:1:1",
        "  |",
        "1 | two",
        "  | --- other",
    ]


@pytest.mark.parametrize("text", ["", "a", "a\n", "\n\n"])
def test_a_span_at_the_very_end_is_shown(text: str) -> None:
    source = Source("a.bdnn", text)
    rendered = render_full([Diagnostic("E101", "m", Label(Span(source, len(text), len(text))))])
    assert "^" in rendered


def test_color() -> None:
    source = Source("a.bdnn", "one\n")
    found = Diagnostic("E101", "m", Label(span(source, "one"), "x"))
    colored = render_full([found], color=True)
    assert "\033[31m" in colored
    stripped = colored
    for code in ("\033[1m", "\033[31m", "\033[33m", "\033[34m", "\033[0m"):
        stripped = stripped.replace(code, "")
    assert stripped == render_full([found])


def test_lsp_counts_utf16_units() -> None:
    source = Source("a.bdnn", "\n\U0001d54f \u00e9 here\n")
    (found,) = to_lsp(
        [Diagnostic("W301", "m", Label(span(source, "here")), (Label(span(source, "\u00e9"), "other"),), ("n",), "h")]
    )
    assert found["range"] == {"start": {"line": 1, "character": 5}, "end": {"line": 1, "character": 9}}
    assert (found["severity"], found["code"], found["source"], found["message"]) == (2, "W301", "bdnnc", "m")
    assert found["data"] == {"notes": ["n"], "help": "h"}
    (related,) = found["relatedInformation"]
    assert related["location"]["range"]["start"] == {"line": 1, "character": 3}
    assert related["message"] == "other"


def test_positions() -> None:
    source = Source("a", "ab\r\ncd")
    assert [line_and_column(source, offset) for offset in (0, 2, 4, 6)] == [(1, 1), (1, 3), (2, 1), (2, 3)]
    assert line_and_column(source, 3) == (1, 3)


def test_suggestions() -> None:
    assert nearest("widht", ["height", "width"]) == "width"
    assert nearest("WIDTH", ["width"]) == "width"
    assert nearest("xyz", ["width"]) is None
    assert did_you_mean("widht", ["width"]) == "did you mean `width`?"
    assert did_you_mean("q", []) is None


def test_the_catalogue_is_sorted_and_titled() -> None:
    assert list(CATALOGUE) == sorted(CATALOGUE)
    for code, title in CATALOGUE.items():
        assert code[0] in "EW"
        assert code[1:].isdigit()
        assert title
        assert not title.endswith(".")
