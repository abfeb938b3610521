"""The table of a sweep to look at."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from bdnnc.exact import decimal_text
from bdnnc.network.document import SetRecord
from bdnnc.network.evaluation import percent
from bdnnc.sweeping.measurement import Measurement
from bdnnc.sweeping.row import Row, mean_absolute
from bdnnc.sweeping.trial import Trial

WIDEST = 1000
"""Columns of a table that goes into a file or a pipe: as wide as it needs to be."""


def table_text(rows: Sequence[Row], penalty: str | None = None, width: int | None = None) -> str:
    """A line a row, columns in which nothing is known left out, then why rows lack a network.

    ``penalty``: its text, for the head of the column; rows of the front have a star there. ``width``: of the terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shows_loss = any(row.whole is not None and _differs(row.whole) for row in rows)
    cells = [dict(_cells(row, penalty, shows_loss)) for row in rows]
    fullest = sorted(cells, key=len, reverse=True)  # it has the order of the columns
    names = [name for name in dict.fromkeys(name for row in fullest for name in row) if any(row.get(name) for row in cells)]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name in ("status", *_params(rows)) else "right", overflow="fold")
    for row in cells:
        table.add_row(*(row.get(name, "") for name in names))
    stream = io.StringIO()
    console = Console(file=stream, width=width or WIDEST, color_system=None, markup=False, highlight=False, emoji=False)
    console.print(table)
    return "".join(f"{line.rstrip()}\n" for line in [*stream.getvalue().splitlines(), *_below(rows, penalty)])


def _below(rows: Sequence[Row], penalty: str | None) -> Iterator[str]:
    if any(row.on_front for row in rows):
        yield ""
        yield f"* on the Pareto front: no other row is as good in loss and {penalty}, and better in one of them"
    failed = [row for row in rows if row.message]
    if failed:
        yield ""
        yield from (f"{point_text(row)}: {row.message}" for row in failed)


def point_text(row: Row) -> str:
    """``width=3 radius=0.05``; of a sweep without params: `the file as it stands`."""
    return _params_text({name: value.text for name, value in row.params.items()})


def trial_text(trial: Trial) -> str:
    """``width=3 radius=0.05, without fold 2 of 5``."""
    point = _params_text(trial.overrides)
    return point if trial.fold is None else f"{point}, without fold {trial.fold.number + 1} of {trial.fold.of}"


def _params_text(params: Mapping[str, str]) -> str:
    return " ".join(f"{name}={text}" for name, text in params.items()) or "the file as it stands"


def measured_text(found: Measurement, held_out: bool = False) -> str:
    """``optimal, hamming 3, 1.2 s``, with the figure of the fold that was held out; why not, where there is no network."""
    if not found.has_network:
        return f"{found.status}: {found.message}"
    goals = [f"{goal.text} {short(goal.value)}" for goal in found.goals]
    of_fold = [f"held out: {head.removeprefix('test ')} {cell}" for head, cell in _of_fold(found)] if held_out else []
    return ", ".join([found.status, *goals, *of_fold, f"{found.seconds:.1f} s"])


def _of_fold(found: Measurement) -> list[tuple[str, str]]:
    return [] if found.test is None else [*_set("test", found.test)][-1:]


def _params(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(rows[0].params) if rows else ()


def _differs(found: Measurement) -> bool:
    """Whether the loss is not the first goal as it stands."""
    return bool(found.goals) and found.loss != found.goals[0].value


def _cells(row: Row, penalty: str | None, shows_loss: bool) -> Iterator[tuple[str, str]]:
    for name, value in row.params.items():
        yield name, value.text
    whole = row.whole
    yield "status", "" if whole is None else whole.status.replace("_", " ")
    if whole is None:
        return
    if shows_loss and whole.loss is not None:
        yield "loss", short(whole.loss)
    for goal in whole.goals:
        yield f"{goal.sense} {goal.text}", short(goal.value) + _bound(goal.value, goal.bound)
    for name, record in (("train", whole.train), ("validation", whole.validation), ("test", whole.test)):
        if record is not None:
            yield from _set(name, record)
    for name, spread in row.held_out.items():
        scale, unit = (100, " %") if name == "accuracy" else (1, "")
        head = "mean |a - y|" if name == "mean_absolute" else name
        yield f"held out {head}", f"{float(scale * spread.mean):.2f} ± {float(scale * spread.deviation):.2f}{unit}"
    if whole.penalty is not None:
        yield penalty or "penalty", short(whole.penalty) + (" *" if row.on_front else "  ")
    yield "s", f"{whole.seconds:.1f}" if whole.has_network else ""


def _bound(value: Fraction, bound: Fraction | None) -> str:
    """Nothing where the bound is met."""
    if bound == value:
        return ""
    return " (no bound)" if bound is None else f" (bound {short(bound)})"


def _set(name: str, record: SetRecord) -> Iterator[tuple[str, str]]:
    mean = mean_absolute(record)
    if mean is not None:
        yield f"{name} mean |a - y|", short(mean)
        return
    accuracy = record.accuracy or Fraction(0)
    yield f"{name} errors", str(record.errors)
    yield f"{name} accuracy", percent(int(accuracy * record.samples), record.samples).split(" (")[0]


def short(value: Fraction) -> str:
    """Six digits at most."""
    text = decimal_text(value)
    return text if len(text) <= 8 and "/" not in text else f"{float(value):.6g}"
