"""The `robust` block on points: what each of them may become, in scaled units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from bdnnc.data.dataset import Dataset, Samples
from bdnnc.data.inputs import Above, Input, Scaled
from bdnnc.data.numbers import ExactColumn, assembled, reduced
from bdnnc.data.scaling import transformed
from bdnnc.diagnostics import Diagnostic, InternalError, Label, Span, UserError
from bdnnc.exact import ExactMatrix, IntArray, decimal_text, narrowed
from bdnnc.language.robustness import Ball, BoxSet, BudgetSet, Clip, FlipSet, Perturbation, PolytopeSet, Robustness
from bdnnc.posing.arrays import fault, read_matrix
from bdnnc.uncertainty.exact_lp import enclosing_box
from bdnnc.uncertainty.sets import L1, L2, AtMost, Coupling, Moves, Polytope, Uncertainty
from bdnnc.uncertainty.support import GRID_LIMIT, grid_size


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """``X``: (P, inputs) as the first layer sees them; ``raw``: before scaling, None where nobody needs it."""

    X: ExactMatrix
    raw: ExactMatrix | None
    inputs: tuple[Input, ...]


def pose_uncertainty(robust: Robustness, dataset: Dataset, statement: int) -> Uncertainty | None:
    """The uncertainty of the training patterns; None where nothing can move, so that worst cases are nominal.

    Raises UserError E410 (flips of inputs that are not binary), E411 (points outside the clip range), E412 (a polytope that
    cannot be read, is unbounded or without 0), E413 (raw sets of binarized inputs), E414 (steps too small to be listed).
    """
    train = dataset.train
    raw = None if train.raw is None else train.raw.rows(_first_of_pattern(dataset))
    moves = _all_moves(robust, _Points(dataset.patterns, raw, dataset.inputs))
    return Uncertainty(robust.sense, moves, robust.text, statement) if moves else None


def sample_moves(robust: Robustness, samples: Samples, inputs: tuple[Input, ...]) -> tuple[Moves, ...]:
    """What each of some samples may become. Raises as `pose_uncertainty`."""
    return _all_moves(robust, _Points(samples.X, samples.raw, inputs))


def _first_of_pattern(dataset: Dataset) -> IntArray:
    return np.unique(dataset.pattern_of, return_index=True)[1]


def _all_moves(robust: Robustness, points: _Points) -> tuple[Moves, ...]:
    found: list[Moves] = []
    wrong: list[Diagnostic] = []
    for perturbation in robust.perturbations:
        try:
            moves = _moves(perturbation, robust.clip, points)
        except UserError as refused:
            wrong += refused.diagnostics
            continue
        if moves is not None:
            found.append(moves)
    if wrong:
        raise UserError(wrong)
    return tuple(found)


def _moves(perturbation: Perturbation, clip: Clip | None, points: _Points) -> Moves | None:
    """One perturbation; None where no input can move by it."""
    ordered = sorted(range(len(perturbation.inputs)), key=lambda place: perturbation.inputs[place])
    inputs = tuple(perturbation.inputs[place] for place in ordered)
    if isinstance(perturbation.set, PolytopeSet) and list(inputs) != list(perturbation.inputs):
        ordered = list(range(len(inputs)))  # columns of A are in the order of the file
        inputs = perturbation.inputs
    coupling, low, high = _set_boxes(perturbation, ordered, inputs, points)
    step = "ends" if isinstance(perturbation.set, FlipSet) else perturbation.step
    if clip is not None:
        low, high = _clipped(low, high, inputs, clip, points)
    if perturbation.step is not None:
        low, high = _on_steps(low, perturbation.step), _on_steps(high, perturbation.step)
    if isinstance(perturbation.set, FlipSet) and clip is not None:
        low, high = _whole_flips(low, high, _set_boxes(perturbation, ordered, inputs, points)[1:])
    if not _can_move(coupling, low, high):
        return None
    moves = Moves(inputs, low, high, coupling, step, clip is not None)
    if isinstance(coupling, L2 | Polytope) and perturbation.step is not None and grid_size(moves) > GRID_LIMIT:
        message = f"a step of {decimal_text(perturbation.step)} leaves more than {GRID_LIMIT:,} perturbations to be listed"
        raise _fault("E414", message, perturbation.span, "take a larger step, fewer inputs, or leave `step` out")
    return moves


def _can_move(coupling: Coupling | None, low: ExactMatrix, high: ExactMatrix) -> bool:
    if isinstance(coupling, AtMost) and coupling.count == 0:
        return False
    if isinstance(coupling, L1 | L2) and coupling.radius == 0:
        return False
    return bool((low.numerators != 0).any() or (high.numerators != 0).any())


# --- the sets -----------------------------------------------------------------------------------------------------------


def _set_boxes(
    perturbation: Perturbation, order: Sequence[int], inputs: tuple[int, ...], points: _Points
) -> tuple[Coupling | None, ExactMatrix, ExactMatrix]:
    """The coupling of a set and the boxes that it implies, before clipping; (P or 1, n) each."""
    match perturbation.set:
        case Ball(norm, radius):
            coupling = {"linf": None, "l1": L1(radius), "l2": L2(radius)}[norm]
            low, high = _shared([-radius] * len(inputs)), _shared([radius] * len(inputs))
        case BudgetSet(radius, count):
            coupling = AtMost(count) if count < len(inputs) else None
            low, high = _shared([-radius] * len(inputs)), _shared([radius] * len(inputs))
        case BoxSet(lower, upper):
            coupling, low, high = None, _shared([lower[k] for k in order]), _shared([upper[k] for k in order])
        case FlipSet(count):
            coupling = AtMost(count)
            low, high = _flips(perturbation.span, inputs, points)
        case PolytopeSet():
            return _polytope(perturbation.set, inputs)
    if perturbation.raw:
        low, high = _images(low, high, inputs, points, perturbation.span)
    return coupling, low, high


def _shared(values: Sequence[Fraction]) -> ExactMatrix:
    return ExactMatrix.from_fractions([list(values)])


def _flips(span: Span, inputs: tuple[int, ...], points: _Points) -> tuple[ExactMatrix, ExactMatrix]:
    """From 0 to the other value: 1 - 2x of a 0/1 input, -2x of a -1/+1 input."""
    columns: list[ExactColumn] = []
    for place in inputs:
        column = points.X.numerators[:, place] if points.X.denominators[place] == 1 else None
        if column is not None and bool(np.isin(column, (0, 1)).all()):
            columns.append(ExactColumn(narrowed(1 - 2 * column), 1))
        elif column is not None and bool(np.isin(column, (-1, 1)).all()):
            columns.append(ExactColumn(narrowed(-2 * column), 1))
        else:
            message = f"the input `{points.inputs[place].name}` is not binary, so that it cannot flip"
            help_text = "name the binary ones, `inputs [..] within flips(1)`, or use `scale binarize(t)`"
            raise _fault("E410", message, span, help_text)
    change = assembled(columns, points.X.shape[0])
    zero = np.zeros_like(change.numerators)
    return (
        ExactMatrix(np.minimum(change.numerators, zero), change.denominators),
        ExactMatrix(np.maximum(change.numerators, zero), change.denominators),
    )


def _whole_flips(low: ExactMatrix, high: ExactMatrix, whole: Sequence[ExactMatrix]) -> tuple[ExactMatrix, ExactMatrix]:
    """A flip that the clip range cuts short cannot happen."""
    kept: list[ExactMatrix] = []
    for cut, full in zip((low, high), whole, strict=True):
        (a, b), (c, d) = cut.over_one_denominator(), full.over_one_denominator()
        same = np.asarray(a.astype(object) * d == c.astype(object) * b, dtype=np.bool_)
        kept.append(ExactMatrix(np.where(same, full.numerators, 0 * full.numerators), full.denominators))
    return kept[0], kept[1]


def _images(
    low: ExactMatrix, high: ExactMatrix, inputs: tuple[int, ...], points: _Points, span: Span
) -> tuple[ExactMatrix, ExactMatrix]:
    """[s(x + low) - s(x), s(x + high) - s(x)], s the scale of each input, rounding included."""
    if points.raw is None:
        raise InternalError("raw sets need the numbers before scaling")
    found: tuple[list[ExactColumn], list[ExactColumn]] = ([], [])
    rows = points.X.shape[0]
    for place, at in enumerate(inputs):
        given = points.inputs[at]
        if not isinstance(given.transform, Scaled):
            kind = "binarized" if isinstance(given.transform, Above) else "one-hot"
            message = f"the input `{given.name}` is {kind}: a raw interval has no image that is an interval"
            raise _fault("E413", message, span, "use `flips`, give the set without `raw`, or name other inputs")
        raw = ExactColumn(points.raw.numerators[:, at], points.raw.denominators[at])
        for side, box in enumerate((low, high)):
            moved = transformed([_plus(raw, box.fraction(0, place))], [given], [0], rows)
            here = ExactMatrix(points.X.numerators[:, [at]], (points.X.denominators[at],))
            found[side].append(_column(_difference(moved, here)))
    return assembled(found[0], rows), assembled(found[1], rows)


def _plus(column: ExactColumn, number: Fraction) -> ExactColumn:
    common = lcm(column.denominator, number.denominator)
    values = column.numerators.astype(object) * (common // column.denominator)
    return reduced(values + number.numerator * (common // number.denominator), common)


def _difference(left: ExactMatrix, right: ExactMatrix) -> ExactMatrix:
    """left - right, column by column; a single row stands for all."""
    denominators = tuple(lcm(a, b) for a, b in zip(left.denominators, right.denominators, strict=True))
    first, second = (_over(part, denominators) for part in (left, right))
    return ExactMatrix(narrowed(first - second), denominators)


def _over(matrix: ExactMatrix, denominators: Sequence[int]) -> IntArray:
    factors = [common // own for common, own in zip(denominators, matrix.denominators, strict=True)]
    return matrix.numerators.astype(object) * np.array(factors, dtype=object)


def _column(matrix: ExactMatrix) -> ExactColumn:
    return reduced(narrowed(matrix.numerators[:, 0]), matrix.denominators[0])


def _polytope(files: PolytopeSet, inputs: tuple[int, ...]) -> tuple[Coupling, ExactMatrix, ExactMatrix]:
    matrix, side = read_matrix(files.matrix), read_matrix(files.side)
    if matrix.shape[1] != len(inputs):
        columns = "1 column" if matrix.shape[1] == 1 else f"{matrix.shape[1]} columns"
        moved = "1 input" if len(inputs) == 1 else f"{len(inputs)} inputs"
        raise fault("E412", f"A has {columns} for {moved}", files.matrix, "write one column for each input that moves")
    if side.size != matrix.shape[0] or 1 not in side.shape:
        message = f"b has {' x '.join(map(str, side.shape))} numbers for the {matrix.shape[0]} rows of A"
        raise fault("E412", message, files.side, "write one number for each row of A")
    values = [Fraction(value) for value in side.ravel().tolist()]
    row = next((row for row, value in enumerate(values) if value < 0), None)
    if row is not None:
        message = f"the polytope does not contain 0: row {row} asks for A delta <= {decimal_text(values[row])}"
        raise fault("E404", message, files.side, "no number of b may be negative: the point itself is a perturbation")
    rows = tuple(tuple(map(Fraction, line)) for line in matrix.tolist())
    found = enclosing_box(rows, tuple(values))
    if found.outcome != "box":
        message = f"the polytope is not bounded: input {found.endless[0]} of those that move has no end"
        raise fault("E412", message, files.matrix, "add rows that bound every input from both sides")
    return Polytope(rows, tuple(values)), _shared([low for low, _ in found.box]), _shared([high for _, high in found.box])


# --- clip and step ------------------------------------------------------------------------------------------------------


def _clipped(
    low: ExactMatrix, high: ExactMatrix, inputs: tuple[int, ...], clip: Clip, points: _Points
) -> tuple[ExactMatrix, ExactMatrix]:
    """The boxes within [clip.low - x, clip.high - x]."""
    X = points.X.columns(inputs)
    room_below = _difference(_shared([clip.low] * len(inputs)), X)
    room_above = _difference(_shared([clip.high] * len(inputs)), X)
    outside = ((room_below.numerators > 0) | (room_above.numerators < 0)).any(axis=1)
    if outside.any():
        count = int(outside.sum())
        first = int(np.flatnonzero(outside)[0])
        wrong = (room_below.numerators[first] > 0) | (room_above.numerators[first] < 0)
        name = points.inputs[inputs[int(np.flatnonzero(wrong)[0])]].name
        value = decimal_text(points.X.fraction(first, inputs[int(np.flatnonzero(wrong)[0])]))
        points_text = f"{count} distinct point{' is' if count == 1 else 's are'}"
        message = f"{points_text} outside of the range of `clip`"
        notes = (f"the first has `{name}` = {value}",)
        help_text = "widen the range, or scale the data into it, for example with `scale minmax(0, 1)`"
        raise UserError(Diagnostic("E411", message, Label(clip.span), notes=notes, help=help_text))
    return _extreme(low, room_below, np.maximum), _extreme(high, room_above, np.minimum)


def _extreme(box: ExactMatrix, room: ExactMatrix, choose: np.ufunc) -> ExactMatrix:
    denominators = tuple(lcm(a, b) for a, b in zip(box.denominators, room.denominators, strict=True))
    return ExactMatrix(narrowed(choose(_over(box, denominators), _over(room, denominators))), denominators)


def _on_steps(box: ExactMatrix, step: Fraction) -> ExactMatrix:
    """The nearest multiples of the step towards 0."""
    columns: list[ExactColumn] = []
    for place, denominator in enumerate(box.denominators):
        values = box.numerators[:, place].astype(object) * step.denominator
        whole = np.abs(values) // (denominator * step.numerator)
        signed = np.where(values < 0, -whole, whole)
        columns.append(reduced(narrowed(signed * step.numerator), step.denominator))
    return assembled(columns, box.shape[0])


def _fault(code: str, message: str, span: Span, help: str) -> UserError:
    return UserError(Diagnostic(code, message, Label(span), help=help))
