"""From what a run did to what its document says of it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

from bdnnc.diagnostics import UserError
from bdnnc.language.train_checks import NO_START, OWN
from bdnnc.network.assemble import Stage
from bdnnc.network.document import Model, Scalar, TrainingRecord, relative_gap
from bdnnc.network.saving import replace_file
from bdnnc.network.writing import model_text
from bdnnc.training.outcome import StageOutcome
from bdnnc.training.settings import Settings


def stages_of(outcomes: tuple[StageOutcome, ...]) -> tuple[Stage, ...]:
    """What each goal came to that reached a value."""
    return tuple(Stage(stage.value, stage.bound) for stage in outcomes if stage.value is not None)


def settled(training: TrainingRecord) -> TrainingRecord:
    """The record with `optimal` as its status where, and only where, its own goals say so: a later goal's network may meet the
    bound of an earlier one that its own search has missed."""
    status = training.status
    if all(goal.bound == goal.best for goal in training.goals):
        status = "optimal"
    elif status == "optimal" and not all(goal.is_met for goal in training.goals):
        status = "feasible"
    return replace(training, status=status)


def is_near_enough(training: TrainingRecord, gap: float) -> bool:
    """Whether the first goal came as near to its bound as was asked: with the value that it reached, whatever later goals were
    allowed to take of it (`within`)."""
    goal = training.goals[0]
    found = relative_gap(goal.best, goal.bound)
    return training.status == "optimal" or (found is not None and found <= Fraction(gap) + Fraction(1, 10**9))


def options_table(settings: Settings) -> dict[str, Scalar]:
    """The options of a run that are set, and those of its solver."""
    limits = settings.limits
    named: dict[str, object] = {
        "time_limit": limits.time_limit,
        "gap": limits.gap,
        "node_limit": limits.node_limit,
        "threads": limits.threads,
        "cutoff": limits.cutoff,
    }
    own = {field.name: getattr(settings.options, field.name) for field in fields(settings.options)}
    named |= {name: value for name, value in own.items() if name in OWN[settings.method]}
    if not settings.searches:
        named["start"] = NO_START
    table: dict[str, Scalar] = {name: _scalar(value) for name, value in named.items() if value is not None}
    return table | {name: _scalar(value) for name, value in limits.extra.items()}


def _scalar(value: object) -> Scalar:
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, str | bool | int | Fraction):
        return value
    raise TypeError(f"{value!r} is no option value")


def data_path(origin: str | None, document: Path | None) -> str | None:
    """The data's path as seen from the folder of the document."""
    if origin is None or document is None:
        return origin
    return os.path.relpath(origin, document.resolve().parent)


def rescued(model: Model, trouble: UserError) -> UserError:
    """The model goes to the temporary folder; where not even that can be written, the error is what is left."""
    handle, name = tempfile.mkstemp(prefix="bdnnc-", suffix=".json")
    os.close(handle)
    first = trouble.diagnostics[0]
    try:
        replace_file(Path(name), model_text(model).encode("utf-8"))
    except UserError:
        Path(name).unlink(missing_ok=True)
        return trouble
    return UserError(replace(first, help=f"the network is safe in `{name}`; make room and move it to where it should be"))
