"""The data block, carried out: read, select columns, missing, keep, hold, take, fit the scale, apply it, mark, merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.blame import Gate, counted, failure, listed
from bdnnc.data.builtin import read_builtin
from bdnnc.data.columns import Choice, choose
from bdnnc.data.dataset import Dataset, Origin, Samples
from bdnnc.data.inputs import Input, Scaled
from bdnnc.data.labels import class_names, coded, kept_classes, refuse_unknown
from bdnnc.data.merging import class_counts, constant_columns, merged
from bdnnc.data.points import RawPoints, read_points
from bdnnc.data.reading import FileRequest, array_table, read_table
from bdnnc.data.rows import locate, notes
from bdnnc.data.scaling import check_scale, fit, transformed
from bdnnc.data.selection import choose_rows
from bdnnc.data.table import Table
from bdnnc.diagnostics import Span
from bdnnc.exact import ExactMatrix
from bdnnc.language.spec import BuiltinSource, DataSpec, Facts, FileSource, Pick


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """What was read of one source, and the span to blame for it."""

    table: Table
    points: RawPoints
    span: Span

    def of_classes(self, classes: Sequence[str]) -> _Points:
        """The rows with one of the classes."""
        codes = coded(self.points.labels or [], classes)
        return _Points(self.points.X, codes, self.points.rows).at(codes >= 0)

    def refuse_unknown(self, classes: Sequence[str]) -> None:
        labels = self.points.labels or []
        refuse_unknown(labels, coded(labels, classes), classes, self.table.name, self.span)


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Unscaled points with their class indices and rows of their file."""

    X: ExactMatrix
    y: NDArray[np.int64]
    rows: NDArray[np.int64]

    def at(self, where: NDArray[np.bool_]) -> _Points:
        return _Points(self.X.rows(where), self.y[where], self.rows[where])

    def scaled(self, inputs: Sequence[Input], span: Span) -> Samples:
        return Samples(transformed(self.X, inputs, span), self.y, self.rows)


def load(spec: DataSpec) -> Dataset:
    """The data set that a data block describes.

    Raises UserError with all diagnostics that can be found together: E210 to E231 (data), E620 to E622 (files, extras).
    """
    if isinstance(spec.source, BuiltinSource):
        return _prepared(read_builtin(spec.source), spec, None)
    return _prepared(read_table(_request(spec.source)), spec, str(spec.source.path))


def load_arrays(X: Any, y: Any, spec: DataSpec, feature_names: Sequence[str] | None = None) -> Dataset:
    """The same with ``X`` (rows, inputs) and labels ``y`` (rows,) in place of the file's source.

    The columns of X count as those of the file; ``target`` of the data block is ignored, everything else is carried out. Floats
    stand for their shortest decimal, NaN and None are missing, labels may be numbers or texts. Names default to the
    ``columns`` of a data frame, else ``x0``, ``x1``, ... Raises UserError as `load`, E229 on wrong shapes.
    """
    if feature_names is None and hasattr(X, "columns"):
        feature_names = [str(name) for name in X.columns]
    table = array_table("arrays", X, y, feature_names, spec.source.span)
    return _prepared(table, replace(spec, target=None), None)


def facts(dataset: Dataset, span: Span) -> Facts:
    """What the checker may know: samples before merging, inputs, classes; ``span`` is where the data came from."""
    return Facts(len(dataset.train.y), tuple(given.name for given in dataset.inputs), dataset.classes, span)


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


def _prepared(table: Table, spec: DataSpec, path: str | None) -> Dataset:
    where = spec.source.span
    choice = _columns(table, spec)
    main, others = _all_points(table, spec, choice)
    every = table.classes or class_names(main.points.labels or [])
    classes, sets = _coded(main, others, spec, every)
    points = sets.pop("train")
    said = [note for part in (main, *others.values()) for note in notes(part.table, part.points)]
    if spec.keep is not None and len(points.y) < len(main.points.rows):
        said.append(f"{counted(len(main.points.rows) - len(points.y), 'row')} of other classes left out")
    sets |= _split(points, spec, classes)
    names = [table.names[column] for column in choice.inputs]
    inputs = fit(sets["train"].X, names, choice.inputs, spec.scale, where)
    scaled = {kind: part.scaled(inputs, where) for kind, part in sets.items()}
    target = table.names[choice.target]
    origin = Origin(table.name, path, table.sha256, target, choice.target, table.delimiter, table.header)
    return _dataset(inputs, classes, scaled, origin, said)


def _columns(table: Table, spec: DataSpec) -> Choice:
    gate = Gate()
    choice = gate.attempt(lambda: choose(table, spec))
    gate.attempt(lambda: check_scale(spec.scale, spec.source.span))
    gate.close()
    assert choice is not None
    return choice


