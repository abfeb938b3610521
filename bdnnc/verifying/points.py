"""The points of a verification: of one set or several, equal ones judged once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.dataset import Samples
from bdnnc.data.merging import merged
from bdnnc.exact import ExactMatrix, narrowed

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PointSet:
    """``name``: `train`, `validation`, `test`, or `data` for a file of its own."""

    name: str
    samples: Samples


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The points of all ``sets``, one after the other, and those of them that differ: ``distinct`` has the first of each kind,
    and point i is like number ``kind[i]`` of these. Points are alike where inputs and label are, and what is known of the
    numbers before scaling, from which a `raw` set is made."""

    sets: tuple[PointSet, ...]
    distinct: Samples
    kind: Integers

    @staticmethod
    def of(sets: Sequence[PointSet]) -> Points:
        """The sets have the same inputs, each at least one point."""
        whole = _chained([part.samples for part in sets])
        label = ExactMatrix(whole.y[:, np.newaxis], (1,))
        parts = [whole.X, label, *(() if whole.raw is None else (whole.raw,))]
        first, kind = merged(_beside(parts))
        return Points(tuple(sets), whole.at(first), kind)

    def sha256(self) -> str:
        """Of everything that a verdict depends on, and of which rows these are."""
        digest = hashlib.sha256()
        for part in self.sets:
            samples = part.samples
            digest.update(part.name.encode())
            for matrix in (samples.X, samples.raw):
                digest.update(b"none" if matrix is None else matrix_bytes(matrix))
            digest.update(samples.y.tobytes() + samples.rows.tobytes())
        return digest.hexdigest()


def matrix_bytes(matrix: ExactMatrix) -> bytes:
    """The same for equal numerators and denominators."""
    numerators = matrix.numerators
    content = repr(numerators.tolist()).encode() if numerators.dtype == object else np.ascontiguousarray(numerators).tobytes()
    return repr((matrix.shape, matrix.denominators)).encode() + content


def _chained(samples: Sequence[Samples]) -> Samples:
    raws = [part.raw for part in samples if part.raw is not None]
    return Samples(
        X=_stacked([part.X for part in samples]),
        y=np.concatenate([part.y for part in samples]),
        rows=np.concatenate([part.rows for part in samples]),
        raw=_stacked(raws) if len(raws) == len(samples) else None,
    )


def _stacked(matrices: Sequence[ExactMatrix]) -> ExactMatrix:
    """Rows of all, over denominators that suit all."""
    if len(matrices) == 1:
        return matrices[0]
    common = np.lcm.reduce([np.array(matrix.denominators, dtype=object) for matrix in matrices])
    rows = [matrix.numerators.astype(object) * (common // np.array(matrix.denominators, dtype=object)) for matrix in matrices]
    return ExactMatrix(narrowed(np.concatenate(rows)), tuple(int(value) for value in common))


def _beside(matrices: Sequence[ExactMatrix]) -> ExactMatrix:
    wide = any(matrix.numerators.dtype == object for matrix in matrices)
    columns = [matrix.numerators.astype(object) if wide else matrix.numerators for matrix in matrices]
    return ExactMatrix(np.concatenate(columns, axis=1), tuple(d for matrix in matrices for d in matrix.denominators))
