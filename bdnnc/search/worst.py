"""Worst cases of the first layer in a search: how far the pre-activations of many rows of weights fall and rise, in integers;
of a single linear layer, how far scores and their leads do.

Closed forms (`network/worst_values.reach`), rounded up to the grid of the layer: what seems kept is kept. Over a polytope
that is clipped, flat or of many inputs its box stands for it, so that the search finds less there than there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.worst.cases import worst_cases_of
from bdnnc.formulation.worst.side import Side
from bdnnc.ir.problem import Problem
from bdnnc.network.worst_values import reach
from bdnnc.search.kernels import Candidates, accumulated
from bdnnc.search.thresholds import Window
from bdnnc.uncertainty.leads import ahead, differences

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOISE = 1e-6
"""Of a step of the grid: what floats may be above an integer that they stand for."""


@dataclass(frozen=True, slots=True, eq=False)
class WorstGrid:
    """``falls``, ``rises``: the sets in each direction; ``weight_scale``, ``scale``: of weights and of pre-activations.
    ``gives_up``: points that change count as errors (`soft`); else none may change. ``share``: what of each worst case counts,
    less than 1 on the way to it."""

    falls: tuple[Side, ...]
    rises: tuple[Side, ...]
    weight_scale: int
    scale: int
    gives_up: bool
    share: float = 1.0

    def of(self, rows: Integers) -> tuple[Integers, Integers]:
        """How far each row of weights (rows, inputs) falls and rises: two (rows, patterns or 1)."""
        weights = rows / self.weight_scale
        return self._total(self.falls, weights), self._total(self.rises, weights)

    def _total(self, sides: tuple[Side, ...], weights: Floats) -> Integers:
        total = _reaches(sides, weights)
        return np.ceil(total.T * (self.scale * self.share) - NOISE).astype(np.int64)

    def sample(self, patterns: Integers) -> WorstGrid:
        """Of some patterns."""
        return replace(self, falls=_sampled(self.falls, patterns), rises=_sampled(self.rises, patterns))


@dataclass(frozen=True, slots=True, eq=False)
class WorstLeads:
    """``falls``, ``rises``: the sets in each direction, of the score of one linear unit or of the leads of several."""

    falls: tuple[Side, ...]
    rises: tuple[Side, ...]
    units: int

    def of(self, weights: Floats) -> Floats:
        """(classes, others, patterns or 1): how far moves can bring each other score ahead of that of the class, for weights
        (units, inputs); of one unit its score against 0, (2, 1, patterns or 1)."""
        rows = differences(weights) if self.units > 1 else weights
        fall, rise = (_reaches(sides, rows).T for sides in (self.falls, self.rises))
        if self.units == 1:
            return np.stack([rise, fall])
        return ahead(fall, rise, self.units)

    def sample(self, patterns: Integers) -> WorstLeads:
        """Of some patterns."""
        return replace(self, falls=_sampled(self.falls, patterns), rises=_sampled(self.rises, patterns))


def worst_leads(problem: Problem) -> WorstLeads | None:
    """The worst cases of a single linear layer; None for other networks, or where nothing moves or scores follow."""
    uncertainty = problem.uncertainty
    if uncertainty is None or uncertainty.sense == "adaptive" or problem.has_patterns:
        return None
    cases = worst_cases_of(uncertainty, problem.layers[0])
    return WorstLeads(cases.sides("fall"), cases.sides("rise"), problem.output_units)


def worst_grid(problem: Problem, weight_scale: int, scale: int) -> WorstGrid | None:
    """The worst cases of a problem; None where nothing moves, where activations follow the perturbation, or where there are
    none."""
    uncertainty = problem.uncertainty
    if uncertainty is None or uncertainty.sense == "adaptive" or not problem.has_patterns:
        return None
    cases = worst_cases_of(uncertainty, problem.layers[0])
    return WorstGrid(cases.sides("fall"), cases.sides("rise"), weight_scale, scale, uncertainty.sense == "soft")


def _reaches(sides: tuple[Side, ...], weights: Floats) -> Floats:
    """(patterns or 1, rows): how far each row of weights goes over all sets together."""
    parts = [reach(side, weights[:, list(side.moves.inputs)]) for side in sides]
    return parts[0] if len(parts) == 1 else sum(parts[1:], parts[0])


def _sampled(sides: tuple[Side, ...], patterns: Integers) -> tuple[Side, ...]:
    """The sets of some patterns."""

    def rows(box: ExactMatrix) -> ExactMatrix:
        return box if box.shape[0] == 1 else box.rows(patterns)

    return tuple(replace(s, moves=replace(s.moves, low=rows(s.moves.low), high=rows(s.moves.high))) for s in sides)


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """The lowest and highest pre-activations, bias aside, of each candidate, (candidates, patterns)."""

    lowest: Integers
    highest: Integers

    @staticmethod
    def of(worst: WorstGrid, row: Integers, sums: Integers, below: Integers, candidates: Candidates) -> Extremes:
        """Of the candidates of one unit with weights ``row`` and pre-activations ``sums``."""
        changed = sums + candidates.by[:, np.newaxis] * below[candidates.first]
        if candidates.by_second.any():
            changed += candidates.by_second[:, np.newaxis] * below[candidates.second]
        fall, rise = worst.of(candidates.rows(row))
        return Extremes(changed - fall, changed + rise)

    def changing(self, window: Window) -> Floats:
        """At how many patterns the unit changes over the set, (candidates, thresholds)."""
        ones = np.ones((1, self.lowest.shape[1]))
        return (accumulated(self.highest, ones, window) - accumulated(self.lowest, ones, window))[0]

    def costs(self, off: Floats, on: Floats, lost: Floats, window: Window) -> Floats:
        """(forms, candidates, thresholds): what the patterns cost, ``off`` (forms, patterns) where the unit is inactive over
        the set, ``on`` where it is active, and ``lost`` where it changes."""
        found = accumulated(self.highest, lost - off, window) + accumulated(self.lowest, on - lost, window)
        return found + off.sum(axis=1)[:, np.newaxis, np.newaxis]
