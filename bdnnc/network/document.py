"""What a MODEL.json holds, as frozen values: the network, how it was trained, and what is certified of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, get_args

from bdnnc.network.network import Network

Scalar = str | bool | int | Fraction | None
"""A value of the free-form tables (`options`, `class`, `tolerances`); numbers exact, no floats."""

Status = Literal["optimal", "feasible", "infeasible", "no_solution", "interrupted"]
STATUSES: tuple[str, ...] = get_args(Status)


def no_scalars() -> dict[str, Scalar]:
    return {}


@dataclass(frozen=True, slots=True)
class Target:
    """The target column of the file that was trained on: 0-based index and name."""

    column: int
    name: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """How that file is read; None where there is no dialect (built-in sets, npz)."""

    delimiter: str | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where the data came from: a path relative to MODEL.json (None: built-in or in memory) and its SHA-256 in hex."""

    path: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class GoalRecord:
    """A goal: its text without the sense, its exact value, and a bound of it (None: not known)."""

    sense: Literal["minimize", "maximize"]
    text: str
    value: Fraction
    bound: Fraction | None


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How the network was found and how good it is.

    ``loss`` is the loss term with its coefficient and class weights, ``objective`` the first goal's value with constants and
    penalties, ``bound`` a bound that never exceeds it (None: not known), ``gap`` (objective - bound) / max(1, |objective|),
    None iff ``bound`` is. ``errors``: training samples on which not exactly the wanted output units are active. ``samples``:
    training samples before merging. ``network_class`` (key `class`) says which networks the bound speaks of, such as the margin
    of each layer. ``model_objective`` is given only where the accepted network is better than the model's own optimum.
    """

    method: str
    solver: str | None
    status: Status
    loss: Fraction
    objective: Fraction
    bound: Fraction | None
    gap: Fraction | None
    errors: int
    nominal_errors: int
    cuts: int
    samples: int
    seed: int
    goals: tuple[GoalRecord, ...]
    options: Mapping[str, Scalar] = field(default_factory=no_scalars)
    network_class: Mapping[str, Scalar] = field(default_factory=no_scalars)
    model_objective: Fraction | None = None


@dataclass(frozen=True, slots=True)
class SetRecord:
    """``errors`` (a tie is an error) and ``accuracy`` (of `predict`, a share) on a set of ``samples``."""

    samples: int
    errors: int
    accuracy: Fraction


@dataclass(frozen=True, slots=True)
class SetRecords:
    """The figures on each set; None where the data holds no such set."""

    train: SetRecord
    validation: SetRecord | None = None
    test: SetRecord | None = None


@dataclass(frozen=True, slots=True)
class Recomputable:
    """What anybody can recompute from the file and the data. ``margins``: smallest distance from 0 on the training samples by
    layer name, as `evaluate.smallest_margins` defines it."""

    loss: Fraction
    objective: Fraction
    errors: int
    margins: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Claims:
    """What has to be believed of the solver or recomputed at the price of a solve. ``cases``: cases that the proof was split
    into (None: not split); ``network_class`` is the key `class`."""

    bound: Fraction | None
    gap: Fraction | None
    network_class: Mapping[str, Scalar]
    solver: str | None
    version: str | None
    options: Mapping[str, Scalar]
    tolerances: Mapping[str, Scalar]
    seed: int
    cases: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The figures, split by who vouches for them, and the SHA-256 (hex) of the spec's text and of the data."""

    recomputable: Recomputable
    claims: Claims
    spec_sha256: str
    data_sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The whole document. In the file the network is spread over `inputs`, `layers` and `classes`; `sets` stands at the top
    level, beside `training`, with null for a set that the data does not have. ``spec``: the .bdnn file's text with the params
    used."""

    network: Network
    target: Target
    dialect: Dialect
    source: DataSource
    training: TrainingRecord
    sets: SetRecords
    certificate: Certificate
    spec: str


def text_sha256(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes, in hex: the hash of a spec."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def relative_gap(objective: Fraction, bound: Fraction | None) -> Fraction | None:
    """(objective - bound) / max(1, |objective|), None where there is no bound."""
    return None if bound is None else (objective - bound) / max(Fraction(1), abs(objective))
