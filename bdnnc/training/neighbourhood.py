"""What may change in a network while all else stays as it is: the neighbourhoods that sub-MIPs search.

A neighbourhood speaks of parameters and activations; `fixed_columns` says which columns of a program that leaves no choice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.program import Variable
from bdnnc.network.blocks import axes_of
from bdnnc.network.network import Network

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """All networks that differ from a given one in free parameters only and keep some of its activations.

    ``weights[k]``: (units, inputs), ``biases[k]``: (units,), which parameters of layer k are free. ``kept[k]``: (patterns,
    units), activations of layer k that stay although parameters behind them are free; None: none. A shared bias is free where
    the biases of all units are.
    """

    name: str
    weights: tuple[Booleans, ...]
    biases: tuple[Booleans, ...]
    kept: tuple[Booleans | None, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing but the network itself."""
        return not any(part.any() for part in (*self.weights, *self.biases))


def nothing(formulation: Formulation, name: str) -> Neighbourhood:
    """The neighbourhood without a free parameter, to be added to."""
    layers = formulation.problem.layers
    weights = tuple(np.zeros((layer.units, layer.inputs), dtype=np.bool_) for layer in layers)
    biases = tuple(np.zeros(layer.units, dtype=np.bool_) for layer in layers)
    return Neighbourhood(name, weights, biases, (None,) * len(layers))


def everything(formulation: Formulation) -> Neighbourhood:
    """All parameters free."""
    return of_layers(formulation, range(len(formulation.plans)))


def of_layers(formulation: Formulation, places: Iterable[int]) -> Neighbourhood:
    """The parameters of some layers, and whatever depends on them."""
    chosen = list(places)
    found = nothing(formulation, " and ".join(formulation.problem.layers[place].name for place in chosen))
    for place in chosen:
        plan = formulation.plans[place]
        found.weights[place][:] = plan.layer.free
        found.biases[place][:] = plan.thresholds.bias.is_chosen
    return found


def layer_blocks(formulation: Formulation) -> list[Neighbourhood]:
    """One block a layer that has parameters to be chosen, from the first layer to the output: the block coordinates of
    `local_search`. With one hidden layer they are the alternation of [KB21, section 5] and [BK20, section 4]: first-layer
    weights with the activations, later weights with the activations fixed."""
    blocks = (of_layers(formulation, [place]) for place in range(len(formulation.plans)))
    return [block for block in blocks if not block.is_empty]


def of_units(formulation: Formulation, place: int, units: Collection[int]) -> Neighbourhood:
    """Some units of a layer with their outgoing weights and the biases of the layer above."""
    plans, chosen = formulation.plans, list(units)
    shown = ", ".join(str(unit) for unit in chosen)
    found = nothing(formulation, f"{plans[place].layer.name}[{shown}]")
    found.weights[place][chosen] = plans[place].layer.free[chosen]
    found.biases[place][chosen] = _own_biases(plans[place])
    if place + 1 < len(plans):
        above = plans[place + 1]
        found.weights[place + 1][:, chosen] = above.layer.free[:, chosen]
        found.biases[place + 1][:] = above.thresholds.bias.is_chosen
    return found


def _own_biases(plan: LayerPlan) -> bool:
    """Whether each unit has a bias of its own to choose: a shared one would move all units."""
    kind = plan.thresholds.bias.kind
    return kind == "unit" or (kind == "shared" and plan.layer.units == 1)


def of_inputs(formulation: Formulation, inputs: Collection[int]) -> Neighbourhood:
    """What the first layer makes of some inputs, and its biases."""
    plan, chosen = formulation.plans[0], list(inputs)
    names = ", ".join(formulation.problem.inputs[column] for column in chosen)
    found = nothing(formulation, f"inputs {names}")
    found.weights[0][:, chosen] = plan.layer.free[:, chosen]
    found.biases[0][:] = plan.thresholds.bias.is_chosen
    return found


def moving_units(found: Neighbourhood, network: Network, formulation: Formulation) -> list[Booleans]:
    """(units,) for each layer: which units may do something else than they do in ``network``."""
    below = np.zeros(network.layers[0].weights.shape[1], dtype=np.bool_)
    moving: list[Booleans] = []
    for plan, layer, weights, biases in zip(formulation.plans, network.layers, found.weights, found.biases, strict=True):
        own = _free_biases(plan, biases) | weights.any(axis=1)
        reached = (np.asarray(layer.weights != 0, dtype=np.bool_) & below).any(axis=1)
        below = own | reached
        moving.append(below)
    return moving


def _free_biases(plan: LayerPlan, biases: Booleans) -> Booleans:
    """(units,): which biases are free; a shared one only where all are."""
    if plan.thresholds.bias.kind == "shared":
        return np.full(len(biases), bool(biases.all()))
    return biases


def fixed_columns(found: Neighbourhood, network: Network, formulation: Formulation) -> Booleans:
    """(columns,): what a neighbourhood leaves no choice of, in the column order of the model (the last one is ``one``).

    Parameters that are not free with their digits, activations and products that nothing free reaches, and activations that are
    kept. Losses, margins and the variables of penalties follow from these and stay free.
    """
    moving = moving_units(found, network, formulation)
    places = {plan.layer.name: place for place, plan in enumerate(formulation.plans)}
    parts = [
        _fixed(variable, places[variable.layer], found, moving, formulation)
        if variable.layer in places
        else np.zeros(variable.size, dtype=np.bool_)
        for variable in formulation.program.variables
    ]
    return np.concatenate([*parts, [True]])


WEIGHTS = ("w", "z", "q", "p")
"""The blocks of weights: values, presences, digits, and shares of a scale."""


def _fixed(variable: Variable, place: int, found: Neighbourhood, moving: list[Booleans], formulation: Formulation) -> Booleans:
    axes = dict(zip(variable.axes, axes_of(variable), strict=False))
    if variable.symbol in WEIGHTS:
        return ~found.weights[place][axes["unit"], axes["input"]]
    if variable.symbol == "g":
        still = np.asarray(~found.weights[place].any(axis=1), dtype=np.bool_)
        return still[axes["unit"]]
    if variable.symbol in ("b", "r"):
        free = _free_biases(formulation.plans[place], found.biases[place])
        return ~free[axes["unit"]] if "unit" in axes else np.full(variable.size, not free.all())
    if variable.symbol == "s":
        still = ~found.weights[place][axes["unit"], axes["input"]]
        return still & ~moving[place - 1][axes["input"]]
    if variable.symbol == "u":
        kept, still = found.kept[place], ~moving[place][axes["unit"]]
        return still if kept is None else still | kept[axes["sample"], axes["unit"]]
    return np.zeros(variable.size, dtype=np.bool_)
