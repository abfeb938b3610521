"""What a strategy is given for one goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from bdnnc.data.dataset import Samples
from bdnnc.data.inputs import Input
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.solve.protocol import Solver
from bdnnc.tasks.executor import Executor, Serial
from bdnnc.training.journal import Journal
from bdnnc.training.outcome import Limits, StageOutcome, Watch

Staged = Callable[[int, tuple[Fraction, ...]], Formulation]
"""The formulation of goal number k, given the values that the goals before it reached."""


@dataclass(frozen=True, slots=True)
class MethodOptions:
    """Options that only some strategies have; None leaves the choice to the strategy.

    ``moves``: how many changes of a parameter a search may weigh in all; ``restarts``: how many searches from scratch;
    ``pool``: how many different networks are kept; ``rounds``: how often a heuristic goes round. Of `split`: ``by``, how sets
    are split; ``batch``, points of a batch; ``batches``, one random one or all; ``average``, whether their networks are
    averaged.
    """

    moves: int | None = None
    restarts: int | None = None
    pool: int | None = None
    rounds: int | None = None
    by: Literal["kmeans", "svm"] = "kmeans"
    batch: int | None = None
    batches: Literal["one", "all"] = "one"
    average: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """What a run has to work with, the same for all goals. ``inputs``: what the first layer receives, for the networks that are
    reported; ``validation``: points that were held back to choose by, None where there are none; ``limits``: of the whole run.
    """

    inputs: tuple[Input, ...]
    solver: Solver
    limits: Limits
    watch: Watch
    options: MethodOptions = MethodOptions()
    executor: Executor = field(default_factory=Serial)
    journal: Journal = field(default_factory=Journal)
    validation: Samples | None = None
    searches: bool = True
    """Whether exact solves begin with a stochastic search."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One goal of a run. ``limits`` are this goal's share; ``start``: a network that keeps every constraint and the goals
    before, None where there is none yet."""

    formulation: Formulation
    means: Means
    limits: Limits
    start: Network | None = None

    @property
    def key(self) -> str:
        """The journal's path of this goal."""
        return f"goal/{self.formulation.stage}"

    @property
    def is_limited_by_work(self) -> bool:
        """Whether the user says how much is to be done, so that the time should not decide what is found."""
        options = self.means.options
        return any(limit is not None for limit in (self.limits.node_limit, options.moves, options.restarts, options.rounds))


Method = Callable[[Work], StageOutcome]
"""A strategy: the best network that it finds for one goal."""
