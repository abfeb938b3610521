"""Reading a program's text back: `parse_program(program_text(program))` is the program, but for the spans of its statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from bdnnc.diagnostics import Source
from bdnnc.ir.array_parse import section_of
from bdnnc.ir.problem import Statement
from bdnnc.ir.program import (
    Clause,
    Cost,
    Implication,
    LayerClass,
    Link,
    PreActivation,
    Product,
    Program,
    Rows,
    Variable,
)
from bdnnc.ir.program_lines import definition, integral_variable, link, product, real_variable
from bdnnc.ir.program_words import Reading, origin
from bdnnc.ir.row_lines import clause, cost, implication, rows
from bdnnc.ir.text_cursor import Cursor, refuse

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Objective:
    """The last line: what `Program` says of its goal."""

    sense: Literal["minimize", "maximize"]
    costs: tuple[Cost, ...]
    constant: float
    offset: float
    step: float
    text: str
    statement: int


Item = Statement | LayerClass | Variable | Link | PreActivation | Product | Implication | Rows | Clause | Objective


def parse_program(text: str, name: str = "program text") -> Program:
    """The program of a text; ``name`` is what errors call the text. Statements have no spans. Raises UserError E531."""
    source = Source(name, text)
    data = re.compile(r"^data[ \t\r]*$", re.MULTILINE).search(text)
    stop = data.start() if data else len(text)
    lines = re.compile(r"^[ \t]*\S.*$", re.MULTILINE).finditer(text, 0, stop)
    cursors = [Cursor(source, line.start(), line.end()) for line in lines]
    if not cursors:
        refuse(source, 0, 1, "expected `program NAME, NUMBER patterns`, found nothing")
    title, patterns = _header(cursors[0])
    reading = Reading(section_of(source, data.end() if data else stop), patterns)
    items = [_item(cursor, reading) for cursor in cursors[1:]]
    goals = _those(items, Objective)
    if len(goals) != 1:
        refuse(source, max(stop - 1, 0), stop, f"a program has one line `minimize` or `maximize`, not {len(goals)}")
    goal = goals[0]
    return Program(
        name=title,
        patterns=patterns,
        variables=_those(items, Variable),
        links=_those(items, Link),
        preactivations=_those(items, PreActivation),
        products=_those(items, Product),
        implications=_those(items, Implication),
        rows=_those(items, Rows),
        costs=goal.costs,
        constant=goal.constant,
        sense=goal.sense,
        goal_text=goal.text,
        goal_statement=goal.statement,
        objective_step=goal.step,
        objective_offset=goal.offset,
        classes=_those(items, LayerClass),
        statements=_those(items, Statement),
        clauses=_those(items, Clause),
    )


def _those(items: Iterable[Item], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(item for item in items if isinstance(item, kind))


def _header(cursor: Cursor) -> tuple[str, int]:
    cursor.expect("program")
    title = cursor.word()
    cursor.expect(",")
    patterns = cursor.count()
    cursor.one_of("patterns", "pattern")
    cursor.end()
    return title, patterns


def _item(cursor: Cursor, reading: Reading) -> Item:
    item = LINES[cursor.one_of(*LINES)](cursor, reading)
    cursor.end()
    return item


def _statement(cursor: Cursor, _: Reading) -> Statement:
    title = cursor.string()
    origin(cursor)
    return Statement(title, None)


def _class(cursor: Cursor, _: Reading) -> LayerClass:
    layer = cursor.word()
    cursor.expect(":", "margin")
    kind = cursor.one_of("exact", "chosen", "declared", "published", "none")
    margin = "none" if kind == "none" else cursor.word()
    cursor.expect(",", "bias")
    bias = cursor.word()
    cursor.expect(",", "tolerance")
    tolerance = cursor.number()
    reason = cursor.string() if cursor.accept(",", "because") else kind if kind in {"declared", "published"} else ""
    return LayerClass(layer, kind in {"exact", "none"}, margin, reason, bias, tolerance)


def _minimized(cursor: Cursor, reading: Reading) -> Objective:
    costs, constant = _total(cursor, reading)
    return _objective(cursor, "minimize", costs, constant)


def _maximized(cursor: Cursor, reading: Reading) -> Objective:
    cursor.expect("-", "(")
    costs, constant = _total(cursor, reading)
    cursor.expect(")")
    return _objective(cursor, "maximize", costs, constant)


def _total(cursor: Cursor, reading: Reading) -> tuple[tuple[Cost, ...], float]:
    """``sum(..) + sum(..) + constant``."""
    costs: list[Cost] = []
    while cursor.next.text == "sum":
        costs.append(Cost(*cost(cursor, reading)))
        cursor.expect("+")
    return tuple(costs), cursor.number()


def _objective(cursor: Cursor, sense: Literal["minimize", "maximize"], costs: tuple[Cost, ...], constant: float) -> Objective:
    """The end of the line: ``, in offset + step Z, "goal"  @statement``."""
    cursor.expect(",", "in")
    offset = cursor.number()
    cursor.expect("+")
    step = cursor.number()
    cursor.expect("Z", ",")
    text = cursor.string()
    return Objective(sense, costs, constant, offset, step, text, origin(cursor))


LINES: dict[str, Callable[[Cursor, Reading], Item]] = {
    "from": _statement,
    "class": _class,
    "bin": integral_variable,
    "int": integral_variable,
    "var": real_variable,
    "link": link,
    "def": definition,
    "prod": product,
    "imp": implication,
    "row": rows,
    "not": clause,
    "minimize": _minimized,
    "maximize": _maximized,
}
"""First word of a line -> how the rest is read."""
