"""Small problems built by hand, and random ones, for the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bdnnc.exact import ExactMatrix
from bdnnc.ir.domains import ParameterDomain, from_declared
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Statement
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
) -> ProblemLayer:
    present = np.ones((units, inputs), dtype=bool) if mask is None else mask
    constant = np.full((units, inputs), Fraction(0), dtype=object)
    free = present.copy()
    for place, value in (fixed or {}).items():
        free[place] = False
        constant[place] = Fraction(value)
    return ProblemLayer(name, unit, units, inputs, domain, free, constant, ~present, bias, margin, statement)


def problem(
    points: Sequence[Sequence[int | str | Fraction]],
    labels: Sequence[int],
    layers: Sequence[ProblemLayer],
    loss: str = "hamming",
    classes: int = 2,
    class_weights: Sequence[int | str | Fraction] | None = None,
    coefficient: Fraction = Fraction(1),
    constant: Fraction = Fraction(0),
) -> Problem:
    """Equal points are merged, in order of first appearance."""
    rows = [tuple(Fraction(v) for v in row) for row in points]
    distinct = list(dict.fromkeys(rows))
    counts = np.zeros((len(distinct), classes), dtype=np.int64)
    for row, label in zip(rows, labels, strict=True):
        counts[distinct.index(row), label] += 1
    weights = tuple(Fraction(w) for w in (class_weights or [1] * classes))
    statements = (*(Statement(f"layer {item.name}", None) for item in layers), Statement("goal", None))
    return Problem(
        layers=tuple(layers),
        patterns=ExactMatrix.from_fractions(distinct),
        counts=counts,
        classes=tuple(str(c) for c in range(classes)),
        inputs=tuple(f"x{j}" for j in range(len(rows[0]))),
        loss=loss,
        class_weights=weights,
        coefficient=coefficient,
        constant=constant,
        goal_text=loss,
        goal_statement=len(layers),
        statements=statements,
    )
