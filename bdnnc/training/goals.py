"""The goals of a file one after the other, each among the best networks of those before, by any strategy.

Each later goal holds the earlier ones to the values of the accepted incumbent (plus `within`) and starts from the best network
that is known to keep them. A goal that has others after it gets the larger part of the time that is left, since whatever it
misses no later goal makes up for; time that is not used carries over, and what is left in the end goes to the first goal that
its share of the time has ended. (docs/formulations.md, *Losses and goals*.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from bdnnc.formulation.caps import sign_of
from bdnnc.formulation.formulate import Formulation
from bdnnc.network.network import Network
from bdnnc.training.improver import objective_of
from bdnnc.training.journal import Telling
from bdnnc.training.order import Values, best_place, values_of
from bdnnc.training.outcome import Limits, Outcome, StageOutcome, Watch
from bdnnc.training.payloads import stage_payload
from bdnnc.training.work import Means, Method, Staged, Work

SHARE = 0.6
"""Of the time that is left: what a goal gets that has others after it."""

LEAST_SECONDS, LEAST_SHARE = 1.0, 0.1
"""Less than these seconds, or than this share of the whole time, are not worth another pass over a goal."""

OTHER_SEEDS = 10_007
"""Between the seeds of two passes over a goal: the same ones would find the same networks."""

ONCE_MORE = "{:.0f} s are left, so goal {} of {}, which its share of the time has ended, is searched once more"


def train_goals(
    method: Method,
    staged: Staged,
    goals: int,
    means: Means,
    known: Sequence[Network] = (),
    done: tuple[StageOutcome, ...] = (),
) -> Outcome:
    """The best network for ``goals`` goals in order, as far as the limits reach.

    ``done``: what came of the first goals in an earlier run. ``known``: networks of this shape that are there before. A goal
    begins with the best of them that is as good as the goals before have got; nothing that is worse than the best of them, by
    the goals in their order, is told or returned. A later goal's program is made only while there is time. A goal that is done
    with is recorded in the journal under `goal/N`; nothing is recorded of goals after one that is not, since more time may
    give them other values to keep. Raises what the solver raises for wrong options.
    """
    run = _Run(method, staged, goals, means, list(known), list(done), [True] * len(done))
    run.go_through(len(done))
    while (stage := run.worth_reopening()) is not None:
        run.reopen(stage)
    return run.outcome()


@dataclass(eq=False)
class _Run:
    """``found``: what came of the goals so far; ``settled``: of each whether it ended by itself, not by its share of the time.
    ``values``: of ``known`` and of what was told since, where there is something that must not be lost."""

    method: Method
    staged: Staged
    goals: int
    means: Means
    known: list[Network]
    found: list[StageOutcome]
    settled: list[bool]
    values: list[Values] = field(default_factory=list[Values])
    passes: int = 0
    """That were made once more."""

    def go_through(self, first: int) -> None:
        """The goals from number ``first`` on."""
        for stage in range(first, self.goals):
            if self.found and (self.found[-1].network is None or self.means.limits.is_late):
                return
            outcome, settled = self._search(stage)
            self.found.append(outcome)
            self.settled.append(settled)
            if outcome.status == "interrupted":
                return

    def worth_reopening(self) -> int | None:
        """The first goal that more time may better, where enough is left."""
        limits, remaining = self.means.limits, self.means.limits.remaining
        if remaining is None or limits.time_limit is None or limits.is_late or self.means.watch.should_stop():
            return None
        if remaining < max(LEAST_SECONDS, LEAST_SHARE * limits.time_limit):
            return None
        return next((stage for stage, settled in enumerate(self.settled) if not settled), None)

    def reopen(self, stage: int) -> None:
        """Search a goal once more; where it gets better, those after it, too."""
        self.passes += 1
        before, later = self.found[stage], self.found[stage + 1 :]
        self.known += [outcome.network for outcome in self.found[stage:] if outcome.network is not None]
        self.means.watch.on_note(ONCE_MORE.format(self.means.limits.remaining or 0.0, stage + 1, self.goals))
        del self.found[stage:]
        settled_later = self.settled[stage + 1 :]
        del self.settled[stage:]
        outcome, settled = self._search(stage)
        self.settled.append(settled)
        if outcome.value is not None and outcome.value != before.value:
            self.found.append(outcome)
            if outcome.status != "interrupted":
                self.go_through(stage + 1)
            return
        self.found += [_both(before, outcome, self._formulation(stage)), *later]
        self.settled += settled_later
        if outcome.status == "interrupted":
            self.found[-1] = replace(self.found[-1], status="interrupted")

    def outcome(self) -> Outcome:
        """What was found; where a network that was known is better by later goals, which there was no time for, that one."""
        stages = [stage for stage, outcome in enumerate(self.found) if outcome.network is not None]
        if not (self.known and stages):
            return Outcome(tuple(self.found))
        formulation, outcome = self._formulation(stages[-1]), self.found[stages[-1]]
        assert outcome.network is not None
        networks = [outcome.network, *self.known]
        values = [values_of(network, formulation.problem) for network in networks]
        place = best_place(values, formulation.problem)
        if place and objective_of(networks[place], formulation) is not None:
            own = replace(networks[place], inputs=self.means.inputs, classes=formulation.problem.classes)
            value = sign_of(formulation.goal) * values[place][formulation.stage]
            self.found[stages[-1]] = replace(outcome, network=own, value=value)
        return Outcome(tuple(self.found))

    def _search(self, stage: int) -> tuple[StageOutcome, bool]:
        """What came of a goal, and whether it ended by itself."""
        means = self.means
        means.watch.on_stage(tuple(self.found))
        formulation, share = self._formulation(stage), self._share(stage)
        is_certain = all(self.settled[:stage])
        journal = means.journal if is_certain and not self.passes else Telling(means.journal)
        own = replace(means, watch=self._watch(formulation), journal=journal)
        outcome = self.method(Work(formulation, own, share, self._start(formulation)))
        settled = outcome.status in ("optimal", "infeasible") or not share.is_late
        is_done = (
            settled and outcome.status != "interrupted" and (outcome.network is not None or outcome.status == "infeasible")
        )
        if is_done and is_certain:
            means.journal.record(f"goal/{stage}", stage_payload(outcome))
        return outcome, settled

    def _formulation(self, stage: int) -> Formulation:
        return self.staged(stage, tuple(outcome.value for outcome in self.found[:stage] if outcome.value is not None))

    def _share(self, stage: int) -> Limits:
        """The limits of one goal; a cutoff is the first goal's."""
        limits = self.means.limits
        own = replace(
            limits,
            cutoff=limits.cutoff if stage == 0 else None,
            seed=(limits.seed + self.passes * OTHER_SEEDS) % 2**31,
        )
        remaining = limits.remaining
        if remaining is None or stage == self.goals - 1:
            return own
        return replace(own, time_limit=(limits.time_limit or 0.0) - (1 - SHARE) * remaining)

    def _start(self, formulation: Formulation) -> Network | None:
        """The best network in this goal of those that are known and keep the goals before, of equally good ones the best by all
        goals; where none of them does, that of the goal before."""
        reached = [outcome.network for outcome in self.found[: formulation.stage] if outcome.network is not None][-1:]
        starts = [*reached, *self.known]
        if len(starts) < 2:
            return starts[0] if starts else None
        measured = [(objective, network) for network in starts if (objective := objective_of(network, formulation)) is not None]
        if not measured:
            return starts[0]
        least = min(objective for objective, _ in measured)
        equal = [network for objective, network in measured if objective == least]
        return equal[best_place([values_of(network, formulation.problem) for network in equal], formulation.problem)]

    def _watch(self, formulation: Formulation) -> Watch:
        """Nothing that is worse than what is known is passed on."""
        outer, problem = self.means.watch, formulation.problem
        if not self.known:
            return outer
        self.values = [values_of(network, problem) for network in self.known]

        def take(network: Network, value: Fraction, bound: Fraction) -> None:
            values = [values_of(network, problem), *self.values]
            if best_place(values, problem) == 0:
                self.values = values
                outer.on_network(network, value, bound)

        return replace(outer, on_network=take)


def _both(before: StageOutcome, again: StageOutcome, formulation: Formulation) -> StageOutcome:
    """A goal that another pass over it has not bettered, with what that pass has proved."""
    sign = sign_of(formulation.goal)
    bound = sign * max(sign * before.bound, sign * again.bound)
    status = "optimal" if again.status == "optimal" else before.status
    return replace(before, status=status, bound=bound, nodes=before.nodes + again.nodes)
