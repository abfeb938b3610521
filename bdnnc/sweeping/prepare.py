"""From a file and what is asked of it to a sweep that can begin: everything that can be found wrong is found here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from bdnnc.diagnostics import Source
from bdnnc.language.swept import swept_values
from bdnnc.pipeline import Form, Pipeline, Replacement
from bdnnc.sweeping.grid import Grid
from bdnnc.sweeping.penalty import named_penalty
from bdnnc.sweeping.sweep import Sweep, checked_folds
from bdnnc.sweeping.trial import Plan
from bdnnc.training.settings import Request, settle


def prepared(
    source: Source,
    folder: Path,
    defines: Mapping[str, str],
    request: Request,
    cv: int | None = None,
    pareto: str | None = None,
    replacement: Replacement | None = None,
    form: Form = "own",
) -> Sweep:
    """The sweep of a file. ``defines``: the values of params as behind ``-D NAME=``; ``cv``: folds; ``pareto``: the quantity
    that the loss is held against, None for the penalty that the file names.

    Raises UserError: what is wrong with the text, as `swept_values`, `Grid.of`, `settle`, `checked_folds` and `Sweep.check`.
    """
    file = Pipeline(source, folder).tree
    grid = Grid.of(swept_values(file, defines))
    folds = checked_folds(cv)
    settle(request, None, time.monotonic())
    penalty = named_penalty(file) if pareto is None else pareto
    sweep = Sweep(Plan(source, folder.resolve(), replacement, form, request, penalty), grid, folds, request.seed or 0)
    sweep.check()
    return sweep
