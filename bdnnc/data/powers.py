"""`powers p`: inputs x, then all their squares, then all their cubes, .. up to x^p (the generative neurons of Self-ONNs)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bdnnc.data.columns import refuse_repeated_inputs
from bdnnc.data.dataset import Dataset, Samples
from bdnnc.data.inputs import Input
from bdnnc.data.merging import constant_columns, constant_note
from bdnnc.data.numbers import ExactColumn, assembled
from bdnnc.data.scaling import refuse_out_of_range
from bdnnc.diagnostics import Span
from bdnnc.exact import ExactMatrix


def with_powers(dataset: Dataset, highest: int, span: Span | None = None) -> Dataset:
    """The data set with inputs x, x^2, .. x^highest in all its sets: every input as it is, then every square, and so on.

    An input ``bmi`` becomes ``bmi^2``; patterns stay the same, in the same order. ``span`` is what errors point at: UserError
    E220 (a power of 1e300 or more in magnitude), E228 (a column that is called as a power of another).
    """
    if highest == 1:
        return dataset
    inputs = tuple(_power(given, power) for power in range(1, highest + 1) for given in dataset.inputs)
    refuse_repeated_inputs(inputs, span)
    train = _raised_samples(dataset.train, inputs, span)
    dead = constant_columns(train.X)
    before = np.tile(dataset.dead, highest)
    notes = constant_note(inputs, dead & ~before)
    return replace(
        dataset,
        inputs=inputs,
        train=train,
        validation=None if dataset.validation is None else _raised_samples(dataset.validation, inputs, span),
        test=None if dataset.test is None else _raised_samples(dataset.test, inputs, span),
        patterns=_raised(dataset.patterns, inputs, span),
        dead=dead,
        notes=dataset.notes + notes,
    )


def _power(given: Input, power: int) -> Input:
    return given if power == 1 else replace(given, name=f"{given.name}^{power}", power=given.power * power)


def _raised_samples(samples: Samples, inputs: tuple[Input, ...], span: Span | None) -> Samples:
    return replace(samples, X=_raised(samples.X, inputs, span))


def _raised(X: ExactMatrix, inputs: tuple[Input, ...], span: Span | None) -> ExactMatrix:
    """``X`` (rows, inputs before powers) with a column for each of ``inputs``."""
    rows, width = X.shape
    columns = [
        ExactColumn(X.numerators[:, j % width], X.denominators[j % width]).to_the(j // width + 1) for j in range(len(inputs))
    ]
    refuse_out_of_range(columns, inputs, span)
    return assembled(columns, rows)
