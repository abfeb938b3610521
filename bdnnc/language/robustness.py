"""What a checked `robust` block says, in numbers. What depends on the points (clipping, `raw`, binary inputs) is left to the
posing room, with the spans to blame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bdnnc.diagnostics import Span
from bdnnc.language.spec import ArrayFile


@dataclass(frozen=True, slots=True)
class Ball:
    """All perturbations of a norm of at most ``radius``."""

    norm: Literal["linf", "l1", "l2"]
    radius: Fraction


@dataclass(frozen=True, slots=True)
class BoxSet:
    """``low[j] <= delta_j <= high[j]``, one number for each of the inputs that move; low <= 0 <= high."""

    low: tuple[Fraction, ...]
    high: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class BudgetSet:
    """At most ``count`` inputs move, each by at most ``radius``."""

    radius: Fraction
    count: int


@dataclass(frozen=True, slots=True)
class PolytopeSet:
    """A delta <= b, with A (rows x inputs that move) and b read from files by the posing room."""

    matrix: ArrayFile
    side: ArrayFile


@dataclass(frozen=True, slots=True)
class FlipSet:
    """At most ``count`` binary inputs take their other value."""

    count: int


PerturbationSet = Ball | BoxSet | BudgetSet | PolytopeSet | FlipSet


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One `inputs .. within ..`. ``inputs``: the first-layer inputs that move, in the order in which the file names them (all
    in their own order where it names none). ``raw``: the set is in the units of the file; ``step``: every move is a multiple
    of it."""

    set: PerturbationSet
    inputs: tuple[int, ...]
    raw: bool
    step: Fraction | None
    span: Span
    text: str
    """The set as written: ``linf(0.05)``."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Perturbed inputs stay in [low, high]."""

    low: Fraction
    high: Fraction
    span: Span


@dataclass(frozen=True, slots=True)
class Robustness:
    """``sense``: each point keeps its first-layer pattern (`static`), is right and keeps it or counts as an error (`soft`), or
    is judged by its worst perturbation (`adaptive`). Perturbations are of disjoint inputs."""

    sense: Literal["static", "soft", "adaptive"]
    perturbations: tuple[Perturbation, ...]
    clip: Clip | None
    span: Span
    text: str
