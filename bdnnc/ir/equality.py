"""Whether two programs are the same, bit for bit, and if not, where they differ first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.array_text import bits, number
from bdnnc.ir.problem import Statement
from bdnnc.ir.program import Implication, Program, Variable


def equal(program: Program, other: Program) -> str | None:
    """The first difference in words, None where there is none. Statements are compared by their titles."""
    return next(_differences("", program, other), None)


def _differences(path: str, one: Any, two: Any) -> Iterator[str]:
    kind: type[Any] = one.__class__
    if not isinstance(two, kind):
        yield f"{path}: {one!r} and {two!r}"
    elif kind is np.ndarray:
        yield from _in_arrays(path, one, two)
    elif kind is tuple:
        yield from _in_tuples(path, one, two)
    elif is_dataclass(kind):
        for name in _compared(one):
            yield from _differences(f"{path}.{name}" if path else name, getattr(one, name), getattr(two, name))
    elif repr(one) != repr(two):  # repr tells 0.0 from -0.0
        yield f"{path}: {one!r} and {two!r}"


def _compared(value: Any) -> tuple[str, ...]:
    """The fields that count: titles of statements, names of variables however they are kept, values of triggers that exist."""
    names = tuple(field.name for field in fields(value))
    if isinstance(value, Statement):
        return ("title",)
    if isinstance(value, Variable):
        return (*(name for name in names if name not in {"shape", "index"}), "naming")
    if isinstance(value, Implication) and value.trigger is None:
        return tuple(name for name in names if name != "value")
    return names


def _in_tuples(path: str, one: tuple[Any, ...], two: tuple[Any, ...]) -> Iterator[str]:
    if len(one) != len(two):
        yield f"{path}: {len(one)} and {len(two)} of them"
        return
    for place, (left, right) in enumerate(zip(one, two, strict=True)):
        yield from _differences(f"{path}[{place}]", left, right)


def _in_arrays(path: str, one: NDArray[Any], two: NDArray[Any]) -> Iterator[str]:
    if one.dtype.kind != two.dtype.kind or one.shape != two.shape:
        yield f"{path}: {one.dtype} of shape {one.shape} and {two.dtype} of shape {two.shape}"
        return
    wrong = bits(one) != bits(two)
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        yield f"{path}{list(place)}: {number(one[place])} and {number(two[place])}"
