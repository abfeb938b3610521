# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""A cutoff as a row: only points with at most this objective remain."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from bdnnc.milp.model import MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names


def with_cutoff(model: MilpModel, cutoff: Fraction) -> MilpModel:
    """The model with the row ``c x <= cutoff``."""
    from scipy.sparse import csr_matrix, vstack

    rows = model.A.shape[0]
    family = RowFamily("cutoff", "", 0, rows, rows + 1, "objective <= cutoff")
    return replace(
        model,
        A=vstack([model.A, csr_matrix(model.c)], format="csr"),
        row_lower=np.append(model.row_lower, -np.inf),
        row_upper=np.append(model.row_upper, float(cutoff)),
        row_families=(*model.row_families, family),
        row_names=Names([*Names.of(model.row_names).blocks, NameBlock("cutoff")]),
    )
