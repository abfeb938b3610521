"""The pipeline, one stage after the other, each made when it is asked for:

text -> tree -> (data) -> dataset -> model -> problem -> formulation -> program -> milp
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final, get_args

from bdnnc.diagnostics import Diagnostic, InternalError, Source, UserError

if TYPE_CHECKING:
    from fractions import Fraction

    from bdnnc.data.dataset import Dataset
    from bdnnc.data.folds import Fold
    from bdnnc.data.pairs import Pair
    from bdnnc.formulation.formulate import Formulation
    from bdnnc.ir.problem import Problem
    from bdnnc.ir.program import Program
    from bdnnc.language.quantities import Goal
    from bdnnc.language.spec import DataSpec, Facts, ModelSpec
    from bdnnc.language.tree import File
    from bdnnc.milp.model import MilpModel


@dataclass(frozen=True, slots=True, eq=False)
class Replacement:
    """Data in place of the file's source: an array (rows, inputs) with labels, or another file. ``names``: of the columns of
    ``X``, where these are not its own."""

    X: Any = None
    y: Any = None
    path: Path | None = None
    names: Sequence[str] | None = None


Form = Literal["own", "published"]
"""The compiler's own formulation, or the one that the papers print."""

FORMS: tuple[str, ...] = get_args(Form)

OnStage = Callable[[str, float, object], None]
"""Told each stage when it ends: its name (`parse`, `check`, `data`, `pose`, `formulate`, each pass, `lower`), the seconds that
it took, and what it made. A name may come more than once; its seconds add up."""


def _nobody(name: str, seconds: float, made: object) -> None:
    """Where nobody asks."""


@dataclass(slots=True)
class _Made:
    """What a stage is making; filled in while its time runs."""

    what: object = None


