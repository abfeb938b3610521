"""A formulation as a search sees it: grids, forms, costs; no program and no matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.language.quantities import Margin, Monotone
from bdnnc.search.costs import Costs, costs_of
from bdnnc.search.forms import Form, forms_of
from bdnnc.search.grids import GridLayer, grid_inputs, grid_layer
from bdnnc.search.narrowing import narrowed
from bdnnc.search.structure import value, wrong_paths

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ROOM = 1e-9
"""Relative: how far above a bound floats may be."""


@dataclass(frozen=True, eq=False)
class SearchModel:
    """``X``: (inputs, patterns) integers. ``forms``: the goal first, then what is held under bounds; after them come, as rows
    of every table of totals, the paths that break monotone statements, and the pre-activations inside declared margins."""

    layers: tuple[GridLayer, ...]
    X: Integers
    forms: tuple[Form, ...]
    costs: Costs
    columns: tuple[int, ...]
    monotone: tuple[Monotone, ...]

    @property
    def rows(self) -> int:
        return len(self.forms) + 2

    @cached_property
    def constants(self) -> Floats:
        """(rows,)."""
        return np.array([*(float(form.constant) for form in self.forms), 0.0, 0.0])

    @cached_property
    def bounds(self) -> Floats:
        """(rows,): the most that each row may be; infinite for the goal."""
        bounds = [np.inf if form.bound is None else float(form.bound) for form in self.forms]
        return np.array([bound + ROOM * max(1.0, abs(bound)) for bound in (*bounds, 0.0, 0.0)])

    @cached_property
    def prices(self) -> Floats:
        """(rows,): the unit of the goal over the unit of each row, what a violation costs at least."""
        unit = self.forms[0].unit
        return np.array([unit / form.unit for form in self.forms] + [unit, unit])

    def sample(self, patterns: Integers) -> SearchModel:
        """The model on some of the patterns (distinct, ascending), whose costs stand for those of all."""
        times = self.X.shape[1] // len(patterns)  # an integer, so that costs stay what floats add exactly
        return replace(self, X=np.ascontiguousarray(self.X[:, patterns]), costs=self.costs.sample(patterns, times))

    @property
    def has_margins(self) -> bool:
        """Whether a form looks at distances from 0, which no table of costs a pattern tells."""
        return any(form.margins for form in self.forms)

    @property
    def is_linear(self) -> bool:
        return self.layers[-1].unit == "linear"

    def structure(self, W: Sequence[Floats], b: Sequence[Floats]) -> Floats:
        """(rows,): the parts of the forms that depend on the parameters alone; ``W``, ``b`` as in `structure`."""
        found = np.zeros(self.rows)
        for row, form in enumerate(self.forms):
            found[row] = sum(float(c) * value(quantity, W, b, self.columns) for c, quantity in form.structure)
        if self.monotone:
            found[-2] = wrong_paths(self.monotone, W)
        return found

    def margins(self, distances: Sequence[Floats | None]) -> Floats:
        """(rows,): the parts that look at margins; ``distances``: of each unit of each layer from 0, None for linear ones."""
        known = [found for found in distances if found is not None]
        total, least = sum(float(found.sum()) for found in known), min((float(found.min()) for found in known), default=0.0)
        found = np.zeros(self.rows)
        for row, form in enumerate(self.forms):
            for coefficient, quantity in form.margins:
                own = total
                if isinstance(quantity, Margin):
                    of_layer = None if quantity.layer is None else distances[quantity.layer]
                    own = least if of_layer is None else float(of_layer.min())
                found[row] += float(coefficient) * own
        return found


def search_model(formulation: Formulation) -> SearchModel:
    """The model of a formulation's goal, under the goals before it and the constraints."""
    problem = formulation.problem
    X, input_scale = grid_inputs(problem.patterns)
    layers: list[GridLayer] = []
    inputs: Integers | int = X
    for plan in formulation.plans:
        layer = grid_layer(plan, inputs, input_scale)
        layers.append(layer)
        inputs, input_scale = layer.on, layer.output_scale
    forms = forms_of(formulation)
    return SearchModel(
        layers=narrowed(tuple(layers), problem.constraints),
        X=X,
        forms=forms,
        costs=costs_of(forms, problem),
        columns=problem.columns,
        monotone=problem.monotone,
    )
