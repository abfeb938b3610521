"""One network on its way: integer parameters, the pre-activations of every unit on every pattern, kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.search.costs import BitCosts
from bdnnc.search.grids import GridLayer, product
from bdnnc.search.model import SearchModel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Integer weights (units, inputs) and biases (units,) of each layer, and the scales of its units: 1 but in scaled sets."""

    weights: tuple[Integers, ...]
    biases: tuple[Integers, ...]
    scales: tuple[Integers, ...]

    def copy(self) -> Parameters:
        return Parameters(
            tuple(table.copy() for table in self.weights),
            tuple(table.copy() for table in self.biases),
            tuple(table.copy() for table in self.scales),
        )


class State:
    """``sums[k]`` (units, patterns): pre-activations without bias; ``active[k]``: where they reach 0 with it; ``outputs[k]``:
    what the layer above receives. Who has the pre-activations already gives them."""

    def __init__(self, model: SearchModel, parameters: Parameters, sums: Sequence[Integers] | None = None) -> None:
        self.model = model
        self.weights = list(parameters.weights)
        self.biases = list(parameters.biases)
        self.scales = list(parameters.scales)
        self.sums: list[Integers] = []
        self.active: list[Booleans] = []
        self.outputs: list[Integers] = []
        self.falls, self.rises = (None, None) if model.worst is None else model.worst.of(self.weights[0])
        below = model.X
        for place, layer in enumerate(model.layers):
            self.sums.append(product(self.weights[place], below) if sums is None else sums[place])
            self.active.append(self.sums[place] >= -self.biases[place][:, np.newaxis])
            self.outputs.append(np.where(self.active[place], layer.on, layer.off))
            below = self.outputs[place]

    @property
    def parameters(self) -> Parameters:
        """A copy of what the network is."""
        return Parameters(tuple(self.weights), tuple(self.biases), tuple(self.scales)).copy()

    def below(self, place: int) -> Integers:
        """What a layer receives, (inputs, patterns)."""
        return self.model.X if place == 0 else self.outputs[place - 1]

    def natural_weights(self) -> list[Floats]:
        return [table / layer.weight_scale for table, layer in zip(self.weights, self.model.layers, strict=True)]

    def natural_biases(self) -> list[Floats]:
        return [table / layer.scale for table, layer in zip(self.biases, self.model.layers, strict=True)]

    def last_outputs(self) -> Booleans | Floats:
        """What costs are made of: bools, or the values of linear units."""
        if not self.model.is_linear:
            return self.active[-1]
        return (self.sums[-1] + self.biases[-1][:, np.newaxis]) / self.model.layers[-1].scale

    @property
    def ahead(self) -> Floats | None:
        """How far moves take the scores of a single linear layer against each class; None where they are something else."""
        leads = self.model.leads
        return None if leads is None else leads.of(self.weights[0] / self.model.layers[0].weight_scale)

    @property
    def kept(self) -> Booleans:
        """(units, patterns): where a first-layer unit does not change over the set."""
        assert self.falls is not None
        assert self.rises is not None
        low = self.sums[0] + self.biases[0][:, np.newaxis]
        return np.asarray((low - self.falls >= 0) | (low + self.rises < 0), dtype=np.bool_)

    @property
    def lost(self) -> Booleans | None:
        """(patterns,): those that change over their set; None where that costs nothing by itself."""
        return None if self.model.lost is None else np.asarray(~self.kept.all(axis=0), dtype=np.bool_)

    def totals(self) -> Floats:
        """(rows,): every form, from scratch (the sums aside)."""
        model = self.model
        found = model.constants + model.structure(self.natural_weights(), self.natural_biases())
        found[: len(model.forms)] += model.pattern_costs(self.last_outputs(), self.lost, self.ahead).sum(axis=1)
        if model.worst is not None and not model.gives_up:
            found[-3] += float((~self.kept).sum())
        distances = [self._distances(place, layer) for place, layer in enumerate(model.layers)]
        for layer, own in zip(model.layers, distances, strict=True):
            if layer.half_margin and own is not None:
                found[-1] += float((own < layer.half_margin).sum())
        if model.has_margins:
            units = [None if own is None else own.min(axis=1) for own in distances]
            natural = [None if own is None else own / layer.scale for own, layer in zip(units, model.layers, strict=True)]
            found += model.margins(natural)
        return found

    def _distances(self, place: int, layer: GridLayer) -> Integers | None:
        """|a| of each unit on each pattern, in the worst case; None where nobody asks."""
        if layer.unit == "linear" or not (layer.half_margin or self.model.has_margins):
            return None
        sums = self.sums[place] + self.biases[place][:, np.newaxis]
        if place or self.falls is None or self.rises is None or self.model.gives_up:
            return np.abs(sums)
        return np.maximum(sums - self.falls, -sums - self.rises)

    def set_unit(self, place: int, unit: int, row: Integers, sums: Integers, bias: int) -> None:
        """Give a unit other weights, whose pre-activations are known, and another bias; everything above follows."""
        self.weights[place][unit], self.sums[place][unit] = row, sums
        if place == 0 and self.model.worst is not None and self.falls is not None and self.rises is not None:
            fall, rise = self.model.worst.of(row[np.newaxis])
            self.falls[unit], self.rises[unit] = fall[0], rise[0]
        if self.model.layers[place].is_shared:
            self.biases[place][:] = bias
            self._refresh(place, np.arange(self.model.layers[place].units))
            return
        self.biases[place][unit] = bias
        self._refresh(place, np.array([unit]))

    def _refresh(self, place: int, units: Integers) -> None:
        """Bring the activity of some units up to date, and the layers above."""
        layer = self.model.layers[place]
        now = self.sums[place][units] >= -self.biases[place][units][:, np.newaxis]
        changed = now != self.active[place][units]
        patterns = np.flatnonzero(changed.any(axis=0))
        if not len(patterns):
            return
        self.active[place][units] = now
        delta = np.where(changed[:, patterns], np.where(now[:, patterns], layer.on - layer.off, layer.off - layer.on), 0)
        self.outputs[place][np.ix_(units, patterns)] += delta
        if place + 1 < len(self.model.layers):
            self.sums[place + 1][:, patterns] += self.weights[place + 1][:, units] @ delta
            self._refresh(place + 1, np.arange(self.model.layers[place + 1].units))

    def flip_costs(self, place: int, unit: int) -> tuple[Floats, Floats]:
        """What each pattern costs if a unit is inactive on it, and how much more if it is active: two (forms, patterns). In
        layers above the first, patterns that are given up cost what they do."""
        off, extra = self._flips(place, unit)
        costs, lost = self.model.lost, self.lost if place else None
        if costs is None or lost is None:
            return off, extra
        return np.where(lost, costs, off), np.where(lost, 0.0, extra)

    def _flips(self, place: int, unit: int) -> tuple[Floats, Floats]:
        if place + 1 == len(self.model.layers):
            return self._flip_outputs(unit)
        layer, above = self.model.layers[place], self.sums[place + 1]
        weights = self.weights[place + 1][:, unit][:, np.newaxis]
        off = above + weights * (layer.off - self.outputs[place][unit])
        on = off + weights * (layer.on - layer.off)
        cost_off, cost_on = self._costs_above(place + 1, off), self._costs_above(place + 1, on)
        return cost_off, cost_on - cost_off

    def _flip_outputs(self, unit: int) -> tuple[Floats, Floats]:
        assert isinstance(self.model.costs, BitCosts)
        bits = self.active[-1].copy()
        bits[unit] = False
        cost_off = self.model.costs.of(bits)
        if self.model.costs.states is None:
            return cost_off, self.model.costs.bits[:, unit]
        bits[unit] = True
        return cost_off, self.model.costs.of(bits) - cost_off

    def _costs_above(self, place: int, sums: Integers) -> Floats:
        """The costs if the sums of a layer were these, (forms, patterns)."""
        layers = self.model.layers
        for above in range(place, len(layers) - 1):
            active = sums >= -self.biases[above][:, np.newaxis]
            sums = product(self.weights[above + 1], np.where(active, layers[above].on, layers[above].off))
        if self.model.is_linear:
            return self.model.costs.of((sums + self.biases[-1][:, np.newaxis]) / layers[-1].scale)
        return self.model.costs.of(sums >= -self.biases[-1][:, np.newaxis])
