"""The objective: from the tree to `Goal`s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.entries import Entry
from bdnnc.language.labels import Elsewhere
from bdnnc.language.linear import Linear, LinearReader, LinearTerm
from bdnnc.language.losses import NoLoss
from bdnnc.language.network_view import LayerView, NetworkView
from bdnnc.language.quantities import FanIn, Goal, Loss, Margin, Margins, Norm, Parameters, Quantity, Term
from bdnnc.language.terms import merged_terms, one_row, written

Sense = Literal["minimize", "maximize"]
MOST_RATIO = 10**6
"""How far apart the coefficients of a goal may be: solvers prove optimality to about a millionth of the objective."""


@dataclass(slots=True)
class GoalChecker:
    """Checks goals against the network. ``constrained``: whether the file has a constraint."""

    constants: Constants
    reader: LinearReader
    network: NetworkView
    constrained: bool

    def check(self, objective: tree.Objective) -> tuple[Goal | None, ...]:
        """The goals in order, None where one is wrong or awaits the data.

        Reports E322 two losses in a goal, E323 constant goals, E343 coefficients of the wrong sign, E344 quantities that are
        no goal; W302 and W308 terms that a solver cannot see, W303 and W305 goals without effect, W307 `none` without
        constraints; E304 numbers beyond 1e15.
        """
        goals = tuple(self._goal(clause, place, len(objective.goals)) for place, clause in enumerate(objective.goals))
        self._repeated([goal for goal in goals if goal is not None])
        return goals

    def _goal(self, clause: tree.GoalClause, place: int, count: int) -> Goal | None:
        before = len(self.constants.findings.found)
        sense = cast(Sense, clause.sense.text)
        linear = self.reader.read(clause.value)
        within = self._within(clause, is_last=place == count - 1)
        if linear is None or within is None:
            return None
        self._one_loss(linear.terms)
        terms = self._terms(linear, sense)
        self.constants.is_moderate(linear.constant, "the constant of a goal", clause.value.span, "leave the constant out")
        if self._is_wrong_since(before):
            return None
        is_elsewhere = not terms and any(isinstance(term.meaning, Elsewhere) for term in linear.terms)
        if not terms and not is_elsewhere and not self._is_none(linear, sense, count):
            self._constant(clause)
            return None
        if place == 0:
            self._invisible(terms)
        if not is_elsewhere:
            self._without_constraints(clause, terms)
        self._far_apart(terms)
        return Goal(sense, terms, linear.constant, written(clause.value.span), clause.span, within)

    def _is_wrong_since(self, before: int) -> bool:
        return any(diagnostic.is_error for diagnostic in self.constants.findings.found[before:])

    # --- terms ------------------------------------------------------------------------------------------------------

    def _one_loss(self, terms: Sequence[LinearTerm]) -> None:
        losses = [term for term in terms if isinstance(term.meaning, Loss | NoLoss)]
        if len(losses) > 1:
            other = Label(losses[0].node.span, "one here")
            help_text = "write the second as a later goal, behind `then`"
            self.constants.findings.add(
                "E322", "a goal has one loss", losses[1].node.span, "and another here", secondary=[other], help=help_text
            )

    def _terms(self, linear: Linear, sense: Sense) -> tuple[Term, ...]:
        """The terms with equal quantities added up; what cannot stand in a goal is reported and left out."""
        found: list[Term] = []
        for term in linear.terms:
            quantity = self._quantity(term)
            if quantity is not None:
                found.append(Term(term.coefficient, quantity, term.node.span))
        terms = merged_terms(found)
        for term in terms:
            self._sign(term, sense)
            if term.span is not None:
                self.constants.is_moderate(term.coefficient, "a coefficient", term.span, "divide the whole goal by a number")
        return terms

    def _quantity(self, term: LinearTerm) -> Quantity | None:
        meaning, findings = term.meaning, self.constants.findings
        if isinstance(meaning, NoLoss | Elsewhere):
            return None
        if isinstance(meaning, FanIn):
            help_text = f"write `l0({self.network.layers[meaning.layer].name}.weights)` for their sum, or a constraint"
            findings.add("E344", "`fan_in` is one number a unit, a goal is a single one", term.node.span, help=help_text)
            return None
        if not isinstance(meaning, Entry):
            return meaning
        if meaning.has_star:
            message = "`*` stands for several numbers, a goal is a single one"
            findings.add("E344", message, term.node.span, help="write one index, or a constraint")
            return None
        return one_row(meaning)

    def _sign(self, term: Term, sense: Sense) -> None:
        """E343: losses and penalties are minimized, margins maximized."""
        if term.span is None or isinstance(term.quantity, Parameters):
            return
        is_margin = isinstance(term.quantity, Margin | Margins)
        if (term.coefficient > 0) == (is_margin == (sense == "maximize")):
            return
        name, sign = written(term.span), "positive" if term.coefficient > 0 else "negative"
        message = f"`{name}` has the {sign} coefficient {shown(term.coefficient)} in a {sense[:-1]}ed goal"
        right = "maximize" if is_margin else "minimize"
        other = "negative" if term.coefficient > 0 else "positive"
        help_text = f"margins are maximized, losses and penalties minimized: write `{right} {name}`, or a {other} coefficient"
        self.constants.findings.add("E343", message, term.span, help=help_text)

    def _is_none(self, linear: Linear, sense: Sense, count: int) -> bool:
        """Whether the goal is `minimize none`, the only constant that may stand, alone."""
        return sense == "minimize" and count == 1 and any(isinstance(term.meaning, NoLoss) for term in linear.terms)

    def _constant(self, clause: tree.GoalClause) -> None:
        help_text = "write `minimize hamming`, or `minimize none` as the only goal for any network that keeps the constraints"
        self.constants.findings.add("E323", "the goal is a constant", clause.value.span, help=help_text)

    # --- within -----------------------------------------------------------------------------------------------------

    def _within(self, clause: tree.GoalClause, is_last: bool) -> Fraction | None:
        if clause.within is None:
            return Fraction(0)
        slack = self.constants.number(clause.within, "the slack of a goal")
        if slack is None:
            return None
        if slack < 0:
            message = f"the slack of a goal is at least 0, not {shown(slack)}"
            self.constants.findings.add("E126", message, clause.within.span, help="leave `within` out for none")
            return None
        if is_last:
            self._needless_within(clause.within)
        return slack if self.constants.is_moderate(slack, "the slack of a goal", clause.within.span) else None

    # --- warnings ---------------------------------------------------------------------------------------------------

    def _needless_within(self, slack: tree.Expr) -> None:
        message = "`within` behind the last goal has no effect"
        notes = ["it says how far later goals may make this one worse"]
        help_text = "leave it out, or add a goal behind `then`"
        self.constants.findings.add("W303", message, slack.span, notes=notes, help=help_text)

    def _far_apart(self, terms: Sequence[Term]) -> None:
        """W308: beside a large coefficient a small one is less than a solver's tolerance."""
        ordered = sorted(terms, key=lambda term: abs(term.coefficient))
        if len(ordered) < 2 or abs(ordered[-1].coefficient) <= MOST_RATIO * abs(ordered[0].coefficient):
            return
        small, large = ordered[0], ordered[-1]
        if small.span is None or large.span is None:
            return
        label = Label(large.span, f"its coefficient is {shown(large.coefficient)}")
        message = f"a solver cannot see `{written(small.span)}` beside `{written(large.span)}`"
        notes = [f"the coefficient {shown(small.coefficient)} is less than a millionth of the other"]
        help_text = "write it as a later goal, behind `then`"
        self.constants.findings.add("W308", message, small.span, secondary=[label], notes=notes, help=help_text)

    def _invisible(self, terms: Sequence[Term]) -> None:
        """W302: with a margin of the compiler's choice real weights can shrink until a norm of them is nothing."""
        for term in terms:
            norm = term.quantity
            if isinstance(norm, Norm) and norm.kind != "l0":
                for layer in (self.network.layers[place] for place in norm.layers):
                    if layer.has_real(norm.part) and _has_free_scale(layer):
                        self._shrinking(term, norm, layer)

    def _shrinking(self, term: Term, norm: Norm, layer: LayerView) -> None:
        if term.span is None:
            return
        things = "weights" if norm.part == "weights" else "biases"
        message = f"a solver cannot see this penalty on the real {things} of layer `{layer.name}`"
        notes = [f"{layer.node.unit.kind.text} units do the same at any scale, so the penalty is a multiple of the margin"]
        help_text = "declare `margin 1` and wide weights such as `[-100, 100]`, or write `l0`, or make it a later goal"
        label = Label(layer.node.name.span, "this layer")
        self.constants.findings.add("W302", message, term.span, secondary=[label], notes=notes, help=help_text)

    def _without_constraints(self, clause: tree.GoalClause, terms: Sequence[Term]) -> None:
        if not terms and not self.constrained:
            message = "without a loss and without constraints every network is optimal"
            help_text = "write `minimize hamming`, or constraints in `subject to { .. }`"
            self.constants.findings.add("W307", message, clause.value.span, help=help_text)

    def _repeated(self, goals: Sequence[Goal]) -> None:
        """W305: a goal that an earlier one has settled already."""
        for place, goal in enumerate(goals):
            first = next((other for other in goals[:place] if _settles(other, goal)), None)
            if first is None or goal.span is None or first.span is None:
                continue
            label = Label(first.span, "this one")
            message = "this goal says again what an earlier one says"
            self.constants.findings.add("W305", message, goal.span, secondary=[label], help="leave it out")


def _has_free_scale(layer: LayerView) -> bool:
    """Whether all numbers of a unit may shrink together without a change of what it does."""
    has_margin = layer.spec is not None and layer.spec.margin is not None
    return not layer.is_linear and layer.has_real("weights") and not has_margin


def _settles(earlier: Goal, later: Goal) -> bool:
    return earlier.within == 0 and _direction(earlier) == _direction(later)


def _direction(goal: Goal) -> dict[Quantity, Fraction]:
    """The coefficients to be minimized, up to a positive factor."""
    if not goal.terms:
        return {}
    sign = 1 if goal.sense == "minimize" else -1
    scale = abs(goal.terms[0].coefficient)
    return {term.quantity: sign * term.coefficient / scale for term in goal.terms}
