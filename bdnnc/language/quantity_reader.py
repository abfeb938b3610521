"""The quantities of a network: from the tree to the values of `bdnnc.language.quantities`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard, cast

from bdnnc.diagnostics import Label, Span
from bdnnc.diagnostics.suggest import did_you_mean, known_names
from bdnnc.language import tree
from bdnnc.language.constants import Constants
from bdnnc.language.entries import Entry, EntryReader
from bdnnc.language.labels import Elsewhere, class_of
from bdnnc.language.losses import LossReader, NoLoss
from bdnnc.language.network_view import LayerView, NetworkView
from bdnnc.language.quantities import Errors, FanIn, FeaturesUsed, Margin, Margins, Norm, Quantity, UnitsUsed
from bdnnc.language.words import LOSSES, NORMS

Argument = tree.Expr | tree.Text | tree.ListOf
Meaning = Quantity | Entry | NoLoss | Elsewhere
"""What a quantity stands for; single weights and biases stay entries until the rows of their comparison are known."""


@dataclass(slots=True)
class QuantityReader:
    """Reads quantities against a network."""

    constants: Constants
    network: NetworkView

    def read(self, node: tree.Quantity | tree.Part) -> Meaning | None:
        """The quantity; None if it is wrong or awaits the data.

        Reports E112 unknown layers, E125 wrong arguments, E313 margins of linear units, E320 and E321 losses, E344 units of
        the output layer, E345 indices, E346 classes, E349 `l2` of real numbers.
        """
        if isinstance(node, tree.Part):
            place = self._layer(node.layer)
            return None if place is None else EntryReader(self.constants, self.network).read(node, place)
        before = len(self.constants.findings.found)
        self._belongings(node)
        if len(self.constants.findings.found) > before:
            return None
        name = node.name.text
        if name in LOSSES:
            return LossReader(self.constants, self.network).read(node)
        if name in NORMS:
            return self._norm(name, node)
        if name in ("weights", "bias"):
            self._wrong(f"`{name}` is not a number", node.span, f"write `l0({name})` or a single one, `hidden.{name}[0, 1]`")
            return None
        if name in ("units", "fan_in") or (name == "margin" and node.arguments):
            return self._of_layer(name, node)
        return self._plain(name, node)

    def _belongings(self, node: tree.Quantity) -> None:
        """`of`, `weighted` and `nominal` belong to some quantities only."""
        name = node.name.text
        if node.of is not None and name != "errors":
            message = f"`of` belongs to `errors`, not to `{name}`"
            self._wrong(message, node.of.span, 'write `errors of "yes"`, or leave `of` out')
        if node.weighted is not None and name not in ("hamming", "zero_one", "hinge"):
            message = f"`weighted` belongs to `hamming`, `zero_one` and `hinge`, not to `{name}`"
            self._wrong(message, node.weighted.span, "leave it out, or weight a loss: `zero_one weighted balanced`")
        if node.nominal and name not in (*LOSSES, "errors", "margin"):
            self._wrong(f"`nominal` does not belong to `{name}`", node.span, f"write `{name}`")

    def _is_nominal(self, node: tree.Quantity) -> bool:
        """Whether the points as they are are meant, where that is not the same."""
        return node.nominal and self.network.robust

    # --- without a layer --------------------------------------------------------------------------------------------

    def _plain(self, name: str, node: tree.Quantity) -> Quantity | Elsewhere | None:
        if node.arguments is not None:
            self._wrong(f"`{name}` takes no arguments", node.arguments.span, f"write `{name}`")
            return None
        if name == "features_used":
            return FeaturesUsed()
        if name == "errors":
            return self._errors(node)
        if self.network.layers and all(layer.is_linear for layer in self.network.layers):
            self._no_margin(node.span, self.network.layers[-1])
            return None
        return Margin(None, self._is_nominal(node)) if name == "margin" else Margins()

    def _errors(self, node: tree.Quantity) -> Errors | Elsewhere | None:
        if self.network.regression is not None:
            label = Label(self.network.regression, "the target is a number")
            message = "`errors` counts points by their classes, and there are none"
            help_text = "leave it out, or write a loss of classes instead of `absolute`"
            self.constants.findings.add("E320", message, node.span, secondary=[label], help=help_text)
            return None
        if node.of is None:
            return Errors(None, self._is_nominal(node))
        place = class_of(node.of, self.network, self.constants)
        return Errors(place, self._is_nominal(node)) if isinstance(place, int) else place

    # --- of a layer -------------------------------------------------------------------------------------------------

    def _of_layer(self, name: str, node: tree.Quantity) -> Quantity | None:
        given: Sequence[Argument] = node.arguments.values if node.arguments else ()
        word = given[0].name if len(given) == 1 and _is_bare(given[0]) else None
        if word is None:
            self._wrong(f"`{name}` takes a layer", node.span, self._known_layers())
            return None
        place = self._layer(word)
        if place is None:
            return None
        if name == "fan_in":
            return FanIn(place)
        if name == "units":
            return self._units(node, place)
        if self.network.layers[place].is_linear:
            self._no_margin(node.span, self.network.layers[place])
            return None
        return Margin(place, self._is_nominal(node))

    def _units(self, node: tree.Quantity, place: int) -> UnitsUsed | None:
        if place < len(self.network.layers) - 1:
            return UnitsUsed(place)
        message = (
            f"`units({self.network.layers[place].name})` counts units with an outgoing connection, and this is the last layer"
        )
        help_text = "name a layer before the last one" if place else None
        label = Label(self.network.layers[place].node.name.span, "the output layer")
        self.constants.findings.add("E344", message, node.span, secondary=[label], help=help_text)
        return None

    def _no_margin(self, span: Span, layer: LayerView) -> None:
        label = Label(layer.node.unit.span, "linear here")
        help_text = "step and sign layers have a margin"
        self.constants.findings.add("E313", "linear units have no margin", span, secondary=[label], help=help_text)

    def _norm(self, name: str, node: tree.Quantity) -> Norm | None:
        given: Sequence[Argument] = node.arguments.values if node.arguments else ()
        argument = given[0] if len(given) == 1 else None
        kind = cast(Literal["l0", "l1", "l2", "linf"], name)
        if isinstance(argument, tree.Part) and argument.index is None:
            place = self._layer(argument.layer)
            part = cast(Literal["weights", "bias"], argument.part.text)
            return None if place is None else self._countable(node, Norm(kind, part, (place,)))
        if _is_bare(argument) and argument.name.text == "weights":
            return self._countable(node, Norm(kind, "weights", tuple(range(len(self.network.layers)))))
        message = f"`{name}` takes the weights or biases of a layer"
        self._wrong(message, node.span, f"write `{name}(hidden.weights)` or `{name}(weights)`")
        return None

    def _countable(self, node: tree.Quantity, norm: Norm) -> Norm | None:
        """E349: squares are exact on finite sets only."""
        real = [self.network.layers[place] for place in norm.layers if self.network.layers[place].has_real(norm.part)]
        if norm.kind != "l2" or not real:
            return norm
        label = real[0].real_label(norm.part)
        message = f"`l2` of real numbers is not linear, and layer `{real[0].name}` has real {_plural(norm.part)}"
        help_text = "write `l1` or `linf`, or choose from a finite set, for example `{-3..3}`"
        self.constants.findings.add("E349", message, node.span, secondary=[label], help=help_text)
        return None

    def _layer(self, word: tree.Word) -> int | None:
        place = self.network.number(word.text)
        if place is None:
            names = [layer.name for layer in self.network.layers]
            weight = f'`{names[0] if names else "hidden"}.weights[0, "{word.text}"]`'
            of_column = self.constants.column_help(word.text, f"the weight of unit 0 for it is {weight}")
            help_text = of_column or did_you_mean(word.text, names) or self._known_layers()
            self.constants.findings.add("E112", f"there is no layer `{word.text}`", word.span, help=help_text)
        return place

    def _known_layers(self) -> str | None:
        names = [layer.name for layer in self.network.layers]
        return f"layers: {known_names(names)}" if names else None

    def _wrong(self, message: str, span: Span, help: str | None = None) -> None:
        self.constants.findings.add("E125", message, span, help=help)


def _is_bare(node: Argument | None) -> TypeGuard[tree.Quantity]:
    return isinstance(node, tree.Quantity) and node.arguments is None and node.of is None and node.weighted is None


def _plural(part: Literal["weights", "bias"]) -> str:
    return "weights" if part == "weights" else "biases"
