"""The values that a sweep gives a param: one, a range `2..6` of integers, or a list `[0, 0.05, "text"]` of all these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.diagnostics import Diagnostic, Label, Span, UserError
from bdnnc.language import tree
from bdnnc.language.constants import MAX_MAGNITUDE, Constants
from bdnnc.language.findings import Findings
from bdnnc.language.params import command_line, unknown_param
from bdnnc.language.parser import parse_swept

MOST_VALUES = 10_000
"""Of one param, and of a whole grid: more trainings are not meant."""


@dataclass(frozen=True, slots=True)
class SweptValue:
    """``text``: the value as after ``-D NAME=``; ``number``: what it is, None of a string or of what only a file can tell."""

    text: str
    number: Fraction | None


def swept_values(file: tree.File, defines: Mapping[str, str]) -> dict[str, tuple[SweptValue, ...]]:
    """The values of each param, in the order of the text; one that stands twice is taken once.

    ``defines``: param -> what stands behind ``-D NAME=``. A param that holds a string in the file needs no quotes outside of
    lists. Raises UserError with all that is wrong: E640 (no such param), E641 (a text that is neither value, range nor list, an
    empty list), E301 (an empty range), E680 (too many values), and what is wrong with the ends of a range (E112, E117, ..).
    """
    params = {s.name.text: s for s in file.statements if isinstance(s, tree.Param)}
    values: dict[str, tuple[SweptValue, ...]] = {}
    wrong: list[Diagnostic] = []
    for name, text in defines.items():
        if name not in params:
            wrong.append(unknown_param(name, text, params))
            continue
        reader = _Reader(name, text, isinstance(params[name].value, tree.Text))
        values[name] = tuple(dict.fromkeys(reader.values()))
        wrong += reader.findings.found
    if wrong:
        raise UserError(wrong)
    return values


class _Reader:
    """Reads the values of one param; ``holds_string``: whether it does so in the file."""

    def __init__(self, name: str, text: str, holds_string: bool) -> None:
        self.findings = Findings()
        self._name = name
        self._source, self._begin = command_line(name, text)
        self._whole = Span(self._source, self._begin, len(self._source.text))
        self._holds_string = holds_string
        self._constants = Constants(self.findings)

    def values(self) -> Iterator[SweptValue]:
        text = self._text(self._whole)
        if self._holds_string and not text.startswith(("[", '"')):
            yield SweptValue(text, None)
            return
        node, found = parse_swept(self._source, self._begin)
        if node is None:
            help = f"write for example `-D {self._name}=3`, `-D {self._name}=2..6` or `-D {self._name}=[0, 0.05]`"
            self._wrong("E641", f"the values of `{self._name}` cannot be read: {found[0].message}", self._whole, help)
            return
        entries = node.items if isinstance(node, tree.ListOf) else (node,)
        if not entries:
            self._wrong("E641", f"the list of values of `{self._name}` is empty", node.span, "write at least one value")
        room = MOST_VALUES
        for entry in entries:
            for value in self._entry(entry, room):
                room -= 1
                yield value

    def _entry(self, entry: tree.Text | tree.Item, room: int) -> Iterator[SweptValue]:
        """The values of an entry, of which there may be as many as there is ``room`` for."""
        if isinstance(entry, tree.Item) and entry.high is not None:
            numbers = self._range(entry, entry.high)
            if len(numbers) > room:
                help = f"a sweep has at most {MOST_VALUES:,} points; list the values that matter, `[10, 100, 1000]`"
                self._wrong("E680", f"`{self._name}` would take {len(numbers):,} values", entry.span, help)
                return
            yield from (SweptValue(str(number), Fraction(number)) for number in numbers)
            return
        yield SweptValue(self._text(entry.span), self._number(entry))

    def _range(self, entry: tree.Item, high: tree.Expr) -> range:
        """The integers from end to end; none where something is wrong."""
        what = "an end of a range"
        ends = [self._constants.integer(end, what, -MAX_MAGNITUDE, MAX_MAGNITUDE) for end in (entry.low, high)]
        low, last = ends
        if low is None or last is None:
            return range(0)
        if low > last:
            help = f"write the smaller number first: `{last}..{low}`"
            self._wrong("E301", f"the range `{self._text(entry.span)}` is empty", entry.span, help)
        return range(low, last + 1)

    def _number(self, entry: tree.Text | tree.Item) -> Fraction | None:
        """What a single value is as far as the text alone tells: the file's own checks say what is wrong with it."""
        value = Constants(Findings()).value(entry if isinstance(entry, tree.Text) else entry.low)
        return value if isinstance(value, Fraction) else None

    def _text(self, span: Span) -> str:
        return span.source.text[span.start : span.end].strip()

    def _wrong(self, code: str, message: str, span: Span, help: str) -> None:
        self.findings.found.append(Diagnostic(code, message, Label(span), help=help))
