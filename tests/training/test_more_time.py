"""Goals that their share of the time has ended: searched again by the same run, and by the next one, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bdnnc.diagnostics import Source
from bdnnc.network.network import Layer, Network
from bdnnc.network.saving import load
from bdnnc.pipeline import Pipeline
from bdnnc.training import goals, session
from bdnnc.training.improver import objective_of
from bdnnc.training.order import best_place
from bdnnc.training.outcome import Limits, StageOutcome
from bdnnc.training.session import train
from bdnnc.training.settings import Request
from bdnnc.training.work import Work

SPEC = """\
data {
  from   "line.csv"
  target "y"
}

network {
  layer o: 1 step unit
    weights in {-1, 0, 1}
}

minimize errors
then minimize l1(weights)
"""
DATA = "x,z,y\n0,0,no\n1,0,no\n2,0,yes\n3,1,yes\n"


def unit(first: int, second: int, bias: int) -> Network:
    """A unit of two inputs, the second of which changes nothing here. A weight of 1 and a bias of -2 have all points right."""
    weights = np.array([[Fraction(first), Fraction(second)]], dtype=object)
    absent = np.zeros(weights.shape, dtype=np.bool_)
    return Network(
        (), (Layer("o", "step", weights, np.array([Fraction(bias)], dtype=object), absent, Fraction(0)),), ("no", "yes")
    )


CONSTANT, ONE_WRONG, ONE_WRONG_HEAVY, ALL_RIGHT, ALL_RIGHT_HEAVY = (
    unit(0, 0, -1), unit(1, 0, -1), unit(1, 1, -1), unit(1, 0, -2), unit(1, 1, -2)
)  # fmt: skip
"""2 errors and no weight; 1 error; the same with a weight in vain; none; the same with a weight in vain."""


class Script:
    """A method that finds what it is told to, and says of which goals; ``None``: its start. Where it is late, its share of the
    time is over, but not the run's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *steps: tuple[int, Network | None, bool]) -> None:
        self.steps = list(steps)
        self.starts: list[Fraction | None] = []
        self.seeds: list[int] = []
        over: set[float | None] = set()
        self.over = over
        monkeypatch.setattr(Limits, "is_late", property(lambda limits: limits.time_limit in over))

    def __call__(self, work: Work) -> StageOutcome:
        stage, network, is_late = self.steps.pop(0)
        assert work.formulation.stage == stage
        start = None if work.start is None else objective_of(work.start, work.formulation)
        self.starts.append(start)
        self.seeds.append(work.limits.seed)
        chosen = network or work.start
        assert chosen is not None
        found = replace(chosen, inputs=work.means.inputs)
        value = objective_of(found, work.formulation)
        assert value is not None
        work.means.watch.on_network(found, value, Fraction(0))
        work.means.journal.record(f"{work.key}/restart/0", {})
        if is_late:
            self.over.add(work.limits.time_limit)
        return StageOutcome("feasible", found, value, Fraction(0), 0, 0, 1e-6)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "line.csv").write_text(DATA, encoding="utf-8")
    return tmp_path


Scripted = Callable[..., tuple[Script, list[Fraction], list[str]]]


