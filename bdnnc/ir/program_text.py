"""The program as text: a line a family, each ending with the id of the statement that it came from.

``var w[hidden; unit 2, input 4] in [-1, 1]`` stands for eight variables. Arrays that do not fit into their line stand at the
end (`bdnnc.ir.array_text`). The same program gives the same text, and `bdnnc.ir.program_parse` reads it back, but for the spans
of the statements.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import numpy as np

from bdnnc.ir.array_text import Pool, number
from bdnnc.ir.program import (
    Clause,
    Floats,
    Implication,
    Index,
    Key,
    LayerClass,
    Link,
    PreActivation,
    Premise,
    Product,
    Program,
    Rows,
    Summand,
    Variable,
)

STATEMENT_COLUMN = 110
BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)
"""Words that need no quotes."""


def program_text(program: Program) -> str:
    """Statements, classes of networks, variables, equations, implications, rows, the goal, and long arrays, in this order."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: Program) -> Iterator[str]:
    pool = Pool()
    sizes = {variable.key: variable.size for variable in program.variables}
    definitions = {found.layer: found for found in program.preactivations}
    yield f"program {_word(program.name)}, {program.patterns} {'pattern' if program.patterns == 1 else 'patterns'}"
    yield from (_at(f"from {_quoted(s.title)}", place) for place, s in enumerate(program.statements))
    yield from map(_class, program.classes)
    yield from (_at(_variable(v, pool), v.statement) for v in program.variables)
    yield from (_at(_link(link, sizes, pool), link.statement) for link in program.links)
    yield from (_at(_definition(d, program, definitions, pool), d.statement) for d in program.preactivations)
    yield from (_at(_product(p, definitions.get(p.layer), pool), p.statement) for p in program.products)
    yield from (_at(_implication(i, program, definitions.get(i.layer), sizes, pool), i.statement) for i in program.implications)
    yield from (_at(_rows(rows, sizes, pool), rows.statement) for rows in program.rows)
    yield from (_clause(clause, pool) for clause in program.clauses)
    yield _at(_goal(program, sizes, pool), program.goal_statement)
    yield from pool.section()


def _class(found: LayerClass) -> str:
    reason = f", because {_quoted(found.reason)}" if found.reason and found.kind not in {"declared", "published"} else ""
    margin, bias, tolerance = _margin(found), _word(found.bias), number(found.tolerance)
    return f"class {_word(found.layer)}: margin {margin}, bias {bias}, tolerance {tolerance}{reason}"


def _margin(found: LayerClass) -> str:
    """``exact 1``, ``declared 0.5``, ``none``; ``chosen none`` for the odd class that is not exact without one."""
    if found.kind == "none":
        return "none" if found.exact else "chosen none"
    return f"{found.kind} {_word(found.margin)}"


def _variable(variable: Variable, pool: Pool) -> str:
    within = bool((variable.lower >= 0).all() and (variable.upper <= 1).all())
    word = "bin " if variable.integral and within else "int " if variable.integral else "var "
    lower, upper = pool.vector(variable.lower, variable.size), pool.vector(variable.upper, variable.size)
    bounds = "" if word == "bin " and (lower, upper) == ("0", "1") else f" in [{lower}, {upper}]"
    fixed = int((variable.lower == variable.upper).sum())
    more = f", {fixed} fixed" if fixed else ""
    return f"{word} {_family(variable.symbol, variable.layer, variable.axes, variable.naming, pool)}{bounds}{more}"


def _link(link: Link, sizes: dict[Key, int], pool: Pool) -> str:
    present = "" if link.present is None else f" * {_key(link.present)}"
    digits = len(link.value)
    owner = "" if _is_counted(link.owner, digits) else f" to {pool.vector(link.owner, digits)}"
    one = f", summing to {'1' if link.present is None else _key(link.present)}" if link.choose_one else ""
    origin, value = pool.vector(link.origin, sizes.get(link.target)), pool.vector(link.value, sizes.get(link.digit))
    return f"link {_key(link.target)} = {origin}{present} + sum({value} * {_key(link.digit)}{owner}){one}"


