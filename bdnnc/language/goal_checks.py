"""Objective, constraints and robustness: from the tree to `Goal`s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.linear import Linear, LinearReader, Term
from bdnnc.language.spec import Goal, Loss
from bdnnc.language.words import LOSSES

SUPPORTED_LOSSES = ("hamming", "zero_one")


@dataclass(slots=True)
class GoalChecker:
    """Checks goals and constraints against the network."""

    constants: Constants
    reader: LinearReader
    output: tree.Layer | None

    def objective(self, objective: tree.Objective) -> tuple[Goal, ...] | None:
        """The goals; None if one is wrong, unsupported or awaits the data."""
        first, *later = objective.goals
        goal = self._goal(first)
        for other in later:
            self.reader.read(other.value)
        if later:
            self.constants.findings.unsupported("a second goal", later[0].span)
        return None if goal is None or later else (goal,)

    def constraints(self, subject: tree.Subject) -> None:
        """Reports what is wrong in the constraints, and that none is supported yet."""
        for constraint in subject.constraints:
            if isinstance(constraint, tree.Constraint):
                self.reader.read(constraint.left)
                self.reader.read(constraint.right)
            elif not isinstance(constraint.column, tree.Text):
                self.constants.integer(constraint.column, "the index of a column", 0)
        if subject.constraints:
            self.constants.findings.unsupported("`subject to`", subject.keyword)

    def robust(self, robust: tree.Robust) -> None:
        """Reports unknown names in the block, and that robustness is not supported yet."""
        for clause in robust.clauses:
            if isinstance(clause, tree.Perturbation):
                numbers = [value for value in clause.arguments.values if not isinstance(value, tree.Text | tree.ListOf)]
            else:
                numbers = [clause.low, clause.high]
            for number in numbers:
                self.constants.value(number)
        self.constants.findings.unsupported("`robust`", robust.keyword)

    # --- one goal ---------------------------------------------------------------------------------------------------

    def _goal(self, clause: tree.GoalClause) -> Goal | None:
        before = len(self.constants.findings.found)
        linear = self.reader.read(clause.value)
        if clause.within is not None:
            self.constants.number(clause.within, "the slack of a goal")
            self.constants.findings.unsupported("`within` behind a goal", clause.within.span)
        if linear is None:
            return None
        if clause.sense.text == "maximize" and self._only_margins(linear):
            self.constants.findings.unsupported("`maximize`", clause.sense.span)
            return None
        losses = [
            term for term in linear.terms if isinstance(term.quantity, tree.Quantity) and term.quantity.name.text in LOSSES
        ]
        for term in linear.terms:
            if term not in losses:
                self._not_a_loss(term)
        loss = self._one_loss(clause, losses, linear)
        if loss is None or len(self.constants.findings.found) > before:
            return None
        text = " ".join(clause.value.span.source.text[clause.value.span.start : clause.value.span.end].split())
        return Goal("minimize", loss, linear.constant, text, clause.span)

    def _only_margins(self, linear: Linear) -> bool:
        names = {term.quantity.name.text for term in linear.terms if isinstance(term.quantity, tree.Quantity)}
        return bool(linear.terms) and not names & set(LOSSES)

    def _not_a_loss(self, term: Term) -> None:
        node = term.quantity
        name = node.name.text if isinstance(node, tree.Quantity) else f"{node.layer.text}.{node.part.text}"
        help_text = (
            "`zero_one` counts the same" if name == "errors" and isinstance(node, tree.Quantity) and node.of is None else None
        )
        self.constants.findings.unsupported(f"`{name}` in a goal", node.span, help_text)

    def _one_loss(self, clause: tree.GoalClause, losses: Sequence[Term], linear: Linear) -> Loss | None:
        findings = self.constants.findings
        if not linear.terms:
            help_text = "write `minimize hamming` or `minimize zero_one`"
            findings.add("E323", "the goal is a constant", clause.value.span, help=help_text)
        if len(losses) > 1:
            other = Label(losses[0].quantity.span, "one here")
            findings.add("E322", "a goal has one loss", losses[1].quantity.span, "and another here", secondary=[other])
        if len(losses) != 1:
            return None
        term = losses[0]
        if clause.sense.text == "maximize":
            findings.add("E322", "a loss is minimized", clause.sense.span, help="write `minimize`")
            return None
        if term.coefficient <= 0:
            message = f"the coefficient of a loss is positive, not {shown(term.coefficient)}"
            findings.add("E322", message, term.quantity.span, help="losses are minimized")
            return None
        return self._loss(term, cast(tree.Quantity, term.quantity))

    def _loss(self, term: Term, node: tree.Quantity) -> Loss | None:
        name = node.name.text
        if name not in SUPPORTED_LOSSES:
            self._other_loss(name, node)
            return None
        if node.nominal:
            self.constants.findings.unsupported("`nominal`", node.span)
            return None
        weighting = self._weighting(node)
        return Loss(name, term.coefficient, weighting, node.span)

    def _other_loss(self, name: str, node: tree.Quantity) -> None:
        if name in ("hinge", "absolute") and self.output is not None and self.output.unit.kind.text != "linear":
            label = Label(self.output.unit.span, f"layer `{self.output.name.text}` has {self.output.unit.kind.text} units")
            message = f"`{name}` needs a linear output layer"
            help_text = "step and sign units have the losses `hamming` and `zero_one`"
            self.constants.findings.add("E320", message, node.span, secondary=[label], help=help_text)
        else:
            self.constants.findings.unsupported(f"the loss `{name}`", node.span)

    def _weighting(self, node: tree.Quantity) -> Literal["balanced"] | tuple[Fraction, ...] | None:
        """The weights of the classes; what is wrong with them is reported (E321)."""
        weighted = node.weighted
        if weighted is None:
            return None
        if isinstance(weighted, tree.Word):
            return "balanced"
        numbers: list[Fraction] = []
        for item in weighted.items:
            if isinstance(item, tree.Text) or item.high is not None:
                help_text = "for example `weighted [1, 4]`"
                self.constants.findings.add("E321", "`weighted` takes one number a class", item.span, help=help_text)
                return None
            number = self.constants.number(item.low, "the weight of a class")
            if number is not None and number <= 0:
                self.constants.findings.add("E321", f"the weight of a class is positive, not {shown(number)}", item.span)
            elif number is not None:
                numbers.append(number)
        if len(numbers) == len(weighted.items):
            self._one_a_class(weighted, len(numbers))
        return tuple(numbers)

    def _one_a_class(self, weighted: tree.ListOf, count: int) -> None:
        facts = self.constants.facts
        if count < 2:
            help_text = "write one number a class, or `weighted balanced`"
            self.constants.findings.add(
                "E321", f"{count} weight{'' if count == 1 else 's'} for at least 2 classes", weighted.span, help=help_text
            )
        elif facts is not None and facts.classes is not None and len(facts.classes) != count:
            label = Label(facts.span, f"classes counted here: {', '.join(facts.classes[:8])}")
            message = f"{count} weights for {len(facts.classes)} classes"
            self.constants.findings.add("E321", message, weighted.span, secondary=[label])
