"""What a checked file says, in numbers: the input of the data room (`DataSpec`) and of the formulation (`ModelSpec`).

Every value that a later room may have to complain about comes with the span that it was read from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from bdnnc.diagnostics import Span
from bdnnc.language.quantities import Constraint, Goal, Monotone

if TYPE_CHECKING:
    from bdnnc.language.robustness import Robustness

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Located(Generic[T]):
    """A value and the span that it was written at."""

    value: T
    span: Span


# --- data -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file: ``path`` is resolved against the folder of the spec; ``text`` is as written."""

    path: Path
    text: str
    span: Span
    delimiter: Located[str] | None = None
    header: Located[bool] | None = None


@dataclass(frozen=True, slots=True)
class BuiltinSource:
    """``library(name)``, e.g. sklearn("iris"). ``span`` covers the whole call, ``name_span`` the string."""

    library: str
    name: str
    span: Span
    name_span: Span


@dataclass(frozen=True, slots=True)
class Scale:
    """``a, b`` of minmax, ``t`` of binarize; None where the kind takes none. ``digits``: decimals to round to."""

    kind: Literal["none", "minmax", "standard", "binarize"] = "none"
    a: Fraction = Fraction(0)
    b: Fraction = Fraction(1)
    signed: bool = False
    digits: int | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice of ``count`` rows: by SHA-256 rank, stratified or not. ``count`` None means all."""

    count: Located[int] | None
    stratified: bool
    seed: int
    span: Span


@dataclass(frozen=True, slots=True)
class Hold:
    kind: Literal["test", "validation"]
    rows: Pick | FileSource
    span: Span


@dataclass(frozen=True, slots=True)
class Encode:
    """Columns (names or 0-based indices of the file) to be encoded; ``levels``: the k of `thermometer(k)`, None for one-hot."""

    columns: tuple[Located[str | int], ...]
    kind: Literal["onehot", "thermometer"]
    levels: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class DataSpec:
    """The ``data`` block. Columns are names or 0-based indices of the file; ``features`` None means all."""

    source: FileSource | BuiltinSource
    span: Span
    target: Located[str | int] | None = None
    features: tuple[Located[str | int], ...] | None = None
    scale: Scale = Scale()
    take: Pick | None = None
    keep: Located[tuple[Located[str | Fraction], ...]] | None = None
    holds: tuple[Hold, ...] = ()
    missing: Literal["drop", "error"] = "error"
    encodes: tuple[Encode, ...] = ()
    regression: bool = False
    """Whether the target is a number to be met (the loss is `absolute`), not a class."""
    keep_raw: bool = False
    """Whether the numbers before scaling are wanted too: a `robust` block speaks of them."""


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Training points that are equal but of different classes. ``unavoidable``: the least number of errors of any network, sum
    over patterns of N - max n_c; ``rows``: the file's rows (from 0 after the header) of points in such patterns."""

    unavoidable: int
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the data: ``samples`` before merging, first-layer inputs before powers, class labels (None if
    regression). ``input_columns``: the file's column (0-based) of each input; ``columns``: the names of the file's columns.
    ``conflicts``: None for regression; ``class_counts``: samples a class, empty where they are not known. ``whole``: all
    classes, where these are the facts of a pair of them; else empty. ``one_hot``: the places of one-hot inputs."""

    samples: int
    inputs: tuple[str, ...]
    classes: tuple[str, ...] | None
    span: Span
    """Where the data came from in the file, for secondary labels."""
    input_columns: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    conflicts: Conflicts | None = None
    class_counts: tuple[int, ...] = ()
    whole: tuple[str, ...] = ()
    one_hot: tuple[int, ...] = ()

    @property
    def every_class(self) -> tuple[str, ...]:
        """The classes that a file may name: all of the data, also in the network of a pair."""
        return self.whole or self.classes or ()


# --- model ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interval:
    """The real interval [lower, upper], lower <= upper."""

    lower: Fraction
    upper: Fraction


@dataclass(frozen=True, slots=True)
class FiniteSet:
    """A finite set of numbers, ascending and distinct, at least one."""

    values: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Bits:
    """`bits(k)`: the odd integers of -(2^k - 1)..2^k - 1, made of k variables -1/+1."""

    count: int


@dataclass(frozen=True, slots=True)
class ScaledSet:
    """`scaled {..} by [lower, upper]`: a finite set times one positive scale a unit."""

    base: FiniteSet
    lower: Fraction
    upper: Fraction


Domain = Interval | FiniteSet | Bits | ScaledSet


@dataclass(frozen=True, slots=True)
class ArrayFile:
    """An array to be read from a file by the posing room, which checks its shape."""

    path: Path
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Bias:
    """``auto``: domain chosen by the compiler; ``none``: always 0; ``in``: ``domain`` a unit; ``shared``: one for the layer;
    ``fixed``: read from ``file`` (array `bias`)."""

    kind: Literal["auto", "none", "in", "shared", "fixed"] = "auto"
    domain: Interval | FiniteSet | Bits | None = None
    span: Span | None = None
    file: ArrayFile | None = None


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer. ``weights`` is its domain, or a file of fixed weights; ``start``: a file of weights to start from; ``margin``
    None means chosen by the compiler; ``height``: the v of `step(v)`; ``powers``: the p of `powers p` (first layer), else 1."""

    name: str
    units: int
    unit: Literal["step", "sign", "linear"]
    weights: Domain | ArrayFile
    bias: Bias
    span: Span
    """The whole declaration, for rows that come from it."""
    name_span: Span
    units_span: Span
    weights_span: Span
    margin: Located[Fraction | Literal["exact"]] | None = None
    mask: ArrayFile | None = None
    start: ArrayFile | None = None
    height: Fraction = Fraction(1)
    powers: int = 1


@dataclass(frozen=True, slots=True)
class TrainSpec:
    """``method`` and its options by name (numbers as Fraction, words and strings as str)."""

    method: Located[str]
    options: Mapping[str, Located[Fraction | str]] = field(default_factory=dict[str, Located[Fraction | str]])
    solver_options: Mapping[str, Located[Fraction | str]] = field(default_factory=dict[str, Located[Fraction | str]])


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Network, goals and training of a file, checked against the data and with every constant a number."""

    layers: tuple[LayerSpec, ...]
    goals: tuple[Goal, ...]
    train: TrainSpec | None
    params: Mapping[str, Fraction | str]
    constraints: tuple[Constraint, ...] = ()
    monotone: tuple[Monotone, ...] = ()
    robust: Robustness | None = None
