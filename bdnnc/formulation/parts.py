"""The weights or the biases of a layer, as penalties and constraints see them: a block of variables and some constants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from bdnnc.exact import fraction_gcd
from bdnnc.formulation.builder import Builder, Expression, summed
from bdnnc.ir.domains import LatticeDomain, ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.program import Floats, Index, Key, Summand, Variable


@dataclass(frozen=True, slots=True, eq=False)
class Free:
    """The parameters that are variables: their block, and the domain of each member (one object for all where it is one)."""

    variable: Variable
    domains: tuple[ParameterDomain, ...]

    @property
    def key(self) -> Key:
        return self.variable.key

    @property
    def size(self) -> int:
        return self.variable.size

    @property
    def members(self) -> Index:
        return np.arange(self.size)

    @property
    def indices(self) -> tuple[Index, ...]:
        """One array an axis, each (size,)."""
        if self.variable.index is not None:
            return self.variable.index
        return np.unravel_index(self.members, self.variable.shape) if self.variable.shape else ()

    def like(self, symbol: str, lower: Floats, upper: Floats, integral: bool) -> Variable:
        """A block with the same members."""
        return replace(self.variable, symbol=symbol, lower=lower, upper=upper, integral=integral)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """``free`` is None where all is constant. Each free one counts ``times`` (a shared bias: once a unit). ``constants``:
    the values of the others, absent connections left out. ``sparse``: a free one may be absent, and is 0 then."""

    layer: str
    place: int
    suffix: Literal["", "b"]
    free: Free | None
    times: int
    constants: tuple[Fraction, ...]
    sparse: bool
    statement: int

    def key(self, symbol: str) -> Key:
        """The block called ``symbol`` for weights, ``symbol`` + "b" for biases."""
        return symbol + self.suffix, self.layer


def part_of(builder: Builder, which: Literal["weights", "bias"], place: int) -> Part:
    """The weights or the biases of layer ``place``."""
    return _weights(builder, place) if which == "weights" else _biases(builder, place)


def _weights(builder: Builder, place: int) -> Part:
    layer = builder.problem.layers[place]
    block = builder.variables.get(("w", layer.name))
    free = None if block is None else Free(block, (layer.domain,) * block.size)
    constants = tuple(layer.constant[~layer.free & ~layer.absent].tolist())
    return Part(layer.name, place, "", free, 1, constants, layer.sparse, builder.asking)


def _biases(builder: Builder, place: int) -> Part:
    layer = builder.problem.layers[place]
    block = builder.variables.get(("b", layer.name))
    if block is None:
        return Part(layer.name, place, "b", None, 1, layer.bias.values, False, builder.asking)
    free = Free(block, builder.plans[place].thresholds.bias.domains)
    return Part(layer.name, place, "b", free, layer.units // block.size, (), False, builder.asking)


def has_rows(builder: Builder, kind: str, layer: str) -> bool:
    """Whether a family of this name was made already."""
    return any(rows.kind == kind and rows.layer == layer for rows in builder.rows)


def counted(key: Key, size: int, times: int, constant: int) -> Expression:
    """A constant number and the number of ones among all members of a block of binaries, each counted ``times``."""
    step = Fraction(times if size else 0)
    return summed(key, np.arange(size), np.full(size, float(times)), Fraction(constant), step)


def grouped(block: Key, group: Index, value: float) -> Summand:
    """``value * block[k]`` in row group[k], for all members."""
    return Summand(block, group, np.arange(len(group)), np.full(len(group), value))


def distinct(domains: Iterable[ParameterDomain]) -> list[ParameterDomain]:
    """Each domain once; by identity, since hashing Fractions is slow."""
    return list({id(domain): domain for domain in domains}.values())


def magnitude_step(domains: tuple[ParameterDomain, ...]) -> Fraction | None:
    """The largest g with every member of every domain in g Z, None where one is continuous."""
    steps: list[Fraction] = []
    for domain in distinct(domains):
        if isinstance(domain, LatticeDomain):
            steps += [domain.origin, domain.step] if domain.count else [domain.origin]
        elif isinstance(domain, RealDomain | ScaledDomain):
            return None
        else:
            steps += domain.values
    return fraction_gcd(steps)


def least_magnitudes(part: Part, free: Free) -> Floats:
    """(size,) the smallest magnitude that each parameter can have."""
    if part.sparse:
        return np.zeros(free.size)
    found = {id(domain): float(_least(domain)) for domain in distinct(free.domains)}
    return np.array([found[id(domain)] for domain in free.domains])


def _least(domain: ParameterDomain) -> Fraction:
    if domain.lower <= 0 <= domain.upper and isinstance(domain, LatticeDomain) and domain.count:
        rest = domain.origin % domain.step
        candidates = [rest, domain.step - rest]
    elif isinstance(domain, LatticeDomain | RealDomain):
        candidates = [abs(domain.lower), abs(domain.upper)] if domain.lower > 0 or domain.upper < 0 else [Fraction(0)]
    elif isinstance(domain, ScaledDomain):
        candidates = [abs(value) * domain.least for value in domain.base]
    else:
        candidates = [abs(value) for value in domain.values]
    return min(candidates)
