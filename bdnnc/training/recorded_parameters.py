"""Integer parameters of a search as JSON and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bdnnc.search.state import Parameters


def record_of_parameters(parameters: Parameters | None) -> Any:
    """Lists of lists of integers; None for none."""
    if parameters is None:
        return None
    parts = (parameters.weights, parameters.biases, parameters.scales)
    return [[table.tolist() for table in part] for part in parts]


def parameters_of_record(record: Any, shapes: Sequence[tuple[int, ...]]) -> Parameters | None:
    """The parameters of a record, of layers of these shapes (units, inputs). Raises ValueError where it is of others."""
    if record is None:
        return None
    weights, biases, scales = (tuple(np.array(table, dtype=np.int64) for table in part) for part in record)
    units = [(shape[0],) for shape in shapes]
    found = [[table.shape for table in part] for part in (weights, biases, scales)]
    if found != [list(shapes), units, units]:
        raise ValueError("parameters of another network")
    return Parameters(weights, biases, scales)