@pytest.fixture
def scripted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """``scripted(*steps)``: the script, the final values of the goals, and the keys that are recorded in the end."""

    def run(
        *steps: tuple[int, Network | None, bool], passes: bool = True, text: str = SPEC
    ) -> tuple[Script, list[Fraction], list[str]]:
        script = Script(monkeypatch, *steps)
        monkeypatch.setattr(session, "METHODS", {"search": script})
        monkeypatch.setattr(goals, "LEAST_SHARE", 0.1 if passes else 2.0)
        request = Request("search", resume=True, time_limit=60)
        model = train(Pipeline(Source("line.bdnn", text), folder), request, folder / "m.json").require_network()
        assert script.steps == []
        lines = (folder / "m.events.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
        keys = [event["key"] for event in map(json.loads, lines) if event["event"] == "record"]
        return script, [goal.value for goal in model.training.goals], keys

    return run


def test_a_goal_that_its_share_ended_is_not_done(scripted: Scripted) -> None:
    """Nor is anything that was built upon it: the next run may find something else to build upon."""
    _, values, keys = scripted((0, ONE_WRONG_HEAVY, True), (1, ONE_WRONG, False), passes=False)
    assert values == [1, 1]
    assert keys == ["goal/0/restart/0"]
    script, values, keys = scripted((0, ALL_RIGHT_HEAVY, False), (1, ALL_RIGHT, False), passes=False)
    assert script.starts == [1, 2]
    assert values == [0, 1]
    assert keys[1:] == ["goal/0/restart/0", "goal/0", "goal/1/restart/0", "goal/1"]
    script, values, _ = scripted()
    assert values == [0, 1]


def test_a_resumed_run_begins_with_the_best_network_and_never_ends_with_a_worse_one(scripted: Scripted, folder: Path) -> None:
    scripted((0, ONE_WRONG_HEAVY, True), (1, ONE_WRONG, False), passes=False)
    script, values, _ = scripted((0, ONE_WRONG_HEAVY, True), (1, None, False), passes=False)
    assert script.starts == [1, 1]  # not the two of what the first goal has found now
    assert values == [1, 1]


def test_a_run_that_ends_before_the_later_goals_keeps_what_is_better_in_them(
    scripted: Scripted, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted((0, ONE_WRONG_HEAVY, True), (1, ONE_WRONG, False), passes=False)
    saved = (folder / "m.json").read_bytes()

    class Late(Script):
        def __call__(self, work: Work) -> StageOutcome:
            found = super().__call__(work)
            assert (folder / "m.json").read_bytes() == saved  # as many errors, and more weights
            self.over.add(60.0)
            return found

    late = Late(monkeypatch, (0, ONE_WRONG_HEAVY, True))
    monkeypatch.setattr(session, "METHODS", {"search": late})
    train(Pipeline(Source("line.bdnn", SPEC), folder), Request("search", resume=True, time_limit=60), folder / "m.json")
    assert [goal.value for goal in load(folder / "m.json").training.goals] == [1, 1]


def test_what_a_later_goal_may_take_is_counted_from_the_best_that_is_known(scripted: Scripted) -> None:
    """The saved network has an error more than the best one; two more would be worse than it."""
    text = SPEC.replace("minimize errors", "minimize errors within 1")
    scripted((0, ALL_RIGHT, True), (1, ONE_WRONG, False), passes=False, text=text)
    script, _, _ = scripted((0, None, True), (1, None, False), passes=False, text=text)
    assert script.starts[0] == 0


def test_time_that_is_left_goes_to_the_first_goal_that_its_share_has_ended(scripted: Scripted) -> None:
    script, values, keys = scripted(
        (0, ONE_WRONG_HEAVY, True), (1, ONE_WRONG, False), (0, ALL_RIGHT_HEAVY, False), (1, ALL_RIGHT, False)
    )
    assert script.starts == [None, 2, 1, 2]
    assert values == [0, 1]
    assert script.seeds[0] == script.seeds[1] != script.seeds[2]
    assert keys == ["goal/0/restart/0", "goal/0", "goal/1"]


def test_another_pass_in_vain_loses_nothing(scripted: Scripted) -> None:
    script, values, keys = scripted((0, ONE_WRONG_HEAVY, True), (1, ONE_WRONG, False), (0, ONE_WRONG_HEAVY, False))
    assert script.starts == [None, 2, 1]
    assert values == [1, 1]
    assert keys == ["goal/0/restart/0", "goal/0"]


def test_the_best_network_by_all_goals(folder: Path) -> None:
    problem = Pipeline(Source("line.bdnn", SPEC), folder).problem
    rows = [(2, 0), (1, 2), (1, 1), (1, 1)]
    assert best_place([tuple(map(Fraction, row)) for row in rows], problem) == 2
    loose = Pipeline(Source("line.bdnn", SPEC.replace("errors", "errors within 1")), folder).problem
    assert best_place([tuple(map(Fraction, row)) for row in rows], loose) == 0
    assert best_place([tuple(map(Fraction, row)) for row in [*rows, (0, 5)]], loose) == 2
