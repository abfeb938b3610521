"""Batches: a problem on some of the training points, with the margins, ranges and class weights of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation, formulate
from bdnnc.formulation.passes import run_passes
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.problem import Problem, Targets

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some training points. ``patterns``: which patterns take part, ascending; ``counts``: (len(patterns), classes) how many of
    their samples; ``target_counts``: (targets,) the same of the targets of a regression, else None."""

    patterns: Index
    counts: Index
    target_counts: Index | None = None

    @property
    def samples(self) -> int:
        return int(self.counts.sum())


def whole(problem: Problem) -> Batch:
    """All training points."""
    patterns = np.arange(problem.patterns.shape[0])
    return Batch(patterns, problem.counts, None if problem.targets is None else problem.targets.count)


def only(problem: Problem, patterns: Index) -> Batch:
    """All training points of some patterns (ascending)."""
    targets = problem.targets
    if targets is None:
        return Batch(patterns, problem.counts[patterns])
    return Batch(patterns, problem.counts[patterns], np.where(np.isin(targets.pattern, patterns), targets.count, 0))


def random_batches(problem: Problem, size: int, seed: Sequence[int]) -> list[Batch]:
    """The training points in random order, cut into batches of ``size`` points; the last may have fewer."""
    if size >= problem.samples:
        return [whole(problem)]
    targets = problem.targets
    amounts = problem.counts.ravel() if targets is None else targets.count
    point = np.repeat(np.arange(len(amounts)), amounts)
    point = np.random.default_rng(list(seed)).permutation(point)
    return [_batch(problem, part, len(amounts)) for part in np.split(point, np.arange(size, len(point), size))]


def _batch(problem: Problem, points: Index, kinds: int) -> Batch:
    """``points``: for each sample which (pattern, class), or which target, it is."""
    amounts = np.bincount(points, minlength=kinds)
    if problem.targets is None:
        counts = amounts.reshape(problem.counts.shape)
    else:
        by_pattern = np.bincount(problem.targets.pattern, amounts, minlength=problem.patterns.shape[0])
        counts = by_pattern.astype(np.int64)[:, None]
    patterns = np.flatnonzero(counts.any(axis=1))
    return Batch(patterns, counts[patterns], None if problem.targets is None else amounts)


def formulated(formulation: Formulation, batch: Batch) -> Formulation:
    """The same goal on a batch. Everything that margins, bias ranges and big-M rest on is that of all points, so that the
    networks are the same ones; losses and errors count the batch alone, as bounds of constraints do not."""
    problem = formulation.problem
    if len(batch.patterns) == problem.patterns.shape[0] and batch.samples == problem.samples:
        return formulation
    restricted = replace(
        problem,
        patterns=problem.patterns.rows(batch.patterns),
        counts=batch.counts,
        targets=None if problem.targets is None else _targets(problem.targets, batch),
    )
    rows = problem.patterns.shape[0]
    plans = tuple(_plan(plan, batch.patterns, rows) for plan in formulation.plans)
    found = formulate(restricted, formulation.program.name, formulation.stage, formulation.reached, plans)
    return run_passes(found)


def _targets(targets: Targets, batch: Batch) -> Targets:
    assert batch.target_counts is not None
    chosen = np.flatnonzero(batch.target_counts)
    pattern = np.searchsorted(batch.patterns, targets.pattern[chosen])
    return Targets(pattern, targets.value[chosen], batch.target_counts[chosen])


def _plan(plan: LayerPlan, patterns: Index, rows: int) -> LayerPlan:
    """The plan of a layer on some patterns; deeper layers have one row for all."""
    sums, found = plan.sums, plan.thresholds
    return replace(
        plan,
        sums=replace(
            sums,
            origin=_rows(sums.origin, patterns, rows),
            step=_rows(sums.step, patterns, rows),
            low=_rows(sums.low, patterns, rows),
            high=_rows(sums.high, patterns, rows),
            discrete=_rows(sums.discrete, patterns, rows),
            absolute=_rows(sums.absolute, patterns, rows),
        ),
        thresholds=replace(
            found,
            active=_rows(found.active, patterns, rows),
            inactive=_rows(found.inactive, patterns, rows),
            decided=_rows(found.decided, patterns, rows),
        ),
    )


def _rows(table: NDArray[Any], patterns: Index, rows: int) -> NDArray[Any]:
    return table[patterns] if table.shape[0] == rows else table
