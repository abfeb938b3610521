"""The program: named blocks of variables, implications and products, with nothing said yet of big-M.

Index conventions: ``p`` counts patterns, ``i`` units of a layer, ``j`` its inputs. A weight block has one variable for each
*free* weight, its entries (i, j) in row-major order; a product block has shape (patterns, entries).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.problem import Statement

Floats = NDArray[np.float64]
Index = NDArray[np.int64]
Key = tuple[str, str]


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

    With ``choose_one`` the digits of each target are binaries of which exactly one is 1.
    """

    target: Key
    digit: Key
    origin: Floats
    owner: Index
    value: Floats
    choose_one: bool
    statement: int


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
class Implication:
    """``trigger[literal[r]] == value  =>  a[pattern[r], unit[r]] sense threshold[r]``, one for each r."""

    layer: str
    trigger: Key
    value: Literal[0, 1]
    sense: Literal[">=", "<="]
    literal: Index
    pattern: Index
    unit: Index
    threshold: Floats
    statement: int


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """``sum of block[member[k]] over group[k] == r  >=  demand[r]``, one for each group r, which belongs to ``pattern[r]``."""

    block: Key
    member: Index
    group: Index
    demand: Floats
    pattern: Index
    statement: int


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

    ``tolerance`` is the loosest solver tolerance at which the rows are still enforced.
    """

    layer: str
    exact: bool
    margin: str
    reason: str
    bias: str
    tolerance: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Program:
    """Everything to be said to a solver, before big-M. Every feasible objective lies in ``objective_offset + objective_step Z``
    (step 0: not known)."""

    name: str
    patterns: int
    variables: tuple[Variable, ...]
    links: tuple[Link, ...]
    preactivations: tuple[PreActivation, ...]
    products: tuple[Product, ...]
    implications: tuple[Implication, ...]
    covers: tuple[Cover, ...]
    costs: tuple[Cost, ...]
    constant: float
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
        return f"<pre>{escape(str(self))}</pre>"

    def __str__(self) -> str:
        """The program's text, a line a family."""
        from bdnnc.ir.program_text import program_text

        return program_text(self)
