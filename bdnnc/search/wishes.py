"""A smooth stand-in for the losses of a goal: what each pattern wishes its outputs to be, and how much.

step, sign     on (units, patterns), off: log-loss of each bit, weighted by what it costs to be off, or on
linear         for (classes, patterns): cross-entropy of the scores, weighted by what an error of the class costs
               values: the absolute deviation itself
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bdnnc.search.costs import BitCosts, ValueCosts
from bdnnc.search.model import SearchModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Wishes(Protocol):
    def slope(self, normed: Floats, spread: Floats, heat: float, rows: Integers) -> tuple[Floats, float]:
        """The slope of the mean loss of a batch in ``normed`` (units, batch), and in the logarithm of ``heat``, by which a
        score is multiplied. ``rows``: the patterns; ``spread`` (units, 1): what turns ``normed`` into sums."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BitWishes:
    """``on``, ``off``: (units, patterns)."""

    on: Floats
    off: Floats

    def slope(self, normed: Floats, spread: Floats, heat: float, rows: Integers) -> tuple[Floats, float]:
        chance = 1 / (1 + np.exp(-np.clip(heat * normed, -30, 30)))
        of_scores = (self.off[:, rows] * chance - self.on[:, rows] * (1 - chance)) / len(rows)
        return heat * of_scores, float((of_scores * heat * normed).sum())


@dataclass(frozen=True, slots=True, eq=False)
class ClassWishes:
    """``for_class``: (classes, patterns). A single output is the score of the second class, the first has 0."""

    for_class: Floats

    def slope(self, normed: Floats, spread: Floats, heat: float, rows: Integers) -> tuple[Floats, float]:
        scores = heat * (normed if len(normed) > 1 else np.vstack([np.zeros_like(normed), normed]))
        chances = np.exp(scores - scores.max(axis=0))
        chances /= chances.sum(axis=0)
        wanted = self.for_class[:, rows]
        of_scores = (chances * wanted.sum(axis=0) - wanted) / len(rows)
        return heat * of_scores[-len(normed) :], float((of_scores * scores).sum())


@dataclass(frozen=True, slots=True, eq=False)
class ValueWishes:
    """``value``, ``count`` of the targets of ``pattern``; ``scale``: of sums; ``unit``: what counts as 1 of a value."""

    pattern: Integers
    value: Floats
    count: Floats
    scale: float
    patterns: int

    def slope(self, normed: Floats, spread: Floats, heat: float, rows: Integers) -> tuple[Floats, float]:
        place = np.full(self.patterns, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        there = place[self.pattern] >= 0
        at = place[self.pattern[there]]
        values = (normed * spread)[0] / self.scale
        sides = self.count[there] * np.sign(values[at] - self.value[there])
        return np.bincount(at, sides, len(rows))[np.newaxis] / len(rows), 0.0


def wishes_of(model: SearchModel) -> Wishes:
    """Those of the goal, which counts losses; scaled so that a pattern wishes 1 in the mean."""
    costs = model.costs
    if isinstance(costs, BitCosts):
        bits = costs.bits[0]
        on, off = np.maximum(0.0, -bits), np.maximum(0.0, bits)
        if costs.states is not None:
            right = np.maximum(0.0, costs.states[0, -1] - costs.states[0, :-1])
            on, off = on + right, off + right.sum(axis=0) - right
        size = float((on + off).sum()) / on.size or 1.0
        return BitWishes(on / size, off / size)
    if costs.deviations[0]:
        return _of_values(costs, model)
    for_class = costs.wrong[0] + sum(table[0] for _, table in costs.hinges)
    size = float(for_class.sum()) / for_class.shape[1] or 1.0
    return ClassWishes(for_class / size)


def _of_values(costs: ValueCosts, model: SearchModel) -> ValueWishes:
    return ValueWishes(
        costs.target_pattern, costs.target_value, costs.target_count, float(model.layers[-1].scale), model.X.shape[1]
    )
