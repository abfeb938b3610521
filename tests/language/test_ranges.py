"""The ranges of quantities are those of all networks, and no statement of any shape breaks the checker."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdnnc.diagnostics import Source, Span
from bdnnc.language import check_model, parse
from bdnnc.language.network_view import NetworkView, view
from bdnnc.language.quantities import FanIn, FeaturesUsed, Norm, Parameters, UnitsUsed, sparse_layers
from bdnnc.language.ranges import Range, Ranges
from bdnnc.language.spec import Facts
from bdnnc.language.tree import Network
from tests.language.support import check_text

F = Fraction
SETS = {"{-1, 0, 1}": (-1, 0, 1), "{-1, 2}": (-1, 2), "{2, 3}": (2, 3), "bits(2)": (-3, -1, 1, 3), "{0}": (0,)}
NETWORK = """network {{
  layer hidden: 2 step units
    weights in {set}
    bias    in {set}
  layer output: 1 step unit
    weights in {set}
}}
"""


def viewed(text: str) -> NetworkView:
    """The view of a network on two inputs, made of one column."""
    source = Source("t", 'data { from "points.csv" target "y" }\nminimize hamming\n' + text)
    tree, _ = parse(source)
    assert tree is not None
    facts = Facts(10, ("a=1", "a=2"), ("x", "y"), Span(source, 0, 1), (0, 0), ("a", "y"), None)
    model, found = check_model(tree, {}, Path("folder"), facts)
    assert model is not None, found
    network = next(statement for statement in tree.statements if isinstance(statement, Network))
    return view(network.layers, model.layers, facts, None)


def norm(kind: str, numbers: Sequence[int]) -> int:
    magnitudes = [abs(number) for number in numbers]
    return {
        "l0": sum(number != 0 for number in numbers),
        "l1": sum(magnitudes),
        "l2": sum(number**2 for number in numbers),
        "linf": max(magnitudes),
    }[kind]


Kind = Literal["l0", "l1", "l2", "linf"]


@pytest.mark.parametrize("kind", ["l0", "l1", "l2", "linf"])
@pytest.mark.parametrize("words", SETS)
@pytest.mark.parametrize("sparse", [False, True])
def test_norms_reach_exactly_their_ranges(kind: Kind, words: str, sparse: bool) -> None:
    network = viewed(NETWORK.format(set=words))
    ranges = Ranges(network, frozenset({0, 1} if sparse else ()))
    members = {*SETS[words], 0} if sparse else set(SETS[words])
    of_output = [norm(kind, weights) for weights in product(members, repeat=2)]
    assert ranges.of(Norm(kind, "weights", (1,))) == Range(F(min(of_output)), F(max(of_output)))
    of_bias = [norm(kind, biases) for biases in product(SETS[words], repeat=2)]
    assert ranges.of(Norm(kind, "bias", (0,))) == Range(F(min(of_bias)), F(max(of_bias)))
    of_both = [norm(kind, weights) for weights in product(members, repeat=6)]
    assert ranges.of(Norm(kind, "weights", (0, 1))) == Range(F(min(of_both)), F(max(of_both)))
    single = ranges.of(Parameters(0, "weights", (0,), (0,)))
    assert single == Range(F(min(members)), F(max(members)))


def test_counts() -> None:
    network = viewed(NETWORK.format(set="{-1, 1}"))
    dense, sparse = Ranges(network, frozenset()), Ranges(network, frozenset({0}))
    assert dense.of(FanIn(0)) == Range(F(2), F(2))
    assert sparse.of(FanIn(0)) == Range(F(0), F(2))
    assert sparse.of(UnitsUsed(0)) == Range(F(0), F(2))
    assert sparse.of(FeaturesUsed()) == Range(F(0), F(1))


def test_what_makes_a_layer_sparse() -> None:
    every = {
        FanIn(1): {1},
        UnitsUsed(0): {1},
        FeaturesUsed(): {0},
        Norm("l0", "weights", (0, 2)): {0, 2},
        Norm("l1", "weights", (0, 2)): set[int](),
        Norm("l0", "bias", (0,)): set[int](),
        Parameters(0, "weights", (0,), (0,)): set[int](),
    }
    for quantity, layers in every.items():
        assert sparse_layers([quantity]) == layers


ENDS = st.none() | st.fractions(-9, 9, max_denominator=4)


@given(ENDS, ENDS, st.fractions(-3, 3, max_denominator=2), st.fractions(-9, 9, max_denominator=4))
def test_arithmetic_of_ranges(one: Fraction | None, other: Fraction | None, factor: Fraction, inside: Fraction) -> None:
    lower = one if one is None or other is None else min(one, other)
    upper = other if one is None or other is None else max(one, other)
    given_range = Range(lower, upper)
    if contains(given_range, inside):
        assert contains(given_range.times(factor), inside * factor)
        assert contains(given_range.plus(Range(F(1), None)), inside + 2)
        assert contains(given_range.with_zero(), F(0))


def contains(found: Range, value: Fraction) -> bool:
    return (found.lower is None or found.lower <= value) and (found.upper is None or value <= found.upper)


# --- statements of any shape ----------------------------------------------------------------------------------------

LAYERS = ["hidden", "second", "output", "third"]
PLACES = [f"{row}, {given}" for row in ("0", "*", "7") for given in ("1", "*", '"a"', "p")]
NORMS = [f"{kind}({layer}.{part})" for kind in ("l0", "l1", "l2", "linf") for layer in LAYERS for part in ("weights", "bias")]
QUANTITIES = st.sampled_from(
    [
        *[
            "hamming",
            "zero_one",
            "absolute",
            "none",
            "errors",
            "margin",
            "margins",
            "features_used",
            "hinge(1)",
            "hinge(-1)",
            "samples",
            "classes",
            "p",
            "3",
        ],
        *("errors of a", 'errors of "a"', "errors of 2", "nominal errors", "hamming weighted balanced", "hamming weighted [1]"),
        *(f"{name}({layer})" for name in ("units", "fan_in", "margin") for layer in LAYERS),
        *(f"{layer}.weights[{place}]" for layer in LAYERS for place in PLACES),
        *(f"{layer}.bias[{row}]" for layer in LAYERS for row in ("0", "*", "9")),
        *(*NORMS, "l0(weights)", "linf(weights)"),
    ]
)
FACTORS = st.sampled_from(["+ ", "- ", "+ 2 * ", "- 0.5 * ", "+ 0 * ", "+ 1 / 2 * "])
SUMS = st.lists(st.tuples(FACTORS, QUANTITIES), min_size=1, max_size=4)
UNITS = st.sampled_from(["step", "sign", "step(2)", "linear"])
CHOICES = ["in [-1, 1]", "in {-1, 1}", "in bits(2)", "in scaled {-1, 1} by [1, 2]", 'fixed "w.npz"', "in fixed(1)"]
DOMAINS = st.sampled_from(CHOICES)


def summed(pieces: list[tuple[str, str]]) -> str:
    return "0 " + " ".join(sign + name for sign, name in pieces)


@given(
    st.lists(st.tuples(st.sampled_from(["minimize", "maximize"]), SUMS), min_size=1, max_size=3),
    st.lists(st.tuples(SUMS, st.sampled_from(["<=", ">=", "=="]), SUMS), max_size=3),
    UNITS,
    DOMAINS,
    st.sampled_from([("a", "b"), ("1", "2", "3"), None]),
)
@settings(max_examples=300)
def test_statements_are_checked_or_diagnosed(
    goals: list[tuple[str, list[tuple[str, str]]]],
    constraints: list[tuple[list[tuple[str, str]], str, list[tuple[str, str]]]],
    unit: str,
    domain: str,
    classes: tuple[str, ...] | None,
) -> None:
    layers = f"layer hidden: 3 sign units weights {domain} layer second: 2 step units layer output: 1 {unit} unit"
    network = f"network {{ {layers} weights {domain} }}"
    objective = " then ".join(f"{sense} {summed(pieces)}" for sense, pieces in goals)
    subject = "\n".join(f"{summed(left)} {sense} {summed(right)}" for left, sense, right in constraints)
    data = 'param p = 1\ndata { from "points.csv" target "class" }'
    text = f"{data}\n{network}\n{objective}\nsubject to {{ {subject} }}"
    checked = check_text(text, classes=classes)
    assert checked.tree is not None, checked.codes
    is_right = not any(code.startswith("E") for code in checked.codes)
    assert checked.model is None or is_right
    if classes is not None:
        assert (checked.model is not None) == is_right
    for diagnostic in checked.diagnostics:
        assert diagnostic.primary is not None
