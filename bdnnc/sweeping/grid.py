"""The points of a sweep: every combination of the values of its params."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.language.swept import MOST_VALUES, SweptValue


@dataclass(frozen=True, slots=True)
class Grid:
    """``axes``: the values of each param. Without axes there is one point, the file as it stands."""

    axes: Mapping[str, tuple[SweptValue, ...]]

    @staticmethod
    def of(axes: Mapping[str, tuple[SweptValue, ...]]) -> Grid:
        """Raises UserError E680 where there are more than 10,000 points."""
        size = prod(len(values) for values in axes.values())
        if size > MOST_VALUES:
            factors = " x ".join(f"{len(values):,} of `{name}`" for name, values in axes.items())
            help = f"a sweep has at most {MOST_VALUES:,} points; list the values that matter, `[10, 100, 1000]`"
            raise UserError(Diagnostic("E680", f"the sweep would have {size:,} points: {factors}", help=help))
        return Grid(axes)

    @property
    def points(self) -> tuple[dict[str, SweptValue], ...]:
        """In the order of the params, the last one changing fastest."""
        return tuple(dict(zip(self.axes, values, strict=True)) for values in itertools.product(*self.axes.values()))

    @property
    def swept(self) -> tuple[str, ...]:
        """The params with more than one value."""
        return tuple(name for name, values in self.axes.items() if len(values) > 1)
