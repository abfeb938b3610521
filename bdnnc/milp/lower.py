# pyright: reportMissingTypeStubs=false
"""`Program -> MilpModel`: columns block by block, rows family by family, big-M last."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.ir.program import Clause, Cover, Key, Link, Product, Program, Variable
from bdnnc.milp.bigm import implication_rows
from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names
from bdnnc.milp.rows import Floats, Index, RaggedBlock, RowBlock, assemble, one_column


def lower(program: Program) -> MilpModel:
    """The matrix of a program. The last column is ``one``, fixed at 1, and carries the objective's constant."""
    start = _column_starts(program.variables)
    total = sum(variable.size for variable in program.variables)
    blocks = list(_row_blocks(program, start))
    indptr, indices, data, row_lower, row_upper = assemble(blocks, total + 1)
    return MilpModel(
        name=program.name,
        A=_matrix(indptr, indices, data, total + 1, any(block.has_zeros for block in blocks)),
        row_lower=row_lower,
        row_upper=row_upper,
        c=_costs(program, start, total),
        lower=np.concatenate([*(variable.lower for variable in program.variables), [1.0]]),
        upper=np.concatenate([*(variable.upper for variable in program.variables), [1.0]]),
        integrality=_integrality(program.variables),
        row_families=_row_families(blocks),
        column_families=_column_families(program, start, total),
        column_names=Names([*(_column_names(variable) for variable in program.variables), NameBlock("one")]),
        row_names=Names([block.names for block in blocks]),
        objective_step=program.objective_step,
        objective_offset=program.objective_offset,
    )


def column_slices(model: MilpModel) -> dict[Key, slice]:
    """Where each block of variables stands among the columns."""
    return {(family.symbol, family.layer): slice(family.start, family.stop) for family in model.column_families}


def _matrix(
    indptr: Index, indices: np.ndarray[tuple[int], np.dtype[np.int32]], data: Floats, columns: int, has_zeros: bool
) -> object:
    from scipy.sparse import csr_matrix

    pointers = indptr.astype(np.int32) if indptr[-1] < 2**31 else indptr
    matrix = csr_matrix((data, indices, pointers), shape=(len(indptr) - 1, columns), copy=False)
    if has_zeros:
        matrix.eliminate_zeros()
    return matrix


def _column_starts(variables: Iterable[Variable]) -> dict[Key, int]:
    starts: dict[Key, int] = {}
    place = 0
    for variable in variables:
        starts[variable.key] = place
        place += variable.size
    return starts


def _costs(program: Program, start: dict[Key, int], total: int) -> Floats:
    c = np.zeros(total + 1)
    for cost in program.costs:
        c[start[cost.block] : start[cost.block] + len(cost.coefficient)] += cost.coefficient
    c[total] = program.constant
    return c


