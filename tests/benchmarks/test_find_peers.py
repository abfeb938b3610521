"""Peers of the benchmark "find": their models are the published ones, and what they report is measured."""

from __future__ import annotations

import sys
from pathlib import Path

import find
import find_peers
import numpy as np
import pytest
from find_curves import Key
from find_peers import PEERS, Incumbents, NotApplicableError, integral_rows, peer_curve, value_of
from learn_data import UnavailableError
from test_find import TOY

from bdnnc.api import source_of
from bdnnc.milp.lower import lower
from bdnnc.network.decode import decode
from bdnnc.network.encode import encode
from bdnnc.network.measure import Measured
from bdnnc.pipeline import Pipeline
from bdnnc.solve.registry import solver
from bdnnc.training.goals import train_goals
from bdnnc.training.methods import METHODS
from bdnnc.training.outcome import Limits, Watch
from bdnnc.training.work import Means, MethodOptions


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return TOY.pipeline(tmp_path_factory.mktemp("toy"))


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_finds_networks_of_the_class(name: str, pipeline: Pipeline) -> None:
    pytest.importorskip(PEERS[name][1])
    points, ended = peer_curve(name, pipeline, 2.0)
    assert points
    assert [value for _, value in points] == sorted({value for _, value in points}, reverse=True)
    assert 0 <= points[-1][1] <= 30
    assert ended is None or ended < 2.0


def test_what_a_peer_claims_is_measured(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector whose binaries claim a perfect network counts as what its weights do: a constant one."""
    formulation = pipeline.in_form("published").formulation
    model = lower(formulation.program)
    lie = np.where(model.integrality == 1, 0.0, model.lower)
    for family in model.column_families:
        if family.symbol == "u":
            lie[family.start : family.stop] = 1.0
    network = decode(lie, formulation)
    own = float(Measured(network, pipeline.problem).goal(pipeline.problem.goals[0]))
    counts = np.asarray(pipeline.problem.counts).sum(axis=0)
    assert own == value_of(lie, formulation)
    assert own in {float(counts[0]), float(counts[1])}

    def liar(model: object, seconds: float, begin: type[Incumbents]) -> Incumbents:
        incumbents = begin()
        incumbents(lie)
        return incumbents

    monkeypatch.setitem(find_peers.PEERS, "liar", (liar, "numpy"))
    points, _ = peer_curve("liar", pipeline, 1.0)
    assert [value for _, value in points] == [own]


def test_integral_rows_are_the_rows(pipeline: Pipeline) -> None:
    """A network of ours, encoded, keeps them; each is a multiple of the row that it came from."""
    published = pipeline.in_form("published")
    model = lower(published.formulation.program)
    made = integral_rows(model)
    A = model.A.toarray()
    for row, (places, numbers, low, high) in enumerate(made):
        dense = np.zeros(A.shape[1])
        dense[places] = numbers
        scale = dense[places[0]] / A[row, places[0]]
        np.testing.assert_allclose(dense, A[row] * scale, atol=1e-6)
        assert (low is None) == np.isneginf(model.row_lower[row])
        assert (high is None) == np.isposinf(model.row_upper[row])
        for own, given in ((low, model.row_lower[row]), (high, model.row_upper[row])):
            assert own is None or own == pytest.approx(given * scale)
    means = Means((), solver("auto"), Limits(None), Watch(), options=MethodOptions(moves=2000))
    network = train_goals(METHODS["search"], pipeline.staged, 1, means).network
    assert network is not None
    x = np.rint(encode(network, published.formulation)).astype(np.int64)
    for places, numbers, low, high in made:
        total = int(x[places] @ np.array(numbers))
        assert low is None or total >= low
        assert high is None or total <= high


def test_real_weights_are_not_applicable(tmp_path: Path) -> None:
    TOY.pipeline(tmp_path)
    text = TOY.spec(2).replace("{-1, 0, 1}", "[-1, 1]")
    real = Pipeline(source_of(text)[0], tmp_path).in_form("published")
    with pytest.raises(NotApplicableError, match="a variable is not integral"):
        integral_rows(lower(real.formulation.program))


def test_thirds_are_not_applicable(pipeline: Pipeline) -> None:
    model = lower(pipeline.in_form("published").formulation.program)
    model.A.data[0] = 1 / 3
    with pytest.raises(NotApplicableError, match="a row is not of integers"):
        integral_rows(model)


def test_what_does_not_apply_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(model: object, seconds: float, begin: object) -> Incumbents:
        raise NotApplicableError("a row is not of integers")

    monkeypatch.setitem(find_peers.PEERS, "cpsat", (refusing, "ortools"))
    found = find.curve(Key("uniform_100", "hash", "cpsat", "ortools 0"), 1.0)
    assert (found.seconds, found.reason) == (1.0, "not applicable: a row is not of integers")


@pytest.mark.parametrize(("name", "module"), [("cpsat", "ortools.sat.python"), ("scip", "pyscipopt")])
def test_packages_are_asked_for(name: str, module: str, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    package = PEERS[name][1]
    with pytest.raises(UnavailableError, match=f"{package} is not installed: pip install {package}"):
        peer_curve(name, pipeline, 1.0)


def test_the_exact_peer_proves_what_we_prove(pipeline: Pipeline) -> None:
    """CP-SAT computes in integers: where it ends by itself, it has our optimum. Solvers in floats may end with a false one."""
    pytest.importorskip("ortools")
    points, ended = peer_curve("cpsat", pipeline, 20.0)
    own = train_goals(METHODS["exact"], pipeline.staged, 1, Means((), solver("auto"), Limits(20.0), Watch()))
    assert ended is not None
    assert own.status(1) == "optimal"
    assert points[-1][1] == own.stages[0].value
