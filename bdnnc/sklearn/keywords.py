"""Parameters of an estimator, checked when it is fitted, as scikit-learn has it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any, cast

from bdnnc.sklearn.errors import invalid


def widths_of(hidden_units: Any) -> tuple[int, ...]:
    """The widths of the hidden layers. Raises InvalidInput E635 for anything but a sequence of positive integers."""
    widths = None if isinstance(hidden_units, str) else tuple(hidden_units) if hasattr(hidden_units, "__iter__") else None
    if widths is None or not all(_is_integer(width, 1) for width in widths):
        message = f"`hidden_units` is a tuple of positive integers, not `{hidden_units!r}`"
        raise invalid("E635", message, "`(3,)` is one hidden layer of 3 units, `()` is none")
    return tuple(int(width) for width in widths)


def text_of(name: str, value: Any, example: str) -> str:
    """A parameter that holds text of the language. Raises InvalidInput E635 for anything but a text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise invalid("E635", f"`{name}` is text of the language, not `{value!r}`", f'for example `{name}="{example}"`')
    return value.strip()


def texts_of(name: str, value: Any, example: str) -> tuple[str, ...]:
    """A parameter that holds a text of the language or a sequence of them; None holds none. Raises InvalidInput E635."""
    if value is None:
        return ()
    several = [value] if isinstance(value, str) or not isinstance(value, Sequence) else list(cast("Sequence[Any]", value))
    return tuple(text_of(name, item, example) for item in several)


def integer_of(name: str, value: Any, least: int) -> int | None:
    """A parameter that holds an integer of at least ``least``, or None. Raises InvalidInput E635 for anything else."""
    if value is not None and not _is_integer(value, least):
        raise invalid("E635", f"`{name}` is an integer of at least {least}, not `{value!r}`", "None stands for the usual one")
    return None if value is None else int(value)


def seconds_of(name: str, value: Any) -> float | None:
    """A parameter that holds a positive number of seconds, or None. Raises InvalidInput E635 for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value) or value <= 0:
        message = f"`{name}` is a positive number of seconds, not `{value!r}`"
        raise invalid("E635", message, "None stands for the usual one")
    return float(value)


def flag_of(name: str, value: Any) -> bool:
    """A parameter that is True or False. Raises InvalidInput E635 for anything else."""
    if str(value) not in ("True", "False"):
        raise invalid("E635", f"`{name}` is True or False, not `{value!r}`", "leave it out for False")
    return bool(value)


def _is_integer(value: Any, least: int) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= least