def _definition(found: PreActivation, program: Program, definitions: dict[str, PreActivation], pool: Pool) -> str:
    layer = _word(found.layer)
    natural = (1 if found.X is None else program.patterns), found.units
    terms = _products(found, definitions, pool) if found.X is None else [_data(found, found.X, pool)]
    if found.bias != "none":
        terms.append(f"b[{layer}; unit]" if found.bias == "unit" else f"b[{layer}]")
    if found.offset.shape[0] != 1 or not _is_zero(found.offset):
        terms.append(pool.matrix(found.offset, natural))
    low, high = pool.matrix(found.low, natural), pool.matrix(found.high, natural)
    below = "" if found.below is None else f" of u[{_word(found.below)}]"
    return f"def  a[{layer}; unit {found.units}]{below} = {' + '.join(terms)} in [{low}, {high}]"


def _data(found: PreActivation, X: Floats, pool: Pool) -> str:
    return f"X {pool.matrix(X)} . w[{_word(found.layer)}; {_entries(found, int(X.shape[1]), pool)}]"


def _products(found: PreActivation, definitions: dict[str, PreActivation], pool: Pool) -> list[str]:
    """``sum(slope * s[..] + shift * w[..])``, and what fixed weights make of the binaries below."""
    products = f"s[{_word(found.layer)}; {_entries(found, int(found.fixed.shape[1]), pool)}]"
    if (number(found.slope), number(found.shift)) != ("1", "0"):
        products = f"{number(found.slope)} * {products} + {number(found.shift)} * w[{_word(found.layer)}]"
    below = definitions.get(found.below or "")
    if below is not None and found.fixed.shape == (found.units, below.units) and _is_zero(found.fixed):
        return [f"sum({products})"]
    return [f"sum({products})", f"F {pool.matrix(found.fixed)} . u[{_word(found.below or '')}]"]


def _is_zero(values: Floats) -> bool:
    return not bool(values.any() or np.signbit(values).any())


def _entries(found: PreActivation, inputs: int, pool: Pool) -> str:
    """``unit, input`` where every weight is free, else those that are."""
    if is_grid(found.entry_unit, found.entry_input, found.units, inputs):
        return "unit, input"
    return f"unit at {pool.vector(found.entry_unit)}, input at {pool.vector(found.entry_input)}"


def _product(product: Product, found: PreActivation | None, pool: Pool) -> str:
    layer, below = _word(product.layer), _word(product.inputs)
    like = found is not None and np.array_equal(product.entry_input, found.entry_input)
    inputs = "" if like else f" at {pool.vector(product.entry_input)}"
    lower, upper = number(product.lower), number(product.upper)
    return f"prod s[{layer}; input{inputs}] = w[{layer}] * u[{below}; input], w in [{lower}, {upper}]"


def _implication(rule: Implication, program: Program, found: PreActivation | None, sizes: dict[Key, int], pool: Pool) -> str:
    head = _family(rule.kind, rule.layer, rule.axes, rule.naming, pool)
    size, layer = rule.size, _word(rule.layer)
    premise = ""
    if rule.trigger is not None:
        premises = [Premise(rule.trigger, rule.value, rule.literal), *(() if rule.also is None else (rule.also,))]
        premise = " and ".join(_premise(part, size, pool) for part in premises) + " => "
    grid = found is not None and is_grid(rule.pattern, rule.unit, program.patterns, found.units)
    where = "" if grid else f"; {pool.vector(rule.pattern, size)}, {pool.vector(rule.unit, size)}"
    other = "" if rule.other is None else f" - a[{layer}; {pool.vector(rule.other, size)}]"
    more = "".join(f" + {_summand(s, sizes, pool)}" for s in rule.summands)
    threshold = pool.vector(rule.threshold, size)
    return f"imp  {head}: {premise}a[{layer}{where}]{other}{more} {rule.sense} {threshold}"


