"""What the models of the compile benchmark share: the arrays that the yardstick makes, and the problem that bdnnc is given.

A model says its size, the problem, and how plain numpy makes the same arrays. Data are random six-digit decimals in (0, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bdnnc.exact import ExactMatrix
from bdnnc.ir.domains import ParameterDomain
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer, Statement, Targets
from bdnnc.language.quantities import Constraint, Goal, Loss, Term

Floats = NDArray[np.float64]
DIGITS = 6
EPS = 0.001
"""The declared margin of layers of step units."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """min c x, row_lower <= A x <= row_upper, lower <= x <= upper, integral columns; A in CSR."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: Floats
    row_lower: Floats
    row_upper: Floats
    c: Floats
    lower: Floats
    upper: Floats
    integrality: NDArray[np.uint8]


Int32s = NDArray[np.int32]


def blank(*shapes: tuple[int, ...]) -> tuple[Int32s, Int32s, Floats, list[tuple[Int32s, Floats]]]:
    """``(indptr, indices, values, families)``: the arrays of a CSR matrix, allocated once, and for each family of rows its part
    of ``indices`` and ``values`` in the family's shape, whose last length is the width of the rows."""
    sizes = [int(np.prod(shape)) for shape in shapes]
    ends = np.cumsum(sizes)
    indices, values = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1])
    counts = np.repeat([shape[-1] for shape in shapes], [size // shape[-1] for size, shape in zip(sizes, shapes, strict=True)])
    indptr = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=indptr[1:])
    families = [
        (indices[end - size : end].reshape(shape), values[end - size : end].reshape(shape))
        for end, size, shape in zip(ends.tolist(), sizes, shapes, strict=True)
    ]
    return indptr, indices, values, families


class Model(Protocol):
    """``nonzeros`` of its matrix; ``text`` says its sizes; ``problem()`` with its data in memory; ``blocks()``: the function
    that makes the arrays, with its floats in memory."""

    @property
    def nonzeros(self) -> int: ...

    @property
    def text(self) -> str: ...

    def problem(self) -> Problem: ...

    def blocks(self) -> Callable[[], Arrays]: ...


def numerators(m: int, N: int) -> NDArray[np.int64]:
    """The data times 10**DIGITS, shape (m, N)."""
    return np.random.default_rng(0).integers(1, 10**DIGITS, size=(m, N))


def one_class_each(m: int, classes: int) -> NDArray[np.int64]:
    """Counts of a sample a pattern, the classes in turn: (m, classes)."""
    counts = np.zeros((m, classes), dtype=np.int64)
    counts[np.arange(m), np.arange(m) % classes] = 1
    return counts


def layer(
    name: str,
    unit: str,
    units: int,
    inputs: int,
    domain: ParameterDomain,
    bias: ParameterDomain,
    *,
    margin: Fraction | None = None,
    present: NDArray[np.bool_] | None = None,
    statement: int = 0,
) -> ProblemLayer:
    """A layer of free weights; with ``present`` (units, inputs) a masked one whose connections may be absent."""
    free = np.ones((units, inputs), dtype=bool) if present is None else present
    constant = np.full((units, inputs), Fraction(0), dtype=object)
    return ProblemLayer(
        name, unit, units, inputs, domain, free, constant, ~free, BiasRule("in", bias), margin, statement,  # type: ignore[arg-type]
        sparse=present is not None,
    )  # fmt: skip


def problem(
    data: NDArray[np.int64],
    layers: Sequence[ProblemLayer],
    loss: str,
    counts: NDArray[np.int64],
    *,
    targets: Targets | None = None,
    constraints: Sequence[Constraint] = (),
) -> Problem:
    """Minimises the loss, every class with weight 1."""
    N = data.shape[1]
    classes = 0 if targets is not None else counts.shape[1]
    goal = Goal("minimize", (Term(Fraction(1), Loss(loss, weights=(Fraction(1),) * classes)),), Fraction(0), loss)  # type: ignore[arg-type]
    titles = [*(f"layer {item.name}" for item in layers), f"minimize {loss}", *(item.text for item in constraints)]
    return Problem(
        layers=tuple(layers),
        patterns=ExactMatrix(data, (10**DIGITS,) * N),
        counts=counts,
        classes=tuple(str(k) for k in range(classes)),
        inputs=tuple(f"x{j}" for j in range(N)),
        columns=tuple(range(N)),
        goals=(goal,),
        goal_statements=(len(layers),),
        statements=tuple(Statement(title, None) for title in titles),
        targets=targets,
        constraints=tuple(constraints),
        constraint_statements=tuple(len(layers) + 1 + place for place in range(len(constraints))),
    )
