"""Where a run goes on from: the events and the model that an earlier one has left, if they belong to this run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.document import text_sha256
from bdnnc.network.exact_json import plain_text
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.saving import load
from bdnnc.pipeline import Pipeline
from bdnnc.tasks.factory import check_workers
from bdnnc.training.events import FORMAT, VERSION, Events, read_events
from bdnnc.training.outcome import StageOutcome
from bdnnc.training.payloads import network_of_payload, plain, stage_of_payload
from bdnnc.training.settings import Request, Settings, settle
from bdnnc.training.start_file import check_class

SUFFIX = ".events.jsonl"

HASHED = {"spec": "the spec, with the params used,", "data": "the data", "model": "the network"}
"""What of a run's identity is a SHA-256, in words."""

ANEW = "begin anew without `--resume`, with other files; `--start MODEL.json` begins with a network that is there"


@dataclass(frozen=True, slots=True, eq=False)
class Resumption:
    """``path``: the events file, None for none. ``identity``: what all runs in it have in common. ``events``: what earlier ones
    left there. ``done``: their finished goals. ``known``: the networks that they have left for the others. ``note``: what there
    is to say."""

    path: Path | None = None
    identity: Mapping[str, Any] | None = None
    events: Events | None = None
    done: tuple[StageOutcome, ...] = ()
    known: tuple[Network, ...] = ()
    note: str = ""

    @property
    def begin(self) -> dict[str, Any]:
        """The fields of the `begin` event of the run that goes on here."""
        import bdnnc

        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        resumed = self.events is not None
        known = {"format": FORMAT, "version": VERSION, "bdnnc": bdnnc.__version__, "time": now, "resumed": resumed}
        return known | dict(self.identity or {})


def events_path(request: Request, save_to: Path | None) -> Path | None:
    """The events file: the one asked for; with `resume` else MODEL.events.jsonl beside MODEL.json.

    Raises UserError E655 for `resume` without either, E647 where the events would overwrite the model.
    """
    if request.events is not None:
        path = Path(request.events)
        if save_to is not None and path.resolve() == save_to.resolve():
            help = "name another file with `--events`"
            raise UserError(Diagnostic("E647", f"the events and the model would both be written to `{path}`", help=help))
        return path
    if not request.resume:
        return None
    if save_to is None:
        help = "name the model with `-o MODEL.json`, or the events with `--events FILE.jsonl`"
        raise UserError(Diagnostic("E655", "there is nothing to resume from", help=help))
    return save_to.with_name(save_to.name.removesuffix(".json") + SUFFIX)


def check_request(pipeline: Pipeline, request: Request, save_to: Path | None) -> None:
    """Raises UserError for what is wrong with a request whatever the data are: as `settle`, `check_workers` and `events_path`.
    A text with errors is not looked at: these are told with those of the data."""
    spec = pipeline.text_spec
    if spec is not None:
        settle(request, spec.train, time.monotonic())
    check_workers(request.jobs, request.cluster)
    events_path(request, save_to)


def resumption(pipeline: Pipeline, request: Request, settings: Settings, save_to: Path | None) -> Resumption:
    """What this run goes on from: nothing where it is not asked to.

    Raises UserError: E647, E655 (`events_path`), E652 to E654 (`earlier_events`), E55x (a broken model).
    """
    path = events_path(request, save_to)
    if path is None:
        return Resumption()
    identity = _identity(pipeline, settings)
    events = earlier_events(path, identity, request.resume)
    if not request.resume:
        return Resumption(path, identity)
    saved = () if save_to is None else _saved(save_to, identity, pipeline)
    if events is None:
        found = "begins with the network of " + f"`{save_to}`" if saved else "begins anew"
        return Resumption(path, identity, known=saved, note=f"no events in `{path}`: the run {found}")
    done = tuple(_done(events, pipeline, path))
    known = (*_told(events, len(done), pipeline, path), *saved)
    return Resumption(path, identity, events, done, known, _said(path, len(done), bool(known), pipeline))


