"""The data block, carried out: read, select columns, missing, keep, hold, take, encode, scale, mark, merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import Gate, counted, error, failure, listed
from bdnnc.data.builtin import read_builtin
from bdnnc.data.columns import Choice, choose, refuse_repeated_inputs
from bdnnc.data.dataset import Dataset, Origin, Samples
from bdnnc.data.encoding import Encoders, encoded, encoders, unseen_notes, wanted_columns
from bdnnc.data.folds import Fold, with_fold_held
from bdnnc.data.inputs import Equals, Input
from bdnnc.data.labels import class_names, coded, kept_classes, refuse_unknown
from bdnnc.data.merging import class_counts, constant_columns, constant_note, merged_samples
from bdnnc.data.points import RawPoints, WantedTarget, numbers_of, read_points
from bdnnc.data.reading import FileRequest, array_table, read_table
from bdnnc.data.rows import locate, notes
from bdnnc.data.scaling import check_scale, fit
from bdnnc.data.sets import Points, split
from bdnnc.data.sources import SourceColumn
from bdnnc.data.table import Table
from bdnnc.diagnostics import Diagnostic, Span, UserError
from bdnnc.language.spec import BuiltinSource, Conflicts, DataSpec, Facts, FileSource, Pick


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """What was read of one source, and the span to blame for it."""

    table: Table
    points: RawPoints
    span: Span

    def of_classes(self, classes: Sequence[str]) -> Points:
        """The rows with one of the classes."""
        codes = coded(self.points.labels or [], classes)
        return Points(self.points.columns, codes, self.points.rows).at(codes >= 0)

    def of_numbers(self) -> Points:
        """All rows, with the numbers to be met."""
        assert self.points.targets is not None
        rows = self.points.rows
        return Points(self.points.columns, np.zeros(len(rows), dtype=np.int64), rows, self.points.targets.fractions())

    def refuse_unknown(self, classes: Sequence[str]) -> None:
        labels = self.points.labels or []
        refuse_unknown(labels, coded(labels, classes), classes, self.table.name, self.span)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which columns are read, and which of them are encoded."""

    choice: Choice
    encoders: Encoders


def load(spec: DataSpec, fold: Fold | None = None) -> Dataset:
    """The data set that a data block describes. With ``fold`` that part of the training points is the test set instead.

    Raises UserError with all diagnostics that can be found together: E210 to E236 (data), E620 to E622 (files, extras).
    """
    if isinstance(spec.source, BuiltinSource):
        return _prepared(read_builtin(spec.source, spec.regression), spec, None, fold)
    return _prepared(read_table(_request(spec.source)), spec, str(spec.source.path), fold)


def load_arrays(
    X: Any, y: Any, spec: DataSpec, feature_names: Sequence[str] | None = None, fold: Fold | None = None
) -> Dataset:
    """The same with ``X`` (rows, inputs) and labels ``y`` (rows,) in place of the file's source.

    The columns of X count as those of the file; ``target`` of the data block is ignored, everything else is carried out. Floats
    stand for their shortest decimal, NaN and None are missing, labels may be numbers or texts. Names default to the
    ``columns`` of a data frame, else ``x0``, ``x1``, ... Raises UserError as `load`, E229 on wrong shapes.
    """
    if feature_names is None and hasattr(X, "columns"):
        feature_names = [str(name) for name in X.columns]
    table = array_table("arrays", X, y, feature_names, spec.source.span)
    return _prepared(table, replace(spec, target=None), None, fold)


def facts(dataset: Dataset, span: Span) -> Facts:
    """What the checker may know of a data set before powers; ``span`` is where the data came from."""
    return Facts(
        samples=len(dataset.train.y),
        inputs=tuple(given.name for given in dataset.inputs),
        classes=dataset.classes or None,
        span=span,
        input_columns=tuple(given.column for given in dataset.inputs),
        columns=dataset.columns,
        conflicts=_conflicts(dataset) if dataset.classes else None,
        class_counts=tuple(dataset.counts.sum(axis=0).tolist()) if dataset.classes else (),
        one_hot=tuple(place for place, given in enumerate(dataset.inputs) if isinstance(given.transform, Equals)),
    )


