"""Real parameters re-chosen for given activations: as far from 0 as the domains allow, then as short as that allows.

The units of a layer are independent of each other unless they share a bias, so each is a small LP of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.formulation.formulate import Formulation
from bdnnc.formulation.plan import LayerPlan
from bdnnc.formulation.weights import weight_range
from bdnnc.ir.domains import RealDomain
from bdnnc.ir.program import Clause
from bdnnc.network.conflict import Conflict, clause_of_rows
from bdnnc.network.decode import Claim
from bdnnc.network.margin_lp import MarginProblem, WidestMargin, widest_margin
from bdnnc.network.network import Layer
from bdnnc.network.rounding import FRACTIONS, Rounding, decimals, exactly, rounded_into
from bdnnc.network.sums import exact_sums

Floats = NDArray[np.float64]

ROUNDINGS: tuple[Rounding, ...] = (*(decimals(digits) for digits in range(2, 18)), *FRACTIONS, exactly)
"""The ways to write real parameters down, in the order in which they are tried."""

NOTHING = 1e-9
"""What the LP can't tell from 0."""


def widened_layer(
    layer: Layer, plan: LayerPlan, required: NDArray[np.int8], below: ExactMatrix, claim: Claim, formulation: Formulation
) -> Layer:
    """The layer with every unit at its widest margin. ``required``: (patterns, units), 1 active, -1 not, 0 open; ``below``: the
    exact inputs of the layer. Raises Conflict where no such units were found."""
    units = range(plan.layer.units)
    groups = [list(units)] if plan.thresholds.bias.kind == "shared" else [[unit] for unit in units]
    X = below.floats()
    for group in groups:
        movable = np.where(_movable(plan, layer, group, below), required[:, group], 0).astype(np.int8)
        if movable.any():
            task = _Units(plan, group, movable, below, X)
            layer = task.widened(layer, claim, formulation)
    return layer


