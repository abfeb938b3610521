"""Who hears of a run's course: the keeper of the model file, the journal, the reporter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction

from bdnnc.diagnostics import Diagnostic, render_concise
from bdnnc.ir.problem import Problem
from bdnnc.network.network import Network
from bdnnc.report.progress import ProgressReporter
from bdnnc.solve.protocol import Progress
from bdnnc.training.journal import Journal
from bdnnc.training.journal_file import JournalFile
from bdnnc.training.outcome import StageOutcome, Watch
from bdnnc.training.payloads import network_payload
from bdnnc.training.resume import Resumption


def journal_of(resumption: Resumption, reporter: ProgressReporter) -> AbstractContextManager[Journal]:
    """The journal of a run, which has told its beginning; one that keeps nothing where there is no events file.

    Raises UserError E657, E661 as `JournalFile`.
    """
    if resumption.path is None:
        return nullcontext(Journal())

    def trouble(found: Diagnostic) -> None:
        reporter.say(render_concise([found]).rstrip())

    events = resumption.events
    if events is None:
        journal = JournalFile(resumption.path, trouble)
    else:
        journal = JournalFile(resumption.path, trouble, events.records, events.size)
    journal.tell("begin", **resumption.begin)
    return journal


@dataclass(slots=True, eq=False)
class Course:
    """Passes on what a strategy tells. ``on_stage``, ``on_network``: the keeper's."""

    problem: Problem
    journal: Journal
    reporter: ProgressReporter
    on_stage: Callable[[tuple[StageOutcome, ...]], None]
    on_network: Callable[[Network, Fraction, Fraction], None]
    goal: int = 0

    def watch(self, should_stop: Callable[[], bool]) -> Watch:
        return Watch(self._stage, self._network, self._progress, should_stop, self._note)

    def _stage(self, done: tuple[StageOutcome, ...]) -> None:
        self.goal = len(done)
        goal = self.problem.goals[self.goal]
        self.journal.tell("stage", goal=self.goal, sense=goal.sense, text=goal.text)
        self.on_stage(done)

    def _network(self, network: Network, value: Fraction, bound: Fraction) -> None:
        self.journal.tell("network", goal=self.goal, value=value, bound=bound, network=network_payload(network))
        self.on_network(network, value, bound)

    def _progress(self, moment: Progress) -> None:
        self.journal.tell("progress", goal=self.goal, incumbent=moment.incumbent, bound=moment.bound, nodes=moment.nodes)
        self.reporter.update(moment)

    def _note(self, text: str) -> None:
        self.journal.tell("note", text=text)
        self.reporter.say(text)
