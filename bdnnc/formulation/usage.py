"""What is used at all: units with an outgoing connection (`units`), columns of the file that reach the first layer
(`features_used`).

z <= y for every connection of a unit; held exactly, y <= sum of its z too, and each z exact (see `connections`).
"""

from __future__ import annotations

import numpy as np

from bdnnc.formulation.builder import Builder, Expression, every
from bdnnc.formulation.connections import make_present
from bdnnc.formulation.parts import counted, has_rows
from bdnnc.ir.program import Index, Key, Summand, Variable
from bdnnc.language.quantities import FeaturesUsed, UnitsUsed


def express_units_used(builder: Builder, quantity: UnitsUsed, exactly: bool) -> Expression:
    """The number of units of a hidden layer with an outgoing connection. Exactly only on sets apart from 0."""
    layer = builder.problem.layers[quantity.layer]
    key = "y", layer.name
    return _used(builder, key, ("unit",), None, np.arange(layer.units), quantity.layer + 1, exactly)


def express_features_used(builder: Builder, quantity: FeaturesUsed, exactly: bool) -> Expression:
    """The number of columns of the file with a connection into the first layer."""
    columns, column_of_input = np.unique(np.array(builder.problem.columns, dtype=np.int64), return_inverse=True)
    return _used(builder, ("f", ""), ("column",), columns, column_of_input.ravel(), 0, exactly)


def _used(
    builder: Builder, key: Key, axes: tuple[str, ...], names: Index | None, group: Index, place: int, exactly: bool
) -> Expression:
    """How many groups of the inputs of layer ``place`` have a connection. Input j is of group group[j], which is called
    names[group[j]], or by its number."""
    layer = builder.problem.layers[place]
    make_present(builder, place, exactly)
    groups = int(group.max()) + 1
    certain_inputs = np.nonzero(layer.certain)[1]
    certain = np.bincount(group[certain_inputs], minlength=groups) > 0
    free_group = group[np.nonzero(layer.free)[1]]
    possible = certain | (np.bincount(free_group, minlength=groups) > 0)
    z = "z", layer.name
    if not builder.has(key):
        ends = certain.astype(np.float64), possible.astype(np.float64)
        builder.add(Variable(key[0], key[1], axes, *ends, True, builder.asking, *_naming(names, groups)))
        if len(free_group):
            _connect(builder, key, z, free_group, place)
    if exactly and not has_rows(builder, f"{key[0]}_idle", key[1]):
        _leave_idle(builder, builder.variables[key], z, free_group, np.flatnonzero(~certain[free_group]))
    return counted(key, groups, 1, 0)


def _connect(builder: Builder, key: Key, z: Key, group: Index, place: int) -> None:
    layer = builder.problem.layers[place]
    size = len(group)
    used = Summand(key, np.arange(size), group, np.full(size, -1.0))
    naming = builder.variables[z].naming
    note = "what has a connection is used"
    builder.relate(
        f"{key[0]}_used", layer.name, ("unit", "input"), naming, [every(z, size), used], builder.asking, note,
        upper=0.0, rows=size,
    )  # fmt: skip


def _leave_idle(builder: Builder, used: Variable, z: Key, group: Index, open_members: Index) -> None:
    """Rows for the groups that no constant weight uses; ``open_members`` are their connections."""
    rows, row = np.unique(group[open_members], return_inverse=True)
    if not len(rows):
        return
    names = rows if used.index is None else used.index[0][rows]
    summands = [
        Summand(used.key, np.arange(len(rows)), rows, np.ones(len(rows))),
        Summand(z, row.ravel(), open_members, np.full(len(open_members), -1.0)),
    ]
    note = "what has no connection is not used"
    builder.relate(
        f"{used.symbol}_idle", used.layer, used.axes, (names,), summands, used.statement, note, upper=0.0, rows=len(rows)
    )


def _naming(names: Index | None, groups: int) -> tuple[tuple[int, ...], None] | tuple[None, tuple[Index, ...]]:
    return ((groups,), None) if names is None else (None, (names,))
