"""The network as goals and constraints see it: layers by name, sizes as far as they are known, names of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bdnnc.diagnostics import Label, Span
from bdnnc.language import tree
from bdnnc.language.spec import Facts, Interval, LayerSpec, ScaledSet


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer. ``spec`` is None where the layer is wrong or awaits the data, ``inputs`` where their number is not known."""

    node: tree.Layer
    spec: LayerSpec | None
    inputs: int | None

    @property
    def name(self) -> str:
        return self.node.name.text

    @property
    def units(self) -> int | None:
        return None if self.spec is None else self.spec.units

    @property
    def is_linear(self) -> bool:
        return self.node.unit.kind.text == "linear"

    def has_real(self, part: Literal["weights", "bias"]) -> bool:
        """Whether the weights or biases range over real numbers; False also where nothing is known of them."""
        if self.spec is None:
            return False
        if part == "weights":
            return _is_real(self.spec.weights)
        return self.spec.bias.kind == "auto" or _is_real(self.spec.bias.domain)

    def real_label(self, part: Literal["weights", "bias"]) -> Label:
        """Where real numbers come from: the set, or the layer's name where it is the default."""
        spec = self.spec
        if spec is None:
            return Label(self.node.name.span)
        if part == "weights":
            return Label(spec.weights_span, "real numbers here")
        of_compiler = spec.bias.kind == "auto"
        text = "biases from a range that the compiler chooses" if of_compiler else "real numbers here"
        return Label(spec.bias.span or spec.name_span, text)


@dataclass(frozen=True, slots=True)
class NetworkView:
    """``regression``: where `absolute` stands in a goal, None if it does not. ``facts`` None: the data are not known yet.
    ``robust``: whether the file has a `robust` block, so that losses, errors and margins are worst cases."""

    layers: tuple[LayerView, ...]
    facts: Facts | None
    regression: Span | None
    robust: bool = False

    @property
    def output(self) -> LayerView | None:
        return self.layers[-1] if self.layers else None

    @property
    def powers(self) -> int:
        spec = self.layers[0].spec if self.layers else None
        return 1 if spec is None else spec.powers

    def number(self, name: str) -> int | None:
        """The place of the layer of this name, None if there is none."""
        return next((place for place, layer in enumerate(self.layers) if layer.name == name), None)

    def inputs(self) -> tuple[str, ...] | None:
        """Names of the first layer's inputs: all as they are, then all squares, and so on."""
        if self.facts is None or not self.layers or self.layers[0].spec is None:
            return None
        powered = (f"{name}^{power}" for power in range(2, self.powers + 1) for name in self.facts.inputs)
        return (*self.facts.inputs, *powered)


def view(
    nodes: tuple[tree.Layer, ...],
    specs: tuple[LayerSpec | None, ...],
    facts: Facts | None,
    regression: Span | None,
    robust: bool = False,
) -> NetworkView:
    """The view of a network; ``specs`` has one entry a layer."""
    layers: list[LayerView] = []
    for place, (node, spec) in enumerate(zip(nodes, specs, strict=True)):
        of_data = None if facts is None or spec is None else len(facts.inputs) * spec.powers
        layers.append(LayerView(node, spec, layers[-1].units if place > 0 else of_data))
    return NetworkView(tuple(layers), facts, regression, robust)


def _is_real(domain: object) -> bool:
    if isinstance(domain, Interval):
        return domain.lower < domain.upper
    return isinstance(domain, ScaledSet) and domain.lower < domain.upper
