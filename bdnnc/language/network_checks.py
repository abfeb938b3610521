"""The `network` block: from the tree to `LayerSpec`s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeVar, cast

from bdnnc.diagnostics import Label, Span
from bdnnc.language import tree
from bdnnc.language.constants import Constants, shown
from bdnnc.language.params import barred_name
from bdnnc.language.sets import domain
from bdnnc.language.spec import ArrayFile, Bias, Domain, Facts, Interval, LayerSpec, Located
from bdnnc.language.words import QUANTITY_WORDS

C = TypeVar("C", bound=tree.Node)
MAX_UNITS = 100_000
DEFAULT_WEIGHTS = Interval(Fraction(-1), Fraction(1))

CLAUSE_NAMES: dict[type[tree.Node], str] = {
    tree.Weights: "weights",
    tree.BiasClause: "bias",
    tree.Margin: "margin",
    tree.Mask: "mask",
    tree.Powers: "powers",
}


@dataclass(slots=True)
class NetworkChecker:
    """Checks one network. ``params``: where each param is defined, for name clashes; ``folder``: where paths start."""

    constants: Constants
    folder: Path
    params: Mapping[str, Span]

    def check(self, network: tree.Network) -> tuple[LayerSpec, ...] | None:
        """The layers; None if one is wrong, unsupported or awaits the data."""
        findings = self.constants.findings
        if network.one_vs_one is not None:
            findings.unsupported("`one_vs_one`", network.one_vs_one.span)
        if not network.layers:
            help_text = "write `layer output: classes step units`"
            findings.add("E310", "the network has no layer", network.keyword, help=help_text)
            return None
        self._names(network)
        layers = [self._layer(layer, layer is network.layers[-1]) for layer in network.layers]
        self._output(network.layers[-1])
        known = tuple(layer for layer in layers if layer is not None)
        return known if len(known) == len(layers) else None

    def _names(self, network: tree.Network) -> None:
        first: dict[str, Span] = {}
        for layer in network.layers:
            name = layer.name.text
            if name in QUANTITY_WORDS:
                barred_name(layer.name, "layer", self.constants)
            elif name in first:
                label = Label(first[name], "first defined here")
                message = f"two layers are called `{name}`"
                self.constants.findings.add("E110", message, layer.name.span, secondary=[label])
            elif name in self.params:
                label = Label(self.params[name], "the param")
                message = f"`{name}` is a param and cannot name a layer too"
                self.constants.findings.add("E110", message, layer.name.span, secondary=[label])
            first.setdefault(name, layer.name.span)

    def _layer(self, layer: tree.Layer, is_output: bool) -> LayerSpec | None:
        self._once(layer)
        units = self.constants.integer(layer.units, "a number of units", 1, MAX_UNITS)
        unit = self._unit(layer, is_output)
        weights_clause = _clause(layer, tree.Weights)
        weights = DEFAULT_WEIGHTS if weights_clause is None else self._weights(weights_clause)
        bias = self._bias(_clause(layer, tree.BiasClause))
        margin = self._margin(_clause(layer, tree.Margin), layer)
        mask = _clause(layer, tree.Mask)
        mask_file = None if mask is None else self._array(mask.path)
        powers = _clause(layer, tree.Powers)
        if powers is not None:
            self.constants.integer(powers.degree, "the highest power", 1, 100)
            self.constants.findings.unsupported("`powers`", powers.span)
        if units is None or unit is None or weights is None or bias is None:
            return None
        return LayerSpec(
            name=layer.name.text,
            units=units,
            unit=unit,
            weights=weights,
            bias=bias,
            span=layer.span,
            name_span=layer.name.span,
            units_span=layer.units.span,
            weights_span=weights_clause.span if weights_clause else layer.name.span,
            margin=margin,
            mask=mask_file,
        )

    def _once(self, layer: tree.Layer) -> None:
        first: dict[str, Span] = {}
        for clause in layer.clauses:
            name = CLAUSE_NAMES[type(clause)]
            if name in first:
                label = Label(first[name], "first here")
                message = f"`{name}` stands twice in layer `{layer.name.text}`"
                self.constants.findings.add("E115", message, clause.span, secondary=[label])
            first.setdefault(name, clause.span)

    def _unit(self, layer: tree.Layer, is_output: bool) -> Literal["step", "sign"] | None:
        unit, findings = layer.unit, self.constants.findings
        if unit.kind.text == "linear":
            if not is_output:
                message = f"layer `{layer.name.text}` has linear units, but is not the last layer"
                findings.add("E311", message, unit.span, help="only the output layer may be linear")
            else:
                findings.unsupported("`linear`", unit.span)
            return None
        if unit.height is not None:
            height = self.constants.number(unit.height, "the height of a step")
            if height is not None and height <= 0:
                findings.add("E312", f"the height of a step is positive, not {shown(height)}", unit.height.span)
            elif is_output:
                findings.add("E311", "the last layer has steps of height 1", unit.span, help="write `step`")
            else:
                findings.unsupported("`step(..)` with a height", unit.span)
            return None
        return cast(Literal["step", "sign"], unit.kind.text)

    def _weights(self, clause: tree.Weights) -> Domain | ArrayFile | None:
        if isinstance(clause.value, tree.Text | tree.Word):
            array = self._array(clause.value)
            if clause.how.text == "start":
                self.constants.findings.unsupported("`weights start`", clause.span)
                return None
            return array
        return domain(clause.value, self.constants)

    def _bias(self, clause: tree.BiasClause | None) -> Bias | None:
        if clause is None:
            return Bias()
        kind = clause.how.text
        if kind == "fixed":
            self._array(cast(tree.Text | tree.Word, clause.value))
            self.constants.findings.unsupported("`bias fixed`", clause.span)
            return None
        if kind in ("none", "auto"):
            return Bias(kind, None, clause.span)
        values = domain(cast(tree.SetNode, clause.value), self.constants)
        return None if values is None else Bias(cast(Literal["in", "shared"], kind), values, clause.span)

    def _margin(self, clause: tree.Margin | None, layer: tree.Layer) -> Located[Fraction | Literal["exact"]] | None:
        if clause is None:
            return None
        if layer.unit.kind.text == "linear":
            message = "linear units have no margin"
            self.constants.findings.add("E313", message, clause.span, secondary=[Label(layer.unit.span, "linear here")])
            return None
        if isinstance(clause.value, tree.Word):
            return Located("exact", clause.span)
        value = self.constants.number(clause.value, "a margin")
        if value is None:
            return None
        if value <= 0:
            help_text = "leave the clause out, and the compiler chooses a margin"
            self.constants.findings.add("E313", f"a margin is positive, not {shown(value)}", clause.value.span, help=help_text)
            return None
        return Located(value, clause.span)

    def _array(self, path: tree.Text | tree.Word) -> ArrayFile | None:
        text = self.constants.string(path, "the path of a file")
        return None if text is None else ArrayFile(self.folder / text, text, path.span)

    def _output(self, layer: tree.Layer) -> None:
        """E203: one output unit means two classes, else there is one a class."""
        facts = self.constants.facts
        if facts is None or facts.classes is None:
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


def _clause(layer: tree.Layer, kind: type[C]) -> C | None:
    """The first clause of a kind."""
    return next((clause for clause in layer.clauses if isinstance(clause, kind)), None)
