"""What the outputs on each pattern cost, for all forms at once.

``outputs`` of step and sign units are (units, patterns) bools, of linear units (units, patterns) floats, the values a. The
semantics of the losses are those of `network/score.py`, here in floats and over all patterns at once; what a search finds is
measured again there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.class_weights import class_weights
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Errors, Loss
from bdnnc.search.forms import DataTerm, Form

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class BitCosts:
    """Costs of outputs that are bits: ``base`` (forms, patterns) if all are off, ``bits`` (forms, units, patterns) what each
    unit adds when it is on; ``states`` (forms, classes + 1, patterns) by which class's unit alone is on, the last where none or
    several are; None where nothing counts that."""

    base: Floats
    bits: Floats
    states: Floats | None

    def of(self, outputs: Booleans | Floats, ahead: Floats | None = None) -> Floats:
        """(forms, patterns). ``ahead`` is of linear units only."""
        assert ahead is None
        found = self.base + np.einsum("fop,op->fp", self.bits, outputs)
        if self.states is not None:
            alone = outputs.sum(axis=0) == 1
            state = np.asarray(np.where(alone, outputs.argmax(axis=0), outputs.shape[0]), dtype=np.int64)
            found += self.states[:, state, np.arange(outputs.shape[1])]
        return found

    def sample(self, patterns: Integers, times: float) -> BitCosts:
        """The costs of some patterns, each ``times`` as dear."""
        states = None if self.states is None else self.states[:, :, patterns] * times
        return BitCosts(self.base[:, patterns] * times, self.bits[:, :, patterns] * times, states)


@dataclass(frozen=True, slots=True, eq=False)
class ValueCosts:
    """Costs of linear outputs. ``wrong`` (forms, classes, patterns): of an error were the pattern of a class; ``hinges``: for
    each margin the same of a unit of hinge loss; ``deviations`` (forms,): of a unit of |a - y|, over ``targets``."""

    wrong: Floats
    hinges: tuple[tuple[float, Floats], ...]
    deviations: Floats
    target_pattern: Integers
    target_value: Floats
    target_count: Floats

    def of(self, outputs: Booleans | Floats, ahead: Floats | None = None) -> Floats:
        """(forms, patterns). ``outputs`` (units, patterns); ``ahead``: how far moves take them against each class, as
        `WorstLeads.of` has it."""
        outputs = outputs.astype(np.float64, copy=False)
        found = np.zeros((len(self.wrong), outputs.shape[1]))
        low = high = outputs
        if outputs.shape[0] == 1:
            if ahead is not None:
                low, high = outputs - ahead[1], outputs + ahead[0]
            lead = np.concatenate([-high, low])
            errors = np.concatenate([high >= 0, low < 0])
        else:
            lead = outputs - _largest_others(outputs) if ahead is None else _least_leads(outputs, ahead)
            errors = lead <= 0
        if self.wrong.any():
            found += np.einsum("fcp,cp->fp", self.wrong, errors)
        for margin, weight in self.hinges:
            found += np.einsum("fcp,cp->fp", weight, np.maximum(0.0, margin - lead))
        if len(self.target_pattern):
            above, below = high[0, self.target_pattern] - self.target_value, self.target_value - low[0, self.target_pattern]
            off = self.target_count * np.maximum(above, below)
            found += self.deviations[:, np.newaxis] * np.bincount(self.target_pattern, off, outputs.shape[1])
        return found

    def sample(self, patterns: Integers, times: float) -> ValueCosts:
        """The costs of some patterns (distinct, ascending), each ``times`` as dear."""
        place = np.searchsorted(patterns, self.target_pattern).clip(max=len(patterns) - 1)
        kept = patterns[place] == self.target_pattern
        return ValueCosts(
            self.wrong[:, :, patterns] * times,
            tuple((margin, weight[:, :, patterns] * times) for margin, weight in self.hinges),
            self.deviations * times,
            place[kept],
            self.target_value[kept],
            self.target_count[kept],
        )


Costs = BitCosts | ValueCosts


def costs_of(forms: Sequence[Form], problem: Problem) -> Costs:
    """The costs of all forms, (forms, ..)."""
    counts = problem.counts.T.astype(np.float64)
    sizes: list[int] = problem.counts.sum(axis=0).tolist()
    if problem.layers[-1].unit == "linear":
        return _value_costs(forms, problem, counts, sizes)
    units, patterns = problem.output_units, counts.shape[1]
    base, bits = np.zeros((len(forms), patterns)), np.zeros((len(forms), units, patterns))
    states = np.zeros((len(forms), units + 1, patterns))
    for place, form in enumerate(forms):
        for term in form.data:
            weighted = _weighted(term, counts, sizes)
            if units == 1:
                base[place] += weighted[1]
                bits[place, 0] += weighted[0] - weighted[1]
            elif isinstance(term[1], Loss) and term[1].kind == "hamming":
                base[place] += weighted.sum(axis=0)
                bits[place] += weighted.sum(axis=0) - 2 * weighted
            else:
                states[place] += weighted.sum(axis=0)
                states[place, :-1] -= weighted
    return BitCosts(base, bits, states if states.any() else None)


def lost_costs(forms: Sequence[Form], problem: Problem) -> Floats:
    """(forms, patterns): what a pattern costs in worst cases whose points all count as errors."""
    counts = problem.counts.T.astype(np.float64)
    sizes: list[int] = problem.counts.sum(axis=0).tolist()
    found = np.zeros((len(forms), counts.shape[1]))
    for place, form in enumerate(forms):
        for term in form.data:
            if not term[1].nominal:
                found[place] += _weighted(term, counts, sizes).sum(axis=0)
    return found


def _value_costs(forms: Sequence[Form], problem: Problem, counts: Floats, sizes: list[int]) -> ValueCosts:
    wrong = np.zeros((len(forms), *counts.shape))
    hinges: dict[Fraction, Floats] = {}
    deviations = np.zeros(len(forms))
    for place, form in enumerate(forms):
        for coefficient, quantity in form.data:
            if isinstance(quantity, Loss) and quantity.kind == "absolute":
                deviations[place] += float(coefficient)
                continue
            table = wrong
            if isinstance(quantity, Loss) and quantity.kind == "hinge":
                table = hinges.setdefault(quantity.margin, np.zeros_like(wrong))
            table[place] += _weighted((coefficient, quantity), counts, sizes)
    targets = problem.targets
    return ValueCosts(
        wrong=wrong,
        hinges=tuple((float(margin), table) for margin, table in hinges.items()),
        deviations=deviations,
        target_pattern=np.zeros(0, dtype=np.int64) if targets is None else targets.pattern,
        target_value=np.zeros(0) if targets is None else targets.value.astype(np.float64),
        target_count=np.zeros(0) if targets is None else targets.count.astype(np.float64),
    )


def _weighted(term: DataTerm, counts: Floats, sizes: list[int]) -> Floats:
    """(classes, patterns): what an error of a pattern's points of a class costs."""
    coefficient, quantity = term
    if isinstance(quantity, Errors):
        weights = [Fraction(quantity.of is None or quantity.of == c) for c in range(len(sizes))]
    else:
        weights = list(class_weights(quantity.weights, sizes))
    return counts * np.array([float(coefficient * weight) for weight in weights])[:, np.newaxis]


def _least_leads(outputs: Floats, ahead: Floats) -> Floats:
    """By how much each score is above every other wherever the points move, (units, patterns)."""
    leads = outputs[:, np.newaxis] - outputs[np.newaxis] - ahead
    leads[np.arange(len(outputs)), np.arange(len(outputs))] = np.inf
    return np.asarray(leads.min(axis=1), dtype=np.float64)


def _largest_others(outputs: Floats) -> Floats:
    """The largest value among the other units, (units, patterns)."""
    ordered = np.sort(outputs, axis=0)
    top, second = ordered[-1], ordered[-2]
    return np.asarray(np.where(outputs == top, second, top), dtype=np.float64)
