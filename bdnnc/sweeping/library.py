"""`bdnnc.sweep`: the library's way into a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from bdnnc.api import form_of, param_text, replacement_of, source_of
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.report.progress import make_reporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.sweeping.conduct import Conditions, conduct
from bdnnc.sweeping.prepare import prepared
from bdnnc.sweeping.result import SweepResult
from bdnnc.training.settings import Request


def sweep(
    spec: str | Path,
    grid: Mapping[str, Any] | None = None,
    *,
    data: tuple[Any, Any] | None = None,
    cv: int | None = None,
    pareto: str | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    events: str | Path | None = None,
    resume: bool = False,
    method: str | None = None,
    solver: str | None = None,
    time_limit: float | None = None,
    gap: float | None = None,
    node_limit: int | None = None,
    threads: int | None = None,
    seed: int | None = None,
    formulation: str = "own",
    progress: bool = False,
) -> SweepResult:
    """Train a ``.bdnn`` file, or the text of one, at every point of a grid of its params.

    ``grid``: param -> one value, several (any iterable of numbers and texts), or a text as after ``-D NAME=``, such as
    ``"2..6"``. ``data``: ``(X, y)`` in place of the file's source. ``cv``: folds for cross-validation (at least 2), stratified
    by class; every fold is held out of one training, scaling included. ``pareto``: the quantity that the loss is held against,
    by default the penalty that the file names. ``jobs``: processes of this machine (1; -1: all cores), ``cluster``: the address
    of a Dask scheduler. ``time_limit`` and the others are those of each training, as in `Compiled.train`; ``seed`` is also that
    of the folds. ``progress``: say on standard error what each training came to.

    ``events``: a file in which each training is noted when it is done; with ``resume`` those that stand there already are not
    done again. A point that cannot be trained is a row that says why. Ctrl-C, or the loss of all workers, ends the sweep with
    the rows so far (`interrupted`). Raises UserError for what is wrong with the file or the arguments as such.

    >>> bdnnc.sweep("iris.bdnn", {"width": range(2, 5)}, cv=5).save("widths.csv")
    """
    source, folder = source_of(spec)
    request = Request(method, solver, time_limit, gap, node_limit, threads, seed)
    ready = prepared(source, folder, _defines(grid), request, cv, pareto, replacement_of(data), form_of(formulation))
    conditions = Conditions(jobs, cluster, None if events is None else str(events), resume)
    with Interruption() as interruption, make_reporter("plain" if progress else "none") as reporter:
        return conduct(ready, conditions, reporter, interruption)


def _defines(grid: Any) -> dict[str, str]:
    if grid is None:
        return {}
    if not isinstance(grid, Mapping):
        message = f"the grid is a mapping of params to values, not `{type(grid).__name__}`"
        raise UserError(Diagnostic("E641", message, help='for example `{"width": range(2, 7), "radius": [0, 0.05]}`'))
    table = cast("Mapping[Any, Any]", grid)
    return {str(name): _defined(value) for name, value in table.items()}


def _defined(value: Any) -> str:
    """What would stand after ``-D NAME=``; texts within a list are strings."""
    import numpy as np

    plain = cast(Any, value.tolist() if isinstance(value, np.ndarray | np.generic) else value)
    if isinstance(plain, str) or not isinstance(plain, Iterable):
        return param_text(plain)
    entries = cast("Iterable[Any]", plain)
    return f"[{', '.join(_entry(entry.item() if isinstance(entry, np.generic) else entry) for entry in entries)}]"


def _entry(entry: Any) -> str:
    if not isinstance(entry, str):
        return param_text(entry)
    if "\n" in entry:
        raise UserError(Diagnostic("E641", "the text of a param stands on one line", help="leave out the line break"))
    escaped = entry.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
