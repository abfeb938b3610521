"""Penalties and counts against their definitions: with the weights and biases of a network given, the least value that the rows
let an expression have is the quantity's, and, where it was asked for exactly, the largest one too."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from bdnnc.formulation.builder import Builder, Expression
from bdnnc.formulation.formulate import express
from bdnnc.ir.domains import BitsDomain, LatticeDomain, ScaledDomain
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.language.quantities import FanIn, FeaturesUsed, Norm, Parameters, Quantity, UnitsUsed
from tests.formulation.tiny import FINITE, REAL, System, builder_of, measured, pick, random_network, random_problem
from tests.oracle.problems import layer, problem

COUNTS = (
    Norm("l0", "weights", (0,)),
    Norm("l0", "weights", (0, 1)),
    Norm("l0", "bias", (0,)),
    UnitsUsed(0),
    FeaturesUsed(),
    FanIn(0),
    FanIn(1),
)
SIZES = tuple(
    Norm(kind, *where)
    for kind in ("l1", "linf")
    for where in (("weights", (0,)), ("weights", (0, 1)), ("bias", (0,)), ("bias", (1,)))
)
SQUARES = (Norm("l2", "weights", (0,)), Norm("l2", "weights", (0, 1)), Norm("l2", "bias", (0,)))
SINGLE = (
    Parameters(0, "weights", (0, 1, 1), (0, 2, 1)),
    Parameters(1, "weights", (0,), (1,)),
    Parameters(0, "bias", (1, 0)),
    Parameters(1, "bias", (0,)),
)


def on_lattice(value: Fraction, constant: Fraction, step: Fraction | None) -> bool:
    if step is None:
        return True
    return value == constant if step == 0 else ((value - constant) / step).denominator == 1


def check(rng: np.random.Generator, chosen: Problem, asked: list[tuple[Quantity, bool]], networks: int) -> None:
    """Each expression by itself, and all at once: they must be reached by the same point of the rows."""
    builder = builder_of(chosen)
    made = [(quantity, exactly, express(builder, quantity, exactly)) for quantity, exactly in asked]
    system = System(builder)
    for _ in range(networks):
        network = random_network(rng, chosen)
        together, sum_of_all = np.zeros(system.size), Fraction(0)
        for quantity, exactly, expression in made:
            values = measured(chosen, network, quantity)
            assert expression.rows == len(values)
            for row, value in enumerate(values):
                assert on_lattice(value, expression.constant[row], expression.step)
                c = system.vector(expression, row)
                least = system.least(c, network)
                assert least is not None
                assert least + float(expression.constant[row]) == pytest.approx(float(value), abs=1e-5), (quantity, exactly)
                if exactly:
                    largest = -system.least(-c, network)
                    assert largest + float(expression.constant[row]) == pytest.approx(float(value), abs=1e-5), quantity
                together += c
                sum_of_all += value - expression.constant[row]
        assert system.least(together, network) == pytest.approx(float(sum_of_all), abs=1e-5)


def twice(rng: np.random.Generator, quantities: list[Quantity]) -> list[tuple[Quantity, bool]]:
    """In any order, some held from below first and exactly later."""
    asked = [(quantity, False) for quantity in quantities] + [(quantity, True) for quantity in quantities[::2]]
    return [asked[k] for k in rng.permutation(len(asked))]


@pytest.mark.parametrize("seed", range(40))
def test_all_quantities_on_finite_sets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    everything = [*COUNTS, *SIZES, *SQUARES, *SINGLE]
    quantities = [everything[k] for k in rng.permutation(len(everything))[:6]]
    check(rng, random_problem(rng, FINITE), twice(rng, quantities), networks=3)


@pytest.mark.parametrize("seed", range(20))
def test_sizes_and_single_parameters_of_dense_layers(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    everything = [*SIZES, *SQUARES, *SINGLE, Norm("l0", "bias", (0,))]
    quantities = [everything[k] for k in rng.permutation(len(everything))[:5]]
    check(rng, random_problem(rng, FINITE, sparse=False), twice(rng, quantities), networks=3)


@pytest.mark.parametrize("seed", range(20))
def test_real_sets(seed: int) -> None:
    rng = np.random.default_rng(200 + seed)
    chosen = random_problem(rng, REAL, sparse=bool(seed % 2))
    counts = COUNTS if seed % 2 else COUNTS[2:3]
    sizes = twice(rng, [pick(rng, SIZES), pick(rng, SIZES), pick(rng, SINGLE)])
    check(rng, chosen, [*((pick(rng, counts), False) for _ in range(2)), *sizes], networks=3)


@pytest.mark.parametrize("seed", range(6))
def test_scaled_sets_are_counted_exactly(seed: int) -> None:
    rng = np.random.default_rng(300 + seed)
    scaled = [domain for domain in REAL if isinstance(domain, ScaledDomain)]
    chosen = random_problem(rng, [*scaled, FINITE[0]])
    weights = [quantity for quantity in COUNTS if quantity != Norm("l0", "bias", (0,))]
    check(rng, chosen, [(pick(rng, weights), True), (pick(rng, weights), True)], networks=3)


@pytest.mark.parametrize(
    ("quantity", "step"),
    [
        (Norm("l0", "bias", (0,)), 3),
        (Norm("l1", "bias", (0,)), 6),
        (Norm("linf", "bias", (0,)), 2),
        (Norm("l2", "bias", (0,)), 12),
        (Norm("l0", "weights", (0,)), 1),
        (Norm("l1", "weights", (0,)), 1),
        (Norm("l2", "weights", (0,)), 1),
        (Parameters(0, "bias", (0, 1)), 2),
    ],
    ids=str,
)
def test_steps_are_as_large_as_they_can_be(quantity: Quantity, step: int) -> None:
    """Three units with bits(2) weights and one shared bias of {-2, 0, 2, 4}."""
    bias = BiasRule("shared", LatticeDomain(Fraction(-2), Fraction(2), 3))
    hidden = layer("hidden", 3, 2, BitsDomain(2), bias, sparse=True)
    chosen = problem([[0, 0], [1, 1]], [0, 1], [hidden, layer("output", 1, 3, FINITE[0], BiasRule("none"))])
    assert express(builder_of(chosen), quantity, False).step == step


def blocks_of(quantity: Quantity, exactly: bool, seed: int = 0) -> tuple[Builder, Expression]:
    rng = np.random.default_rng(seed)
    builder = builder_of(random_problem(rng, FINITE))
    return builder, express(builder, quantity, exactly)


@pytest.mark.parametrize("quantity", [*COUNTS, *SIZES, *SQUARES], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_blocks_and_rows_are_made_once(quantity: Quantity, seed: int) -> None:
    builder, first = blocks_of(quantity, True, seed)
    blocks, rows = list(builder.variables), len(builder.rows)
    again = express(builder, quantity, True)
    express(builder, quantity, False)
    assert list(builder.variables) == blocks
    assert len(builder.rows) == rows
    assert first.constant == again.constant
    assert [part.value.tolist() for part in first.summands] == [part.value.tolist() for part in again.summands]


@pytest.mark.parametrize("seed", range(10))
def test_names_of_rows_and_blocks_are_distinct(seed: int) -> None:
    rng = np.random.default_rng(seed)
    builder = builder_of(random_problem(rng, FINITE))
    for quantity in (*COUNTS, *SIZES, *SQUARES):
        express(builder, quantity, True)
    families = [(rows.kind, rows.layer) for rows in builder.rows]
    assert len(set(families)) == len(families)
    for rows in builder.rows:
        if rows.naming and isinstance(rows.naming[0], np.ndarray):
            assert all(len(axis) == len(rows.lower) for axis in rows.naming)
            assert len(set(zip(*(axis.tolist() for axis in rows.naming), strict=True))) == len(rows.lower)
        assert len(rows.axes) == len(rows.naming)
    for block in builder.variables.values():
        assert len(block.axes) == len(block.naming)
        sizes = [len(axis) for axis in block.index] if block.index else [int(np.prod(block.shape or (1,)))]
        assert set(sizes) == {block.size}
