"""Losses: which of them fits which output layer, and the weights of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from bdnnc.diagnostics import Label
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.network_view import NetworkView
from bdnnc.language.quantities import Loss

Kind = Literal["hamming", "zero_one", "hinge", "absolute"]


@dataclass(frozen=True, slots=True)
class NoLoss:
    """`none`: the constant 0, said on purpose."""


@dataclass(slots=True)
class LossReader:
    """Reads losses against the output layer and the classes."""

    constants: Constants
    network: NetworkView

    def read(self, node: tree.Quantity) -> Loss | NoLoss | None:
        """The loss; None if it is wrong: E125 arguments, E313 margin of `hinge`, E320 output layer, E321 class weights."""
        before = len(self.constants.findings.found)
        name = node.name.text
        margin = self._margin(node)
        weights = self._weighting(node)
        self._fits(name, node)
        if margin is None or len(self.constants.findings.found) > before:
            return None
        return NoLoss() if name == "none" else Loss(cast(Kind, name), margin, weights, node.nominal and self.network.robust)

    def _margin(self, node: tree.Quantity) -> Fraction | None:
        """The m of `hinge(m)`, 0 for other losses."""
        name, findings = node.name.text, self.constants.findings
        if name != "hinge":
            if node.arguments is not None:
                findings.add("E125", f"`{name}` takes no arguments", node.arguments.span, help=f"write `{name}`")
            return Fraction(0)
        given = node.arguments.values if node.arguments else ()
        argument = given[0] if len(given) == 1 else None
        if argument is None or isinstance(argument, tree.Text | tree.ListOf):
            findings.add("E125", "`hinge` takes a margin", node.span, help="write `hinge(1)`")
            return None
        margin = self.constants.number(argument, "the margin of `hinge`")
        if margin is not None and margin <= 0:
            findings.add(
                "E313", f"the margin of `hinge` is positive, not {shown(margin)}", argument.span, help="write `hinge(1)`"
            )
        elif margin is not None:
            self.constants.is_moderate(margin, "the margin of `hinge`", argument.span, "write `hinge(1)`")
        return margin

    # --- the output layer -------------------------------------------------------------------------------------------

    def _fits(self, name: str, node: tree.Quantity) -> None:
        """E320: the table of losses and output layers."""
        output = self.network.output
        if name == "none" or output is None:
            return
        findings = self.constants.findings
        kind = output.node.unit.kind.text
        here = Label(output.node.unit.span, f"layer `{output.name}` has {kind} units")
        if name in ("hinge", "absolute") and not output.is_linear:
            help_text = "step and sign units have the losses `hamming` and `zero_one`"
            findings.add("E320", f"`{name}` needs a linear output layer", node.span, secondary=[here], help=help_text)
        elif name == "hamming" and output.is_linear:
            help_text = "linear units have the losses `zero_one`, `hinge(1)` and, for numbers, `absolute`"
            findings.add("E320", "`hamming` needs step or sign units", node.span, secondary=[here], help=help_text)
        elif name == "absolute":
            self._one_unit(node)
        elif self.network.regression is not None:
            label = Label(self.network.regression, "the target is a number")
            message = f"`{name}` compares classes, and there are none"
            findings.add("E320", message, node.span, secondary=[label], help="a file is about classes or about numbers")

    def _one_unit(self, node: tree.Quantity) -> None:
        output = self.network.output
        if output is None or output.units in (None, 1):
            return
        message = f"`absolute` needs exactly one linear unit, and layer `{output.name}` has {output.units}"
        label = Label(output.node.units.span, "declared here")
        self.constants.findings.add("E320", message, node.span, secondary=[label], help="write `1 linear unit`")

    # --- weights of the classes -------------------------------------------------------------------------------------

    def _weighting(self, node: tree.Quantity) -> Literal["balanced"] | tuple[Fraction, ...] | None:
        """The weights of the classes; what is wrong with them is reported."""
        weighted = node.weighted
        if weighted is None:
            return None
        if isinstance(weighted, tree.Word):
            return "balanced"
        numbers = self._numbers(weighted.items)
        if len(numbers) == len(weighted.items):
            self._one_a_class(weighted, len(numbers))
        return self._of_these_classes(numbers)

    def _numbers(self, items: Sequence[tree.Text | tree.Item]) -> list[Fraction]:
        """Those of the items that are positive numbers."""
        numbers: list[Fraction] = []
        for item in items:
            if isinstance(item, tree.Text) or item.high is not None:
                help_text = "for example `weighted [1, 4]`"
                self.constants.findings.add("E321", "`weighted` takes one number a class", item.span, help=help_text)
                continue
            number = self.constants.number(item.low, "the weight of a class")
            if number is not None and number <= 0:
                message = f"the weight of a class is positive, not {shown(number)}"
                help_text = "write a small positive number, or leave the class out with `keep classes`"
                self.constants.findings.add("E321", message, item.span, help=help_text)
            elif number is not None and self.constants.is_moderate(number, "the weight of a class", item.span):
                numbers.append(number)
        return numbers

    def _of_these_classes(self, numbers: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """The two of a pair's classes, where the network is that of a pair; else all."""
        facts = self.constants.facts
        if facts is None or not facts.whole or len(facts.whole) != len(numbers):
            return tuple(numbers)
        return tuple(numbers[facts.whole.index(name)] for name in facts.classes or ())

    def _one_a_class(self, weighted: tree.ListOf, count: int) -> None:
        facts = self.constants.facts
        weights = f"{count} weight{'' if count == 1 else 's'}"
        if facts is not None and facts.every_class:
            wanted = len(facts.every_class)
            label = Label(facts.span, f"classes counted here: {', '.join(facts.every_class[:8])}")
            message, secondary = f"{weights} for {wanted} class{'' if wanted == 1 else 'es'}", [label]
            help_text = f"write {wanted} numbers in the order of the classes, or `weighted balanced`"
        else:
            wanted, message, secondary = max(count, 2), f"{weights} for at least 2 classes", []
            help_text = "write one number a class, or `weighted balanced`"
        if count != wanted:
            self.constants.findings.add("E321", message, weighted.span, secondary=secondary, help=help_text)
