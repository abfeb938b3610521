"""What to say where the parser finds a token that doesn't fit: one function a situation, the first that applies speaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bdnnc.diagnostics import Diagnostic, Label, Source, Span
from bdnnc.diagnostics.suggest import did_you_mean
from bdnnc.language.lexer import END, Token
from bdnnc.language.syntax_statements import STATEMENT_SITUATIONS

OPENING = {"LBRACE": "{", "LSQB": "[", "LPAR": "("}
CLOSING_TYPE = {"LBRACE": "RBRACE", "LSQB": "RSQB", "LPAR": "RPAR"}
CLOSING = {"LBRACE": "}", "LSQB": "]", "LPAR": ")"}
SYMBOLS = OPENING | {
    "RBRACE": "}",
    "RSQB": "]",
    "RPAR": ")",
    "COMMA": ",",
    "COLON": ":",
    "DOT": ".",
    "RANGE": "..",
    "EQUAL": "=",
    "PLUS": "+",
    "MINUS": "-",
    "STAR": "*",
    "SLASH": "/",
}
MOST_WORDS = 9
PHRASES = {"NAME": "a name", "NUMBER": "a number", "STRING": "a string", "COMPARISON": "`<=`, `>=` or `==`", END: "the end"}
NOT_KEYWORDS = frozenset(SYMBOLS) | frozenset(PHRASES)
EXPRESSION = frozenset({"NAME", "NUMBER", "LPAR", "MINUS"})
CONTINUATION = frozenset({"PLUS", "MINUS", "STAR", "SLASH", "LPAR", "LSQB", "DOT", "OF", "WEIGHTED"})
TOP = frozenset({"PARAM", "DATA", "NETWORK", "TRAIN"})
BLOCKS = frozenset({"PARAM", "DATA", "NETWORK", "MINIMIZE", "MAXIMIZE", "SUBJECT", "ROBUST", "TRAIN"})
CLAUSES = (
    frozenset({"FROM", "TARGET", "FEATURES", "ENCODE", "SCALE", "TAKE", "KEEP", "HOLD", "MISSING"}),
    frozenset({"WEIGHTS", "BIAS", "MARGIN", "MASK", "POWERS", "LAYER"}),
)
"""What may follow a finished clause of the data block, and of a layer."""

MINOR = frozenset({"IN", "TO", "SHARED", "STRATIFIED", "BY", "FOR", "SOFT", "RAW", "UNIT", "UNITS"})
"""Keywords that say nothing of the construct that they stand in."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """``token`` doesn't fit; ``expected`` terminals would. ``stack``: the tokens not yet reduced."""

    source: Source
    token: Token
    previous: Token | None
    expected: frozenset[str]
    stack: tuple[Token, ...]

    def span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    @property
    def here(self) -> Span:
        """The offending token; at the end of the text, the last token."""
        return self.span(self.previous if self.token.type == END and self.previous else self.token)

    @property
    def keyword(self) -> Token | None:
        """The innermost keyword whose construct is not finished."""
        return next((token for token in reversed(self.stack) if token.type not in NOT_KEYWORDS | MINOR), None)

    @property
    def bracket(self) -> Token | None:
        """The innermost bracket that is open."""
        opened: list[Token] = []
        for token in self.stack:  # a finished construct may not be reduced yet, so brackets are matched
            if token.type in OPENING:
                opened.append(token)
            elif token.type in CLOSING_TYPE.values() and opened:
                opened.pop()
        return opened[-1] if opened else None

    @property
    def within(self) -> str:
        return self.keyword.type if self.keyword else ""

    def words(self) -> list[str]:
        """The keywords that would fit."""
        return sorted(symbol.lower() for symbol in self.expected - NOT_KEYWORDS)

    def says(self, code: str, message: str, help: str | None = None, *secondary: Label) -> Diagnostic:
        return Diagnostic(code, message, Label(self.here), secondary, help=help)


def explain(trouble: Trouble) -> Diagnostic:
    """The diagnostic for a token that doesn't fit."""
    for situation in SITUATIONS:
        found = situation(trouble)
        if found is not None:
            return found
    return _general(trouble)


