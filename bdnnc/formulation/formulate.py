"""`Problem -> Program`: the layers, the constraints, and one goal after those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.formulation.builder import Builder, Expression, number, total
from bdnnc.formulation.caps import cap_of, hold, sign_of
from bdnnc.formulation.certified import express_uncertified
from bdnnc.formulation.connections import express_connections, express_fan_in
from bdnnc.formulation.constraints import constrain
from bdnnc.formulation.coupling import couples_parameters
from bdnnc.formulation.distances import express_margin, express_margins
from bdnnc.formulation.layers import activations, add_layer
from bdnnc.formulation.linear_output import express_absolute, express_hinge
from bdnnc.formulation.monotone import keep_monotone
from bdnnc.formulation.norms import express_norm
from bdnnc.formulation.outputs import express_errors, express_hamming
from bdnnc.formulation.plan import LayerPlan, plan
from bdnnc.formulation.single import express_parameters
from bdnnc.formulation.usage import express_features_used, express_units_used
from bdnnc.ir.problem import Problem
from bdnnc.ir.program import Cost, Key, Program
from bdnnc.language.quantities import (
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Margin,
    Margins,
    Norm,
    Parameters,
    Quantity,
    UnitsUsed,
)


@dataclass(frozen=True, slots=True, eq=False)
class Formulation:
    """A problem, the plans of its layers, and the program of goal ``stage``, under the values ``reached`` by the goals before.

    Values and bounds of a program are of the *minimized* form: those of a maximized goal are negated.
    """

    problem: Problem
    plans: tuple[LayerPlan, ...]
    program: Program
    objective_lattice: tuple[Fraction, Fraction] | None
    """``(offset, step)``: every objective lies in offset + step Z, exactly; step 0: it is constant; None: it is continuous."""
    stage: int = 0
    reached: tuple[Fraction, ...] = ()
    """For each earlier goal the value, in its own sense, that it reached."""
    caps: tuple[Fraction, ...] = ()
    """The same as limits of the goals' minimized forms (see `cap_of`)."""
    coupled: bool = False
    """Whether real parameters take part in more than the activations of their own units (see `couples_parameters`)."""

    @property
    def goal(self) -> Goal:
        return self.problem.goals[self.stage]

    @property
    def unit(self) -> Fraction:
        """What counts as 1 among the objective's values where tolerances are relative: the step of its lattice, else its
        largest coefficient, and no more than 1."""
        if self.objective_lattice is not None and self.objective_lattice[1] > 0:
            return min(Fraction(1), self.objective_lattice[1])
        largest = max((float(np.abs(cost.coefficient).max(initial=0.0)) for cost in self.program.costs), default=0.0)
        return min(Fraction(1), Fraction(largest)) if largest else Fraction(1)

    @property
    def is_published(self) -> bool:
        """Whether this is the papers' form (see `published`), whose solutions may do less than they claim."""
        return any(found.kind == "published" for found in self.program.classes)


def formulate(
    problem: Problem,
    name: str = "bdnn",
    stage: int = 0,
    reached: Sequence[Fraction] = (),
    plans: tuple[LayerPlan, ...] | None = None,
) -> Formulation:
    """The program of goal number ``stage``, where the goals before it have ``reached`` their values (in their own senses).

    ``plans``: other plans of the layers than those that `plan` makes. Raises UserError E331, E332, E333 for margins and
    magnitudes that can't be had.
    """
    if len(reached) != stage:
        raise InternalError(f"goal {stage} needs the values of {stage} goals, not of {len(reached)}")
    builder = Builder(problem, plan(problem) if plans is None else plans)
    for place in range(len(builder.plans)):
        add_layer(builder, place)
    if isinstance(builder.plans[-1].layer.margin, Fraction):  # it binds every pre-activation, right or wrong
        activations(builder, len(builder.plans) - 1)
    goals: list[Expression] = []
    for goal, builder.asking in zip(problem.goals[: stage + 1], problem.goal_statements, strict=False):
        goals.append(express_goal(builder, goal))
    for place, (constraint, builder.asking) in enumerate(zip(problem.constraints, problem.constraint_statements, strict=True)):
        constrain(builder, constraint, place, express)
    for place, statement in enumerate(problem.monotone):
        keep_monotone(builder, statement, place)
    caps = [
        cap_of(goal, value, expression.step is not None)
        for goal, expression, value in zip(problem.goals, goals, reached, strict=False)
    ]
    for place, (expression, cap) in enumerate(zip(goals, caps, strict=False)):
        hold(builder, place, expression, cap)
    found = _assembled(builder, name, stage, goals[stage])
    return replace(found, reached=tuple(reached), caps=tuple(caps))


