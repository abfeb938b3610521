"""Weights and biases as variables.

An interval is a real variable, consecutive integers an integer one, any other progression an integer one behind an equation,
bits(k) one binary a bit, any other finite set one binary a member, a scaled set one binary a member and the unit's scale. Where
a connection may be absent, a binary z says whether it is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bdnnc.exact import fraction_floats
from bdnnc.formulation.builder import Builder, every
from bdnnc.formulation.parts import distinct
from bdnnc.formulation.plan import LayerPlan
from bdnnc.formulation.scaled_sets import scaled_weights
from bdnnc.formulation.weights import weight_range
from bdnnc.ir.domains import BitsDomain, LatticeDomain, ListDomain, ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Floats, Index, Key, Link, Variable


def add_weights(builder: Builder, plan: LayerPlan) -> None:
    """The block ``w`` of a layer's free weights, with its digits and, in a sparse layer, the presence ``z`` of each."""
    layer = plan.layer
    units, inputs = np.nonzero(layer.free)
    count = len(units)
    if count == 0:
        return
    shape = (layer.units, layer.inputs) if layer.free.all() else None
    index = None if shape else (units, inputs)
    lower, upper = (np.full(count, float(end)) for end in weight_range(layer))
    main = Variable("w", layer.name, ("unit", "input"), lower, upper, False, layer.statement, shape, index)
    present: Key | None = None
    if layer.sparse:
        binary = Variable("z", layer.name, main.axes, np.zeros(count), np.ones(count), True, layer.statement, shape, index)
        present = builder.add(binary)
    if isinstance(layer.domain, ScaledDomain):
        scaled_weights(builder, layer, main, present)
    else:
        _encode(builder, _Block(main, "q", [layer.domain] * count, present))


def add_biases(builder: Builder, plan: LayerPlan) -> None:
    """The block ``b``: one variable a unit, a single one for a shared bias, none for `bias none` and `bias fixed`."""
    bias = plan.thresholds.bias
    if not bias.is_chosen:
        return
    lower = np.array([float(value) for value in bias.floors])
    upper = np.array([float(domain.upper) for domain in bias.domains])
    shape = () if bias.kind == "shared" else (len(bias.domains),)
    axes = () if bias.kind == "shared" else ("unit",)
    main = Variable("b", plan.layer.name, axes, lower, upper, False, plan.layer.statement, shape)
    _encode(builder, _Block(main, "r", bias.domains, None))


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Parameters to be encoded: their block, the symbol of its digits, the domain of each (all of one type), presences."""

    main: Variable
    digit: str
    domains: Sequence[ParameterDomain]
    present: Key | None


def _encode(builder: Builder, block: _Block) -> None:
    first, *others = distinct(block.domains)
    around_zero = first.lower <= 0 <= first.upper
    plain = all(isinstance(domain, LatticeDomain) and domain.is_plain_integers for domain in (first, *others))
    if isinstance(first, RealDomain) or (plain and (block.present is None or around_zero)):
        builder.add(_integral(block.main) if plain else block.main)
        if block.present is not None:
            _bound_by_presence(builder, block.main, block.present, first)
        return
    builder.add(block.main)
    if isinstance(first, BitsDomain):
        _bits(builder, block, first)
    elif isinstance(first, ListDomain):
        _one_hot(builder, block)
    else:
        _progression(builder, block)


def _integral(variable: Variable) -> Variable:
    return Variable(
        variable.symbol, variable.layer, variable.axes, variable.lower, variable.upper, True, variable.statement,
        variable.shape, variable.index,
    )  # fmt: skip


def _bound_by_presence(builder: Builder, main: Variable, present: Key, domain: ParameterDomain) -> None:
    """L z <= w <= U z: an absent connection has weight 0, a present one a weight of the set."""
    for kind, end, sign in (("cap", domain.upper, -1.0), ("floor", domain.lower, 1.0)):
        summands = (every(main.key, main.size, -sign), every(present, main.size, sign * float(end)))
        note = "w <= U z" if kind == "cap" else "w >= L z"
        builder.relate(
            f"{kind}_w", main.layer, main.axes, main.naming, summands, main.statement, note, upper=0.0, rows=main.size
        )


def _progression(builder: Builder, block: _Block) -> None:
    main = block.main
    found = {
        id(domain): (float(domain.origin), float(domain.step), float(domain.count))
        for domain in distinct(block.domains)
        if isinstance(domain, LatticeDomain)
    }
    origin, step, counts = np.array([found[id(domain)] for domain in block.domains]).T.copy()
    digits = _digits(main, block.digit, counts)
    builder.add(digits)
    builder.links.append(Link(main.key, digits.key, origin, np.arange(main.size), step, False, main.statement, block.present))


def _bits(builder: Builder, block: _Block, domain: BitsDomain) -> None:
    """w = -(2^k - 1) + sum of 2^(i + 1) q_i."""
    main, count = block.main, domain.count
    owner = np.repeat(np.arange(main.size), count)
    place = np.tile(np.arange(count), main.size)
    digits = _members(main, block.digit, "bit", owner, place)
    builder.add(digits)
    origin = np.full(main.size, float(domain.lower))
    value = np.exp2(place + 1.0)
    builder.links.append(Link(main.key, digits.key, origin, owner, value, False, main.statement, block.present))


def _one_hot(builder: Builder, block: _Block) -> None:
    main = block.main
    found = {id(domain): fraction_floats(domain.values) for domain in distinct(block.domains) if isinstance(domain, ListDomain)}
    values = [found[id(domain)] for domain in block.domains]
    counts = np.array([len(members) for members in values])
    owner = np.repeat(np.arange(main.size), counts)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    digits = _members(main, block.digit, "member", owner, place)
    builder.add(digits)
    value = np.concatenate(values)
    builder.links.append(Link(main.key, digits.key, np.zeros(main.size), owner, value, True, main.statement, block.present))


def _digits(main: Variable, symbol: str, upper: Floats) -> Variable:
    """One integer digit a parameter."""
    lower = np.zeros(len(upper))
    return Variable(symbol, main.layer, main.axes, lower, upper, True, main.statement, main.shape, main.index)


def _members(main: Variable, symbol: str, axis: str, owner: Index, place: Index) -> Variable:
    """Several binary digits a parameter."""
    base = main.index if main.index is not None else np.unravel_index(np.arange(main.size), main.shape or (1,))
    index = (*(part[owner] for part in base), place) if main.axes else (place,)
    ones = np.ones(len(owner))
    return Variable(symbol, main.layer, (*main.axes, axis), 0 * ones, ones, True, main.statement, None, index)
