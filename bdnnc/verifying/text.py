"""A verification to look at: the counts of each set, and the first counter-examples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from statistics import median_low
from typing import TYPE_CHECKING

from bdnnc.exact import decimal_text
from bdnnc.network.evaluation import percent
from bdnnc.verifying.columns import shares
from bdnnc.verifying.verdicts import Move, PointVerdict, SetCounts

if TYPE_CHECKING:
    from bdnnc.verifying.result import VerifyResult

EXAMPLES = 5
"""Counter-examples of a set that are shown."""

MOVES = 8
"""Inputs of one that are shown."""

DIGITS = 10
"""Characters of an exact number that is shown as it is; a longer one is rounded to six digits."""


def result_text(result: VerifyResult) -> str:
    """A block for each set."""
    blocks = ["\n".join(_block(result, found)) for found in result.sets]
    stopped = ["the run was stopped before its end\n"] * result.interrupted
    return "\n\n".join([*blocks, *stopped]).rstrip("\n") + "\n"


def _block(result: VerifyResult, found: SetCounts) -> Iterator[str]:
    own = [verdict for verdict in result.points if verdict.set == found.name]
    same = "" if found.distinct == found.points else f", {found.distinct:,} distinct"
    points = "1 point" if found.points == 1 else f"{found.points:,} points"
    yield f"{found.name}: {points}{same}, perturbed by {result.within}"
    shown = [
        ("errors as they are", f"{found.errors:,}"),
        ("certified", f"{found.certified:,}"),
        ("broken", f"{found.broken:,}"),
        ("undecided", f"{found.undecided:,}"),
        ("certified accuracy", percent(found.certified, found.points)),
        ("worst-case accuracy", _between(found)),
        ("seconds", f"{found.seconds:.1f}"),
        *_radii(result, own),
    ]
    yield from (f"  {name:<20} {value}" for name, value in shown)
    yield from _reasons(own)
    yield from _examples(own)


def _between(found: SetCounts) -> str:
    least = percent(found.certified, found.points)
    if not found.undecided:
        return least
    return f"{least} to {percent(found.points - found.broken, found.points)}"


def _radii(result: VerifyResult, own: list[PointVerdict]) -> Iterator[tuple[str, str]]:
    """Of the points that are right as they are."""
    if all(verdict.radius is None for verdict in own):
        return
    what = "share of the set" if result.radius_unit is None else "radius"
    known = [certified for verdict in own for certified in shares(verdict, result.radius_unit)[:1] if certified is not None]
    first = [value for verdict in own if not verdict.is_error and (value := verdict.first_layer.get("linf")) is not None]
    for name, values in ((f"certified {what}", known), ("first layer, linf", first)):
        if values:
            ends = ((min(values), "least"), (median_low(values), "median"), (max(values), "largest"))
            yield name, ", ".join(f"{word} {short(value)}" for value, word in ends)


def _reasons(own: list[PointVerdict]) -> Iterator[str]:
    reasons = [verdict.reason for verdict in own if verdict.reason]
    yield from (f"  undecided, {reasons.count(reason):,}: {reason}" for reason in dict.fromkeys(reasons))


def _examples(own: list[PointVerdict]) -> Iterator[str]:
    """Of points that are right as they are, each kind once."""
    moved = {verdict.kind: verdict for verdict in reversed(own) if verdict.moves}
    found = sorted(moved.values(), key=lambda verdict: own.index(verdict))
    if not found:
        return
    yield ""
    yield "counter-examples" if len(found) <= EXAMPLES else f"counter-examples, the first {EXAMPLES} of {len(found):,}"
    for verdict in found[:EXAMPLES]:
        tie = " by a tie" if verdict.predicted_at == verdict.label else ""
        yield f"  row {verdict.row}, `{verdict.label}`: `{verdict.predicted_at}`{tie} where"
        yield from (f"    {_moved(move)}" for move in verdict.moves[:MOVES])
        if len(verdict.moves) > MOVES:
            yield f"    and {len(verdict.moves) - MOVES} more inputs move"


def _moved(move: Move) -> str:
    text = f"{move.input}  {short(move.at)} -> {short(move.to)}"
    if move.in_file is None or move.in_file == (move.at, move.to):
        return text
    return f"{text}  (in the file {short(move.in_file[0])} -> {short(move.in_file[1])})"


def short(value: Fraction) -> str:
    """The exact decimal where it is short, else six digits."""
    exact = decimal_text(value)
    return exact if len(exact) <= DIGITS and "/" not in exact else f"{float(value):.6g}"
