"""Long numbers in a text for people: cut after twenty digits, and marked as cut."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Context, Decimal

LONGEST = 30
"""Characters of a number that is shown as it is."""

DIGITS = 20
"""Significant digits of one that is longer."""

CUT = ".."
"""Stands after the digits where more follow."""

_NUMBER = re.compile(r"(?<![\w.])-?(?:0|[1-9]\d*)(?:\.\d+)?(?:/[1-9]\d*)?(?![\w.])")


def with_short_numbers(text: str) -> str:
    """The text with each number beyond 30 characters in its first 20 significant digits, `..` after them where more follow, in
    scientific notation where it is very small or very large. A ratio becomes a decimal."""
    return _NUMBER.sub(lambda found: _short(found[0]), text)


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    numerator, _, denominator = text.partition("/")
    context = Context(prec=DIGITS, rounding=ROUND_DOWN)
    value = context.divide(Decimal(numerator), Decimal(denominator or "1"))
    cut = CUT if denominator or value != Decimal(numerator) else ""
    if -6 <= value.adjusted() < DIGITS:
        return f"{value:f}{cut}"
    mantissa, _, exponent = f"{value if cut else value.normalize():e}".partition("e")
    return f"{mantissa}{cut}e{exponent.removeprefix('+')}"
