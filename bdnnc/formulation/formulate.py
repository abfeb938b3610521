"""`Problem -> Program`: parameters, products, implications and the goal, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from bdnnc.formulation.bias import preactivation_box
from bdnnc.formulation.losses import as_floats, chooses_classes, loss_costs, step_of, wanted
from bdnnc.formulation.parameters import bias_variables, weight_variables
from bdnnc.formulation.plan import LayerPlan, plan
from bdnnc.ir.problem import Problem
from bdnnc.ir.program import Cost, Cover, Floats, Implication, Link, PreActivation, Product, Program, Variable


@dataclass(frozen=True, slots=True, eq=False)
class Formulation:
    """A problem, the plans of its layers, and the program that they became."""

    problem: Problem
    plans: tuple[LayerPlan, ...]
    program: Program
    objective_lattice: tuple[Fraction, Fraction]
    """``(offset, step)``: every objective lies in offset + step Z, exactly; step 0 if the objective is constant."""


def formulate(problem: Problem, name: str = "bdnn") -> Formulation:
    """The program of a problem. Raises UserError E331, E332 for margins that can't be had."""
    plans = plan(problem)
    variables: list[Variable] = []
    links: list[Link] = []
    preactivations: list[PreActivation] = []
    products: list[Product] = []
    implications: list[Implication] = []
    for place, layer_plan in enumerate(plans):
        below = plans[place - 1] if place else None
        for blocks, equations in (weight_variables(layer_plan), bias_variables(layer_plan)):
            variables += blocks
            links += equations
        if below is not None and layer_plan.layer.free.any():
            product, block = _product(layer_plan, below, problem)
            products.append(product)
            variables.append(block)
        preactivations.append(_preactivation(layer_plan, below, problem))
        if place < len(plans) - 1 or not chooses_classes(problem) or isinstance(layer_plan.layer.margin, Fraction):
            block, rules = _activations(layer_plan, problem)
            variables.append(block)
            implications += rules
    covers: list[Cover] = []
    if chooses_classes(problem):
        block, rules, covers = _class_choice(plans[-1], problem)
        variables.append(block)
        implications += rules
    costs, constant, step = _goal(problem, plans[-1].layer.name)
    return Formulation(
        problem,
        plans,
        Program(
            name=name,
            patterns=problem.patterns.shape[0],
            variables=tuple(variables),
            links=tuple(links),
            preactivations=tuple(preactivations),
            products=tuple(products),
            implications=tuple(implications),
            covers=tuple(covers),
            costs=costs,
            constant=float(constant),
            goal_text=problem.goal_text,
            goal_statement=problem.goal_statement,
            objective_step=float(step),
            objective_offset=float(constant),
            classes=tuple(layer_plan.network_class() for layer_plan in plans),
            statements=problem.statements,
        ),
        (constant, step),
    )


def _product(layer_plan: LayerPlan, below: LayerPlan, problem: Problem) -> tuple[Product, Variable]:
    layer = layer_plan.layer
    patterns = problem.patterns.shape[0]
    units, inputs = np.nonzero(layer.free)
    lower, upper = float(layer.domain.lower), float(layer.domain.upper)
    product = Product(layer.name, below.layer.name, inputs, lower, upper, layer.statement)
    size = patterns * len(units)
    dense = (patterns, layer.units, layer.inputs) if layer.free.all() else None
    index = None if dense else (np.repeat(np.arange(patterns), len(units)), np.tile(units, patterns), np.tile(inputs, patterns))
    low, high = np.full(size, min(0.0, lower)), np.full(size, max(0.0, upper))
    return product, Variable("s", layer.name, ("sample", "unit", "input"), low, high, False, layer.statement, dense, index)


def _preactivation(layer_plan: LayerPlan, below: LayerPlan | None, problem: Problem) -> PreActivation:
    layer, sums = layer_plan.layer, layer_plan.sums
    units, inputs = np.nonzero(layer.free)
    constant = np.zeros(layer.free.shape)
    constant[~layer.free] = layer.constant[~layer.free].astype(np.float64)
    low, high = preactivation_box(sums, layer_plan.thresholds.bias)
    signed = below is not None and below.layer.unit == "sign"
    X = problem.patterns.floats() if below is None else None
    offset: Floats = np.zeros((1, layer.units))
    if X is not None and constant.any():
        offset = X @ constant.T
    elif signed:
        offset = -constant.sum(axis=1)[None, :]
    return PreActivation(
        layer=layer.name,
        below=None if below is None else below.layer.name,
        entry_unit=units,
        entry_input=inputs,
        X=X,
        offset=offset,
        fixed=(2.0 if signed else 1.0) * constant if below is not None else np.zeros((layer.units, 0)),
        slope=2.0 if signed else 1.0,
        shift=-1.0 if signed else 0.0,
        bias=layer_plan.thresholds.bias.kind,
        low=low,
        high=high,
        statement=layer.statement,
    )