def _integrality(variables: Iterable[Variable]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.concatenate([*(np.full(v.size, v.integral, dtype=np.uint8) for v in variables), np.zeros(1, dtype=np.uint8)])


def _column_names(variable: Variable) -> NameBlock:
    return NameBlock(variable.symbol, variable.layer, variable.naming)


def _row_blocks(program: Program, start: dict[Key, int]) -> Iterable[RowBlock | RaggedBlock]:
    preactivations = {a.layer: a for a in program.preactivations}
    for link in program.links:
        yield from _link_rows(link, program, start)
    for product in program.products:
        yield from _product_rows(product, program, start)
    for rule in program.implications:
        if len(rule.literal):
            yield implication_rows(rule, preactivations[rule.layer], program, start)
    for cover in program.covers:
        if len(cover.demand):
            yield _cover_rows(cover, start)
    if program.clauses:
        yield _clause_rows(program.clauses, start)


def _link_rows(link: Link, program: Program, start: dict[Key, int]) -> Iterable[RaggedBlock]:
    """``w - sum value * digit = origin``, and, where one digit is chosen, their sum equal to 1."""
    targets = len(link.origin)
    every = np.arange(targets)
    symbol, layer = link.target
    names = _variable(program, link.target).naming
    axes = _variable(program, link.target).axes
    row = np.concatenate([every, link.owner])
    columns = np.concatenate([start[link.target] + every, start[link.digit] + np.arange(len(link.owner))])
    values = np.concatenate([np.ones(targets), -link.value])
    yield RaggedBlock(
        "link", layer, link.statement, targets, row, columns, values, link.origin, link.origin,
        NameBlock(f"is_{symbol}", layer, names), axes, "a parameter of a finite set is the sum of its digits",
    )  # fmt: skip
    if link.choose_one:
        ones = np.ones(targets)
        yield RaggedBlock(
            "choice", layer, link.statement, targets, link.owner, columns[targets:], np.ones(len(link.owner)), ones, ones,
            NameBlock(f"one_{symbol}", layer, names), axes, "exactly one member of the set is chosen",
        )  # fmt: skip


def _variable(program: Program, key: Key) -> Variable:
    variable = program.variable(*key)
    if variable is None:
        raise InternalError(f"no block {key}")
    return variable


def _product_rows(product: Product, program: Program, start: dict[Key, int]) -> Iterable[RowBlock]:
    """s = w u for w in [L, U] and binary u: s <= U u, s >= L u, s <= w - L (1 - u), s >= w - U (1 - u)."""
    entries = len(product.entry_input)
    rows = program.patterns * entries
    below = _variable(program, ("u", product.inputs))
    units_below = below.size // program.patterns
    s = start[("s", product.layer)] + np.arange(rows)
    w = start[("w", product.layer)] + np.tile(np.arange(entries), program.patterns)
    u = start[("u", product.inputs)] + np.repeat(np.arange(program.patterns) * units_below, entries)
    u = u + np.tile(product.entry_input, program.patterns)
    low, high, infinite = product.lower, product.upper, np.full(rows, np.inf)
    index = _variable(program, ("s", product.layer)).naming
    pieces = one_column(s, 1.0), one_column(w, -1.0)
    forms = (
        ("cap", pieces[:1], -high, -infinite, np.zeros(rows), "s <= U u"),
        ("floor", pieces[:1], -low, np.zeros(rows), infinite, "s >= L u"),
        ("under", pieces, -low, -infinite, np.full(rows, -low), "s <= w - L (1 - u)"),
        ("over", pieces, -high, np.full(rows, -high), infinite, "s >= w - U (1 - u)"),
    )
    for kind, parts, coefficient, lower_side, upper_side, note in forms:
        yield RowBlock(
            kind, product.layer, product.statement, (rows,), [*parts, one_column(u, coefficient)], lower_side, upper_side,
            NameBlock(kind, product.layer, index), ("sample", "unit", "input"), note,
        )  # fmt: skip


def _cover_rows(cover: Cover, start: dict[Key, int]) -> RaggedBlock:
    symbol, layer = cover.block
    rows = len(cover.demand)
    return RaggedBlock(
        "cover", layer, cover.statement, rows, cover.group, start[cover.block] + cover.member, np.ones(len(cover.member)),
        cover.demand, np.full(rows, np.inf), NameBlock(f"some_{symbol}", layer, (cover.pattern,)), ("sample",),
        "a pattern can be right for one of its classes at most",
    )  # fmt: skip


def _clause_rows(clauses: tuple[Clause, ...], start: dict[Key, int]) -> RaggedBlock:
    """A clause with n literals that are 1: sum of zeros - sum of ones >= 1 - n."""
    row: list[Index] = []
    columns: list[Index] = []
    values: list[Floats] = []
    lower = np.empty(len(clauses))
    for place, clause in enumerate(clauses):
        lower[place] = 1.0 - sum(len(members) for _, members in clause.ones)
        for literals, value in ((clause.ones, -1.0), (clause.zeros, 1.0)):
            for key, members in literals:
                row.append(np.full(len(members), place))
                columns.append(start[key] + members)
                values.append(np.full(len(members), value))
    return RaggedBlock(
        "conflict", "", 0, len(clauses), np.concatenate(row), np.concatenate(columns), np.concatenate(values), lower,
        np.full(len(clauses), np.inf), NameBlock("conflict", "", (len(clauses),)), ("conflict",),
        "activations that no network of the class has together, learnt from a rejected solution",
    )  # fmt: skip


def _row_families(blocks: list[RowBlock | RaggedBlock]) -> tuple[RowFamily, ...]:
    families: list[RowFamily] = []
    place = 0
    for block in blocks:
        families.append(RowFamily(block.kind, block.layer, block.statement, place, place + block.rows, block.note, block.axes))
        place += block.rows
    return tuple(families)


def _column_families(program: Program, start: dict[Key, int], total: int) -> tuple[ColumnFamily, ...]:
    families = [
        ColumnFamily(v.symbol, v.layer, v.axes, v.statement, start[v.key], start[v.key] + v.size, MEANINGS.get(v.symbol, ""))
        for v in program.variables
    ]
    return (*families, ColumnFamily("one", "", (), program.goal_statement, total, total + 1, "the constant 1"))


MEANINGS = {
    "w": "weight",
    "q": "digit of a weight",
    "b": "bias",
    "r": "digit of a bias",
    "s": "weight times the binary below",
    "u": "1 where the unit is active",
    "e": "1 where the samples of the class count as errors",
}