def express(builder: Builder, quantity: Quantity, exactly: bool) -> Expression:
    """A quantity as an expression of the program, with the blocks and rows that it needs.

    Without ``exactly`` it is held from the side that a goal pushes it to: losses, errors and penalties from below, margins from
    above; with it from both.
    """
    if isinstance(quantity, Loss | Errors) and _gives_up(builder.problem, quantity):
        return express_uncertified(builder, quantity)
    match quantity:
        case Loss("hamming"):
            return express_hamming(builder, quantity)
        case Loss("hinge"):
            return express_hinge(builder, quantity)
        case Loss("absolute"):
            return express_absolute(builder, quantity)
        case Loss() | Errors():
            return express_errors(builder, quantity, exactly)
        case Norm("l0", "weights"):
            return express_connections(builder, quantity, exactly)
        case Norm():
            return express_norm(builder, quantity, exactly)
        case UnitsUsed():
            return express_units_used(builder, quantity, exactly)
        case FeaturesUsed():
            return express_features_used(builder, quantity, exactly)
        case FanIn():
            return express_fan_in(builder, quantity, exactly)
        case Margin():
            return express_margin(builder, quantity)
        case Margins():
            return express_margins(builder, quantity)
        case Parameters():
            return express_parameters(builder, quantity, exactly)


def _gives_up(problem: Problem, quantity: Loss | Errors) -> bool:
    """Whether points that are not right over their sets count as errors; hinges and distances have worst cases of their own."""
    is_sum = isinstance(quantity, Loss) and quantity.kind in ("hinge", "absolute")
    return not quantity.nominal and not is_sum and problem.gives_points_up


def express_goal(builder: Builder, goal: Goal) -> Expression:
    """The goal in its minimized form."""
    sign = sign_of(goal)
    parts = [express(builder, term.quantity, False).times(sign * term.coefficient) for term in goal.terms]
    return total([*parts, number(sign * goal.constant)])


def _assembled(builder: Builder, name: str, stage: int, objective: Expression) -> Formulation:
    problem = builder.problem
    goal, constant, step = problem.goals[stage], objective.constant[0], objective.step
    program = Program(
        name=name,
        patterns=problem.patterns.shape[0],
        variables=tuple(builder.variables.values()),
        links=tuple(builder.links),
        preactivations=tuple(builder.preactivations),
        products=tuple(builder.products),
        implications=tuple(builder.implications),
        rows=tuple(builder.rows),
        costs=_costs(builder, objective),
        constant=float(constant),
        sense=goal.sense,
        goal_text=goal.text,
        goal_statement=problem.goal_statements[stage],
        objective_step=0.0 if step is None else float(step),
        objective_offset=float(constant),
        classes=tuple(layer_plan.network_class() for layer_plan in builder.plans),
        statements=problem.statements,
    )
    lattice = None if step is None else (constant, step)
    coupled = couples_parameters(problem, builder.plans, stage + 1)
    return Formulation(problem, builder.plans, program, lattice, stage, coupled=coupled)


def _costs(builder: Builder, objective: Expression) -> tuple[Cost, ...]:
    """One cost a block, in the order of the blocks."""
    found: dict[Key, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for part in objective.summands:
        coefficient = found.setdefault(part.block, np.zeros(builder.variables[part.block].size))
        coefficient += np.bincount(part.member, part.value, minlength=len(coefficient))
    return tuple(Cost(key, found[key]) for key in builder.variables if key in found)
