"""Nothing false is printed: rejected optima are cut or solved again, and what a solver claims is never believed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import bdnnc
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.milp.lower import column_slices
from bdnnc.milp.model import MilpModel
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import Progress, Solution, SolveOptions, Stop
from bdnnc.training.outcome import Limits
from tests.oracle.problems import finite, interval, layer, problem
from tests.training.support import FakeSolver, formulated, run

CUT_SPEC = """
data {
  from   "points.csv"
  target "y"
}
network {
  layer hidden: 2 step units
    weights fixed "identity.npz"
    bias in {-1}
  layer output: 1 step unit
    weights in [-1, WIDEST]
    bias in {-1}
}
minimize hamming
"""


def write_cut_spec(folder: Path, widest: str) -> Path:
    """The output would have to weigh a hidden unit by 1 to show the first point, and its set ends a hair below: a solver's
    tolerances can't see the difference, and claim no error where one is the least."""
    (folder / "points.csv").write_text("a,b,y\n1,0,1\n0,1,0\n0,0,0\n1,1,1\n")
    np.savez(folder / "identity.npz", weights=np.eye(2))
    path = folder / "cut.bdnn"
    path.write_text(CUT_SPEC.replace("WIDEST", widest))
    return path


def test_a_false_optimum_is_cut_and_the_true_one_proved(tmp_path: Path) -> None:
    path = write_cut_spec(tmp_path, "0.99999999")
    compiled = bdnnc.compile(path)
    claimed = HighsSolver(isolated=False).solve(compiled.milp, SolveOptions(time_limit=20))
    assert claimed.objective == 0, "the solver believes the false optimum, else this test tests nothing"
    result = compiled.train(time_limit=30)
    assert (result.status, result.loss, result.bound) == ("optimal", 1, 1)
    assert result.network.training.cuts >= 1


def test_a_difference_below_all_tolerances_is_never_called_optimal(tmp_path: Path) -> None:
    result = bdnnc.train(write_cut_spec(tmp_path, "0.9999999999999"), time_limit=30, start="none")
    assert (result.status, result.loss) == ("feasible", 1)
    assert result.bound == 0
    assert result.network.training.cuts >= 1


def real_problem() -> Problem:
    rng = np.random.default_rng(5)
    points = rng.integers(0, 5, (10, 2)).tolist()
    labels = rng.integers(0, 2, 10).tolist()
    layers = [
        layer("hidden", 2, 2, interval(-1, 1), BiasRule("auto")),
        layer("output", 1, 2, interval(-1, 1), BiasRule("auto"), statement=1),
    ]
    return problem(points, labels, layers)


def active_rows_a_hair_below_zero(x: np.ndarray, model: MilpModel) -> np.ndarray:
    """Every unit's bias is lowered until its lowest active pre-activation is -1e-14."""
    slices = column_slices(model)
    for place, family in enumerate(model.row_families):
        if family.kind != "active" or family.layer != "hidden":
            continue
        biases, binaries = slices["b", "hidden"], slices["u", "hidden"]
        for unit in range(biases.stop - biases.start):
            lowest = np.inf
            for row in range(family.start, model.row_families[place].stop):
                line = model.A[row].toarray().ravel()
                if line[biases.start + unit] == 0:
                    continue
                trigger = binaries.start + np.flatnonzero(line[binaries])[0]
                if x[trigger] > 0.5:
                    line[binaries] = 0
                    lowest = min(lowest, float(line @ x))
            if np.isfinite(lowest):
                x[biases.start + unit] -= lowest + 1e-14
    return x


def test_a_solver_with_active_rows_at_minus_1e_minus_14() -> None:
    of = real_problem()
    honest, _ = run(of, HighsSolver(isolated=False))
    outcome, _ = run(of, FakeSolver(active_rows_a_hair_below_zero))
    assert outcome.status(1) == "optimal"
    assert outcome.stages[0].value == honest.stages[0].value


@pytest.mark.parametrize("domain", [interval(-1, 1), finite(-1, 0, 1)], ids=["real", "ternary"])
def test_a_solver_that_claims_what_is_impossible_proves_nothing(domain) -> None:
    """All outputs right at objective 0, whatever the weights: conflicts are cut while they can be, and never believed."""
    points, labels = [[0], [1], [2], [3], [4]], [1, 0, 1, 0, 1]
    layers = [layer("output", 1, 1, domain, BiasRule("auto"))]
    of = problem(points, labels, layers)

    def all_right(x: np.ndarray, model: MilpModel) -> np.ndarray:
        x[column_slices(model)["u", "output"]] = labels
        return x

    solver = FakeSolver(all_right, claim=0.0)
    outcome, _ = run(of, solver)
    assert solver.calls > 1
    assert outcome.status(1) != "optimal"


def test_values_that_are_no_numbers_are_no_network() -> None:
    of = real_problem()
    outcome, told = run(of, FakeSolver(lambda x, model: x * np.nan, claim=0.0))
    assert outcome.status(1) == "feasible"
    assert [network for _, network, _, _ in told.networks] == [outcome.network], (
        "the constant network, known before the solver, is all there is"
    )


