"""Names of rows and columns: as many as there are members, and none twice. A name is the kind, the layer and the indices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.program import Index, Program

Naming = tuple[int, ...] | tuple[Index, ...]


def misnamed(name: str, axes: Sequence[str], naming: Naming, size: int) -> Iterator[str]:
    """What is wrong with the names of one family of ``size`` members."""
    if len(axes) != len(naming):
        yield f"{name} has the axes ({', '.join(axes)}) and {len(naming)} indices"
        return
    lengths = {len(place) for place in _arrays(naming)}
    if len(lengths) > 1:
        yield f"the indices of {name} have different lengths"
    elif naming_size(naming) != size:
        yield f"{name} has {size} members and {naming_size(naming)} names"
    if any(bool((place < 0).any()) if isinstance(place, np.ndarray) else place < 0 for place in naming):
        yield f"the indices of {name} are negative"


def naming_size(naming: Naming) -> int:
    """How many names a shape or index arrays stand for."""
    arrays = _arrays(naming)
    return len(arrays[0]) if arrays else int(np.prod([int(n) for n in naming if isinstance(n, int)], dtype=np.int64))


def collisions(program: Program) -> Iterator[str]:
    """Columns, and rows, that would be called the same."""
    columns = [(v.symbol, v.layer, v.naming) for v in program.variables]
    rows = [(family.kind, family.layer, family.naming) for family in (*program.implications, *program.rows)]
    for things, families in (("columns", columns), ("rows", rows)):
        together: dict[tuple[str, str, int], list[Naming]] = {}
        for symbol, layer, naming in families:
            together.setdefault((symbol, layer, len(naming)), []).append(naming)
        for (symbol, layer, _), namings in together.items():
            if _has_doubles(namings):
                yield f"two {things} have the same name, of `{symbol}[{layer}]`"


def _has_doubles(namings: list[Naming]) -> bool:
    if len(namings) == 1 and not _arrays(namings[0]):
        return False  # a grid has no doubles
    places = np.concatenate([_indices(naming) for naming in namings])
    if not places.size:
        return len(places) > 1  # names without an index
    lengths: list[int] = (places.max(axis=0) + 1).tolist()
    if prod(lengths) < 2**62:
        flat = np.sort(np.ravel_multi_index(tuple(places.T), tuple(lengths)))
        return bool((flat[1:] == flat[:-1]).any())
    return len(np.unique(places, axis=0)) != len(places)


def _indices(naming: Naming) -> NDArray[np.int64]:
    """The index vectors of the names, (names, axes)."""
    arrays = _arrays(naming)
    if arrays:
        return np.stack(arrays, axis=1)
    shape = tuple(length for length in naming if isinstance(length, int))
    return np.indices(shape, dtype=np.int64).reshape(len(shape), naming_size(naming)).T


def _arrays(naming: Naming) -> list[Index]:
    return [place for place in naming if isinstance(place, np.ndarray)]
