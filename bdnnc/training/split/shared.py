"""The shared model: the points of a set have one pattern of hidden activations, hence one output.

That is the program of `exact` under equations between its columns. Merged are all blocks that are counted by samples and take
part in what sets share: the activations u of hidden and output layers, the products s, the wrong points e, the beaten scores o
and the hinges d. What a regression's point costs is its own. The rows of the first layer remain, one a pattern, and read the
binary of the pattern's set; those of deeper layers are the same for all patterns of a set, and are kept once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bdnnc.ir.program import Program, Variable
from bdnnc.milp.merging import Merged, merged
from bdnnc.milp.model import MilpModel

Index = NDArray[np.int64]


def shared(model: MilpModel, program: Program, set_of: Index) -> Merged:
    """The model of a program with one activation pattern a set. ``set_of``: (patterns of the program,) any numbers."""
    return merged(model, shared_columns(program, set_of))


def shared_columns(program: Program, set_of: Index) -> Index:
    """(columns,) a label for each column of the program's model, `one` included: columns that have to be equal have one."""
    labels: list[Index] = []
    used = 0
    for variable in program.variables:
        own = _labels(variable, set_of)
        labels.append(own + used)
        used += int(own.max(initial=-1)) + 1
    return np.concatenate([*labels, np.array([used])]).astype(np.int64)


def _labels(variable: Variable, set_of: Index) -> Index:
    if variable.axes[:1] != ("sample",) or variable.axes == ("sample", "target"):
        return np.arange(variable.size)
    if variable.index is not None:
        pattern, *others = variable.index
    else:
        pattern, *others = np.unravel_index(np.arange(variable.size), variable.shape or ())
    place = set_of[pattern].astype(np.int64)
    for axis in others:
        place = place * (int(axis.max(initial=0)) + 1) + axis
    return place
