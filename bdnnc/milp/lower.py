# pyright: reportMissingTypeStubs=false
"""`Program -> MilpModel`: columns block by block, rows family by family, big-M last."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from bdnnc.diagnostics import InternalError
from bdnnc.ir.program import Clause, Implication, Key, Link, Product, Program, Rows, Variable
from bdnnc.milp.bigm import block_of, implication_rows
from bdnnc.milp.model import ColumnFamily, MilpModel, RowFamily
from bdnnc.milp.names import NameBlock, Names
from bdnnc.milp.rows import Floats, Index, RaggedBlock, RowBlock, assemble, one_column


def lower(program: Program) -> MilpModel:
    """The matrix of a program. The last column is ``one``, fixed at 1, and carries the objective's constant."""
    from scipy.sparse import csr_matrix

    start = _column_starts(program.variables)
    total = sum(variable.size for variable in program.variables)
    blocks = list(_row_blocks(program, start))
    indptr, indices, data, row_lower, row_upper = assemble(blocks)
    return MilpModel(
        name=program.name,
        A=csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, total + 1), copy=False),
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
        if rule.size:
            yield implication_rows(rule, preactivations[rule.layer], program, start)
    for family in program.rows:
        if len(family.lower):
            yield _plain_rows(family, start)
    if program.clauses:
        yield _clause_rows(program.clauses, start)


def implication_slices(program: Program, model: MilpModel) -> list[tuple[Implication, slice]]:
    """Each implication family that has rows, with where they stand in the model of the program."""
    rules = [rule for rule in program.implications if rule.size]
    first = 4 * len(program.products) + sum(2 if link.choose_one or link.present is not None else 1 for link in program.links)
    families = model.row_families[first : first + len(rules)]
    if [family.kind for family in families] != [rule.kind for rule in rules]:
        raise InternalError("the rows of implications are not where they were")
    return [(rule, slice(family.start, family.stop)) for rule, family in zip(rules, families, strict=True)]


def _link_rows(link: Link, program: Program, start: dict[Key, int]) -> Iterable[RaggedBlock]:
    """``w - sum value * digit = origin`` (times its presence), and, where one digit is chosen, their sum equal to 1 (to the
    presence); where digits are not chosen but may be absent, each is at most its largest value times the presence."""
    targets, digits = len(link.origin), len(link.owner)
    every = np.arange(targets)
    symbol, layer = link.target
    target = block_of(program, link.target)
    names, axes = target.naming, target.axes
    owner = start[link.digit] + np.arange(digits)
    row, columns = np.concatenate([every, link.owner]), np.concatenate([start[link.target] + every, owner])
    values, side = np.concatenate([np.ones(targets), -link.value]), link.origin
    if link.present is not None:
        presence = start[link.present] + every
        row, columns = np.concatenate([row, every]), np.concatenate([columns, presence])
        values, side = np.concatenate([values, -link.origin]), np.zeros(targets)
    yield RaggedBlock(
        "link", layer, link.statement, targets, row, columns, values, side, side,
        NameBlock(f"is_{symbol}", layer, names), axes, "a parameter of a finite set is the sum of its digits",
    )  # fmt: skip
    if link.choose_one:
        row, columns, values, side = link.owner, owner, np.ones(digits), np.ones(targets)
        if link.present is not None:
            row, columns = np.concatenate([row, every]), np.concatenate([columns, start[link.present] + every])
            values, side = np.concatenate([values, -np.ones(targets)]), np.zeros(targets)
        yield RaggedBlock(
            "choice", layer, link.statement, targets, row, columns, values, side, side,
            NameBlock(f"one_{symbol}", layer, names), axes, "exactly one member of the set is chosen",
        )  # fmt: skip
    elif link.present is not None:
        block = block_of(program, link.digit)
        within = np.arange(digits)
        yield RaggedBlock(
            "digit", layer, link.statement, digits, np.concatenate([within, within]),
            np.concatenate([owner, start[link.present] + link.owner]), np.concatenate([np.ones(digits), -block.upper]),
            np.full(digits, -np.inf), np.zeros(digits), NameBlock(f"has_{link.digit[0]}", layer, block.naming), block.axes,
            "digits of an absent connection are 0",
        )  # fmt: skip


def _product_rows(product: Product, program: Program, start: dict[Key, int]) -> Iterable[RowBlock]:
    """s = w u for w in [L, U] and binary u: s <= U u, s >= L u, s <= w - L (1 - u), s >= w - U (1 - u)."""
    entries = len(product.entry_input)
    grid = program.patterns, entries
    rows = program.patterns * entries
    units_below = block_of(program, ("u", product.inputs)).size // program.patterns
    s = np.arange(start["s", product.layer], start["s", product.layer] + rows, dtype=np.int32).reshape(grid)
    w = start["w", product.layer] + np.arange(entries)
    first_below = start["u", product.inputs] + np.arange(program.patterns) * units_below
    u = first_below.astype(np.int32)[:, None] + product.entry_input.astype(np.int32)
    index = block_of(program, ("s", product.layer)).naming
    pieces = one_column(s, 1.0), one_column(w, -1.0)
    low, high, infinite = product.lower, product.upper, np.inf
    forms = (
        ("cap", pieces[:1], -high, -infinite, 0.0, "s <= U u"),
        ("floor", pieces[:1], -low, 0.0, infinite, "s >= L u"),
        ("under", pieces, -low, -infinite, -low, "s <= w - L (1 - u)"),
        ("over", pieces, -high, -high, infinite, "s >= w - U (1 - u)"),
    )
    for kind, parts, coefficient, lower_side, upper_side, note in forms:
        yield RowBlock(
            kind, product.layer, product.statement, grid, [*parts, one_column(u, coefficient)],
            np.broadcast_to(lower_side, rows), np.broadcast_to(upper_side, rows), NameBlock(kind, product.layer, index),
            ("sample", "unit", "input"), note,
        )  # fmt: skip


