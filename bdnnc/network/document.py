"""What a MODEL.json holds, as frozen values: the network, how it was trained, and what is certified of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, get_args

from bdnnc.network.ensemble import Predictor

Scalar = str | bool | int | Fraction | None
"""A value of the free-form tables (`options`, `class`, `tolerances`); numbers exact, no floats."""

Status = Literal["optimal", "feasible", "infeasible", "no_solution", "interrupted"]
STATUSES: tuple[str, ...] = get_args(Status)

MET = Fraction(1, 10**6)
"""A goal whose values lie on no lattice is proved optimal at this gap."""


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
    """A goal: its text without the sense, the network's exact value, and a bound of it (None: not known), which holds among the
    networks that are as good in the goals before.

    ``within``: how far later goals may make it worse. ``reached``: the value that its own search reached and to which the later
    goals were held; given only where ``within`` is above 0 and the search came so far.
    """

    sense: Literal["minimize", "maximize"]
    text: str
    value: Fraction
    bound: Fraction | None
    within: Fraction = Fraction(0)
    reached: Fraction | None = None

    @property
    def best(self) -> Fraction:
        """The value that the bound is held against: what was reached, where later goals were free to give some of it up."""
        return self.value if self.reached is None else self.reached

    @property
    def is_met(self) -> bool:
        """Whether the bound is met, within 1e-6 relative where it is not met exactly."""
        gap = relative_gap(self.best, self.bound)
        return gap is not None and gap <= MET

    def is_better_than(self, other: Fraction | None) -> bool:
        """Whether the network's value is better than ``other``; never than None."""
        if other is None:
            return False
        return self.value < other if self.sense == "minimize" else self.value > other


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How the network was found and how good it is.

    ``loss`` is the loss of the first goal with its coefficient and class weights (its errors where it has no loss, 0 where
    neither), ``objective`` the first goal's value with constants and penalties, ``bound`` a bound that is never worse (at most
    it where the goal is minimized, at least it where maximized; None: not known), ``gap`` |objective - bound| / max(1,
    |objective|), None iff ``bound`` is. ``errors``: training samples that `zero_one` counts; None for regression. ``samples``:
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
    errors: int | None
    nominal_errors: int | None
    cuts: int
    samples: int
    seed: int
    goals: tuple[GoalRecord, ...]
    options: Mapping[str, Scalar] = field(default_factory=no_scalars)
    network_class: Mapping[str, Scalar] = field(default_factory=no_scalars)
    model_objective: Fraction | None = None


@dataclass(frozen=True, slots=True)
class SetRecord:
    """``errors`` (a tie is an error) and ``accuracy`` (of `predict`, a share) on a set of ``samples``; for regression both None
    and ``absolute`` the sum of |a - y|."""

    samples: int
    errors: int | None
    accuracy: Fraction | None
    absolute: Fraction | None = None


@dataclass(frozen=True, slots=True)
class SetRecords:
    """The figures on each set; None where the data holds no such set."""

    train: SetRecord
    validation: SetRecord | None = None
    test: SetRecord | None = None


@dataclass(frozen=True, slots=True)
class RobustRecord:
    """What was shown of perturbed training samples. ``kept``: samples whose first-layer pattern is the same over their whole
    set; ``certified``: those of them that are right."""

    sense: Literal["static", "soft", "adaptive"]
    kept: int
    certified: int


@dataclass(frozen=True, slots=True)
class Recomputable:
    """What anybody can recompute from the file and the data. ``margins``: smallest distance from 0 on the training samples by
    layer name, as `evaluate.smallest_margins` defines it, linear layers left out. ``errors``: None for regression.
    ``constraints``: the constraints and monotone statements, all of which the network keeps. With a `robust` block loss,
    objective and errors are worst cases, ``nominal_errors`` are not, and ``robust`` says more."""

    loss: Fraction
    objective: Fraction
    errors: int | None
    margins: Mapping[str, Fraction]
    constraints: int = 0
    nominal_errors: int | None = None
    robust: RobustRecord | None = None


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


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """How one network of an ensemble was found and how good it is on the points of its two classes. ``training``: method,
    solver, seed and options are those of the whole, and stand there in the file. ``margins``, ``constraints``: as in
    `Recomputable`."""

    training: TrainingRecord
    margins: Mapping[str, Fraction]
    constraints: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The whole document. In the file the network is spread over `inputs`, `layers` and `classes`; `sets` stands at the top
    level, beside `training`, with null for a set that the data does not have. ``spec``: the .bdnn file's text with the params
    used.

    Of an ensemble, `members` stands for `inputs` and `layers`, and ``members`` has a record for each of its networks. Its
    `loss`, its goals' values and their bounds are the sums over the members, a `margin` the smallest, `constraints` their
    number in all; `errors` are those of the votes.
    """

    network: Predictor
    target: Target
    dialect: Dialect
    source: DataSource
    training: TrainingRecord
    sets: SetRecords
    certificate: Certificate
    spec: str
    members: tuple[MemberRecord, ...] = ()


def text_sha256(text: str) -> str:
    """The SHA-256 of the text's UTF-8 bytes, in hex: the hash of a spec."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def relative_gap(objective: Fraction, bound: Fraction | None) -> Fraction | None:
    """|objective - bound| / max(1, |objective|), None where there is no bound."""
    return None if bound is None else abs(objective - bound) / max(Fraction(1), abs(objective))
