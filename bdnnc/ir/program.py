"""The program: named blocks of variables, implications and products, with nothing said yet of big-M.

Index conventions: ``p`` counts patterns, ``i`` units of a layer, ``j`` its inputs. A weight block has one variable for each
*free* weight, its entries (i, j) in row-major order; a product block has shape (patterns, entries).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.problem import Statement

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Key = tuple[str, str]

PUBLISHED = "published"
"""The reason of margins that are those of the published formulation."""


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """A block of variables called ``symbol`` in ``layer``; flat, with ``size`` members.

    ``shape`` is row-major where the block is dense; otherwise ``index`` holds one array an axis. ``lower`` and ``upper`` are
    (size,) and finite. A binary block is integral with bounds within [0, 1].
    """

    symbol: str
    layer: str
    axes: tuple[str, ...]
    lower: Floats
    upper: Floats
    integral: bool
    statement: int
    shape: tuple[int, ...] | None = None
    index: tuple[Index, ...] | None = None

    @property
    def key(self) -> Key:
        return self.symbol, self.layer

    @property
    def size(self) -> int:
        return len(self.lower)

    @property
    def naming(self) -> tuple[int, ...] | tuple[Index, ...]:
        """What follows the layer in the members' names: the shape, or one index array an axis."""
        return self.index if self.index is not None else (self.shape or ())


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """``target[k] = origin[k] + sum over digits d with owner[d] == k of value[d] * digit[d]``.

    With ``choose_one`` the digits of each target are binaries of which exactly one is 1. With ``present`` (a block of binaries,
    one a target) the origin is multiplied by present[k], and the digits of a target are all 0 where present[k] is 0
    (digit[d] <= cap[d] present[k], or, with ``choose_one``, their sum is present[k]).
    """

    target: Key
    digit: Key
    origin: Floats
    owner: Index
    value: Floats
    choose_one: bool
    statement: int
    present: Key | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Summand:
    """``value[k] * block[member[k]]``, added to row ``row[k]``."""

    block: Key
    row: Index
    member: Index
    value: Floats

    def some(self, rows: Index) -> Summand:
        """Of some rows, counted anew; for summands with one member a row."""
        return Summand(self.block, np.arange(len(rows)), self.member[rows], self.value[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A family of plain linear rows: ``lower[r] <= sum of the summands of row r <= upper[r]``.

    ``kind`` is what they are called, with ``layer`` and ``axes`` and the indices ``naming`` (a shape, or one array an axis), as
    for variables; ``note`` says in words what a row means.
    """

    kind: str
    layer: str
    axes: tuple[str, ...]
    naming: tuple[int, ...] | tuple[Index, ...]
    summands: tuple[Summand, ...]
    lower: Floats
    upper: Floats
    statement: int
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """``s[p, f] = w[f] * u[p, input[f]]`` for the free weights f of ``layer``; w in [lower, upper], u binary of ``inputs``."""

    layer: str
    inputs: str
    entry_input: Index
    lower: float
    upper: float
    statement: int


@dataclass(frozen=True, slots=True, eq=False)
class PreActivation:
    """``a[p, i] = offset[p, i] + sum of X[p, j] w[i, j] + b[i]`` over the free weights of the first layer, or, in a deeper one,
    ``offset[0, i] + sum of slope s[p, f] + shift w[f] + sum of fixed[i, j] u[p, j] + b[i]`` (step: slope 1, shift 0; sign units
    below, whose output is 2u - 1: slope 2, shift -1, ``fixed`` doubled).

    ``entry_unit``, ``entry_input``: (F,) the free weights. ``X``: (P, inputs) floats, None in a deeper layer. ``fixed``:
    (units, inputs) coefficients of the binaries below, zero where the weight is free. ``bias``: ``unit`` (one each), ``shared``
    or ``none``. ``low``, ``high``: (P, units) bounds of a over the whole domain.
    """

    layer: str
    below: str | None
    entry_unit: Index
    entry_input: Index
    X: Floats | None
    offset: Floats
    fixed: Floats
    slope: float
    shift: float
    bias: Literal["unit", "shared", "none"]
    low: Floats
    high: Floats
    statement: int

    @property
    def units(self) -> int:
        return int(self.offset.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Premise:
    """``block[literal[r]] == value``, one for each row r of an implication."""

    block: Key
    value: Literal[0, 1]
    literal: Index


@dataclass(frozen=True, slots=True, eq=False)
class Implication:
    """``trigger[literal[r]] == value  =>  a[pattern[r], unit[r]] - a[pattern[r], other[r]] + summands sense threshold[r]``.

    One for each r. Without ``other`` nothing is subtracted; without a ``trigger`` the conclusion always holds (``literal`` is
    then empty and ``value`` means nothing). ``also``: a second premise, beside a trigger. ``kind``,
    ``axes`` and ``naming`` name the rows.
    """

    kind: str
    layer: str
    trigger: Key | None
    value: Literal[0, 1]
    sense: Literal[">=", "<="]
    literal: Index
    pattern: Index
    unit: Index
    threshold: Floats
    axes: tuple[str, ...]
    naming: tuple[int, ...] | tuple[Index, ...]
    statement: int
    other: Index | None = None
    summands: tuple[Summand, ...] = ()
    also: Premise | None = None

    @property
    def size(self) -> int:
        return len(self.pattern)

    def some(self, chosen: Index) -> Implication:
        """Some of the implications, of a rule whose names are arrays and whose premise is the trigger alone."""
        return replace(
            self,
            literal=self.literal[chosen] if len(self.literal) else self.literal,
            pattern=self.pattern[chosen],
            unit=self.unit[chosen],
            threshold=self.threshold[chosen],
            naming=tuple(np.asarray(index)[chosen] for index in self.naming),
            other=None if self.other is None else self.other[chosen],
            summands=tuple(summand.some(chosen) for summand in self.summands),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Clause:
    """At least one literal differs: ``sum over ones of (1 - x) + sum over zeros of x >= 1``; learnt from a rejected
    solution."""

    ones: tuple[tuple[Key, Index], ...]
    zeros: tuple[tuple[Key, Index], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """``coefficient . block``: one term of the goal."""

    block: Key
    coefficient: Floats


@dataclass(frozen=True, slots=True)
class LayerClass:
    """What class of networks a layer's rows stand for: the margin, whether it loses anything, and why it is what it is.
    A linear layer has margin "none" unless a loss needs one.

    ``tolerance`` is the loosest solver tolerance at which the rows are still enforced.
    """

    layer: str
    exact: bool
    margin: str
    reason: str
    bias: str
    tolerance: float

    @property
    def kind(self) -> Literal["none", "exact", "declared", "published", "chosen"]:
        """Who says what the margin is: nobody, the lattice of the sums, the file, the papers, or the compiler."""
        if self.margin == "none":
            return "none"
        if self.exact:
            return "exact"
        return "declared" if self.reason == "declared" else "published" if self.reason == PUBLISHED else "chosen"

    @property
    def margin_text(self) -> str:
        """``exact 1``, ``chosen 0.0001``, or ``none``."""
        return "none" if self.kind == "none" else f"{self.kind} {self.margin}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Program:
    """Everything to be said to a solver of one goal, before big-M: minimise the costs plus the constant.

    A maximized goal has ``sense`` "maximize" and negated costs and constant. Every feasible objective lies in
    ``objective_offset + objective_step Z`` (step 0: not known).
    """

    name: str
    patterns: int
    variables: tuple[Variable, ...]
    links: tuple[Link, ...]
    preactivations: tuple[PreActivation, ...]
    products: tuple[Product, ...]
    implications: tuple[Implication, ...]
    rows: tuple[Rows, ...]
    costs: tuple[Cost, ...]
    constant: float
    sense: Literal["minimize", "maximize"]
    goal_text: str
    goal_statement: int
    objective_step: float
    objective_offset: float
    classes: tuple[LayerClass, ...]
    statements: tuple[Statement, ...]
    clauses: tuple[Clause, ...] = ()

    def variable(self, symbol: str, layer: str) -> Variable | None:
        return next((v for v in self.variables if v.key == (symbol, layer)), None)

    @property
    def tolerance(self) -> float:
        """The solver tolerance at which every row family is enforced."""
        return min((c.tolerance for c in self.classes), default=1e-7)

    def __repr__(self) -> str:
        return f"Program({self.name!r}: {self.patterns} patterns, {sum(v.size for v in self.variables):,} variables)"

    def _repr_html_(self) -> str:
        readable = str(self).split("\ndata\n", 1)[0]
        return f"<pre>{escape(readable)}</pre>"

    def __str__(self) -> str:
        """The program's text, a line a family."""
        from bdnnc.ir.program_text import program_text

        return program_text(self)
