"""`bdnnc.verify`: the library's way into a verification."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from bdnnc.api import Result, TrainedNetwork, replacement_of
from bdnnc.data.rows import Rows, array_rows
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.language.within import WithinText
from bdnnc.report.progress import make_reporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.stored.model import Stored, stored
from bdnnc.stored.points import read_points
from bdnnc.verifying.conduct import Conditions, conduct
from bdnnc.verifying.limits import POINT_TIME, checked_seconds
from bdnnc.verifying.prepare import ReadRows, Request, prepared
from bdnnc.verifying.result import VerifyResult


def verify(
    model: str | Path | TrainedNetwork | Result,
    within: str | Sequence[str] | None = None,
    *,
    clip: str | None = None,
    data: str | Path | tuple[Any, Any] | None = None,
    sets: str | Sequence[str] = "train",
    radius: bool = False,
    point_time: float | None = POINT_TIME,
    time_limit: float | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    events: str | Path | None = None,
    resume: bool = False,
    progress: Literal["auto", "plain", "none"] = "none",
) -> VerifyResult:
    """Whether a model is right on a whole set of perturbations of each point, exactly.

    ``model``: a MODEL.json, or what `train` or `load` gave. ``within``: clauses as in a `robust` block, all numbers constant,
    such as ``"linf(0.05)"``, one text or several; None for the model's own `robust` block. ``clip``: a range, ``"0..1"``.
    ``data``: a file, a built-in set or ``(X, y)`` in place of the model's own points, of which ``sets`` names those that are
    asked about (`train`, `validation`, `test`). ``radius``: also how far each point may move. ``point_time``, ``time_limit``:
    seconds for a point and for all, None for no limit; what they leave open is undecided. ``jobs``, ``cluster``, ``events``,
    ``resume``: as in `Compiled.train`.

    Raises UserError for what is wrong with the arguments, the set or the points. Ctrl-C ends it with the verdicts so far.

    >>> bdnnc.verify("iris.json", "linf(0.05)").certified_accuracy
    """
    started = time.monotonic()
    limit = checked_seconds(time_limit, "time_limit")
    found = _found(model)
    texts = None if within is None else ((within,) if isinstance(within, str) else tuple(within))
    asked = None if texts is None and clip is None else WithinText(texts or (), clip)
    names = (sets,) if isinstance(sets, str) else tuple(sets)
    until = None if limit is None else time.time() + limit
    request = Request(asked, names, _reader(found, data), Path(), radius, point_time, until)
    conditions = Conditions(jobs, cluster, None if events is None else str(events), resume)
    with Interruption() as interruption, make_reporter(progress) as reporter:
        return conduct(prepared(found, request), conditions, reporter, interruption, started)


def _found(model: object) -> Stored:
    if isinstance(model, Result):
        model = model.network
    if isinstance(model, TrainedNetwork):
        return Stored(model.model, model.folder / "model")
    if isinstance(model, str | Path):
        return stored(str(model))
    message = f"a model is a path or a trained network, not `{type(model).__name__}`"
    raise UserError(Diagnostic("E660", message, help='for example `bdnnc.verify("iris.json", "linf(0.05)")`'))


def _reader(found: Stored, data: str | Path | tuple[Any, Any] | None) -> ReadRows | None:
    if data is None:
        return None
    if isinstance(data, str | Path):
        text = str(data)
        return lambda keep_raw: read_points(
            found.model, text, labelled=True, missing=found.data_spec().missing, keep_raw=keep_raw
        )
    given = replacement_of(data)
    assert given is not None

    def read(keep_raw: bool) -> Rows:
        network = found.model.network
        return array_rows(given.X, network.inputs, given.y, network.classes, keep_raw=keep_raw)

    return read
