"""What the checker may know of each pair of classes."""

from __future__ import annotations

from dataclasses import replace

from bdnnc.data.dataset import Dataset
from bdnnc.data.load import facts
from bdnnc.data.pairs import of_pair, pairs_of, refuse_empty_pairs
from bdnnc.language.spec import Facts


def facts_of_pairs(dataset: Dataset, known: Facts) -> tuple[Facts, ...]:
    """The facts of the points of each pair, in the order of `pairs_of`; ``known`` are those of all points. Raises UserError
    E230 where a pair has no training point."""
    refuse_empty_pairs(dataset, known.span)
    return tuple(facts_of_pair(of_pair(dataset, pair), known) for pair in pairs_of(len(dataset.classes)))


def facts_of_pair(part: Dataset, known: Facts) -> Facts:
    """The facts of a pair; ``part``: its points, with or without the powers of their inputs."""
    found = facts(part, known.span)
    return replace(found, inputs=known.inputs, input_columns=known.input_columns, whole=known.every_class)
