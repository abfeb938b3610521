"""A formulation as a search sees it: grids, forms, costs; no program and no matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import floor

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import Errors, FeaturesUsed, Loss, Margin, Monotone
from bdnnc.search.costs import Costs, costs_of, lost_costs
from bdnnc.search.forms import Form, forms_of
from bdnnc.search.grids import GridLayer, grid_inputs, grid_layer
from bdnnc.search.narrowing import narrowed
from bdnnc.search.structure import value, wrong_paths
from bdnnc.search.worst import WorstGrid, WorstLeads, worst_grid, worst_leads

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

ROOM = 1e-9
"""Relative: how far above a bound floats may be."""


@dataclass(frozen=True, eq=False)
class SearchModel:
    """``X``: (inputs, patterns) integers. ``forms``: the goal first, then what is held under bounds; after them come, as rows
    of every table of totals, (pattern, unit) that change over a set where none may, the paths that break monotone statements,
    and the pre-activations inside declared margins. ``worst``: how far inputs move; ``leads``: the same of a single
    linear layer, whose worst cases are those of scores. Where points are given up, ``costs`` are
    those of worst cases alone, and ``nominal`` the costs of the points as they are, None where nothing asks for them. ``lost``
    (forms, patterns): what points that change over their set cost; where none may, so that a search gets rid of them one by one
    instead of all at once; None where losses do not count points."""

    layers: tuple[GridLayer, ...]
    X: Integers
    forms: tuple[Form, ...]
    costs: Costs
    worst: WorstGrid | None
    leads: WorstLeads | None
    lost: Floats | None
    nominal: Costs | None
    columns: tuple[int, ...]
    monotone: tuple[Monotone, ...]

    @property
    def rows(self) -> int:
        return len(self.forms) + 3

    @cached_property
    def constants(self) -> Floats:
        """(rows,)."""
        return np.array([*(float(form.constant) for form in self.forms), 0.0, 0.0, 0.0])

    @cached_property
    def bounds(self) -> Floats:
        """(rows,): the most that each row may be; infinite for the goal."""
        bounds = [np.inf if form.bound is None else float(form.bound) for form in self.forms]
        return np.array([bound + ROOM * max(1.0, abs(bound)) for bound in (*bounds, 0.0, 0.0, 0.0)])

    @cached_property
    def prices(self) -> Floats:
        """(rows,): the unit of the goal over the unit of each row, what a violation costs at least."""
        unit = self.forms[0].unit
        return np.array([unit / form.unit for form in self.forms] + [unit, unit, unit])

    def sample(self, patterns: Integers) -> SearchModel:
        """The model on some of the patterns (distinct, ascending), whose costs stand for those of all."""
        times = self.X.shape[1] // len(patterns)  # an integer, so that costs stay what floats add exactly
        return replace(
            self,
            X=np.ascontiguousarray(self.X[:, patterns]),
            costs=self.costs.sample(patterns, times),
            worst=None if self.worst is None else self.worst.sample(patterns),
            leads=None if self.leads is None else self.leads.sample(patterns),
            lost=None if self.lost is None else self.lost[:, patterns] * times,
            nominal=None if self.nominal is None else self.nominal.sample(patterns, times),
        )

    @property
    def gives_up(self) -> bool:
        """Whether points that change over their set count as errors."""
        return self.worst is not None and self.worst.gives_up

    def pattern_costs(self, outputs: Booleans | Floats, lost: Booleans | None, ahead: Floats | None) -> Floats:
        """(forms, patterns): what the outputs cost; ``lost``: (patterns,), those that are given up, None where none can be;
        ``ahead``: how far moves take scores, as `WorstLeads.of` has it."""
        found = self.costs.of(outputs, ahead)
        if lost is not None and self.lost is not None:
            found = np.where(lost, self.lost, found)
        return found if self.nominal is None else found + self.nominal.of(outputs)

    @property
    def has_margins(self) -> bool:
        """Whether a form looks at distances from 0, which no table of costs a pattern tells."""
        return any(form.margins for form in self.forms)

    @cached_property
    def most_columns(self) -> int | None:
        """How many columns of the file may be used, by a bound on their number alone; None: without one."""
        found: list[int] = []
        for form in self.forms:
            is_alone = not form.data and not form.margins and len(form.structure) == 1
            if form.bound is not None and is_alone and isinstance(form.structure[0][1], FeaturesUsed):
                coefficient = form.structure[0][0]
                if coefficient > 0:
                    found.append(floor((form.bound - form.constant) / coefficient))
        return min(found, default=None)

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
    worst, leads = worst_grid(problem, layers[0].weight_scale, layers[0].scale), worst_leads(problem)
    is_split = leads is not None or (worst is not None and worst.gives_up)
    counts = worst is not None and all(_counts_points(term[1], problem) for form in forms for term in form.data)
    if counts and not is_split:  # all points keep their patterns in the end, where nominal and worst cases are the same
        forms = tuple(form.worst() for form in forms)
    nominal = [form.of_points(True) for form in forms] if is_split else []
    costs = costs_of([form.of_points(False) for form in forms] if is_split else forms, problem)
    return SearchModel(
        layers=narrowed(tuple(layers), problem.constraints),
        X=X,
        forms=forms,
        costs=costs,
        worst=worst,
        leads=leads,
        lost=lost_costs(forms, problem) if worst is not None and (is_split or counts) else None,
        nominal=costs_of(nominal, problem) if any(form.data for form in nominal) else None,
        columns=problem.columns,
        monotone=problem.monotone,
    )


def _counts_points(quantity: Loss | Errors, problem: Problem) -> bool:
    """Whether every point adds 0 or its weight."""
    if isinstance(quantity, Errors):
        return True
    return quantity.kind == "zero_one" or (quantity.kind == "hamming" and problem.output_units == 1)
