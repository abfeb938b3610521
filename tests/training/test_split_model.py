"""The shared model is the program under equations, whatever the problem; batches, starts and averages stay in its class."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bdnnc.formulation.formulate import Formulation
from bdnnc.ir.problem import BiasRule, Problem
from bdnnc.milp.lower import lower
from bdnnc.network.encode import canonicalise, encode
from bdnnc.network.evaluate import active_units, last_output
from bdnnc.network.measure import Measured
from bdnnc.network.network import Network
from bdnnc.network.planned import planned_checks
from bdnnc.solve.highs import HighsSolver
from bdnnc.solve.protocol import SolveOptions
from bdnnc.training.split.aligning import aligned
from bdnnc.training.split.averaging import average
from bdnnc.training.split.batches import formulated as on_batch
from bdnnc.training.split.batches import only, random_batches, whole
from bdnnc.training.split.losses import set_losses
from bdnnc.training.split.mending import uncut
from bdnnc.training.split.partition import Partition
from bdnnc.training.split.shared import shared
from tests.oracle.laws import is_of_class, network_of, value_of, violation
from tests.oracle.problems import finite, interval, layer, problem
from tests.oracle.strategies import networks, problems
from tests.training.support import formulated

SEEDS = st.integers(0, 2**16)
POINTS = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (0, 2), (2, 2), (1, 2)]
LABELS = [0, 1, 1, 0, 1, 1, 0, 1]


def deep(of: Problem) -> bool:
    return len(of.layers) > 1


def random_sets(of: Problem, seed: int) -> np.ndarray:
    """The sets of a partition by numbers, with gaps."""
    return 3 * np.random.default_rng(seed).integers(0, 3, of.patterns.shape[0])


def sets_of_activity(network: Network, of: Problem) -> np.ndarray:
    """The coarsest partition whose sets share their hidden activations."""
    hidden = np.hstack(active_units(network, of.patterns)[:-1])
    return np.unique(hidden, axis=0, return_inverse=True)[1].ravel()


@given(st.data())
def test_networks_that_share_patterns_are_its_points(data: st.DataObject) -> None:
    of = data.draw(problems().filter(deep))
    network = data.draw(networks(of))
    formulation = formulated(of)
    assume(is_of_class(network, formulation))
    x = encode(canonicalise(network, formulation), formulation)
    model = lower(formulation.program)
    assume(violation(model, x) <= 1e-6)
    merged = shared(model, formulation.program, sets_of_activity(network, of))
    y = merged.gathered(x)
    assert not np.isnan(y).any()
    assert violation(merged.model, y) <= 1e-6
    assert float(merged.model.c @ y) == pytest.approx(float(model.c @ x))


@given(st.data(), SEEDS)
def test_its_points_are_points_of_the_program_whose_hidden_activations_are_shared(data: st.DataObject, seed: int) -> None:
    of = data.draw(problems().filter(deep))
    formulation, sets = formulated(of), random_sets(of, seed)
    model = lower(formulation.program)
    merged = shared(model, formulation.program, sets)
    assume(not merged.is_empty)
    costs = np.random.default_rng(seed).integers(-3, 4, len(merged.model.c)).astype(float)
    objective = replace(merged.model, c=costs, objective_step=0.0)
    found = HighsSolver(isolated=False).solve(objective, SolveOptions(time_limit=5, threads=1)).x
    assume(found is not None)
    assert found is not None
    x = merged.spread(found)
    assert violation(model, x) <= 1e-6
    for variable, start in zip(formulation.program.variables, starts(formulation), strict=True):
        if variable.symbol == "u":
            u = np.rint(x[start : start + variable.size]).reshape(len(sets), -1)
            for place in np.unique(sets):
                assert len(np.unique(u[sets == place], axis=0)) == 1


def starts(formulation: Formulation) -> list[int]:
    sizes = [variable.size for variable in formulation.program.variables]
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).tolist()


def test_what_is_merged_is_counted() -> None:
    """Two sets of four patterns: two binaries a unit, products and deeper rows of two sets, first-layer rows of all."""
    of = problem(POINTS, LABELS, [hidden(), output()])
    program = formulated(of).program
    model = lower(program)
    merged = shared(model, program, np.array([0, 0, 0, 0, 1, 1, 1, 1])).model
    sizes = {(family.symbol, family.layer): family.stop - family.start for family in merged.column_families}
    assert sizes["u", "hidden"] == 2 * 3
    assert sizes["u", "output"] == 2
    assert sizes["s", "output"] == 2 * 3
    rows = {(family.kind, family.layer): family.stop - family.start for family in merged.row_families}
    assert rows["on", "hidden"] == 8 * 3
    assert rows["cap", "output"] == 2 * 3
    assert rows["on", "output"] == 2


def hidden(units: int = 3, bias: BiasRule | None = None, unit: str = "step") -> object:
    return layer("hidden", units, 2, finite(-1, 0, 1), bias or BiasRule("in", finite(*range(-4, 4))), unit)


def output(units: int = 3) -> object:
    return layer("output", 1, units, finite(-1, 0, 1), BiasRule("in", finite(*range(-4, 4))))


# --- batches ----------------------------------------------------------------------------------------------------------


@given(problems(), st.integers(1, 4), SEEDS)
def test_batches_are_a_partition_of_the_samples(of: Problem, size: int, seed: int) -> None:
    batches = random_batches(of, size, (seed, 0))
    counts = np.zeros_like(of.counts)
    for batch in batches:
        counts[batch.patterns] += batch.counts
    assert (counts == of.counts).all()
    assert sum(batch.samples for batch in batches) == of.samples
    assert all(batch.samples <= size for batch in batches) or size >= of.samples
    if of.targets is not None:
        assert (sum(batch.target_counts for batch in batches) == of.targets.count).all()


@given(st.data(), st.integers(1, 4), SEEDS)
def test_losses_of_batches_add_up_and_margins_stay(data: st.DataObject, size: int, seed: int) -> None:
    of = data.draw(problems())
    network = data.draw(networks(of))
    formulation = formulated(of)
    parts = [on_batch(formulation, batch) for batch in random_batches(of, size, (seed,))]
    assert sum((Measured(network, part.problem).loss() for part in parts), Fraction(0)) == Measured(network, of).loss()
    for part in parts:
        assert part.program.classes == formulation.program.classes


@given(st.data(), SEEDS)
def test_a_network_of_the_class_is_a_point_of_every_batch(data: st.DataObject, seed: int) -> None:
    of = data.draw(problems(plain=True))
    network = data.draw(networks(of))
    formulation = formulated(of)
    assume(is_of_class(network, formulation))
    for batch in random_batches(of, 2, (seed,)):
        part = on_batch(formulation, batch)
        x = encode(canonicalise(network, part), part)
        model = lower(part.program)
        assert violation(model, x) <= 1e-6
        assert float(model.c @ x) == pytest.approx(float(value_of(network, part)))


def test_a_batch_of_all_points_is_the_problem() -> None:
    of = problem(POINTS, LABELS, [hidden(), output()])
    formulation = formulated(of)
    assert on_batch(formulation, whole(of)) is formulation
    assert [batch.samples for batch in random_batches(of, 99, (0,))] == [8]
    assert on_batch(formulation, only(of, np.array([1, 3]))).problem.counts.tolist() == [[0, 1], [1, 0]]


@given(st.data(), SEEDS)
def test_losses_of_sets_add_up(data: st.DataObject, seed: int) -> None:
    of = data.draw(problems())
    network = data.draw(networks(of))
    sets = [np.flatnonzero(random_sets(of, seed) == place) for place in (0, 3, 6)]
    losses = set_losses(network, of, tuple(members for members in sets if len(members)))
    assert sum(losses) == Measured(network, of).loss() or not any(of.goals[0].terms)


# --- starts -----------------------------------------------------------------------------------------------------------


@given(st.data(), SEEDS)
def test_mended_networks_cut_no_set(data: st.DataObject, seed: int) -> None:
    of = data.draw(problems().filter(deep))
    network = data.draw(networks(of))
    sets, formulation = random_sets(of, seed), formulated(of)
    mended = uncut(network, formulation, sets)
    bias = formulation.plans[0].thresholds.bias
    if mended is None:
        assert not bias.is_chosen or any(nowhere_free(network, of, sets, unit, bias.of(unit)) for unit in units_of(bias, of))
        return
    for place in np.unique(sets):
        for active in active_units(mended, of.patterns)[:-1]:
            assert len(np.unique(active[sets == place], axis=0)) == 1
    assert all(bias.of(unit).contains(value) for unit, value in enumerate(mended.layers[0].bias))


def units_of(bias: object, of: Problem) -> range:
    """The units whose biases are looked at one by one; none of a shared bias, which has to suit all."""
    return range(of.layers[0].units) if bias.kind != "shared" else range(1)


def nowhere_free(network: Network, of: Problem, sets: np.ndarray, unit: int, domain: object) -> bool:
    """Whether the unit (or, of a shared bias, some unit) cuts a set at every bias of a finite set, or at both ends."""
    ends = getattr(domain, "values", (domain.lower, domain.upper))
    return all(cuts(network, of, sets, value) for value in ends)


def cuts(network: Network, of: Problem, sets: np.ndarray, value: Fraction) -> bool:
    """Whether some unit cuts a set where all first-layer biases are ``value``."""
    first = network.layers[0]
    moved = replace(network, layers=(replace(first, bias=first.bias * 0 + value), *network.layers[1:]))
    active = active_units(moved, of.patterns)[0]
    return any(len(np.unique(active[sets == place], axis=0)) > 1 for place in np.unique(sets))


def test_a_bias_moves_no_further_than_it_has_to() -> None:
    of = problem(
        [(0,), (1,), (4,), (5,)], [0, 0, 1, 1], [layer("hidden", 1, 1, finite(1), BiasRule("in", interval(-9, 9))), output(1)]
    )
    formulation = formulated(of)
    start = network_with_bias(of, Fraction(-1))  # active from 1 on: cuts the set {0, 1}
    assert uncut(start, formulation, np.array([0, 0, 1, 1])).layers[0].bias.tolist() == [Fraction(-5, 2)]
    assert uncut(start, formulation, np.array([0, 1, 2, 2])).layers[0].bias.tolist() == [-1]
    assert uncut(start, formulation, np.array([0, 0, 0, 0])).layers[0].bias.tolist() == [Fraction(9, 2)]


def network_with_bias(of: Problem, bias: Fraction) -> Network:
    ones = [np.full((item.units, item.inputs), Fraction(1), dtype=object) for item in of.layers]
    return network_of(of, ones, [[bias] * of.layers[0].units, [Fraction(-1)] * of.layers[1].units])


# --- averages ---------------------------------------------------------------------------------------------------------


def shuffled(network: Network, seed: int) -> Network:
    """The same function with the hidden units of a network of two layers in another order."""
    first, last = network.layers
    order = np.random.default_rng(seed).permutation(len(first.bias))
    return replace(
        network,
        layers=(
            replace(first, weights=first.weights[order], bias=first.bias[order], absent=first.absent[order]),
            replace(last, weights=last.weights[:, order], absent=last.absent[:, order]),
        ),
    )


@pytest.mark.parametrize("seed", range(6))
def test_units_go_to_their_places(seed: int) -> None:
    of = problem(POINTS, LABELS, [hidden(), output()])
    weights = [fractions([[1, 0], [0, 1], [1, 1]]), fractions([[1, 0, -1]])]
    network = network_of(of, weights, [[Fraction(-1), Fraction(-2), Fraction(-3)], [Fraction(0)]])
    other = aligned(shuffled(network, seed), network, formulated(of))
    assert (other.layers[0].weights == network.layers[0].weights).all()
    assert (other.layers[0].bias == network.layers[0].bias).all()
    assert (other.layers[1].weights == network.layers[1].weights).all()


@pytest.mark.parametrize("unit", ["step", "sign"])
@pytest.mark.parametrize("turned", [(0,), (1,), (0, 1)])
def test_complemented_units_are_recognised(unit: str, turned: tuple[int, ...]) -> None:
    """In a class that is closed under complement; the first step unit has a tie, on which the complement is inactive."""
    of = problem(POINTS, LABELS, [wide(unit), layer("output", 1, 2, finite(-1, 0, 1), BiasRule("in", finite(*range(-9, 10))))])
    formulation = formulated(of)
    biases = [Fraction(-1), Fraction(3, 2)] if unit == "step" else [Fraction(-1, 2), Fraction(3, 2)]
    network = network_of(of, [fractions([[1, 0], [-1, -1]]), fractions([[1, -1]])], [biases, [Fraction(-1)]])
    first, last = network.layers
    flip = np.array([-1 if place in turned else 1 for place in (0, 1)])
    step = Fraction(1, 2) if unit == "step" else 0
    assert unit == "sign" or formulation.plans[0].thresholds.width == step
    shift = sum(last.weights[0, place] for place in turned) if unit == "step" else 0
    mirrored = replace(
        network,
        layers=(
            replace(first, weights=first.weights * flip[:, None], bias=first.bias * flip - step * (flip < 0)),
            replace(last, weights=last.weights * flip, bias=last.bias + shift),
        ),
    )
    assert (last_output(mirrored, of.patterns) == last_output(network, of.patterns)).all()
    other = aligned(shuffled(mirrored, 3), network, formulation)
    for own, wanted in zip(other.layers, network.layers, strict=True):
        assert (own.weights == wanted.weights).all()
        assert (own.bias == wanted.bias).all()


def wide(unit: str) -> object:
    halves = BiasRule("in", finite(*(Fraction(k, 2) for k in range(-21, 22))))
    return layer("hidden", 2, 2, finite(-1, 0, 1), halves, unit)


def test_a_complement_that_leaves_the_class_is_none() -> None:
    of = problem(POINTS, LABELS, [layer("hidden", 2, 2, finite(0, 1), BiasRule("in", finite(*range(-4, 4)))), output(2)])
    network = network_of(of, [fractions([[1, 0], [0, 1]]), fractions([[1, 1]])], [[Fraction(-1)] * 2, [Fraction(-2)]])
    opposite = replace(network, layers=(replace(network.layers[0], bias=fractions([-9, -9])), network.layers[1]))
    other = aligned(network, opposite, formulated(of))
    assert sorted(other.layers[0].weights.tolist()) == [[0, 1], [1, 0]]
    assert other.layers[0].bias.tolist() == [-1, -1]


def fractions(table: list) -> np.ndarray:
    return np.array(table, dtype=object) * Fraction(1)


@given(st.data(), st.integers(1, 3))
def test_averages_are_of_the_class(data: st.DataObject, count: int) -> None:
    of = data.draw(problems().filter(deep))
    formulation = formulated(of)
    mean = average([data.draw(networks(of)) for _ in range(count)], formulation)
    rules = (check for check in planned_checks(formulation)(mean) if "from 0 on every point" not in str(check))
    assert [check for check in rules if not check.ok] == []  # declared margins are measured, as is what it does


def test_the_average_of_a_network_and_its_like_is_itself() -> None:
    of = problem(POINTS, LABELS, [hidden(), output()])
    network = network_with_bias(of, Fraction(-2))
    first = network.layers[0]
    weights = fractions([[1, 0], [0, 1], [1, 1]])
    network = replace(network, layers=(replace(first, weights=weights), network.layers[1]))
    mean = average([network, shuffled(network, 1), shuffled(network, 5)], formulated(of))
    assert (mean.layers[0].weights == network.layers[0].weights).all()
    assert (mean.layers[0].bias == network.layers[0].bias).all()


def test_partitions() -> None:
    partition = Partition(np.array([0, 1, 0, 2, 0]))
    assert (partition.size, partition.splittable) == (3, (0,))
    finer = partition.split((0,), lambda members: members == 2)
    assert finer.set_of.tolist() == [0, 1, 3, 2, 0]
    assert [members.tolist() for members in finer.patterns] == [[0, 4], [1], [3], [2]]
