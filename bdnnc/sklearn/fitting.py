"""A spec and arrays to a certified network."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.api import Result, param_text, source_of
from bdnnc.diagnostics import Source, render_concise
from bdnnc.pipeline import Pipeline, Replacement
from bdnnc.training.session import train
from bdnnc.training.settings import Request

SMALL = 3_000
"""Pre-activations (distinct points times units) up to which a program is solved in this process: to start another one, which
can be stopped at any moment, would take longer than the work."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """``X``: (rows, inputs) numbers, or objects where a spec encodes texts; ``y``: (rows,) labels as texts, or numbers;
    ``names``: those of the inputs, None where the caller's array has none."""

    X: NDArray[Any]
    y: NDArray[Any]
    names: tuple[str, ...] | None = None

    def repeated(self, counts: NDArray[np.int64]) -> Points:
        """Each point as often as ``counts`` (rows,) says."""
        return replace(self, X=np.repeat(self.X, counts, axis=0), y=np.repeat(self.y, counts))

    def sorted(self) -> Points:
        """The points by their inputs and then by y, so that nothing depends on the order in which they were given."""
        _, codes = np.unique(self.y, return_inverse=True)
        order = np.lexsort((codes.reshape(-1), *self.X.T[::-1]))
        return replace(self, X=self.X[order], y=self.y[order])


def spec_pipeline(spec: Any, params: Mapping[str, Any] | None) -> Pipeline:
    """The pipeline of a file, or of the text of one, still with its own data."""
    source, folder = source_of(spec)
    return Pipeline(source, folder, {name: param_text(value) for name, value in (params or {}).items()})


def text_pipeline(text: str, name: str) -> Pipeline:
    """The pipeline of a text that ``name`` has made."""
    return Pipeline(Source(f"<{name}>", text), source_of(text)[1])


def fit(pipeline: Pipeline, points: Points, request: Request) -> Result:
    """The best network for these points in place of the pipeline's own, within the limits. What the compiler warns of becomes a
    UserWarning. Raises UserError for whatever is wrong, WorkFailed where no network was found."""
    replacement = Replacement(points.X, points.y, names=points.names)
    here = Pipeline(pipeline.source, pipeline.folder, pipeline.overrides, replacement)
    result = Result(train(here, request, isolated=not _is_small(here)))
    if here.warnings:
        warnings.warn(render_concise(here.warnings).rstrip(), UserWarning, stacklevel=4)
    return result


def _is_small(pipeline: Pipeline) -> bool:
    if pipeline.is_ensemble:
        return False
    problem = pipeline.problem
    return problem.patterns.shape[0] * sum(layer.units for layer in problem.layers) <= SMALL
