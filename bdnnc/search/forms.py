"""What a search makes small and what it holds under bounds: the goal, the goals before it, the constraints, one form a row.

    form = sum of coefficient * quantity + constant        minimized, or held at or below ``bound``

Constraints on single weights and biases, and on `fan_in` alone, are no forms: they narrow the grids (see `narrowing`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.language.quantities import (
    Constraint,
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


@dataclass(frozen=True, slots=True)
class UnitFanIn:
    """The present connections into one unit."""

    layer: int
    unit: int


Structural = Norm | UnitsUsed | FeaturesUsed | Parameters | UnitFanIn
"""Quantities of the parameters alone; `Parameters` of one row."""

DataTerm = tuple[Fraction, Loss | Errors]
StructuralTerm = tuple[Fraction, Structural]
MarginTerm = tuple[Fraction, Margin | Margins]


@dataclass(frozen=True, slots=True)
class Form:
    """One row, its terms by what they depend on. ``unit``: what counts as 1 in it, its smallest coefficient."""

    data: tuple[DataTerm, ...]
    structure: tuple[StructuralTerm, ...]
    margins: tuple[MarginTerm, ...]
    constant: Fraction
    bound: Fraction | None

    def worst(self) -> Form:
        """The form with worst cases in place of all nominal losses and errors."""
        return replace(self, data=tuple((c, replace(quantity, nominal=False)) for c, quantity in self.data))

    def of_points(self, nominal: bool) -> Form:
        """The form with its losses and errors of the points as they are alone, or with its worst cases alone."""
        return replace(self, data=tuple(term for term in self.data if term[1].nominal == nominal))

    @property
    def unit(self) -> float:
        coefficients = [abs(c) for c, _ in (*self.data, *self.structure, *self.margins) if c != 0]
        return float(min(coefficients, default=Fraction(1)))


def forms_of(formulation: Formulation) -> tuple[Form, ...]:
    """The current goal first, then the goals before it under their caps, then the constraints that narrow no grid."""
    problem = formulation.problem
    earlier = [_of_goal(goal, cap) for goal, cap in zip(problem.goals, formulation.caps, strict=False)]
    others = [constraint for constraint in problem.constraints if not narrows(constraint)]
    rows = [form for constraint in others for form in _of_constraint(constraint)]
    return (_of_goal(formulation.goal, None), *earlier, *rows)


def narrows(constraint: Constraint) -> bool:
    """Whether a constraint is a bound on each of some weights or biases, or the most connections of each unit of a layer."""
    if len(constraint.terms) != 1:
        return False
    term = constraint.terms[0]
    if isinstance(term.quantity, Parameters):
        return True
    sense = constraint.sense if term.coefficient > 0 else {"<=": ">=", ">=": "<="}.get(constraint.sense, "==")
    return isinstance(term.quantity, FanIn) and sense == "<=" and term.coefficient != 0


def _of_goal(goal: Goal, cap: Fraction | None) -> Form:
    sign = sign_of(goal)
    return _form([(sign * term.coefficient, term.quantity) for term in goal.terms], sign * goal.constant, cap)


def _of_constraint(constraint: Constraint) -> Iterator[Form]:
    signs = {"<=": (1,), ">=": (-1,), "==": (1, -1)}[constraint.sense]
    for row in range(constraint.rows):
        terms = [(term.coefficient, _row_of(term.quantity, row)) for term in constraint.terms]
        for sign in signs:
            yield _form([(sign * c, q) for c, q in terms], Fraction(0), sign * constraint.bound)


def _row_of(quantity: Quantity, row: int) -> Quantity | UnitFanIn:
    match quantity:
        case FanIn(layer):
            return UnitFanIn(layer, row)
        case Parameters(layer, part, units, inputs) if len(units) > 1:
            return Parameters(layer, part, units[row : row + 1], inputs[row : row + 1])
        case _:
            return quantity


def _form(terms: list[tuple[Fraction, Quantity | UnitFanIn]], constant: Fraction, bound: Fraction | None) -> Form:
    data: list[DataTerm] = []
    structure: list[StructuralTerm] = []
    margins: list[MarginTerm] = []
    for coefficient, quantity in terms:
        if isinstance(quantity, Loss | Errors):
            data.append((coefficient, quantity))
        elif isinstance(quantity, Margin | Margins):
            margins.append((coefficient, quantity))
        elif not isinstance(quantity, FanIn):
            structure.append((coefficient, quantity))
    return Form(tuple(data), tuple(structure), tuple(margins), constant, bound)
