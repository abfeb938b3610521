"""`bias auto` loses nothing that a wide set of biases has, whatever goals and constraints ask of the biases themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bdnnc
from bdnnc.network.measure import Measured
from tests.constructs.construct import XOR, subject
from tests.oracle.classes import enumerated

RISING = "x,y\n0,100\n1,102\n2,101\n3,104\n4,105\n"
"""Numbers far from 0: their sum is 512, and 502 above a line of slope 1."""

PAIR = "x,y\n0,n\n1,p\n"
EIGHT = "x,y\n0,n\n3,p\n-1,p\n3,p\n-1,n\n2,p\n-2,p\n0,n\n"
"""-1 is of both classes: one error at least."""

OTHER_EIGHT = "a,b,y\n2,5,p\n1,3,p\n1,4,p\n4,4,p\n4,2,n\n1,4,p\n1,4,p\n4,5,p\n"

LINE = "layer output: 1 linear unit weights in [-1, 1] BIAS"
HIDDEN = "layer hidden: 2 step units weights in {1, 2} BIAS\n  layer output: 1 step unit weights in {-1, 0, 1} bias in {-2..2}"
FIXED = (
    'layer hidden: 2 step units weights fixed "arrays.npz" BIAS\n  layer output: 1 step unit weights in {-1, 1} bias in {-2..2}'
)
MINUS = HIDDEN.replace("{1, 2}", "{-1, 1}").replace("BIAS", "BIAS margin 1").replace("{-2..2}", "{-2..1}")
SUM = "hidden.bias[0] + hidden.bias[1] == 0.3"


@dataclass(frozen=True)
class Case:
    """``gives``: the optima, goal by goal; ``wide``: a declared set that holds every bias that could matter;
    ``is_small``: enumeration is possible."""

    name: str
    network: str
    wide: str
    goals: str
    gives: tuple[Fraction | int | str, ...]
    points: str
    more: str = ""
    scale: str = ""
    is_small: bool = True
    arrays: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def compiled(self, bias: str, folder: Path) -> bdnnc.Compiled:
        (folder / "points.csv").write_text(self.points)
        if self.arrays:
            np.savez(folder / "arrays.npz", **self.arrays)
        data = f'data {{\n  from "points.csv"\n  target "y"\n  {self.scale}\n}}\n'
        text = f"{data}network {{\n  {self.network.replace('BIAS', bias)}\n}}\n{self.goals}\n{self.more}\n"
        (folder / "spec.bdnn").write_text(text)
        return bdnnc.compile(folder / "spec.bdnn")


CASES = [
    # Every 1 of bias costs 10 and saves at most 5.
    Case("a dear bias of numbers", LINE, "bias in [0, 111]", "minimize absolute + 10 * l1(output.bias)", (502,), RISING),
    # Every 1 of bias costs 0.5 and saves 5 up to 101, where the errors are 1, 0, 2, 0 and 0 ..
    Case("a cheap bias of numbers", LINE, "bias in [0, 111]", "minimize absolute + 0.5 * l1(output.bias)", ("53.5",), RISING),
    # A bias of 0 leaves 502.
    Case("no bias of numbers", LINE, "bias in [0, 111]", "minimize l0(output.bias) then minimize absolute", (0, 502), RISING),
    Case(
        "a small bias of numbers",
        LINE,
        "bias in [0, 111]",
        "minimize absolute",
        (252,),
        RISING,
        subject("output.bias[0] <= 50"),
    ),
    Case("no hidden biases", HIDDEN, "bias in {-9..9}", "minimize l0(hidden.bias)", (0,), XOR),
    # a + b >= 0 always holds: half of the points are wrong.
    Case(
        "the price of no hidden biases",
        HIDDEN,
        "bias in {-9..9}",
        "minimize l0(hidden.bias) then minimize hamming",
        (0, 2),
        XOR,
    ),
    # a + b >= 1 and a + b >= 2.
    Case("small hidden biases", HIDDEN, "bias in {-9..9}", "minimize hamming then minimize l1(hidden.bias)", (0, 3), XOR),
    Case(
        "a hidden bias as declared",
        HIDDEN,
        "bias in [-9, 9]",
        "minimize hamming",
        (0,),
        XOR,
        subject("hidden.bias[0] == -0.75", "hidden.bias[1] == -1.5"),
    ),
    # x - 1/2 at 0 and 1.
    Case(
        "the margin of real weights",
        "layer output: 1 step unit weights in [-1, 1] BIAS",
        "bias in [-9, 9]",
        "minimize errors then maximize margin",
        (0, "0.5"),
        PAIR,
    ),
    Case(
        "a margin less the price of its bias",
        "layer output: 1 step unit weights in [-1, 1] BIAS",
        "bias in [-9, 9]",
        "minimize errors then maximize margin - 0.5 * l1(output.bias)",
        (0, "0.25"),
        PAIR,
    ),
    Case(
        "a sum of biases between integers", MINUS, "bias in [-9, 9]", "minimize hamming", (1,), EIGHT, subject(SUM), "", False
    ),
    Case(
        "a sum of small biases under standardized inputs",
        FIXED,
        "bias in [-6, 6]",
        "minimize hamming",
        (1,),
        OTHER_EIGHT,
        subject(SUM, "l1(hidden.bias) <= 0.4"),
        "scale standard",
        False,
        {"weights": np.array([[1, -2.5], [0, 1]])},
    ),
]
CASE = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def expected(case: Case) -> Any:
    return pytest.approx([float(Fraction(value)) for value in case.gives], abs=1e-5)


@CASE
@pytest.mark.parametrize("wide", [False, True], ids=["auto", "wide"])
def test_automatic_biases_are_as_good_as_wide_ones(case: Case, wide: bool, tmp_path: Path) -> None:
    compiled = case.compiled(case.wide if wide else "bias auto", tmp_path)
    result = compiled.train(time_limit=60, threads=1)
    assert result.status == "optimal"
    goals = result.network.training.goals
    assert [float(goal.value if goal.reached is None else goal.reached) for goal in goals] == expected(case)
    assert Measured(result.network.layers, compiled.problem).violated() == ()


@pytest.mark.parametrize("case", [case for case in CASES if case.is_small], ids=lambda case: case.name)
def test_enumeration_of_the_chosen_class_gives_the_values(case: Case, tmp_path: Path) -> None:
    found = enumerated(case.compiled("bias auto", tmp_path).problem)
    assert found is not None
    assert [float(value) for value in found] == expected(case)
