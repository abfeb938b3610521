"""Goals with the weights of classes worked out on the data."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from bdnnc.data.dataset import Dataset
from bdnnc.ir.class_weights import class_weights
from bdnnc.language.quantities import Goal, Loss


def weighted_goal(goal: Goal, dataset: Dataset) -> Goal:
    """The goal, its loss with one weight a class; `absolute` has none."""
    return replace(
        goal,
        terms=tuple(
            replace(term, quantity=replace(term.quantity, weights=_weights(term.quantity, dataset)))
            if isinstance(term.quantity, Loss)
            else term
            for term in goal.terms
        ),
    )


def _weights(loss: Loss, dataset: Dataset) -> tuple[Fraction, ...]:
    return () if loss.kind == "absolute" else class_weights(loss.weights, dataset.counts.sum(axis=0).tolist())