def test_the_constant_network_is_the_majority_and_unavoidable_losses_are_a_bound() -> None:
    points, labels = [[1], [1], [1], [2]], [0, 0, 1, 0]
    of = problem(points, labels, [layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"))])
    solver = FakeSolver(lambda x, model: x)
    outcome, told = run(of, solver)
    assert (outcome.status(1), outcome.stages[0].value, outcome.stages[0].bound) == ("optimal", 1, 1)
    assert solver.calls == 0
    assert len(told.networks) == 1


def test_a_solver_that_fails_keeps_the_start() -> None:
    layers = [layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"))]
    of = problem([[0], [1], [2], [3]], [1, 0, 1, 0], layers)
    best, _ = run(of, HighsSolver(isolated=False))
    assert best.stages[0].value == 1, "one error is the least, and the bound without a solver is 0"

    class Broken(FakeSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            return Solution(Stop.FAILED, None, None, None, 0, 0.0, "out of memory")

    outcome, _ = run(of, Broken(lambda x, model: x), start=best.network)
    assert outcome.status(1) == "feasible"
    assert outcome.stages[0].value == best.stages[0].value
    assert outcome.message == "out of memory"


def test_a_cutoff_below_the_optimum_is_infeasible_and_above_it_changes_nothing() -> None:
    points, labels = [[0], [1], [2], [3]], [1, 0, 1, 0]
    of = problem(points, labels, [layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"))])
    least, _ = run(of, HighsSolver(isolated=False))
    assert (least.status(1), least.stages[0].value) == ("optimal", 1)
    for cutoff, status in ((Fraction(1, 2), "infeasible"), (Fraction(3), "optimal")):
        limits = Limits(time_limit=60, cutoff=cutoff)
        outcome, _ = run(of, limits=limits)
        assert outcome.status(1) == status
        assert (outcome.network is None) == (status == "infeasible")


def test_class_weights_give_exact_rational_objectives_and_bounds() -> None:
    points, labels = [[0], [1], [2], [3], [4]], [1, 0, 1, 0, 1]
    weights = [Fraction(5, 4), Fraction(5, 6)]  # balanced: N / (C n_c)
    domain = finite(-1, 0, 1)
    of = problem(points, labels, [layer("output", 1, 1, domain, BiasRule("auto"))], class_weights=weights)
    outcome, _ = run(of, HighsSolver(isolated=False))
    assert (outcome.status(1), outcome.stages[0].value, outcome.stages[0].bound) == ("optimal", Fraction(5, 3), Fraction(5, 3))


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("loss", ["hamming", "zero_one"])
def test_a_declared_margin_binds_wrong_points_too(loss: str, outputs: int) -> None:
    """Points 0 and 1 have the wrong order for a weight of at least 1/2: without the margin one error is enough, and the wrong
    point may lie anywhere; with it, nothing lies strictly between -1 and 1."""
    margin = Fraction(2)
    points, labels = [[0], [1], [2], [3], [4]], [0, 1, 0, 1, 1]
    layers = [layer("output", outputs, 1, interval(-1, 1), BiasRule("in", interval(-4, 4)), margin=margin)]
    of = problem(points, labels, layers, loss)
    outcome, _ = run(of, HighsSolver(isolated=False))
    assert outcome.network is not None
    sums = [
        w * x[0] + b
        for x in points
        for w, b in zip(outcome.network.layers[0].weights[:, 0], outcome.network.layers[0].bias, strict=True)
    ]
    assert min(abs(a) for a in sums) >= 1


def test_tolerances_below_1e_7_prove_no_false_optimum(tmp_path: Path) -> None:
    """With presolve, HiGHS 1.16 called 2 the optimum of this model at a tolerance of 1e-9."""
    (tmp_path / "points.csv").write_text("1,x\n1,y\n")
    (tmp_path / "spec.bdnn").write_text(
        'data { from "points.csv" header no target 1 }\n'
        "network { layer h: 2 step units bias none\n"
        "  layer o: classes step units weights in [-1000, 1000] bias in {0.1, 0.1001} }\n"
        "minimize zero_one\n"
    )
    result = bdnnc.compile(tmp_path / "spec.bdnn").train(time_limit=60)
    assert (result.status, result.loss) == ("optimal", 1)


@pytest.mark.parametrize(("weight", "margin"), [(300_000, Fraction(1, 1000)), (10**6, Fraction(1, 100))])
def test_a_declared_margin_on_a_coarse_lattice_asks_for_no_absurd_tolerance(weight: int, margin: Fraction) -> None:
    points, labels = [[1, -1], [-1, 1], [1, -1]], [1, 0, 0]
    layers = [
        layer("h", 2, 2, finite(-weight, weight), BiasRule("none"), margin=margin),
        layer("o", 2, 2, finite(-1, 1), BiasRule("none"), statement=1),
    ]
    of = problem(points, labels, layers, "zero_one")
    assert formulated(of).program.tolerance >= 1e-8
    outcome, _ = run(of, HighsSolver(isolated=False))
    assert (outcome.status(1), outcome.stages[0].value) == ("optimal", 1)


def test_a_margin_that_no_value_can_keep_is_infeasible_and_compiles(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("1,0\n3,1\n")
    data = 'data { from "points.csv" header no target 1 }\n'
    text = data + "network { layer o: 1 step unit weights in {1} bias none MARGIN }\nminimize hamming\n"
    (tmp_path / "with.bdnn").write_text(text.replace("MARGIN", "margin 4"))
    (tmp_path / "without.bdnn").write_text(text.replace("MARGIN", ""))
    compiled = bdnnc.compile(tmp_path / "with.bdnn")
    compiled.write(tmp_path / "with.mps")
    with pytest.raises(bdnnc.WorkFailed) as caught:
        compiled.train()
    assert caught.value.diagnostics[0].code == "E520"
    bdnnc.compile(tmp_path / "without.bdnn").train(save=tmp_path / "start.json")
    with pytest.raises(bdnnc.UserError) as refused:
        compiled.train(start=tmp_path / "start.json")
    assert refused.value.diagnostics[0].code == "E523"


def test_presolve_residues_prove_no_false_optimum(tmp_path: Path) -> None:
    """With `small_matrix_value` lowered to 1e-12, HiGHS 1.16 called 3 the optimum of this model, on every seed."""
    rows = "-52775,57488,a -45162,-39872,b -96814,75971,a -45679,-13767,b -64851,8629,a 86688,-22726,b"
    (tmp_path / "v.csv").write_text("\n".join(rows.split()) + "\n")
    (tmp_path / "v.bdnn").write_text(
        'data { from "v.csv" header no target 2 }\n'
        "network { layer L0: 2 sign units weights in {-0.3, 0.1} bias none\n"
        "  layer L1: 1 step units weights in {1, -1} }\nminimize hamming\n"
    )
    result = bdnnc.compile(tmp_path / "v.bdnn").train(time_limit=60)
    assert (result.status, result.loss, result.bound) == ("optimal", 1, 1)


class TwoMinds(FakeSolver):
    """Proves 3 at first, and 1 when asked again on another path."""

    def __init__(self) -> None:
        super().__init__(lambda x, model: x)
        self.paths: list[object] = []

    def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
        self.paths.append((options.extra.get("presolve"), options.seed, options.start is None))
        found = HighsSolver(isolated=False).solve(model, replace(options, start=None))
        if len(self.paths) > 1:
            return found
        worst = HighsSolver(isolated=False).solve(replace(model, c=-model.c), options)
        assert worst.x is not None
        claim = float(model.c @ worst.x)
        return replace(found, x=worst.x, objective=claim, bound=claim, stop=Stop.OPTIMAL)


def test_proofs_on_delicate_numbers_are_made_twice() -> None:
    points, labels = [[20_000], [40_000], [60_000], [80_000]], [1, 0, 1, 0]
    of = problem(points, labels, [layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"))])
    solver = TwoMinds()
    outcome, _ = run(of, solver)
    assert solver.paths == [(None, 0, True), ("off", 1, True)]
    assert (outcome.status(1), outcome.stages[0].value, outcome.stages[0].bound) == ("optimal", 1, 1)


def test_pre_activations_beyond_solvers_are_refused_at_their_layer(tmp_path: Path) -> None:
    for value, weights, extra in (
        ("1e17", "{-1, 0, 1}", ""),
        ("1", "[-1e12, 1]", ""),
        ("3", "{-1, 1}", "bias in {0.1, 1e9}"),
        ("3", "[-1, 1]", "margin 1e8"),
        ("1e200", "{-1, 1}", "margin 1e-9"),
    ):
        (tmp_path / "large.csv").write_text(f"{value},1,0\n-{value},2,1\n5,3,0\n")
        (tmp_path / "large.bdnn").write_text(
            'data { from "large.csv" header no target 2 }\n'
            f"network {{ layer o: 1 step unit weights in {weights} {extra} }}\nminimize hamming\n"
        )
        with pytest.raises(bdnnc.UserError) as caught:
            bdnnc.compile(tmp_path / "large.bdnn").train(time_limit=10)
        found = caught.value.diagnostics[0]
        assert found.code == "E333"
        assert found.primary is not None


def test_a_bound_on_the_way_is_no_proof_on_delicate_numbers() -> None:
    """A false bound in the progress of the first solve meets the constant network, and must not end the search."""
    points, labels = [[20_000], [40_000], [60_000], [80_000]], [1, 0, 1, 0]
    of = problem(points, labels, [layer("output", 1, 1, finite(-1, 0, 1), BiasRule("auto"))])

    class Hasty(FakeSolver):
        def solve(self, model, options, on_incumbent=None, on_progress=None) -> Solution:
            self.calls += 1
            if self.calls == 1 and on_progress is not None:
                assert not on_progress(Progress(0.1, None, 2.0, 0)), "a claim ends nothing"
            return HighsSolver(isolated=False).solve(model, options, on_incumbent)

    solver = Hasty(lambda x, model: x)
    outcome, _ = run(of, solver)
    assert (outcome.status(1), outcome.stages[0].value, outcome.stages[0].bound) == ("optimal", 1, 1)
    assert solver.calls == 2
