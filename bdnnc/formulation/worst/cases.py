"""The blocks ``fall`` and ``rise``: how far each sum of the first layer can fall and rise, made of all sets of moves.

    fall[p, i] >= max over delta of -w_i . delta          rise[p, i] >= max over delta of w_i . delta

so that a >= t over the whole set is a - fall >= t, and a <= t is a + rise <= t. Sets that are alike in both directions have the
one block ``rise`` for both; sets that are the same for all points have one member a unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.at_most import at_most_part
from bdnnc.formulation.worst.ball import ball_part
from bdnnc.formulation.worst.box import box_part
from bdnnc.formulation.worst.l1 import l1_part
from bdnnc.formulation.worst.leads import add_differences, lead_layer
from bdnnc.formulation.worst.listed import listed_part
from bdnnc.formulation.worst.polytope import polytope_part
from bdnnc.formulation.worst.side import WAYS, Of, Part, Side, Way
from bdnnc.formulation.worst_sums import worst_reach
from bdnnc.ir.problem import ProblemLayer
from bdnnc.ir.program import Floats, Implication, Index, Summand, Variable
from bdnnc.uncertainty.corners import inside
from bdnnc.uncertainty.leads import number_of_pair
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope, Uncertainty
from bdnnc.uncertainty.support import grid_points


@dataclass(frozen=True, slots=True, eq=False)
class WorstCases:
    """Where the worst cases of a layer stand: of each unit ``of`` it, or of the leads of several scores, of which ``layer`` is
    then made (see `leads`)."""

    layer: ProblemLayer
    moves: tuple[Moves, ...]
    of: Of = "unit"

    @property
    def is_shared(self) -> bool:
        """Whether a worst case is that of a unit, whatever the point."""
        return all(moves.is_shared for moves in self.moves)

    @property
    def is_even(self) -> bool:
        """Whether sums rise as far as they fall."""
        return all(side.is_even for side in self.sides("rise"))

    def sides(self, way: Way) -> tuple[Side, ...]:
        """Each set in a direction; of even sets the direction is `rise` whichever is asked for."""
        found = (Side(self.layer, moves, number, way, self.of) for number, moves in enumerate(self.moves))
        return tuple(replace(side, way="rise") if side.is_even else side for side in found)

    def reach(self) -> tuple[Floats, Floats]:
        """The most that each unit can fall and rise whatever its weights, two (P or 1, units)."""
        return worst_reach(self.layer, self.moves).floats()

    def symbol(self, way: Way) -> Way:
        return "rise" if self.is_even else way

    def summand(self, way: Way, pattern: Index, unit: Index, value: float) -> Summand:
        """``value`` times the worst case of each (pattern, unit), one a row."""
        member = unit if self.is_shared else pattern * self.layer.units + unit
        every = np.arange(len(member))
        return Summand((self.symbol(way), self.layer.name), every, member, np.full(len(member), value))


def worst_cases_of(uncertainty: Uncertainty, layer: ProblemLayer) -> WorstCases:
    """The worst cases of a first layer: of its units, or of the leads of linear ones, of which no score matters by itself."""
    if layer.unit == "linear" and layer.units > 1:
        return WorstCases(lead_layer(layer), uncertainty.moves, "lead")
    return WorstCases(layer, uncertainty.moves)


def add_worst_cases(builder: Builder) -> WorstCases:
    """The blocks of the first layer with all that they are made of, once."""
    problem = builder.problem
    uncertainty, layer = problem.uncertainty, problem.layers[0]
    if uncertainty is None:
        raise InternalError("nothing moves")
    cases = worst_cases_of(uncertainty, layer)
    if builder.has(("rise", layer.name)):
        return cases
    if cases.of == "lead":
        add_differences(builder, layer, cases.layer, uncertainty.statement)
    falls, rises = cases.reach()
    made: dict[tuple[int, Way], Part] = {}
    for way in WAYS[1:] if cases.is_even else WAYS:
        for side in cases.sides(way):
            if (side.number, side.way) not in made:
                made[side.number, side.way] = _part(builder, side)
        parts = [made[side.number, side.way] for side in cases.sides(way)]
        _add_total(builder, cases, way, list(zip(cases.sides(way), parts, strict=True)), falls if way == "fall" else rises)
    return cases


def in_worst_case(builder: Builder, rule: Implication) -> Implication:
    """What a rule concludes of the first layer's sums, wherever its points move."""
    return _moved(rule, add_worst_cases(builder), rule.unit)