def _activations(layer_plan: LayerPlan, problem: Problem) -> tuple[Variable, list[Implication]]:
    """One binary u a pattern and unit, and its two implications wherever the pre-activation is no constant."""
    layer, found = layer_plan.layer, layer_plan.thresholds
    shape = (problem.patterns.shape[0], layer.units)
    decided = np.broadcast_to(found.decided, shape).ravel()
    lower, upper = (decided == 1).astype(np.float64), (decided != 0).astype(np.float64)
    block = Variable("u", layer.name, ("sample", "unit"), lower, upper, True, layer.statement, shape)
    literal = np.flatnonzero(decided < 0)
    pattern, unit = np.divmod(literal, layer.units)
    active = np.broadcast_to(found.active, shape).ravel()[literal]
    inactive = np.broadcast_to(found.inactive, shape).ravel()[literal]
    return block, [
        Implication(layer.name, block.key, 1, ">=", literal, pattern, unit, active, layer.statement),
        Implication(layer.name, block.key, 0, "<=", literal, pattern, unit, -inactive, layer.statement),
    ]


def _class_choice(layer_plan: LayerPlan, problem: Problem) -> tuple[Variable, list[Implication], list[Cover]]:
    """zero_one on several output units: one binary e a pattern and class present in it, e = 0 only if exactly the class's unit
    is active; at most one e of a pattern is 0.

    These binaries replace those of the output layer, unless a declared margin binds its wrong pre-activations too.
    """
    layer, found = layer_plan.layer, layer_plan.thresholds
    shape = (problem.patterns.shape[0], layer.units)
    patterns, classes = np.nonzero(problem.counts)
    shall = wanted(problem)[classes]  # (members, units)
    decided = np.broadcast_to(found.decided, shape)[patterns]
    impossible = ((decided >= 0) & (decided != shall)).any(axis=1)
    member = Variable(
        "e", layer.name, ("sample", "class"), impossible.astype(np.float64), np.ones(len(patterns)), True,
        problem.goal_statement, None, (patterns, classes),
    )  # fmt: skip
    shown: tuple[tuple[int, Literal[">=", "<="], Floats], ...] = ((1, ">=", found.active), (0, "<=", -found.inactive))
    rules: list[Implication] = []
    for value, sense, side in shown:
        literal, unit = np.nonzero((shall == value) & (decided < 0) & ~impossible[:, None])
        rows = literal, patterns[literal], unit, np.broadcast_to(side, shape)[patterns[literal], unit]
        rules.append(Implication(layer.name, member.key, 0, sense, *rows, layer.statement))
    return member, rules, [_at_most_one(member, patterns, problem)]


def _at_most_one(member: Variable, patterns: np.ndarray[tuple[int], np.dtype[np.int64]], problem: Problem) -> Cover:
    present = np.bincount(patterns, minlength=problem.patterns.shape[0])
    several = np.flatnonzero(present > 1)
    group = np.full(len(present), -1)
    group[several] = np.arange(len(several))
    inside = np.flatnonzero(group[patterns] >= 0)
    demand = (present[several] - 1).astype(np.float64)
    return Cover(member.key, inside, group[patterns[inside]], demand, several, problem.goal_statement)


def _goal(problem: Problem, output: str) -> tuple[tuple[Cost, ...], Fraction, Fraction]:
    """Costs, constant, and the step of the objective's lattice."""
    costs = loss_costs(problem)
    if chooses_classes(problem):
        per_class = costs.per_class[np.nonzero(problem.counts)]
        return (
            (Cost(("e", output), as_floats(per_class, costs.denominator)),),
            problem.constant,
            step_of(per_class, costs.denominator),
        )
    difference = costs.when_on - costs.when_off
    constant = problem.constant + Fraction(int(costs.when_off.sum()), costs.denominator)
    return (
        (Cost(("u", output), as_floats(difference, costs.denominator)),),
        constant,
        step_of(difference, costs.denominator),
    )
