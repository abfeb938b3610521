# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The model in the one form of the textbooks: A x <= b."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bdnnc.milp.model import Floats, MilpModel


def standard_form(model: MilpModel) -> tuple[Any, Floats, Floats, NDArray[np.uint8]]:
    """``A, b, c, integrality`` with min c x s.t. A x <= b, x[j] integral where integrality[j] == 1: the whole model.

    ``A`` is CSR. Its rows: the finite upper sides of the model's rows, their finite lower sides negated (an equation is thus
    two rows), then the columns' upper bounds and their lower bounds negated.
    """
    from scipy.sparse import csr_matrix, eye, vstack

    upper = np.flatnonzero(np.isfinite(model.row_upper))
    lower = np.flatnonzero(np.isfinite(model.row_lower))
    identity = eye(model.A.shape[1], format="csr")
    A = vstack([model.A[upper], -model.A[lower], identity, -identity], format="csr")
    b = np.concatenate([model.row_upper[upper], -model.row_lower[lower], model.upper, -model.lower])
    return csr_matrix(A), b, model.c, model.integrality