def over_the_set(builder: Builder, rule: Implication) -> list[Implication]:
    """What a rule concludes of the last layer, where that is the first, wherever its points move: of its sums, or of the leads
    of linear units, which fall one way and rise the other."""
    if rule.other is None:
        return [in_worst_case(builder, rule)]
    cases = add_worst_cases(builder)
    lead = number_of_pair(rule.unit, rule.other, builder.problem.output_units)
    if cases.is_even:
        return [_moved(rule, cases, lead)]
    first = rule.unit < rule.other  # the pair's own lead falls, else that of the other unit rises
    chosen, others = np.flatnonzero(first), np.flatnonzero(~first)
    back = replace(rule.some(others), kind=f"{rule.kind}_back")
    return [_moved(rule.some(chosen), cases, lead[chosen]), _moved(back, cases, lead[others], is_reversed=True)]


def _moved(rule: Implication, cases: WorstCases, unit: Index, is_reversed: bool = False) -> Implication:
    """The rule with the worst case of its side: what has to stay above falls, what has to stay below rises."""
    is_below = rule.sense == "<="
    worst = cases.summand(WAYS[is_below != is_reversed], rule.pattern, unit, 1.0 if is_below else -1.0)
    return replace(rule, summands=(*rule.summands, worst))


def _add_total(builder: Builder, cases: WorstCases, way: Way, parts: list[tuple[Side, Part]], most: Floats) -> None:
    """The block, no less than what its sets add up to."""
    uncertainty, layer = builder.problem.uncertainty, cases.layer
    assert uncertainty is not None
    rows = 1 if cases.is_shared else builder.problem.patterns.shape[0]
    size = rows * layer.units
    row, unit = np.divmod(np.arange(size), layer.units)
    axes, names = ((cases.of,), (unit,)) if cases.is_shared else (("sample", cases.of), (row, unit))
    bound = np.broadcast_to(most, (rows, layer.units)).ravel().copy()
    statement = uncertainty.statement
    key = builder.add(Variable(way, layer.name, axes, 0 * bound, bound, False, statement, None, names))
    summands = [Summand(key, np.arange(size), np.arange(size), np.ones(size))]
    lower = np.zeros(size)
    for side, part in parts:
        for summand in part.summands:
            summands.append(_spread(summand, side, rows, -1.0))
        lower = lower + np.broadcast_to(part.constant.reshape(side.rows, -1), (rows, layer.units)).ravel()
    note = f"how far a sum can {way} within its set"
    builder.relate(f"worst_{way}", layer.name, axes, names, summands, statement, note, lower=lower, rows=size)


def _spread(summand: Summand, side: Side, rows: int, sign: float) -> Summand:
    """Of a set that all points share, the same at every row."""
    if side.rows == rows:
        return replace(summand, value=sign * summand.value)
    times = np.arange(rows)
    row = (times[:, None] * side.layer.units + summand.row[None, :]).ravel()
    return Summand(summand.block, row, np.tile(summand.member, rows), sign * np.tile(summand.value, rows))


def _part(builder: Builder, side: Side) -> Part:
    """The dual of one set in one direction."""
    coupling = side.moves.coupling
    if isinstance(coupling, L2 | Polytope) and isinstance(side.moves.step, Fraction):
        listed = [grid_points(side.moves, row) for row in range(side.rows)]
        row_of = np.repeat(np.arange(side.rows), [len(points) for points in listed])
        return listed_part(builder, side, row_of, np.concatenate(listed))
    match coupling:
        case None:
            return box_part(builder, side)
        case AtMost(count):
            return at_most_part(builder, side, count)
        case L1(radius):
            return l1_part(builder, side, float(_on_step(radius, side.moves)))
        case L2(radius):
            return ball_part(builder, side, float(radius))
        case Polytope():
            return polytope_part(builder, side, coupling, inside(coupling))


def _on_step(radius: Fraction, moves: Moves) -> Fraction:
    """What of an l1 radius whole steps can use."""
    return radius // moves.step * moves.step if isinstance(moves.step, Fraction) else radius
