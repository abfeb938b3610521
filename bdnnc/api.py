"""The library: compile a file, train it, load what was saved."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from html import escape
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from bdnnc.diagnostics import Diagnostic, Source, UserError
from bdnnc.pipeline import FORMS, Form, Pipeline, Replacement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bdnnc.data.dataset import Dataset
    from bdnnc.ir.problem import Problem
    from bdnnc.ir.program import Program
    from bdnnc.milp.model import MilpModel
    from bdnnc.network.document import Certificate, Model, TrainingRecord
    from bdnnc.network.ensemble import Ensemble
    from bdnnc.network.evaluation import Evaluation, RegressionEvaluation
    from bdnnc.network.network import Network
    from bdnnc.training.session import Trained


def compile(
    spec: str | Path,
    *,
    data: tuple[Any, Any] | None = None,
    formulation: Form = "own",
    **params: int | float | Fraction | str,
) -> Compiled:
    """Compile a ``.bdnn`` file, or the text of one.

    ``spec``: a path, or a text (anything with a line break or a brace). ``data``: ``(X, y)`` in place of the file's source,
    X (rows, inputs), y (rows,). ``formulation``: ``own``, or ``published``, that of the papers, to compare with. Other keywords
    override params of the file. Raises UserError, whose ``diagnostics`` say what and where.

    >>> bdnnc.compile("iris.bdnn", width=3).milp.stats()
    """
    source, folder = source_of(spec)
    overrides = {name: param_text(value) for name, value in params.items()}
    return Compiled(Pipeline(source, folder, overrides, replacement_of(data), form=form_of(formulation)))


def train(
    spec: str | Path, *, data: tuple[Any, Any] | None = None, params: Mapping[str, Any] | None = None, **options: Any
) -> Result:
    """``compile(spec, data=data, **params).train(**options)``."""
    return compile(spec, data=data, **dict(params or {})).train(**options)


def load(path: str | Path) -> TrainedNetwork:
    """The network of a MODEL.json. Raises UserError E55x, located by its place in the file."""
    from bdnnc.network.saving import load as load_model

    return TrainedNetwork(load_model(path), Path(path).parent)


def replacement_of(data: object) -> Replacement | None:
    """``(X, y)`` in place of a file's source, None for none. Raises UserError E229."""
    if data is None:
        return None
    if not isinstance(data, tuple | list) or len(data) != 2:  # pyright: ignore[reportUnknownArgumentType]
        raise UserError(Diagnostic("E229", "`data` is a pair `(X, y)`", help="X has a row a point, y its label"))
    X, y = data  # pyright: ignore[reportUnknownVariableType]
    return Replacement(X, y)


def form_of(name: str) -> Form:
    """Raises UserError E649 where there is no such formulation."""
    if name not in FORMS:
        raise UserError(Diagnostic("E649", f"there is no formulation `{name}`", help="formulations are `own` and `published`"))
    return "published" if name == "published" else "own"


def source_of(spec: object) -> tuple[Source, Path]:
    """The text of a spec, given as a path or as itself, and the folder where its paths begin.

    Raises UserError E601, E602 (the file), E601 for anything else.
    """
    if not isinstance(spec, str | Path):
        message = f"a spec is a path or a text, not `{type(spec).__name__}`"
        raise UserError(Diagnostic("E601", message, help='for example `bdnnc.compile("iris.bdnn")`'))
    if isinstance(spec, Path) or (spec and not any(mark in spec for mark in "\n{}")):
        from bdnnc.language import read_source

        path = Path(spec)
        return read_source(path), path.parent
    return Source("<text>", spec), Path()


def param_text(value: Any) -> str:
    """A param's value as the text that would follow ``-D name=``. Raises UserError E641."""
    from bdnnc.exact import decimal_text

    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise UserError(Diagnostic("E641", "the value of a param is a number or a text, not a bool"))
    if isinstance(value, float) and isfinite(value):
        return decimal_text(Fraction(repr(value)))
    if isinstance(value, int | Fraction):
        return decimal_text(Fraction(value))
    shown = value if isinstance(value, float) else type(value).__name__
    raise UserError(Diagnostic("E641", f"the value of a param is a finite number or a text, not `{shown}`"))


