"""A place in a JSON document, with checked ways down and to values; every complaint names the place: `layers[1].bias[0]`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NoReturn, TypeVar, cast

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.exact_json import BadNumber, Object, ratio

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """``value`` at ``path`` of the file called ``file``. Every method raises UserError E55x where it finds otherwise."""

    value: Any
    path: str
    file: str

    def fail(self, code: str, what: str, help: str | None = None) -> NoReturn:
        """Raises the error that says ``what`` of this place."""
        place = f"`{self.path}`" if self.path else "the document"
        raise UserError(Diagnostic(code, f"{place} {what}", notes=(f"in `{self.file}`",), help=help))

    def table(self, required: Sequence[str], optional: Sequence[str] = ()) -> Object:
        """The object here, which has all ``required`` keys and none beyond these and the ``optional`` ones."""
        found = self._object()
        known = [*required, *optional]
        for key in found:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                self.at(key).fail("E552", "is not a known key", help=f"did you mean `{near[0]}`?" if near else None)
        for key in required:
            if key not in found:
                self.at(key).fail("E553", "is missing")
        return found

    def at(self, key: str) -> Cursor:
        """The entry of that key; absent ones are null."""
        value = self.value.get(key) if isinstance(self.value, Object) else None
        return Cursor(value, f"{self.path}.{key}" if self.path else key, self.file)

    def has(self, key: str) -> bool:
        return isinstance(self.value, Object) and key in self.value

    def names(self) -> tuple[str, ...]:
        """The keys of the object here, whatever they are."""
        return tuple(self._object())

    def entries(self) -> list[tuple[str, Cursor]]:
        """All entries of the object here."""
        return [(key, self.at(key)) for key in self._object()]

    def items(self, length: int | None = None, of: str = "") -> Iterator[Cursor]:
        """The items of the list here; ``of`` says what ``length`` counts."""
        value: object = self.value
        if not isinstance(value, list):
            self._expected("a list")
        values = cast("list[Any]", value)
        if length is not None and len(values) != length:
            self.fail("E556", f"has {len(values)} entries, not {length}: one for each {of}")
        return (Cursor(value, f"{self.path}[{place}]", self.file) for place, value in enumerate(values))

    def text(self) -> str:
        if not isinstance(self.value, str):
            self._expected("a string")
        if any("\ud800" <= character <= "\udfff" for character in self.value):
            self.fail("E554", "holds half a surrogate pair, which is no text")
        return self.value

    def word(self, choices: Sequence[str]) -> str:
        """A string that is one of ``choices``."""
        text = self.text()
        if text not in choices:
            near = difflib.get_close_matches(text, choices, n=1)
            known = ", ".join(f"`{choice}`" for choice in choices)
            self.fail("E557", f"is `{text}`, not one of {known}", help=f"did you mean `{near[0]}`?" if near else None)
        return text

    def digest(self) -> str:
        """A SHA-256 in lower-case hex."""
        text = self.text()
        if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
            self.fail("E557", "is not a SHA-256 in hex, 64 digits of 0-9 and a-f")
        return text

    def truth(self) -> bool:
        if not isinstance(self.value, bool):
            self._expected("true or false")
        return self.value

    def number(self) -> Fraction:
        """A finite decimal, or a string "p/q"."""
        value = self.value
        if isinstance(value, BadNumber):
            self.fail("E555", f"is `{value.text}`, which {value.why}")
        if isinstance(value, str):
            found = ratio(value)
            if found is None:
                self.fail("E554", 'is a string, but not a fraction "p/q" of integers with q > 0')
            return found
        if not isinstance(value, Fraction):
            self._expected("a number")
        return value

    def positive(self) -> Fraction:
        value = self.number()
        if value <= 0:
            self.fail("E555", "must be above 0")
        return value

    def integer(self, least: int = 0, most: int | None = None) -> int:
        value = self.number()
        if value.denominator != 1 or value < least or (most is not None and value > most):
            self.fail("E555", f"must be an integer of at least {least}" + ("" if most is None else f" and at most {most}"))
        return value.numerator

    def scalar(self) -> str | bool | Fraction | None:
        """A string, a number, true, false or null; a string "p/q" is a number."""
        if self.value is None or isinstance(self.value, bool):
            return self.value
        return self.text() if isinstance(self.value, str) and ratio(self.value) is None else self.number()

    def optional(self, read: Callable[[Cursor], T]) -> T | None:
        """None for null, else what ``read`` makes of this place."""
        return None if self.value is None else read(self)

    def _object(self) -> Object:
        if not isinstance(self.value, Object):
            self._expected("an object")
        if self.value.twice is not None:
            self.at(self.value.twice).fail("E551", "stands twice")
        return self.value

    def _expected(self, what: str) -> NoReturn:
        self.fail("E554", f"must be {what}, not {_kind(self.value)}")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a number"
