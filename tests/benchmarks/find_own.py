"""Ours in the benchmark "find": the method `search` with two processes, its better networks over time."""

from __future__ import annotations

import time
from contextlib import closing
from fractions import Fraction

from find_curves import Point, improvements

from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.pipeline import Pipeline
from bdnnc.solve.registry import solver
from bdnnc.tasks.factory import executor_of
from bdnnc.training.goals import train_goals
from bdnnc.training.methods import METHODS
from bdnnc.training.outcome import Limits, Watch
from bdnnc.training.work import Means

JOBS = 2


def own_curve(pipeline: Pipeline, seconds: float, seed: int) -> tuple[tuple[Point, ...], float | None]:
    """The improvements, each measured here once more, and when the search stopped by itself, None where the limit stopped it.

    The clock begins with the program in memory, as that of the peers; processes that begin and loops that are compiled are
    part of the time.
    """
    problem, _ = pipeline.problem, pipeline.formulation
    found: list[tuple[float, Network]] = []
    began = time.monotonic()

    def note(network: Network, value: Fraction, bound: Fraction) -> None:
        found.append((time.monotonic() - began, network))

    limits = Limits(time_limit=seconds, started=began, seed=seed)
    with closing(executor_of(JOBS)) as executor:
        means = Means(pipeline.dataset.inputs, solver("auto"), limits, Watch(on_network=note), executor=executor)
        train_goals(METHODS["search"], pipeline.staged, len(problem.goals), means)
        took = time.monotonic() - began
    goal = problem.goals[0]
    points = improvements((moment, float(Measured(network, problem).goal(goal))) for moment, network in found)
    return points, None if took >= seconds else round(took, 3)
