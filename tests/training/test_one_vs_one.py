"""Training a network for each pair of classes: tasks, shares of time, interruptions, starts, resuming, what is saved."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bdnnc.diagnostics import Diagnostic, Source, UserError, WorkFailed
from bdnnc.network.document import Model
from bdnnc.network.ensemble import Ensemble
from bdnnc.network.saving import load, save
from bdnnc.network.writing import model_text
from bdnnc.pipeline import Form, Pipeline
from bdnnc.report.progress import ProgressReporter
from bdnnc.solve.interrupt import Interruption
from bdnnc.solve.protocol import Progress
from bdnnc.training import exact, one_vs_one, session
from bdnnc.training.outcome import Watch
from bdnnc.training.pair_task import Pairs, pair_of_payload, pair_payload, train_pair, untrained
from bdnnc.training.payloads import plain
from bdnnc.training.recheck import recheck
from bdnnc.training.session import Trained
from bdnnc.training.settings import Request

POINTS = "x,z,y\n0,0,a\n1,0,a\n2,1,a\n3,1,b\n4,0,b\n5,1,c\n6,0,c\n7,1,c\n8,1,b\n"
SPEC = """\
data { from "points.csv" target "y" }
network one_vs_one { layer output: 1 step unit weights in {-2..2} bias in {-9..9} }
minimize errors then minimize l0(weights)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solves begin with one short search, not with several."""
    monkeypatch.setattr(exact, "SEARCH_RESTARTS", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "points.csv").write_text(POINTS)
    return tmp_path


def pipeline(folder: Path, text: str = SPEC, form: Form = "own") -> Pipeline:
    return Pipeline(Source("spec.bdnn", text), folder, form=form)


class Said(ProgressReporter):
    """Keeps what is said; ``on_say`` hears it too."""

    def __init__(self, on_say: Callable[[str], None] = lambda text: None) -> None:
        self.lines: list[str] = []
        self.moments = 0
        self.on_say = on_say

    def update(self, moment: Progress) -> None:
        self.moments += 1

    def say(self, text: str) -> None:
        self.lines.append(text)
        self.on_say(text)

    def close(self) -> None:
        return


def run(folder: Path, request: Request | None = None, text: str = SPEC, **more: Any) -> Trained:
    return session.train(pipeline(folder, text, more.pop("form", "own")), request or Request(), isolated=False, **more)


def certified(trained: Trained, folder: Path, text: str = SPEC, form: Form = "own") -> Model:
    model = trained.require_network()
    assert recheck(model, pipeline(folder, text, form)).difference is None
    return model


# --- a run ------------------------------------------------------------------------------------------------------------


def test_every_pair_is_told_trained_and_saved(folder: Path) -> None:
    said = Said()
    trained = run(folder, save_to=folder / "model.json", reporter=said)
    model = certified(trained, folder)
    assert model.training.status == "optimal"
    assert [member.training.errors for member in model.members] == [0, 0, 1]
    assert [line.rsplit(", ", 1)[0] for line in said.lines] == [
        "pair 1 of 3, `a` against `b`: errors 0, l0(weights) 1, optimal",
        "pair 2 of 3, `a` against `c`: errors 0, l0(weights) 1, optimal",
        "pair 3 of 3, `b` against `c`: errors 1, l0(weights) 1, optimal",
    ]
    assert model_text(load(folder / "model.json")) == model_text(model)
    assert trained.gap_met


def test_processes_find_what_one_finds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("joblib")
    monkeypatch.undo()
    limited, text = Request(node_limit=50, threads=1, seed=3), SPEC.replace(" then minimize l0(weights)", "")
    alone = run(folder, limited, text).require_network()
    assert model_text(run(folder, replace(limited, jobs=2), text).require_network()) == model_text(alone)


@pytest.mark.parametrize("method", ["local_search", "search", "split"])
def test_other_methods(folder: Path, method: str) -> None:
    text = SPEC.replace("layer output", "layer hidden: 2 step units weights in {-1..1} bias in {-9..9} layer output")
    model = certified(run(folder, Request(method=method, time_limit=1.5), text), folder, text)
    assert model.training.method == method


def test_the_published_form(folder: Path) -> None:
    text = SPEC.replace(" then minimize l0(weights)", "").replace("errors", "hamming")
    text = text.replace("layer output: 1 step unit weights in {-2..2} bias in {-9..9}", "layer output: 1 step unit")
    model = certified(run(folder, text=text, form="published"), folder, text, "published")
    assert model.training.network_class == {"margin": "published"}


def test_two_classes_and_balanced_weights(folder: Path) -> None:
    text = SPEC.replace("target", 'keep classes ["a", "b"] target').replace("errors", "hamming weighted balanced")
    model = certified(run(folder, text=text), folder, text)
    assert isinstance(model.network, Ensemble)
    assert len(model.members) == 1


def test_a_goal_that_other_pairs_have(folder: Path) -> None:
    """In the pair of `b` and `c` there is nothing to be minimized at first."""
    for goals in ('errors of "a" then minimize errors', 'errors then minimize errors of "a"', 'errors of "a"'):
        text = SPEC.replace("errors then minimize l0(weights)", goals)
        model = certified(run(folder, text=text), folder, text)
        assert model.training.status == "optimal"


def test_a_gap_is_one_of_each_pair(folder: Path) -> None:
    assert run(folder, Request(gap=0.0)).gap_met
    wide = run(folder, Request(gap=0.5, method="local_search", time_limit=1.0), SPEC.replace("errors then", "l1(weights) then"))
    assert wide.gap_met == all(
        member.training.status == "optimal" or (member.training.gap or 0) <= 0.5 for member in wide.require_network().members
    )


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workers", "shares"),
    [(1, [1 / 3, 1 / 2, 1.0]), (2, [1 / 2, 1 / 2, 1.0]), (3, [1.0, 1.0, 1.0]), (8, [1.0, 1.0, 1.0])],
)
def test_what_is_left_is_shared(folder: Path, workers: int, shares: list[float]) -> None:
    shared = Pairs(pipeline(folder), Request(), None, time.time() + 1000, workers)
    found = [shared.share(place) for place in range(3)]
    assert found == pytest.approx([1000 * share for share in shares], rel=0.01)
    assert Pairs(shared.pipeline, Request(), None, time.time() - 5, workers).share(0) == 0
    assert Pairs(shared.pipeline, Request(), None, None, workers).share(0) is None


@pytest.mark.parametrize(
    ("asked", "written", "limit"),
    [(None, "", 300), (None, "train exact { time_limit 5 }", 5), (90, "", 30), (90, "train exact { time_limit 5 }", 5)],
)
def test_the_files_limit_is_a_pairs_and_the_callers_the_runs(
    folder: Path, asked: float | None, written: str, limit: float
) -> None:
    whole = pipeline(folder, SPEC + written)
    deadline = None if asked is None else time.time() + asked
    shared = Pairs(whole, Request(time_limit=asked), None, deadline, workers=1)
    assert shared.settings(whole.pair(0), 0, time.monotonic()).limits.time_limit == pytest.approx(limit, rel=0.01)


def test_when_no_time_is_left_networks_are_constant(folder: Path) -> None:
    model = certified(run(folder, Request(time_limit=1e-6)), folder)
    assert [member.training.status for member in model.members] == ["feasible"] * 3
    assert [member.training.bound for member in model.members] == [None] * 3
    assert model.training.status == "feasible"


# --- interruptions and failures ---------------------------------------------------------------------------------------


@dataclass
class Stopping(Interruption):
    """Requested as soon as somebody says so."""

    asked: bool = False

    @property
    def requested(self) -> bool:
        return self.asked


def test_an_interruption_keeps_the_pairs_that_are_done(folder: Path) -> None:
    stop = Stopping()
    said = Said(lambda text: setattr(stop, "asked", True))
    trained = run(folder, save_to=folder / "model.json", reporter=said, interruption=stop)
    model = certified(trained, folder)
    assert model.training.status == "interrupted"
    assert [member.training.status for member in model.members] == ["optimal", "interrupted", "interrupted"]
    assert said.lines[-1] == "2 pairs were not trained: their networks are the best constant ones"
    assert model_text(load(folder / "model.json")) == model_text(model)


def test_an_interruption_before_any_network(folder: Path) -> None:
    """Two output weights that must not be 0: no constant network keeps that."""
    text = SPEC + "subject to { output.weights[0, 0] >= 1  output.weights[0, 1] <= -1 }"
    trained = run(folder, text=text, interruption=Stopping(asked=True))
    assert trained.model is None
    with pytest.raises(WorkFailed) as caught:
        trained.require_network()
    assert caught.value.diagnostics[0].message.startswith("`a` against `b`: no network was found")


def test_an_infeasible_pair_is_named(folder: Path) -> None:
    (folder / "points.csv").write_text("x,y\n0,a\n1,b\n2,c\n3,b\n4,c\n")
    trained = run(folder, text=SPEC + "subject to { errors <= 0 }", save_to=folder / "model.json")
    with pytest.raises(WorkFailed) as caught:
        trained.require_network()
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("E520", "`b` against `c`: no network of the declared class exists")
    assert trained.outcome.stages[-1].status == "infeasible"
    assert not (folder / "model.json").exists() or load(folder / "model.json").training.status == "feasible"


def test_a_cutoff_is_one_of_each_pair(folder: Path) -> None:
    trained = run(folder, text=SPEC + "train exact { cutoff 0 }")
    with pytest.raises(WorkFailed) as caught:
        trained.require_network()
    (found,) = caught.value.diagnostics
    assert found.code == "E526"
    assert found.message.startswith("`b` against `c`: ")
    found_one = run(folder, text=SPEC + "train exact { cutoff 1 }")
    assert certified(found_one, folder, SPEC + "train exact { cutoff 1 }").training.status == "optimal"


def test_workers_that_are_lost_leave_the_pairs_that_are_done(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Losing:
        workers = 1

        def run(self, function: Any, shared: Any, tasks: Sequence[int], on_result: Any, should_stop: Any) -> list[Any]:
            on_result(0, function(shared, tasks[0]))
            raise WorkFailed(Diagnostic("E527", "workers were lost"))

        def close(self) -> None:
            return

    monkeypatch.setattr(one_vs_one, "executor_of", lambda *asked: Losing())
    with pytest.raises(WorkFailed) as caught:
        run(folder, save_to=folder / "model.json")
    assert "1 of 3 pairs were trained, and are saved in" in caught.value.diagnostics[0].notes[-1]
    model = load(folder / "model.json")
    assert [member.training.status for member in model.members] == ["optimal", "feasible", "feasible"]
    assert recheck(model, pipeline(folder)).difference is None


def test_a_full_disk_is_told_and_the_ensemble_rescued(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(model: Model, path: Path) -> None:
        raise UserError(Diagnostic("E661", f"cannot write `{path}`: no space left on device"))

    monkeypatch.setattr(one_vs_one, "save", full)
    said = Said()
    with pytest.raises(UserError) as caught:
        run(folder, save_to=folder / "model.json", reporter=said)
    assert any("W661" in line for line in said.lines)
    (found,) = caught.value.diagnostics
    assert found.help is not None
    place = Path(found.help.split("`")[1])
    assert recheck(load(place), pipeline(folder)).difference is None
    place.unlink()


def test_settings_are_checked_before_the_work(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        run(folder, Request(method="guess"))
    assert caught.value.diagnostics[0].code == "E630"


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_what_pairs_share_goes_to_other_processes_without_ears(folder: Path) -> None:
    shared = Pairs(
        pipeline(folder), Request(node_limit=9), None, None, 2, isolated=False, watch=Watch(should_stop=lambda: True)
    )
    again = pickle.loads(pickle.dumps(shared))
    assert (again.request, again.workers, again.isolated) == (shared.request, 2, False)
    assert shared.watch.should_stop()
    assert not again.watch.should_stop()
    assert train_pair(again, 1).status == "optimal"
    assert train_pair(shared, 1).status == "interrupted"


def test_an_untrained_pair(folder: Path) -> None:
    found = untrained(pipeline(folder).pair(0), "feasible")
    assert found.outcome.network is not None
    assert found.outcome.network.inputs == pipeline(folder).dataset.inputs
    assert found.outcome.stages[0].value is None


def test_a_result_comes_back_from_its_payload(folder: Path) -> None:
    whole = pipeline(folder)
    result = train_pair(Pairs(whole, Request(), None, None, 1, isolated=False), 2)
    again = pair_of_payload(plain(pair_payload(result)), whole.pair(2), "events")
    assert (again.status, dict(again.searched)) == (result.status, dict(result.searched))
    assert [stage.value for stage in again.outcome.stages] == [stage.value for stage in result.outcome.stages]


# --- starts -----------------------------------------------------------------------------------------------------------


def test_every_pair_starts_from_its_network(folder: Path) -> None:
    first = certified(run(folder, save_to=folder / "first.json"), folder)
    model = certified(run(folder, Request(start=str(folder / "first.json"), time_limit=0.5)), folder)
    assert model.training.errors == first.training.errors
    limited = run(folder, Request(start=str(folder / "first.json")), interruption=Stopping(asked=True))
    assert limited.require_network().training.status == "interrupted"


def test_starts_of_another_kind(folder: Path) -> None:
    single = SPEC.replace("one_vs_one", "").replace("1 step", "classes step")
    save(run(folder, save_to=folder / "ensemble.json").require_network(), folder / "ensemble.json")
    save(run(folder, text=single).require_network(), folder / "single.json")
    two = SPEC.replace("target", 'keep classes ["a", "b"] target')
    wider = SPEC.replace("{-2..2}", "{-1, 1}")
    cases = [
        (single, "ensemble.json", "is an ensemble, and the spec asks for one network"),
        (SPEC, "single.json", "is one network, and the spec asks for one for each pair of classes"),
        (two, "ensemble.json", "tells other classes apart: a, b, c"),
        (wider, "ensemble.json", "is no network of the declared class"),
    ]
    for text, name, message in cases:
        with pytest.raises(UserError) as caught:
            run(folder, Request(start=str(folder / name)), text)
        assert caught.value.diagnostics[0].code == "E523"
        assert message in caught.value.diagnostics[0].message


# --- resuming ---------------------------------------------------------------------------------------------------------


@dataclass
class Count:
    """How many pairs are trained."""

    places: list[int] = field(default_factory=list)

    def __call__(self, shared: Pairs, place: int) -> Any:
        self.places.append(place)
        return train_pair(shared, place)


def test_resuming_trains_the_other_pairs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(folder, save_to=folder / "whole.json").require_network()
    stop = Stopping()
    said = Said(lambda text: setattr(stop, "asked", "pair 2" in text))
    events = Request(events=str(folder / "events.jsonl"))
    run(folder, events, save_to=folder / "model.json", reporter=said, interruption=stop)
    count, said = Count(), Said()
    monkeypatch.setattr(one_vs_one, "train_pair", count)
    trained = run(folder, replace(events, resume=True), save_to=folder / "model.json", reporter=said)
    assert count.places == [2]
    assert said.lines[0].endswith("2 of 3 pairs are done")
    assert model_text(certified(trained, folder)) == model_text(whole)
    again = run(folder, replace(events, resume=True), save_to=folder / "model.json")
    assert count.places == [2]
    assert model_text(again.require_network()) == model_text(trained.require_network())


def test_a_record_that_lies_is_refused(folder: Path) -> None:
    path = folder / "events.jsonl"
    run(folder, Request(events=str(path)))
    lines = path.read_text().splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if '"pair/1/2"' in line)
    wrong = {
        '"status": "optimal"': '"status": "done"',
        '"seconds": ': '"second": ',
        '"value": 1,': '"value": 0,',
        '"weights": [[': '"weights": [[7, ',
    }
    for old, new in wrong.items():
        assert old in lines[at]
        before, mark, after = lines[at].rpartition(old) if "seconds" in old else lines[at].partition(old)
        assert mark
        path.write_text("".join([*lines[:at], before + new + after, *lines[at + 1 :]]))
        with pytest.raises(UserError) as caught:
            run(folder, Request(events=str(path), resume=True))
        assert caught.value.diagnostics[0].code in ("E552", "E556", "E557", "E653"), caught.value.diagnostics