@final
class Pipeline:
    """One file on its way to a matrix. Every stage raises UserError with all that it found wrong.

    ``overrides``: values of params as texts, as after ``-D``. ``folder``: where relative paths begin. ``without``: names of
    passes to leave out; the ``published`` formulation has none. ``on_stage`` is told what each stage made and how long it took.
    ``warnings`` holds what the stages so far found that is no error. ``keep_raw``, set before the data are read: keep the
    numbers before scaling too, as for a `robust` block that speaks of them.
    """

    def __init__(
        self,
        source: Source,
        folder: Path,
        overrides: Mapping[str, str] | None = None,
        replacement: Replacement | None = None,
        without: Collection[str] = (),
        form: Form = "own",
        on_stage: OnStage | None = None,
    ) -> None:
        self.source = source
        self.folder = folder
        self.overrides = dict(overrides or {})
        self.replacement = replacement
        self.without = tuple(without)
        self.form: Form = form
        self.on_stage = on_stage or _nobody
        self.fold: Fold | None = None
        self.classes: Pair | None = None
        self.keep_raw = False
        self.warnings: list[Diagnostic] = []

    def in_form(self, form: Form) -> Pipeline:
        """The same file in this formulation. What has been made up to the problem is shared."""
        if form == self.form:
            return self
        other = copy(self)
        other.form = form
        for stage in ("formulation", "milp"):
            other.__dict__.pop(stage, None)
        return other

    def holding(self, fold: Fold) -> Pipeline:
        """The same file with that part of its training points as the test set, in place of the file's own; scales and codes are
        fitted on the other parts."""
        parts = (self.source, self.folder, self.overrides, self.replacement, self.without, self.form, self.on_stage)
        other = Pipeline(*parts)
        other.fold = fold
        return other

    @cached_property
    def pair_places(self) -> tuple[Pair, ...]:
        """The pairs of classes that have a network of their own, where the network is `one_vs_one`; else none."""
        from bdnnc.data.pairs import pairs_of
        from bdnnc.language import is_ensemble

        return pairs_of(len(self.dataset.classes)) if self.classes is None and is_ensemble(self.tree) else ()

    @property
    def is_ensemble(self) -> bool:
        """Whether there is a network for each pair of classes: then `pairs` have problems and what follows from them, the file
        as a whole has none."""
        return bool(self.pair_places)

    def pairs(self) -> Iterator[Pipeline]:
        """The file once for each pair of classes, in the order of `pair_places`. Made anew each time, up to the data."""
        return (self.pair(place) for place in range(len(self.pair_places)))

    def pair(self, place: int) -> Pipeline:
        """The file for one pair of classes: its points are those of the two, its network that of the pair."""
        from bdnnc.data.pair_facts import facts_of_pair
        from bdnnc.data.pairs import of_pair

        dataset, models, known = self._checked
        classes = self.pair_places[place]
        other = copy(self)
        other.classes = classes
        other.__dict__.pop("pair_places")
        part = of_pair(dataset, classes)
        other.__dict__["_checked"] = (part, models[place : place + 1], facts_of_pair(part, known))
        return other

    @cached_property
    def tree(self) -> File:
        """The syntax tree."""
        from bdnnc.language import parse

        with self._timed("parse") as made:
            file, found = parse(self.source)
            made.what = file
        self._report(found)
        return self._made(file, "tree")

    @cached_property
    def data_spec(self) -> DataSpec:
        """The data block, once the whole text has been checked without data."""
        from bdnnc.language import check_file

        spec, _, found = check_file(self.tree, self.overrides, self.folder)
        self._report(found)
        return self._replaced(self._made(spec, "data spec"))

    @property
    def dataset(self) -> Dataset:
        """The data: exact, selected, scaled, merged, with the powers that the first layer takes of its inputs."""
        return self._checked[0]

    @property
    def model_spec(self) -> ModelSpec:
        """Network, goals and training, checked against the data. Raises InternalError where each pair has its own."""
        if self.is_ensemble:
            raise InternalError("each pair of an ensemble has its own model")
        return self._checked[1][0]

    @cached_property
    def text_spec(self) -> ModelSpec | None:
        """Network, goals and training as the text has them, whatever the data are; None where it has errors, which are told
        with those of the data."""
        from bdnnc.language import check_model

        return check_model(self.tree, self.overrides, self.folder, None)[0]

    @cached_property
    def _checked(self) -> tuple[Dataset, tuple[ModelSpec, ...], Facts]:
        """Text, data, and the one against the other, in one go: what is wrong in one place hides nothing elsewhere. There is
        one model, or one for each pair of classes."""
        from bdnnc.data.load import facts
        from bdnnc.data.powers import with_powers
        from bdnnc.language import check_data, check_model, merged

        tree = self.tree
        with self._timed("check"):
            data, in_data = check_data(tree, self.overrides, self.folder)
            _, in_model = check_model(tree, self.overrides, self.folder, None)
        found = [in_data, in_model]
        models: tuple[ModelSpec, ...] | None = None
        dataset: Dataset | None = None
        known: Facts | None = None
        if data is not None:
            try:
                with self._timed("data") as made:
                    made.what = dataset = self._loaded(self._replaced(data))
            except UserError as wrong:
                found.append(list(wrong.diagnostics))
        if data is not None and dataset is not None:
            with self._timed("check") as made:
                known = facts(dataset, data.source.span)
                models, found[1] = self._models(dataset, known)  # says all that the check without data said, and says it better
                made.what = models
        self._report(merged(*found))
        read: Dataset = self._made(dataset, "data set")
        checked: tuple[ModelSpec, ...] = self._made(models, "model spec")
        first = checked[0].layers[0]
        with self._timed("data") as made:
            made.what = powered = with_powers(read, first.powers, first.span)
        return powered, checked, self._made(known, "facts")

    def _models(self, dataset: Dataset, known: Facts) -> tuple[tuple[ModelSpec, ...] | None, list[Diagnostic]]:
        """The model, or that of each pair, checked against the data."""
        from bdnnc.data.pair_facts import facts_of_pairs
        from bdnnc.language import check_model, check_pairs, is_ensemble, too_many_pairs

        if not (is_ensemble(self.tree) and dataset.classes):
            model, found = check_model(self.tree, self.overrides, self.folder, known)
            return None if model is None else (model,), found
        if too_many := too_many_pairs(self.tree, known):
            return None, too_many
        try:
            pairs = facts_of_pairs(dataset, known)
        except UserError as wrong:
            return None, list(wrong.diagnostics)
        return check_pairs(self.tree, self.overrides, self.folder, pairs)

    def goal(self, text: Source, begin: int) -> Goal:
        """A goal to be minimized that the file does not state: the expression in ``text`` from ``begin`` on. Each pair of an
        ensemble has its own."""
        from bdnnc.data.load import facts
        from bdnnc.language import check_goal

        dataset, _, known = self._checked
        if self.classes is not None:
            of_pair = facts(dataset, known.span)
            known = replace(of_pair, inputs=known.inputs, input_columns=known.input_columns, whole=known.classes or ())
        goal, found = check_goal(self.tree, self.overrides, self.folder, known, text, begin)
        if any(d.is_error for d in found):
            raise UserError(found)
        return self._made(goal, "goal")

    def _loaded(self, spec: DataSpec) -> Dataset:
        from bdnnc.data.load import load, load_arrays

        given = self.replacement
        spec = replace(spec, keep_raw=spec.keep_raw or self.keep_raw)
        if given is not None and given.path is None:
            return load_arrays(given.X, given.y, spec, given.names, self.fold)
        return load(spec, self.fold)

    @cached_property
    def problem(self) -> Problem:
        """The network, the data and the goal, about neurons. Raises InternalError for an ensemble, as all that follows."""
        from bdnnc.posing import pose

        spec, dataset = self.model_spec, self.dataset
        with self._timed("pose") as made, self._named():
            made.what = problem = pose(spec, dataset)
        return problem

    @cached_property
    def formulation(self) -> Formulation:
        """Margins and bias ranges, and the program of the first goal made with them."""
        return self._formulated(0, ())

    def staged(self, stage: int, reached: tuple[Fraction, ...]) -> Formulation:
        """The formulation of goal number ``stage``, where the goals before it reached their values."""
        return self.formulation if stage == 0 else self._formulated(stage, reached)

    def _formulated(self, stage: int, reached: tuple[Fraction, ...]) -> Formulation:
        from bdnnc.formulation.formulate import formulate
        from bdnnc.formulation.passes import run_passes
        from bdnnc.formulation.published import formulate_published

        problem, published = self.problem, self.form == "published"
        with self._timed("formulate") as made, self._named():
            found = formulate_published(problem, self.name) if published else formulate(problem, self.name, stage, reached)
            made.what = found.program
        return found if published else run_passes(found, self.without, self.on_stage)

    @property
    def program(self) -> Program:
        """Variables, implications, products."""
        return self.formulation.program

    @cached_property
    def milp(self) -> MilpModel:
        """The matrix, big-M included."""
        from bdnnc.milp.lower import lower

        program = self.program
        with self._timed("lower") as made:
            made.what = model = lower(program)
        return model

    @property
    def name(self) -> str:
        """The model's name: that of the file, without its suffix, and the places of the two classes where it is of a pair."""
        stem = Path(self.source.name).stem
        plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-") else "_" for letter in stem)
        return "_".join([plain or "bdnn", *map(str, self.classes or ())])

    @cached_property
    def used_text(self) -> str:
        """The text of the file with the params that were used written into it."""
        from bdnnc.language.parser import parse_value
        from bdnnc.language.tree import Param, Text

        pieces = [self.source.text]
        params = [s for s in self.tree.statements if isinstance(s, Param) and s.name.text in self.overrides]
        for param in sorted(params, key=lambda p: p.value.span.start, reverse=True):
            text = self.overrides[param.name.text]
            if isinstance(param.value, Text) and not text.startswith('"'):
                text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
            else:  # the expression alone: a comment behind it would swallow what follows in the file
                node, _ = parse_value(Source("-D", text))
                text = text if node is None else text[node.span.start : node.span.end]
            span = param.value.span
            pieces[0] = pieces[0][: span.start] + text + pieces[0][span.end :]
        return pieces[0]

    def _replaced(self, spec: DataSpec) -> DataSpec:
        from bdnnc.language.spec import FileSource

        if self.replacement is None or self.replacement.path is None:
            return spec
        source = spec.source
        path = self.replacement.path
        if isinstance(source, FileSource):
            return replace(spec, source=replace(source, path=path, text=str(path)))
        return replace(spec, source=FileSource(path, str(path), source.span))

    @contextmanager
    def _timed(self, stage: str) -> Generator[_Made]:
        made, began = _Made(), time.monotonic()
        yield made
        self.on_stage(stage, time.monotonic() - began, made.what)

    @contextmanager
    def _named(self) -> Generator[None]:
        """Of a pair: its classes stand below whatever is wrong."""
        try:
            yield
        except UserError as wrong:
            if self.classes is None:
                raise
            note = f"in the network of {' and '.join(f'`{name}`' for name in self.dataset.classes)}"
            raise UserError([replace(found, notes=(*found.notes, note)) for found in wrong.diagnostics]) from wrong

    def _report(self, found: list[Diagnostic]) -> None:
        known = set(self.warnings)
        self.warnings += [d for d in found if not d.is_error and d not in known]
        if any(d.is_error for d in found):
            raise UserError(found)

    def _made(self, value: Any, what: str) -> Any:
        if value is None:
            raise InternalError(f"no {what}, and nothing wrong was found")
        return value