def earlier_events(path: Path, identity: Mapping[str, Any], resume: bool) -> Events | None:
    """What runs with this identity have left in an events file; None where there is nothing yet.

    Raises UserError: E652 (a file that is there, and no ``resume``), E653 (a broken one), E654 (of another run).
    """
    if not resume:
        if path.is_file() and path.stat().st_size:
            help = "go on from it with `--resume`, remove it, or name another file"
            raise UserError(Diagnostic("E652", f"`{path}` is there already", help=help))
        return None
    events = read_events(path)
    if events is not None:
        _check(identity, events.begin, str(path))
    return events


def _identity(pipeline: Pipeline, settings: Settings) -> dict[str, Any]:
    """What runs that go on from each other have in common."""
    limits = settings.limits
    options = {"gap": limits.gap, "node_limit": limits.node_limit, "pool": settings.options.pool, **limits.extra}
    return {
        "spec": text_sha256(pipeline.used_text),
        "data": pipeline.dataset.origin.sha256,
        "method": settings.method,
        "seed": limits.seed,
        "formulation": pipeline.form,
        "options": {name: value for name, value in options.items() if value is not None},
    }


def _check(identity: Mapping[str, Any], begin: Mapping[str, Any], name: str) -> None:
    """Raises UserError E654 with everything in which the runs differ."""
    wrong = [
        _differing(key, begin.get(key), plain(ours), name) for key, ours in identity.items() if begin.get(key) != plain(ours)
    ]
    if wrong:
        raise UserError(wrong)


def _differing(key: str, theirs: Any, ours: Any, name: str) -> Diagnostic:
    if key in HASHED:
        what = HASHED[key]
        message = f"{what} of `{name}` had the SHA-256 {str(theirs)[:12]}.., and has {str(ours)[:12]}.. now"
        return Diagnostic("E654", message, help=f"undo the change, or {ANEW}")
    message = f"`{name}` was begun with {key} {_shown(theirs)}, not {_shown(ours)}"
    return Diagnostic("E654", message, help=f"resume as it was begun, or {ANEW}")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        return ", ".join(f"{name} {plain_text(v) if isinstance(v, Fraction) else v}" for name, v in table.items()) or "none"
    return f"`{value}`"


def _saved(path: Path, identity: Mapping[str, Any], pipeline: Pipeline) -> tuple[Network, ...]:
    """The network of the model that is there; nothing if there is none, or it is none to start from."""
    if not path.is_file():
        return ()
    model = load(path)
    hashes = {"spec": model.certificate.spec_sha256, "data": model.certificate.data_sha256}
    _check({key: identity[key] for key in hashes}, hashes, str(path))
    if not isinstance(model.network, Network):
        return ()  # the members of an ensemble are not searched as one
    check_class(model.network, str(path), pipeline)
    return (model.network,)


def _done(events: Events, pipeline: Pipeline, path: Path) -> Iterator[StageOutcome]:
    """The outcomes of the goals that are recorded, in order, up to the first that is not."""
    number = 0
    while (payload := events.records.get(f"goal/{number}")) is not None:
        goal = pipeline.problem.goals[number]
        number += 1
        outcome = stage_of_payload(payload, pipeline.dataset.inputs, pipeline.problem.classes)
        if outcome.network is not None:
            check_class(outcome.network, str(path), pipeline)
            if Measured(outcome.network, pipeline.problem).goal(goal) != outcome.value:
                message = f"the value of goal {number} in `{path}` is not what its network has"
                raise UserError(Diagnostic("E653", message, help=ANEW))
        yield outcome


def _told(events: Events, done: int, pipeline: Pipeline, path: Path) -> Iterator[Network]:
    """The networks that were told of the goals that are not done, the best of each search for one."""
    for event in events.networks:
        if event.get("goal", 0) < done:
            continue  # those that are done have led to a better one
        network = network_of_payload(event.get("network"), pipeline.dataset.inputs, pipeline.problem.classes)
        check_class(network, str(path), pipeline)
        yield network


def _said(path: Path, done: int, has_networks: bool, pipeline: Pipeline) -> str:
    goals = "no goal is done" if done == 0 else "1 goal is done" if done == 1 else f"{done} goals are done"
    starts = has_networks and done < len(pipeline.problem.goals)
    return f"resuming from `{path}`: {goals}" + (", and there is a network to start from" if starts else "")
