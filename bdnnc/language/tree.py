"""The syntax tree: what the text says, before anyone asks whether it makes sense. Every node knows its span.

Numbers stay text here; their value, like that of every name, is the checker's affair.
"""

from __future__ import annotations

from dataclasses import dataclass

from bdnnc.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything in the tree. ``span`` covers its text, without surrounding blanks."""

    span: Span


# --- words and expressions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A name, or a keyword that stands for itself (``all``, ``exact``)."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string; ``value`` without quotes and escapes."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """An unsigned number as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Star(Node):
    """``*`` in an index."""


@dataclass(frozen=True, slots=True)
class Sum(Node):
    """``terms[0]`` then, for each operator, the next term. At least two terms, evaluated from the left."""

    terms: tuple[Expr, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Product(Node):
    """As ``Sum``, with ``*`` and ``/``."""

    factors: tuple[Expr, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Negative(Node):
    operand: Expr


@dataclass(frozen=True, slots=True)
class Item(Node):
    """``low`` or ``low..high`` (inclusive)."""

    low: Expr
    high: Expr | None


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """``[a, "b", 2..5]``, possibly empty."""

    items: tuple[Text | Item, ...]


@dataclass(frozen=True, slots=True)
class Arguments(Node):
    """``( .. )`` after a name."""

    values: tuple[Expr | Text | ListOf, ...]


@dataclass(frozen=True, slots=True)
class Quantity(Node):
    """A name with what may follow it: ``nominal errors``, ``l0(a.weights)``, ``errors of "b"``, ``hamming weighted [1, 4]``."""

    name: Word
    nominal: bool
    arguments: Arguments | None
    of: Text | Number | Word | None
    weighted: Word | ListOf | None


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``[unit, input]`` or ``[unit]``."""

    row: Expr | Star
    column: Expr | Text | Star | None


@dataclass(frozen=True, slots=True)
class Part(Node):
    """``LAYER.weights`` or ``LAYER.bias``, perhaps with an index."""

    layer: Word
    part: Word
    index: Index | None


Expr = Number | Sum | Product | Negative | Quantity | Part


# --- sets -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IntervalSet(Node):
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Finite(Node):
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class BitsSet(Node):
    count: Expr


@dataclass(frozen=True, slots=True)
class FixedPointSet(Node):
    digits: Expr


@dataclass(frozen=True, slots=True)
class ScaledSet(Node):
    base: Finite
    by: IntervalSet


SetNode = IntervalSet | Finite | BitsSet | FixedPointSet | ScaledSet


# --- data -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dialect(Node):
    """``delimiter ";"`` or ``header no``."""

    keyword: Word
    value: Text | Word


@dataclass(frozen=True, slots=True)
class FromFile(Node):
    path: Text | Word
    dialect: tuple[Dialect, ...]


@dataclass(frozen=True, slots=True)
class FromBuiltin(Node):
    """``call`` covers ``library("name")``."""

    library: Word
    name: Text
    call: Span


@dataclass(frozen=True, slots=True)
class Target(Node):
    column: Expr | Text


@dataclass(frozen=True, slots=True)
class Features(Node):
    """``columns`` is a tuple of items, a list, or the word ``all``."""

    columns: tuple[Item, ...] | ListOf | Word


@dataclass(frozen=True, slots=True)
class Encode(Node):
    columns: ListOf
    method: Word
    bins: Expr | None


@dataclass(frozen=True, slots=True)
class ScaleClause(Node):
    kind: Word
    arguments: Arguments | None
    signed: Word | None
    digits: Expr | None


@dataclass(frozen=True, slots=True)
class Take(Node):
    count: Expr | Word
    stratified: bool
    seed: Expr | None


@dataclass(frozen=True, slots=True)
class Keep(Node):
    classes: ListOf | Finite


@dataclass(frozen=True, slots=True)
class HoldClause(Node):
    kind: Word
    rows: Expr | FromFile
    stratified: bool
    seed: Expr | None


@dataclass(frozen=True, slots=True)
class Missing(Node):
    action: Word


DataClause = FromFile | FromBuiltin | Target | Features | Encode | ScaleClause | Take | Keep | HoldClause | Missing


# --- network --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit(Node):
    kind: Word
    height: Expr | None


@dataclass(frozen=True, slots=True)
class Weights(Node):
    """``how`` is ``in``, ``fixed`` or ``start``; ``value`` a set, or a file."""

    how: Word
    value: SetNode | Text | Word


@dataclass(frozen=True, slots=True)
class BiasClause(Node):
    """``how`` is ``none``, ``auto``, ``in``, ``shared`` or ``fixed``."""

    how: Word
    value: SetNode | Text | Word | None


@dataclass(frozen=True, slots=True)
class Margin(Node):
    value: Expr | Word


@dataclass(frozen=True, slots=True)
class Mask(Node):
    path: Text | Word


@dataclass(frozen=True, slots=True)
class Powers(Node):
    degree: Expr


LayerClause = Weights | BiasClause | Margin | Mask | Powers


@dataclass(frozen=True, slots=True)
class Layer(Node):
    name: Word
    units: Expr
    unit: Unit
    clauses: tuple[LayerClause, ...]


# --- statements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Language(Node):
    version: Number


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: Word
    value: Expr | Text


@dataclass(frozen=True, slots=True)
class Data(Node):
    keyword: Span
    clauses: tuple[DataClause, ...]


@dataclass(frozen=True, slots=True)
class Network(Node):
    keyword: Span
    one_vs_one: Word | None
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class GoalClause(Node):
    sense: Word
    value: Expr
    within: Expr | None


@dataclass(frozen=True, slots=True)
class Objective(Node):
    goals: tuple[GoalClause, ...]


@dataclass(frozen=True, slots=True)
class Constraint(Node):
    left: Expr
    comparison: Word
    right: Expr


@dataclass(frozen=True, slots=True)
class Monotone(Node):
    direction: Word
    column: Expr | Text
    of_class: Expr | Text | None


@dataclass(frozen=True, slots=True)
class Subject(Node):
    keyword: Span
    constraints: tuple[Constraint | Monotone, ...]


@dataclass(frozen=True, slots=True)
class Perturbation(Node):
    columns: ListOf | None
    raw: bool
    shape: Word
    arguments: Arguments
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Clip(Node):
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Robust(Node):
    keyword: Span
    kind: Word
    soft: bool
    clauses: tuple[Perturbation | Clip, ...]


@dataclass(frozen=True, slots=True)
class Option(Node):
    name: Word
    value: Expr | Text


@dataclass(frozen=True, slots=True)
class SolverOptions(Node):
    keyword: Span
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Train(Node):
    keyword: Span
    method: Word
    options: tuple[Option | SolverOptions, ...]


Statement = Param | Data | Network | Objective | Subject | Robust | Train


@dataclass(frozen=True, slots=True)
class File(Node):
    language: Language | None
    statements: tuple[Statement, ...]
