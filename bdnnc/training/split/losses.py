"""What a network costs on each set of points, and on which of them it is right."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.ir.problem import Problem, Targets
from bdnnc.language.quantities import Errors, Loss, Term
from bdnnc.network import score
from bdnnc.network.evaluate import Output, last_output
from bdnnc.network.network import Network

Index = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def set_losses(network: Network, problem: Problem, sets: tuple[Index, ...]) -> list[Fraction]:
    """The exact loss of each set's samples: of the first goal, its errors where it has no loss, all errors (regression: the
    absolute loss) where it has neither. ``sets``: the patterns of each."""
    output, terms = last_output(network, problem.patterns), _terms(problem)
    return [
        score.terms_value(terms, _rows(output, members), problem.counts[members], _targets(problem, members))
        for members in sets
    ]


def _terms(problem: Problem) -> tuple[Term, ...]:
    own = score.loss_terms(problem.goals[0])
    return own or (Term(Fraction(1), Loss("absolute") if problem.is_regression else Errors(None)),)


def _rows(output: Output, members: Index) -> Output:
    return output.rows(members) if isinstance(output, ExactMatrix) else output[members]


def _targets(problem: Problem, members: Index) -> Targets | None:
    targets = problem.targets
    if targets is None:
        return None
    chosen = np.flatnonzero(np.isin(targets.pattern, members))
    pattern = np.searchsorted(members, targets.pattern[chosen])
    return replace(targets, pattern=pattern, value=targets.value[chosen], count=targets.count[chosen])


def right_patterns(network: Network | None, problem: Problem) -> Booleans | None:
    """(patterns,) where more samples are right than wrong; None without a network, and for regression."""
    if network is None or problem.is_regression:
        return None
    wrong = score.wrong(last_output(network, problem.patterns))
    return np.asarray((problem.counts * ~wrong).sum(axis=1) > (problem.counts * wrong).sum(axis=1), dtype=np.bool_)


def sides(problem: Problem, members: Index, right: Booleans | None) -> Booleans:
    """(members,) what a hyperplane through a set should separate: its right from its wrong patterns; where all are the same,
    its most frequent class from the others; of a regression the values above the set's median from the others."""
    if problem.targets is not None:
        mean = _means(problem.targets, problem.patterns.shape[0])[members]
        return np.asarray(mean > np.median(mean), dtype=np.bool_)
    if right is not None and right[members].any() and not right[members].all():
        return right[members]
    counts = problem.counts[members]
    most = int(counts.sum(axis=0).argmax())
    return np.asarray(2 * counts[:, most] > counts.sum(axis=1), dtype=np.bool_)


def _means(targets: Targets, patterns: int) -> NDArray[np.float64]:
    values = targets.value.astype(np.float64) * targets.count
    return np.bincount(targets.pattern, values, patterns) / np.maximum(1, np.bincount(targets.pattern, targets.count, patterns))
