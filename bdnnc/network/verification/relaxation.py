"""The convex hull of a region, as rows of a linear program.

delta_j = p_j - q_j with 0 <= p_j <= high_j and 0 <= q_j <= -low_j. `L1`: sum p_j + q_j <= radius. `AtMost`: sum p_j / high_j +
q_j / -low_j <= count, which is the hull of the set (the vertices of this polytope have at most one coordinate that is not at an
end, and count is an integer). `L2`: a ball, beside the rows. Steps are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.network.verification.region import Region, ends, is_binding, movable
from bdnnc.uncertainty.sets import L1, L2, AtMost, Moves, Polytope


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """Columns v with 0 <= v <= ``upper`` and ``matrix @ v <= side``; column c adds ``signs[c] v_c`` to delta of its input.
    ``balls``: inputs and radius of each `L2`."""

    inputs: tuple[int, ...]
    signs: tuple[int, ...]
    upper: tuple[Fraction, ...]
    matrix: tuple[tuple[Fraction, ...], ...]
    side: tuple[Fraction, ...]
    balls: tuple[tuple[tuple[int, ...], Fraction], ...]

    def delta(self, v: Sequence[Fraction], width: int) -> list[Fraction]:
        """The perturbation (inputs,) of values of the columns."""
        found = [Fraction(0)] * width
        for j, sign, value in zip(self.inputs, self.signs, v, strict=True):
            found[j] += sign * value
        return found


def relaxed(region: Region) -> Relaxation:
    """The hull of the region, counted from its offset."""
    columns: list[tuple[int, int, Fraction]] = []
    rows: list[tuple[dict[int, Fraction], Fraction]] = []
    balls: list[tuple[tuple[int, ...], Fraction]] = []
    for moves in region.moves:
        first = len(columns)
        box = ends(moves)
        for j in movable(moves):
            low, high = box[j]
            columns += [(j, sign, end) for sign, end in ((1, high), (-1, -low)) if end > 0]
        own = range(first, len(columns))
        rows += _coupling_rows(moves, columns, own)
        if isinstance(moves.coupling, L2):
            balls.append((moves.inputs, moves.coupling.radius))
        columns[first:] = [(moves.inputs[j], sign, end) for j, sign, end in columns[first:]]
    matrix = tuple(tuple(row.get(c, Fraction(0)) for c in range(len(columns))) for row, _ in rows)
    return Relaxation(
        inputs=tuple(j for j, _, _ in columns),
        signs=tuple(sign for _, sign, _ in columns),
        upper=tuple(end for _, _, end in columns),
        matrix=matrix,
        side=tuple(side for _, side in rows),
        balls=tuple(balls),
    )


def _coupling_rows(
    moves: Moves, columns: list[tuple[int, int, Fraction]], own: Sequence[int]
) -> list[tuple[dict[int, Fraction], Fraction]]:
    match moves.coupling:
        case L1(radius):
            step = moves.step if isinstance(moves.step, Fraction) else None
            return [({c: Fraction(1) for c in own}, radius // step * step if step else radius)]
        case AtMost(count) if is_binding(moves):
            return [({c: 1 / columns[c][2] for c in own}, Fraction(count))]
        case Polytope(matrix, side):
            return [({c: row[columns[c][0]] * columns[c][1] for c in own}, end) for row, end in zip(matrix, side, strict=True)]
        case _:
            return []