@final
class Compiled:
    """A compiled file. Stages are made when they are asked for: ``dataset``, ``problem``, ``program``, ``milp``."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._pipeline.dataset  # noqa: B018 - errors end here

    @cached_property
    def pairs(self) -> tuple[Compiled, ...]:
        """Of a `network one_vs_one`: the file for each pair of classes, which has a problem, a program and a matrix; the file
        as a whole has none. Empty for other networks."""
        return tuple(Compiled(pair) for pair in self._pipeline.pairs())

    @property
    def dataset(self) -> Dataset:
        """The data: exact, scaled, merged."""
        return self._pipeline.dataset

    @property
    def problem(self) -> Problem:
        """The network with its domains, the patterns and the goal. Raises UserError E391, as all that follows from it, where
        each pair of classes has its own, in ``pairs``."""
        return self._one.problem

    @property
    def program(self) -> Program:
        """Variables, implications, products; ``str(program)`` is its text."""
        return self._one.program

    @property
    def milp(self) -> MilpModel:
        """The matrix: ``A`` (CSR), ``row_lower``, ``row_upper``, ``c``, ``lower``, ``upper``, ``integrality``, ``names``."""
        return self._one.milp

    @property
    def _one(self) -> Pipeline:
        """The pipeline, which has one network."""
        if self._pipeline.is_ensemble:
            message = "a `one_vs_one` network has a model for each pair of classes, not one"
            raise UserError(Diagnostic("E391", message, help="take those of `pairs`, for example `compiled.pairs[0].milp`"))
        return self._pipeline

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What the checks found that is no error."""
        return tuple(self._pipeline.warnings)

    def write(self, path: str | Path) -> None:
        """Write the MILP in the format of the suffix (``.mps .mps.gz .lp .lp.gz .npz``), and ``PATH.map.json`` beside it; of a
        `network one_vs_one` one a pair of classes: ``model_0_1.mps`` for ``model.mps``.

        Raises UserError E611 (suffix), E612 (cannot be written).
        """
        from bdnnc.writing import write_with_map

        write_with_map(self._pipeline, str(path))

    def train(
        self,
        method: str | None = None,
        solver: str | None = None,
        time_limit: float | None = None,
        gap: float | None = None,
        node_limit: int | None = None,
        threads: int | None = None,
        seed: int | None = None,
        start: str | Path | None = None,
        options: Mapping[str, Any] | None = None,
        save: str | Path | None = None,
        progress: Literal["auto", "plain", "none"] = "none",
        formulation: Form | None = None,
        pool: int | None = None,
        jobs: int | None = None,
        cluster: str | None = None,
        events: str | Path | None = None,
        resume: bool = False,
    ) -> Result:
        """Train; what is None is taken from the file's `train` block, else its default.

        ``time_limit`` in seconds (300), ``gap`` relative, ``start``: a MODEL.json, ``options``: solver options by name,
        ``save``: where each better network is written, ``progress``: ``auto``, ``plain`` or ``none``, on standard error,
        ``formulation``: ``own`` or ``published``, in place of the one that the file was compiled with, ``pool``: how many
        networks a search keeps, ``jobs``: processes of this machine (-1: one a core) or ``cluster``: the address of a Dask
        scheduler, for what can be done side by side, ``events``: where each event is noted, ``resume``: go on from what an
        earlier run has noted there and saved.
        Raises UserError for wrong settings, WorkFailed where no network was found.
        """
        from bdnnc.report.progress import make_reporter
        from bdnnc.training.session import train as run
        from bdnnc.training.settings import Request

        begin = None if start is None else str(start)
        asked = (method, solver, time_limit, gap, node_limit, threads, seed, begin, options or {}, pool)
        request = Request(*asked, jobs, cluster, None if events is None else str(events), resume)
        began = time.monotonic()
        pipeline = self._pipeline if formulation is None else self._pipeline.in_form(form_of(formulation))
        with make_reporter(progress) as reporter:
            trained = run(pipeline, request, None if save is None else Path(save), reporter, started=began)
        return Result(trained, None if save is None else Path(save).parent)

    def __repr__(self) -> str:
        if self._pipeline.is_ensemble:
            return f"Compiled({self._pipeline.source.name!r}: {len(self._pipeline.pair_places)} pairs of classes)"
        return f"Compiled({self._pipeline.source.name!r}: {self.milp!r})"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>" if self._pipeline.is_ensemble else self.milp.html()