def _end_of_text(t: Trouble) -> Diagnostic | None:
    if t.token.type != END:
        return None
    bracket = t.bracket
    if bracket is None:
        if t.previous is None:
            return Diagnostic("E105", "there is no text", help=_help(t))
        where = f"in the middle of `{t.keyword.text}`" if t.keyword else f"behind `{t.previous.text}`"
        return t.says("E105", f"the text ends {where}", _help(t))
    opened = Label(t.span(bracket), "opened here")
    return Diagnostic("E105", f"`{bracket.text}` is never closed", opened, help=f"add `{CLOSING[bracket.type]}`")


def _chained(t: Trouble) -> Diagnostic | None:
    if t.token.type != "COMPARISON" or "SUBJECT" not in {token.type for token in t.stack}:
        return None
    first = next((token for token in reversed(t.stack) if token.type == "COMPARISON"), None)
    if first is None:
        return None
    note = (
        "a constraint cannot begin with `-` or `(`, because that would continue the one before: "
        "begin it with `0 - ` or move the term to the other side"
    )
    secondary = (Label(t.span(first), "first comparison"),)
    help_text = "write two constraints with one comparison each"
    return Diagnostic("E123", "a constraint has exactly one comparison", Label(t.here), secondary, (note,), help_text)


def _stray_comparison(t: Trouble) -> Diagnostic | None:
    if t.token.type != "COMPARISON":
        return None
    if t.token.text == "==" and "EQUAL" in t.expected:
        return t.says("E101", "`==` compares; a param takes `=`", "write `=`")
    if t.keyword is not None and t.within in ("MINIMIZE", "MAXIMIZE"):
        return t.says("E101", "a comparison is not a goal", "write it in a block `subject to { .. }`")
    return t.says("E101", f"`{t.token.text}` does not fit here", "comparisons stand in a block `subject to { .. }`")


def _block_not_closed(t: Trouble) -> Diagnostic | None:
    if t.token.type not in BLOCKS or not t.token.first or t.bracket is None:
        return None
    opened = Label(t.span(t.bracket), "opened here")
    closing = CLOSING[t.bracket.type]
    return t.says("E105", f"`{t.bracket.text}` is not closed before `{t.token.text}`", f"add `{closing}`", opened)


def _empty_set(t: Trouble) -> Diagnostic | None:
    if t.token.type != "RBRACE" or t.previous is None or t.previous.type != "LBRACE" or not t.expected >= EXPRESSION:
        return None
    span = Span(t.source, t.previous.start, t.token.end)
    return Diagnostic("E301", "the set is empty", Label(span), help="write at least one number")


def _set_without_in(t: Trouble) -> Diagnostic | None:
    if "IN" not in t.expected or t.token.type not in ("LBRACE", "LSQB", "BITS", "FIXED", "SCALED") or t.previous is None:
        return None
    return t.says("E101", f"expected `in` before the set, found {_shown(t.token)}", f"write `{t.previous.text} in ..`")


def _no_set(t: Trouble) -> Diagnostic | None:
    if not t.expected >= {"BITS", "SCALED"}:
        return None
    help_text = "write an interval `[-1, 1]` or a finite set `{-1, 0, 1}`"
    return t.says("E101", f"expected a set of numbers, found {_shown(t.token)}", help_text)


def _missing_comma(t: Trouble) -> Diagnostic | None:
    if "COMMA" not in t.expected or t.bracket is None:
        return None
    if t.token.type == "RANGE":
        help_text = "an interval is `[a, b]`, a range of integers `{a..b}`"
        return t.says("E101", "a range does not fit here", help_text, Label(t.span(t.bracket), "opened here"))
    if t.token.type not in ("NUMBER", "NAME", "STRING"):
        return None
    return t.says("E101", f"expected `,` before {_shown(t.token)}", None, Label(t.span(t.bracket), "opened here"))


def _missing_quotes(t: Trouble) -> Diagnostic | None:
    if "STRING" not in t.expected or t.expected & EXPRESSION or not t.token.text.isidentifier():
        return None
    return t.says("E101", f"expected a string, found {_shown(t.token)}", f'write `"{t.token.text}"`')


