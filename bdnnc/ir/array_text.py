"""Arrays as text: what is constant, a range or short stands in its line; others stand in a section of their own.

In a line: ``0.5`` (the same number everywhere), ``0.5*8`` (eight times), ``0..7`` and ``0..14/2`` (integers, with a step),
``[1, 2]``, ``[1, 2; 3, 4]`` (rows of a matrix), ``0*(2, 3)`` (a matrix of one number), or ``-1..1 #3``: least and greatest, and
where the numbers stand. In the section: ``#3 = `` and numbers, runs ``v*n``, ranges ``a..b`` and ``a..b/step``, all of it
``n times`` or ``each n`` (each number n times); ``matrix rows columns`` before a matrix, which stands row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]  # float64 or int64

SHORT = 6
"""Numbers that still stand in a line."""
A_LINE = 16
"""Numbers or runs in one line of the section."""
A_RUN = 4
"""Members from which on a run or a range is written as such."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The arrays that do not stand in their lines, each once."""

    kept: dict[tuple[str, tuple[int, ...], bytes], tuple[int, Numbers]] = field(
        default_factory=dict[tuple[str, tuple[int, ...], bytes], tuple[int, Numbers]]
    )

    def vector(self, values: Numbers, size: int | None = None) -> str:
        """The text of a one-dimensional array; one number alone stands for ``size`` of them."""
        count = len(values)
        same = count > 0 and is_constant(values)
        if same and count == size:
            return number(values[0])
        if count >= 3 and not same and (step := _step(values)) is not None:
            return _range(int(values[0]), int(values[-1]), step)
        if count <= SHORT:
            return f"[{_listed(values)}]"
        return f"{number(values[0])}*{count}" if same else self._reference(values)

    def matrix(self, values: Numbers, shape: tuple[int, int] | None = None) -> str:
        """The text of a matrix; one number alone stands for one of that ``shape``."""
        rows, columns = (int(length) for length in values.shape)
        if not values.size:
            return f"0*({rows}, {columns})"
        if is_constant(values):
            one = number(values.flat[0])
            return one if (rows, columns) == shape else f"{one}*({rows}, {columns})"
        return f"[{'; '.join(map(_listed, values))}]" if values.size <= SHORT else self._reference(values)

    def section(self) -> Iterator[str]:
        """The lines of the section, nothing where it is empty."""
        if self.kept:
            yield "data"
        for place, values in self.kept.values():
            yield from _matrix_lines(place, values) if values.ndim == 2 else _vector_lines(place, values)

    def _reference(self, values: Numbers) -> str:
        key = (values.dtype.kind, values.shape, values.tobytes())
        place, _ = self.kept.setdefault(key, (len(self.kept), values))
        return f"{number(values.min() + 0)}..{number(values.max() + 0)} #{place}"  # + 0: which zero is found is chance


def number(value: Any) -> str:
    """The shortest decimal that is read back as the value, bit for bit (but for the payload of NaN)."""
    return repr(getattr(value, "item", lambda: value)()).removesuffix(".0")


def bits(values: Numbers) -> NDArray[np.int64]:
    """Integers that are equal where the numbers are, bit for bit."""
    return np.ascontiguousarray(values).view(np.int64) if values.dtype.kind == "f" else values.astype(np.int64, copy=False)


def is_constant(values: Numbers) -> bool:
    found = bits(values).ravel()
    return bool((found == found[0]).all())


def _step(values: Numbers) -> int | None:
    """The step of a progression of integers (never of floats: a range of them would be taken for a summary)."""
    if values.dtype.kind == "f":
        return None
    steps = np.diff(values)
    return int(steps[0]) if bool((steps == steps[0]).all()) else None


def _range(first: int, last: int, step: int) -> str:
    return f"{first}..{last}" if step == 1 else f"{first}..{last}/{step}"


def _listed(values: Numbers) -> str:
    return ", ".join(number(value) for value in values.tolist())


def _vector_lines(place: int, values: Numbers) -> Iterator[str]:
    prefix, core = _folded(values)
    tokens = [*prefix, *_tokens(core)]
    if len(tokens) <= A_LINE:
        yield f"#{place} = {' '.join(tokens)}"
        return
    yield f"#{place} ="
    for start in range(0, len(tokens), A_LINE):
        yield f"  {' '.join(tokens[start : start + A_LINE])}"


def _matrix_lines(place: int, values: Numbers) -> Iterator[str]:
    rows, columns = values.shape
    yield f"#{place} = matrix {rows} {columns}"
    for row in values:
        yield f"  {' '.join(_tokens(row))}"


def _folded(values: Numbers) -> tuple[list[str], Numbers]:
    """``n times`` and ``each n`` in front, and what is left to be written."""
    found = bits(values)
    period = _period(found)
    if period < len(found):
        prefix, core = _folded(values[:period])
        return [f"{len(found) // period} times", *prefix], core
    changes = np.flatnonzero(found != found[0])
    each = int(changes[0]) if len(changes) else len(found)
    if 1 < each < len(found) and len(found) % each == 0 and bool((found.reshape(-1, each) == found[::each, None]).all()):
        return [f"each {each}"], values[::each]
    return [], values


def _period(found: NDArray[np.int64]) -> int:
    """The smallest proper divisor p of the length with ``found[k] == found[k + p]`` throughout, or the length."""
    size = len(found)
    lengths = np.arange(1, size // 2 + 1)
    lengths = lengths[(size % lengths == 0) & (found[lengths] == found[0])] if size > 1 else lengths
    return next((p for p in lengths.tolist() if bool((found[p:] == found[:-p]).all())), size)


def _tokens(values: Numbers) -> list[str]:
    """Runs and ranges of at least `A_RUN` members as one token each, the rest number by number."""
    whole = _integers(values)
    shown = values if whole is None else whole
    tokens: list[str] = []
    end = 0
    for start, stop, step in _runs(bits(shown), only_constant=whole is None):
        tokens += _plain(shown[end:start])
        first = number(shown[start])
        tokens.append(f"{first}*{stop - start}" if step == 0 else _range(int(shown[start]), int(shown[stop - 1]), step))
        end = stop
    return tokens + _plain(shown[end:])


def _plain(values: Numbers) -> list[str]:
    if values.dtype.kind == "f":
        return [text.removesuffix(".0") for text in map(repr, values.tolist())]
    return [str(value) for value in values.tolist()]


def _integers(values: Numbers) -> NDArray[np.int64] | None:
    """The same numbers as integers, None where one of them is none (or is -0)."""
    if values.dtype.kind != "f":
        return values
    if not bool((np.abs(values) < 2**53).all()) or not bool((values == np.rint(values)).all()):
        return None
    return None if bool((np.signbit(values) & (values == 0)).any()) else values.astype(np.int64)


def _runs(found: NDArray[np.int64], only_constant: bool) -> Iterator[tuple[int, int, int]]:
    """(start, stop, step) of the long stretches of equal steps."""
    if len(found) < A_RUN:
        return
    steps = np.diff(found)
    edges = np.flatnonzero(np.diff(steps)) + 1
    first, last = np.concatenate([[0], edges]), np.concatenate([edges, [len(steps)]])
    long = last - first >= A_RUN - 1
    if only_constant:
        long &= steps[first] == 0
    end = 0
    for begin, final in zip(first[long].tolist(), last[long].tolist(), strict=True):
        start = max(begin, end)  # the last member of a stretch is the first of the next
        if final - start + 1 >= A_RUN:
            yield start, final + 1, int(steps[start])
            end = final + 1
