"""Whether a network is one of those that the spec's `network` block declares: shapes, units, and the sets of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.domains import from_declared
from bdnnc.language.spec import ArrayFile, Domain, FiniteSet, LayerSpec
from bdnnc.network.check import Check, DomainCheck, value_text
from bdnnc.network.network import FractionArray, Layer, Network

SHOWN = 12  # members of a finite set that a message lists


def declared_checks(layers: Sequence[LayerSpec]) -> DomainCheck:
    """A check of networks against the layers of a spec; other layers than declared differ at once.

    Looked at: the layers and their names, units, kinds, heights; every present weight and every bias against its set;
    `bias none` and `bias shared`. Not looked at, since they need other files or the data: fixed weights and biases, masks,
    margins, `bias auto`; nor that one scale a unit makes all its weights of `scaled`.
    """

    def checks(network: Network) -> Iterator[Check]:
        yield Check.equal("layers", [layer.name for layer in network.layers], [spec.name for spec in layers])
        for place, (layer, spec) in enumerate(zip(network.layers, layers, strict=False)):
            yield from _layer(f"layers[{place}]", layer, spec)

    return checks


def domain_text(domain: Domain) -> str:
    """The set as the language writes it: ``[-1, 0.5]``, ``{-1, 0, 1}``; long ones are cut."""
    if isinstance(domain, FiniteSet):
        shown = [value_text(value) for value in domain.values[:SHOWN]]
        more = ["..."] if len(domain.values) > SHOWN else []
        return f"{{{', '.join(shown + more)}}}"
    return from_declared(domain).text()


def members(domain: Domain, values: Iterable[Fraction]) -> set[Fraction]:
    """Those of the values that the set holds."""
    if isinstance(domain, FiniteSet):
        return set(domain.values).intersection(values)
    inside = from_declared(domain).contains
    return {value for value in values if inside(value)}


def _layer(name: str, layer: Layer, spec: LayerSpec) -> Iterator[Check]:
    yield Check.equal(f"{name}.unit", layer.unit, spec.unit)
    yield Check.equal(f"{name}.height", layer.height, spec.height)
    yield Check.equal(f"{name}.bias", f"{len(layer.bias)} units", f"{spec.units} units")
    if not isinstance(spec.weights, ArrayFile):
        yield _members(f"{name}.weights", layer.weights, ~layer.absent, spec.weights)
    yield from _bias(f"{name}.bias", layer.bias, spec)


def _bias(name: str, bias: FractionArray, spec: LayerSpec) -> Iterator[Check]:
    present = np.ones(bias.shape, dtype=np.bool_)
    if spec.bias.kind == "none":
        yield _members(name, bias, present, FiniteSet((Fraction(0),)))
    if spec.bias.domain is not None:
        yield _members(name, bias, present, spec.bias.domain)
    if spec.bias.kind == "shared":
        different = sorted({Fraction(value) for value in bias})
        yield Check(name, f"{len(different)} different thresholds", "one that all units share", len(different) == 1)


def _members(name: str, values: FractionArray, present: NDArray[np.bool_], domain: Domain) -> Check:
    """The first present value outside the set, or all as one check."""
    inside = members(domain, {Fraction(value) for value in values[present]})
    for index in np.argwhere(present).tolist():
        value = Fraction(values[tuple(index)])
        if value not in inside:
            place = "".join(f"[{step}]" for step in index)
            return Check(name + place, value_text(value), f"to be in {domain_text(domain)}", False)
    return Check(name, f"{int(present.sum())} numbers", f"all in {domain_text(domain)}", True)
