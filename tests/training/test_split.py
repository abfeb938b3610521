"""`train split`: rounds, what they keep, where they end, what goes wrong, and how a run goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bdnnc
from bdnnc.data.dataset import Samples
from bdnnc.data.inputs import Input, Scaled
from bdnnc.diagnostics import UserError, WorkFailed
from bdnnc.exact import ExactMatrix
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import Errors
from bdnnc.network.measure import Measured
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import SolveOptions
from bdnnc.tasks.executor import Serial, always
from bdnnc.training.goals import train_goals
from bdnnc.training.journal import Journal
from bdnnc.training.outcome import Limits, Outcome, Watch
from bdnnc.training.split.judge import Judge
from bdnnc.training.split.losses import right_patterns, set_losses, sides
from bdnnc.training.split.method import train_by_splitting
from bdnnc.training.split.partition import Halver, Partition
from bdnnc.training.split.round import Ground, infeasible_sets
from bdnnc.training.work import Means, MethodOptions, Work
from tests.oracle.problems import bound, finite, interval, layer, problem
from tests.oracle.strategies import problems
from tests.training.support import Told, assert_nothing_false, formulated
from tests.training.support import run as run_exactly

XOR = [(0, 0), (0, 1), (1, 0), (1, 1)]
ROW = [(k,) for k in range(12)]
BLOCKS = [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1]
"""Four sets of one class each, and three thresholds between them."""


@dataclass
class Memory(Journal):
    """A journal that keeps what it is given."""

    kept: dict[str, Any] = field(default_factory=dict)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def tell(self, event: str, **fields: Any) -> None:
        self.told.append((event, fields))

    def record(self, key: str, payload: Any) -> None:
        self.kept[key] = payload

    def recorded(self, key: str) -> Any | None:
        return self.kept.get(key)


@dataclass
class Parallel:
    """An executor that is not this process's own, as far as a strategy can see."""

    workers: int = 2

    def run(self, function: Any, shared: Any, tasks: Any, on_result: Any = None, should_stop: Any = None) -> list[Any]:
        return Serial().run(function, shared, tasks, on_result, should_stop)

    def warm_up(self, function: Any) -> Callable[[], bool]:
        return always

    def close(self) -> None:
        return


def split(
    of: Problem,
    limits: Limits | None = None,
    journal: Journal | None = None,
    validation: Samples | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    notes: list[str] | None = None,
    executor: Any = None,
    **options: Any,
) -> tuple[Outcome, Told]:
    """A run over all goals in which nothing false was told or returned."""
    told = Told()
    watch = replace(told.watch(should_stop), on_note=(notes if notes is not None else []).append)
    means = Means(
        tuple(Input(name, place, Scaled()) for place, name in enumerate(of.inputs)),
        HighsSolver(isolated=False),
        limits or Limits(time_limit=None, node_limit=40, threads=1),
        watch,
        MethodOptions(**options),
        executor or Serial(),
        journal or Journal(),
        validation,
        searches=False,
    )
    outcome = train_goals(train_by_splitting, lambda stage, reached: formulated(of, stage, reached), len(of.goals), means)
    assert_nothing_false(of, outcome, told)
    return outcome, told


def two_layers(points: list[Any], labels: list[int], units: int = 2, bias: BiasRule | None = None, **more: Any) -> Problem:
    inputs = len(points[0])
    small = BiasRule("in", finite(*range(-4, 5)))
    bias = bias or BiasRule("in", finite(*range(-12, 13)))
    return problem(
        points,
        labels,
        [
            layer("hidden", units, inputs, finite(-1, 0, 1), bias),
            layer("output", 1, units, finite(-1, 0, 1), small),
        ],
        **more,
    )


def samples_of(points: list[Any], labels: list[int]) -> Samples:
    rows = ExactMatrix.from_fractions(points)
    return Samples(rows, np.array(labels), np.arange(len(labels)))


