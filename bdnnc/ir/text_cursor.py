"""Reading a line of a program's text token by token; what does not fit is an error at its place (E531)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NoReturn

from bdnnc.diagnostics import Diagnostic, Label, Source, Span, UserError

TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<reference>\#\d+)
    |(?P<number>-?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf\b|nan\b))
    |(?P<name>[^\W\d]\w*)
    |(?P<mark>=>|<=|>=|==|\.\.|[][(),;:=+*./@-])
    |(?P<blank>[ \t\r]+)""",
    re.VERBOSE | re.ASCII,
)
LARGEST = 2**27
"""Numbers in one array; more is a slip of the pen, and must not eat the memory."""
HELP = "print the program anew with `bdnnc compile SPEC --emit program`"


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is string, reference, number, name, mark, or end (of the line)."""

    kind: str
    text: str
    start: int


def refuse(source: Source, start: int, stop: int, message: str) -> NoReturn:
    """Raise the error of characters ``start`` to ``stop``. Raises UserError E531."""
    raise UserError(Diagnostic("E531", message, Label(Span(source, start, stop)), help=HELP))


def tokens_of(source: Source, start: int, stop: int) -> tuple[Token, ...]:
    """The tokens of a line, the last of kind ``end``. Raises UserError E531."""
    found: list[Token] = []
    place = start
    while place < stop:
        match = TOKEN.match(source.text, place, stop)
        if match is None:
            refuse(source, place, place + 1, f"a program has no `{source.text[place]}` here")
        if match.lastgroup != "blank":
            found.append(Token(str(match.lastgroup), match[0], place))
        place = match.end()
    return (*found, Token("end", "", stop))


class Cursor:
    """The tokens of one line, and how far they have been read."""

    def __init__(self, source: Source, start: int, stop: int) -> None:
        self.source = source
        self._tokens = tokens_of(source, start, stop)
        self._place = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place]

    def after(self, ahead: int) -> Token:
        """The token ``ahead`` places after the next one."""
        return self._tokens[min(self._place + ahead, len(self._tokens) - 1)]

    def has(self, mark: str) -> bool:
        """Whether the mark stands in the rest of the line."""
        return any(token.kind == "mark" and token.text == mark for token in self._tokens[self._place :])

    def take(self) -> Token:
        token = self.next
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def refuse(self, message: str, token: Token | None = None) -> NoReturn:
        """Raise the error of the token, or else the next one. Raises UserError E531."""
        at = token or self.next
        refuse(self.source, at.start, at.start + max(len(at.text), 1), message)

    def accept(self, *texts: str) -> bool:
        """Read the marks and names if they are what comes next, all of them."""
        found = all(self.after(k).text == text and self.after(k).kind in {"mark", "name"} for k, text in enumerate(texts))
        if found:
            self._place += len(texts)
        return found

    def expect(self, *texts: str) -> None:
        for text in texts:
            if not self.accept(text):
                self.refuse(f"expected `{text}`, found {self._found()}")

    def one_of(self, *texts: str) -> str:
        for text in texts:
            if self.accept(text):
                return text
        return self.refuse(f"expected one of {', '.join(f'`{text}`' for text in texts)}, found {self._found()}")

    def word(self) -> str:
        """A name or a number as it stands, or what is in quotes."""
        token = self.take()
        if token.kind in {"name", "number"}:
            return token.text
        return self._unquoted(token) if token.kind == "string" else self._no("a name", token)

    def string(self) -> str:
        token = self.take()
        return self._unquoted(token) if token.kind == "string" else self._no("a text in quotes", token)

    def number(self) -> float:
        token = self.take()
        return float(token.text) if token.kind in {"number", "name"} and is_number(token.text) else self._no("a number", token)

    def integer(self) -> int:
        token = self.take()
        whole = token.kind == "number" and token.text.removeprefix("-").isdecimal()
        return int(token.text) if whole else self._no("an integer", token)

    def count(self) -> int:
        """An integer from 0 to `LARGEST`."""
        token = self.next
        value = self.integer()
        return value if 0 <= value <= LARGEST else self.refuse(f"no program has {token.text} of anything", token)

    def end(self) -> None:
        if self.next.kind != "end":
            self.refuse(f"expected the end of the line, found {self._found()}")

    def _unquoted(self, token: Token) -> str:
        try:
            return str(json.loads(token.text))
        except json.JSONDecodeError as error:
            self.refuse(f"text in quotes that cannot be read: {error.msg.lower()}", token)

    def _found(self) -> str:
        return "the end of the line" if self.next.kind == "end" else f"`{self.next.text}`"

    def _no(self, wanted: str, token: Token) -> NoReturn:
        found = "the end of the line" if token.kind == "end" else f"`{token.text}`"
        self.refuse(f"expected {wanted}, found {found}", token)


def is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?(\d+(\.\d+)?(e[+-]?\d+)?|inf|nan)", text, re.ASCII))
