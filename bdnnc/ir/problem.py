"""The problem: a network with domains, data and a goal, all about neurons and nothing about matrices."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Span
from bdnnc.exact import ExactMatrix
from bdnnc.ir.domains import ParameterDomain


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the file that rows and columns come from; its id is its place in `Problem.statements`."""

    title: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class BiasRule:
    """``auto``: the compiler chooses the domain; ``none``: 0; ``in``: one bias a unit; ``shared``: one for the layer."""

    kind: Literal["auto", "none", "in", "shared"]
    domain: ParameterDomain | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ProblemLayer:
    """One layer of ``units`` neurons on ``inputs`` inputs.

    ``free[i, j]`` says that weight (i, j) is to be chosen from ``domain``; elsewhere it is ``constant[i, j]`` (a Fraction).
    ``absent[i, j]`` marks connections that do not exist (constant 0). ``margin`` is as declared; None leaves it to the
    compiler.
    """

    name: str
    unit: Literal["step", "sign"]
    units: int
    inputs: int
    domain: ParameterDomain
    free: NDArray[np.bool_]
    constant: NDArray[Any]
    absent: NDArray[np.bool_]
    bias: BiasRule
    margin: Fraction | Literal["exact"] | None
    statement: int
    margin_span: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Minimise ``coefficient * loss + constant`` over all networks of the declared class.

    ``patterns``: (P, inputs) distinct data points; ``counts``: (P, C) training samples a pattern and class; ``class_weights``:
    one Fraction a class. ``inputs`` are the names of the first-layer inputs.
    """

    layers: tuple[ProblemLayer, ...]
    patterns: ExactMatrix
    counts: NDArray[np.int64]
    classes: tuple[str, ...]
    inputs: tuple[str, ...]
    loss: Literal["hamming", "zero_one"]
    class_weights: tuple[Fraction, ...]
    coefficient: Fraction
    constant: Fraction
    goal_text: str
    goal_statement: int
    statements: tuple[Statement, ...]

    @property
    def samples(self) -> int:
        return int(self.counts.sum())

    @property
    def output_units(self) -> int:
        return self.layers[-1].units
