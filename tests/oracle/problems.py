"""Small problems built by hand, and random ones, for the oracle."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bdnnc.exact import ExactMatrix
from bdnnc.ir.domains import ParameterDomain, from_declared
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Statement, Targets
from bdnnc.language.quantities import Constraint, Goal, Loss, Monotone, Quantity, Term
from bdnnc.language.spec import FiniteSet, Interval


def finite(*values: int | str | Fraction) -> ParameterDomain:
    return from_declared(FiniteSet(tuple(sorted(Fraction(v) for v in values))))


def interval(lower: int | str | Fraction, upper: int | str | Fraction) -> ParameterDomain:
    return from_declared(Interval(Fraction(lower), Fraction(upper)))


def layer(
    name: str,
    units: int,
    inputs: int,
    domain: ParameterDomain,
    bias: BiasRule,
    unit: str = "step",
    margin: Fraction | str | None = None,
    mask: np.ndarray | None = None,
    fixed: dict[tuple[int, int], Fraction] | None = None,
    statement: int = 0,
    height: Fraction = Fraction(1),
    sparse: bool = False,
) -> ProblemLayer:
    present = np.ones((units, inputs), dtype=bool) if mask is None else mask
    constant = np.full((units, inputs), Fraction(0), dtype=object)
    free = present.copy()
    for place, value in (fixed or {}).items():
        free[place] = False
        constant[place] = Fraction(value)
    return ProblemLayer(
        name, unit, units, inputs, domain, free, constant, ~present, bias, margin, statement, height=height, sparse=sparse
    )


def goal(
    *terms: Term | Quantity, sense: str = "minimize", constant: Fraction = Fraction(0), within: Fraction = Fraction(0)
) -> Goal:
    """A goal of terms, or of quantities with coefficient 1."""
    full = tuple(term if isinstance(term, Term) else Term(Fraction(1), term) for term in terms)
    return Goal(sense, full, constant, " + ".join(type(term.quantity).__name__ for term in full) or "none", within=within)


def bound(
    quantity: Quantity, sense: str, value: int | str | Fraction, rows: int = 1, coefficient: Fraction = Fraction(1)
) -> Constraint:
    """``coefficient * quantity sense value``."""
    name = type(quantity).__name__
    return Constraint((Term(coefficient, quantity),), sense, Fraction(value), rows, f"{name} {sense} {value}")


def problem(
    points: Sequence[Sequence[int | str | Fraction]],
    labels: Sequence[int],
    layers: Sequence[ProblemLayer],
    loss: str = "hamming",
    classes: int = 2,
    class_weights: Sequence[int | str | Fraction] | None = None,
    coefficient: Fraction = Fraction(1),
    constant: Fraction = Fraction(0),
    goals: Sequence[Goal] | None = None,
    constraints: Sequence[Constraint] = (),
    monotone: Sequence[Monotone] = (),
    columns: Sequence[int] | None = None,
) -> Problem:
    """Equal points are merged, in order of first appearance. Without ``goals`` the one goal is ``loss``. For regression
    ``classes`` is 0 and the labels are the numbers to be met."""
    rows = [tuple(Fraction(v) for v in row) for row in points]
    distinct = list(dict.fromkeys(rows))
    counts = np.zeros((len(distinct), classes or 1), dtype=np.int64)
    for row, label in zip(rows, labels, strict=True):
        counts[distinct.index(row), label if classes else 0] += 1
    weights = tuple(Fraction(w) for w in (class_weights or [1] * classes))
    if goals is None:
        goals = [goal(Term(Fraction(coefficient), Loss(loss, weights=weights)), constant=Fraction(constant))]
    titles = [f"layer {item.name}" for item in layers]
    titles += [item.text for item in (*goals, *constraints, *monotone)]
    after = itertools.count(len(layers))
    return Problem(
        layers=tuple(layers),
        patterns=ExactMatrix.from_fractions(distinct),
        counts=counts,
        classes=tuple(str(c) for c in range(classes)),
        inputs=tuple(f"x{j}" for j in range(len(rows[0]))),
        columns=tuple(range(len(rows[0])) if columns is None else columns),
        goals=tuple(goals),
        goal_statements=tuple(next(after) for _ in goals),
        statements=tuple(Statement(title, None) for title in titles),
        targets=None if classes else _targets(rows, labels, distinct),
        constraints=tuple(constraints),
        constraint_statements=tuple(next(after) for _ in constraints),
        monotone=tuple(monotone),
        monotone_statements=tuple(next(after) for _ in monotone),
    )


def _targets(rows: list[tuple[Fraction, ...]], labels: Sequence[int], distinct: list[tuple[Fraction, ...]]) -> Targets:
    pairs = Counter((distinct.index(row), Fraction(label)) for row, label in zip(rows, labels, strict=True))
    return Targets(
        pattern=np.array([p for p, _ in pairs], dtype=np.int64),
        value=np.array([value for _, value in pairs], dtype=object),
        count=np.array(list(pairs.values()), dtype=np.int64),
    )
