"""The problem: a network with domains, data, goals and constraints, all about neurons and nothing about matrices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bdnnc.diagnostics import Span
from bdnnc.exact import ExactMatrix, stacked
from bdnnc.ir.domains import DiscreteDomain, ParameterDomain, RealDomain
from bdnnc.language.quantities import Constraint, Goal, Monotone
from bdnnc.uncertainty.sets import Uncertainty


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the file that rows and columns come from; its id is its place in `Problem.statements`."""

    title: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class BiasRule:
    """``auto``: the compiler chooses the domain; ``none``: 0; ``in``: one bias a unit; ``shared``: one for the layer;
    ``fixed``: ``values``, one Fraction a unit."""

    kind: Literal["auto", "none", "in", "shared", "fixed"]
    domain: RealDomain | DiscreteDomain | None = None
    values: tuple[Fraction, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ProblemLayer:
    """One layer of ``units`` neurons on ``inputs`` inputs.

    ``free[i, j]`` says that weight (i, j) is to be chosen from ``domain``; elsewhere it is ``constant[i, j]`` (a Fraction).
    ``absent[i, j]`` marks connections that do not exist (constant 0). In a ``sparse`` layer a free connection may be absent
    too: its weight is then 0, whether or not the domain holds 0. ``margin`` is as declared; None leaves it to the compiler.
    ``height``: the v of `step(v)`. ``start``: (units, inputs) Fractions, weights to start from, or None.
    """

    name: str
    unit: Literal["step", "sign", "linear"]
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
    height: Fraction = Fraction(1)
    sparse: bool = False
    start: NDArray[Any] | None = None

    def absent_at(self, weights: NDArray[Any]) -> NDArray[np.bool_]:
        """(units, inputs): the connections that a network with these weights lacks: in a sparse layer also free ones of 0."""
        return np.asarray(self.absent | (self.free & (weights == 0)), dtype=np.bool_) if self.sparse else self.absent

    @property
    def certain(self) -> NDArray[np.bool_]:
        """(units, inputs): connections that are there whatever is chosen: fixed weights that are not 0."""
        return np.asarray((self.constant != 0) & ~self.free & ~self.absent, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """What `absolute` measures against: the distinct pairs of pattern ``pattern[k]`` and number ``value[k]`` (a Fraction), each
    standing for ``count[k]`` training points."""

    pattern: NDArray[np.int64]
    value: NDArray[Any]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """The first goal over all networks of the declared class that keep the constraints, then the next among its best, and so
    on.

    ``patterns``: (P, inputs) distinct data points; ``counts``: (P, C) training samples a pattern and class, (P, 1) for
    regression, where ``targets`` says the rest. ``inputs`` are the names of the first-layer inputs, ``columns`` the file's
    column of each. ``uncertainty``: what points may become, None where nothing can move: worst cases are then nominal.
    ``scenarios``: the last of the patterns are no points but perturbations, of the pattern ``scenarios[k]`` each, at which
    worst cases are looked at (adaptive robustness); their counts are 0. Losses of ``goals`` carry one weight a class. Ids of
    statements: ``goal_statements`` and so on, in order.
    """

    layers: tuple[ProblemLayer, ...]
    patterns: ExactMatrix
    counts: NDArray[np.int64]
    classes: tuple[str, ...]
    inputs: tuple[str, ...]
    columns: tuple[int, ...]
    goals: tuple[Goal, ...]
    goal_statements: tuple[int, ...]
    statements: tuple[Statement, ...]
    targets: Targets | None = None
    constraints: tuple[Constraint, ...] = ()
    constraint_statements: tuple[int, ...] = ()
    monotone: tuple[Monotone, ...] = ()
    monotone_statements: tuple[int, ...] = ()
    uncertainty: Uncertainty | None = None
    scenarios: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def points(self) -> int:
        """How many of the patterns are points."""
        return self.patterns.shape[0] - len(self.scenarios)

    def with_scenarios(self, perturbed: ExactMatrix, parents: NDArray[np.int64]) -> Problem:
        """The problem with perturbed points (scenarios, inputs) beside its own, in place of those that it had."""
        both = stacked(self.patterns.rows(np.arange(self.points)), perturbed)
        counts = np.zeros((both.shape[0], self.counts.shape[1]), dtype=np.int64)
        counts[: self.points] = self.counts[: self.points]
        return replace(self, patterns=both, counts=counts, scenarios=parents)

    @property
    def has_patterns(self) -> bool:
        """Whether the first layer has activations, of which a point has a pattern; a single linear layer has none."""
        return self.layers[0].unit != "linear"

    @property
    def keeps_patterns(self) -> bool:
        """Whether every point has to keep its first-layer pattern: `robust static`."""
        return self.uncertainty is not None and self.uncertainty.sense == "static" and self.has_patterns

    @property
    def is_soft(self) -> bool:
        """Whether points count as errors unless they are right and keep their first-layer pattern: `robust static soft`."""
        return self.uncertainty is not None and self.uncertainty.sense == "soft"

    @property
    def gives_points_up(self) -> bool:
        """Whether points count as errors unless they are right over their sets: `robust static soft`, `robust adaptive`, and
        every sense of a single linear layer."""
        return self.uncertainty is not None and (self.uncertainty.sense != "static" or not self.has_patterns)

    @property
    def samples(self) -> int:
        return int(self.counts.sum())

    @property
    def output_units(self) -> int:
        return self.layers[-1].units

    @property
    def is_regression(self) -> bool:
        return self.targets is not None
