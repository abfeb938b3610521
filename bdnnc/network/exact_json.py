"""JSON with exact numbers: decimals are read and written digit by digit, never through floats."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, cast

from bdnnc.diagnostics import Diagnostic, InternalError, Label, Source, Span, UserError
from bdnnc.exact import decimal_text

Json = Any  # None, bool, str, Fraction (every number), list, dict, or one of the marks below

MAX_EXPONENT = 4_000  # a decimal's exponent: 1e4000 is the largest power that is built
MAX_DIGITS = 100_000  # of one number
LINE = 128

_RATIO = re.compile(r"(-?[0-9]+)/([0-9]+)")


class BadNumber:
    """Stands where the text has a number that no finite number of sane size is; whoever meets it knows its place."""

    def __init__(self, text: str, why: str) -> None:
        self.text = text if len(text) <= 40 else f"{text[:37]}..."
        self.why = why


class Object(dict[str, Any]):
    """A JSON object; ``twice`` is a key that stood in it more than once, or None. ``where``: what messages call the text that
    it stood in, where whoever read it has noted that."""

    twice: str | None = None
    where: str = ""


def read(text: str, name: str) -> Json:
    """The value of a JSON text; ``name`` is the file's name for messages.

    Raises UserError E550 where the text is no JSON: broken off, nested too deep. Odd numbers and doubled keys are left as
    `BadNumber` and ``Object.twice`` for the reader of the document, who can say where they stand.
    """
    try:
        return json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_constant, object_pairs_hook=_object, strict=True
        )
    except json.JSONDecodeError as error:
        raise UserError(_broken(text, name, error)) from error
    except RecursionError as error:
        note = "a model file needs five levels"
        raise UserError(Diagnostic("E550", f"`{name}` is nested too deep to be a model file", notes=(note,))) from error


def note_place(value: Json, where: str) -> None:
    """Every object in ``value`` can say that it stood in ``where``, whatever becomes of the others."""
    if isinstance(value, Object):
        value.where = where
        for entry in value.values():
            note_place(entry, where)
    elif isinstance(value, list):
        for entry in cast("list[Json]", value):
            note_place(entry, where)


def ratio(text: str) -> Fraction | None:
    """The fraction of a string "p/q" with q > 0, None where it isn't one or is longer than 100,000 digits."""
    found = _RATIO.fullmatch(text)
    if found is None or len(text) > MAX_DIGITS:
        return None
    p, q = int(Decimal(found[1])), int(Decimal(found[2]))
    return Fraction(p, q) if q else None


def write(value: Json) -> str:
    """The one text of a value: two blanks a level, a flat array on one line, small tables on one line where they fit.

    Numbers are int or Fraction: a decimal where it is finite, else a string "p/q". Raises InternalError on a float.
    """
    return "".join(_pieces(value, 0, 0)) + "\n"


def number_text(value: Fraction | int) -> str:
    """The JSON of one number: its decimal, or a string "p/q"."""
    text = plain_text(value)
    return f'"{text}"' if "/" in text else text


def plain_text(value: Fraction | int) -> str:
    """The exact decimal of a number, p/q where there is none; p/q also where either is beyond 4,300 digits."""
    try:
        return decimal_text(Fraction(value))
    except ValueError:  # Python's str of an int has that limit; Decimal's has none
        return f"{Decimal(value.numerator):f}/{Decimal(value.denominator):f}"


def _number(text: str) -> Fraction | BadNumber:
    if len(text) > MAX_DIGITS:
        return BadNumber(text, f"has more than {MAX_DIGITS:,} digits")
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond those of Decimal
        return BadNumber(text, "is out of range")
    exponent = cast("int", number.as_tuple().exponent)
    if number and (number.adjusted() > MAX_EXPONENT + len(text) or exponent < -MAX_EXPONENT - len(text)):
        return BadNumber(text, f"has an exponent beyond {MAX_EXPONENT:,}")
    return Fraction(number) if number else Fraction(0)


def _constant(text: str) -> BadNumber:
    return BadNumber(text, "is not finite")


def _object(pairs: list[tuple[str, Any]]) -> Object:
    found = Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found.twice = key
                break
            seen.add(key)
    return found


def _broken(text: str, name: str, error: json.JSONDecodeError) -> Diagnostic:
    if not text.strip():
        return Diagnostic("E550", f"`{name}` is empty, not a model file")
    at = min(error.pos, len(text))
    broken_off = text[at:].strip() == "" or error.msg.startswith("Unterminated string")
    what = "ends in the middle: it was cut off" if broken_off else "is not JSON"
    span = Span(Source(name, text), min(at, max(0, len(text) - 1)), min(at + 1, len(text)))
    return Diagnostic("E550", f"`{name}` {what}", primary=Label(span, error.msg[:1].lower() + error.msg[1:]))


def _pieces(value: Json, depth: int, used: int) -> Iterator[str]:
    """The text of a value that begins at column ``used`` of a line indented by ``depth`` levels."""
    height = _height(value)
    if height <= 2:
        flat = flat_text(value)
        if used + len(flat) < LINE or (height <= 1 and not isinstance(value, Mapping)):
            yield flat  # a row of numbers stays on one line whatever its length
            return
    inner = "  " * (depth + 1)
    opening, closing = ("{", "}") if isinstance(value, Mapping) else ("[", "]")
    yield opening
    for place, (key, entry) in enumerate(_entries(value)):
        yield f"{',' if place else ''}\n{inner}{key}"
        yield from _pieces(entry, depth + 1, len(inner) + len(key))
    yield f"\n{'  ' * depth}{closing}"


def _entries(value: Json) -> list[tuple[str, Json]]:
    """The entries of an object or a list, each with the text that goes before it."""
    if isinstance(value, Mapping):
        return [(f"{_scalar(key)}: ", entry) for key, entry in cast("Mapping[str, Json]", value).items()]
    return [("", entry) for entry in cast("Sequence[Json]", value)]


def _height(value: Json) -> int:
    """0 for a scalar, else one more than the highest entry."""
    if not isinstance(value, Mapping | list | tuple):
        return 0
    return 1 + max((_height(entry) for _, entry in _entries(value)), default=0)


def flat_text(value: Json) -> str:
    """The JSON of a value on one line, numbers as `number_text` writes them."""
    if not isinstance(value, Mapping | list | tuple):
        return _scalar(value)
    inside = ", ".join(f"{key}{flat_text(entry)}" for key, entry in _entries(value))
    return f"{{{inside}}}" if isinstance(value, Mapping) else f"[{inside}]"


def _scalar(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | Fraction):
        return number_text(value)
    raise InternalError(f"a model file holds exact numbers only, not {type(value).__name__}")
