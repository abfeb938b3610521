"""First layers without a continuous bias: a sum of 0 is active, and no margin may take that away."""

from __future__ import annotations

import pytest

import bdnnc

POINTS = [[0, 0], [1, 0], [0, 1], [1, 1], [1, 0]]
LABELS = ["b", "a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("weights", "subject"),
    [
        ("in [-1, 1]", "subject to { fan_in(o) <= 1 }"),
        ("in [-1, 1]", "subject to { features_used <= 1 }"),
        ("in [-1, 1]", "subject to { fan_in(o) <= 1  errors <= 1 }"),
        ("in scaled {-1, 0, 1} by [1/2, 1]", ""),
        ("in [-1, 0]", ""),
        ("in {-1, 0}", ""),
    ],
)
def test_a_weight_of_zero_makes_a_tie_that_counts(weights: str, subject: str) -> None:
    """w = (-1, 0) gives a = 0 on both points of class b without x1, and only one point of (1, 0) is wrong."""
    text = (
        'data { from "t.csv" target 2 }\n'
        f"network {{ layer o: 1 step unit weights {weights} bias none }}\n"
        f"minimize zero_one\n{subject}\n"
    )
    result = bdnnc.compile(text, data=(POINTS, LABELS)).train(time_limit=20)
    assert (result.status, result.objective, result.bound) == ("optimal", 1, 1)
