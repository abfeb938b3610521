"""`monotone` against all paths: the rows have a point with the weights of a network iff no path has the forbidden sign."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from bdnnc.formulation.monotone import keep_monotone
from bdnnc.ir.domains import LatticeDomain, RealDomain
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer
from bdnnc.language.quantities import Monotone
from tests.formulation.tiny import Parameter, System, builder_of, pick, random_network
from tests.oracle.problems import problem

DOMAINS = (
    LatticeDomain(Fraction(-1), Fraction(1), 2),
    LatticeDomain(Fraction(-1), Fraction(2), 1),
    LatticeDomain(Fraction(1), Fraction(1), 1),
    LatticeDomain(Fraction(-2), Fraction(1), 1),
    RealDomain(Fraction(-1), Fraction(3)),
)


def keeps(network: Parameter, statement: Monotone) -> bool:
    """Path by path."""
    outputs = range(network.weights[-1].shape[0]) if statement.output is None else [statement.output]
    hidden = [range(W.shape[0]) for W in network.weights[:-1]]
    for path in itertools.product(statement.inputs, *hidden, outputs):
        product = Fraction(1)
        for W, (below, above) in zip(network.weights, itertools.pairwise(path), strict=True):
            product *= W[above, below]
        if product < 0 if statement.increasing else product > 0:
            return False
    return True


def random_case(rng: np.random.Generator, sizes: tuple[int, ...]) -> tuple[Problem, list[Monotone]]:
    layers = []
    for k, (inputs, units) in enumerate(itertools.pairwise(sizes)):
        state = rng.choice(3, size=(units, inputs), p=[0.7, 0.15, 0.15])
        constant = np.full((units, inputs), Fraction(0), dtype=object)
        for place in zip(*np.nonzero(state == 1), strict=True):
            constant[place] = pick(rng, (Fraction(-1, 10**9), Fraction(0), Fraction(2)))
        layers.append(
            ProblemLayer(
                f"layer{k}",
                "step",
                units,
                inputs,
                pick(rng, DOMAINS),
                state == 0,
                constant,
                state == 2,
                BiasRule("none"),
                None,
                0,
                sparse=bool(rng.random() < 0.4),
            )
        )
    outputs = [None, *range(sizes[-1])]
    inputs = [(0,), (0, sizes[0] - 1)]
    statements = [Monotone(bool(rng.random() < 0.5), pick(rng, inputs), pick(rng, outputs), "monotone") for _ in range(2)]
    return problem([[0] * sizes[0], [1] * sizes[0]], [0, 1], layers, monotone=statements), statements


def like_signs(rng: np.random.Generator, chosen: Problem, statements: list[Monotone]) -> Parameter:
    """A random network, and now and then one of a hundred that keeps the statements, if there is one."""
    networks = [random_network(rng, chosen) for _ in range(int(pick(rng, (1, 100))))]
    return next((network for network in networks if all(keeps(network, s) for s in statements)), networks[0])


@pytest.mark.parametrize("sizes", [(2, 1), (3, 2), (2, 2, 1), (3, 3, 2), (2, 2, 2, 1), (2, 1, 2, 2, 2)], ids=str)
def test_rows_hold_for_monotone_networks_and_no_others(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(sum(sizes) * len(sizes))
    seen = []
    for _ in range(25):
        chosen, statements = random_case(rng, sizes)
        builder = builder_of(chosen)
        for place, statement in enumerate(statements):
            keep_monotone(builder, statement, place)
        system = System(builder)
        for _ in range(4):
            network = like_signs(rng, chosen, statements)
            truth = all(keeps(network, statement) for statement in statements)
            assert (system.least(np.zeros(system.size), network) is not None) == truth
            seen.append(truth)
    assert 10 < sum(seen) < 90  # both happen


def test_all_ternary_networks_of_two_hidden_units() -> None:
    ternary = LatticeDomain(Fraction(-1), Fraction(1), 2)
    free, none = np.ones((2, 2), dtype=bool), np.zeros((2, 2), dtype=bool)
    zero = np.full((2, 2), Fraction(0), dtype=object)
    hidden = ProblemLayer("hidden", "sign", 2, 2, ternary, free, zero, none, BiasRule("none"), None, 0)
    output = ProblemLayer("output", "step", 1, 2, ternary, free[:1], zero[:1], none[:1], BiasRule("none"), None, 1)
    statement = Monotone(True, (1,), None, 'monotone increasing in "x1"')
    builder = builder_of(problem([[0, 0], [1, 1]], [0, 1], [hidden, output], monotone=[statement]))
    keep_monotone(builder, statement, 0)
    assert {("up0", "hidden"), ("down0", "hidden")} <= builder.variables.keys()
    system = System(builder)
    for first in itertools.product((-1, 0, 1), repeat=2):
        for second in itertools.product((-1, 0, 1), repeat=2):
            W = np.array([[Fraction(1), Fraction(first[0])], [Fraction(-1), Fraction(first[1])]], dtype=object)
            V = np.array([[Fraction(v) for v in second]], dtype=object)
            network = Parameter((W, V), (np.full(2, Fraction(0)), np.full(1, Fraction(0))))
            possible = system.least(np.zeros(system.size), network) is not None
            assert possible == (first[0] * second[0] >= 0 and first[1] * second[1] >= 0)


def test_a_perceptron_needs_no_binaries() -> None:
    real = RealDomain(Fraction(-1), Fraction(1))
    free = np.array([[True, True, False]])
    constant = np.array([[Fraction(0), Fraction(0), Fraction(-1)]], dtype=object)
    only = ProblemLayer("only", "step", 1, 3, real, free, constant, np.zeros((1, 3), dtype=bool), BiasRule("none"), None, 0)
    allowed, forbidden = Monotone(False, (0, 2), 0, "decreasing"), Monotone(True, (2,), 0, "increasing")
    builder = builder_of(problem([[0] * 3, [1] * 3], [0, 1], [only], monotone=[allowed, forbidden]))
    keep_monotone(builder, allowed, 0)
    assert list(builder.variables) == [("w", "only")]
    assert [rows.statement for rows in builder.rows] == [builder.problem.monotone_statements[0]]
    system = System(builder)
    nothing = np.zeros(system.size)
    for value in (-1, 0, 1):
        W = np.array([[Fraction(value), Fraction(1), Fraction(-1)]], dtype=object)
        assert (system.least(nothing, Parameter((W,), (np.full(1, Fraction(0)),))) is not None) == (value <= 0)
    keep_monotone(builder, forbidden, 1)
    system = System(builder)
    assert system.least(nothing, Parameter((W * 0 - Fraction(1),), (np.full(1, Fraction(0)),))) is None