def _conflicts(dataset: Dataset) -> Conflicts:
    counts = dataset.counts
    torn = (counts > 0).sum(axis=1) > 1
    rows = dataset.train.rows[torn[dataset.pattern_of]]
    return Conflicts(int((counts.sum(axis=1) - counts.max(axis=1)).sum()), tuple(rows.tolist()))


def _request(source: FileSource) -> FileRequest:
    delimiter, header = source.delimiter, source.header
    return FileRequest(
        source.path,
        source.text,
        source.span,
        delimiter.value if delimiter else None,
        header.value if header else None,
        delimiter.span if delimiter else None,
        header.span if header else None,
    )


def _prepared(table: Table, spec: DataSpec, path: str | None, fold: Fold | None) -> Dataset:
    where = spec.source.span
    plan = _planned(table, spec)
    main, others = _all_points(table, spec, plan)
    classes, sets = _numbered(main, others) if spec.regression else _coded(main, others, spec)
    points = sets.pop("train")
    said = [note for part in (main, *others.values()) for note in notes(part.table, part.points)]
    if spec.keep is not None and len(points.y) < len(main.points.rows):
        said.append(f"{counted(len(main.points.rows) - len(points.y), 'row')} of other classes left out")
    sets |= split(points, spec, len(classes))
    if fold is not None:
        sets |= with_fold_held(sets["train"], fold, classes)
    inputs = _inputs(table, plan, sets["train"], spec)
    places = [plan.choice.inputs.index(given.column) for given in inputs]
    samples = {kind: part.samples(inputs, places, where, spec.keep_raw) for kind, part in sets.items()}
    for kind in ("test", "validation"):
        said += unseen_notes(sets[kind].columns, inputs, places, f"{kind} points") if kind in sets else []
    target = plan.choice.target
    origin = Origin(table.name, path, table.sha256, table.names[target], target, table.delimiter, table.header)
    return replace(_dataset(inputs, classes, samples, origin, said), columns=table.names)


def _planned(table: Table, spec: DataSpec) -> _Plan:
    gate = Gate()
    choice = gate.attempt(lambda: choose(table, spec))
    chosen = None if choice is None else gate.attempt(lambda: encoders(table, choice, spec.encodes))
    gate.attempt(lambda: check_scale(spec.scale, spec.source.span))
    gate.attempt(lambda: _refuse_settings_of_classes(spec))
    gate.close()
    assert choice is not None
    assert chosen is not None
    return _Plan(choice, chosen)


def _refuse_settings_of_classes(spec: DataSpec) -> None:
    if not spec.regression:
        return
    picks = [hold.rows for hold in spec.holds] + [spec.take]
    spans = [("`stratified`", pick.span) for pick in picks if isinstance(pick, Pick) and pick.stratified]
    spans += [] if spec.keep is None else [("`keep classes`", spec.keep.span)]
    found: list[Diagnostic] = [
        error("E232", f"{what} speaks of classes, and the loss `absolute` has none", span, help="remove it")
        for what, span in spans
    ]
    if found:
        raise UserError(found)


def _all_points(table: Table, spec: DataSpec, plan: _Plan) -> tuple[_File, dict[str, _File]]:
    """The points of the source, and those of the files that are held out, by kind."""
    gate = Gate()
    wanted = wanted_columns(plan.choice, plan.encoders)
    target = WantedTarget(plan.choice.target, spec.regression, spec.target.span if spec.target else None)
    main = gate.attempt(lambda: read_points(table, wanted, target, spec.missing, spec.source.span))
    others: dict[str, _File] = {}
    for hold in spec.holds:
        if isinstance(rows := hold.rows, FileSource):
            other = gate.attempt(partial(_held_file, table, spec, plan, rows))
            if other is not None:
                others[hold.kind] = other
    gate.close()
    assert main is not None
    return _File(table, main, spec.source.span), others