def _plain_rows(family: Rows, start: dict[Key, int]) -> RaggedBlock:
    """A family that is linear already; entries of the same row and column are added up."""
    parts = family.summands
    row = np.concatenate([part.row for part in parts]) if parts else np.zeros(0, dtype=np.int64)
    columns = np.concatenate([start[part.block] + part.member for part in parts]) if parts else row
    values = np.concatenate([part.value for part in parts]) if parts else np.zeros(0)
    row, columns, values = _added_up(row, columns, values)
    return RaggedBlock(
        family.kind, family.layer, family.statement, len(family.lower), row, columns, values, family.lower, family.upper,
        NameBlock(family.kind, family.layer, family.naming), family.axes, family.note,
    )  # fmt: skip


def _added_up(row: Index, columns: Index, values: Floats) -> tuple[Index, Index, Floats]:
    """The entries with those of one place added up."""
    order = np.lexsort((columns, row))
    row, columns, values = row[order], columns[order], values[order]
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (columns[1:] != columns[:-1])
    if first.all():
        return row, columns, values
    return row[first], columns[first], np.add.reduceat(values, np.flatnonzero(first))


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
        families.append(
            RowFamily(
                block.kind, block.layer, block.statement, place, place + block.rows, block.note, block.axes, _trigger(block)
            )
        )
        place += block.rows
    return tuple(families)


def _trigger(block: RowBlock | RaggedBlock) -> str:
    return block.trigger if isinstance(block, RowBlock) else ""


def _column_families(program: Program, start: dict[Key, int], total: int) -> tuple[ColumnFamily, ...]:
    families = [
        ColumnFamily(v.symbol, v.layer, v.axes, v.statement, start[v.key], start[v.key] + v.size, _meaning(v.symbol))
        for v in program.variables
    ]
    return (*families, ColumnFamily("one", "", (), program.goal_statement, total, total + 1, "the constant 1"))


def _meaning(symbol: str) -> str:
    """In words; a number at the end of a symbol counts statements."""
    return MEANINGS.get(symbol.rstrip("0123456789"), "")


MEANINGS = {
    "w": "weight",
    "q": "digit of a weight",
    "b": "bias",
    "r": "digit of a bias",
    "g": "scale of a unit's weights",
    "p": "share of a member in the scale",
    "z": "1 where the connection is present",
    "zb": "1 where the bias is not 0",
    "s": "weight times the binary below",
    "u": "1 where the unit is active",
    "c": "1 where the samples of the class are wrong, or change their pattern",
    "e": "1 where the samples of the class count as errors",
    "o": "1 where another score is at least as large",
    "d": "what the sample costs",
    "t": "the margin",
    "tp": "the margin of the points as they are",
    "tu": "the margin of the unit",
    "n": "magnitude of a weight",
    "nb": "magnitude of a bias",
    "v": "1 where the weight is not negative",
    "vb": "1 where the bias is not negative",
    "m": "largest magnitude of the weights",
    "mb": "largest magnitude of the biases",
    "k": "1 at the weight of the largest magnitude",
    "kb": "1 at the bias of the largest magnitude",
    "h": "1 at the value of the weight",
    "hb": "1 at the value of the bias",
    "y": "1 where the unit has an outgoing connection",
    "f": "1 where the column of the file is used",
    "up": "1 where a path from the monotone inputs has a positive product",
    "down": "1 where a path from the monotone inputs has a negative product",
    "fall": "how far the sum can fall within its set",
    "rise": "how far the sum can rise within its set",
    "dp": "what the sample costs as it is",
    "wd": "how much larger a weight is than that of another unit",
    "wp": "positive part of a weight",
    "wn": "negative part of a weight",
    "tw": "largest magnitude of the unit's weights",
    **{
        f"{symbol}{way}": f"{meaning}, of a {word}"
        for way, word in (("f", "fall"), ("r", "rise"))
        for symbol, meaning in (
            ("t", "what the limit of the set is worth"),
            ("p", "what the input gains beyond it"),
            ("a", "what the upper end of the input's box is worth"),
            ("b", "what the lower end of the input's box is worth"),
            ("m", "multiplier of a row of the polytope"),
            ("v", "part of the weight that the ball pays for"),
        )
    },
    **{
        f"{symbol}{of}": meaning
        for of in ("u", "f", "r")
        for symbol, meaning in (
            ("h", "magnitude of a component"),
            ("o", "length of a pair"),
            ("x", "a pair turned, along its first axis"),
            ("y", "a pair turned, along its second axis"),
        )
    },
}
