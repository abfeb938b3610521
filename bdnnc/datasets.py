"""Data that are made instead of read, for examples and benchmarks that must run on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bdnnc.diagnostics import Diagnostic, UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_SEED = 2**32 - 1
"""The largest seed of a Mersenne twister."""


def uniform(inputs: int, samples: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The random data of the papers (Bah and Kurtz 2020): ``(X, y)``, X of shape (samples, inputs), y (samples,) of 0 and 1.

    Rows cycle: uniform on [0, 10]^inputs with label 1, uniform on [-10, 0]^inputs with label 0, uniform on [-1, 1]^inputs with
    the label of a fair coin. ``inputs``, ``samples`` >= 1, 0 <= ``seed`` < 2**32; the same seed gives the same data with every
    version of numpy (a Mersenne twister, whose stream is frozen), more samples of it the same first ones. Raises UserError E238
    for other arguments.

    >>> X, y = bdnnc.datasets.uniform(inputs=10, samples=300, seed=1)
    """
    import numpy as np

    columns, rows = _integer("inputs", inputs, 1), _integer("samples", samples, 1)
    source = np.random.RandomState(_integer("seed", seed, 0, MOST_SEED))
    kind = np.arange(rows) % 3
    lower = np.array([0.0, -10.0, -1.0])[kind]
    upper = np.array([10.0, 0.0, 1.0])[kind]
    drawn = source.random_sample((rows, columns + 1))
    X = lower[:, None] + (upper - lower)[:, None] * drawn[:, :-1]
    y = np.where(kind == 2, drawn[:, -1] < 0.5, kind == 0).astype(np.int64)
    return X, y


def write_uniform(path: str | Path, inputs: int, samples: int, seed: int = 0) -> None:
    """Write `uniform` data in the authors' own layout: no header, `;` between the cells, shortest decimals, the label (`0.0` or
    `1.0`) last. With 10 inputs a spec reads it with `from "FILE.csv" target 10`: columns count from 0.

    Raises UserError E238 as `uniform`, E612 where the file cannot be written.
    """
    import numpy as np

    X, y = uniform(inputs, samples, seed)
    try:
        np.savetxt(Path(path), np.column_stack([X, y]).astype(str), fmt="%s", delimiter=";", encoding="utf-8")
    except (OSError, ValueError) as problem:  # ValueError: a path with a NUL
        reason = getattr(problem, "strerror", None) or str(problem)
        help = "see that its folder exists and that you may write to it"
        raise UserError(Diagnostic("E612", f"`{path}` could not be written: {reason.lower()}", help=help)) from problem


def _integer(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The value, where it is an integer in the range; numpy's integers are, bools are not."""
    from numbers import Integral

    number = None if isinstance(value, bool) or not isinstance(value, Integral) else int(value)
    if number is None or number < least or (most is not None and number > most):
        wanted = f"an integer of at least {least}" if most is None else f"an integer from {least} to {most}"
        message = f"`{name}` is {wanted}, not `{value}`"
        raise UserError(Diagnostic("E238", message, help="for example `uniform(inputs=10, samples=300, seed=1)`"))
    return number
