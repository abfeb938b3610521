"""Weights and biases as variables: an interval is a real one, consecutive integers an integer one, any other progression an
integer one behind an equation, any other finite set one binary a member."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from bdnnc.formulation.plan import LayerPlan
from bdnnc.ir.domains import LatticeDomain, ListDomain, ParameterDomain, RealDomain
from bdnnc.ir.program import Floats, Index, Link, Variable


def weight_variables(plan: LayerPlan) -> tuple[list[Variable], list[Link]]:
    """The block ``w`` of a layer's free weights, with its digits."""
    layer = plan.layer
    units, inputs = np.nonzero(layer.free)
    if len(units) == 0:
        return [], []
    dense = (layer.units, layer.inputs) if layer.free.all() else None
    domains = [layer.domain] * len(units)
    floors = np.full(len(units), float(layer.domain.lower))
    index = None if dense else (units, inputs)
    return _encoded("w", "q", layer.name, ("unit", "input"), domains, floors, layer.statement, dense, index)


def bias_variables(plan: LayerPlan) -> tuple[list[Variable], list[Link]]:
    """The block ``b``: one variable a unit, a single one for a shared bias, none for `bias none`."""
    bias = plan.thresholds.bias
    if bias.kind == "none":
        return [], []
    floors = np.array([float(value) for value in bias.floors])
    shape = () if bias.kind == "shared" else (len(bias.domains),)
    axes = () if bias.kind == "shared" else ("unit",)
    return _encoded("b", "r", plan.layer.name, axes, bias.domains, floors, plan.layer.statement, shape, None)


def _encoded(
    symbol: str,
    digit: str,
    layer: str,
    axes: tuple[str, ...],
    domains: Sequence[ParameterDomain],
    floors: Floats,
    statement: int,
    shape: tuple[int, ...] | None,
    index: tuple[Index, ...] | None,
) -> tuple[list[Variable], list[Link]]:
    """All parameters of a block with the encoding that the first domain's type asks for (a block's domains are of one type)."""
    first = domains[0]
    distinct = list({id(domain): domain for domain in domains}.values())  # by identity: hashing a Fraction is slow
    upper = np.full(len(domains), float(first.upper)) if len(distinct) == 1 else np.array([float(d.upper) for d in domains])
    plain = all(isinstance(domain, LatticeDomain) and domain.is_plain_integers for domain in distinct)
    main = Variable(symbol, layer, axes, floors, upper, plain, statement, shape, index)
    if plain or isinstance(first, RealDomain):
        return [main], []
    if isinstance(first, ListDomain):
        return _one_hot(main, digit, [d.values for d in domains if isinstance(d, ListDomain)])
    lattices = [domain for domain in domains if isinstance(domain, LatticeDomain)]
    counts = np.array([float(domain.count) for domain in lattices])
    digits = Variable(digit, layer, axes, np.zeros(len(counts)), counts, True, statement, shape, index)
    origin = np.array([float(domain.origin) for domain in lattices])
    step = np.array([float(domain.step) for domain in lattices])
    link = Link(main.key, digits.key, origin, np.arange(len(counts)), step, False, statement)
    return [main, digits], [link]


def _one_hot(main: Variable, digit: str, values: Sequence[Sequence[Fraction]]) -> tuple[list[Variable], list[Link]]:
    owner = np.repeat(np.arange(main.size), [len(members) for members in values])
    place = np.concatenate([np.arange(len(members)) for members in values])
    base = main.index if main.index is not None else np.unravel_index(np.arange(main.size), main.shape or (1,))
    index = (*(axis[owner] for axis in base), place) if main.axes else (place,)
    ones = np.ones(len(owner))
    digits = Variable(digit, main.layer, (*main.axes, "member"), 0 * ones, ones, True, main.statement, None, index)
    value = np.array([float(member) for members in values for member in members])
    link = Link(main.key, digits.key, np.zeros(main.size), owner, value, True, main.statement)
    return [main, digits], [link]
