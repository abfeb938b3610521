"""The yardstick: every quantity that goals and constraints speak of, measured on a network, exactly.

It knows weights and what the network computes on the patterns of a `Problem`, and nothing of any formulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import InternalError
from bdnnc.ir.problem import Problem
from bdnnc.language.quantities import (
    Constraint,
    Errors,
    FanIn,
    FeaturesUsed,
    Goal,
    Loss,
    Margin,
    Margins,
    Monotone,
    Norm,
    Parameters,
    Quantity,
    UnitsUsed,
)
from bdnnc.network import score
from bdnnc.network.evaluate import Output, last_output, unit_margins
from bdnnc.network.network import Layer, Network
from bdnnc.network.verification.point import judge
from bdnnc.network.verification.verdict import rightness
from bdnnc.network.worst_activity import WorstActivity
from bdnnc.network.worst_scores import worst_scores
from bdnnc.uncertainty.sets import Moves

Value = Fraction | tuple[Fraction, ...]
"""One number, or a number a row (`FanIn`, `Parameters`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a constraint or a monotone statement holds. ``text`` as written; ``value`` is the left side (of the ``row`` that
    is furthest off, or nearest to being so), ``bound`` the right one; both None for a monotone statement."""

    text: str
    holds: bool
    sense: Literal["<=", ">=", "=="]
    value: Fraction | None = None
    bound: Fraction | None = None
    row: int = 0
    rows: int = 1


@dataclass(frozen=True, eq=False)
class Measured:
    """A network held against a problem of its shape; what it computes on the patterns is worked out once, when first needed.
    ``judged``: (patterns, classes), what was found to be wrong over the sets, where somebody has found that out already."""

    network: Network
    problem: Problem
    judged: NDArray[np.bool_] | None = None

    @cached_property
    def output(self) -> Output:
        """What the last layer gives on the patterns, (patterns, units)."""
        return last_output(self.network, self.problem.patterns)

    @cached_property
    def margins(self) -> tuple[tuple[Fraction, ...] | None, ...]:
        """The smallest distance from 0 of each unit on the patterns, a layer; None for a linear one."""
        return unit_margins(self.network, self.problem.patterns)

    def value(self, quantity: Quantity) -> Value:
        """The quantity's value; a tuple, one a row, for `FanIn` and `Parameters`."""
        layers, problem = self.network.layers, self.problem
        match quantity:
            case Loss():
                lost, seen = (None, self.output) if quantity.nominal else (self.lost, self.seen)
                return score.loss(quantity, seen, problem.counts, problem.targets, lost)
            case Errors(of, nominal):
                return Fraction(score.errors(self.output, problem.counts, of, None if nominal else self.lost))
            case Norm(kind, part, places):
                return _norm(kind, [number for place in places for number in _numbers(layers[place], part)])
            case UnitsUsed(place):
                return Fraction(int(present(layers[place + 1]).any(axis=0).sum()))
            case FeaturesUsed():
                used: list[int] = np.argwhere(present(layers[0]))[:, 1].tolist()
                return Fraction(len({problem.columns[j] for j in used}))
            case Margin(place, nominal):
                return min(self._unit_margins(place, nominal))
            case Margins():
                return sum(self._unit_margins(None, False), Fraction(0))
            case FanIn(place):
                return tuple(Fraction(int(number)) for number in present(layers[place]).sum(axis=1))
            case Parameters(place, "weights", units, inputs):
                return tuple(layers[place].weights[list(units), list(inputs)].tolist())
            case Parameters(place, _, units):
                return tuple(layers[place].bias[list(units)].tolist())

    def single(self, quantity: Quantity) -> Fraction:
        """The value of a quantity that has one: a `Parameters` of one row counts. Raises InternalError for several."""
        value = self.value(quantity)
        if isinstance(value, Fraction):
            return value
        if len(value) != 1:
            raise InternalError(f"{quantity} has {len(value)} values where one is wanted")
        return value[0]

    def goal(self, goal: Goal) -> Fraction:
        """The goal's value in its own sense, constant included."""
        return sum((term.coefficient * self.single(term.quantity) for term in goal.terms), goal.constant)

    def loss(self) -> Fraction:
        """The loss part of the first goal with its coefficients; its errors where it has no loss, 0 where neither."""
        terms = score.loss_terms(self.problem.goals[0])
        return sum((term.coefficient * self.single(term.quantity) for term in terms), Fraction(0))

    def errors(self, nominal: bool = False) -> int | None:
        """The samples that are errors, in the worst case unless ``nominal``; None for regression."""
        return None if self.problem.is_regression else int(self.single(Errors(None, nominal)))

    def findings(self) -> Iterator[Finding]:
        """Every constraint, then every monotone statement, in the order of the file, then what `robust static` demands."""
        yield from (self._constraint(constraint) for constraint in self.problem.constraints)
        yield from (self._monotone(statement) for statement in self.problem.monotone)
        uncertainty = self.problem.uncertainty
        if uncertainty is not None and self.problem.keeps_patterns:
            changing = Fraction(int((~self.kept).sum()))
            yield Finding(uncertainty.text, changing == 0, "==", changing, Fraction(0))

    # --- worst cases ------------------------------------------------------------------------------------------------

    @cached_property
    def worst(self) -> WorstActivity:
        """The first layer over the set of each pattern. Raises InternalError where nothing moves."""
        if self.problem.uncertainty is None:
            raise InternalError("nothing moves")
        return WorstActivity.of(self.network.layers[0], self.problem.patterns, self.problem.uncertainty.moves)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(patterns,): those that keep their first-layer pattern over their set; all, where nothing moves or is active."""
        if self.problem.uncertainty is None or not self.problem.has_patterns:
            return np.ones(self.problem.patterns.shape[0], dtype=np.bool_)
        return self.worst.kept

    @cached_property
    def seen(self) -> score.Seen:
        """What losses see: what the last layer gives; of a single linear layer the scores at their worst for each class."""
        uncertainty = self.problem.uncertainty
        if uncertainty is None or uncertainty.sense == "adaptive" or self.problem.has_patterns:
            return self.output
        return worst_scores(self.network.layers[0], self.problem.patterns, uncertainty.moves)

    @cached_property
    def lost(self) -> NDArray[np.bool_] | None:
        """(patterns, classes): what counts as an error of a class whatever the network says of the point as it is; None where
        nothing does. With scenarios, what is wrong at one of them; without, what is not proved right over the whole set."""
        uncertainty, classes = self.problem.uncertainty, self.problem.counts.shape[1]
        if uncertainty is None or not self.problem.gives_points_up:
            return None
        if isinstance(self.seen, tuple):
            return None if self.problem.is_regression else score.wrong(self.seen)
        if uncertainty.sense == "soft":
            return np.repeat(~self.kept[:, np.newaxis], classes, axis=1)
        if self.judged is not None:
            return self.judged
        if len(self.problem.scenarios):
            return self._wrong_at_scenarios()
        return self._not_certified(uncertainty.moves)

    def _wrong_at_scenarios(self) -> NDArray[np.bool_]:
        found = np.zeros(self.problem.counts.shape, dtype=np.bool_)
        wrong = score.wrong(self.output)[self.problem.points :]
        np.logical_or.at(found, self.problem.scenarios, wrong)
        return found

    def _not_certified(self, moves: Sequence[Moves]) -> NDArray[np.bool_]:
        """Points that are right as they are, judged over their sets one by one."""
        wrong, there = score.wrong(self.output), self.problem.counts > 0
        found = np.zeros(wrong.shape, dtype=np.bool_)
        for pattern, label in np.argwhere(there & ~wrong).tolist():
            point = self.problem.patterns.rows(np.array([pattern]))
            verdict = judge(self.network, point, [part.at(pattern) for part in moves], rightness(self.network, label))
            found[pattern, label] = verdict.outcome != "certified"
        return found

    def violated(self) -> tuple[Finding, ...]:
        """The constraints and monotone statements that don't hold."""
        return tuple(finding for finding in self.findings() if not finding.holds)

    def _unit_margins(self, place: int | None, nominal: bool) -> list[Fraction]:
        margins = self.margins
        if self.problem.keeps_patterns and not nominal and margins[0] is not None:
            margins = (self.worst.distances(), *margins[1:])
        layers = margins if place is None else margins[place : place + 1]
        found = [margin for units in layers for margin in units or ()]
        if not found:
            raise InternalError("linear layers have no margin")
        return found

    def _constraint(self, constraint: Constraint) -> Finding:
        sides = np.full(constraint.rows, Fraction(0), dtype=object)
        for term in constraint.terms:
            sides = sides + term.coefficient * self._rows(term.quantity, constraint.rows)
        sense, bound = constraint.sense, constraint.bound
        excess = np.abs(sides - bound) if sense == "==" else sides - bound if sense == "<=" else bound - sides
        worst = int(np.argmax(excess))
        holds = bool(excess[worst] <= 0)
        return Finding(constraint.text, holds, sense, Fraction(sides[worst]), bound, worst, constraint.rows)

    def _rows(self, quantity: Quantity, rows: int) -> NDArray[np.object_]:
        """The quantity's value in each row. Raises InternalError where it has another number of rows."""
        value = self.value(quantity)
        if isinstance(value, Fraction):
            return np.full(rows, value, dtype=object)
        if len(value) != rows:
            raise InternalError(f"{quantity} has {len(value)} rows, not {rows}")
        return np.array(value, dtype=object)

    def _monotone(self, statement: Monotone) -> Finding:
        *_, (positive, negative) = path_signs(self.network, statement.inputs)
        wrong = negative if statement.increasing else positive
        reached = wrong.any() if statement.output is None else wrong[statement.output]
        return Finding(statement.text, not reached, ">=" if statement.increasing else "<=")


def quantity_value(quantity: Quantity, network: Network, problem: Problem) -> Value:
    """The value of one quantity on the merged patterns of ``problem``."""
    return Measured(network, problem).value(quantity)


def goal_value(goal: Goal, network: Network, problem: Problem) -> Fraction:
    """The value of one goal in its own sense."""
    return Measured(network, problem).goal(goal)


def violated(network: Network, problem: Problem) -> tuple[Finding, ...]:
    """The constraints and monotone statements of ``problem`` that the network doesn't keep, exactly."""
    return Measured(network, problem).violated()


def present(layer: Layer) -> NDArray[np.bool_]:
    """The connections that exist and are not 0, (units, inputs)."""
    return ~layer.absent & np.asarray(layer.weights != 0, dtype=np.bool_)


def path_signs(network: Network, inputs: tuple[int, ...]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """For each layer which of its units a path of positive, and of negative, weight product reaches from one of the first-layer
    ``inputs``: two arrays (units,)."""
    positive = np.zeros(network.layers[0].weights.shape[1], dtype=np.bool_)
    positive[list(inputs)] = True
    negative = np.zeros_like(positive)
    for layer in network.layers:
        up, down = layer.weights > 0, layer.weights < 0
        positive, negative = (
            np.asarray((up & positive | down & negative).any(axis=1), dtype=np.bool_),
            np.asarray((up & negative | down & positive).any(axis=1), dtype=np.bool_),
        )
        yield positive, negative


def _numbers(layer: Layer, part: Literal["weights", "bias"]) -> list[Fraction]:
    """The parameters that are not 0 and not absent."""
    return layer.weights[present(layer)].tolist() if part == "weights" else layer.bias[layer.bias != 0].tolist()


def _norm(kind: Literal["l0", "l1", "linf", "l2"], numbers: list[Fraction]) -> Fraction:
    if kind == "l0":
        return Fraction(len(numbers))
    if kind == "linf":
        return max((abs(number) for number in numbers), default=Fraction(0))
    return sum((abs(number) if kind == "l1" else number * number for number in numbers), Fraction(0))