def _missing_layer(t: Trouble) -> Diagnostic | None:
    if t.within != "NETWORK" or "LAYER" not in t.expected or t.token.type != "NAME":
        return None
    help_text = did_you_mean(t.token.text, ["layer"]) or f"write `layer {t.token.text}: ..`"
    return t.says("E101", f"expected `layer`, found {_shown(t.token)}", help_text)


def _train(t: Trouble) -> Diagnostic | None:
    if t.within != "TRAIN":
        return None
    if t.token.type == "LBRACE" and t.previous is not None and t.previous.type == "TRAIN":
        return t.says("E101", "the method is missing", "write `train exact { .. }`")
    if "LBRACE" in t.expected and t.token.type == "NAME":
        return t.says("E101", f"`{t.token.text}` does not fit here", "options stand in braces: `train exact { time_limit 60 }`")
    if t.token.type == "COLON":
        return t.says("E101", "no `:` stands between an option and its value", "write the name and the value, `time_limit 60`")
    return None


def _foreign_comment(t: Trouble) -> Diagnostic | None:
    if t.token.type != "SLASH" or not t.source.text.startswith(("//", "/*"), t.token.start):
        return None
    return t.says("E101", "this does not begin a comment", "a comment begins with `#`")


def _leading_sign(t: Trouble) -> Diagnostic | None:
    if t.token.type not in ("MINUS", "LPAR") or "MONOTONE" not in t.expected:
        return None
    message = f"a constraint cannot begin with `{t.token.text}`"
    return t.says("E101", message, "begin it with `0 - ` or move the term to the other side")


def _stray_equal(t: Trouble) -> Diagnostic | None:
    if t.token.type != "EQUAL":
        return None
    if "COMPARISON" in t.expected:
        return t.says("E101", "`=` is not a comparison", "write `==`")
    return t.says("E101", "only params are defined with `=`", "write the name and the value, without `=`")


def _missing_equal(t: Trouble) -> Diagnostic | None:
    if t.expected == frozenset({"EQUAL"}):
        return t.says(
            "E101", f"expected `=` after the name of the param, found {_shown(t.token)}", "write `param NAME = VALUE`"
        )
    return None


def _late_language(t: Trouble) -> Diagnostic | None:
    if t.token.type != "LANGUAGE":
        return None
    return t.says("E101", "`language` is not the first statement", "move it to the beginning of the file")


def _nothing_to_close(t: Trouble) -> Diagnostic | None:
    opening = next((opens for opens, closes in CLOSING_TYPE.items() if closes == t.token.type), None)
    if opening is None or (t.bracket is not None and t.bracket.type == opening):
        return None
    return t.says("E101", f"`{t.token.text}` closes nothing", "remove it, or look for the block that ended too early")


def _bare_feature_names(t: Trouble) -> Diagnostic | None:
    if t.within != "FEATURES" or t.token.type != "STRING":
        return None
    return t.says("E101", "names of columns stand in brackets", f"write `features [{t.token.text}, ..]`")


def _unit(t: Trouble) -> Diagnostic | None:
    if t.within in ("STEP", "SIGN", "LINEAR", "LAYER") and {"UNIT", "UNITS"} <= t.expected:
        return t.says("E101", f"expected `units` after the kind of unit, found {_shown(t.token)}", "write `2 step units`")
    if not {"STEP", "SIGN", "LINEAR"} <= t.expected:
        return None
    help_text = did_you_mean(t.token.text, ("step", "sign", "linear"))
    if t.token.type in ("UNIT", "UNITS"):
        return t.says("E101", "the kind of unit is missing", "write `step units`, `sign units` or `linear units`")
    return t.says("E101", f"expected `step`, `sign` or `linear`, found {_shown(t.token)}", help_text)


def _separator(t: Trouble) -> Diagnostic | None:
    if t.token.type != "COMMA" or t.expected <= {"NAME"}:
        return None
    if t.bracket is None or t.bracket.type == "LBRACE":
        return t.says(
            "E101", "`,` does not fit here", "statements and clauses are not separated, a blank or a new line is enough"
        )
    return None


def _missing_name(t: Trouble) -> Diagnostic | None:
    if t.expected != frozenset({"NAME"}) or t.previous is None:
        return None
    help_text = "a name begins with a letter or `_`" if t.token.type == "NUMBER" else None
    return t.says("E101", f"expected a name after `{t.previous.text}`, found {_shown(t.token)}", help_text)


