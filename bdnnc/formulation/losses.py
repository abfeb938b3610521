"""Costs of the losses on merged patterns, exactly, and what no network can avoid.

hamming [KB21]: a wrong output bit costs its class weight. zero_one: a point that is wrong costs its class weight. On merged
patterns the costs of all samples of a pattern add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import INT64_SAFE, weighted_median
from bdnnc.formulation.sums import ratio
from bdnnc.ir.problem import Problem, Targets
from bdnnc.language.quantities import Errors, Loss


@dataclass(frozen=True, slots=True, eq=False)
class ClassCosts:
    """What the samples of a class in a pattern cost if they are wrong: ``per_class`` (P, C) integers over ``denominator``."""

    per_class: NDArray[Any]
    denominator: int

    def step_of(self, costs: NDArray[Any]) -> Fraction:
        """The largest g with every integral combination of some costs in g Z."""
        return Fraction(int(np.gcd.reduce(costs.ravel())), self.denominator) if costs.size else Fraction(0)

    def floats(self, costs: NDArray[Any]) -> NDArray[np.float64]:
        return ratio(costs, self.denominator).ravel()

    def total(self, costs: NDArray[Any]) -> Fraction:
        return Fraction(int(costs.sum()), self.denominator)


def class_costs(problem: Problem, quantity: Loss | Errors) -> ClassCosts:
    """The costs of a loss, or of errors (1 each, of one class or of all)."""
    weights = _weights(problem, quantity)
    denominator = lcm(*(weight.denominator for weight in weights))
    scaled = np.array([int(weight * denominator) for weight in weights], dtype=object)
    largest = max(abs(int(weight)) for weight in scaled) * problem.samples * (len(scaled) + 1)
    counts = problem.counts
    per_class = counts * scaled.astype(np.int64) if largest < INT64_SAFE else counts.astype(object) * scaled
    return ClassCosts(per_class, denominator)


def _weights(problem: Problem, quantity: Loss | Errors) -> Sequence[Fraction]:
    classes = range(len(problem.classes))
    if isinstance(quantity, Errors):
        return [Fraction(quantity.of is None or place == quantity.of) for place in classes]
    assert isinstance(quantity.weights, tuple)
    return quantity.weights


def wanted(problem: Problem) -> NDArray[np.int8]:
    """(C, output units): which units shall be active for each class. One unit: active is the second class."""
    if problem.output_units == 1:
        return np.array([[0], [1]], dtype=np.int8)
    return np.eye(problem.output_units, dtype=np.int8)


def bit_costs(problem: Problem, costs: ClassCosts) -> tuple[NDArray[Any], NDArray[Any]]:
    """(P, output units) each: the cost of a pattern if the unit is active, and if it is not."""
    per_class = costs.per_class
    if problem.output_units == 1:
        return per_class[:, :1], per_class[:, 1:2]
    return per_class.sum(axis=1, keepdims=True) - per_class, per_class


def unavoidable(problem: Problem, quantity: Loss | Errors) -> Fraction:
    """What every network pays: equal points with different labels can't all be right (docs/formulations.md, *Losses*).

    A hinge pays nothing that can be told without the network, an absolute loss the distances from the weighted medians.
    """
    if isinstance(quantity, Loss) and quantity.kind == "absolute":
        return Fraction(0) if problem.targets is None else _from_medians(problem.targets)
    if isinstance(quantity, Loss) and quantity.kind not in ("hamming", "zero_one"):
        return Fraction(0)
    costs = class_costs(problem, quantity)
    if isinstance(quantity, Loss) and quantity.kind == "hamming":
        return costs.total(np.minimum(*bit_costs(problem, costs)))
    return costs.total(costs.per_class.sum(axis=1) - costs.per_class.max(axis=1))


def _from_medians(targets: Targets) -> Fraction:
    """The least sum of count |a - y| if every pattern had its own a: a weighted median each."""
    by_pattern: dict[int, list[tuple[Fraction, int]]] = {}
    several = np.bincount(targets.pattern)[targets.pattern] > 1
    columns = targets.pattern[several].tolist(), targets.value[several], targets.count[several].tolist()
    for pattern, value, count in zip(*columns, strict=True):
        by_pattern.setdefault(pattern, []).append((Fraction(value), count))
    return sum((_spread(members) for members in by_pattern.values()), Fraction(0))


def _spread(members: Sequence[tuple[Fraction, int]]) -> Fraction:
    median = weighted_median(members)
    return sum((abs(value - median) * count for value, count in members), Fraction(0))