# --- what comes out ---------------------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(problems().filter(lambda of: len(of.layers) > 1 and of.patterns.shape[0] > 1))
def test_with_a_set_for_each_pattern_the_optimum_is_the_exact_one(of: Problem) -> None:
    exactly, _ = run_exactly(of)
    try:
        outcome, _ = split(of, Limits(time_limit=30, threads=1), rounds=99)
    except WorkFailed:
        assert exactly.network is None
        return
    for own, wanted in zip(outcome.stages, exactly.stages, strict=False):
        assert (own.status == "optimal") == (wanted.status == "optimal")
        if own.value is not None and len(of.goals) == 1:
            assert float(own.value) == pytest.approx(float(wanted.value), rel=1e-5, abs=1e-5)


@settings(max_examples=6)
@given(
    problems().filter(lambda of: len(of.layers) > 1 and of.patterns.shape[0] > 1),
    st.sampled_from(["kmeans", "svm"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(["one", "all"]),
    st.booleans(),
)
def test_nothing_false_comes_out(of: Problem, by: str, batch: int | None, batches: str, average: bool) -> None:
    journal = Memory()
    options: dict[str, Any] = {"by": by, "batch": batch, "batches": batches, "average": average, "rounds": 2}
    try:
        first, _ = split(of, Limits(time_limit=3, node_limit=20, threads=1), journal, **options)
    except WorkFailed:
        return
    again, _ = split(of, Limits(time_limit=3, node_limit=20, threads=1), journal, **options)
    if first.stages[0].value is not None and len(of.goals) == 1:
        assert again.stages[0].value == first.stages[0].value


def test_two_sets_are_enough_for_two_clusters() -> None:
    points = [(0, 0), (0, 1), (1, 0), (9, 9), (9, 8), (8, 9)]
    notes: list[str] = []
    outcome, _ = split(two_layers(points, [0, 0, 0, 1, 1, 1], bias=BiasRule("in", finite(*range(-20, 21)))), notes=notes)
    assert outcome.status(1) == "optimal"
    assert len(notes) == 1
    assert notes[0].startswith("round 1 of 20: 2 sets, 6 points, ")
    assert "loss 0" in notes[0]


def test_without_batches_no_round_is_worse_than_the_one_before() -> None:
    journal = Memory()
    of = two_layers(ROW, BLOCKS, 3)
    outcome, _ = split(of, Limits(time_limit=None, node_limit=400, threads=1), journal, rounds=7)
    assert outcome.network is not None
    losses = [float(fields["found"].removeprefix("loss ")) for event, fields in journal.told if event == "round"]
    assert len(losses) >= 2
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] == float(Measured(outcome.network, of).loss()) < losses[0]


def test_the_network_that_is_best_on_validation_points_is_kept() -> None:
    """One validation point is labelled against the training points: a network that is worse on these is kept for it."""
    points, labels = [(k,) for k in range(6)], [0, 0, 0, 1, 1, 1]
    of = two_layers(points, labels, 1)
    against = samples_of([(5,), (4,), (3,)], [0, 0, 0])
    kept, _ = split(of, validation=against)
    assert kept.network is not None
    assert Measured(kept.network, of).loss() == 3
    assert kept.status(1) == "feasible"
    plain, _ = split(of)
    assert plain.stages[0].value == 0


def test_later_goals_hold_the_earlier_ones() -> None:
    compiled = spec_on_iris("minimize errors then minimize l0(weights)", "rounds 2 node_limit 20")
    result = compiled.train(time_limit=20, threads=1)
    assert [goal.value is not None for goal in result.network.training.goals] == [True, True]
    first = result.network.training.goals[0]
    assert first.value <= 20  # the constant network has 20 of 30


# --- other last layers ------------------------------------------------------------------------------------------------


def spec_on_iris(goal: str, options: str, output: str = "classes step units", more: str = "") -> bdnnc.Compiled:
    text = f"""
    data {{ from sklearn("iris") take 30 stratified {more} }}
    network {{
      layer hidden: 3 step units weights in {{-1, 0, 1}}
      layer output: {output} weights in {{-1, 0, 1}}
    }}
    {goal}
    train split {{ {options} }}
    """
    return bdnnc.compile(text)


@pytest.mark.parametrize(
    ("goal", "output"),
    [
        ("minimize zero_one", "classes step units"),
        ("minimize hinge(1)", "classes linear units"),
        ("minimize hamming", "classes sign units"),
    ],
)
def test_every_loss_of_classes(goal: str, output: str) -> None:
    result = spec_on_iris(goal, "rounds 2 node_limit 20", output).train(time_limit=20, threads=1)
    assert result.network.training.method == "split"
    assert result.network.certificate.recomputable.errors <= 15


@pytest.mark.parametrize("by", ["kmeans", "svm"])
def test_a_regression_is_one_number_a_set(by: str) -> None:
    points = [(k,) for k in range(8)]
    of = problem(
        points,
        [0, 0, 0, 0, 5, 5, 5, 6],
        [
            layer("hidden", 2, 1, finite(-1, 1), BiasRule("in", finite(*range(-8, 9)))),
            layer("output", 1, 2, interval(-9, 9), BiasRule("in", interval(-9, 9)), "linear"),
        ],
        "absolute",
        classes=0,
    )
    outcome, _ = split(of, rounds=1, by=by)
    assert outcome.stages[0].value == 1  # 0 for the lower half, 5 for the upper


# --- batches and averages ---------------------------------------------------------------------------------------------


def test_batches_are_of_the_size_that_was_asked_for() -> None:
    of, notes = two_layers(ROW, BLOCKS, 3), []
    split(of, notes=notes, rounds=3, batch=5)
    assert [note.split(", ")[1] for note in notes] == ["5 points"] * 3
    notes.clear()
    split(of, notes=notes, rounds=2, batch=5, batches="all")
    assert [note.split(", ")[1] for note in notes] == ["12 points"] * 2


def test_a_batch_larger_than_the_data_is_all_of_it() -> None:
    of, notes, plain = two_layers(ROW, BLOCKS, 2), [], []
    first, _ = split(of, notes=notes, rounds=2, batch=99)
    second, _ = split(of, notes=plain, rounds=2)
    assert first.stages[0].value == second.stages[0].value
    assert [note.split(",")[:3] for note in notes] == [note.split(",")[:3] for note in plain]


def test_other_executors_find_the_same_networks() -> None:
    of = two_layers(ROW, BLOCKS, 3)
    options: dict[str, Any] = {"rounds": 3, "batch": 6, "batches": "all", "average": True}
    serial, _ = split(of, **options)
    parallel, _ = split(of, executor=Parallel(), **options)
    assert serial.stages[0].value == parallel.stages[0].value
    assert serial.network is not None
    assert parallel.network is not None
    for own, other in zip(serial.network.layers, parallel.network.layers, strict=True):
        assert (own.weights == other.weights).all()
        assert (own.bias == other.bias).all()


def test_two_runs_under_work_limits_agree() -> None:
    of = two_layers(ROW, BLOCKS, 3)
    first, _ = split(of, rounds=4, batch=6)
    second, _ = split(of, rounds=4, batch=6)
    assert first.network is not None
    assert second.network is not None
    assert all((a.weights == b.weights).all() for a, b in zip(first.network.layers, second.network.layers, strict=True))


# --- how sets are split -----------------------------------------------------------------------------------------------


def halver(points: list[Any], weights: list[int], by: Any = "kmeans", label: list[bool] | None = None) -> Halver:
    X = np.array(points, dtype=float)
    sides_of = np.array(label if label is not None else [False] * len(points))
    return Halver(X, np.array(weights), by, 0, lambda members: sides_of[members])


def test_means_separate_clusters_and_count_samples() -> None:
    found = halver([(0, 0), (0, 1), (9, 9)], [1, 1, 1]).halve(np.arange(3))
    assert found.tolist() == [False, False, True]
    light = halver([(0,), (4,), (9,)], [1, 1, 1]).halve(np.arange(3))
    heavy = halver([(0,), (4,), (9,)], [100, 100, 1]).halve(np.arange(3))
    assert light.tolist() == [False, False, True]
    assert heavy.tolist() == [True, False, False]


def test_a_hyperplane_separates_labels_not_clusters() -> None:
    points = [(0, 0), (0, 1), (50, 0), (50, 1), (50, 1.5)]
    label = [False, True, False, True, True]
    assert halver(points, [1] * 5, "svm", label).halve(np.arange(5)).tolist() == [True, False, True, False, False]
    assert halver(points, [1] * 5, "kmeans", label).halve(np.arange(5)).tolist() == [True, True, False, False, False]
    one_label = halver(points, [1] * 5, "svm", [True] * 5)
    assert one_label.halve(np.arange(5)).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("points", [[(1,), (1,)], [(1e300, 1), (-1e300, 1)], [(0.1, 0.2), (0.1, 0.2), (0.1, 0.2)]])
@pytest.mark.parametrize("by", ["kmeans", "svm"])
def test_every_set_can_be_split(points: list[Any], by: str) -> None:
    """Also where floats do not tell its points apart, or are very large."""
    count = len(points)
    found = halver(points, [1] * count, by, [place == 0 for place in range(count)]).halve(np.arange(count))
    assert 0 < found.sum() <= count // 2


def test_the_set_with_the_largest_loss_is_split() -> None:
    of = two_layers(ROW, BLOCKS, 2)
    network, _ = split(of, rounds=1)
    assert network.network is not None
    partition = Partition(np.arange(12) // 4)
    losses = set_losses(network.network, of, partition.patterns)
    assert sum(losses) == Measured(network.network, of).loss() > 0
    right = right_patterns(network.network, of)
    assert right is not None
    assert (~right).sum() == sum(losses)
    mixed = next(members for members in partition.patterns if 0 < right[members].sum() < 4)
    assert (sides(of, mixed, right) == right[mixed]).all()


# --- what goes wrong --------------------------------------------------------------------------------------------------


def code(work: Callable[[], object]) -> str:
    with pytest.raises((UserError, WorkFailed)) as caught:
        work()
    assert all(found.help for found in caught.value.diagnostics)
    return caught.value.diagnostics[0].code


def test_a_network_without_hidden_layers() -> None:
    of = problem(XOR, [0, 1, 1, 0], [layer("output", 1, 2, finite(-1, 0, 1), BiasRule("in", finite(*range(-4, 5))))])
    assert code(lambda: split(of)) == "E639"
    text = (
        'data { from sklearn("iris") keep classes [0, 1] } network { layer output: 1 step unit } minimize hamming train split'
    )
    with pytest.raises(UserError) as caught:
        bdnnc.train(text.replace("[0, 1]", '["setosa", "virginica"]'))
    assert caught.value.diagnostics[0].primary is not None


def test_a_single_point() -> None:
    assert code(lambda: split(two_layers([(1, 1), (1, 1)], [0, 1]))) == "E639"


def test_constant_features_leave_a_single_point(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n1,2,n\n1,2,p\n1,2,p\n")
    assert code(lambda: bdnnc.train(spec_on_file(tmp_path, "split"))) == "E639"


def test_one_class(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n1,2,n\n1,3,n\n")
    assert code(lambda: bdnnc.train(spec_on_file(tmp_path, "split"))) == "E222"


def spec_on_file(folder: Path, train: str) -> Path:
    path = folder / "spec.bdnn"
    path.write_text(
        'data { from "points.csv" target "y" }\n'
        "network { layer hidden: 2 step units layer output: 1 step unit }\n"
        f"minimize hamming\ntrain {train}\n"
    )
    return path


def test_averages_need_validation_points(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,y\n1,2,n\n1,3,p\n2,2,n\n3,3,p\n")
    path = spec_on_file(tmp_path, "split { average yes }")
    with pytest.raises(UserError) as caught:
        bdnnc.compile(path)
    (found,) = caught.value.diagnostics
    assert found.code == "E638"
    assert found.primary is not None
    assert found.primary.span.source.text[found.primary.span.start : found.primary.span.end] == "yes"
    path.write_text(path.read_text().replace('"y"', '"y" hold validation 1'))
    bdnnc.compile(path)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert code(lambda: split(two_layers(XOR, [0, 1, 1, 0]))) == "E622"


def test_no_round_that_keeps_the_constraints() -> None:
    """No errors with two sets: each has points of both classes."""
    of = two_layers(XOR, [0, 1, 1, 0], constraints=[bound(Errors(), "<=", 0)])
    assert code(lambda: split(of, rounds=1)) == "E529"
    outcome, _ = split(of, rounds=9)
    assert outcome.status(1) == "optimal"


def test_infeasible_sets_are_split_first() -> None:
    """Without biases a point and its opposite have no pattern in common unless all weights are 0, which the set has not."""
    points = [(1,), (-1,), (2,), (-2,), (3,), (-3,)]
    of = problem(
        points,
        [0, 1, 0, 1, 0, 1],
        [
            layer("hidden", 1, 1, finite(-1, 1), BiasRule("none")),
            layer("output", 1, 1, finite(-1, 1), BiasRule("in", finite(*range(-3, 4)))),
        ],
        constraints=[bound(Errors(), "<=", 0)],
    )
    mixed = Halver(np.zeros((6, 1)), np.ones(6, dtype=np.int64), "kmeans", 0, lambda members: members >= 0)
    assert mixed.halve(np.arange(6)).tolist() == [False] * 3 + [True] * 3  # {1, -1, 2} and {-2, 3, -3}: both infeasible
    ground = Ground(formulated(of), (), HighsSolver(isolated=False), SolveOptions(threads=1))
    sets = (np.array([0, 1, 2]), np.array([4]), np.array([3, 5]))
    assert infeasible_sets(ground, sets, None, lambda: False) == (0,)
    notes: list[str] = []
    outcome, _ = split(of, notes=notes, rounds=6)
    assert outcome.status(1) == "optimal"


def test_a_stop_keeps_the_best() -> None:
    of = two_layers(ROW, BLOCKS, 3)
    asked = [0]

    def later() -> bool:
        asked[0] += 1
        return asked[0] > 12

    journal = Memory()
    outcome, told = split(of, journal=journal, should_stop=later, rounds=9)
    assert outcome.status(1) == "interrupted"
    assert outcome.network is told.networks[-1][1]
    assert len(journal.kept) < 9


def test_no_time_is_no_error() -> None:
    outcome, _ = split(two_layers(ROW, BLOCKS, 3), Limits(time_limit=1e-9))
    assert outcome.status(1) == "feasible"  # the constant network


# --- going on ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"batch": 6, "batches": "all"}, {"batch": 7, "by": "svm"}])
def test_a_run_that_was_cut_short_goes_on_where_it_was(options: dict[str, Any]) -> None:
    of = two_layers(ROW, BLOCKS, 3)
    whole, cut = Memory(), Memory()
    full, _ = split(of, journal=whole, rounds=4, **options)
    split(of, journal=cut, rounds=1, **options)
    cut.kept = rounds_of(cut)
    assert len(cut.kept) == 1
    resumed, _ = split(of, journal=cut, rounds=4, **options)
    assert rounds_of(cut) == rounds_of(whole)
    assert len(rounds_of(whole)) > 1
    assert resumed.stages[0].value == full.stages[0].value
    whole.kept = rounds_of(whole)
    again, _ = split(of, journal=whole, rounds=4, **options)
    assert again.stages[0].value == full.stages[0].value
    assert again.stages[0].nodes == 0


def rounds_of(journal: Memory) -> dict[str, Any]:
    """What was noted of rounds, without that of whole goals."""
    return {key: payload for key, payload in journal.kept.items() if "/round/" in key}


def test_what_is_offered_is_measured() -> None:
    """A network that breaks a constraint on all points, as one of a batch may, is not kept."""
    of = two_layers(XOR, [0, 1, 1, 0], constraints=[bound(Errors(), "<=", 0)])
    free = two_layers(XOR, [0, 1, 1, 0])
    network = split(free, rounds=1)[0].network
    assert network is not None
    work = Work(formulated(of), Means((), HighsSolver(isolated=False), Limits(), Watch()), Limits())
    judge = Judge(work)
    assert not judge.offer(network)
    assert judge.network is None
    assert Fraction(2) == Measured(network, of).loss()


# --- real data --------------------------------------------------------------------------------------------------------

DIGITS = """
data {
  from sklearn("digits")
  hold validation 450 stratified seed 1
  hold test 450 stratified seed 2
}
network {
  layer hidden: 20 step units weights in {-1, 0, 1} bias in {-64..64}
  layer output: classes step units weights in {-1, 0, 1} bias in {-20..20}
}
minimize hamming
train split { by kmeans rounds 2 batch 32 batches one node_limit 1 time_limit 60 }
"""


def test_all_ten_digits() -> None:
    result = bdnnc.train(DIGITS)
    assert result.status == "feasible"
    assert result.network.training.loss <= 897
    assert result.network.training.errors is not None
