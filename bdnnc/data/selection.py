"""Which rows are held out and which are trained on: the same ones on every machine.

Rows are ranked by SHA-256 of ``"{seed}:{row}"`` (row of the file, from 0 after the header), the digests compared byte by
byte; the first ones are chosen, and stay in the order of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from bdnnc.language.spec import Pick


def ranking(rows: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Positions into ``rows`` by ascending digest, shape (rows,)."""
    prefix = f"{seed}:"
    digests = [sha256(f"{prefix}{row}".encode()).digest() for row in rows.tolist()]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__), dtype=np.int64)


def quotas(sizes: Sequence[int], count: int) -> list[int]:
    """``count`` split in proportion to ``sizes`` by largest remainder, ties to the earlier class; count <= sum of sizes."""
    total = sum(sizes)
    shares = [count * size // total for size in sizes]
    remainders = [count * size % total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda code: (-remainders[code], code))
    for code in by_remainder[: count - sum(shares)]:
        shares[code] += 1
    return shares


def choose_rows(rows: NDArray[np.int64], y: NDArray[np.int64], classes: int, pick: Pick) -> NDArray[np.bool_]:
    """The mask of the chosen rows, shape (rows,); at most as many are asked for as there are (all, if no count is given)."""
    chosen = np.zeros(len(rows), dtype=np.bool_)
    if pick.count is None:
        return ~chosen
    order = ranking(rows, pick.seed)
    if not pick.stratified:
        chosen[order[: pick.count.value]] = True
        return chosen
    sizes = np.bincount(y, minlength=classes).tolist()
    for code, quota in enumerate(quotas(sizes, pick.count.value)):
        chosen[order[y[order] == code][:quota]] = True
    return chosen
