"""Runs that go on from what an earlier one has left, wherever that one was ended; and those that must not."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest

import bdnnc
from bdnnc.diagnostics import Source, UserError
from bdnnc.network.document import Model
from bdnnc.network.measure import Measured
from bdnnc.network.saving import load
from bdnnc.pipeline import Pipeline
from bdnnc.report.progress import ProgressReporter
from bdnnc.training import session
from bdnnc.training.outcome import StageOutcome
from bdnnc.training.session import train
from bdnnc.training.settings import Request
from bdnnc.training.work import Work
from tests.cli.conftest import DATA, SPEC

PLAIN = SPEC + "train exact { start none }\n"
GOALS = PLAIN.replace(
    "minimize hamming", "minimize hamming within 1\nthen minimize l0(hidden.weights)\nthen minimize l0(output.weights)"
)


class Said(ProgressReporter):
    """What a reporter was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def update(self, moment: object) -> None:
        return

    def say(self, text: str) -> None:
        self.lines.append(text)

    def close(self) -> None:
        return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "toy.csv").write_text(DATA, encoding="utf-8")
    return tmp_path


def pipeline(folder: Path, text: str = GOALS, **params: str) -> Pipeline:
    return Pipeline(Source("toy.bdnn", text), folder, params)


def run(of: Pipeline, resume: bool = True, name: str = "toy", **asked: object) -> tuple[Model, list[str]]:
    """The certified model of a run whose files are called ``name``, and what was said."""
    said = Said()
    request = Request(time_limit=60, resume=resume, events=str(of.folder / f"{name}.events.jsonl"), **asked)  # type: ignore[arg-type]
    model = train(of, request, of.folder / f"{name}.json", said, isolated=False).require_network()
    return model, said.lines


def values(model: Model) -> list[tuple[Fraction, Fraction | None]]:
    return [(goal.value if goal.reached is None else goal.reached, goal.bound) for goal in model.training.goals]


