"""A polyhedron around the second-order cone: rho >= |v|_2 in linear rows, short of the truth by a little that is known.

|(x, y)|_2 <= rho as a tower of rotations (Ben-Tal and Nemirovski, On polyhedral approximations of the second-order cone, 2001),
for x, y >= 0 and p_k = pi / 2^(k+1):

    xi_0 = x, eta_0 = y;   xi_k = cos(p_k) xi_{k-1} + sin(p_k) eta_{k-1},   eta_k >= |cos(p_k) eta_{k-1} - sin(p_k) xi_{k-1}|
    xi_T <= rho,   eta_T <= tan(p_T) xi_T

allows |(x, y)|_2 = rho / cos(p_T) at most, and whatever is shorter than rho. Longer vectors are taken two by two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, cos, log2, pi, sin, tan

import numpy as np

from bdnnc.formulation.builder import Builder
from bdnnc.formulation.worst.side import Names
from bdnnc.ir.program import Floats, Index, Key, Summand, Variable

TURNS = 10
ANGLES = tuple(pi / 2 ** (k + 1) for k in range(1, TURNS + 1))
SHORT = 1.0 / cos(ANGLES[-1])
"""How much longer than its rho a pair may be: 1 + 1.2e-6."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """``first``, ``second``: the inputs of each pair: component c as c, the rho of pair q as width + q. ``root``: what stands
    for the norm of all, counted alike; ``levels``: how many pairs a component goes through at most."""

    width: int
    first: tuple[int, ...]
    second: tuple[int, ...]
    root: int
    levels: int


@lru_cache(maxsize=64)
def pairing(width: int) -> Pairing:
    """Components two by two, then the pairs, and so on; what is left over waits for the next level."""
    current, first, second = list(range(width)), list[int](), list[int]()
    while len(current) > 1:
        following: list[int] = []
        for left, right in zip(current[::2], current[1::2], strict=False):
            following.append(width + len(first))
            first.append(left)
            second.append(right)
        current = following + (current[-1:] if len(current) % 2 else [])
    return Pairing(width, tuple(first), tuple(second), current[0], ceil(log2(width)) if width > 1 else 0)


def longer(width: int) -> float:
    """By what rho has to be multiplied to be no shorter than the norm."""
    return float(SHORT ** pairing(width).levels * (1.0 + 1e-12))


@dataclass(frozen=True, slots=True, eq=False)
class Tower:
    """The blocks of the norms of ``groups`` vectors: magnitudes ``h`` (groups x width), rho ``o`` and turns ``x``, ``y`` of
    every pair. ``suffix`` tells towers apart; ``names``: axes and indices of the groups."""

    layer: str
    suffix: str
    width: int
    groups: int
    names: Names
    statement: int

    def key(self, symbol: str) -> Key:
        return f"{symbol}{self.suffix}", self.layer

    @property
    def magnitudes(self) -> Key:
        return self.key("h")

    def norm(self, row: Index, group: Index, value: Floats) -> Summand:
        """``value`` times the rho of a group, in some rows."""
        found = pairing(self.width)
        if found.root < self.width:
            return Summand(self.magnitudes, row, group * self.width + found.root, value)
        return Summand(self.key("o"), row, group * len(found.first) + found.root - self.width, value)

    def build(self, builder: Builder, largest: float) -> None:
        """The blocks and their rows; that magnitudes are no less than the components is for the caller to say."""
        found = pairing(self.width)
        pairs = len(found.first)
        bound = largest * float(np.sqrt(self.width)) * 2.0
        self._block(builder, "h", "component", np.full(self.groups * self.width, bound), self.width)
        if not pairs:
            return
        self._block(builder, "o", "pair", np.full(self.groups * pairs, bound), pairs)
        for symbol in ("x", "y"):
            self._turns(builder, symbol, pairs, bound)
        group, pair = (axis.ravel() for axis in np.indices((self.groups, pairs)))
        for turn in range(TURNS):
            self._turn(builder, group, pair, turn)
        every = np.arange(self.groups * pairs)
        last = (every * TURNS) + TURNS - 1
        axes, names = (*self.names[0], "pair"), (*(axis[group] for axis in self.names[1]), pair)
        ones, size = np.ones(len(every)), len(every)
        rows = (
            ("top", (Summand(self.key("o"), every, every, ones), Summand(self.key("x"), every, last, -ones))),
            ("tip", (Summand(self.key("x"), every, last, tan(ANGLES[-1]) * ones), Summand(self.key("y"), every, last, -ones))),
        )
        for kind, summands in rows:
            note = "rho is the length of a pair, but for a little"
            builder.relate(
                f"{kind}{self.suffix}", self.layer, axes, names, summands, self.statement, note, lower=0.0, rows=size
            )

    def _block(self, builder: Builder, symbol: str, axis: str, most: Floats, count: int) -> None:
        group, place = np.divmod(np.arange(len(most)), count)
        names = (*(index[group] for index in self.names[1]), place)
        axes = (*self.names[0], axis)
        builder.add(Variable(*self.key(symbol), axes, 0 * most, most, False, self.statement, None, names))

    def _turns(self, builder: Builder, symbol: str, pairs: int, bound: float) -> None:
        group, pair, turn = (axis.ravel() for axis in np.indices((self.groups, pairs, TURNS)))
        names = (*(index[group] for index in self.names[1]), pair, turn)
        most = np.full(len(group), bound)
        axes = (*self.names[0], "pair", "turn")
        builder.add(Variable(*self.key(symbol), axes, 0 * most, most, False, self.statement, None, names))

    def _turn(self, builder: Builder, group: Index, pair: Index, turn: int) -> None:
        """The rows of one rotation of every pair."""
        every, ones = np.arange(len(group)), np.ones(len(group))
        here = every * TURNS + turn
        c, s = cos(ANGLES[turn]), sin(ANGLES[turn])
        axes, names = (*self.names[0], "pair"), (*(axis[group] for axis in self.names[1]), pair)

        def before(symbol: str, value: float) -> list[Summand]:
            if turn:
                return [Summand(self.key(symbol), every, here - 1, np.full(len(group), value))]
            return self._inputs(group, pair, symbol == "x", value)

        forms = (
            ("along", [Summand(self.key("x"), every, here, ones), *before("x", -c), *before("y", -s)], 0.0),
            ("over", [Summand(self.key("y"), every, here, ones), *before("y", -c), *before("x", s)], np.inf),
            ("under", [Summand(self.key("y"), every, here, ones), *before("y", c), *before("x", -s)], np.inf),
        )
        for kind, summands, upper in forms:
            note = "a pair turned towards its first axis, and folded"
            builder.relate(
                f"{kind}{turn}t{self.suffix}", self.layer, axes, names, summands, self.statement, note, lower=0.0, upper=upper,
                rows=len(group),
            )  # fmt: skip

    def _inputs(self, group: Index, pair: Index, is_first: bool, value: float) -> list[Summand]:
        """``value`` times the first or the second input of every pair."""
        found = pairing(self.width)
        source = np.array(found.first if is_first else found.second)[pair]
        every, pairs = np.arange(len(group)), len(found.first)
        own = source < self.width
        return [
            Summand(key, every[rows], member[rows], np.full(int(rows.sum()), value))
            for key, member, rows in (
                (self.magnitudes, group * self.width + source, own),
                (self.key("o"), group * pairs + source - self.width, ~own),
            )
            if rows.any()
        ]