@final
class Result:
    """What training found: ``network``, and the figures that were recomputed from it or proved for it."""

    def __init__(self, trained: Trained, folder: Path | None = None) -> None:
        self._model = trained.require_network()
        self._folder = folder
        self.seconds = trained.seconds

    @cached_property
    def network(self) -> TrainedNetwork:
        return TrainedNetwork(self._model, self._folder)

    @property
    def status(self) -> str:
        """``optimal``, ``feasible`` or ``interrupted``."""
        return self._model.training.status

    @property
    def loss(self) -> Fraction:
        """The loss term, exactly."""
        return self._model.training.loss

    @property
    def objective(self) -> Fraction:
        """The goal's value, exactly."""
        return self._model.training.objective

    @property
    def bound(self) -> Fraction | None:
        """A bound that no network of the class is better than; None where nothing is known."""
        return self._model.training.bound

    @property
    def gap(self) -> Fraction | None:
        """|objective - bound| / max(1, |objective|)."""
        return self._model.training.gap

    @property
    def certificate(self) -> Certificate:
        return self._model.certificate

    def _repr_html_(self) -> str:
        from bdnnc.network.text import summary

        return f"<pre>{escape(summary(self._model, self.seconds))}</pre>"

    def __repr__(self) -> str:
        bound = "none" if self.bound is None else float(self.bound)
        return f"Result({self.status}, objective {float(self.objective):g}, bound {bound}, {self.seconds:.1f} s)"


@final
class TrainedNetwork:
    """A network with its training record and certificate: what stands in a MODEL.json."""

    def __init__(self, model: Model, folder: Path | None = None) -> None:
        self.model = model
        self._folder = Path() if folder is None else folder
        """Where the data's path, if relative, begins."""

    @property
    def folder(self) -> Path:
        """Where the paths in the model begin."""
        return self._folder

    @property
    def layers(self) -> Network | Ensemble:
        """The layers with their exact weights; of an ensemble ``members``, a network for each pair of classes."""
        return self.model.network

    @property
    def classes(self) -> tuple[str, ...]:
        return self.model.network.classes

    @property
    def training(self) -> TrainingRecord:
        return self.model.training

    @property
    def certificate(self) -> Certificate:
        return self.model.certificate

    def predict(self, X: Any) -> NDArray[Any]:
        """The class label of each row of ``X``, an array of str (dtype object); where the network has no classes its value, an
        array of float64.

        ``X`` (rows, columns): values as in the file, one column for each that the inputs are made of, in the order of their
        first use. Decided exactly; values are correctly rounded. Raises UserError E229 on a wrong shape, E218 to E220 on values
        that are no numbers.
        """
        import numpy as np

        from bdnnc.data.rows import array_rows
        from bdnnc.network.evaluation import predict_labels, predict_values
        from bdnnc.network.integer_layer import rounded

        network = self.model.network
        rows = array_rows(X, network.inputs)
        if not network.classes:
            return np.array(
                [rounded(value.numerator, value.denominator) for value in predict_values(network, rows.X)], dtype=np.float64
            )
        return np.array(predict_labels(network, rows.X), dtype=object)

    def evaluate(self, X: Any, y: Any) -> Evaluation | RegressionEvaluation:
        """Errors, accuracy and confusion on labelled rows; how far off the values are where the network has no classes.

        Raises as `predict`, and for unknown labels.
        """
        from bdnnc.data.rows import array_rows
        from bdnnc.network.ensemble import Ensemble
        from bdnnc.network.evaluation import evaluate, evaluate_votes

        network = self.model.network
        samples = array_rows(X, network.inputs, y, self.classes).samples()
        return evaluate_votes(network, samples) if isinstance(network, Ensemble) else evaluate(network, samples)

    def save(self, path: str | Path) -> None:
        """Write the MODEL.json, whole or not at all; the data's path is written as seen from there. Raises UserError E661."""
        from dataclasses import replace

        from bdnnc.network.saving import save

        source = self.model.source
        if source.path is not None:
            there = os.path.relpath((self._folder / source.path).resolve(), Path(path).resolve().parent)
            source = replace(source, path=there)
        save(replace(self.model, source=source), path)

    def __repr__(self) -> str:
        return repr(self.model.network)

    def _repr_html_(self) -> str:
        from bdnnc.network.text import network_html

        return network_html(self.model.network)
