"""From a model, a set and points to a question that can be asked: everything that can be found wrong is found here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bdnnc.data.rows import Rows
from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.language.robustness import Robustness
from bdnnc.language.within import WithinText, check_within, clauses_text
from bdnnc.network.ensemble import Ensemble, Predictor
from bdnnc.network.exact_json import flat_text
from bdnnc.network.writing import layer_table
from bdnnc.posing.uncertainty import sample_moves
from bdnnc.stored.model import Stored, recompiled
from bdnnc.uncertainty.sets import Moves
from bdnnc.verifying.judging import Question
from bdnnc.verifying.limits import checked_seconds
from bdnnc.verifying.points import Points, PointSet, matrix_bytes
from bdnnc.verifying.shrinking import require_radius

if TYPE_CHECKING:
    from bdnnc.data.dataset import Dataset

SETS = ("train", "validation", "test")

ReadRows = Callable[[bool], Rows]
"""Reads labelled rows, with their numbers before scaling if asked to."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What is asked. ``within``: the set, None for that of the model's own `robust` block; ``folder``: where the paths in it
    begin. ``sets``: of the model's own data, by name; ``read``: other points, in their place. ``radius``: the radius of each
    point too. ``point_time``: seconds for a point, ``until``: of ``time.time``, when the run ends; None for no limit."""

    within: WithinText | None = None
    sets: Sequence[str] = ("train",)
    read: ReadRows | None = None
    folder: Path = Path()
    radius: bool = False
    point_time: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """``text``: the set in words; ``notes``, ``warnings``: what there is to say before it begins."""

    question: Question
    points: Points
    text: str
    notes: tuple[str, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    def identity(self) -> dict[str, Any]:
        """What runs that go on from each other have in common."""
        return {
            "work": "verify",
            "model": _network_sha256(self.question.network),
            "within": f"{self.text}, SHA-256 {_moves_sha256(self.question.moves)[:12]}",
            "data": self.points.sha256(),
            "radius": self.question.radius,
        }


def prepared(found: Stored, request: Request) -> Verification:
    """The verification of a model.

    Raises UserError: E565 (a network without classes), E606 (no set), what is wrong with the set (E1xx, E4xx), E415 (no
    radius), E632 (limits), E564 (no such points), E560, E562, E563 (the model's data), what is wrong with other points.
    """
    network = found.model.network
    if not network.classes:
        message = f"`{found.path}` predicts numbers: no class is right or wrong"
        help_text = "verify a network with classes; `evaluate` says how far the numbers of this one are off"
        raise UserError(Diagnostic("E565", message, help=help_text))
    checked_seconds(request.point_time, "point_time")
    robust, warnings = _robustness(found, request)
    if request.radius:
        require_radius(robust)
    keep_raw = any(given.raw for given in robust.perturbations)
    sets, notes = _other_points(request.read, keep_raw) if request.read else _own_points(found, request.sets, keep_raw)
    points = Points.of(sets)
    moves = sample_moves(robust, points.distinct, network.inputs)
    question = Question(network, points.distinct, robust, moves, request.radius, request.point_time, request.until)
    return Verification(question, points, clauses_text(robust), notes, tuple(warnings))


# --- the set ------------------------------------------------------------------------------------------------------------


def _robustness(found: Stored, request: Request) -> tuple[Robustness, list[Diagnostic]]:
    if request.within is not None and request.within.texts:
        powers = max(given.power for given in found.model.network.inputs)
        robust, wrong = check_within(request.within, found.facts(), request.folder, powers)
        if robust is None:
            raise UserError([d for d in wrong if d.is_error])
        return robust, wrong
    robust = None if request.within is not None else found.model_specs()[0].robust
    if robust is None:
        why = (
            "`--clip` alone moves nothing"
            if request.within is not None
            else f"the spec of `{found.path}` has no `robust` block"
        )
        message = f"what may be perturbed is not said: {why}"
        raise UserError(Diagnostic("E606", message, help='write for example `--within "linf(0.05)"`'))
    return robust, []


# --- the points ---------------------------------------------------------------------------------------------------------


def _other_points(read: ReadRows, keep_raw: bool) -> tuple[list[PointSet], tuple[str, ...]]:
    rows = read(keep_raw)
    return [PointSet("data", rows.samples())], rows.notes


def _own_points(found: Stored, names: Sequence[str], keep_raw: bool) -> tuple[list[PointSet], tuple[str, ...]]:
    """The sets of the model's own data, in the order of `SETS`."""
    unknown = [name for name in names if name not in SETS]
    if unknown:
        raise UserError(Diagnostic("E564", f"there is no set `{unknown[0]}`", help="sets are `train`, `validation` and `test`"))
    pipeline = recompiled(found, None, None)
    pipeline.keep_raw = keep_raw
    dataset = pipeline.dataset
    _refuse_foreign(found, dataset)
    there = {name: samples for name in SETS if (samples := getattr(dataset, name)) is not None}
    absent = [name for name in names if name not in there]
    if absent:
        has = " and ".join(f"`{name}`" for name in there)
        message = f"the data of `{found.path}` has no set `{absent[0]}`"
        help_text = f"it has {has}; for other points use `--data FILE`"
        raise UserError(Diagnostic("E564", message, help=help_text))
    parts = {name: samples if keep_raw else replace(samples, raw=None) for name, samples in there.items()}
    chosen = [PointSet(name, parts[name]) for name in SETS if name in names]
    left = [name for name in there if name not in names]
    said = f"the points are those of {_listed(names)}" + (f"; `--set` takes {_listed(left)} too" if left else "")
    return chosen, (said,)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f"`{name}`" for name in SETS if name in names)


def _refuse_foreign(found: Stored, dataset: Dataset) -> None:
    """Raises UserError E560 where the data has changed since the training: scales would be others, and so would the points."""
    if dataset.origin.sha256 == found.model.source.sha256 and dataset.inputs == found.model.network.inputs:
        return
    message = f"`{dataset.origin.name}` is not the data that `{found.path}` was trained on"
    note = f"its SHA-256 is {dataset.origin.sha256[:12]}.., that of the training was {found.model.source.sha256[:12]}.."
    help_text = "name the points with `--data FILE`, which are scaled as those of the training were"
    raise UserError(Diagnostic("E560", message, notes=(note,), help=help_text))


# --- what a run is recognized by ----------------------------------------------------------------------------------------


def _network_sha256(network: Predictor) -> str:
    members = network.members if isinstance(network, Ensemble) else (network,)
    digest = hashlib.sha256()
    for member in members:
        digest.update(flat_text([layer_table(layer) for layer in member.layers]).encode())
    digest.update(repr((network.inputs, network.classes)).encode())
    return digest.hexdigest()


def _moves_sha256(moves: Sequence[Moves]) -> str:
    digest = hashlib.sha256()
    for part in moves:
        digest.update(matrix_bytes(part.low) + matrix_bytes(part.high))
        digest.update(repr((part.inputs, part.coupling, part.step)).encode())
    return digest.hexdigest()
