"""The yardstick of the benchmark "moves": simulated annealing as one would write it in an afternoon, a Python loop over numpy.

One hidden layer of step units (0 and 1, active where the sum is at least 0) and one step output, weights -1, 0 or 1. A move
changes one weight or bias by chance and is taken by Metropolis' rule; sums are kept up to date, and only what depends on the
changed parameter is computed anew.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

HOTTEST, COLDEST = 3.0, 0.25


@dataclass(eq=False)
class PlainAnnealer:
    """``X`` (inputs, patterns); ``gain`` (patterns,): how much the loss grows where the output is 1; ``base``: the loss where
    the output is 0 everywhere; ``largest``: of the hidden biases, and of the output's."""

    X: Integers
    gain: Integers
    base: int
    units: int
    largest: tuple[int, int]
    seed: int = 0
    best: int = field(init=False)

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        self.random = random.Random(self.seed)
        self.W = chance.integers(-1, 2, (self.units, len(self.X)))
        self.b = chance.integers(-self.largest[0], self.largest[0] + 1, self.units)
        self.v = chance.integers(-1, 2, self.units)
        self.c = 0
        self.sums = self.W @ self.X + self.b[:, np.newaxis]
        self.active = (self.sums >= 0).astype(np.int64)
        self.output = self.v @ self.active
        self.loss = self.best = self._loss(self.output + self.c)

    def _loss(self, score: Integers) -> int:
        return self.base + int(self.gain[score >= 0].sum())

    def run(self, moves: int) -> None:
        """So many moves, from hot to cold."""
        inputs = len(self.X)
        kinds = self.units * (inputs + 2) + 1
        for number in range(moves):
            temperature = HOTTEST * (COLDEST / HOTTEST) ** (number / moves)
            kind = self.random.randrange(kinds)
            unit, place = divmod(kind, inputs + 2)
            if unit == self.units:
                self._move_output_bias(temperature)
            elif place < inputs:
                self._move_weight(unit, place, temperature)
            elif place == inputs:
                self._move_bias(unit, temperature)
            else:
                self._move_output_weight(unit, temperature)

    def _takes(self, loss: int, temperature: float) -> bool:
        """Metropolis."""
        worse = loss - self.loss
        if worse > 0 and self.random.random() >= math.exp(-worse / temperature):
            return False
        self.loss, self.best = loss, min(self.best, loss)
        return True

    def _move_weight(self, unit: int, place: int, temperature: float) -> None:
        now = int(self.W[unit, place])
        new = (now + self.random.randint(1, 2) + 1) % 3 - 1
        if self._move_unit(unit, self.sums[unit] + (new - now) * self.X[place], temperature):
            self.W[unit, place] = new

    def _move_bias(self, unit: int, temperature: float) -> None:
        new = self.random.randint(-self.largest[0], self.largest[0])
        if self._move_unit(unit, self.sums[unit] + (new - self.b[unit]), temperature):
            self.b[unit] = new

    def _move_unit(self, unit: int, sums: Integers, temperature: float) -> bool:
        active = (sums >= 0).astype(np.int64)
        output = self.output + self.v[unit] * (active - self.active[unit])
        if not self._takes(self._loss(output + self.c), temperature):
            return False
        self.sums[unit], self.active[unit], self.output = sums, active, output
        return True

    def _move_output_weight(self, unit: int, temperature: float) -> None:
        new = (int(self.v[unit]) + self.random.randint(1, 2) + 1) % 3 - 1
        output = self.output + (new - self.v[unit]) * self.active[unit]
        if self._takes(self._loss(output + self.c), temperature):
            self.v[unit], self.output = new, output

    def _move_output_bias(self, temperature: float) -> None:
        new = self.random.randint(-self.largest[1], self.largest[1])
        if self._takes(self._loss(self.output + new), temperature):
            self.c = new
