# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""A sweep drawn: the loss against the swept param, what was held out, and the loss against the penalty with its front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.sweeping.row import Row

SUFFIXES = (".png", ".svg", ".pdf")
MOST_LINES = 12
"""Lines with a name in the legend; of more the legend would hide the plot."""

MOST_TICKS = 12
"""Values of the axis that are all marked; of more the plot chooses some."""

PANEL = (5.0, 3.8)  # inches
DOTS = 150  # an inch


def check_plot(path: Path) -> None:
    """Raises UserError, before the work: E682 (a suffix other than `.png`, `.svg`, `.pdf`), E622 (no matplotlib)."""
    if path.suffix.lower() not in SUFFIXES:
        help = f"plots are {', '.join(f'`{suffix}`' for suffix in SUFFIXES)}"
        raise UserError(Diagnostic("E682", f"`{path}` has no suffix of a plot", help=help))
    try:
        from matplotlib.figure import Figure as Figure
    except ImportError as absent:
        help = 'pip install "bdnnc[plots]"'
        raise UserError(Diagnostic("E622", "plots need matplotlib, which is not installed", help=help)) from absent


def draw(rows: Sequence[Row], swept: Sequence[str], penalty: str | None, path: Path) -> None:
    """Draw the rows that have a network, whole or not at all. ``swept``: the params with several values, the first of which is
    the axis; each combination of the others is a line. Raises UserError as `check_plot`, E661 (cannot be written)."""
    from io import BytesIO

    from bdnnc.network.saving import replace_file

    check_plot(path)
    figure = figure_of([row for row in rows if row.has_network], swept, penalty)
    picture = BytesIO()
    figure.savefig(picture, format=path.suffix[1:].lower(), dpi=DOTS)
    replace_file(path, picture.getvalue())


def figure_of(rows: Sequence[Row], swept: Sequence[str], penalty: str | None) -> Any:
    """The matplotlib figure: a panel for the loss, one for the held-out figure where there are folds, one for the penalty."""
    from matplotlib.figure import Figure

    panels: list[Callable[[Any, Sequence[Row], Sequence[str]], None]] = [_loss]
    if any(row.held_out for row in rows):
        panels.append(_held_out)
    if penalty is not None and any(row.costs for row in rows):
        panels.append(lambda panel, rows, swept: _front(panel, rows, penalty))
    figure = Figure(figsize=(PANEL[0] * len(panels), PANEL[1]), layout="constrained")
    for panel, paint in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        paint(panel, rows, swept)
    return figure


@dataclass(frozen=True, slots=True)
class _Line:
    """The rows that agree in all params but the axis, in its order; ``name``: these params."""

    name: str
    rows: tuple[Row, ...]


def _lines(rows: Sequence[Row], swept: Sequence[str]) -> list[_Line]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(" ".join(f"{name}={row.params[name].text}" for name in swept[1:]), []).append(row)
    return [_Line(name, tuple(sorted(group, key=lambda row: _place(row, swept)))) for name, group in groups.items()]


def _place(row: Row, swept: Sequence[str]) -> float:
    """Where a row stands on an axis of numbers; 0 on one of names, which keeps their order."""
    number = row.params[swept[0]].number if swept else None
    return 0.0 if number is None else float(number)


def _axis(panel: Any, rows: Sequence[Row], swept: Sequence[str]) -> Callable[[Row], float | str]:
    """The place of a row on the axis of the first swept param, whose name is written there."""
    panel.set_xlabel(swept[0] if swept else "")
    if swept and all(row.params[swept[0]].number is not None for row in rows):
        places = sorted({_place(row, swept) for row in rows})
        if len(places) <= MOST_TICKS:
            panel.set_xticks(places)
        return lambda row: _place(row, swept)
    return lambda row: row.params[swept[0]].text if swept else "the file"


def _loss(panel: Any, rows: Sequence[Row], swept: Sequence[str]) -> None:
    at = _axis(panel, rows, swept)
    for line in _lines(rows, swept):
        known = [(at(row), float(row.whole.loss)) for row in line.rows if row.whole is not None and row.whole.loss is not None]
        panel.plot([x for x, _ in known], [y for _, y in known], marker="o", label=line.name)
    panel.set_ylabel("loss on the training points")
    _legend(panel, rows, swept)


def _held_out(panel: Any, rows: Sequence[Row], swept: Sequence[str]) -> None:
    """Mean and deviation over the folds: of the accuracy, for regression of the mean of |a - y|."""
    at = _axis(panel, rows, swept)
    for line in _lines(rows, swept):
        known = [(at(row), list(row.held_out.values())[-1]) for row in line.rows if row.held_out]
        means = [float(spread.mean) for _, spread in known]
        panel.errorbar(
            [x for x, _ in known], means, [float(s.deviation) for _, s in known], marker="o", capsize=3, label=line.name
        )
    regression = any("mean_absolute" in row.held_out for row in rows)
    panel.set_ylabel("held out: mean of |a - y|" if regression else "held out: accuracy")
    _legend(panel, rows, swept)


def _front(panel: Any, rows: Sequence[Row], penalty: str) -> None:
    costs = [(float(row.costs[1]), float(row.costs[0]), row.on_front) for row in rows if row.costs is not None]
    panel.scatter([x for x, _, _ in costs], [y for _, y, _ in costs], color="lightgray", label="dominated")
    best = sorted({(x, y) for x, y, on_front in costs if on_front})
    panel.plot([x for x, _ in best], [y for _, y in best], marker="o", drawstyle="steps-post", label="Pareto front")
    panel.set_xlabel(penalty)
    panel.set_ylabel("loss on the training points")
    panel.legend()


def _legend(panel: Any, rows: Sequence[Row], swept: Sequence[str]) -> None:
    if 1 < len(_lines(rows, swept)) <= MOST_LINES:
        panel.legend()
