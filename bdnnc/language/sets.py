"""Sets of numbers: what a weight or a bias may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.diagnostics import Label, Span
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.spec import Bits, Domain, FiniteSet, Interval, ScaledSet

MAX_MEMBERS = 100_000
MAX_BITS = 8
MAX_PLACES = 15
"""`fixed(15)` has 65,537 members."""


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers low, low + 1, .., high; ``count`` of them."""

    low: Fraction
    high: Fraction
    span: Span

    @property
    def count(self) -> int:
        return int(self.high - self.low) + 1

    def members(self) -> list[Fraction]:
        return [self.low + step for step in range(self.count)]


def domain(node: tree.SetNode, constants: Constants) -> Domain | None:
    """The set of a clause, None if it is wrong or awaits the data.

    Reports E126 bits and places out of range, E301 empty or reversed sets, E302 more than 100,000 members, E303 ranges that
    miss their end, E304 numbers beyond 1e15, E341 scales that are not positive; W301 numbers that stand twice.
    """
    match node:
        case tree.IntervalSet():
            return interval(node, constants)
        case tree.Finite():
            values = distinct_numbers(node.items, node.span, constants)
            return None if values is None else FiniteSet(values)
        case tree.BitsSet():
            count = constants.integer(node.count, "the number of bits", 1, MAX_BITS)
            return None if count is None else Bits(count)
        case tree.FixedPointSet():
            places = constants.integer(node.digits, "the number of binary places", 0, MAX_PLACES)
            return None if places is None else fixed_point(places)
        case tree.ScaledSet():
            return _scaled(node, constants)


def fixed_point(places: int) -> FiniteSet:
    """{-(2^k)..2^k} / 2^k for k binary places."""
    whole = 2**places
    return FiniteSet(tuple(Fraction(part, whole) for part in range(-whole, whole + 1)))


def _scaled(node: tree.ScaledSet, constants: Constants) -> ScaledSet | None:
    values = distinct_numbers(node.base.items, node.base.span, constants)
    by = interval(node.by, constants)
    if values is None or by is None:
        return None
    if by.lower <= 0:
        message = f"a scale is positive, and `[{shown(by.lower)}, {shown(by.upper)}]` is not"
        help_text = "write for example `by [0.01, 10]`"
        constants.findings.add("E341", message, node.by.span, help=help_text)
        return None
    return ScaledSet(FiniteSet(values), by.lower, by.upper)


def interval(node: tree.IntervalSet, constants: Constants) -> Interval | None:
    low = _member(node.low, "the end of an interval", constants)
    high = _member(node.high, "the end of an interval", constants)
    if low is None or high is None:
        return None
    if low > high:
        text = f"[{shown(low)}, {shown(high)}]"
        help_text = f"write `[{shown(high)}, {shown(low)}]`"
        constants.findings.add("E301", f"the interval `{text}` is empty", node.span, help=help_text)
        return None
    return Interval(low, high)


def distinct_numbers(items: Iterable[tree.Item], span: Span, constants: Constants) -> tuple[Fraction, ...] | None:
    """The numbers of a finite set, ascending; a number that stands twice is warned of."""
    ranges = ranges_of(items, span, constants)
    if ranges is None:
        return None
    seen: dict[Fraction, Span] = {}
    warned = False
    for part in ranges:
        for value in part.members():
            if value not in seen:
                seen[value] = part.span
            elif not warned:
                warned = True
                first = Label(seen[value], "first here")
                message = f"{shown(value)} stands twice in this set"
                constants.findings.add("W301", message, part.span, secondary=[first], help="one is enough")
    return tuple(sorted(seen))


def ranges_of(items: Iterable[tree.Item], span: Span, constants: Constants) -> list[Range] | None:
    """The items as ranges, checked before any is written out; None if one is wrong or awaits the data."""
    found = [_range(item, constants) for item in items]
    ranges = [part for part in found if part is not None]
    total = sum(part.count for part in ranges)
    if total > MAX_MEMBERS:
        message = f"a set of {total:,} numbers is too large" if total < 10**15 else "the set is too large"
        notes = [f"a finite set has at most {MAX_MEMBERS:,} members"]
        constants.findings.add("E302", message, span, notes=notes, help="an interval `[a, b]` has no such limit")
        return None
    return ranges if len(ranges) == len(found) else None


def _member(node: tree.Expr, what: str, constants: Constants) -> Fraction | None:
    value = constants.number(node, what)
    return value if value is not None and constants.is_moderate(value, what, node.span) else None


def _range(item: tree.Item, constants: Constants) -> Range | None:
    low = _member(item.low, "a member of a set", constants)
    if item.high is None:
        return None if low is None else Range(low, low, item.span)
    high = _member(item.high, "the end of a range", constants)
    if low is None or high is None:
        return None
    if low > high:
        help_text = f"write `{shown(high)}..{shown(low)}`"
        constants.findings.add("E301", f"the range `{shown(low)}..{shown(high)}` is empty", item.span, help=help_text)
        return None
    if (high - low).denominator != 1:
        message = f"the range `{shown(low)}..{shown(high)}` goes in steps of 1 and misses its end"
        constants.findings.add("E303", message, item.span, help="write the members one by one")
        return None
    return Range(low, high, item.span)
