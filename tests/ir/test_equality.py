"""The first difference between two programs, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bdnnc.ir.equality import equal
from bdnnc.ir.problem import Statement
from tests.ir.programs import everything

ONE = everything()


def test_a_program_equals_another_like_it() -> None:
    assert equal(ONE, everything()) is None


def test_what_says_nothing_is_not_compared() -> None:
    gap = ONE.implications[2]
    other = replace(ONE, implications=(*ONE.implications[:2], replace(gap, value=0), *ONE.implications[3:]))
    assert equal(ONE, other) is None
    assert equal(ONE, replace(ONE, statements=tuple(Statement(s.title, None) for s in ONE.statements))) is None
    scalar = replace(ONE.variables[-1], shape=None)
    assert equal(ONE, replace(ONE, variables=(*ONE.variables[:-1], scalar))) is None


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"name": "x"}, "name: 'every thing' and 'x'"),
        ({"constant": 0.0}, "constant: -0.0 and 0.0"),
        ({"sense": "minimize"}, "sense: 'maximize' and 'minimize'"),
        ({"clauses": ()}, "clauses: 2 and 0 of them"),
        ({"statements": (Statement("x", None), *ONE.statements[1:])}, "statements[0].title: 'data' and 'x'"),
        (
            {"variables": (replace(ONE.variables[0], upper=np.array([2, 2, 2, np.nextafter(2, 3), 2])), *ONE.variables[1:])},
            "variables[0].upper[3]: 2 and 2.0000000000000004",
        ),
        (
            {"variables": (replace(ONE.variables[0], upper=np.full(4, 2.0)), *ONE.variables[1:])},
            "variables[0].upper: float64 of shape (5,) and float64 of shape (4,)",
        ),
        (
            {"preactivations": (replace(ONE.preactivations[0], X=np.abs(ONE.preactivations[0].X)), *ONE.preactivations[1:])},
            "preactivations[0].X[1, 0]: -0 and 0",
        ),
        (
            {"implications": (replace(ONE.implications[0], trigger=None), *ONE.implications[1:])},
            "implications[0].trigger: ('u', 'hidden') and None",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_differences_are_told(changes: dict[str, object], difference: str) -> None:
    assert equal(ONE, replace(ONE, **changes)) == difference
