"""The hot loop compiled by numba: the same sums in the same order as `numpy_kernel`, hence the same networks."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.search.kernels import Candidates, Kernel
from bdnnc.search.thresholds import Window

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@cache
def compiled_kernel() -> Kernel:
    """The kernel. Raises ImportError where numba is not installed."""
    compiled = _compiled()

    def kernel(sums: Integers, below: Integers, extra: Floats, candidates: Candidates, window: Window) -> Floats:
        found = np.zeros((len(extra), len(candidates), window.count + 1))
        compiled(
            sums, below, extra, candidates.first, candidates.by, candidates.second, candidates.by_second,
            window.first - window.step, window.step, window.count, found,
        )  # fmt: skip
        return found[:, :, 1:]

    return kernel


@cache
def _compiled() -> Any:
    import numba

    @numba.njit(cache=False, nogil=True)
    def histograms(sums, below, extra, first, by, second, by_second, origin, step, count, found):  # type: ignore[no-untyped-def]
        forms, patterns = extra.shape
        for c in range(len(first)):
            one, two = below[first[c]], below[second[c]]
            plus, plus_two = by[c], by_second[c]
            for p in range(patterns):
                above = sums[p] + plus * one[p] - origin
                if plus_two != 0:
                    above += plus_two * two[p]
                if above <= 0:
                    continue
                place = above if step == 1 else above // step
                if place > count:
                    place = count
                for f in range(forms):
                    found[f, c, place] += extra[f, p]
            for f in range(forms):
                for place in range(count - 1, 0, -1):
                    found[f, c, place] += found[f, c, place + 1]

    return histograms
