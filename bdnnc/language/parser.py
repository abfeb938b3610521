"""Tokens to tree: an LALR parser that takes keywords by context and goes on after an error.

The tables are the grammar's own. What is added here: a word that is a keyword elsewhere is a NAME where the keyword can't
stand; after an error the parser resumes at a statement keyword that is first on its line, or at the closing brace of the block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bdnnc.diagnostics import Diagnostic, Label, Source, Span, UserError
from bdnnc.diagnostics.positions import line_and_column
from bdnnc.diagnostics.suggest import did_you_mean
from bdnnc.language.build import build
from bdnnc.language.grammar import Tables, tables
from bdnnc.language.lexer import END, Token, tokenize
from bdnnc.language.syntax_errors import Trouble, explain
from bdnnc.language.tree import Expr, File, Item, ListOf, Robust, Text

MAX_DEPTH = 200
"""Longest parser stack; trees are no deeper, so that later recursion over them is safe."""

MAX_ERRORS = 50

STATEMENTS = frozenset(
    [
        "PARAM",
        "DATA",
        "NETWORK",
        "MINIMIZE",
        "MAXIMIZE",
        "SUBJECT",
        "ROBUST",
        "TRAIN",
        "FROM",
        "TARGET",
        "FEATURES",
        "ENCODE",
        "SCALE",
        "TAKE",
        "KEEP",
        "HOLD",
        "MISSING",
        "LAYER",
        "WEIGHTS",
        "BIAS",
        "MARGIN",
        "MASK",
        "POWERS",
        "MONOTONE",
        "INPUTS",
        "CLIP",
        "OPTIONS",
    ]
)
"""Keywords at which parsing resumes when they are first on their line."""


def parse(source: Source) -> tuple[File | None, list[Diagnostic]]:
    """The tree of a file, or None and what is wrong with its text (E101 to E109). Never raises for any text."""
    tree, diagnostics = _parse(source, "file")
    return (tree if isinstance(tree, File) else None), diagnostics


def parse_value(source: Source, begin: int = 0) -> tuple[Expr | Text | None, list[Diagnostic]]:
    """The tree of one expression or string, as given to ``-D``; it stands in the text from ``begin`` on."""
    return _parse(source, "value", begin)


def parse_swept(source: Source, begin: int = 0) -> tuple[ListOf | Item | Text | None, list[Diagnostic]]:
    """The tree of the values of a swept param, as given to ``-D``: a list, a range, or one expression or string."""
    return _parse(source, "swept", begin)


def parse_clauses(source: Source) -> tuple[Robust | None, list[Diagnostic]]:
    """The clauses of a `robust static` block without its braces; a set may stand without `inputs within`: `linf(0.05)`."""
    return _parse(source, "clauses", rewrite=_with_inputs)


def _with_inputs(tokens: list[Token]) -> list[Token]:
    """`inputs within` is put, with no width, before each set that lacks it: `raw` or a name and a parenthesis where a clause
    may begin."""
    found: list[Token] = []
    depth = 0
    for place, token in enumerate(tokens):
        begins = depth == 0 and (place == 0 or tokens[place - 1].type in ("NUMBER", "NAME", "RPAR"))
        is_raw = place > 0 and tokens[place - 1].type == "RAW"
        is_set = token.type == "RAW" or (token.type == "NAME" and (place == 0 or tokens[place + 1].type == "LPAR"))
        if begins and not is_raw and (is_set or (place == 0 and token.type == "WITHIN")):
            words = ("inputs",) if token.type == "WITHIN" else ("inputs", "within")
            found += [Token(word.upper(), word, token.start, token.start, False) for word in words]
        found.append(token)
        depth += (token.type == "LPAR") - (token.type == "RPAR")
    return found


def read_source(path: Path) -> Source:
    """The text of a file.

    Raises UserError: E601 there is no such file, E602 it can't be read, E603 it isn't called ``.bdnn``, E107 it isn't UTF-8,
    E108 it holds NUL bytes.
    """
    name = str(path)
    if path.suffix != ".bdnn" and not path.is_dir():
        help_text = f"rename it to `{path.stem}.bdnn`" if path.is_file() else None
        raise UserError(Diagnostic("E603", f"`{name}` does not end in `.bdnn`", help=help_text))
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        help_text = did_you_mean(path.name, (other.name for other in path.parent.glob("*.bdnn")))
        raise UserError(Diagnostic("E601", f"there is no file `{name}`", help=help_text)) from error
    except IsADirectoryError as error:
        raise UserError(Diagnostic("E602", f"`{name}` is a folder", help="name a `.bdnn` file")) from error
    except OSError as error:
        raise UserError(Diagnostic("E602", f"`{name}` can't be read: {error.strerror or error}")) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"`{name}` is not UTF-8: byte 0x{content[error.start]:02x} at offset {error.start}"
        raise UserError(Diagnostic("E107", message, help="save the file with the encoding UTF-8")) from error
    if "\0" in text:
        offset = content.index(b"\0")
        raise UserError(Diagnostic("E108", f"`{name}` is not text: NUL byte at offset {offset}"))
    return Source(name, text)


def _parse(
    source: Source, start: str, begin: int = 0, rewrite: Callable[[list[Token]], list[Token]] | None = None
) -> tuple[Any, list[Diagnostic]]:
    grammar = tables()
    tokens, diagnostics = tokenize(source, grammar, begin)
    parser = _Parser(source, grammar, *grammar.starts[start])
    tree = parser.run(tokens if rewrite is None else rewrite(tokens))
    consequences = {_line(diagnostic) for diagnostic in diagnostics}
    shown = [diagnostic for diagnostic in parser.diagnostics if _line(diagnostic) not in consequences]
    found = sorted([*diagnostics, *shown], key=lambda d: d.primary.span.start if d.primary else 0)[:MAX_ERRORS]
    return (None if found else tree), found


def _line(diagnostic: Diagnostic) -> int | None:
    """The line of a diagnostic. What the parser misses on the line of an unreadable token mostly follows from that."""
    span = diagnostic.primary.span if diagnostic.primary else None
    return None if span is None else line_and_column(span.source, span.start)[0]


@dataclass(slots=True)
class _Parser:
    source: Source
    grammar: Tables
    start_state: int
    end_state: int
    states: list[int] = field(default_factory=list[int])
    values: list[Any] = field(default_factory=list[Any])
    extents: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def run(self, tokens: list[Token]) -> Any:
        """The tree, or None if parsing could not go on to the end."""
        self.states = [self.start_state]
        position = 0
        while True:
            if len(self.states) > MAX_DEPTH:
                self._too_deep(tokens[position])
                return None
            token = tokens[position]
            kind = self._kind(token)
            if kind is not None:
                value = self._feed(token._replace(type=kind))
                if kind == END:
                    return value
                position += 1
                continue
            self._report(token, tokens[position - 1] if position else None)
            resumed = self._resume(tokens, position)
            if resumed is None or len(self.diagnostics) >= MAX_ERRORS:
                return None
            position = resumed

    def _kind(self, token: Token) -> str | None:
        """The type under which the parser takes the token: its own, or NAME for a keyword; None if neither."""
        if self._accepts(token.type, len(self.states)):
            return token.type
        is_keyword = token.text in self.grammar.keywords
        return "NAME" if is_keyword and self._accepts("NAME", len(self.states)) else None

    def _accepts(self, symbol: str, height: int) -> bool:
        """Whether ``symbol`` can be shifted (after reductions) with the lowest ``height`` states of the stack."""
        table, rules = self.grammar.states, self.grammar.rules
        pushed: list[int] = []
        while True:
            state = pushed[-1] if pushed else self.states[height - 1]
            if state == self.end_state:
                return symbol == END
            action = table[state].get(symbol)
            if action is None:
                return False
            if action > 0:
                return True
            rule = rules[-action - 1]
            kept = max(len(pushed) - rule.size, 0)
            height -= rule.size - (len(pushed) - kept)
            del pushed[kept:]
            below = pushed[-1] if pushed else self.states[height - 1]
            pushed.append(table[below][rule.origin])

    def _feed(self, token: Token) -> Any:
        """Reduces as often as the token asks, then shifts it. At the end of the text: the tree."""
        table, rules = self.grammar.states, self.grammar.rules
        while True:
            action = table[self.states[-1]][token.type]
            if action > 0:
                self._push(action, token, (token.start, token.end))
                return None
            rule = rules[-action - 1]
            cut = len(self.values) - rule.size
            parts, extents = self.values[cut:], self.extents[cut:]
            del self.values[cut:], self.extents[cut:], self.states[cut + 1 :]
            extent = (extents[0][0], extents[-1][1]) if extents else (token.start, token.start)
            value = build(rule.name, parts, self.source, *extent)
            self._push(table[self.states[-1]][rule.origin], value, extent)
            if token.type == END and self.states[-1] == self.end_state:
                return value

    def _push(self, state: int, value: Any, extent: tuple[int, int]) -> None:
        self.states.append(state)
        self.values.append(value)
        self.extents.append(extent)

    def _report(self, token: Token, previous: Token | None) -> None:
        expected = frozenset(symbol for symbol in self._candidates() if self._accepts(symbol, len(self.states)))
        stack = tuple(value for value in self.values if isinstance(value, Token))
        self.diagnostics.append(explain(Trouble(self.source, token, previous, expected, stack)))

    def _candidates(self) -> list[str]:
        return [symbol for symbol in self.grammar.states[self.states[-1]] if symbol.isupper() or symbol == END]

    def _resume(self, tokens: list[Token], position: int) -> int | None:
        """Unwinds the stack to where a later token fits, and returns that token's position; None at the end of the text."""
        depth = 0
        for index in range(position, len(tokens)):
            token = tokens[index]
            if token.type == "LBRACE":
                depth += 1
            elif token.type == "RBRACE" and depth > 0:
                depth -= 1
            elif token.type == "RBRACE":
                opening = self._innermost_brace()
                if self._unwind(token, opening + 1):
                    return index
                # A brace that can't be closed yet, as in `{}`: it is dropped, and the search goes on behind this one.
                del self.states[max(opening, 1) :], self.values[max(opening - 1, 0) :], self.extents[max(opening - 1, 0) :]
            elif token.first and token.type in STATEMENTS and self._unwind(token, 1):
                return index
        return None

    def _innermost_brace(self) -> int:
        """The height of the stack below which the innermost `{` is kept; 0 if none is open."""
        for index in range(len(self.values) - 1, -1, -1):
            if isinstance(self.values[index], Token) and self.values[index].type == "LBRACE":
                return index + 1
        return 0

    def _unwind(self, token: Token, lowest: int) -> bool:
        """Drops the fewest states after which the token fits, keeping at least ``lowest``; False if none fits."""
        for height in range(len(self.states), lowest - 1, -1):
            if self._accepts(token.type, height):
                del self.states[height:], self.values[height - 1 :], self.extents[height - 1 :]
                return True
        return False

    def _too_deep(self, token: Token) -> None:
        label = Label(Span(self.source, token.start, token.end))
        help_text = "name inner parts with `param`"
        self.diagnostics.append(Diagnostic("E106", "nested too deeply", label, help=help_text))
