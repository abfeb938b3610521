"""Which columns of a table are inputs and which is the target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bdnnc.data.blame import error, failure, listed
from bdnnc.data.inputs import Input
from bdnnc.data.table import Table
from bdnnc.diagnostics import Diagnostic, Span, UserError
from bdnnc.language.spec import DataSpec, Located

COLUMNS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """0-based columns of the file: the inputs in the order asked for, and the target."""

    inputs: tuple[int, ...]
    target: int


def choose(table: Table, spec: DataSpec) -> Choice:
    """The inputs and the target that the data block asks for; without ``features`` every column but the target.

    Raises UserError with all of E215 (no target), E216 (no such column), E217 (the target among the features), E226 (``target``
    where the source has its own), E228 (a name or a feature twice), E229 (no inputs, no labels).
    """
    found: list[Diagnostic] = []
    target = _target(table, spec, found)
    inputs = _features(table, spec, target, found)
    if found or target is None:
        raise UserError(found)
    if not inputs:
        where = spec.target.span if spec.target else spec.source.span
        help = "add a column of inputs, or choose another `delimiter` if all stands in one column"
        raise failure("E229", f"`{table.name}` has no column besides the target", where, help=help)
    repeated = _repeated_names(table, inputs)
    if repeated:
        message = f"several columns of `{table.name}` have the name {listed(repeated)}"
        raise failure("E228", message, spec.source.span, help="rename them, or choose columns with `features`")
    return Choice(inputs, target)


def described(table: Table) -> str:
    """The columns for a message: index and name of each, or their range where they have no names."""
    last = len(table.names) - 1
    if not table.named:
        return f"columns 0..{last}, without names"
    shown = ", ".join(f"{column} `{name}`" for column, name in enumerate(table.names[:COLUMNS_SHOWN]))
    return f"columns: {shown}" + (f", .. {last} `{table.names[-1]}`" if last >= COLUMNS_SHOWN else "")


def find_column(table: Table, wanted: Located[str | int]) -> int | Diagnostic:
    """The column of a name or a 0-based index, or why there is none."""
    value, last = wanted.value, len(table.names) - 1
    if isinstance(value, int):
        if 0 <= value <= last:
            return value
        help = "columns are counted from 0"
        return error("E216", f"`{table.name}` has columns 0..{last}, not {value}", wanted.span, help=help)
    places = [column for column, name in enumerate(table.names) if name == value]
    if len(places) == 1 and table.named:
        return places[0]
    if not table.named:
        help = f"write an index, 0..{last}" + (
            "; or `header yes`, if the first row holds names" if table.header is False else ""
        )
        return error(
            "E216", f"the columns of `{table.name}` have no names, so none is called `{value}`", wanted.span, help=help
        )
    if places:
        message = f"{len(places)} columns of `{table.name}` are called `{value}`"
        return error("E228", message, wanted.span, help=f"write an index: {', '.join(map(str, places))}")
    near = get_close_matches(value, table.names, 1)
    help = f"did you mean `{near[0]}`?" if near else "write one of these names, or an index"
    return error("E216", f"`{table.name}` has no column `{value}`", wanted.span, notes=[described(table)], help=help)


def _target(table: Table, spec: DataSpec, found: list[Diagnostic]) -> int | None:
    if table.target is not None:
        if spec.target is not None:
            message = f"`target` does not apply to `{table.name}`, which has its own"
            found.append(error("E226", message, spec.target.span, help="remove the line"))
        return table.target
    if table.lines is None and not table.named:  # an npz without labels
        help = "save the labels beside the inputs: `numpy.savez(.., X=X, y=y)`"
        found.append(error("E229", f"`{table.name}` has no array `y` with the labels", spec.source.span, help=help))
        return None
    if spec.target is None:
        help = "add a line `target NAME` or `target INDEX` to `data`"
        message = f"`{table.name}` does not say which column is the target"
        found.append(error("E215", message, spec.source.span, notes=[described(table)], help=help))
        return None
    column = find_column(table, spec.target)
    if isinstance(column, int):
        return column
    found.append(column)
    return None


def _features(table: Table, spec: DataSpec, target: int | None, found: list[Diagnostic]) -> tuple[int, ...]:
    if spec.features is None:
        return tuple(column for column in range(len(table.names)) if column != target)
    chosen: dict[int, None] = {}
    for wanted in spec.features:
        column = find_column(table, wanted)
        if not isinstance(column, int):
            found.append(column)
        elif column == target:
            message = f"the target, column {column} (`{table.names[column]}`), is among the features"
            found.append(error("E217", message, wanted.span, help="remove it from `features`"))
        elif column in chosen:
            message = f"column {column} (`{table.names[column]}`) is among the features twice"
            found.append(error("E228", message, wanted.span, help="remove it once"))
        else:
            chosen[column] = None
    return tuple(chosen)


def refuse_repeated_inputs(inputs: Sequence[Input], span: Span | None) -> None:
    """Raises UserError E228 where encoded columns or powers make two inputs of one name."""
    times = Counter(given.name for given in inputs)
    repeated = [name for name, count in times.items() if count > 1]
    if repeated:
        raise failure("E228", f"several inputs would have the name {listed(repeated)}", span, help="rename a column")


def _repeated_names(table: Table, inputs: tuple[int, ...]) -> list[str]:
    times = Counter(table.names[column] for column in inputs)
    return [name for name, count in times.items() if count > 1]
