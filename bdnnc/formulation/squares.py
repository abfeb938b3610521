"""Sums of squares, `l2`, of finite sets: each member's own square times a binary that says that it was chosen.

The binaries are the digits of the parameter where these are one a member; a set of two members a < b needs none, since there
w^2 = (a + b) w - a b (with z for 1 in a sparse layer); else h, with sum h = 1 (z) and sum value h = w.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.exact import fraction_gcd
from bdnnc.formulation.builder import Builder, Expression, every, summed, total
from bdnnc.formulation.parts import Free, Part, distinct, part_of
from bdnnc.ir.domains import ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Floats, Key, Summand, Variable
from bdnnc.language.quantities import Norm


def express_l2(builder: Builder, quantity: Norm, exactly: bool) -> Expression:
    """The sum of squares; always exact, whatever ``exactly`` asks."""
    return total([_sum(builder, part_of(builder, quantity.part, place)) for place in quantity.layers])


def one_hot_values(builder: Builder, free: Free) -> tuple[Key, Floats] | None:
    """The digits of a block and the value that each stands for, if exactly one digit of a parameter is chosen."""
    for link in builder.links:
        if link.target == free.key and link.choose_one:
            return link.digit, link.origin[link.owner] + link.value
    return None


def _sum(builder: Builder, part: Part) -> Expression:
    certain = sum((value * value for value in part.constants), Fraction(0))
    free = part.free
    if free is None:
        return Expression(1, (), (certain,), Fraction(0))
    members = {id(domain): _members(domain) for domain in distinct(free.domains)}
    step = fraction_gcd([value * value for values in members.values() for value in values]) * part.times
    found = one_hot_values(builder, free)
    if found is None and all(len(values) == 2 for values in members.values()):
        return _of_two(part, free, [members[id(domain)] for domain in free.domains], certain, step)
    digits, value = found or _one_hot(builder, part, free, members)
    return summed(digits, np.arange(len(value)), value * value * part.times, certain, step)


def _members(domain: ParameterDomain) -> tuple[Fraction, ...]:
    if isinstance(domain, RealDomain | ScaledDomain):
        raise InternalError("squares of a continuous set")
    return domain.values


def _of_two(part: Part, free: Free, pairs: list[tuple[Fraction, ...]], certain: Fraction, step: Fraction) -> Expression:
    slope = np.array([float(a + b) for a, b in pairs]) * part.times
    product = [-a * b * part.times for a, b in pairs]
    row = np.zeros(free.size, dtype=np.int64)
    parameters = Summand(free.key, row, free.members, slope)
    if not part.sparse:
        return Expression(1, (parameters,), (certain + sum(product, Fraction(0)),), step)
    present = Summand(part.key("z"), row, free.members, np.array([float(value) for value in product]))
    return Expression(1, (parameters, present), (certain,), step)


def _one_hot(builder: Builder, part: Part, free: Free, members: dict[int, tuple[Fraction, ...]]) -> tuple[Key, Floats]:
    """h (hb): one binary a member of each parameter's set."""
    floats = {name: np.array([float(value) for value in values]) for name, values in members.items()}
    lists = [floats[id(domain)] for domain in free.domains]
    sizes = [len(values) for values in lists]
    value = np.concatenate(lists)
    key = part.key("h")
    if builder.has(key):
        return key, value
    owner = np.repeat(free.members, sizes)
    member = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    block, size = free.variable, len(value)
    index = (*(axis[owner] for axis in free.indices), member.astype(np.int64))
    axes = (*block.axes, "member")
    builder.add(Variable(key[0], key[1], axes, np.zeros(size), np.ones(size), True, part.statement, None, index))
    chosen = Summand(key, owner, np.arange(size), np.ones(size))
    one = [chosen, every(part.key("z"), free.size, -1.0)] if part.sparse else [chosen]
    total_of_row = 0.0 if part.sparse else 1.0
    place = part.layer, block.axes, block.naming
    note = "exactly one member of the set is chosen"
    ends = {"lower": total_of_row, "upper": total_of_row}
    builder.relate(f"{key[0]}_one", *place, one, part.statement, note, **ends, rows=free.size)
    equal = [Summand(key, owner, np.arange(size), value), every(free.key, free.size, -1.0)]
    note = "the chosen member is the parameter"
    builder.relate(f"{key[0]}_is", *place, equal, part.statement, note, lower=0.0, upper=0.0, rows=free.size)
    return key, value
