"""Exact losses of what a network's last layer gives, on labelled samples or merged patterns.

``output`` is (rows, units): bool, which units are active, of a step or sign layer; an ExactMatrix, the values a, of a linear
one. ``counts`` is (rows, classes): how many samples of each class a row stands for. With C units unit c speaks for class c; one
unit speaks for the second of two classes.

- `hamming` (step, sign): units that are not as they should be.
- `zero_one`: 1 where not exactly the true unit is active; one linear unit: the second class is right iff a >= 0, the first iff
  a < 0; C linear units: right iff the true value is larger than each other.
- `hinge(m)` (linear): max(0, m - y a) with y = +1 for the second class and -1 for the first; C units: max(0, m + the largest
  other value - the true one).
- `absolute` (one linear unit): |a - y|.

Where inputs move each class may see other values: a tuple holds the ``output`` for each of them (see `worst_scores`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.dataset import Samples
from bdnnc.diagnostics import InternalError
from bdnnc.exact import INT64_SAFE, ExactMatrix, IntArray
from bdnnc.ir.class_weights import class_weights
from bdnnc.ir.problem import Targets
from bdnnc.language.quantities import Errors, Goal, Loss, Term
from bdnnc.network.evaluate import Booleans, Output, classes_of

Integers = NDArray[np.int64]
Seen = Output | tuple[ExactMatrix, ...]
"""What the last layer gives, or what it gives in the eyes of each class."""


# --- labels ---------------------------------------------------------------------------------------------------------


def counts_of(y: Integers, classes: int) -> Integers:
    """The counts of unmerged samples of classes ``y`` (samples,): one 1 a row."""
    return (y[:, np.newaxis] == np.arange(classes)[np.newaxis, :]).astype(np.int64)


def targets_of(samples: Samples) -> Targets | None:
    """The targets of unmerged samples, each its own row; None where they have classes."""
    if samples.targets is None:
        return None
    rows = len(samples.targets)
    return Targets(np.arange(rows, dtype=np.int64), samples.targets, np.ones(rows, dtype=np.int64))


# --- what a row costs, were it of each class ------------------------------------------------------------------------


def wrong_bits(active: Booleans) -> Integers:
    """The number of units that are not as class c wants them, (rows, classes)."""
    if active.shape[1] == 1:
        return np.hstack([active, ~active]).astype(np.int64)
    return active.sum(axis=1, dtype=np.int64)[:, np.newaxis] + 1 - 2 * active.astype(np.int64)


def wrong(output: Seen) -> Booleans:
    """Whether a row is an error were it of class c, (rows, classes); a tie is one."""
    if isinstance(output, tuple):
        return np.stack([wrong(own)[:, c] for c, own in enumerate(output)], axis=1)
    if not isinstance(output, ExactMatrix):
        return wrong_bits(output) > 0
    values, _ = output.over_one_denominator()
    if values.shape[1] == 1:
        above = np.asarray(values >= 0, dtype=np.bool_)
        return np.hstack([above, ~above])
    return np.asarray(values <= _largest_others(values), dtype=np.bool_)


def hinge(output: ExactMatrix | tuple[ExactMatrix, ...], margin: Fraction) -> tuple[IntArray, int]:
    """``(N, D)`` with the hinge loss of a row, were it of class c, N[row, c] / D."""
    if isinstance(output, tuple):
        parts = [hinge(own, margin) for own in output]
        common = lcm(*(denominator for _, denominator in parts))
        columns = [_multiplied(costs[:, c], common // below) for c, (costs, below) in enumerate(parts)]
        return np.stack(columns, axis=1), common
    values, denominator = output.over_one_denominator()
    common = lcm(denominator, margin.denominator)
    values = _multiplied(values, common // denominator)
    needed = margin.numerator * (common // margin.denominator)
    if abs(needed) >= INT64_SAFE // 2:
        values = values.astype(object)
    if values.shape[1] == 1:
        return np.maximum(np.hstack([needed + values, needed - values]), 0), common
    return np.maximum(needed + (_largest_others(values) - values), 0), common


def _largest_others(values: IntArray) -> IntArray:
    """The largest value among the other units, (rows, units)."""
    ordered = np.sort(values, axis=1)
    top, second = ordered[:, -1:], ordered[:, -2:-1]
    return np.where(values == top, second, top)


def _multiplied(values: IntArray, factor: int) -> IntArray:
    """values factor, in int64 where sums of four cannot overflow."""
    largest = max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0
    if values.dtype != object and largest * factor >= INT64_SAFE // 4:
        values = values.astype(object)
    return values * factor if factor != 1 else values


# --- losses ---------------------------------------------------------------------------------------------------------


def loss(kind: Loss, output: Seen, counts: Integers, targets: Targets | None = None, lost: Booleans | None = None) -> Fraction:
    """The value of a loss of the language, class weights included (`balanced` by ``counts``).

    ``targets`` for `absolute`; ``lost``: (rows, classes), what counts as an error whatever the output. Raises
    InternalError for a loss that the last layer doesn't have.
    """
    if kind.kind == "absolute":
        if targets is None:
            raise InternalError("absolute is measured against targets")
        return absolute(output, targets)
    weights = class_weights(kind.weights, counts.sum(axis=0).tolist())
    if kind.kind == "zero_one":
        return _weighted(_with_lost(wrong(output), lost).astype(np.int64), 1, counts, weights)
    if kind.kind == "hamming" and not isinstance(output, ExactMatrix | tuple):
        bits = wrong_bits(output)
        return _weighted(bits if lost is None else np.maximum(bits, lost), 1, counts, weights)
    if kind.kind == "hinge" and isinstance(output, ExactMatrix | tuple):
        return _weighted(*hinge(output, kind.margin), counts, weights)
    raise InternalError(f"this last layer has no {kind.kind}")


def absolute(output: Seen, targets: Targets) -> Fraction:
    """The sum of |a - y| over the targets. Raises InternalError where the last layer is not linear."""
    return sum((Fraction(value) for value in absolute_errors(output, targets) * targets.count.astype(object)), Fraction(0))


def absolute_errors(output: Seen, targets: Targets) -> NDArray[np.object_]:
    """|a - y| for each target, Fractions; the largest of several."""
    if isinstance(output, tuple):
        return np.max([absolute_errors(own, targets) for own in output], axis=0)
    if not isinstance(output, ExactMatrix):
        raise InternalError("absolute is a loss of linear units")
    values = output.numerators[targets.pattern, 0].astype(object) * Fraction(1, output.denominators[0])
    return np.abs(values - targets.value)


def errors(output: Output, counts: Integers, of: int | None = None, lost: Booleans | None = None) -> int:
    """The samples that `zero_one` counts, unweighted; ``of``: those of one class; ``lost``: see `loss`."""
    amount = _with_lost(wrong(output), lost) * counts
    return int(amount.sum() if of is None else amount[:, of].sum())


def _with_lost(wrong_rows: Booleans, lost: Booleans | None) -> Booleans:
    return wrong_rows if lost is None else wrong_rows | lost


def loss_terms(goal: Goal) -> tuple[Term, ...]:
    """The terms that are the loss of a goal: its losses; where it has none, its errors."""
    losses = tuple(term for term in goal.terms if isinstance(term.quantity, Loss))
    return losses or tuple(term for term in goal.terms if isinstance(term.quantity, Errors))


def terms_value(terms: Iterable[Term], output: Output, counts: Integers, targets: Targets | None = None) -> Fraction:
    """The sum of losses and errors with their coefficients. Raises InternalError on other quantities."""
    total = Fraction(0)
    for term in terms:
        if isinstance(term.quantity, Loss):
            total += term.coefficient * loss(term.quantity, output, counts, targets)
        elif isinstance(term.quantity, Errors):
            total += term.coefficient * errors(output, counts, term.quantity.of)
        else:
            raise InternalError(f"{term.quantity} is no loss")
    return total


def resolved(terms: Iterable[Term], sizes: Sequence[int]) -> tuple[Term, ...]:
    """The terms with their `balanced` weights as numbers; ``sizes``: the training points of each class."""
    return tuple(
        replace(term, quantity=replace(term.quantity, weights=class_weights("balanced", sizes))) if is_balanced(term) else term
        for term in terms
    )


def is_balanced(term: Term) -> bool:
    """Whether the term is a loss whose weights depend on the training points."""
    return isinstance(term.quantity, Loss) and term.quantity.weights == "balanced"


def _weighted(costs: IntArray, denominator: int, counts: Integers, weights: Sequence[Fraction]) -> Fraction:
    """The sum over rows and classes of weight times count times cost / denominator."""
    large = costs.dtype == object or (costs.size > 0 and int(costs.max()) * int(counts.sum()) >= INT64_SAFE)
    amounts = (costs.astype(object) if large else costs) * counts
    by_class = [int(amounts[:, c].sum()) for c in range(counts.shape[1])]
    return sum((w * amount for w, amount in zip(weights, by_class, strict=True)), Fraction(0)) / denominator


# --- beside the losses ----------------------------------------------------------------------------------------------


def right_predictions(output: Output, y: Integers) -> int:
    """The samples for which the class of the first largest output is theirs."""
    return int((classes_of(output) == y).sum())


def accuracy(output: Output, y: Integers) -> Fraction:
    """The share of right predictions; 0 of no samples is 0."""
    return Fraction(right_predictions(output, y), max(1, len(y)))


def confusion(output: Output, y: Integers, classes: int) -> Integers:
    """``[true class, predicted class]`` -> number of samples, (classes, classes)."""
    pairs = y * classes + classes_of(output)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes).astype(np.int64)
