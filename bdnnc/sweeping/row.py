"""A row of a sweep's table: a point of the grid and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import sqrt

from bdnnc.language.swept import SweptValue
from bdnnc.network.document import SetRecord
from bdnnc.sweeping.measurement import Measurement
from bdnnc.sweeping.pareto import front


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean over the folds, exactly, and the population deviation to 12 significant digits."""

    mean: Fraction
    deviation: Fraction

    @staticmethod
    def of(values: Sequence[Fraction]) -> Spread:
        mean = sum(values, Fraction(0)) / len(values)
        variance = sum(((value - mean) ** 2 for value in values), Fraction(0)) / len(values)
        return Spread(mean, Fraction(f"{sqrt(variance):.12g}"))


@dataclass(frozen=True, slots=True)
class Row:
    """``params``: the values of the point; ``whole``: the training on all training points, None where it was not begun;
    ``folds``: those without a fold each, in order. ``on_front``: whether no other row has both a smaller loss and a penalty
    that is not larger, or the other way round."""

    params: Mapping[str, SweptValue]
    whole: Measurement | None
    folds: tuple[Measurement | None, ...] = ()
    on_front: bool = False

    @property
    def has_network(self) -> bool:
        return self.whole is not None and self.whole.has_network

    @property
    def costs(self) -> tuple[Fraction, Fraction] | None:
        """Loss and penalty; None where one is not known."""
        if self.whole is None or self.whole.loss is None or self.whole.penalty is None:
            return None
        return self.whole.loss, self.whole.penalty

    @property
    def message(self) -> str:
        """Why there is no network, on all points or without a fold; empty where nothing is missing."""
        of_whole = "" if self.whole is None else self.whole.message
        of_folds = {k: found.message for k, found in enumerate(self.folds, 1) if found is not None}
        parts = [of_whole, *(f"fold {k}: {text}" for k, text in of_folds.items() if text not in ("", of_whole))]
        return "; ".join(filter(None, parts))

    @property
    def held_out(self) -> Mapping[str, Spread]:
        """``errors`` and ``accuracy``, for regression ``mean_absolute`` (of |a - y|): of each fold, by the network that was
        trained without it. Empty without folds, and where one of them has no network."""
        sets = [None if found is None else found.test for found in self.folds]
        known = [record for record in sets if record is not None]
        if not known or len(known) < len(sets):
            return {}
        names = ("mean_absolute",) if known[0].absolute is not None else ("errors", "accuracy")
        return {name: Spread.of([_figure(record, name) for record in known]) for name in names}


def _figure(record: SetRecord, name: str) -> Fraction:
    if name == "errors":
        return Fraction(record.errors or 0)
    return (record.accuracy if name == "accuracy" else mean_absolute(record)) or Fraction(0)


def mean_absolute(record: SetRecord) -> Fraction | None:
    """The mean of |a - y| on a set; None where there are classes."""
    return None if record.absolute is None else record.absolute / max(1, record.samples)


def with_front(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with those of the Pareto front of loss and penalty marked."""
    marks = front([row.costs for row in rows])
    return tuple(replace(row, on_front=mark) for row, mark in zip(rows, marks, strict=True))
