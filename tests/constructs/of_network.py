"""Units, sets, biases and the clauses of a layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import bdnnc
from tests.constructs.construct import (
    AND,
    FAR,
    HIDDEN,
    LEVELS,
    LINE,
    LINEAR,
    PERCEPTRON,
    TERNARY,
    TWO_LAYERS,
    XOR,
    Construct,
    spec,
    subject,
    values,
)


def array(**arrays: list[Any]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        np.savez(path, **{name: np.array(value, dtype=float) for name, value in arrays.items()})

    return write


def errors(compiled: bdnnc.Compiled) -> int | None:
    """The errors of what training finds, on the training points."""
    return compiled.train(time_limit=60, threads=1).network.training.errors


ENTRIES = [
    # --- one network, or one for each pair of classes -----------------------------------------------------------------
    Construct(
        "a network for each pair of classes",
        ("network one_vs_one",),
        # A threshold tells any two of three classes on a line apart; three thresholds do not single out the middle one.
        spec("layer output: 1 step unit weights in {-2..2} bias in {-5..5}").replace("network {", "network one_vs_one {"),
        "network one_vs_one {\n  layer output: 1 step",
        "network {\n  layer output: classes step",
        0,
        1,
        points="x,y\n0,a\n1,b\n2,c\n",
        shows=errors,
    ),
    # --- units --------------------------------------------------------------------------------------------------------
    Construct(
        "sign units in place of step units",
        ("unit sign", "unit step"),
        spec(f"layer hidden: 1 sign unit {TERNARY} bias none\n  layer output: 1 step unit weights in {{1}} bias none"),
        "sign unit",
        "step unit",
        # The output is active where the hidden unit is; a step unit gives 0 or 1, and 0 is active too.
        values(0),
        values(1),
        points="x,y\n-1,n\n1,p\n",
    ),
    Construct(
        "linear units",
        ("unit linear",),
        # Three classes on a line: scores -x, 0, x separate them; three thresholds on one input cannot single out the middle.
        spec(
            f"layer output: classes linear units {TERNARY} bias in {{-1..1}}",
            "minimize zero_one",
        ),
        "linear units",
        "step units",
        values(0),
        values(1),
        points="x,y\n-2,l\n0,m\n2,r\n",
    ),
    Construct(
        "the height of a step",
        ("times /",),
        # A hidden unit of height 3 lifts the output over a bias of -3.
        spec(
            f"layer hidden: 1 step(6 / 2) unit {TERNARY} bias in {{-1}}\n  layer output: 1 step unit {TERNARY} bias in {{-3}}"
        ),
        "step(6 / 2) unit",
        "step unit",
        values(0),
        values(1),
        points="x,y\n0,n\n1,p\n",
    ),
    # --- sets ---------------------------------------------------------------------------------------------------------
    Construct(
        "an interval of weights",
        ("set IntervalSet", "weights weights", "weights in"),
        spec("layer output: 1 step unit weights in [-1, 1] bias in {-1} margin 0.1"),
        "weights in [-1, 1]",
        "weights in [-1, 0.5]",
        # x = 1 is active from a weight of 1.05 on, x = 2 from 0.525 on.
        values(1),
        values(2),
        points="x,y\n0,n\n1,p\n2,p\n",
    ),
    Construct(
        "a finite set of weights, ranges in it",
        ("set Finite", "item ..", "negative -"),
        spec("layer output: 1 step unit weights in {-3, 0..2} bias in {-2}"),
        "{-3, 0..2}",
        "{-3, 0..1}",
        values(0),
        values(1),
        points="x,y\n0,n\n1,p\n",
    ),
    Construct(
        "multi-bit weights",
        ("bits bits", "set BitsSet"),
        # Odd weights only: 2 a + b and 3 a + b differ from a + b at (1, 0) with bias -3.
        spec("layer output: 1 step unit weights in bits(2) bias in {-3}"),
        "bits(2)",
        "bits(1)",
        values(0),
        values(1),
        points="a,b,y\n0,0,n\n0,1,n\n1,0,p\n",
    ),
    Construct(
        "fixed-point weights",
        ("fixed_point fixed", "set FixedPointSet"),
        # 1/2 x >= 1 from x = 2 on; with weights {-1, 0, 1} from x = 1 on.
        spec("layer output: 1 step unit weights in fixed(1) bias in {-1}"),
        "fixed(1)",
        "fixed(0)",
        values(0),
        values(1),
        points="x,y\n1,n\n2,p\n",
    ),
    Construct(
        "a finite set times a scale",
        ("scaled scaled", "scaled by", "set ScaledSet"),
        # With one scale for both weights, 2 x1 - x2 cannot be had; one weight of {-1, 1} is never enough for a bias of -3.
        spec("layer output: 1 step unit weights in scaled {-1, 1} by [0.5, 4] bias in {-3} margin 0.5"),
        "by [0.5, 4]",
        "by [0.5, 2]",
        values(0),
        values(1),
        points="x,y\n0,n\n1,p\n",
    ),
    Construct(
        "a finite set times a scale of one choice",
        (),
        # AND takes both weights, and has their squares: of 2, or of 1.
        spec(
            "layer output: 1 step unit weights in scaled {-1, 0, 1} by [2, 2] bias in {-3..3}",
            "minimize errors then minimize l2(output.weights)",
        ),
        "by [2, 2]",
        "by [1, 1]",
        values(0, 8),
        values(0, 2),
        points=AND,
    ),
    Construct(
        "an exact margin of a scale of one choice",
        (),
        spec("layer output: 1 step unit weights in scaled {-1, 0, 1} by [2, 2] bias in {-3..3} margin exact"),
        "by [2, 2]",
        "by [2, 3]",
        values(0),
        "E331",
        points=AND,
    ),
    # --- biases -------------------------------------------------------------------------------------------------------
    Construct(
        "no bias",
        ("bias bias", "bias none"),
        spec(f"layer output: 1 step unit {TERNARY} bias none"),
        "bias none",
        "bias in {-1}",
        # The origin is always active.
        values(1),
        values(0),
        points="x,y\n0,n\n1,p\n",
    ),
    Construct(
        "an automatic bias",
        ("bias auto",),
        spec(f"layer output: 1 step unit {TERNARY} bias auto"),
        "bias auto",
        "bias in {-3..3}",
        values(0),
        values(1),
        points=FAR,
    ),
    Construct(
        "a bias of a set",
        ("bias in",),
        spec(PERCEPTRON),
        "bias in {-3..3}",
        "bias in {-9..3}",
        values(1),
        values(0),
        points=FAR,
    ),
    Construct(
        "a shared bias",
        ("bias shared",),
        # x >= 1 and x >= 2 need two thresholds with weights 1 only.
        spec("layer output: classes step units weights in {1} bias shared in {-2..0}", "minimize hamming"),
        "bias shared in",
        "bias in",
        values(4),
        values(3),
        points="x,y\n0,l\n1,m\n2,r\n",
    ),
    Construct(
        "fixed biases",
        ("bias fixed",),
        spec(f'layer output: 1 step unit {TERNARY} bias fixed "b.npz"'),
        'bias fixed "b.npz"',
        "bias in {-3..3}",
        values(1),
        values(0),
        points="x,y\n0,n\n1,p\n",
        files={"b.npz": array(bias=[2])},
    ),
    # --- clauses ------------------------------------------------------------------------------------------------------
    Construct(
        "fixed weights",
        ("weights fixed",),
        spec('layer output: 1 step unit weights fixed "w.npz" bias in {-3..3}'),
        'weights fixed "w.npz"',
        TERNARY,
        values(1),
        values(0),
        points="a,b,y\n0,0,n\n0,1,n\n1,0,p\n1,1,p\n",
        files={"w.npz": array(weights=[[1, 1]])},
    ),
    Construct(
        "weights to start from",
        ("weights start",),
        spec(f'layer output: 1 step unit {TERNARY} weights start "w.npz" bias in {{-3..3}}'),
        'weights start "w.npz"',
        "",
        [[1, -1]],
        None,
        points=XOR,
        files={"w.npz": array(weights=[[1, -1]])},
        shows=lambda compiled: None if (start := compiled.problem.layers[0].start) is None else start.tolist(),
    ),
    Construct(
        "a declared margin",
        ("margin margin",),
        # The sums are 0 and 1 with biases of -1 and 0: some pre-activation is 0.
        spec(f"layer output: 1 step unit {TERNARY} bias in {{-1, 0}} margin 1"),
        "margin 1",
        "",
        values(1),
        values(0),
        points="x,y\n0,n\n1,p\n",
    ),
    Construct(
        "an exact margin",
        ("margin exact",),
        spec(f"layer output: 1 step unit {TERNARY} bias in {{-3..3}} margin exact"),
        "weights in {-1, 0, 1}",
        "weights in [-1, 1]",
        values(0),
        "E331",
        points="x,y\n0,n\n1,p\n",
    ),
    Construct(
        "a mask",
        ("mask mask",),
        spec(f'layer output: 1 step unit {TERNARY} bias in {{-3..3}} mask "m.csv"'),
        'mask "m.csv"',
        "",
        values(2),
        values(0),
        points="a,b,y\n0,0,n\n0,1,n\n1,0,p\n1,1,p\n",
        files={"m.csv": "0,1\n"},
    ),
    Construct(
        "powers of the inputs",
        ("powers powers",),
        # x^2 - 2 x is below 0 at 1 only.
        spec("layer output: 1 step unit weights in {-2..2} bias in {0} powers 2"),
        "powers 2",
        "",
        values(0),
        values(1),
        points=LEVELS,
    ),
    # --- depth --------------------------------------------------------------------------------------------------------
    Construct(
        "a second layer",
        (),
        spec(TWO_LAYERS),
        HIDDEN,
        "",
        values(0),
        values(1),
    ),
    Construct(
        "a third layer",
        (),
        # NEITHER of (neither of a and b, both of them); with a bias of 0 the middle is always +1 and the output never active.
        spec(
            f"{HIDDEN}\n  layer middle: 1 sign unit weights in {{1}} bias in {{-1}}\n"
            "  layer output: 1 step unit weights in {-1} bias none"
        ),
        "weights in {1} bias in {-1}",
        "weights in {1} bias in {0}",
        values(0),
        values(2),
    ),
    Construct(
        "several output units, one a class",
        (),
        spec(f"layer output: classes step units {TERNARY} bias in {{-3..3}}", "minimize hamming"),
        "classes step units",
        "1 step unit",
        values(2),
        values(1),
    ),
    Construct(
        "connections: an absent one has weight 0 though the set lacks it",
        (),
        # Both weights of -1 or 1 at a fan-in of 2; one of them gone at a fan-in of 1.
        spec(
            "layer output: 1 step unit weights in {-1, 1} bias in {-3..3}",
            "minimize errors",
            subject("fan_in(output) <= 1"),
        ),
        subject("fan_in(output) <= 1"),
        "",
        values(0),
        values(1),
        points="a,b,y\n0,0,n\n0,1,n\n1,0,p\n1,1,p\n",
    ),
    Construct(
        "a linear unit for numbers",
        (),
        spec(LINEAR, "minimize absolute"),
        "bias in {-1..1}",
        "bias in {1}",
        values(6),
        values(8),
        points=LINE,
    ),
]
