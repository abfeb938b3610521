"""Training under perturbation: the four meanings of robust apart, bounds of adaptive training around the enumerated optimum,
what a certificate says, and files that ask for what cannot be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bdnnc
from bdnnc.diagnostics import UserError, WorkFailed
from bdnnc.training.recheck import recheck
from tests.constructs.of_robust import adaptively

ELEVEN = "a,b,y\n4,1,1\n11,3,0\n8,3,0\n12,10,1\n7,6,1\n7,2,0\n0,6,0\n13,13,1\n12,9,1\n7,6,0\n12,11,1\n"
NETWORK = """network {
  layer h: 2 step units
    weights in {-2..2}
  layer o: 1 step unit
    weights in {-1, 0, 1}
}
minimize zero_one
"""
SMALL = """network {
  layer h: 1 step unit
    weights in {-1, 0, 1}
    bias in {-4..2}
  layer o: 1 step unit
    weights in {-1, 1}
    bias in {-1, 0}
}
minimize zero_one
"""


def compiled(folder: Path, points: str, network: str, robust: str, data: str = "") -> bdnnc.Compiled:
    (folder / "points.csv").write_text(points)
    (folder / "spec.bdnn").write_text(f'data {{ from "points.csv" target "y" {data} }}\n{network}{robust}\n')
    return bdnnc.compile(folder / "spec.bdnn")


@pytest.mark.parametrize(
    ("robust", "optimum"),
    [
        ("", 1),
        ("robust adaptive { inputs within linf(2) step 1 }", 2),
        ("robust static soft { inputs within linf(2) step 1 }", 3),
        ("robust static { inputs within linf(2) step 1 }", 4),
    ],
    ids=["nominal", "adaptive", "soft", "static"],
)
def test_the_four_meanings(robust: str, optimum: int, tmp_path: Path) -> None:
    """The eleven points that tell them apart: each optimum is proved."""
    result = compiled(tmp_path, ELEVEN, NETWORK, robust).train(time_limit=120)
    assert (result.status, result.loss, result.bound) == ("optimal", optimum, optimum)


CELLS = st.integers(0, 4)


@settings(max_examples=15, deadline=None)
@given(
    points=st.lists(st.tuples(CELLS, CELLS, st.sampled_from("np")), min_size=3, max_size=5, unique_by=lambda p: p[:2]),
    within=st.sampled_from(["linf(1)", "l1(1)", "budget(2, 1)", "box(-1, 0)", "l2(1.5)"]),
    clip=st.sampled_from(["", "clip 0..4"]),
)
def test_adaptive_bounds_meet_on_finite_sets(
    points: list, within: str, clip: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """At the optimum that enumeration of all networks and all perturbed points gives."""
    labels = {label for _, _, label in points}
    if len(labels) < 2:
        points = [(*points[0][:2], "n"), (*points[1][:2], "p"), *points[2:]]
    text = "a,b,y\n" + "".join(f"{a},{b},{label}\n" for a, b, label in points)
    found = compiled(
        tmp_path_factory.mktemp("adaptive"), text, SMALL, f"robust adaptive {{ inputs within {within} step 1 {clip} }}"
    )
    result = found.train(time_limit=60)
    assert result.status == "optimal"
    assert result.loss == result.bound == adaptively(found.problem)


def test_an_adaptive_bound_without_a_grid_beats_the_nominal_optimum(tmp_path: Path) -> None:
    """Points 0 and 1 of two classes: whatever the threshold, radius 0.6 makes one of them wrong."""
    network = SMALL.replace("bias in {-4..2}", "bias in [-2, 2]")
    points = "a,y\n0,n\n1,p\n"
    assert compiled(tmp_path, points, network, "").train().loss == 0
    result = compiled(tmp_path, points, network, "robust adaptive { inputs within linf(0.6) }").train(time_limit=30)
    assert result.loss == 1
    assert result.bound == 1


@pytest.mark.parametrize("method", ["exact", "search", "local_search", "split"])
@pytest.mark.parametrize("sense", ["static", "static soft", "adaptive"])
def test_every_strategy(method: str, sense: str, tmp_path: Path) -> None:
    """What each returns is recomputed: worst cases at least as bad as the points as they are, and no better than proved."""
    made = compiled(tmp_path, ELEVEN, NETWORK, f"robust {sense} {{ inputs within linf(1) }}")
    result = made.train(method=method, time_limit=8)
    training = result.network.training
    assert training.errors >= training.nominal_errors
    robust = result.network.certificate.recomputable.robust
    assert robust.sense == sense.replace("static soft", "soft")
    assert robust.certified == 11 - training.errors
    if sense == "static":
        assert robust.kept == 11


@pytest.mark.parametrize("method", ["exact", "search", "local_search"])
@pytest.mark.parametrize(
    ("output", "loss", "sense"),
    [
        ("1 linear unit", "hinge(1)", "static"),
        ("1 linear unit", "zero_one", "static soft"),
        ("classes linear units", "hinge(1) then minimize nominal hinge(1)", "static"),
        ("classes linear units", "errors", "static"),
    ],
)
def test_a_single_linear_layer(method: str, output: str, loss: str, sense: str, tmp_path: Path) -> None:
    """It has no pattern to keep: losses are those of the worst scores, and what the certificate counts `verify` certifies."""
    network = f"network {{ layer o: {output} weights in {{-2..2}} }}\nminimize "
    made = compiled(tmp_path, ELEVEN, f"{network}{loss}\n", f"robust {sense} {{ inputs within linf(1/2) }}")
    result = made.train(method=method, time_limit=6)
    robust = result.network.certificate.recomputable.robust
    assert robust.kept == 11
    assert robust.certified == 11 - result.network.training.errors
    assert bdnnc.verify(result.network).certified == robust.certified
    nominal = compiled(tmp_path, ELEVEN, f"{network}{loss.split(' then')[0]}\n", "").train(time_limit=6)
    assert result.loss >= nominal.bound


def test_lexicographic_and_constrained(tmp_path: Path) -> None:
    """Worst-case errors subject to nominal errors, then nominal ones; margins of a static file are worst cases."""
    robust = "subject to { nominal errors <= 2 }\nrobust adaptive { inputs within linf(1) step 1 }"
    network = NETWORK.replace("minimize zero_one", "minimize errors then minimize nominal errors then maximize nominal margin")
    result = compiled(tmp_path, ELEVEN, network, robust).train(time_limit=60)
    worst, plainly, margin = (goal.value for goal in result.network.training.goals)
    assert plainly <= min(worst, 2)
    assert margin >= 0
    plain = NETWORK.replace("minimize zero_one", "minimize errors then maximize margin(h)")
    static = compiled(tmp_path, ELEVEN, plain, "robust static { inputs within linf(1) }").train(time_limit=60)
    far = compiled(
        tmp_path, ELEVEN, plain.replace("maximize margin", "maximize nominal margin"), "robust static { inputs within linf(1) }"
    )
    assert static.network.training.goals[1].value >= 0
    assert far.train(time_limit=60).network.training.goals[1].value >= static.network.training.goals[1].value


def test_a_soft_file_whose_first_goal_has_no_worst_case(tmp_path: Path) -> None:
    """No point is given up as long as no goal asks for worst cases."""
    network = NETWORK.replace("minimize zero_one", "minimize nominal errors then minimize errors")
    result = compiled(tmp_path, ELEVEN, network, "robust static soft { inputs within linf(1) }").train(time_limit=30)
    nominal, worst = (goal.value for goal in result.network.training.goals)
    assert nominal == 1
    assert worst >= nominal


@pytest.mark.parametrize("method", ["exact", "local_search"])
def test_adaptive_networks_claim_the_margins_of_their_class(method: str, tmp_path: Path) -> None:
    """Searches for other readings of robustness find networks whose own class has wider margins."""
    points = "a,b,c,y\n3,0,1,q\n1,3,4,p\n0,2,2,n\n2,1,2,p\n1,4,0,n\n1,4,2,q\n4,4,1,p\n"
    network = (
        "network { layer h: 2 step units weights in {-1, 1} layer o: 3 step units weights in {-1, 0, 1} }\nminimize errors\n"
    )
    made = compiled(tmp_path, points, network, "robust adaptive { inputs within linf(0.1) }")
    found = made.train(method=method, time_limit=5).network
    assert recheck(found.model, made._pipeline).difference is None


def test_radius_0_is_nominal(tmp_path: Path) -> None:
    for sense in ("static", "static soft", "adaptive"):
        nominal = compiled(tmp_path, ELEVEN, NETWORK, "")
        robust = compiled(
            tmp_path,
            ELEVEN,
            NETWORK,
            f"robust {sense} {{ inputs within linf(0) inputs within l2(0) }}".replace(" inputs within l2(0)", ""),
        )
        assert (nominal.milp.A != robust.milp.A).nnz == 0
        assert np.array_equal(nominal.milp.row_upper, robust.milp.row_upper)
        assert list(nominal.milp.names) == list(robust.milp.names)


def test_infeasible_by_nature_is_told_in_words(tmp_path: Path) -> None:
    """No 0 among the weights and no bias: the points at 0 cannot keep their activity."""
    network = SMALL.replace("weights in {-1, 0, 1}\n    bias in {-4..2}", "weights in {-1, 1}\n    bias none")
    with pytest.raises(WorkFailed) as caught:
        compiled(tmp_path, "a,y\n0,n\n3,p\n", network, "robust static { inputs within linf(1) }").train()
    told = str(caught.value.diagnostics[0])
    assert "E520" in told
    assert "pattern" in " ".join((*caught.value.diagnostics[0].notes, caught.value.diagnostics[0].help or ""))


POLYTOPES = {
    "unbounded": ("1,0\n-1,0\n", "1\n1\n", "E412"),
    "without 0": ("1,0\n-1,0\n0,1\n0,-1\n", "1\n-0.5\n1\n1\n", "E404"),
    "text": ("1,x\n", "1\n", "E412"),
    "ragged": ("1,0\n1\n", "1\n1\n", "E412"),
    "wide": ("1,0,0\n", "1\n", "E412"),
    "long": ("1,0\n-1,0\n0,1\n0,-1\n", "1\n", "E412"),
    "empty": ("", "1\n", "E412"),
}


@pytest.mark.parametrize("name", POLYTOPES)
def test_wrong_polytopes(name: str, tmp_path: Path) -> None:
    matrix, side, code = POLYTOPES[name]
    (tmp_path / "A.csv").write_text(matrix)
    (tmp_path / "b.csv").write_text(side)
    assert refused(tmp_path, 'robust static { inputs within polytope("A.csv", "b.csv") }') == code
    (tmp_path / "A.csv").unlink()
    assert refused(tmp_path, 'robust static { inputs within polytope("A.csv", "b.csv") }') == "E412"


@pytest.mark.parametrize(
    ("robust", "data", "code"),
    [
        ("inputs within flips(1)", "", "E410"),
        ("inputs within linf(1) clip 0..12", "", "E411"),
        ("inputs within raw linf(1)", "scale binarize(5)", "E413"),
        ("inputs within l2(1000) step 0.1", "", "E414"),
    ],
)
def test_what_the_points_rule_out(robust: str, data: str, code: str, tmp_path: Path) -> None:
    assert refused(tmp_path, f"robust static {{ {robust} }}", data) == code


def refused(folder: Path, robust: str, data: str = "") -> str:
    with pytest.raises(UserError) as caught:
        _ = compiled(folder, ELEVEN, NETWORK, robust, data).problem
    return caught.value.diagnostics[0].code
