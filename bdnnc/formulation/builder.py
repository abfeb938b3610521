"""The program while it is being made: blocks of variables by key, families of rows, and the expressions made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.exact import fraction_gcd
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.problem import Problem
from bdnnc.ir.program import Implication, Index, Key, Link, PreActivation, Product, Rows, Summand, Variable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """``rows`` numbers, each the sum of its summands and of ``constant[r]``.

    ``step``: every value lies in constant + step Z (0: it is constant), None where values are continuous.
    """

    rows: int
    summands: tuple[Summand, ...]
    constant: tuple[Fraction, ...]
    step: Fraction | None

    def times(self, factor: Fraction) -> Expression:
        scaled = tuple(replace(part, value=part.value * float(factor)) for part in self.summands)
        step = None if self.step is None else abs(self.step * factor)
        return Expression(self.rows, scaled, tuple(value * factor for value in self.constant), step)

    def spread(self, rows: int) -> Expression:
        """The same number in each of ``rows`` rows; itself where it has that many."""
        if self.rows == rows:
            return self
        every = np.arange(rows)
        parts = tuple(
            Summand(p.block, np.repeat(every, len(p.row)), np.tile(p.member, rows), np.tile(p.value, rows))
            for p in self.summands
        )
        return Expression(rows, parts, self.constant * rows, self.step)


PLAIN = Fraction(1, 1000), Fraction(1000)
"""Rows whose largest coefficient lies between these stand as they are written."""


def needs_units(largest: Fraction) -> bool:
    """Whether a row with this largest coefficient has to be divided by it, for the sake of a solver's absolute tolerances."""
    return not PLAIN[0] <= largest <= PLAIN[1]


def total(expressions: Sequence[Expression], rows: int = 1) -> Expression:
    """The sum of expressions of ``rows`` rows each."""
    steps = [e.step for e in expressions]
    known = [step for step in steps if step is not None]
    return Expression(
        rows,
        tuple(part for e in expressions for part in e.summands),
        tuple(sum((e.constant[r] for e in expressions), Fraction(0)) for r in range(rows)),
        fraction_gcd(known) if len(known) == len(steps) else None,
    )


def number(value: Fraction) -> Expression:
    """A constant."""
    return Expression(1, (), (value,), Fraction(0))


def summed(block: Key, member: Index, value: Floats, constant: Fraction, step: Fraction | None) -> Expression:
    """One row: the sum of ``value[k] * block[member[k]]``, and a constant."""
    return Expression(1, (Summand(block, np.zeros(len(member), dtype=np.int64), member, value),), (constant,), step)


@dataclass(slots=True, eq=False)
class Builder:
    """Collects what a program is made of. ``variables`` keep the order in which they were added."""

    problem: Problem
    plans: tuple[LayerPlan, ...]
    variables: dict[Key, Variable] = field(default_factory=dict[Key, Variable])
    links: list[Link] = field(default_factory=list[Link])
    products: list[Product] = field(default_factory=list[Product])
    preactivations: list[PreActivation] = field(default_factory=list[PreActivation])
    implications: list[Implication] = field(default_factory=list[Implication])
    rows: list[Rows] = field(default_factory=list[Rows])
    asking: int = 0
    """The statement (goal or constraint) whose quantities are being expressed: what is made for them comes from it."""

    def add(self, variable: Variable) -> Key:
        """A new block. Raises InternalError where there is one of this key."""
        if variable.key in self.variables:
            raise InternalError(f"the block {variable.key} was made twice")
        self.variables[variable.key] = variable
        return variable.key

    def has(self, key: Key) -> bool:
        return key in self.variables

    def relate(
        self,
        kind: str,
        layer: str,
        axes: tuple[str, ...],
        naming: tuple[int, ...] | tuple[Index, ...],
        summands: Sequence[Summand],
        statement: int,
        note: str,
        *,
        lower: Floats | float = -np.inf,
        upper: Floats | float = np.inf,
        rows: int,
    ) -> None:
        """A family of ``rows`` linear rows between ``lower`` and ``upper`` (numbers, or one a row)."""
        low, high = (np.broadcast_to(np.asarray(end, dtype=np.float64), (rows,)).copy() for end in (lower, upper))
        self.rows.append(Rows(kind, layer, axes, naming, tuple(summands), low, high, statement, note))


def every(block: Key, size: int, value: Floats | float = 1.0) -> Summand:
    """``value[k] * block[k]`` in row k, for all members."""
    index = np.arange(size)
    return Summand(block, index, index, np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)).copy())
