"""What a sweep gives: its rows, as a table, CSV, JSON and plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any, final

from bdnnc.diagnostics import Diagnostic, WorkFailed
from bdnnc.sweeping.columns import csv_text, flat_rows, json_rows
from bdnnc.sweeping.row import Row
from bdnnc.sweeping.text import table_text

SHOWN = 5
"""Messages of rows that are told one by one."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """``rows``: one a point of the grid, in its order; ``swept``: the params with several values; ``penalty``: the text of the
    quantity that the loss is held against; ``interrupted``: whether the sweep was stopped before its end, by a signal or, as
    ``failure`` says, because its workers were lost."""

    rows: tuple[Row, ...]
    swept: tuple[str, ...]
    penalty: str | None = None
    interrupted: bool = False
    failure: WorkFailed | None = None

    @property
    def front(self) -> tuple[Row, ...]:
        """The Pareto front of loss and penalty, by ascending loss. Empty without a penalty."""
        return tuple(sorted((row for row in self.rows if row.on_front), key=lambda row: row.costs or ()))

    def table(self) -> list[dict[str, Any]]:
        """One flat dictionary a row, all with the same keys, for `pandas.DataFrame` and its kin: fractions are floats, what is
        not known is None."""
        return [{name: _plain(value) for name, value in row.items()} for row in flat_rows(self.rows)]

    def csv(self) -> str:
        """The same as CSV: exact decimals where they have at most 17 digits."""
        return csv_text(self.rows)

    def json(self) -> dict[str, Any]:
        """For `bdnnc.network.exact_json`: numbers are int or Fraction."""
        return {"penalty": self.penalty, "interrupted": self.interrupted, "rows": json_rows(self.rows)}

    def save(self, path: str | Path) -> None:
        """Write the CSV, whole or not at all. Raises UserError E661."""
        from bdnnc.network.saving import replace_file

        replace_file(Path(path), self.csv().encode("utf-8"))

    def plot(self, path: str | Path) -> None:
        """Draw the loss against the swept param, and against the penalty. Raises UserError as `plot.draw`."""
        from bdnnc.sweeping.plot import draw

        draw(self.rows, self.swept, self.penalty, Path(path))

    def text(self, width: int | None = None) -> str:
        """The table to look at; ``width``: of the terminal, None for as wide as it is."""
        table = table_text(self.rows, self.penalty, width) if self.rows else "no row\n"
        return table + "\nthe sweep was stopped before its end\n" * self.interrupted

    def require_network(self) -> None:
        """Raises WorkFailed E530 where no row has a network."""
        if any(row.has_network for row in self.rows):
            return
        reasons = list(dict.fromkeys(row.message for row in self.rows if row.message))
        more = [f"and {len(reasons) - SHOWN} other reasons"] if len(reasons) > SHOWN else []
        message = "no point of the sweep has a network"
        raise WorkFailed(Diagnostic("E530", message, notes=(*reasons[:SHOWN], *more), help=_help(self.rows)))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text())}</pre>"


def _plain(value: object) -> Any:
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value


def _help(rows: Sequence[Row]) -> str:
    if not rows:
        return "the sweep was stopped before the first training ended; go on with `--resume` where there are `--events`"
    return "train one point alone to see what is wrong: `bdnnc train SPEC -D ..`"
