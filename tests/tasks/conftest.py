"""Executors of every kind; those of processes and clusters begin once for all tests that do not break them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bdnnc.tasks.executor import Executor
from bdnnc.tasks.factory import executor_of
from tests.tasks.dask_cluster import DaskCluster, dask_cluster


@pytest.fixture(scope="session")
def processes() -> Iterator[Executor]:
    pytest.importorskip("joblib")
    executor = executor_of(jobs=2)
    yield executor
    executor.close()


@pytest.fixture(scope="session")
def lasting_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    pytest.importorskip("distributed")
    with dask_cluster(tmp_path_factory.mktemp("dask")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def workers(lasting_cluster: DaskCluster) -> Iterator[Executor]:
    executor = executor_of(cluster=lasting_cluster.address)
    yield executor
    executor.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """One that the test may break."""
    pytest.importorskip("distributed")
    (tmp_path / "dask").mkdir()
    with dask_cluster(tmp_path / "dask") as found:
        yield found


@pytest.fixture(params=["serial", "processes", "workers"])
def executor(request: pytest.FixtureRequest) -> Executor:
    return executor_of() if request.param == "serial" else request.getfixturevalue(request.param)
