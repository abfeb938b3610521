"""One set of moves in one direction: the numbers that every dual is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.formulation.worst.leads import SYMBOL
from bdnnc.ir.problem import ProblemLayer
from bdnnc.ir.program import Floats, Index, Key, Summand
from bdnnc.uncertainty.sets import Moves, Polytope

Way = Literal["fall", "rise"]
Of = Literal["unit", "lead"]
Names = tuple[tuple[str, ...], tuple[Index, ...]]
WAYS: tuple[Way, Way] = ("fall", "rise")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The moves number ``number`` of a layer, ``fall``: max of -w . delta, or ``rise``: max of w . delta.

    *Sites* are (R, units), R = 1 where all points may move alike, else the patterns. *Entries* are the weights of the inputs
    that move, in row-major order: unit, and place among ``moves.inputs``. ``of``: units of a layer, or the leads of one of its
    units over another (see `leads`), of which ``layer`` is then made.
    """

    layer: ProblemLayer
    moves: Moves
    number: int
    way: Way
    of: Of = "unit"

    @property
    def is_even(self) -> bool:
        """Whether the set is alike in both directions, so that a sum can rise as far as it can fall."""
        return not isinstance(self.moves.coupling, Polytope) and bool(np.array_equal(self.high, self.below))

    @property
    def sign(self) -> float:
        """The direction is ``sign`` times w."""
        return 1.0 if self.way == "rise" else -1.0

    @property
    def high(self) -> Floats:
        """(R, n): how far each input can grow."""
        return np.broadcast_to(self.moves.high.floats(), (self.rows, self.width))

    @property
    def below(self) -> Floats:
        """(R, n): how far it can shrink."""
        return np.broadcast_to(0.0 - self.moves.low.floats(), (self.rows, self.width))

    @property
    def ahead(self) -> Floats:
        """(R, n): how far each input can go where a positive weight gains by it."""
        return self.high if self.way == "rise" else self.below

    @property
    def behind(self) -> Floats:
        """(R, n): how far, where a negative weight does."""
        return self.below if self.way == "rise" else self.high

    @property
    def rows(self) -> int:
        return max(self.moves.low.shape[0], self.moves.high.shape[0])

    @property
    def width(self) -> int:
        return len(self.moves.inputs)

    @property
    def sites(self) -> int:
        return self.rows * self.layer.units

    @property
    def unit(self) -> Index:
        """The unit of each entry, (E,)."""
        return np.repeat(np.arange(self.layer.units), self.width)

    @property
    def place(self) -> Index:
        """The place of each entry's input among those that move, (E,)."""
        return np.tile(np.arange(self.width), self.layer.units)

    @property
    def entries(self) -> int:
        return self.layer.units * self.width

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which entries are variables, (E,)."""
        return self.layer.free[:, list(self.moves.inputs)].ravel()

    @property
    def member(self) -> Index:
        """The place of each entry in the block of weights, (E,); meaningless where it is not free."""
        order = np.cumsum(self.layer.free.ravel()).reshape(self.layer.free.shape) - 1
        return order[:, list(self.moves.inputs)].ravel()

    @property
    def constant(self) -> Floats:
        """The value of each entry that is not free, 0 of those that are; (E,)."""
        values = self.layer.constant[:, list(self.moves.inputs)].astype(np.float64).ravel()
        return np.where(self.free, 0.0, values)

    @property
    def largest(self) -> float:
        """A bound of every weight's magnitude."""
        ends = (abs(float(self.layer.domain.lower)), abs(float(self.layer.domain.upper)))
        return max(*ends, float(np.abs(self.constant).max(initial=0.0)))

    @property
    def weights_key(self) -> Key:
        """The block of the free weights."""
        return ("w" if self.of == "unit" else SYMBOL), self.layer.name

    def named(self, symbol: str) -> str:
        """The symbol of a block of this set and direction: ``tf0``, ``tr0``."""
        return f"{symbol}{'r' if self.way == 'rise' else 'f'}{self.number}"

    def site_of_entry(self) -> Index:
        """(R * E,) the site of each entry at each row."""
        return (np.arange(self.rows)[:, None] * self.layer.units + self.unit[None, :]).ravel()

    def at_entries(self, table: Floats) -> Floats:
        """(R, n) numbers at every entry, (R * E,)."""
        return table[:, self.place].ravel()

    def site_names(self) -> Names:
        """The axes of sites, and their indices: sample and unit, or the unit alone where all points share them."""
        row, unit = np.divmod(np.arange(self.sites), self.layer.units)
        return ((self.of,), (unit,)) if self.moves.is_shared else (("sample", self.of), (row, unit))

    def entry_names(self) -> Names:
        """The same of every entry at every row, with the input behind."""
        row, entry = np.divmod(np.arange(self.rows * self.entries), self.entries)
        unit, inputs = self.unit[entry], np.array(self.moves.inputs)[self.place[entry]]
        if self.moves.is_shared:
            return (self.of, "input"), (unit, inputs)
        return ("sample", self.of, "input"), (row, unit, inputs)

    def weights(self, rows: Index, entry: Index, factor: Floats | float) -> tuple[list[Summand], Floats]:
        """``factor`` times the weight of ``entry[k]``, added to row rows[k]: summands of free ones, (len(rows),) numbers."""
        factors = np.broadcast_to(np.asarray(factor, dtype=np.float64), entry.shape)
        is_free = self.free[entry]
        chosen = np.flatnonzero(is_free)
        summands = [Summand(self.weights_key, rows[chosen], self.member[entry[chosen]], factors[chosen].copy())]
        return (summands if len(chosen) else []), np.where(is_free, 0.0, factors * self.constant[entry])


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What a set adds to the worst case at each site: ``summands`` with rows among the sites, and ``constant``, (sites,)."""

    summands: Sequence[Summand]
    constant: Floats


def of_sites(key: Key, side: Side, value: float) -> Summand:
    """``value`` times a block with one member a site."""
    every = np.arange(side.sites)
    return Summand(key, every, every, np.full(side.sites, value))
