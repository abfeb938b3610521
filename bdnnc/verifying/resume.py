"""Where a verification goes on from: the points that an earlier one has judged, if model, set and points are the same."""

from __future__ import annotations

from pathlib import Path

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.training.resume import SUFFIX, Resumption, earlier_events
from bdnnc.verifying.prepare import Verification


def verify_resumption(asked: Verification, events: str | None, resume: bool, out: Path | None) -> Resumption:
    """What a verification with the events file ``events`` goes on from; with ``resume`` else OUT.events.jsonl beside ``out``.

    Raises UserError: E655 for ``resume`` without either, E652 to E654 as `earlier_events`.
    """
    path = None if events is None else Path(events)
    if path is None and resume and out is not None:
        path = out.with_name(out.name.removesuffix(out.suffix) + SUFFIX)
    if path is None:
        if resume:
            help = "name the events of the run that is to go on with `--events FILE.jsonl`, or its table with `-o OUT.csv`"
            raise UserError(Diagnostic("E655", "there is nothing to resume from", help=help))
        return Resumption()
    identity = asked.identity()
    earlier = earlier_events(path, identity, resume)
    if earlier is None:
        return Resumption(path, identity, note=f"no events in `{path}`: the run begins anew" if resume else "")
    there = len(asked.question.points.y)
    done = sum(key_of(place) in earlier.records for place in range(there))
    return Resumption(path, identity, earlier, note=f"resuming from `{path}`: {done:,} of {there:,} distinct points are judged")


def key_of(place: int) -> str:
    """The journal's key of a distinct point."""
    return f"point/{place}"
