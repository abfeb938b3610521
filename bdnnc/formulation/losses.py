"""The two losses of networks with binary outputs, as costs on merged patterns.

hamming [KB21]: a wrong output bit costs its class weight. zero_one: a sample whose class's unit is not the only active one. On
merged patterns the costs of all samples of a pattern add up, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import INT64_SAFE
from bdnnc.formulation.sums import ratio
from bdnnc.ir.problem import Problem


@dataclass(frozen=True, slots=True, eq=False)
class LossCosts:
    """Costs as Fractions over one denominator. ``when_on`` and ``when_off``: (P, output units) integers, the cost of a pattern
    if the unit is active or not (hamming); ``per_class``: (P, C), the cost of failing the samples of a class (zero_one)."""

    when_on: NDArray[Any]
    when_off: NDArray[Any]
    per_class: NDArray[Any]
    denominator: int


def chooses_classes(problem: Problem) -> bool:
    """Whether the loss asks for a class instead of bits: zero_one on several output units. On one unit it is hamming."""
    return problem.loss == "zero_one" and problem.output_units > 1


def loss_costs(problem: Problem) -> LossCosts:
    weights = [problem.coefficient * weight for weight in problem.class_weights]
    denominator = lcm(*(weight.denominator for weight in weights))
    scaled = np.array([int(weight * denominator) for weight in weights], dtype=object)
    largest = max(abs(int(weight)) for weight in scaled) * problem.samples * (len(scaled) + 1)
    per_class = problem.counts * scaled.astype(np.int64) if largest < INT64_SAFE else problem.counts.astype(object) * scaled
    if problem.output_units == 1:
        return LossCosts(per_class[:, :1], per_class[:, 1:2], per_class, denominator)
    total = per_class.sum(axis=1, keepdims=True)
    return LossCosts(total - per_class, per_class, per_class, denominator)


def as_floats(costs: NDArray[Any], denominator: int) -> NDArray[np.float64]:
    """The costs as flat floats."""
    return ratio(costs, denominator).ravel()


def step_of(costs: NDArray[Any], denominator: int) -> Fraction:
    """The largest g with every integral combination of the costs in g Z."""
    return Fraction(int(np.gcd.reduce(costs.ravel())), denominator) if costs.size else Fraction(0)


def wanted(problem: Problem) -> NDArray[np.int8]:
    """(C, output units): which units shall be active for each class. One unit: active is the second class."""
    if problem.output_units == 1:
        return np.array([[0], [1]], dtype=np.int8)
    return np.eye(problem.output_units, dtype=np.int8)


def exact_objective(problem: Problem, active: NDArray[np.bool_]) -> Fraction:
    """The goal's exact value for the output activations ``active`` (P, output units) on the patterns."""
    costs = loss_costs(problem)
    if problem.loss == "hamming":
        total = int(np.where(active, costs.when_on, costs.when_off).sum())
    else:
        right = (active[:, None, :] == (wanted(problem) == 1)[None, :, :]).all(axis=2)  # (P, C)
        total = int(costs.per_class[~right].sum())
    return problem.constant + Fraction(total, costs.denominator)


def unavoidable_loss(problem: Problem) -> Fraction:
    """What every network pays: equal points with different labels can't all be right. A bound of the goal
    (docs/formulations.md, *Losses*)."""
    costs = loss_costs(problem)
    if problem.loss == "hamming":
        least = np.minimum(costs.when_on, costs.when_off).sum()
    else:
        least = (costs.per_class.sum(axis=1) - costs.per_class.max(axis=1)).sum()
    return problem.constant + Fraction(int(least), costs.denominator)
