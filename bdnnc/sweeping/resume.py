"""Where a sweep goes on from: the trainings that an earlier one has recorded, if they belong to this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bdnnc.diagnostics import Diagnostic, UserError
from bdnnc.network.document import text_sha256
from bdnnc.sweeping.sweep import Sweep
from bdnnc.training.resume import Resumption, earlier_events


def sweep_resumption(sweep: Sweep, events: str | None, resume: bool) -> Resumption:
    """What a sweep with the events file ``events`` (None: none) goes on from.

    Raises UserError: E655 for ``resume`` without a file, E652 to E654 as `earlier_events`.
    """
    if events is None:
        if resume:
            help = "name the events of the sweep that is to go on with `--events FILE.jsonl`"
            raise UserError(Diagnostic("E655", "there is nothing to resume from", help=help))
        return Resumption()
    path, identity = Path(events), _identity(sweep)
    earlier = earlier_events(path, identity, resume)
    if earlier is None:
        return Resumption(path, identity, note=f"no events in `{path}`: the sweep begins anew" if resume else "")
    done = sum(trial.key in earlier.records for trial in sweep.trials)
    note = f"resuming from `{path}`: {done:,} of {len(sweep.trials):,} trainings are done"
    return Resumption(path, identity, earlier, note=note)


def _identity(sweep: Sweep) -> dict[str, Any]:
    """What sweeps that go on from each other have in common. Not the grid and not the folds, which may grow: a training is
    recorded under its own params and fold."""
    plan, request = sweep.plan, sweep.plan.request
    options = {
        "time_limit": request.time_limit,
        "gap": request.gap,
        "node_limit": request.node_limit,
        "threads": request.threads,
        "solver": request.solver,
        "penalty": plan.penalty,
    }
    return {
        "work": "sweep",
        "spec": text_sha256(plan.source.text),
        "data": sweep.data_sha256(),
        "method": request.method or "of the file",
        "seed": "of the file" if request.seed is None else request.seed,
        "formulation": plan.form,
        "options": {name: value for name, value in options.items() if value is not None},
    }
