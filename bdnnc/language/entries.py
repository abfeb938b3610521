"""Single weights and biases, `hidden.weights[0, "age"]`, with stars for all units or all inputs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, cast

from bdnnc.diagnostics import Label
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.network_view import NetworkView


class All(Enum):
    """A star in an index."""

    STAR = "*"


@dataclass(frozen=True, slots=True)
class Entry:
    """The weight of ``unit`` for ``input``, or the bias of ``unit`` (``input`` None). A star runs over ``units`` or ``inputs``,
    the sizes of the layer."""

    layer: int
    part: Literal["weights", "bias"]
    unit: int | All
    input: int | All | None
    units: int
    inputs: int

    @property
    def has_star(self) -> bool:
        return isinstance(self.unit, All) or isinstance(self.input, All)


@dataclass(slots=True)
class EntryReader:
    """Reads indices against the sizes of layers and the names of inputs."""

    constants: Constants
    network: NetworkView

    def read(self, node: tree.Part, layer: int) -> Entry | None:
        """The entry; None if its index is wrong (E125 the form, E345 out of range or unknown), or awaits the data."""
        index = node.index
        if index is None:
            self._without_index(node)
            return None
        if not self._has_form(node, index):
            return None
        view = self.network.layers[layer]
        unit = self._unit(index.row, layer)
        part = cast(Literal["weights", "bias"], node.part.text)
        if part == "bias":
            if unit is None or view.units is None:
                return None
            return Entry(layer, part, unit, None, view.units, view.inputs or 0)
        given = None if index.column is None else self._input(index.column, layer)
        if unit is None or given is None or view.units is None or view.inputs is None:
            return None
        return Entry(layer, part, unit, given, view.units, view.inputs)

    def _without_index(self, node: tree.Part) -> None:
        name = f"{node.layer.text}.{node.part.text}"
        help_text = f"write `{name}[0]`" if node.part.text == "bias" else "write `l0(..)` or an index"
        self.constants.findings.add("E125", f"`{name}` is not a number", node.span, help=help_text)

    def _has_form(self, node: tree.Part, index: tree.Index) -> bool:
        """Weights have two indices, biases one."""
        if (index.column is None) == (node.part.text == "bias"):
            return True
        name = f"{node.layer.text}.{node.part.text}"
        message = "a bias has one index, its unit" if node.part.text == "bias" else "a weight has two indices, unit and input"
        help_text = f"write `{name}[0]`" if node.part.text == "bias" else f"write `{name}[0, 1]`"
        self.constants.findings.add("E125", message, index.span, help=help_text)
        return False

    def _unit(self, node: tree.Expr | tree.Star, layer: int) -> int | All | None:
        view = self.network.layers[layer]
        if isinstance(node, tree.Star):
            return All.STAR
        return self._in_range(
            node, view.units, f"layer `{view.name}` has", "unit", Label(view.node.units.span, "declared here")
        )

    def _input(self, node: tree.Expr | tree.Text | tree.Star, layer: int) -> int | All | None:
        view = self.network.layers[layer]
        if isinstance(node, tree.Star):
            self._await(view.inputs)
            return All.STAR
        name = self._name(node)
        if name is not None:
            return self._named(node, name, layer)
        if layer > 0:
            before = self.network.layers[layer - 1].node
            where = Label(before.units.span, "these are the inputs")
        else:
            where = None if self.network.facts is None else Label(self.network.facts.span, "counted here")
        return self._in_range(cast(tree.Expr, node), view.inputs, f"layer `{view.name}` has", "input", where)

    def _name(self, node: tree.Expr | tree.Text) -> str | None:
        """A string, written out or held by a param."""
        if isinstance(node, tree.Text):
            return node.value
        value = self.constants.values.get(node.name.text) if isinstance(node, tree.Quantity) else None
        return value if isinstance(value, str) else None

    def _named(self, node: tree.Node, name: str, layer: int) -> int | None:
        findings = self.constants.findings
        if layer > 0:
            before = self.network.layers[layer - 1].name
            message = f"only inputs of the first layer have names; here they are the units of layer `{before}`"
            findings.add("E345", message, node.span, help="write the number of a unit, counted from 0")
            return None
        names = self.network.inputs()
        if names is None:
            self._await(None)
            return None
        if name in names:
            return names.index(name)
        help_text = did_you_mean(name, names) or f"inputs: {known_names(names)}"
        findings.add("E345", f'there is no input `"{name}"`', node.span, help=help_text)
        return None

    def _in_range(self, node: tree.Expr, count: int | None, has: str, what: str, where: Label | None) -> int | None:
        """The number of a unit or input, counted from 0."""
        index = self.constants.integer(node, "an index", 0)
        if index is None:
            return None
        self._await(count)
        if count is None or index < count:
            return index
        message = f"{has} {count} {what}{'' if count == 1 else 's'}, counted from 0: there is no {what} {index}"
        secondary = [] if where is None else [where]
        help_text = f"write a number up to {count - 1}"
        self.constants.findings.add("E345", message, node.span, secondary=secondary, help=help_text)
        return None

    def _await(self, count: int | None) -> None:
        if count is None and self.network.facts is None:
            self.constants.awaits_data = True
