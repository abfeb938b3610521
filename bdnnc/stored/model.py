"""The spec that stands in a model file: read again, and compiled again on the data that the model names."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from bdnnc.diagnostics import Diagnostic, Source, UserError

if TYPE_CHECKING:
    from bdnnc.language.spec import DataSpec, Facts, ModelSpec
    from bdnnc.language.tree import File
    from bdnnc.network.document import Model
    from bdnnc.pipeline import Pipeline


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """A model with the path that it was read from."""

    model: Model
    path: Path

    @property
    def folder(self) -> Path:
        return self.path.resolve().parent

    @property
    def source(self) -> Source:
        """The text of the spec, under a name that says where it stands."""
        return Source(f"{self.path}:spec", self.model.spec)

    def tree(self) -> File:
        """Raises UserError with all that is wrong with the stored text."""
        from bdnnc.language import parse

        file, found = parse(self.source)
        if file is None:
            raise UserError(found)
        return file

    def data_spec(self) -> DataSpec:
        """The data block, paths beginning in the model's folder. Raises UserError with all that is wrong with it."""
        from bdnnc.language import check_data

        spec, found = check_data(self.tree(), {}, self.folder)
        if spec is None:
            raise UserError(found)
        return spec

    def facts(self) -> Facts:
        """What the model itself tells of the data that it was trained on."""
        from bdnnc.data.inputs import Equals
        from bdnnc.data.sources import sources
        from bdnnc.language.spec import Facts

        model = self.model
        inputs = [entry for entry in model.network.inputs if entry.power == 1]
        names = {column.column: column.name for column in sources(inputs)[0]} | {model.target.column: model.target.name}
        return Facts(
            samples=model.training.samples,
            inputs=tuple(entry.name for entry in inputs),
            classes=model.network.classes or None,
            span=self.data_spec().source.span,
            input_columns=tuple(entry.column for entry in inputs),
            columns=tuple(names.get(column, f"column {column}") for column in range(max(names) + 1)),
            one_hot=tuple(place for place, entry in enumerate(inputs) if isinstance(entry.transform, Equals)),
        )

    def model_specs(self) -> tuple[ModelSpec, ...]:
        """The stored spec against those facts; of an ensemble one for each pair. Raises UserError with all that is wrong."""
        from bdnnc.language import check_model, check_pairs

        facts, tree, classes = self.facts(), self.tree(), self.model.network.classes
        if self.model.members:
            pairs = [replace(facts, classes=pair, whole=classes) for pair in combinations(classes, 2)]
            specs, wrong = check_pairs(tree, {}, self.folder, pairs)
        else:
            spec, wrong = check_model(tree, {}, self.folder, facts)
            specs = None if spec is None else (spec,)
        if specs is None:
            raise UserError([d for d in wrong if d.is_error])
        return specs


def stored(path: str) -> Stored:
    """The model of a MODEL.json. Raises UserError E660, E550 to E559."""
    from bdnnc.network.saving import load

    return Stored(load(path), Path(path))


def recompiled(found: Stored, spec: str | None, data: str | None) -> Pipeline:
    """The pipeline of the stored spec, or of the file ``spec`` with the stored params, on the data that the model names, in the
    formulation that it was trained in.

    ``data`` is a file in its place. Raises UserError E562 (the data was in memory), E563 (the data file is gone), and
    whatever is wrong with the spec.
    """
    from bdnnc.language import read_source
    from bdnnc.language.spec import FileSource
    from bdnnc.pipeline import Form, Pipeline, Replacement

    source = found.data_spec().source
    path = _data_path(found, source, data, required=spec is None)
    replacement = None if path is None else Replacement(path=path)
    form: Form = "published" if found.model.training.network_class.get("margin") == "published" else "own"
    if spec is not None:
        given = read_source(Path(spec))
        return Pipeline(given, Path(spec).parent, _stored_params(found, given), replacement, form=form)
    folder = found.folder
    if isinstance(source, FileSource) and path is not None:
        folder = _folder_of(source.text, path, folder)
    return Pipeline(found.source, folder, {}, replacement, form=form)


def _data_path(found: Stored, source: object, data: str | None, *, required: bool) -> Path | None:
    """The file of the data; None where the spec's own source needs none, or is all that is left and not ``required``."""
    from bdnnc.language.spec import FileSource

    if data is not None:
        return Path(data)
    if not isinstance(source, FileSource):
        return None
    recorded = found.model.source.path
    if recorded is None:
        help = "go where the data is, in Python, or name a file with `--data FILE`"
        raise UserError(Diagnostic("E562", f"`{found.path}` was trained on data in memory", help=help))
    path = Path(os.path.normpath(found.folder / recorded))
    if not path.exists() and not required:
        return None
    if not path.exists():
        help = "name it with `--data FILE`"
        raise UserError(Diagnostic("E563", f"there is no data file `{path}`, on which `{found.path}` was trained", help=help))
    return path


def _stored_params(found: Stored, given: Source) -> dict[str, str]:
    """The params of the stored spec that ``given`` has too, as after ``-D``."""
    from bdnnc.language import parse
    from bdnnc.language.tree import Param

    file, _ = parse(given)  # what is wrong with it, the pipeline says
    names = {s.name.text for s in file.statements if isinstance(s, Param)} if file else set[str]()
    values: dict[str, str] = {}
    for param in found.tree().statements:
        if isinstance(param, Param) and param.name.text in names:
            values[param.name.text] = found.model.spec[param.value.span.start : param.value.span.end]
    return values


def _folder_of(written: str, path: Path, fallback: Path) -> Path:
    """The folder from which ``written`` leads to ``path``, so that masks and held-out files beside it are found again.

    Where the spec went up through ``..`` that folder is not known; then it is that of the model.
    """
    target = path.resolve()
    if Path(os.path.normpath(fallback / written)).resolve() == target:
        return fallback
    steps = Path(os.path.normpath(written)).parts
    if Path(written).is_absolute() or ".." in steps or target.parts[-len(steps) :] != steps:
        return fallback
    return target.parents[len(steps) - 1]
