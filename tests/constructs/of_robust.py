"""The robust block: senses, sets, clip, raw, step, inputs. What is shown is the proved optimum, which enumeration of all
networks and of all worst cases gives too."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import bdnnc
from bdnnc.diagnostics import WorkFailed
from bdnnc.ir.problem import Problem
from tests.constructs.construct import Construct, spec
from tests.oracle.brute import optima
from tests.oracle.robust import brute, perturbations

POINTS = "a,b,y\n0,0,n\n0,3,p\n1,1,n\n3,0,p\n3,3,p\n2,1,p\n1,2,n\n"
BITS = "a,b,y\n0,0,n\n0,1,p\n1,0,p\n1,1,p\n"
NETWORK = (
    "layer hidden: 1 step unit weights in {-1, 0, 1} bias in {-4..2}\n  "
    "layer output: 1 step unit weights in {-1, 1} bias in {-1, 0}"
)


def optimum(compiled: bdnnc.Compiled) -> Any:
    """The proved optimum, or None; what enumeration says is asserted to be the same."""
    try:
        result = compiled.train(time_limit=60, threads=1)
    except WorkFailed:
        found = None
    else:
        assert result.status == "optimal"
        found = int(result.network.training.objective)
    problem = compiled.problem
    if problem.uncertainty is None:  # nothing can move: as without the block
        assert found == optima(problem)[0]
        return found
    by_hand = adaptively(problem) if problem.uncertainty.sense == "adaptive" else brute(problem)
    assert found == by_hand
    return found


def adaptively(problem: Problem) -> int:
    """The least number of points that some perturbation makes wrong, over all networks of the class."""
    assert problem.uncertainty is not None
    hidden, output = problem.layers
    points = [[problem.patterns.fraction(p, j) for j in range(len(problem.inputs))] for p in range(problem.patterns.shape[0])]
    clouds = [perturbations(problem.uncertainty.moves, p, x) for p, x in enumerate(points)]
    every = np.array([x for cloud in clouds for x in cloud], dtype=object).astype(np.float64)
    owner = np.repeat(np.arange(len(points)), [len(cloud) for cloud in clouds])
    label = np.array([int(problem.counts[p, 1] > 0) for p in range(len(points))])
    units = {
        tuple((every @ np.array(weights, dtype=float) + float(bias) >= 0).tolist())
        for weights in itertools.product(hidden.domain.values, repeat=hidden.inputs)
        for bias in hidden.bias.domain.values
    }
    heads = list(itertools.product(output.domain.values, output.bias.domain.values))
    best = len(points)
    for unit in units:
        for w, c in heads:
            wrong = (float(w) * np.array(unit) + float(c) >= 0) != (label[owner] == 1)
            best = min(best, len(set(owner[wrong].tolist())))
    return best


def robust(block: str, head: str = "robust static", data: str = "", network: str = NETWORK) -> str:
    return spec(network, "minimize zero_one", f"{head} {{\n  {block}\n}}", data)


def entry(
    name: str,
    covers: tuple[str, ...],
    text: str,
    old: str,
    new: str,
    gives: Any,
    then: Any,
    points: str = POINTS,
    files: dict[str, str] | None = None,
) -> Construct:
    return Construct(name, covers, text, old, new, gives, then, points, files or {}, shows=optimum)


SHIFTED = (
    "layer hidden: 1 step unit weights in {1, 2} bias in {0.5}\n  layer output: 1 step unit weights in {-1, 1} bias in {-1, 0}"
)
"""A threshold below all points, which only moves out of their range reach."""

SCALED = (
    "layer hidden: 1 step unit weights in {-1, 0, 1} bias in {-1.5, -1.25, -1, -0.75, -0.5, -0.25, 0, 0.25}\n  "
    "layer output: 1 step unit weights in {-1, 1} bias in {-1, 0}"
)
MAJORITY = (
    "layer hidden: 1 step unit weights in {0, 1} bias in {-2.5, -1.5, -0.5}\n  "
    "layer output: 1 step unit weights in {-1, 1} bias in {-1, 0}"
)
TRIPLES = "a,b,c,y\n0,0,0,n\n1,1,1,p\n"
DIAMOND = {"A.csv": "1,1\n-1,-1\n1,-1\n-1,1\n", "b.csv": "1\n1\n1\n1\n", "C.csv": "1,0\n-1,0\n0,1\n0,-1\n"}
SOFT, ADAPTIVE = "robust static soft", "robust adaptive"

ENTRIES = [
    entry("soft", ("robust soft",), robust("inputs within linf(1/2)", SOFT), " soft", "", 2, 3),
    entry(
        "adaptive",
        ("robust adaptive",),
        robust("inputs within linf(1/2) step 1/2", ADAPTIVE),
        "adaptive",
        "static",
        2,
        3,
    ),
    entry(
        "a radius",
        ("robust robust", "robust static", "perturbation within", "perturbation linf"),
        robust("inputs within linf(1/2)"),
        "linf(1/2)",
        "linf(0.001)",
        3,
        2,
    ),
    entry("l1", ("perturbation l1",), robust("inputs within l1(1)", SOFT), "l1", "linf", 2, 3),
    entry("l2", ("perturbation l2",), robust("inputs within l2(0.9)", SOFT), "l2(0.9)", "linf(1)", 2, 3),
    entry("l2 on a grid", (), robust("inputs within l2(1) step 1", SOFT), " step 1", "", 2, 3),
    entry("box", ("perturbation box",), robust("inputs within box(-1, 0)", SOFT), "box(-1, 0)", "box(-1, 1)", 2, 3),
    entry("box of lists", (), robust("inputs within box([-1, 0], [0, 1])", SOFT), "[-1, 0], [0, 1]", "[-1, -1], [1, 1]", 2, 3),
    entry("budget", ("perturbation budget",), robust("inputs within budget(1, 1)", SOFT), "budget(1, 1)", "linf(1)", 2, 3),
    entry(
        "polytope", ("perturbation polytope",), robust('inputs within polytope("A.csv", "b.csv")', SOFT), "A.csv", "C.csv",
        2, 3, files=DIAMOND,
    ),
    entry("flips", ("perturbation flips",), robust("inputs within flips(1)", SOFT), "flips(1)", "flips(0)", 1, 0, BITS),
    entry(
        "flips, not all at once", (), robust("inputs within flips(1)", SOFT, network=MAJORITY), "flips(1)", "flips(3)", 0, 1,
        TRIPLES,
    ),
    entry("some inputs", ("perturbation inputs",), robust('inputs ["a"] within linf(1)', SOFT), '["a"] ', "", 2, 3),
    entry(
        "raw",
        ("perturbation raw",),
        robust("inputs within raw linf(0.5)", SOFT, "scale minmax(0, 1) round 2", SCALED),
        "raw ",
        "",
        2,
        3,
    ),
    entry("step", ("perturbation step",), robust("inputs within linf(1) step 1", ADAPTIVE), "step 1", "step 2", 3, 1),
    entry(
        "clip", ("clip clip", "clip .."), robust("inputs within linf(1) clip 0..3", network=SHIFTED), " clip 0..3", "", 3, None,
    ),
]  # fmt: skip
