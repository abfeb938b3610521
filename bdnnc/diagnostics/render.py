"""Diagnostics as text for people: in full with the lines of the source, or one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bdnnc.diagnostics.model import Diagnostic, Label, Source
from bdnnc.diagnostics.positions import displayed, line_and_column, lines_of

WIDTH = 140
"""Longest stretch of a source line that is shown."""

BOLD, RED, YELLOW, BLUE, RESET = "\033[1m", "\033[31m", "\033[33m", "\033[34m", "\033[0m"


@dataclass(frozen=True, slots=True)
class _Underline:
    """``mark`` under columns ``start`` to ``end`` (characters) of 0-based ``line``, followed by ``text``."""

    line: int
    start: int
    end: int
    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class _Paint:
    color: bool
    accent: str

    def __call__(self, text: str, *styles: str) -> str:
        return "".join(styles) + text + RESET if self.color and text else text


def render_full(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """Every diagnostic with its lines, underlined: ``^`` for what is to blame, ``-`` for what belongs to it.

    Blank lines stand between two diagnostics, a line feed at the end; the empty string for none.
    """
    return "\n".join(_full(diagnostic, color) for diagnostic in diagnostics)


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """``file:line:column: error[E203]: message``, a line each."""
    return "".join(f"{_place(d)}{_severity(d)}[{d.code}]: {d.message}\n" for d in diagnostics)


def _severity(diagnostic: Diagnostic) -> str:
    return "error" if diagnostic.is_error else "warning"


def _place(diagnostic: Diagnostic) -> str:
    if diagnostic.primary is None:
        return ""
    span = diagnostic.primary.span
    line, column = line_and_column(span.source, span.start)
    return f"{span.source.name}:{line}:{column}: "


def _full(diagnostic: Diagnostic, color: bool) -> str:
    paint = _Paint(color, RED if diagnostic.is_error else YELLOW)
    severity = paint(f"{_severity(diagnostic)}[{diagnostic.code}]", BOLD, paint.accent)
    lines = [severity + paint(f": {diagnostic.message}", BOLD)]
    sections = _sections(diagnostic)
    last = max((underline.line for _, underlines in sections for underline in underlines), default=0)
    gutter = len(str(last + 1))
    for number, (source, underlines) in enumerate(sections):
        if number > 0:
            lines.append(paint(f"{' ' * gutter} |", BLUE))
        lines.extend(_section(source, underlines, gutter, number == 0, paint))
    trailer = [f"= note: {note}" for note in diagnostic.notes]
    if diagnostic.help is not None:
        trailer.append(f"= help: {diagnostic.help}")
    if trailer and sections:
        lines.append(paint(f"{' ' * gutter} |", BLUE))
    for entry in trailer:
        head, *rest = entry.split("\n")
        lines.append(f"{' ' * gutter} {head}")
        lines.extend(f"{' ' * gutter}   {line}" for line in rest)
    return "\n".join(lines) + "\n"


def _sections(diagnostic: Diagnostic) -> list[tuple[Source, list[_Underline]]]:
    """The underlines of each source, that of the primary label first and with the primary underline first."""
    if diagnostic.primary is None:
        return []
    sections: list[tuple[Source, list[_Underline]]] = []
    for mark, label in [("^", diagnostic.primary), *(("-", label) for label in diagnostic.secondary)]:
        source = label.span.source
        section = next((underlines for known, underlines in sections if known == source), None)
        if section is None:
            section = list[_Underline]()
            sections.append((source, section))
        section.extend(_underlines(label, mark))
    return sections


def _underlines(label: Label, mark: str) -> Iterator[_Underline]:
    """One underline, or, for a span of several lines, one under its first and one under its last line."""
    span = label.span
    lines = lines_of(span.source)
    first, start = lines.position(span.start)
    last, end = lines.position(max(span.end, span.start))
    if first == last:
        yield _Underline(first, start, max(end, start + 1), mark, label.text)
        return
    text = lines.texts
    yield _Underline(first, start, max(len(text[first]), start + 1), mark, "from here")
    begin = len(text[last]) - len(text[last].lstrip())
    yield _Underline(last, min(begin, max(end - 1, 0)), max(end, 1), mark, label.text or "to here")


def _section(source: Source, underlines: Sequence[_Underline], gutter: int, is_first: bool, paint: _Paint) -> Iterator[str]:
    texts = lines_of(source).texts
    top = underlines[0]
    arrow = "-->" if is_first else ":::"
    bar = paint(f"{' ' * gutter} |", BLUE)
    yield f"{' ' * gutter}{paint(arrow, BLUE)} {source.name}:{top.line + 1}:{top.start + 1}"
    yield bar
    previous: int | None = None
    for line in sorted({underline.line for underline in underlines}):
        if previous is not None and line == previous + 2:
            yield from _source_line(texts[previous + 1], previous + 1, (), gutter, paint)
        elif previous is not None and line > previous + 2:
            yield paint("...", BLUE)
        own = sorted((u for u in underlines if u.line == line), key=lambda u: (u.start, u.mark))
        yield from _source_line(texts[line], line, own, gutter, paint)
        previous = line


def _source_line(text: str, line: int, underlines: Sequence[_Underline], gutter: int, paint: _Paint) -> Iterator[str]:
    begin, end = _window(text, underlines)
    shown, columns = displayed(text[begin:end])
    left, right = ("…" if begin else ""), ("…" if end < len(text) else "")
    number = paint(f"{line + 1:>{gutter}} |", BLUE)
    yield f"{number} {left}{shown}{right}".rstrip()
    for underline in underlines:
        start = columns[min(max(underline.start - begin, 0), len(columns) - 1)]
        stop = columns[min(max(underline.end - begin, 0), len(columns) - 1)]
        marks = underline.mark * max(stop - start, 1)
        style = (BOLD, paint.accent) if underline.mark == "^" else (BLUE,)
        note = paint(f"{marks} {underline.text}".rstrip(), *style)
        yield f"{paint(' ' * gutter + ' |', BLUE)} {' ' * (start + len(left))}{note}"


def _window(text: str, underlines: Sequence[_Underline]) -> tuple[int, int]:
    """The part of a line to show: all of it, or a stretch around its first underline."""
    if len(text) <= WIDTH:
        return 0, len(text)
    start = underlines[0].start if underlines else 0
    begin = max(0, min(start - WIDTH // 3, len(text) - WIDTH))
    return begin, min(begin + WIDTH, len(text))