def _premise(premise: Premise, size: int, pool: Pool) -> str:
    literal = "" if _is_counted(premise.literal, size) else f"; {pool.vector(premise.literal, size)}"
    return f"{_key(premise.block, literal)} = {premise.value}"


def _rows(rows: Rows, sizes: dict[Key, int], pool: Pool) -> str:
    size = len(rows.lower)
    inside = " + ".join(_summand(s, sizes, pool) for s in rows.summands) or "sum()"
    lower, upper = pool.vector(rows.lower, size), pool.vector(rows.upper, size)
    if lower == upper:
        text = f"{inside} == {lower}"
    elif lower == "-inf":
        text = f"{inside} <= {upper}"
    else:
        text = f"{inside} >= {lower}" if upper == "inf" else f"{lower} <= {inside} <= {upper}"
    return f"row  {_family(rows.kind, rows.layer, rows.axes, rows.naming, pool)}: {text}, {_quoted(rows.note)}"


def _summand(summand: Summand, sizes: dict[Key, int], pool: Pool) -> str:
    count = len(summand.member)
    whole = _is_counted(summand.member, count) and sizes.get(summand.block) == count
    member = "" if whole else f"; {pool.vector(summand.member)}"
    term = f"{pool.vector(summand.value, count)} * {_key(summand.block, member)}"
    return term if _is_counted(summand.row, count) else f"sum({term} to {pool.vector(summand.row, count)})"


def _clause(clause: Clause, pool: Pool) -> str:
    groups = (*((key, members, 1) for key, members in clause.ones), *((key, members, 0) for key, members in clause.zeros))
    literals = (f"{_key(key, '; ' + pool.vector(members))} = {value}" for key, members, value in groups)
    return f"not  {' and '.join(literals)}"


def _goal(program: Program, sizes: dict[Key, int], pool: Pool) -> str:
    costs = [f"sum({pool.vector(c.coefficient, sizes.get(c.block))} * {_key(c.block)})" for c in program.costs]
    total = " + ".join([*costs, number(program.constant)])
    goal = f"minimize {total}" if program.sense == "minimize" else f"maximize -({total})"
    lattice = f"in {number(program.objective_offset)} + {number(program.objective_step)} Z"
    return f"{goal}, {lattice}, {_quoted(program.goal_text)}"


def _family(symbol: str, layer: str, axes: Sequence[str], naming: tuple[int, ...] | tuple[Index, ...], pool: Pool) -> str:
    """``u[hidden; sample 30, unit 2]``, or ``w[hidden; unit at [0, 0, 1], input at 0..2; 3 members]``."""
    places = [part for part in naming if isinstance(part, np.ndarray)]
    if places:
        count = len(places[0])
        named = [f"{_word(axis)} at {pool.vector(place, count)}" for axis, place in zip(axes, places, strict=True)]
        return _key((symbol, layer), f"; {', '.join(named)}; {count} {'member' if count == 1 else 'members'}")
    lengths = ", ".join(f"{_word(axis)} {length}" for axis, length in zip(axes, naming, strict=True))
    return _key((symbol, layer), f"; {lengths}" if lengths else "")


def is_grid(first: Index, second: Index, rows: int, columns: int) -> bool:
    """Whether the pairs are all of a (rows, columns) grid, row by row."""
    if len(first) != rows * columns or len(second) != len(first):
        return False
    grid = first.reshape(rows, columns), second.reshape(rows, columns)
    return bool((grid[0] == np.arange(rows)[:, None]).all() and (grid[1] == np.arange(columns)).all())


def _is_counted(values: Index, count: int) -> bool:
    return len(values) == count and bool((values == np.arange(count)).all())


def _key(key: Key, inside: str = "") -> str:
    symbol, layer = key
    return f"{_word(symbol)}[{_word(layer) if layer else ''}{inside}]"


def _word(text: str) -> str:
    return text if BARE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _at(text: str, statement: int) -> str:
    return f"{text:<{STATEMENT_COLUMN}} @{statement}"
