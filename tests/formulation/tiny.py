"""Random tiny networks, what is asked of them by definition, and the rows that a builder made, for a small MILP solver."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from bdnnc.formulation.builder import Builder, Expression
from bdnnc.formulation.parameters import add_biases, add_weights
from bdnnc.formulation.plan import plan
from bdnnc.ir.domains import BitsDomain, LatticeDomain, ListDomain, ParameterDomain, RealDomain, ScaledDomain
from bdnnc.ir.problem import BiasRule, Problem, ProblemLayer
from bdnnc.ir.program import Key
from bdnnc.language.quantities import Constraint, FanIn, FeaturesUsed, Monotone, Norm, Parameters, Quantity, UnitsUsed
from tests.oracle.problems import problem

HALF = Fraction(1, 2)
FINITE: tuple[ParameterDomain, ...] = (
    LatticeDomain(Fraction(-1), Fraction(1), 2),
    LatticeDomain(Fraction(-2), Fraction(1), 5),
    LatticeDomain(Fraction(-1), Fraction(2), 1),
    LatticeDomain(Fraction(-2), HALF, 4),
    LatticeDomain(HALF, HALF, 3),
    LatticeDomain(Fraction(-1), Fraction(3), 1),
    LatticeDomain(Fraction(0), Fraction(1), 0),
    LatticeDomain(Fraction(-2), Fraction(1), 0),
    ListDomain((Fraction(-2), Fraction(0), Fraction(3))),
    ListDomain((Fraction(-3), Fraction(-1), Fraction(4))),
    BitsDomain(2),
)
REAL: tuple[ParameterDomain, ...] = (
    RealDomain(Fraction(-1), Fraction(2)),
    RealDomain(Fraction(-2), -HALF),
    ScaledDomain((Fraction(-1), Fraction(0), Fraction(1)), HALF, Fraction(2)),
)


@dataclass(frozen=True)
class Parameter:
    """A network: weights and biases as Fractions, one array a layer."""

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]


def pick(rng: np.random.Generator, items: Sequence) -> object:
    return items[int(rng.integers(len(items)))]


def random_value(rng: np.random.Generator, domain: ParameterDomain) -> Fraction:
    if isinstance(domain, RealDomain):
        ends = [domain.lower, domain.upper, *([Fraction(0)] if domain.lower <= 0 <= domain.upper else [])]
        inside = domain.lower + (domain.upper - domain.lower) * Fraction(int(rng.integers(17)), 16)
        return pick(rng, [*ends, inside, inside])
    assert not isinstance(domain, ScaledDomain)
    return pick(rng, domain.values)


def random_layer(
    rng: np.random.Generator, name: str, units: int, inputs: int, domains: Sequence[ParameterDomain], sparse: bool
) -> ProblemLayer:
    """Free, constant and absent weights, and any kind of bias."""
    domain = pick(rng, domains)
    state = rng.choice(3, size=(units, inputs), p=pick(rng, ([1, 0, 0], [0.6, 0.2, 0.2], [0.1, 0.6, 0.3])))
    constant = np.full((units, inputs), Fraction(0), dtype=object)
    for place in zip(*np.nonzero(state == 1), strict=True):
        constant[place] = pick(rng, (Fraction(0), Fraction(-1), HALF, Fraction(3)))
    given = tuple(pick(rng, (Fraction(0), Fraction(-2), HALF)) for _ in range(units))
    declared = pick(rng, [d for d in domains if not isinstance(d, ScaledDomain)])
    rules = [
        BiasRule("none"),
        BiasRule("auto"),
        BiasRule("fixed", values=given),
        BiasRule("in", declared),
        BiasRule("shared", declared),
    ]
    bias = pick(rng, rules)
    return ProblemLayer(name, "step", units, inputs, domain, state == 0, constant, state == 2, bias, None, 0, sparse=sparse)


def random_problem(
    rng: np.random.Generator,
    domains: Sequence[ParameterDomain] = FINITE,
    sparse: bool = True,
    sizes: tuple[int, ...] = (3, 2, 1),
    constraints: Sequence[Constraint] = (),
    monotone: Sequence[Monotone] = (),
) -> Problem:
    layers = [
        random_layer(rng, f"layer{k}", units, inputs, domains, sparse)
        for k, (inputs, units) in enumerate(itertools.pairwise(sizes))
    ]
    points = [[0] * sizes[0], [1] * sizes[0]]
    columns = [0, *(int(c) for c in np.sort(rng.integers(0, sizes[0], size=sizes[0] - 1)))]
    return problem(points, [0, 1], layers, constraints=constraints, monotone=monotone, columns=[4 + c for c in columns])


def random_network(rng: np.random.Generator, chosen: Problem) -> Parameter:
    """A network of the declared class; in a sparse layer some connections are absent."""
    weights, biases = [], []
    plans = plan(chosen) if any(layer.bias.kind == "auto" for layer in chosen.layers) else ()
    for place, layer in enumerate(chosen.layers):
        W = layer.constant.copy()
        for unit in range(layer.units):
            scale = Fraction(int(rng.integers(2, 9)), 4)
            for j in np.flatnonzero(layer.free[unit]):
                if isinstance(layer.domain, ScaledDomain):
                    W[unit, j] = scale * pick(rng, layer.domain.base)
                else:
                    W[unit, j] = random_value(rng, layer.domain)
                if layer.sparse and rng.random() < 0.3:
                    W[unit, j] = Fraction(0)
        W[layer.absent] = Fraction(0)
        weights.append(W)
        rule = layer.bias
        b = list(rule.values) or [Fraction(0)] * layer.units
        if rule.domain is not None:
            one = random_value(rng, rule.domain)
            b = [one if rule.kind == "shared" else random_value(rng, rule.domain) for _ in range(layer.units)]
        elif rule.kind == "auto":
            b = [random_value(rng, domain) for domain in plans[place].thresholds.bias.domains]
        biases.append(np.array(b, dtype=object))
    return Parameter(tuple(weights), tuple(biases))


def measured(chosen: Problem, network: Parameter, quantity: Quantity) -> list[Fraction]:
    """The quantity by its definition, one number a row."""
    match quantity:
        case Norm(kind, part, layers):
            arrays = network.weights if part == "weights" else network.biases
            numbers = [value for place in layers for value in arrays[place].ravel()]
            by_kind = {
                "l0": sum(value != 0 for value in numbers),
                "l1": sum(abs(value) for value in numbers),
                "linf": max(abs(value) for value in numbers),
                "l2": sum(value * value for value in numbers),
            }
            return [Fraction(by_kind[kind])]
        case UnitsUsed(layer):
            return [Fraction(int((network.weights[layer + 1] != 0).any(axis=0).sum()))]
        case FeaturesUsed():
            used = np.array(chosen.columns)[(network.weights[0] != 0).any(axis=0)]
            return [Fraction(len(set(used.tolist())))]
        case FanIn(layer):
            return [Fraction(int(count)) for count in (network.weights[layer] != 0).sum(axis=1)]
        case Parameters(layer, "weights", units, inputs):
            return [network.weights[layer][place] for place in zip(units, inputs, strict=True)]
        case Parameters(layer, _, units, _):
            return [network.biases[layer][unit] for unit in units]
    raise AssertionError(quantity)


def builder_of(chosen: Problem) -> Builder:
    builder = Builder(chosen, plan(chosen))
    for layer_plan in builder.plans:
        add_weights(builder, layer_plan)
        add_biases(builder, layer_plan)
    return builder


class System:
    """The rows and links of a builder as one MILP."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        blocks = builder.variables.values()
        starts = np.cumsum([0, *(block.size for block in blocks)])
        self.start: dict[Key, int] = {block.key: int(at) for block, at in zip(blocks, starts, strict=False)}
        self.size = int(starts[-1]) + 1  # a last column of nothing, for networks without variables
        self.lower = np.concatenate([*(block.lower for block in blocks), [0.0]])
        self.upper = np.concatenate([*(block.upper for block in blocks), [0.0]])
        self.integral = np.concatenate([*(np.full(block.size, int(block.integral)) for block in blocks), [0]])
        assert np.isfinite(self.lower).all()
        assert np.isfinite(self.upper).all()
        self.rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for family in builder.rows:
            A = np.zeros((len(family.lower), self.size))
            for part in family.summands:
                np.add.at(A, (part.row, self.start[part.block] + part.member), part.value)
            self.rows.append((A, family.lower, family.upper))
        for link in builder.links:
            self._link(link)

    def _link(self, link) -> None:
        targets = len(link.origin)
        A = np.zeros((targets, self.size))
        A[np.arange(targets), self.start[link.target] + np.arange(targets)] = 1.0
        digits = self.start[link.digit] + np.arange(len(link.owner))
        np.add.at(A, (link.owner, digits), -link.value)
        if link.present is not None:
            A[np.arange(targets), self.start[link.present] + np.arange(targets)] -= link.origin
        side = link.origin if link.present is None else np.zeros(targets)
        self.rows.append((A, side, side))
        if link.choose_one:
            C = np.zeros((targets, self.size))
            np.add.at(C, (link.owner, digits), 1.0)
            if link.present is not None:
                C[np.arange(targets), self.start[link.present] + np.arange(targets)] = -1.0
            self.rows.append((C, np.full(targets, float(link.present is None)), np.full(targets, float(link.present is None))))
        elif link.present is not None:
            C = np.zeros((len(digits), self.size))
            C[np.arange(len(digits)), digits] = 1.0
            C[np.arange(len(digits)), self.start[link.present] + link.owner] = -self.upper[digits]
            self.rows.append((C, np.full(len(digits), -np.inf), np.zeros(len(digits))))

    def vector(self, expression: Expression, row: int) -> np.ndarray:
        c = np.zeros(self.size)
        for part in expression.summands:
            chosen = part.row == row
            np.add.at(c, self.start[part.block] + part.member[chosen], part.value[chosen])
        return c

    def least(self, c: np.ndarray, network: Parameter) -> float | None:
        """The smallest c x over all that the rows let be, with the network's weights and biases; None if there is nothing."""
        lower, upper = self.lower.copy(), self.upper.copy()
        for place, layer in enumerate(self.builder.problem.layers):
            free = network.weights[place][layer.free].astype(float)
            biases = network.biases[place].astype(float)
            for key, values in ((("w", layer.name), free), (("b", layer.name), biases)):
                if key in self.start:
                    at = slice(self.start[key], self.start[key] + self.builder.variables[key].size)
                    size = at.stop - at.start
                    lower[at] = upper[at] = values[:size]
        rows = [LinearConstraint(*family) for family in self.rows if len(family[0])]
        found = milp(c, integrality=self.integral, bounds=Bounds(lower, upper), constraints=rows, options={"presolve": True})
        assert found.status in (0, 2), found.message
        return None if found.status == 2 else float(found.fun)
