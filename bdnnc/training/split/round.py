"""One solve of a shared model: a batch, a partition, and the networks that come of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bdnnc.data.inputs import Input
from bdnnc.formulation.formulate import Formulation
from bdnnc.milp.lower import lower
from bdnnc.milp.merging import Merged
from bdnnc.milp.model import MilpModel
from bdnnc.network.accept import Accepted, accept
from bdnnc.network.decode import decode
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.joint import JointProgram
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Progress, SolveOptions, Solver, Stop
from bdnnc.solve.units import solve_in_units
from bdnnc.tasks.executor import never
from bdnnc.training.improver import least
from bdnnc.training.outcome import Limits
from bdnnc.training.split.batches import Batch, formulated, only
from bdnnc.training.split.mending import uncut
from bdnnc.training.split.shared import shared

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(eq=False)
class Ground:
    """What all solves of a goal share. ``options``: without time limit and start."""

    formulation: Formulation
    inputs: tuple[Input, ...]
    solver: Solver
    options: SolveOptions

    @cached_property
    def model(self) -> MilpModel:
        """The matrix of all points; made once, merged anew from round to round."""
        return lower(self.formulation.program)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """``set_of``: (patterns of the problem,); ``starts``: networks to begin from; ``seconds``: for the solve; ``deadline``:
    when it has to end, as `time.time`, which comes first where it had to wait for others; None: no limit."""

    batch: Batch
    set_of: Index
    starts: tuple[Network, ...]
    seconds: float | None
    deadline: float | None = None

    @property
    def limits(self) -> Limits:
        """The time that there is, from now on."""
        left = None if self.deadline is None else max(0.0, self.deadline - time.time())
        return Limits(time_limit=least(self.seconds, left))


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What a solve gave. ``network``: the best on the batch, None if there is none; ``others``: the incumbents before it.
    ``binaries``: integral columns that were free. ``is_infeasible``: no network of the class shares patterns so."""

    network: Network | None
    others: tuple[Network, ...]
    binaries: int
    is_infeasible: bool
    nodes: int = 0


def solve_shared(
    ground: Ground,
    task: Task,
    on_network: Callable[[Network], object] = lambda network: None,
    on_progress: Callable[[Progress], None] = lambda moment: None,
    should_stop: Callable[[], bool] = never,
) -> Solved:
    """The best network of the shared model that the time allows. ``on_network`` is told every incumbent, each a network of the
    class that keeps what the batch shows of the constraints; ``on_progress`` the moments of the solve, in its own values."""
    limits, formulation = task.limits, formulated(ground.formulation, task.batch)
    set_of = task.set_of[task.batch.patterns]
    plain = ground.model if formulation is ground.formulation else lower(formulation.program)
    model = shared(plain, formulation.program, set_of)
    if model.is_empty:
        return Solved(None, (), model.binaries, True)
    found: list[Network] = []

    def keep(y: Floats, widen: bool) -> None:
        network = _network_of(model.spread(y), formulation, plain, widen, ground, limits)
        found.append(network)
        on_network(network)

    def on_incumbent(y: Floats, objective: float) -> bool:
        keep(y, False)
        return should_stop()

    def progress(moment: Progress) -> bool:
        on_progress(moment)
        return should_stop()

    options = replace(ground.options, time_limit=limits.solving, start=_start(task.starts, formulation, set_of, model))
    solution = solve_in_units(ground.solver, model.model, options, on_incumbent, progress)
    if solution.x is not None:
        keep(solution.x, True)
    network = found.pop() if found else None
    infeasible = network is None and solution.stop is Stop.INFEASIBLE
    return Solved(network, tuple(found), model.binaries, infeasible, solution.nodes)


def _network_of(x: Floats, formulation: Formulation, model: MilpModel, widen: bool, ground: Ground, limits: Limits) -> Network:
    """The network of a point: re-chosen by acceptance, or, where that rejects it, at its word. What it does is for others to
    measure."""
    inputs, joint = ground.inputs, JointProgram(formulation, model) if formulation.coupled else None
    verdict = accept(x, formulation, inputs, widen, joint, limits.patience)
    return verdict.network if isinstance(verdict, Accepted) else decode(x, formulation, inputs)


def _start(starts: tuple[Network, ...], formulation: Formulation, set_of: Index, model: Merged) -> Floats | None:
    """The best of the networks, mended so that they cut no set, as a point of the shared model."""
    best: tuple[Fraction, Floats] | None = None
    for network in starts:
        mended = uncut(network, formulation, set_of)
        if mended is None:
            continue
        point = model.gathered(encode(canonicalise(mended, formulation), formulation))
        if np.isnan(point).any():
            continue
        value = Fraction(float(model.model.c @ point))
        if best is None or value < best[0]:
            best = value, point
    return None if best is None else best[1]


def infeasible_sets(
    ground: Ground, partition: tuple[Index, ...], seconds: float | None, should_stop: Callable[[], bool]
) -> tuple[int, ...]:
    """The sets whose points no network of the class gives one pattern, whatever it does on the others. ``partition``: the
    patterns of each set; a set that is not decided in its share of the time is not among them."""
    share = None if seconds is None else seconds / max(1, len(partition))
    found: list[int] = []
    for place, members in enumerate(partition):
        if len(members) == 1:
            continue
        if should_stop():
            break
        formulation = formulated(ground.formulation, only(ground.formulation.problem, members))
        model = shared(lower(formulation.program), formulation.program, np.zeros(len(members), dtype=np.int64))
        plain = replace(model.model, c=np.zeros_like(model.model.c), objective_step=0.0)
        if model.is_empty or _is_infeasible(ground, plain, share, should_stop):
            found.append(place)
    return tuple(found)


def _is_infeasible(ground: Ground, model: MilpModel, seconds: float | None, should_stop: Callable[[], bool]) -> bool:
    options = replace(ground.options, time_limit=seconds)
    solution = ground.solver.solve(model, options, lambda x, objective: True, lambda moment: should_stop())
    return solution.stop is Stop.INFEASIBLE