def _held_file(table: Table, spec: DataSpec, plan: _Plan, source: FileSource) -> _File:
    other = read_table(_request(source))
    wanted = wanted_columns(plan.choice, plan.encoders)
    needed = [SourceColumn(table.names[want.column], want.column, want.as_text) for want in wanted]
    target = plan.choice.target
    places = locate(other, needed, target, table.names[target], source.span)
    if places.target is None:
        help = "name the column as in the file of the training points"
        raise failure("E216", f"`{other.name}` lacks the target column `{table.names[target]}`", source.span, help=help)
    there = [replace(want, column=column) for want, column in zip(wanted, places.columns, strict=True)]
    points = read_points(other, there, WantedTarget(places.target, spec.regression), spec.missing, source.span)
    return _File(other, points, source.span)


def _numbered(main: _File, others: Mapping[str, _File]) -> tuple[tuple[str, ...], dict[str, Points]]:
    """As `_coded`, for regression: no classes, and every point."""
    return (), {kind: part.of_numbers() for kind, part in (("train", main), *others.items())}


def _coded(main: _File, others: Mapping[str, _File], spec: DataSpec) -> tuple[tuple[str, ...], dict[str, Points]]:
    """The classes kept and the points of theirs: ``train`` of the source, and each file held out by its kind."""
    every = main.table.classes or class_names(main.points.labels or [])
    gate = Gate()
    classes = gate.attempt(lambda: kept_classes(spec.keep, every, main.span))
    for other in others.values():
        gate.attempt(partial(other.refuse_unknown, every))
    gate.close()
    assert classes is not None
    sets = {kind: part.of_classes(classes) for kind, part in (("train", main), *others.items())}
    for kind, points in sets.items():
        if not len(points.y):
            message = f"`{others[kind].table.name}` has no row of the classes kept"
            raise failure("E230", message, others[kind].span, help="name another file, or keep other classes")
    return classes, sets


def _inputs(table: Table, plan: _Plan, train: Points, spec: DataSpec) -> tuple[Input, ...]:
    """The inputs of the first layer, before powers, in the order of the columns; fitted on the training points."""
    places = [place for place, column in enumerate(plan.choice.inputs) if column not in plan.encoders]
    plain = [plan.choice.inputs[place] for place in places]
    numbers = numbers_of([train.columns[place] for place in places])
    gate = Gate()
    scaled = gate.attempt(lambda: fit(numbers, [table.names[c] for c in plain], plain, spec.scale, spec.source.span))
    made: dict[int, tuple[Input, ...]] = {given.column: (given,) for given in scaled or ()}
    for column, points in zip(plan.choice.inputs, train.columns, strict=True):
        if (encode := plan.encoders.get(column)) is not None:
            made[column] = gate.attempt(partial(encoded, points, table.names[column], column, encode)) or ()
    gate.close()
    inputs = tuple(given for column in plan.choice.inputs for given in made[column])
    refuse_repeated_inputs(inputs, spec.source.span)
    return inputs


def _dataset(
    inputs: tuple[Input, ...], classes: tuple[str, ...], sets: dict[str, Samples], origin: Origin, said: Sequence[str]
) -> Dataset:
    train = sets["train"]
    first, group = merged_samples(train)
    counts = class_counts(group, train.y, len(first), max(1, len(classes)))
    dead = constant_columns(train.X)
    found = [*said, *_findings(inputs, classes, counts, dead)]
    test, validation = sets.get("test"), sets.get("validation")
    return Dataset(inputs, classes, train, validation, test, train.X.rows(first), group, counts, dead, origin, tuple(found))


def _findings(inputs: Sequence[Input], classes: Sequence[str], counts: NDArray[np.int64], dead: NDArray[np.bool_]) -> list[str]:
    found: list[str] = []
    samples, patterns = int(counts.sum()), counts.shape[0]
    if patterns < samples:
        found.append(f"{samples} training points, {patterns} distinct")
    found.extend(constant_note(inputs, dead))
    empty = [label for label, count in zip(classes, counts.sum(axis=0).tolist(), strict=False) if count == 0]
    if empty:
        found.append(f"no training point of class {listed(empty)}")
    return found