def _unknown_statement(t: Trouble) -> Diagnostic | None:
    if not t.expected >= TOP:
        return None
    if t.token.type == "NAME" or t.token.text.isidentifier():
        message = f"no statement begins with `{t.token.text}`"
        return t.says("E101", message, did_you_mean(t.token.text, t.words()) or _help(t))
    return t.says("E101", f"expected a statement, found {_shown(t.token)}", _help(t))


def _unknown_clause(t: Trouble) -> Diagnostic | None:
    """A name where only keywords fit: probably a misspelt one."""
    if t.token.type in NOT_KEYWORDS - {"NAME"} or len(t.words()) < 2:
        return None
    help_text = did_you_mean(t.token.text, t.words())
    if help_text is None and t.expected & EXPRESSION:
        return None
    return t.says("E101", f"`{t.token.text}` does not fit here", help_text or f"expected {_wanted(t)}")


def _general(t: Trouble) -> Diagnostic:
    within = f" in `{t.keyword.text}`" if t.keyword else ""
    message = f"expected {_wanted(t)}{within}, found {_shown(t.token)}"
    return t.says("E101", message, did_you_mean(t.token.text, t.words()), *_opened(t))


def _opened(t: Trouble) -> list[Label]:
    """Where the innermost bracket was opened, unless it is that of a block, or can't be closed here."""
    bracket = t.bracket
    if (
        bracket is None
        or CLOSING_TYPE[bracket.type] not in t.expected
        or (bracket.type == "LBRACE" and "COMMA" not in t.expected)
    ):
        return []
    return [Label(t.span(bracket), "opened here")]


SITUATIONS: tuple[Callable[[Trouble], Diagnostic | None], ...] = (
    _end_of_text,
    _block_not_closed,
    *STATEMENT_SITUATIONS,
    _empty_set,
    _set_without_in,
    _no_set,
    _train,
    _missing_layer,
    _missing_comma,
    _missing_quotes,
    _foreign_comment,
    _chained,
    _stray_comparison,
    _leading_sign,
    _missing_name,
    _stray_equal,
    _missing_equal,
    _late_language,
    _nothing_to_close,
    _bare_feature_names,
    _unit,
    _separator,
    _unknown_statement,
    _unknown_clause,
)


def _shown(token: Token) -> str:
    if token.type == END:
        return "the end of the text"
    text = token.text if len(token.text) <= 40 else token.text[:37] + "..."
    return text if text.startswith('"') else f"`{text}`"


def _without_following(t: Trouble, expected: set[str]) -> tuple[set[str], list[str]]:
    """Behind a clause that could be finished, the words that begin another one are no news: they become one phrase."""
    following: list[str] = []
    for group, phrase in ((CLAUSES[0], "the next clause"), (CLAUSES[1], "the next clause"), (BLOCKS, "the next statement")):
        if expected >= group and t.within not in ("", "DATA", "LAYER"):
            expected, following = expected - group, [phrase]
    return expected, following


def _help(t: Trouble) -> str | None:
    return f"expected {_wanted(t)}" if t.expected else None


def _wanted(t: Trouble) -> str:
    """The terminals that would fit, in words."""
    expected = set(t.expected)
    phrases: list[str] = []
    expected, following = _without_following(t, expected)
    if expected >= EXPRESSION:
        phrases.append("an expression")
        expected -= EXPRESSION | {"NOMINAL"}
    elif "PLUS" in expected and expected - CONTINUATION:
        expected -= CONTINUATION
    for symbol in ("NAME", "NUMBER", "STRING", "COMPARISON"):
        if symbol in expected:
            phrases.append(PHRASES[symbol])
    words = sorted(symbol.lower() for symbol in expected - NOT_KEYWORDS)
    shown = words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1]
    phrases.extend(f"`{word}`" for word in shown)
    phrases.extend(f"`{SYMBOLS[symbol]}`" for symbol in sorted(expected & SYMBOLS.keys()))
    if len(shown) < len(words):
        phrases.append(f"{len(words) - len(shown)} other words")
    phrases.extend(following)
    if END in expected and not phrases:
        phrases.append("the end of the text")
    return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"
