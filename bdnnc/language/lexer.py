"""Text to tokens, by the grammar's terminals. What isn't a token becomes a diagnostic, and reading goes on behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from bdnnc.diagnostics import Diagnostic, Label, Source, Span
from bdnnc.language.grammar import Tables

END = "$END"


class Token(NamedTuple):
    """``type`` is the terminal; a keyword has its own, which the parser may take for a NAME. ``first``: first on its line."""

    type: str
    text: str
    start: int
    end: int
    first: bool


# Texts that many would write. Each is read as the token that was meant, so that one slip gives one error.
MALFORMED = re.compile(
    r"""(?P<bare_point>(?<![\w.])\.[0-9]+(?:[eE][+-]?[0-9]+)?(?![\w.]))
      | (?P<end_point>[0-9]+\.(?![.0-9])(?:[eE][+-]?[0-9]+(?!\w))?)
      | (?P<glued>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[A-Za-z_]\w*)
      | (?P<open_string>"(?:\\["\\]|[^"\\\n])*(?=\n|\Z))
      | (?P<bad_escape>"(?:\\[^\n]|[^"\\\n])*")
      | (?P<single_quoted>'[^'\n]*')
      | (?P<comparison>≤|≥|<|>|!=|≠)
      | (?P<minus>[\u2212\u2013\u2014])
      | (?P<word>[^\W\d]\w*)
    """,
    re.VERBOSE,
)

KNOWN = re.compile(r"""[A-Za-z0-9_ \t\r\n"{}()#\[\]]""")


@lru_cache(maxsize=1)
def _pattern(tables: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{regexp})" for name, regexp in tables))


def tokenize(source: Source, tables: Tables, begin: int = 0) -> tuple[list[Token], list[Diagnostic]]:
    """All tokens of the text from ``begin`` on, the last of type ``$END``, and what is wrong with the rest (E102 to E104)."""
    diagnostics: list[Diagnostic] = []
    tokens = list(_tokens(source, tables, diagnostics, begin))
    return tokens, diagnostics


def _tokens(source: Source, tables: Tables, diagnostics: list[Diagnostic], begin: int) -> Iterator[Token]:
    text, position, first = source.text, begin, True
    if begin == 0 and text.startswith("\ufeff"):
        position = 1
    match_at = _pattern(tables.terminals).match
    while position < len(text):
        matched = match_at(text, position)
        if matched is None or _is_cut_short(matched):
            kind, end, diagnostic = _malformed(source, position)
            diagnostics.append(diagnostic)
            if kind is not None:
                yield Token(kind, text[position:end], position, end, first)
                first = False
            position = end
            continue
        kind, end = str(matched.lastgroup), matched.end()
        piece = matched[0]
        if kind in tables.ignored:
            first = first or "\n" in piece
        else:
            yield Token(tables.keywords.get(piece, kind) if kind == "NAME" else kind, piece, position, end, first)
            first = False
        position = end
    yield Token(END, "", len(text), len(text), True)


def _is_cut_short(matched: re.Match[str]) -> bool:
    """Whether the match is only a part of something malformed: `.5`, `1.`, `1.5x`, a name with a letter beyond ASCII."""
    text, end = matched.string, matched.end()
    if matched.lastgroup == "NUMBER":
        suspect = text.startswith(".", end) and not text.startswith("..", end)
    elif matched.lastgroup == "NAME":
        suspect = text[end : end + 1].isalnum()
    else:
        suspect = matched[0] == "." and text[end : end + 1].isdigit()
    return suspect and MALFORMED.match(text, matched.start()) is not None


def _malformed(source: Source, position: int) -> tuple[str | None, int, Diagnostic]:
    """The token that was probably meant (None: none), where it ends, and what to say."""
    found = MALFORMED.match(source.text, position)
    if found is None:
        return _unknown_character(source, position)
    text, end = found[0], found.end()
    span = Span(source, position, end)
    match found.lastgroup:
        case "bare_point":
            return "NUMBER", end, _number(span, "a number begins with a digit", f"write `0{text}`")
        case "end_point":
            fixed = text.replace(".", ".0") if len(text) > text.index(".") + 1 else text[:-1]
            return "NUMBER", end, _number(span, "a number doesn't end with a point", f"write `{fixed}`")
        case "glued":
            digits = re.match(r"[0-9.]+(?:[eE][+-]?[0-9]+)?(?!\w)|[0-9.]+", text)
            number = digits[0] if digits else text
            help_text = f"put a blank between `{number}` and `{text[len(number) :]}`"
            return "NUMBER", end, _number(span, f"`{text}` is neither a number nor a name", help_text)
        case "open_string":
            message = "string without closing quote"
            shown = Span(source, position, position + len(text.rstrip()))
            return "STRING", end, Diagnostic("E103", message, Label(shown), help='end it with `"` on the same line')
        case "bad_escape":
            message = 'a backslash in a string stands before `"` or `\\` only'
            return "STRING", end, Diagnostic("E103", message, Label(span), help="write `\\\\` for one backslash")
        case "single_quoted":
            fixed = '"' + text[1:-1] + '"'
            return "STRING", end, Diagnostic("E103", "strings have double quotes", Label(span), help=f"write `{fixed}`")
        case "comparison":
            fixed = ">=" if text in "≥>" else "<="
            message = f"`{text}` is not a comparison"
            help_text = None if text in ("!=", "≠") else f"write `{fixed}`"
            return "COMPARISON", end, Diagnostic("E102", message, Label(span), help=help_text)
        case "minus":
            return "MINUS", end, Diagnostic("E102", f"`{text}` is not a minus sign", Label(span), help="write `-`")
        case _:
            message = f"`{text}` is not a name"
            help_text = "names consist of the letters a to z and A to Z, digits and `_`"
            return "NAME", end, Diagnostic("E102", message, Label(span), help=help_text)


def _number(span: Span, message: str, help_text: str) -> Diagnostic:
    return Diagnostic("E104", message, Label(span), help=help_text)


def _unknown_character(source: Source, position: int) -> tuple[None, int, Diagnostic]:
    """One diagnostic for a run of characters that no token begins with."""
    found = KNOWN.search(source.text, position + 1)
    end = found.start() if found else len(source.text)
    character = source.text[position]
    shown = f"`{character}`" if character.isprintable() else f"U+{ord(character):04X}"
    helps = {";": "statements need no separator", "%": "a comment begins with `#`", "&": "write one constraint a line"}
    help_text = helps.get(character)
    return None, end, Diagnostic("E102", f"unexpected character {shown}", Label(Span(source, position, end)), help=help_text)