def _all_points(table: Table, spec: DataSpec, choice: Choice) -> tuple[_File, dict[str, _File]]:
    """The points of the source, and those of the files that are held out, by kind."""
    gate = Gate()
    main = gate.attempt(lambda: read_points(table, choice.inputs, choice.target, spec.missing, spec.source.span))
    others: dict[str, _File] = {}
    for hold in spec.holds:
        if isinstance(rows := hold.rows, FileSource):
            other = gate.attempt(partial(_held_file, table, spec, choice, rows))
            if other is not None:
                others[hold.kind] = other
    gate.close()
    assert main is not None
    return _File(table, main, spec.source.span), others


def _held_file(table: Table, spec: DataSpec, choice: Choice, source: FileSource) -> _File:
    other = read_table(_request(source))
    plain = [Input(table.names[column], column, Scaled()) for column in choice.inputs]
    places = locate(other, plain, choice.target, table.names[choice.target], source.span)
    if places.target is None:
        raise failure("E216", f"`{other.name}` lacks the target column `{table.names[choice.target]}`", source.span)
    return _File(other, read_points(other, places.inputs, places.target, spec.missing, source.span), source.span)


def _coded(
    main: _File, others: Mapping[str, _File], spec: DataSpec, every: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, _Points]]:
    """The classes kept and the points of theirs: ``train`` of the source, and each file held out by its kind."""
    gate = Gate()
    classes = gate.attempt(lambda: kept_classes(spec.keep, every, main.span))
    for other in others.values():
        gate.attempt(partial(other.refuse_unknown, every))
    gate.close()
    assert classes is not None
    sets = {kind: part.of_classes(classes) for kind, part in (("train", main), *others.items())}
    for kind, points in sets.items():
        if not len(points.y):
            raise failure("E230", f"`{others[kind].table.name}` has no row of the classes kept", others[kind].span)
    return classes, sets


def _split(points: _Points, spec: DataSpec, classes: Sequence[str]) -> dict[str, _Points]:
    """``train`` and the sets held out of the same file, test before validation. Raises UserError E223, E230."""
    gate = Gate()
    chosen: dict[str, _Points] = {}
    usable, rest = len(points.y), points
    for hold in sorted(spec.holds, key=lambda hold: hold.kind):  # "test" sorts before "validation"
        if isinstance(pick := hold.rows, Pick):
            parts = gate.attempt(partial(_picked, rest, pick, len(classes), f"`hold {hold.kind}`", usable))
            if parts is not None:
                chosen[hold.kind], rest = parts
    if (take := spec.take) is not None and len(rest.y):
        parts = gate.attempt(lambda: _picked(rest, take, len(classes), "`take`", usable))
        rest = parts[0] if parts is not None else rest
    gate.close()
    if not len(rest.y):
        note = f"all {counted(usable, 'usable row')} are held out"
        raise failure("E230", "no points are left to train on", spec.holds[-1].span, notes=[note])
    return chosen | {"train": rest}


def _picked(points: _Points, pick: Pick, classes: int, what: str, usable: int) -> tuple[_Points, _Points]:
    """The points that a choice takes, and the others."""
    there = len(points.y)
    if pick.count is not None and pick.count.value < 1:
        raise failure("E223", f"{what} needs at least 1 point, not {pick.count.value}", pick.count.span)
    if pick.count is not None and pick.count.value > there:
        asked = counted(pick.count.value, "point")
        held = [f"of {counted(usable, 'usable row')} {usable - there} are held out"] if there < usable else []
        message = f"{what} asks for {asked}, but there {'is' if there == 1 else 'are'} {there}"
        raise failure("E223", message, pick.count.span, notes=held)
    mask = choose_rows(points.rows, points.y, classes, pick)
    return points.at(mask), points.at(~mask)


def _dataset(
    inputs: tuple[Input, ...], classes: tuple[str, ...], sets: dict[str, Samples], origin: Origin, said: Sequence[str]
) -> Dataset:
    train = sets["train"]
    first, group = merged(train.X)
    counts = class_counts(group, train.y, len(first), len(classes))
    dead = constant_columns(train.X)
    found = [*said, *_findings(inputs, classes, counts, dead)]
    test, validation = sets.get("test"), sets.get("validation")
    return Dataset(inputs, classes, train, validation, test, train.X.rows(first), group, counts, dead, origin, tuple(found))


def _findings(inputs: Sequence[Input], classes: Sequence[str], counts: NDArray[np.int64], dead: NDArray[np.bool_]) -> list[str]:
    found: list[str] = []
    samples, patterns = int(counts.sum()), counts.shape[0]
    if patterns < samples:
        found.append(f"{samples} training points, {patterns} distinct")
    constant = [given.name for given, is_dead in zip(inputs, dead.tolist(), strict=True) if is_dead]
    if constant:
        found.append(f"constant on the training points: {listed(constant)}")
    empty = [label for label, count in zip(classes, counts.sum(axis=0).tolist(), strict=True) if count == 0]
    if empty:
        found.append(f"no training point of class {listed(empty)}")
    return found
