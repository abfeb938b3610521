"""A verification by executors of every kind: the same verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

import bdnnc
from tests.tasks.dask_cluster import DaskCluster

SPEC = """\
data { from sklearn("iris") scale minmax(0, 1) take 30 stratified }
network { layer hidden: 2 step units weights in {-1, 0, 1} layer output: classes step units weights in {-1, 0, 1} }
minimize hamming
"""


def test_verdicts_on_a_cluster(lasting_cluster: DaskCluster, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    trained = bdnnc.train(SPEC, time_limit=2)
    here = bdnnc.verify(trained, "l1(0.1)", radius=True)
    there = bdnnc.verify(trained, "l1(0.1)", radius=True, cluster=lasting_cluster.address, events=tmp_path / "e.jsonl")
    assert [line.rpartition(",")[0] for line in there.csv().splitlines()] == [
        line.rpartition(",")[0] for line in here.csv().splitlines()
    ]
    assert {point.outcome for point in here.points} == {"certified", "broken"}
