"""Trainings whose restarts are tasks: the same network from one process, from two, and from a cluster that loses a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bdnnc.diagnostics import Source, WorkFailed
from bdnnc.network.document import Model
from bdnnc.network.saving import load
from bdnnc.pipeline import Pipeline
from bdnnc.report.progress import ProgressReporter
from bdnnc.tasks import cluster as cluster_module
from bdnnc.training.session import train
from bdnnc.training.settings import Request
from tests.tasks.dask_cluster import DaskCluster

SPEC = """\
data {{
  from sklearn("breast_cancer")
  take 60 stratified
  scale minmax(0, 1) round 3
}}

network {{
  layer hidden: 1 step unit
    weights in {{-1, 0, 1}}
  layer output: 1 step unit
    weights in {{-1, 0, 1}}
}}

minimize hamming
train {method}
"""
METHODS = ["search { restarts 12 moves 2400 }", "local_search { restarts 3 rounds 1 node_limit 1 }"]


class Watching(ProgressReporter):
    """Calls ``then`` once, when the events file has ``count`` records."""

    def __init__(self, events: Path, count: int, then: Callable[[], object]) -> None:
        self.events, self.count, self.then = events, count, then
        self.has_called = False

    def update(self, moment: object) -> None:
        if not self.has_called and self.events.read_text(encoding="utf-8").count('"event": "record"') >= self.count:
            self.has_called = True
            self.then()

    def say(self, text: str) -> None:
        self.update(text)

    def close(self) -> None:
        return


def trained(folder: Path, name: str, method: str, asked: Request, reporter: ProgressReporter | None = None) -> Model:
    """The model of a run whose limits are work alone."""
    pytest.importorskip("sklearn")
    of = Pipeline(Source("spec.bdnn", SPEC.format(method=method)), folder)
    request = replace(asked, time_limit=600, threads=1, events=str(folder / f"{name}.jsonl"))
    return train(of, request, folder / f"{name}.json", reporter).require_network()


def assert_same(first: Model, second: Model) -> None:
    for ours, theirs in zip(first.network.layers, second.network.layers, strict=True):  # type: ignore[union-attr]
        assert (ours.weights == theirs.weights).all()
        assert (ours.bias == theirs.bias).all()
    assert first.training == second.training


@pytest.mark.parametrize("method", METHODS, ids=["search", "local_search"])
def test_the_same_network_from_one_process_from_two_and_from_a_cluster(
    method: str, tmp_path: Path, lasting_cluster: DaskCluster
) -> None:
    pytest.importorskip("joblib")
    alone = trained(tmp_path, "alone", method, Request())
    assert_same(trained(tmp_path, "jobs", method, Request(jobs=2)), alone)
    assert_same(trained(tmp_path, "cluster", method, Request(cluster=lasting_cluster.address)), alone)


def test_a_worker_is_killed_in_the_middle_of_a_training(tmp_path: Path, cluster: DaskCluster) -> None:
    watching = Watching(tmp_path / "cluster.jsonl", 1, cluster.workers[0].kill)
    found = trained(tmp_path, "cluster", METHODS[0], Request(cluster=cluster.address), watching)
    assert watching.has_called
    assert_same(found, trained(tmp_path, "alone", METHODS[0], Request()))


def test_the_scheduler_is_killed_in_the_middle_of_a_training(
    tmp_path: Path, cluster: DaskCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run fails, says where its best network is, and can be resumed without the cluster."""
    monkeypatch.setattr(cluster_module, "CONNECT", 2.0)
    watching = Watching(tmp_path / "run.jsonl", 1, cluster.scheduler.kill)
    with pytest.raises(WorkFailed) as error:
        trained(tmp_path, "run", METHODS[0], Request(cluster=cluster.address), watching)
    [found] = error.value.diagnostics
    assert found.code == "E528"
    assert found.notes == (f"the best network so far is saved as `{tmp_path / 'run.json'}`",)
    assert load(tmp_path / "run.json").training.status == "feasible"
    again = trained(tmp_path, "run", METHODS[0], Request(resume=True))
    assert_same(again, trained(tmp_path, "alone", METHODS[0], Request()))
