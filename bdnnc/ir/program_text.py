"""The program as text: a line a family, each ending with the id of the statement that it came from.

Families, not scalars: ``var w[hidden; unit 2, input 4] in [-1, 1]`` stands for eight variables. The same program gives the same
text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bdnnc.ir.problem import Statement
from bdnnc.ir.program import (
    Clause,
    Cost,
    Cover,
    Floats,
    Implication,
    Key,
    LayerClass,
    Link,
    PreActivation,
    Product,
    Program,
    Variable,
)

STATEMENT_COLUMN = 110


def program_text(program: Program) -> str:
    """Statements, classes of networks, variables, equations, implications and the goal, in this order."""
    lines = [f"program {program.name}, {_counted(program.patterns, 'pattern')}"]
    lines += [_at(_statement(s), number) for number, s in enumerate(program.statements)]
    lines += [_class_line(found) for found in program.classes]
    lines += [_at(_variable(v), v.statement) for v in program.variables]
    lines += [_at(_link(link), link.statement) for link in program.links]
    lines += [_at(_product(p, program), p.statement) for p in program.products]
    lines += [_at(_definition(d, program), d.statement) for d in program.preactivations]
    lines += [_at(_implication(i), i.statement) for i in program.implications if len(i.literal)]
    lines += [_at(_cover(c), c.statement) for c in program.covers if len(c.demand)]
    lines += [_clause(clause) for clause in program.clauses]
    lines.append(_at(f"minimize {_goal(program.costs, program.constant)}", program.goal_statement))
    return "\n".join(lines) + "\n"


def _statement(statement: Statement) -> str:
    return f"from {statement.title}"


def _class_line(found: LayerClass) -> str:
    kind = "exact" if found.exact else "declared" if found.reason == "declared" else "chosen"
    reason = "" if found.reason == "declared" else f"  ({found.reason})"
    return f"class {found.layer}: margin {kind} {found.margin}, bias {found.bias}, tolerance {found.tolerance:g}{reason}"


def _variable(variable: Variable) -> str:
    binary = variable.integral and bool((variable.lower >= 0).all() and (variable.upper <= 1).all())
    word = "bin " if binary else "int " if variable.integral else "var "
    bounds = "" if binary else f" in [{_span(variable.lower)}, {_span(variable.upper)}]"
    fixed = int((variable.lower == variable.upper).sum())
    more = f", {fixed} fixed" if fixed else ""
    axes = f"; {_axes(variable)}" if variable.axes else ""
    return f"{word} {variable.symbol}[{variable.layer}{axes}]{bounds}{more}"


def _axes(variable: Variable) -> str:
    """``sample 30, unit 2`` where the block is dense, else the axes and how many members there are."""
    if variable.index is None and variable.shape is not None and len(variable.shape) == len(variable.axes):
        return ", ".join(f"{axis} {size}" for axis, size in zip(variable.axes, variable.shape, strict=True))
    return f"{', '.join(variable.axes)}; {_counted(variable.size, 'member')}"


def _link(link: Link) -> str:
    target, digit = _name(link.target), _name(link.digit)
    choice = ", exactly one is 1" if link.choose_one else ""
    return f"link {target} = {_span(link.origin)} + sum({_span(link.value)} * {digit}){choice}"


def _product(product: Product, program: Program) -> str:
    index = "sample, unit, input"
    block = program.variable("s", product.layer)
    rows = "" if block is None else f"  {_counted(block.size, 'product')}"
    return f"prod s[{product.layer}; {index}] = w[{product.layer}; unit, input] * u[{product.inputs}; sample, input]{rows}"


def _definition(found: PreActivation, program: Program) -> str:
    layer = found.layer
    weights, terms = f"w[{layer}; unit, input]", list[str]()
    if len(found.entry_unit):
        if found.below is None:
            terms.append(f"X[sample, input] . {weights}")
        else:
            slope = "" if found.slope == 1 else f"{_number(found.slope)} "
            terms.append(f"sum({slope}s[{layer}; sample, unit, input]{_shifted(found.shift, weights)})")
    if found.fixed.size and bool(found.fixed.any()):
        terms.append(f"F[unit, input] . u[{found.below}; sample, input]")
    if found.bias != "none":
        terms.append(f"b[{layer}; unit]" if found.bias == "unit" else f"b[{layer}]")
    if bool(found.offset.any()):
        terms.append(f"[{_span(found.offset)}]")
    low, high = _span(found.low), _span(found.high)
    return f"def  a[{layer}; sample, unit] = {' + '.join(terms) or '0'}  in [{low}, {high}]"


def _shifted(shift: float, weights: str) -> str:
    if shift == 0:
        return ""
    return f" - {weights}" if shift == -1 else f" + {_number(shift)} {weights}"


def _implication(rule: Implication) -> str:
    trigger = _name(rule.trigger)
    rows = _counted(len(rule.literal), "row")
    return f"imp  {trigger} = {rule.value} => a[{rule.layer}] {rule.sense} {_span(rule.threshold)}  {rows}"


def _cover(cover: Cover) -> str:
    return f"some sum({_name(cover.block)}) >= {_span(cover.demand)}  {_counted(len(cover.demand), 'row')}"


def _clause(clause: Clause) -> str:
    parts = [*_literals(clause.ones, 1), *_literals(clause.zeros, 0)]
    return f"not  {' and '.join(parts)}"


def _literals(groups: Sequence[tuple[Key, np.ndarray[tuple[int], np.dtype[np.int64]]]], value: int) -> Iterator[str]:
    for key, members in groups:
        yield f"{_name(key)}{members.tolist()} = {value}"


def _goal(costs: Sequence[Cost], constant: float) -> str:
    terms = [f"sum({_span(cost.coefficient)} * {_name(cost.block)})" for cost in costs if len(cost.coefficient)]
    if constant or not terms:
        terms.append(_number(constant))
    return " + ".join(terms)


def _name(key: Key) -> str:
    symbol, layer = key
    return f"{symbol}[{layer}]"


def _span(values: Floats) -> str:
    """One number, or the smallest and the largest of several."""
    if not values.size:
        return "-"
    low, high = float(values.min()), float(values.max())
    return _number(low) if low == high else f"{_number(low)}..{_number(high)}"


def _number(value: float) -> str:
    """The shortest decimal that is read back as the value."""
    return repr(value).removesuffix(".0")


def _at(text: str, statement: int) -> str:
    return f"{text:<{STATEMENT_COLUMN}} @{statement}"


def _counted(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else one + 's'}"
