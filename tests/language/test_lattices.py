"""Sums of counts and members of finite sets lie on the lattice that is said, and pairs of bounds are weighed rightly."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bdnnc.language.contradictions import check_pairs
from bdnnc.language.findings import Findings
from bdnnc.language.lattices import Lattice, lattice_of
from bdnnc.language.quantities import Constraint, Errors, Norm, Parameters, Quantity, Term
from bdnnc.language.ranges import Ranges
from tests.language.support import check_text
from tests.language.test_ranges import NETWORK, SETS, viewed

F = Fraction
KEEPS: dict[str, Callable[[Fraction, Fraction], bool]] = {"<=": operator.le, ">=": operator.ge, "==": operator.eq}
NUMBERS = st.fractions(-4, 4, max_denominator=6)
DATA = 'data { from "points.csv" target "class" }\n'
BODY = NETWORK.format(set="{-1, 0, 1}")


@given(st.sampled_from(list(SETS)), st.lists(NUMBERS, min_size=3, max_size=3), st.booleans())
def test_every_value_lies_on_the_lattice(name: str, factors: list[Fraction], sparse: bool) -> None:
    ranges = Ranges(viewed(NETWORK.format(set=name)), frozenset({0}) if sparse else frozenset())
    quantities: list[Quantity] = [Errors(), Parameters(0, "weights", (0,), (1,)), Norm("l1", "bias", (0,))]
    terms = [Term(factor, quantity) for factor, quantity in zip(factors, quantities, strict=True)]
    found = lattice_of(terms, ranges)
    assert found is not None
    weights = {*SETS[name], *([0] if sparse else [])}
    for errors, weight, first, second in product(range(3), weights, SETS[name], SETS[name]):
        size = abs(first) + abs(second)
        assert found.contains(factors[0] * errors + factors[1] * weight + factors[2] * size)


@pytest.mark.parametrize(
    ("lattice", "text"),
    [
        (Lattice(F(0), F(1)), "an integer"),
        (Lattice(F(4), F(2)), "a multiple of 2"),
        (Lattice(F(-1), F(2)), "1 plus a multiple of 2"),
        (Lattice(F(1, 2), F(1)), "0.5 plus a multiple of 1"),
        (Lattice(F(3), F(0)), "always 3"),
    ],
)
def test_lattices_in_words(lattice: Lattice, text: str) -> None:
    assert lattice.text() == text


def codes(constraints: str, network: str = BODY) -> list[str]:
    return check_text(f"{DATA}{network}minimize hamming\nsubject to {{\n{constraints}\n}}", classes=("x", "y")).codes


def test_real_numbers_lie_on_no_lattice() -> None:
    real = "network { layer output: 1 step unit }\n"
    assert codes("output.weights[0, 0] == 0.3", real) == []
    assert codes("errors + output.weights[0, 0] == 0.3", real) == []
    assert codes("errors + output.bias[0] == 0.3") == []
    assert codes("errors == 0.3") == ["E350"]
    assert codes("errors <= 0.3") == []


def alone(coefficient: Fraction, sense: str, bound: Fraction) -> Constraint:
    span = viewed(BODY).layers[0].node.span
    return Constraint((Term(coefficient, Errors()),), sense, bound, 1, "c", span)  # type: ignore[arg-type]


@given(
    st.lists(
        st.tuples(st.sampled_from([F(-2), F(1), F(3)]), st.sampled_from(["<=", ">=", "=="]), st.integers(-6, 6)),
        min_size=2,
        max_size=2,
    )
)
def test_pairs_are_refused_iff_no_number_keeps_both(rows: list[tuple[Fraction, str, int]]) -> None:
    findings = Findings()
    check_pairs([alone(factor, sense, F(bound)) for factor, sense, bound in rows], findings)
    # both ends of every half-line are multiples of 1/6, so it is enough to try those
    tried = [F(step, 6) for step in range(-48, 49)]
    possible = any(all(KEEPS[sense](factor * value, F(bound)) for factor, sense, bound in rows) for value in tried)
    assert [found.code for found in findings.found] == ([] if possible else ["E350"])


def test_bounds_of_different_quantities_do_not_meet() -> None:
    assert codes("hidden.weights[0, 0] >= 1\nhidden.weights[0, 1] <= 0\nhidden.weights[1, 0] <= 0") == []
    assert codes("hidden.weights[0, 0] >= 1\nhidden.weights[0, 0] - hidden.weights[0, 1] <= 0") == []
    assert codes("hidden.weights[0, 0] >= 1\nhidden.weights[0, 0] <= 0\nhidden.weights[0, 0] <= -1") == ["E350", "E350"]
