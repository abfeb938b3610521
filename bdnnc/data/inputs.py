"""What a first-layer input is made of: a column of the file and the way its number is got."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Scaled:
    """(x - shift) * factor, then rounded half to even at ``digits`` decimals (None: not rounded)."""

    shift: Fraction = Fraction(0)
    factor: Fraction = Fraction(1)
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Above:
    """1 where x > threshold, else 0; with ``signed`` +1 and -1."""

    threshold: Fraction
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Equals:
    """1 where the text of the column is ``value`` (as numbers where both are), else 0: one-hot."""

    value: str


@dataclass(frozen=True, slots=True)
class Input:
    """One first-layer input: its name, the 0-based column of the file, the transform, and the power that is taken last."""

    name: str
    column: int
    transform: Scaled | Above | Equals
    power: int = 1