def events(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_events_tell_the_course_of_a_run(folder: Path) -> None:
    of = pipeline(folder)
    model, _ = run(of, resume=False)
    told = events(folder / "toy.events.jsonl")
    begin = told[0]
    assert begin["event"] == "begin"
    assert (begin["format"], begin["version"], begin["bdnnc"]) == ("bdnnc-events", 1, bdnnc.__version__)
    assert (begin["spec"], begin["data"]) == (model.certificate.spec_sha256, model.certificate.data_sha256)
    assert (begin["method"], begin["seed"], begin["formulation"], begin["resumed"]) == ("exact", 0, "own", False)
    assert [event["goal"] for event in told if event["event"] == "stage"] == [0, 1, 2]
    assert [event["key"] for event in told if event["event"] == "record"] == ["goal/0", "goal/1", "goal/2"]
    assert told[-1] == {"event": "end", "seconds": told[-1]["seconds"], "status": "optimal"}
    for event in told:
        if event["event"] == "network":
            assert isinstance(event["goal"], int)
            assert event["network"]


def test_resumed_from_every_line_and_in_the_middle_of_lines(folder: Path) -> None:
    """Whatever is left of an events file, the run that goes on from it ends with the same values, and notes no goal twice."""
    of = pipeline(folder)
    expected, _ = run(of, resume=False, name="whole")
    whole = (folder / "whole.events.jsonl").read_bytes()
    lines = whole.split(b"\n")[:-1]
    ends = [sum(len(line) + 1 for line in lines[:count]) for count in range(len(lines) + 1)]
    for number, end in enumerate(ends):
        for cut in {end, end + 30} if number < len(lines) else {end}:
            (folder / "toy.events.jsonl").write_bytes(whole[:cut])
            (folder / "toy.json").unlink(missing_ok=True)
            model, said = run(of)
            assert values(model) == values(expected)
            assert model.training.status == "optimal"
            keys = [event["key"] for event in events(folder / "toy.events.jsonl") if event["event"] == "record"]
            assert keys == ["goal/0", "goal/1", "goal/2"]
            done = sum(b'"event": "record"' in line for line in lines[:number])
            assert any("the run begins anew" in line if number == 0 else f"{done} goal" in line or not done for line in said)


def test_a_finished_run_searches_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = pipeline(folder)
    first, _ = run(of, resume=False)

    def never(work: Work) -> StageOutcome:
        raise AssertionError("nothing is left to search")

    monkeypatch.setattr(session, "METHODS", {"exact": never})
    again, said = run(of)
    assert again.training == first.training
    assert said[0].endswith("3 goals are done")


def test_the_last_network_is_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the goal that was searched when the run was ended; later networks that are worse do not take its place on disk."""
    of = pipeline(folder, PLAIN)
    run(of, resume=False)
    path = folder / "toy.events.jsonl"
    told = [line for line in path.read_text(encoding="utf-8").split("\n")[:-1] if '"event": "record"' not in line]
    path.write_text("\n".join(told[:-1]) + "\n", encoding="utf-8")
    starts: list[Fraction] = []
    saved: list[Fraction] = []

    def method(work: Work) -> StageOutcome:
        assert work.start is not None
        problem = work.formulation.problem
        starts.append(Measured(work.start, problem).goal(work.formulation.goal))
        worse = of.formulation  # a constant network, as every search begins
        from bdnnc.training.constant import best_constant

        found = best_constant(worse)
        assert found is not None
        constant, value = found
        work.means.watch.on_network(constant, value, Fraction(0))
        saved.append(load(folder / "toy.json").training.objective)
        return StageOutcome("feasible", work.start, starts[0], Fraction(0), 0, 0, 1e-6)

    monkeypatch.setattr(session, "METHODS", {"exact": method})
    model, _ = run(of)
    assert starts == saved == [1]
    assert model.training.objective == 1
    assert [event["value"] for event in events(path) if event["event"] == "network"][-1] == 1


def test_a_goal_that_ran_out_of_time_is_searched_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = pipeline(folder, PLAIN)
    calls: list[bool] = []

    def late(work: Work) -> StageOutcome:
        calls.append(work.start is not None)
        found = session_methods["exact"](work)
        if len(calls) > 1:
            return found
        monkeypatch.setattr(type(work.means.limits), "is_late", True)
        return StageOutcome("feasible", found.network, found.value, Fraction(0), 0, 0, 1e-6)

    session_methods = dict(session.METHODS)
    monkeypatch.setattr(session, "METHODS", {"exact": late})
    first, _ = run(of, resume=False)
    assert first.training.status == "feasible"
    monkeypatch.undo()
    monkeypatch.setattr(session, "METHODS", {"exact": late})
    second, said = run(of)
    assert calls == [False, True]
    assert second.training.status == "optimal"
    assert said[0].endswith("no goal is done, and there is a network to start from")


def test_an_interrupted_goal_is_searched_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = pipeline(folder, PLAIN)

    def stopped(work: Work) -> StageOutcome:
        return StageOutcome("interrupted", None, None, Fraction(0), 0, 0, 1e-6)

    with monkeypatch.context() as patch:
        patch.setattr(session, "METHODS", {"exact": stopped})
        trained = train(of, Request(events=str(folder / "toy.events.jsonl")), folder / "toy.json", isolated=False)
    assert trained.model is None
    assert events(folder / "toy.events.jsonl")[-1]["status"] == "interrupted"
    assert run(of)[0].training.status == "optimal"


def test_an_infeasible_goal_is_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = pipeline(folder, SPEC + "train exact { start none cutoff 0 }\n")
    request = Request(events=str(folder / "toy.events.jsonl"))
    assert train(of, request, isolated=False).model is None

    def never(work: Work) -> StageOutcome:
        raise AssertionError("nothing is left to search")

    monkeypatch.setattr(session, "METHODS", {"exact": never})
    again = train(of, Request(events=str(folder / "toy.events.jsonl"), resume=True), isolated=False)
    assert again.outcome.stages[0].status == "infeasible"


def test_only_the_model_is_left(folder: Path) -> None:
    of = pipeline(folder)
    expected, _ = run(of, resume=False)
    (folder / "toy.events.jsonl").unlink()
    model, said = run(of)
    assert values(model) == values(expected)
    assert said[0].endswith(f"the run begins with the network of `{folder / 'toy.json'}`")


def test_where_events_are_by_default(folder: Path) -> None:
    of = pipeline(folder, PLAIN)
    train(of, Request(resume=True), folder / "a.b.json", isolated=False)
    assert (folder / "a.b.events.jsonl").exists()
    train(of, Request(), folder / "c.json", isolated=False)
    assert not (folder / "c.events.jsonl").exists()


def test_a_file_that_is_there_is_not_overwritten(folder: Path) -> None:
    path = folder / "toy.events.jsonl"
    path.write_text("precious\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"E652: `{path}` is there already"):
        run(pipeline(folder), resume=False)
    with pytest.raises(UserError, match=r"E653: .* is no events file of bdnnc"):
        run(pipeline(folder))
    assert path.read_text(encoding="utf-8") == "precious\n"
    path.write_text("", encoding="utf-8")
    run(pipeline(folder, PLAIN), resume=False)


def test_nothing_to_resume_from(folder: Path) -> None:
    with pytest.raises(UserError, match="E655: there is nothing to resume from"):
        train(pipeline(folder), Request(resume=True))


def test_events_in_place_of_the_model(folder: Path) -> None:
    same = folder / "toy.json"
    with pytest.raises(UserError, match="E647: the events and the model would both be written to"):
        train(pipeline(folder), Request(events=str(folder / "." / "toy.json")), same)


def test_another_spec_or_other_data(folder: Path) -> None:
    run(pipeline(folder, PLAIN), resume=False)
    with pytest.raises(UserError, match=r"E654: the spec, with the params used, of `.*` had the SHA-256 \w+\.\., and has"):
        run(pipeline(folder, PLAIN, width="3"))
    with pytest.raises(UserError, match="E654: the spec"):
        run(pipeline(folder, PLAIN + "# a remark\n"))
    (folder / "toy.csv").write_text(DATA.replace("2,2,no", "2,2,yes"), encoding="utf-8")
    with pytest.raises(UserError) as error:
        run(pipeline(folder, PLAIN))
    [found] = error.value.diagnostics
    assert found.code == "E654"
    assert found.message.startswith("the data of `")


def test_the_model_of_another_spec(folder: Path) -> None:
    """The model would be overwritten."""
    run(pipeline(folder, PLAIN, width="3"), resume=False)
    (folder / "toy.events.jsonl").unlink()
    with pytest.raises(UserError, match=r"E654: the spec, with the params used, of `.*toy\.json` had"):
        run(pipeline(folder, PLAIN))
    (folder / "toy.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="E550"):
        run(pipeline(folder, PLAIN))


def test_other_settings(folder: Path) -> None:
    run(pipeline(folder, PLAIN), resume=False, seed=3)
    with pytest.raises(UserError) as error:
        run(pipeline(folder, PLAIN), seed=4, gap=0.25, method="local_search")
    messages = [found.message for found in error.value.diagnostics]
    path = folder / "toy.events.jsonl"
    assert messages == [
        f"`{path}` was begun with method `exact`, not `local_search`",
        f"`{path}` was begun with seed `3`, not `4`",
        f"`{path}` was begun with options none, not gap 0.25",
    ]
    run(pipeline(folder, PLAIN), seed=3, threads=1)  # these may differ, like the time limit


def test_figures_that_are_not_what_the_networks_have(folder: Path) -> None:
    run(pipeline(folder, PLAIN), resume=False)
    path = folder / "toy.events.jsonl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"value": 1, "bound": 1, "cuts"', '"value": 0, "bound": 0, "cuts"'), encoding="utf-8")
    with pytest.raises(UserError, match=r"E653: the value of goal 1 in `.*` is not what its network has"):
        run(pipeline(folder, PLAIN))
    record = next(line for line in text.split("\n") if '"event": "record"' in line)
    place = record.index('"weights": [[')
    other = record[:place] + '"weights": [[7' + record[record.index(",", place + 11) :]
    path.write_text(text.replace(record, other), encoding="utf-8")
    with pytest.raises(UserError, match=r"E523: .* is no network of the declared class"):
        run(pipeline(folder, PLAIN))


def test_the_model_that_is_resumed_certifies(folder: Path) -> None:
    of = pipeline(folder)
    run(of, resume=False)
    shutil.copy(folder / "toy.json", folder / "first.json")
    model, _ = run(of)
    assert model.training == load(folder / "first.json").training


def test_the_library(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    compiled = bdnnc.compile(PLAIN)
    first = compiled.train(save="toy.json", events="toy.jsonl", jobs=1)
    again = compiled.train(save="toy.json", events=Path("toy.jsonl"), resume=True)
    assert (again.status, again.loss, again.bound) == (first.status, first.loss, first.bound)
    with pytest.raises(UserError, match="E652"):
        compiled.train(events="toy.jsonl")
    with pytest.raises(UserError, match="E631: `pool` is an option of `search`, not of `exact`"):
        compiled.train(pool=3)
    with pytest.raises(UserError, match="E632: `jobs`"):
        compiled.train(jobs=0)
    with pytest.raises(UserError, match="E656"):
        compiled.train(cluster="nowhere")


@pytest.mark.parametrize("kind", ["record", "network"])
def test_what_is_broken_inside_a_line_is_told_with_its_place(folder: Path, kind: str) -> None:
    run(pipeline(folder, PLAIN), resume=False)
    path = folder / "toy.events.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")
    if kind == "network":
        lines = [line for line in lines if '"event": "record"' not in line]
    number = max(place for place, line in enumerate(lines) if f'"event": "{kind}"' in line)
    begin = lines[number].index('"bias": [')
    good = lines[number]
    for bad, code in (('"bias": [1e999]', "E556"), ('"bais": [1, 1]', "E552"), ('"margin": 0', "E553")):
        end = good.index("]", begin) + 1
        lines[number] = good[:begin] + bad + good[end:]
        path.write_text("\n".join(lines), encoding="utf-8")
        with pytest.raises(UserError) as error:
            run(pipeline(folder, PLAIN))
        [found] = error.value.diagnostics
        assert (found.code, found.notes) == (code, (f"in `line {number + 1} of {path}`",))


RECORDS = {
    "search": "train search { restarts 2 moves 500 }\n",
    "local_search": "train local_search { restarts 1 rounds 2 start none }\n",
    "split": "train split { rounds 2 start none }\n",
}


@pytest.mark.parametrize("method", RECORDS)
def test_records_of_another_form(method: str, folder: Path) -> None:
    """Whatever stands in a record's place, a resume says which one it cannot read, or goes on without it."""
    of = pipeline(folder, SPEC + RECORDS[method])
    run(of, resume=False, name="whole")
    lines = (folder / "whole.events.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    places = [place for place, line in enumerate(lines) if json.loads(line)["event"] == "record"]
    assert places
    told = set()
    for place in places:
        event = json.loads(lines[place])
        payload = event["payload"]
        spoilt = [{}, [], 7, "x", *({**payload, name: wrong} for name in payload for wrong in ([], "x", {"a": 1}, [[[3]]]))]
        spoilt += [{other: payload[other] for other in payload if other != name} for name in payload]
        for other in spoilt:
            changed = json.dumps({**event, "payload": other})
            (folder / "toy.events.jsonl").write_text("\n".join([*lines[:place], changed]) + "\n", encoding="utf-8")
            (folder / "toy.json").unlink(missing_ok=True)
            try:
                run(of)
            except UserError as error:
                told.update(diagnostic.code for diagnostic in error.diagnostics)
    assert told <= {"E653", *(f"E55{digit}" for digit in range(10)), "E523"}
    assert "E653" in told