def _movable(plan: LayerPlan, layer: Layer, group: list[int], below: ExactMatrix) -> NDArray[np.bool_]:
    """Which pre-activations depend on a real parameter: (patterns, units of the group). The others are constants, and right or
    wrong as they are."""
    if plan.thresholds.bias.is_real:
        return np.ones((below.shape[0], len(group)), dtype=np.bool_)
    nonzero = (below.numerators != 0).astype(np.int64)
    return (nonzero @ (plan.layer.free & ~layer.absent)[group].T.astype(np.int64)) > 0


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Some units of a layer and what is required of them: ``movable`` (patterns, units of the group), 1, -1, or 0: nothing."""

    plan: LayerPlan
    group: list[int]
    movable: NDArray[np.int8]
    below: ExactMatrix
    X: Floats

    @property
    def needed(self) -> Fraction:
        """The distance from 0 that the file demands; a chosen margin is the solver's, and any distance is enough here."""
        margin = self.plan.layer.margin
        return margin / 2 if isinstance(margin, Fraction) else Fraction(0)

    def widened(self, layer: Layer, claim: Claim, formulation: Formulation) -> Layer:
        found = widest_margin(self._problem(layer, relax_bias=False))
        if found is not None and self.plan.thresholds.one_sided and found.delta <= NOTHING:
            found = widest_margin(replace(self._problem(layer, relax_bias=False), active_at_zero=True))
        if found is not None and found.delta > 0 and found.delta >= float(self.needed) * (1 - 1e-9):
            settled = self._shortest(layer, found)
            if settled is not None:
                return settled
        reason = f"no network was found that has the claimed activations of layer `{layer.name}`"
        raise Conflict(reason, *self._clause(layer, claim, formulation))

    def _problem(self, layer: Layer, relax_bias: bool, relax_presence: bool = False) -> MarginProblem:
        """The LP. A bias from a finite set is fixed as claimed, or, with ``relax_bias``, free within the set's hull; absent
        connections stay so, or, with ``relax_presence``, may have any weight of the set's hull."""
        plan, group = self.plan, self.group
        there = plan.layer.free if relax_presence else plan.layer.free & ~layer.absent
        free = there[group] & isinstance(plan.layer.domain, RealDomain)
        fixed = layer.weights[group].astype(np.float64)
        fixed[free] = 0.0
        domains = plan.thresholds.bias.domains
        bias: Floats | None = None
        if domains:
            members = [0] if plan.thresholds.bias.kind == "shared" else group
            is_free = relax_bias or isinstance(domains[0], RealDomain)
            ends = [(domains[i].lower, domains[i].upper) if is_free else (layer.bias[i],) * 2 for i in members]
            bias = np.array(ends).astype(np.float64)
        hull = weight_range(plan.layer) if relax_presence else (plan.layer.domain.lower, plan.layer.domain.upper)
        lower, upper = (float(end) for end in hull)
        return MarginProblem(self.X, self.X @ fixed.T, self.movable, free, lower, upper, bias)

    def _shortest(self, layer: Layer, found: WidestMargin) -> Layer | None:
        """The LP's parameters with as few decimals as keep every activation and half of the margin, else at least what is
        needed; None if no rounding does."""
        for keep in (max(self.needed, Fraction(found.delta) / 2), self.needed):
            for rounding in ROUNDINGS:
                candidate = self._rounded(layer, found, rounding)
                if self._keeps(candidate, keep):
                    return candidate
        return None

    def _rounded(self, layer: Layer, found: WidestMargin, rounding: Rounding) -> Layer:
        weights, bias = layer.weights.copy(), layer.bias.copy()
        domain, bias_domains = self.plan.layer.domain, self.plan.thresholds.bias.domains
        for place, unit in enumerate(self.group):
            if isinstance(domain, RealDomain):
                for j in np.flatnonzero(self.plan.layer.free[unit] & ~layer.absent[unit]):
                    weights[unit, j] = rounded_into(domain, found.weights[place, j], rounding)
            of_unit = bias_domains[0 if len(bias_domains) == 1 else unit] if bias_domains else None
            if isinstance(of_unit, RealDomain):
                bias[unit] = rounded_into(of_unit, found.bias[place], rounding)
        return replace(layer, weights=weights, bias=bias, absent=self.plan.layer.absent_at(weights))

    def _keeps(self, layer: Layer, keep: Fraction) -> bool:
        """Whether, exactly, every required pre-activation is on its side of 0 by at least ``keep``; active ones may be 0 in a
        one-sided layer, and where nothing is to be kept."""
        group = self.group
        part = replace(layer, weights=layer.weights[group], bias=layer.bias[group], absent=layer.absent[group])
        sums = exact_sums(part, self.below)
        least_active = Fraction(0) if self.plan.thresholds.one_sided else keep
        for place, denominator in enumerate(sums.denominators):
            active, inactive = (sums.numerators[self.movable[:, place] == side, place] for side in (1, -1))
            if len(active) and Fraction(int(active.min()), denominator) < least_active:
                return False
            if len(inactive) and not 0 < -Fraction(int(inactive.max()), denominator) >= keep:
                return False
        return True

    def _clause(self, layer: Layer, claim: Claim, formulation: Formulation) -> tuple[Clause | None, bool]:
        """The conflict of the rows that prove the margin too small, with any bias of the class, and True; where they don't
        prove it, the conflict of all rows and False. No clause where finite weights take part: integers have no literal."""
        if not isinstance(self.plan.layer.domain, RealDomain) and self.plan.layer.free.any():
            return None, False
        for relax_presence in (True, False) if self.plan.layer.sparse else (True,):
            asked = self._problem(layer, relax_bias=True, relax_presence=relax_presence)
            found = widest_margin(replace(asked, active_at_zero=self.plan.thresholds.one_sided))
            if found is not None and self._is_too_small(found.delta):
                units = np.array(self.group)[found.units]
                side = self.movable[found.patterns, found.units]
                clause = clause_of_rows(self.plan, found.patterns, units, side, claim, formulation)
                return clause if relax_presence else self._with_absences(clause, layer), True
        patterns, places = np.nonzero(self.movable)
        units, side = np.array(self.group)[places], self.movable[patterns, places]
        clause = clause_of_rows(self.plan, patterns, units, side, claim, formulation)
        return self._with_absences(clause, layer) if self.plan.layer.sparse else clause, False

    def _is_too_small(self, delta: float) -> bool:
        """Whether a margin is surely below what is needed."""
        enough = float(self.needed)
        return delta < (enough - max(1e-6 * enough, 2 * NOTHING) if enough else NOTHING)

    def _with_absences(self, clause: Clause, layer: Layer) -> Clause:
        """The clause with what it owes to absent connections: with more of them present there may be a network."""
        free = self.plan.layer.free
        units = np.nonzero(free)[0]
        gone = np.flatnonzero(layer.absent[free] & np.isin(units, self.group))
        return Clause(clause.ones, (*clause.zeros, (("z", layer.name), gone)))
