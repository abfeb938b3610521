"""Goals with the weights of classes worked out on the data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bdnnc.data.dataset import Dataset
from bdnnc.language.quantities import Goal, Loss


def weighted_goal(goal: Goal, dataset: Dataset) -> Goal:
    """The goal, its loss with one weight a class; `absolute` has none."""
    return replace(
        goal,
        terms=tuple(
            replace(term, quantity=replace(term.quantity, weights=_class_weights(term.quantity, dataset)))
            if isinstance(term.quantity, Loss)
            else term
            for term in goal.terms
        ),
    )


def _class_weights(loss: Loss, dataset: Dataset) -> tuple[Fraction, ...]:
    """1 each, as listed, or N / (C n_c) over the training points before merging (0 for a class without any)."""
    classes = len(dataset.classes)
    if loss.kind == "absolute":
        return ()
    if loss.weights is None:
        return (Fraction(1),) * classes
    if loss.weights == "balanced":
        per_class = [int(n) for n in dataset.counts.sum(axis=0)]
        return tuple(Fraction(sum(per_class), classes * n) if n else Fraction(0) for n in per_class)
    return loss.weights
