"""The `network` block: from the tree to `LayerSpec`s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bdnnc.diagnostics import Label, Span
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.layer_checks import LayerChecker
from bdnnc.language.params import barred_name
from bdnnc.language.spec import Facts, LayerSpec
from bdnnc.language.words import QUANTITY_WORDS

RENAME = "choose another name for one of the two"


@dataclass(slots=True)
class NetworkChecker:
    """Checks one network. ``params``: where each param is defined, for name clashes; ``folder``: where paths start;
    ``regression``: where `absolute` says that the target is a number, None if it does not."""

    constants: Constants
    folder: Path
    params: Mapping[str, Span]
    regression: Span | None

    def check(self, network: tree.Network) -> tuple[LayerSpec | None, ...]:
        """One entry a layer, None where it is wrong or awaits the data."""
        findings = self.constants.findings
        if not network.layers:
            help_text = "write `layer output: classes step units`"
            findings.add("E310", "the network has no layer", network.keyword, help=help_text)
            return ()
        self._names(network)
        checker = LayerChecker(self.constants, self.folder)
        first, last = network.layers[0], network.layers[-1]
        layers = tuple(checker.check(layer, layer is first, layer is last) for layer in network.layers)
        if network.one_vs_one is not None:
            self._pairs(network.one_vs_one, last)
        elif self.regression is None:
            self._output(last)
        return layers

    def _pairs(self, keyword: tree.Word, last: tree.Layer) -> None:
        """E320 where there are no classes to be paired, E203 where the networks do not end with one unit each."""
        findings = self.constants.findings
        if self.regression is not None:
            label = Label(self.regression, "the target is a number")
            message = "`one_vs_one` trains a network for each pair of classes, and there are none"
            findings.add("E320", message, keyword.span, secondary=[label], help="leave it out, or write a loss of classes")
            return
        units = self.constants.value(last.units)
        if not isinstance(units, Fraction) or units == 1:
            return
        message = f"layer `{last.name.text}` has {shown(units)} units, but each network of `one_vs_one` ends with one"
        label = Label(keyword.span, "a network for each pair of classes")
        notes = ["the unit is active for the second class of its pair"]
        help_text = f"write `1 {last.unit.kind.text} unit`"
        findings.add("E203", message, last.units.span, "declared here", secondary=[label], notes=notes, help=help_text)

    def _names(self, network: tree.Network) -> None:
        first: dict[str, Span] = {}
        for layer in network.layers:
            name = layer.name.text
            if name in QUANTITY_WORDS:
                barred_name(layer.name, "layer", self.constants)
            elif name in first:
                label = Label(first[name], "first defined here")
                message = f"two layers are called `{name}`"
                self.constants.findings.add("E110", message, layer.name.span, secondary=[label], help=RENAME)
            elif name in self.params:
                label = Label(self.params[name], "the param")
                message = f"`{name}` is a param and cannot name a layer too"
                self.constants.findings.add("E110", message, layer.name.span, secondary=[label], help=RENAME)
            first.setdefault(name, layer.name.span)

    def _output(self, layer: tree.Layer) -> None:
        """E203: one output unit means two classes, else there is one a class."""
        facts = self.constants.facts
        if facts is None or not facts.classes:
            return
        units = self.constants.value(layer.units)
        count = len(facts.classes)
        if not isinstance(units, Fraction) or units == count or (units == 1 and count == 2):
            return
        has = f"{shown(units)} unit{'' if units == 1 else 's'}"
        message = f"layer `{layer.name.text}` has {has}, but the data has {count} class{'' if count == 1 else 'es'}"
        counted = Label(facts.span, f"classes counted here: {_listed(facts)}")
        notes = ["one output unit means exactly 2 classes"] if units == 1 else []
        help_text = "write `classes` instead of a number to follow the data"
        self.constants.findings.add(
            "E203", message, layer.units.span, "declared here", secondary=[counted], notes=notes, help=help_text
        )


def _listed(facts: Facts, most: int = 8) -> str:
    classes = facts.classes or ()
    shown_classes = ", ".join(classes[:most])
    return shown_classes if len(classes) <= most else f"{shown_classes}, and {len(classes) - most} more"
