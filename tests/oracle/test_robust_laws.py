"""The oracle with sets of perturbations: (a) and (b) on random problems, and optima against enumeration with worst cases that
are enumerated too."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from bdnnc.formulation.formulate import formulate
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.milp.lower import lower
from bdnnc.network.worst_activity import WorstActivity
from bdnnc.solve.protocol import Stop
from tests.oracle.laws import is_of_class, law_a, law_b, solve, verified
from tests.oracle.problems import finite, layer, problem
from tests.oracle.robust import brute, uncertainties, with_uncertainty
from tests.oracle.strategies import kept, networks, problems
from tests.oracle.test_laws import TOGGLED

KINDS = ["linf", "box", "l1", "l2", "budget", "polytope", "step"]


@st.composite
def robust_problems(draw: st.DrawFn, sense: str) -> Problem:
    of = draw(problems(plain=True).filter(lambda found: found.layers[0].unit != "linear"))
    if sense == "soft":
        assume(of.goals[0].terms[0].quantity.kind == "zero_one" or of.layers[-1].units == 1)
    return with_uncertainty(of, draw(uncertainties(of, sense, KINDS)))


def keeps_worst_margins(network, of: Problem) -> bool:
    """Whether every point that has to keep its pattern does so with the margin of the class, with a hair to spare for balls."""
    formulation = formulate(of)
    thresholds = formulation.plans[0].thresholds
    worst = WorstActivity.of(network.layers[0], of.patterns, of.uncertainty.moves)
    lowest, highest = worst.lowest.floats(), worst.highest.floats()
    room = 0.0 if thresholds.exact else 1e-4
    safe = (lowest >= thresholds.active + room) | (highest <= -thresholds.inactive - room) | (thresholds.decided >= 0)
    if of.uncertainty.sense == "static":
        return bool(safe.all())
    return bool((safe.all(axis=1) == worst.kept).all())


@given(st.data(), st.sampled_from(["static", "soft"]), TOGGLED)
def test_a_robust_networks_are_feasible_points(data: st.DataObject, sense: str, without: tuple[str, ...]) -> None:
    of = data.draw(robust_problems(sense))
    network = data.draw(networks(of))
    assume(is_of_class(network, formulate(of)) and keeps_worst_margins(network, of))
    law_a(of, network, without)


@given(st.data(), st.sampled_from(["static", "soft"]), st.integers(0, 2**16), TOGGLED)
def test_b_feasible_points_decode_to_robust_networks(
    data: st.DataObject, sense: str, seed: int, without: tuple[str, ...]
) -> None:
    law_b(data.draw(robust_problems(sense)), seed, without, objectives=2)


@st.composite
def whole_problems(draw: st.DrawFn) -> Problem:
    """Everything that the language says, under `robust static`, which knows all losses, goals and constraints."""
    of = draw(problems().filter(lambda found: found.layers[0].unit != "linear"))
    return with_uncertainty(of, draw(uncertainties(of, "static", KINDS)))


@given(whole_problems(), st.integers(0, 2**16), TOGGLED)
def test_b_beside_all_of_the_language(of: Problem, seed: int, without: tuple[str, ...]) -> None:
    law_b(of, seed, without, objectives=1)


@given(st.data(), TOGGLED)
def test_a_beside_all_of_the_language(data: st.DataObject, without: tuple[str, ...]) -> None:
    of, network = data.draw(kept().filter(lambda found: found[0].layers[0].unit != "linear"))
    of = with_uncertainty(of, data.draw(uncertainties(of, "static", KINDS)))
    assume(is_of_class(network, formulate(of)) and keeps_worst_margins(network, of))
    law_a(of, network, without)


@st.composite
def tiny(draw: st.DrawFn, sense: str) -> Problem:
    """One hidden layer of one or two units of finite sets, one output unit or two, points on quarters."""
    inputs, units = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    outputs = draw(st.sampled_from([1, 1, 2]))
    weights = draw(st.sampled_from([(-1, 0, 1), (-1, 1), (0, 1, 2)]))
    layers = [
        layer(
            "h", units, inputs, finite(*weights), BiasRule("in", finite(-1, "-1/4", "1/4", 1)), draw(st.sampled_from(["step"]))
        ),
        layer("o", outputs, units, finite(-1, 1), BiasRule("in", finite(-1, 0, 1)), statement=1),
    ]
    numbers = st.sampled_from([Fraction(k, 4) for k in range(-4, 9)])
    points = draw(st.lists(st.tuples(*[numbers] * inputs), min_size=2, max_size=4))
    labels = draw(st.lists(st.integers(0, 1), min_size=len(points), max_size=len(points)))
    of = problem(points, labels, layers, loss="zero_one")
    return with_uncertainty(of, draw(uncertainties(of, sense, KINDS)))


@given(st.data(), st.sampled_from(["static", "soft"]), TOGGLED)
def test_c_robust_optima_are_the_enumerated_ones(data: st.DataObject, sense: str, without: tuple[str, ...]) -> None:
    of = data.draw(tiny(sense))
    formulation = verified(of, 0, (), without)
    solution = solve(lower(formulation.program), formulation)
    expected = brute(of)
    if expected is None:
        assert solution.stop is Stop.INFEASIBLE
        return
    assert solution.stop is Stop.OPTIMAL
    assert abs(solution.objective - float(expected)) < 1e-6, f"{solution.objective}, enumeration says {expected}"
