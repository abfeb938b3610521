"""The benchmark "moves": the plain loop is right, rates are of what was done, and the page says so."""

from __future__ import annotations

from pathlib import Path

import moves
import numpy as np
import pytest
from find_instances import Instance
from moves_page import Large, Rate, page, table
from plain_annealer import PlainAnnealer
from test_find import TOY, toy


def annealer(seed: int) -> tuple[PlainAnnealer, np.ndarray, np.ndarray]:
    points = toy()
    X, y = points.X.astype(np.int64).T, points.y
    return PlainAnnealer(X, 1 - 2 * y, int(y.sum()), 2, (10, 2), seed), X, y


@pytest.mark.parametrize("seed", range(4))
def test_the_plain_loop_keeps_its_sums(seed: int) -> None:
    loop, X, y = annealer(seed)
    loop.run(500)
    active = (loop.W @ X + loop.b[:, np.newaxis]) >= 0
    said = loop.v @ active + loop.c >= 0
    assert loop.loss == int((said != (y == 1)).sum())
    assert loop.best <= loop.loss
    assert set(np.unique(loop.W)) | set(np.unique(loop.v)) <= {-1, 0, 1}
    assert np.abs(loop.b).max() <= 10


def test_the_plain_loop_gets_better() -> None:
    loop, _, y = annealer(0)
    loop.run(4000)
    assert loop.best < min(y.sum(), len(y) - y.sum())


def test_numpy_and_compiled_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both take the same steps, so that the first run from a random network ends alike: what is compared is speed alone."""
    pytest.importorskip("numba")
    model = moves.search_model(TOY.pipeline(tmp_path).formulation)
    assert moves.is_compiled(moves.COMPILATION)
    found = []
    for compiled in (False, True):
        random = np.random.default_rng(0)
        start = moves.random_parameters(model, random)
        found.append(moves.anneal(model, start, random, moves.Schedule(100), compiled))
    assert found[0].moves == found[1].moves > 0
    assert found[0].goal == found[1].goal


def test_rates(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(moves, "SMALL", TOY)
    monkeypatch.setattr(moves, "PLAIN_MOVES", 200)
    monkeypatch.setattr(moves, "is_compiled", lambda seconds: False)
    found = moves.rates(0.05, 2)
    assert [rate.name for rate in found] == ["plain loop", "search, numpy"]
    assert all(rate.moves > 0 and rate.best <= 30 for rate in found)
    assert "pip install numba" in capsys.readouterr().err


def test_large_data_in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "LARGE", Instance(toy, 2, 10, 2, ""))
    found = moves.trained(0.3)
    assert found.loss <= found.constant
    assert found.peak_mb > 10


def test_the_page() -> None:
    rates = [Rate("plain loop", 100_000, 2.0, 13.0), Rate("search, numpy", 75_000, 1.0, 11.0)]
    assert "| search, numpy | 75,000 | 1.5 | 11 |" in table(rates)
    text = page(rates, Large(24_656, 23, 20, 0.5, 60.0, 5284.0, 6636.0, 306.2))
    assert "peak memory of the process 306 MB" in text
    assert "training loss 5284 (best constant network: 6636)" in text


def test_small_and_large_are_of_the_sizes_that_the_page_names(tmp_path: Path) -> None:
    small = moves.SMALL.pipeline(tmp_path).problem
    assert small.patterns.shape == (463, 9)
    assert moves.large().X.shape == (30_000, 23)
